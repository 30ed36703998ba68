"""Statements that are compiled once and handed to the driver as they are: for the few that run for every look.

SQLAlchemy looks up, binds and wraps each execution anew, which costs several times what SQLite needs for such a row.
"""

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql import ClauseElement

_DIALECT = sqlite.dialect()


class Prepared:
    """One statement; its values and what it returns are what the driver itself understands: a boolean is 0 or 1."""

    def __init__(self, statement: ClauseElement) -> None:
        compiled = statement.compile(dialect=_DIALECT)
        self._sql = str(compiled)
        self._names = tuple(compiled.positiontup or ())  # type: ignore[attr-defined]
        self._given = {name: value for name, value in compiled.params.items() if value is not None}
        # A tuple at C's pace; a single name would come without one.
        self._in_order = itemgetter(*self._names) if len(self._names) > 1 else None

    def find(self, connection: Connection, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """What a SELECT returns."""
        cursor = connection.connection.cursor()
        try:
            found: list[tuple[Any, ...]] = cursor.execute(self._sql, self._values(values)).fetchall()
            return found
        finally:
            cursor.close()

    def each(self, connection: Connection, values: Sequence[Mapping[str, Any]]) -> int:
        """Runs an INSERT or UPDATE for each row; returns how many rows it touched."""
        cursor = connection.connection.cursor()
        try:
            cursor.executemany(self._sql, [self._values(row) for row in values])
            return int(cursor.rowcount)
        finally:
            cursor.close()

    def _values(self, row: Mapping[str, Any]) -> Sequence[Any]:
        whole = {**self._given, **row} if self._given else row
        return self._in_order(whole) if self._in_order else [whole[name] for name in self._names]
