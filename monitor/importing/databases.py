"""MediaCrawler's SQLite file, read while it may be written: each table's rows that changed since."""

import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

from monitor.importing.rows import Row, UnreadableError

STAMP = "last_modify_ts"
"""A table with this column is one of posts or comments; milliseconds."""

_PATIENCE = 5.0


def database(path: Path, since: Mapping[str, int]) -> Iterator[Row]:
    """The rows of every such table that changed at or after `since` (by table), the oldest change first. Nothing is written, not even
    a lock that would keep the crawler from writing."""
    uri = f"file:{quote(str(path.absolute()))}?mode=ro"
    try:
        connection = sqlite3.connect(uri, uri=True, timeout=_PATIENCE)
        try:
            connection.execute("PRAGMA query_only = ON")
            connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
            for table in _tables(connection):
                yield from _rows(connection, table, since.get(table, 0))
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise UnreadableError(
            f"{path} cannot be read as SQLite ({error})", "Check that it is the crawler's database"
        ) from None


def _tables(connection: sqlite3.Connection) -> list[str]:
    named = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
    return [
        name
        for (name,) in named
        if any(column[1] == STAMP for column in connection.execute(f"PRAGMA table_info({_quoted(name)})"))
    ]


def _rows(connection: sqlite3.Connection, table: str, since: int) -> Iterator[Row]:
    found = connection.execute(
        f"SELECT * FROM {_quoted(table)} WHERE {STAMP} >= ? ORDER BY {STAMP}",  # noqa: S608 - a name from the file, quoted
        (since,),
    )
    names = [column[0] for column in found.description]
    for number, row in enumerate(found, 1):
        yield Row(number, dict(zip(names, row, strict=True)), table)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
