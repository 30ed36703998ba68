"""What a wall clock that went back would leave waiting: moments that were set under the old time."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, select, update

from monitor.store import rows, schema
from monitor.store.outbox import UNSETTLED
from monitor.store.part import Part

AT_ONCE = 200

_note, _feed, _mention = schema.notification, schema.feed_state, schema.mention
_SENDS = [
    update(_note).where(UNSETTLED, moment > bindparam("b_now")).values({moment: moment - bindparam("b_by")})
    for moment in (_note.c.not_before, _note.c.created_at, _note.c.started_at, _note.c.claimed_at)
]
"""Of what is not told yet: when it may go, and what its being late, in doubt or given up is counted from."""

_REST = (
    update(_feed)
    .where(_feed.c.rest_until > bindparam("b_now"))
    .values(rest_until=_feed.c.rest_until - bindparam("b_by"))
)
_LATE_LOOKS = (
    select(_mention.c.id)
    .where(_mention.c.next_look_at > bindparam("b_now"), _mention.c.id > bindparam("after"))
    .order_by(_mention.c.id)
    .limit(AT_ONCE)
)
_LOOK = (
    update(_mention)
    .where(_mention.c.id.in_(bindparam("ids", expanding=True)))
    .values(next_look_at=_mention.c.next_look_at - bindparam("b_by"))
)


class ClockworkPart(Part):
    """`moved_back`."""

    def moved_back(self, now: datetime, by: timedelta) -> None:
        """The clock went back to `now`: what waits for a moment to come waits no longer than it was to. Deadlines of incidents stay: they
        are the public's, not ours."""
        values = {"b_now": rows.ms(now), "b_by": round(by.total_seconds() * 1000)}

        def waiting(connection: Connection) -> None:
            for send in _SENDS:
                connection.execute(send, values)
            connection.execute(_REST, values)

        self._db.write("deliver", waiting)
        after = 0
        while ids := self._late_looks(values["b_now"], after):
            after = ids[-1]
            these = {"ids": ids, "b_by": values["b_by"]}
            self._db.write("ingest", lambda connection, these=these: connection.execute(_LOOK, these))  # type: ignore[misc]
        self._announce(["outbox"])

    def _late_looks(self, now: int, after: int) -> list[int]:
        asked = {"b_now": now, "after": after}
        return list(self._db.read(lambda connection: connection.execute(_LATE_LOOKS, asked).scalars()))
