"""Copies of a database, taken while it is being written, and proved before anybody relies on them."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from monitor.errors import StoreError
from monitor.model import Words
from monitor.store import still

BEFORE_MIGRATION = ".schema-"
"""Between a database's name and the schema it had: the copy that was made before it was changed."""

COPIES_KEPT = 3
"""Of those copies, the newest."""


def copy(path: Path, to: Path) -> None:
    """A whole and compact copy of one moment; whoever writes meanwhile is not kept waiting. StoreError where none can be made."""
    to.unlink(missing_ok=True)
    try:
        with _open(path) as connection:
            connection.execute("VACUUM INTO ?", (str(to),))
        prove(to)
    except BaseException:
        to.unlink(missing_ok=True)
        raise
    to.chmod(0o600)
    with to.open("rb") as file:
        os.fsync(file.fileno())


def prove(path: Path) -> str:
    """The schema a database stands at. StoreError where it is damaged, or is none of ours."""
    with _open(path) as connection:
        problems = [row[0] for row in connection.execute("PRAGMA integrity_check(5)")]
        if problems != ["ok"]:
            raise StoreError(
                Words(
                    f"{path} 已损坏：{problems[0]}。请用另一份", f"{path} is damaged: {problems[0]}. Use another copy"
                )
            )
        try:
            ((revision,),) = connection.execute("SELECT version_num FROM alembic_version").fetchall()
        except (sqlite3.Error, ValueError):
            raise StoreError(Words(f"{path} 不是狼烟的数据库", f"{path} is no database of Langyan")) from None
    return str(revision)


def fold(path: Path) -> None:
    """Folds the log that stands beside a database into it, as far as that can be done, and takes the log away."""
    try:
        with _open(path, _to_write) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except StoreError:
        pass  # it is damaged: that is why another is put in its place
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def before_migration(path: Path, schema: str) -> None:
    """The copy that a migration begins with; older ones are let go beyond the newest few."""
    copy(path, path.with_name(f"{path.name}{BEFORE_MIGRATION}{schema}"))
    for old in copies(path)[COPIES_KEPT:]:
        old.unlink()


def copies(path: Path) -> list[Path]:
    """The copies that were made before migrations of a database, that of the newest schema first."""
    return sorted(path.parent.glob(f"{path.name}{BEFORE_MIGRATION}*"), key=lambda copy: copy.name, reverse=True)


def _to_write(path: Path, **given: Any) -> sqlite3.Connection:
    connection: sqlite3.Connection = sqlite3.connect(still.address(path, "mode=rw"), uri=True, **given)
    return connection


@contextmanager
def _open(path: Path, connect: Callable[..., sqlite3.Connection] = still.connect) -> Iterator[sqlite3.Connection]:
    try:
        with closing(connect(path, isolation_level=None, timeout=30)) as connection:
            yield connection
    except sqlite3.Error as error:
        raise StoreError(
            Words(f"{path} 复制不了或读不了：{error}", f"{path} cannot be copied or read: {error}")
        ) from error
