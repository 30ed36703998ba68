"""The state directory in one file, and back: the database, the key that hides authors, and the weights that were trained here."""

import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from monitor import __version__, owner
from monitor.errors import StoreError
from monitor.model import Words
from monitor.store import backup, migrate

DATABASE = "langyan.db"
MANIFEST = "manifest.json"
UNDER_WAY = "under-way"
"""What each loop is working on (`monitor.journal`)."""


@dataclass(frozen=True, kw_only=True)
class Backup:
    """One backup: where it is, how large, and which schema its database has."""

    path: Path
    size: int
    schema: str
    files: tuple[str, ...]


def named(now: datetime) -> str:
    """A backup's name by the moment it is of."""
    return f"langyan-{now:%Y%m%dT%H%M%SZ}.tar"


def make(state: Path, beside: Sequence[str], to: Path, now: datetime) -> Backup:
    """Writes the database and the files named `beside` it, those that are there, into one tar, while a daemon may be running. The file
    appears when it is whole. StoreError where it cannot be made."""
    try:
        if not to.parent.is_dir():  # a disk that is not mounted must not be filled on the one below it
            raise StoreError(
                Words(
                    f"没有 {to.parent} 这个目录。请建好它，或挂上该在那里的盘",
                    f"{to.parent}: there is no such folder. Make it, or mount what belongs there",
                )
            )
        with tempfile.TemporaryDirectory(prefix=".langyan-", dir=to.parent) as folder:
            taken = Path(folder) / DATABASE
            backup.copy(state / DATABASE, taken)
            schema = backup.prove(taken)
            files = {DATABASE: taken} | {name: state / name for name in beside if (state / name).exists()}
            about = {"langyan": __version__, "schema": schema, "made": now.isoformat()}
            manifest = {**about, "files": {name: _sum(path) for name, path in files.items()}}
            whole = Path(folder) / "whole.tar"
            with tarfile.open(whole, "w:gz" if to.name.endswith("gz") else "w") as tar:
                _add(tar, MANIFEST, json.dumps(manifest, indent=1).encode())
                for name, path in files.items():
                    tar.add(path, name, recursive=False)
            whole.chmod(0o600)
            with whole.open("rb") as file:
                os.fsync(file.fileno())
            whole.replace(to)
    except OSError as error:
        raise StoreError(
            Words(
                f"{to} 写不进去（{error.strerror}）。请换一个地方",
                f"{to} cannot be written ({error.strerror}). Name another place",
            )
        ) from None
    return Backup(path=to, size=to.stat().st_size, schema=schema, files=tuple(files))


def restore(state: Path, beside: Sequence[str], source: Path, now: datetime) -> Path:
    """Puts a backup, or the copy made before a migration, in the place of what is there, which is kept. Nobody else may be using the
    state. Returns the folder that holds what was there. StoreError where the backup cannot be used; then nothing has changed."""
    kept = state / f"before-restore-{now:%Y%m%dT%H%M%SZ}"
    with tempfile.TemporaryDirectory(prefix=".restoring-", dir=state) as folder:
        new = _unpacked(source, Path(folder), {DATABASE, *beside})
        try:
            found = backup.prove(new[DATABASE])
        except StoreError as error:
            zh, en = (one.replace(str(new[DATABASE]), str(source)) for one in error.said)  # its copy is gone by then
            raise StoreError(Words(f"什么也没有改：{zh}", f"nothing was changed: {en}")) from error
        migrate.refuse_unknown(found, source)
        kept.mkdir(mode=0o700)
        owner.give(kept, state)
        for name in (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", *beside):
            if (state / name).exists():
                _link(state / name, kept / name)
        shutil.rmtree(state / UNDER_WAY, ignore_errors=True)  # it speaks of the rows of the old database
        backup.fold(state / DATABASE)
        # The database first, each in one step: a kill leaves the old one or the new one, and the restore can be run again.
        for name in (DATABASE, *beside):
            if name in new:
                new[name].chmod(0o600)
                owner.give(new[name], state)
                new[name].replace(state / name)
    return kept


def _unpacked(source: Path, folder: Path, known: set[str]) -> dict[str, Path]:
    try:
        if not tarfile.is_tarfile(source):
            shutil.copyfile(source, folder / DATABASE)
            return {DATABASE: folder / DATABASE}
        with tarfile.open(source) as tar:
            whole = {member.name: member for member in tar if member.isfile()}
            sums = json.loads(_read(tar, whole[MANIFEST]))["files"]
            new = {}
            for name in known & {DATABASE, *sums}:
                new[name] = folder / name
                with new[name].open("wb") as file:
                    file.write(_read(tar, whole[name]))
                if _sum(new[name]) != sums[name]:
                    raise StoreError(
                        Words(
                            f"{source}：其中的 {name} 已损坏。请用另一份备份",
                            f"{source}: {name} is damaged. Use another backup",
                        )
                    )
    except (KeyError, ValueError, TypeError, EOFError, zlib.error, tarfile.TarError) as error:
        raise StoreError(
            Words(
                f"{source} 不是狼烟的备份，或不完整（{error}）。请换一份",
                f"{source} is no backup of Langyan, or not whole ({error}). Use another",
            )
        ) from None
    except OSError as error:
        raise StoreError(
            Words(
                f"{source} 读不了（{error.strerror}）。请换一份备份",
                f"{source} cannot be read ({error.strerror}). Name another backup",
            )
        ) from None
    return new


def _read(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(member)
    return b"" if file is None else file.read()


def _add(tar: tarfile.TarFile, name: str, body: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(body)
    tar.addfile(entry, io.BytesIO(body))


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _link(path: Path, to: Path) -> None:
    """The same file under another name; a copy where the disk knows no links."""
    try:
        os.link(path, to)
    except OSError:
        shutil.copy2(path, to)
