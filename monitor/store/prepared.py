"""Statements that are compiled once and handed to the driver as they are: for the few that run for every look.

SQLAlchemy looks up, binds and wraps each execution anew, which costs several times what SQLite needs for such a row.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql import ClauseElement

_DIALECT = sqlite.dialect()


class Prepared:
    """One INSERT or UPDATE; its values must be what the driver itself understands."""

    def __init__(self, statement: ClauseElement) -> None:
        compiled = statement.compile(dialect=_DIALECT)
        self._sql = str(compiled)
        self._names = tuple(compiled.positiontup or ())  # type: ignore[attr-defined]
        self._given = {name: value for name, value in compiled.params.items() if value is not None}

    def each(self, connection: Connection, values: Sequence[Mapping[str, Any]]) -> int:
        """Runs it for each row; returns how many rows it touched."""
        cursor = connection.connection.cursor()
        try:
            given, names = self._given, self._names
            cursor.executemany(self._sql, [[row[n] if n in row else given[n] for n in names] for row in values])
            return int(cursor.rowcount)
        finally:
            cursor.close()
