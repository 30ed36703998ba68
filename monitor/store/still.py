"""A database that nobody has open, read where nothing can be written: a read-only disk, or a folder of somebody else's.

SQLite keeps files beside a database with a log even for who only reads, so it opens none where it cannot make them. Where the log is
folded in there is nothing to read but the file itself, and it may be read as one that does not change.
"""

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from monitor.errors import StoreError
from monitor.model import Words

_UNWRITABLE = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY})


def address(path: Path, query: str) -> str:
    """For `sqlite3.connect(…, uri=True)`."""
    return f"file:{quote(str(path.absolute()))}?{query}"


def connect(path: Path, **given: Any) -> sqlite3.Connection:
    """A connection that only reads. Tried as any other first: while somebody has the database open, that alone reads what is true.
    StoreError where the log is not folded in and the folder takes nothing."""
    connection = _connected(path, "mode=ro", given)
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").close()
    except sqlite3.OperationalError as error:
        connection.close()
        if error.sqlite_errorcode & 0xFF not in _UNWRITABLE or not path.is_file():
            raise
        log = path.with_name(f"{path.name}-wal")
        if log.exists() and log.stat().st_size:
            raise StoreError(
                Words(
                    f"{path} 没有正常关闭，旁边的 {log.name} 也是它的一部分，而这个目录写不进去。"
                    "请把两个文件一起复制到你自己的目录，再把 state 指向那里",
                    f"{path} was not closed in order, so {log.name} beside it belongs to it, and their folder cannot be written. "
                    "Copy both into a folder of yours and set state to it",
                )
            ) from None
        return _connected(path, "mode=ro&immutable=1", given)
    except BaseException:
        connection.close()
        raise
    return connection


def _connected(path: Path, query: str, given: Mapping[str, Any]) -> sqlite3.Connection:
    connection: sqlite3.Connection = sqlite3.connect(address(path, query), uri=True, **given)
    return connection
