"""Letting go of what is old, a little at a time: incidents that are long over, then posts that none needs, then what is left of both."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, exists, func, literal_column, select, update

from monitor.model import AWAKE
from monitor.ports import Ageing
from monitor.store import rows, schema
from monitor.store.part import Part

ROWS_A_COMMIT = 200
"""Rows that go in one transaction, so that delivery never waits for long."""

WEIGHED = 50
"""Rows looked at in one step."""

HANGING = 40
"""Rows that hang on a post beside its looks, at most and roughly: mentions, proofs, bands."""

_incident, _event, _post, _mention = schema.incident, schema.event, schema.post, schema.mention
_story, _note, _sighting, _label, _feed = (
    schema.story, schema.notification, schema.sighting, schema.label, schema.feed_state,
)  # fmt: skip

_LAST = (
    select(func.max(_event.c.at))
    .where(_event.c.incident_id == _incident.c.id, _event.c.refused.is_(None))
    .scalar_subquery()
)
_AWAKE = _incident.c.state.in_([literal_column(f"'{state.value}'") for state in AWAKE])
_OVER = ~_AWAKE & (func.coalesce(_LAST, _incident.c.changed_at) < bindparam("before"))
_OF_STORY = exists().where(_incident.c.story_id == _mention.c.story_id)
_NEEDED = exists().where(_mention.c.post_id == _post.c.id, _mention.c.incident_id.is_not(None) | _OF_STORY)
_BARE = ~exists().where(_mention.c.story_id == _story.c.id) & ~exists().where(_incident.c.story_id == _story.c.id)


def _next(table: Table, *wanted: Any) -> Any:
    """The next rows by their number, each with whether it goes."""
    return select(table.c.id, *wanted).where(table.c.id > bindparam("after")).order_by(table.c.id).limit(WEIGHED)


_NEXT = {
    "incident": _next(_incident, _OVER.label("goes")),
    "post": _next(
        _post, ((_post.c.last_seen < bindparam("before")) & ~_NEEDED).label("goes"), _post.c.first_seen.label("at")
    ),
    "story": _next(_story, ((_story.c.began_at < bindparam("before")) & _BARE).label("goes")),
    "notification": _next(_note, (_note.c.incident_id.is_(None) & (_note.c.settled_at < bindparam("before"))).label("goes")),
}  # fmt: skip
_OLDEST_LOOKS = (
    select(_sighting.c.seen_at)
    .where(_sighting.c.post_id == bindparam("of"))
    .order_by(_sighting.c.seen_at)
    .limit(1)
    .offset(bindparam("n") - 1)
    .scalar_subquery()
)
_LOOKS = select(func.count()).where(_sighting.c.post_id == bindparam("of"))
_FORGET_LOOKS = delete(_sighting).where(
    _sighting.c.post_id == bindparam("of"),
    _sighting.c.seen_at <= func.coalesce(_OLDEST_LOOKS, literal_column("9223372036854775807")),
)
_NEWEST_SIGN = select(func.max(_feed.c.last_try))


def _some(table: Table) -> Any:
    """Up to `n` rows of a table that belong to an incident, the oldest first."""
    return select(table.c.id).where(table.c.incident_id == bindparam("of")).order_by(table.c.id).limit(bindparam("n"))


_OF_INCIDENT = (
    *(delete(table).where(table.c.id.in_(_some(table))) for table in (_note, _label, _event)),
    update(_mention).where(_mention.c.id.in_(_some(_mention))).values(incident_id=None),
)


class RetentionPart(Part):
    """`monitor.ports.Retaining`."""

    def let_go(self, kind: Ageing, after: int, before: datetime) -> int | None:
        values = {"after": after, "before": rows.ms(before)}
        found = self._db.read(lambda connection: connection.execute(_NEXT[kind], values).mappings().all())
        if not found or (kind == "post" and all(row["at"] >= values["before"] for row in found)):
            return None
        going = [row["id"] for row in found if row["goes"]]
        if not going:
            return int(found[-1]["id"])

        def write(connection: Connection) -> int:
            """What was weighed is weighed again, for it may be needed by now."""
            left = ROWS_A_COMMIT
            for row in connection.execute(_NEXT[kind], values).mappings().all():
                if row["goes"]:
                    left -= _drop(connection, kind, row["id"], left)
                    if left <= 0:
                        return int(row["id"]) - 1
            return int(found[-1]["id"])

        return self._db.write("ingest", write)

    def newest_sign(self) -> datetime | None:
        """When a feed was last asked; None: none ever was."""
        return rows.moment_or_none(self._db.read(lambda connection: connection.execute(_NEWEST_SIGN).scalar()))


def _drop(connection: Connection, kind: Ageing, of: int, most: int) -> int:
    """Lets go of a row with what hangs on it, or of as much as may go now. How many rows that was."""
    gone = 0
    if kind == "incident":
        for statement in _OF_INCIDENT:
            gone += connection.execute(statement, {"of": of, "n": most - gone}).rowcount
            if gone >= most:
                return gone
    if kind == "post":
        looks = connection.execute(_LOOKS, {"of": of}).scalar_one()
        if looks >= most - HANGING:
            return connection.execute(_FORGET_LOOKS, {"of": of, "n": max(1, most - HANGING)}).rowcount + HANGING
        gone = looks + HANGING
    table = schema.metadata.tables[kind]
    connection.execute(delete(table).where(table.c.id == of))
    return gone + 1
