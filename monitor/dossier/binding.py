"""The zip: two indexes, every raw answer under its own sum, and the sums of all files. The same case gives the same bytes.

Nothing in it is masked and nothing is cut. It is written piece by piece, so memory stays flat however long the case is.
"""

import hashlib
import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Literal
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from monitor.dossier import document, page
from monitor.errors import FULL, LangyanError
from monitor.model import Words
from monitor.ports import Case, Clock, Evidence

SUMS = "SHA256SUMS"

_LEVEL = 6
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The first moment a zip can name: when the files were made is no part of a case."""

_OURS_ALONE = 0o600


class ExportError(LangyanError):
    """The file cannot be written where it was wanted."""


def unwritten(out: Path, error: OSError) -> ExportError:
    """What the disk said of a file that was to be written, and what to do."""
    another = Words("请换一个 --out", "Give another --out")
    room = Words("请腾出空间，或换一个 --out", "Make room there, or give another --out")
    zh, en = room if error.errno in FULL else another
    return ExportError(
        Words(f"{out} 写不进去（{error.strerror}）。{zh}", f"{out} cannot be written ({error.strerror}). {en}")
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Bound:
    """What came of it. `sha256` is the zip's own."""

    path: Path
    posts: int
    looks: int
    exhibits: int
    size: int
    sha256: str


def bind(evidence: Evidence, incident_id: int, out: Path, language: Literal["zh", "en"]) -> Bound:
    """Writes the dossier of an incident. StoreError: there is no such incident; ExportError: the file is there, or cannot be
    written; what stood there stays."""
    if out.exists():
        raise ExportError(
            Words(
                f"{out} 已经在了，证据不覆盖。请换一个 --out",
                f"{out} is there already, and evidence is not written over. Give another --out",
            )
        )
    part = out.with_name(f"{out.name}.part-{os.getpid()}")
    try:
        with os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, _OURS_ALONE), "w+b") as file:
            counted = evidence.case(incident_id, lambda case: written(case, file, language))
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        part.replace(out)
    except OSError as error:
        raise unwritten(out, error) from None
    finally:
        with suppress(OSError):
            part.unlink()
    posts, looks, exhibits = counted
    return Bound(path=out, posts=posts, looks=looks, exhibits=exhibits, size=size, sha256=digest)


def named(incident_id: int, now: datetime) -> str:
    """A file name that says which incident, as it stood when."""
    return f"incident-{incident_id}-{now:%Y%m%dT%H%M%SZ}.zip"


def shelf(evidence: Evidence, folder: Path, clock: Clock, language: Literal["zh", "en"]) -> Callable[[int], str]:
    """What writes dossiers into a folder for whoever asks from afar, and says where. Asked twice in a second, it writes once."""

    def export(incident_id: int) -> str:
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise ExportError(
                Words(
                    f"{folder} 建不了（{error.strerror}）。请检查 state 和它的属主",
                    f"{folder} cannot be made ({error.strerror}). Check state and its owner",
                )
            ) from None
        out = folder / named(incident_id, clock.now())
        if not out.exists():
            bind(evidence, incident_id, out, language)
        return str(out)

    return export


def written(case: Case, file: IO[bytes], language: Literal["zh", "en"]) -> tuple[int, int, int]:
    """The zip of a case into an open file; how many posts, looks and raw answers went in."""
    binder = _Binder(ZipFile(file, "w", ZIP_DEFLATED, compresslevel=_LEVEL))
    with binder.zip:
        tally = document.Tally()
        binder.add("index.html", page.pieces(case, language))
        binder.add("index.json", document.pieces(case, language, tally))
        exhibits = 0
        for exhibit in case.exhibits():
            binder.add(document.file_of(exhibit.sha256), [zlib.decompress(exhibit.packed)])
            exhibits += 1
        binder.close()
    return tally.posts, tally.looks, exhibits


class _Binder:
    """Files of a zip, each summed up as it is written."""

    def __init__(self, into: ZipFile) -> None:
        self.zip, self._sums = into, list[str]()

    def add(self, name: str, pieces: Iterable[bytes]) -> None:
        summed = hashlib.sha256()
        with self.zip.open(_entry(name), "w") as file:
            for piece in pieces:
                summed.update(piece)
                file.write(piece)
        self._sums.append(f"{summed.hexdigest()}  {name}\n")

    def close(self) -> None:
        """The sums, as `sha256sum -c` reads them."""
        with self.zip.open(_entry(SUMS), "w") as file:
            file.writelines(self._lines())

    def _lines(self) -> Iterator[bytes]:
        return (line.encode() for line in self._sums)


def _entry(name: str) -> ZipInfo:
    entry = ZipInfo(name, _LONG_AGO)
    entry.compress_type, entry.create_system = ZIP_DEFLATED, 3
    entry.external_attr = _OURS_ALONE << 16
    return entry
