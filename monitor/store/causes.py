"""What is wrong just now, and operators were told of."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.dialects.sqlite import insert

from monitor.ports import OpsNote
from monitor.store import notifications, rows, schema
from monitor.store.part import Part

_cause = schema.cause
_IS_OPEN = select(_cause.c.since).where(_cause.c.key == bindparam("key"))
_OPEN = insert(_cause).values(key=bindparam("key"), since=bindparam("since")).on_conflict_do_nothing()
_CLOSE = delete(_cause).where(_cause.c.key == bindparam("key"))


class CausesPart(Part):
    """`monitor.ports.CauseBook`."""

    def open_cause(self, note: OpsNote, receivers: Sequence[str], now: datetime) -> bool:
        return self._turn(note, receivers, now, opens=True)

    def close_cause(self, note: OpsNote, receivers: Sequence[str], now: datetime) -> bool:
        return self._turn(note, receivers, now, opens=False)

    def _turn(self, note: OpsNote, receivers: Sequence[str], now: datetime, *, opens: bool) -> bool:
        values = {"key": note.key, "since": rows.ms(now)}
        said = OpsNote(key=f"ops:{note.key}:{rows.ms(now)}", what=note.what, where=note.where, fix=note.fix)

        def write(connection: Connection) -> bool:
            turned = connection.execute(_OPEN if opens else _CLOSE, values).rowcount == 1
            if turned:
                notifications.tell_operators(connection, said, receivers, now)
            return turned

        if self._db.read(lambda connection: connection.execute(_IS_OPEN, values).first() is not None) == opens:
            return False
        turned = self._db.write("deliver", write)
        self._announce(["outbox"] if turned else [])
        return turned
