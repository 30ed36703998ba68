"""What looks rest on, kept beside them: written with them, let go when no incident needs it."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, case, exists, func, literal_column, select, update
from sqlalchemy.dialects.sqlite import insert

from monitor.model import AWAKE, Exhibit
from monitor.store import rows, schema
from monitor.store.part import Part
from monitor.store.prepared import Prepared

UNCLAIMED = timedelta(hours=72)
"""How long what no incident needs is kept: a post may become one late."""

WEIGHED_AGAIN = timedelta(days=1)

AT_ONCE = 50
"""Exhibits weighed in one transaction, so that delivery never waits for long."""

BYTES_AT_ONCE = 4 * 1024 * 1024
"""Of what is dropped in one transaction, as it is stored; a single larger one is dropped alone."""

_response, _proof, _mention, _incident, _event = (
    schema.response, schema.proof, schema.mention, schema.incident, schema.event,
)  # fmt: skip

_KNOWN = Prepared(select(_response.c.id).where(_response.c.sha256 == bindparam("sha256")))
_SEEN_AGAIN = Prepared(
    update(_response)
    .where(_response.c.sha256 == bindparam("sha256"))
    .values(due_at=func.max(_response.c.due_at, bindparam("due_at")))
)
_COLUMNS = ("sha256", "feed", "url", "at", "status", "content_type", "withheld", "size", "due_at", "body")
_ADD = Prepared(insert(_response).values({name: bindparam(name) for name in _COLUMNS}))
_PROVE = Prepared(insert(_proof).values({name: bindparam(name) for name in _proof.c.keys()}).on_conflict_do_nothing())  # noqa: SIM118

_LAST = (
    select(func.max(_event.c.at))
    .where(_event.c.incident_id == _incident.c.id, _event.c.refused.is_(None))
    .scalar_subquery()
)
_AWAKE = _incident.c.state.in_([literal_column(f"'{state.value}'") for state in AWAKE])
_NEEDED = exists().where(
    _proof.c.response_id == _response.c.id,
    _mention.c.post_id == _proof.c.post_id,
    _incident.c.story_id == _mention.c.story_id,
    case((_AWAKE, True), else_=func.coalesce(_LAST, _incident.c.changed_at) > bindparam("since")),
)
_DUE = (
    select(_response.c.id, func.length(_response.c.body), _NEEDED)
    .where(_response.c.due_at <= bindparam("now"))
    .order_by(_response.c.due_at, _response.c.id)
    .limit(AT_ONCE)
)
_ANY_DUE = select(exists().where(_response.c.due_at <= bindparam("now")))
_DROP = _response.delete().where(_response.c.id == bindparam("b_id"))
_LATER = update(_response).where(_response.c.id == bindparam("b_id")).values(due_at=bindparam("b_due"))


def keep(connection: Connection, exhibit: Exhibit, looks: Iterable[tuple[int, int]]) -> None:
    """Writes it down, if it is not there, and what was seen in it: post ids and moments in ms. Within the caller's transaction."""
    row = _row(exhibit)
    if not _SEEN_AGAIN.each(connection, [row]):
        _ADD.each(connection, [row])
    ((response_id,),) = _KNOWN.find(connection, row)
    _PROVE.each(connection, [{"post_id": post, "seen_at": at, "response_id": response_id} for post, at in looks])


def _row(exhibit: Exhibit) -> Mapping[str, Any]:
    return {
        "sha256": exhibit.sha256,
        "feed": rows.storable(exhibit.feed),
        "url": rows.storable(exhibit.url),
        "at": rows.ms(exhibit.at),
        "status": exhibit.status,
        "content_type": rows.storable(exhibit.content_type),
        "withheld": int(exhibit.withheld),
        "size": exhibit.size,
        "due_at": rows.ms(exhibit.at + UNCLAIMED),
        "body": exhibit.packed,
    }


class ExhibitsPart(Part):
    """`monitor.ports.Keeping`."""

    def drop_exhibits(self, now: datetime, keep: timedelta) -> bool:
        values = {"now": rows.ms(now), "since": rows.ms(now - keep)}
        if not self._db.read(lambda connection: connection.execute(_ANY_DUE, values).scalar()):
            return False

        def write(connection: Connection) -> bool:
            due = connection.execute(_DUE, values).all()
            later: list[dict[str, int]] = []
            gone: list[dict[str, int]] = []
            size = 0
            for response_id, stored, needed in due:
                if needed:
                    later.append({"b_id": response_id, "b_due": rows.ms(now + WEIGHED_AGAIN)})
                elif not gone or size + stored <= BYTES_AT_ONCE:
                    gone.append({"b_id": response_id})
                    size += stored
            if later:
                connection.execute(_LATER, later)
            if gone:
                connection.execute(_DROP, gone)
            return len(due) == AT_ONCE or len(later) + len(gone) < len(due)

        return self._db.write("ingest", write)
