"""Mentions as they are read: with their post, its looks, and the incident they belong to."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select

from monitor.model import Incident, Mention
from monitor.store import incident_rows, rows, schema
from monitor.store.looks import Looks
from monitor.store.prepared import Prepared

_mention, _post, _incident = schema.mention, schema.post, schema.incident

WITH_POST: Select[Any] = select(*rows.WHOLE_MENTION).join_from(_mention, _post, _post.c.id == _mention.c.post_id)
"""What `read` makes mentions of, to be narrowed."""

INCIDENT: Select[Any] = (
    select(*incident_rows.INCIDENT, *rows.WHOLE_MENTION)
    .join_from(_incident, _mention, _mention.c.id == _incident.c.lead_id, isouter=True)
    .join(_post, _post.c.id == _mention.c.post_id, isouter=True)
)
"""What `read_incidents` makes incidents of, to be narrowed."""

INCIDENT_BY_ID = Prepared(INCIDENT.where(_incident.c.id == bindparam("i")))
INCIDENT_OF_STORY = Prepared(
    INCIDENT.where(_incident.c.story_id == bindparam("s")).order_by(_incident.c.id.desc()).limit(1)
)
INCIDENTS = (
    INCIDENT.where(_incident.c.state.in_(bindparam("states", expanding=True)))
    .order_by(_incident.c.severity.desc(), _incident.c.id.desc())
    .limit(bindparam("n"))
)


def read(connection: Connection, found: Iterable[Sequence[Any]], looks: Looks) -> list[Mention]:
    """The mentions in rows of WITH_POST."""
    return [_mention_of(connection, row, looks) for row in found]


def read_incidents(connection: Connection, found: Iterable[Sequence[Any]], looks: Looks) -> list[Incident]:
    """The incidents, with the post to show, in rows of the statements above."""
    return [_incident_of(connection, row, looks) for row in found]


def _incident_of(connection: Connection, row: Sequence[Any], looks: Looks) -> Incident:
    width = len(incident_rows.INCIDENT)
    lead = None if row[width] is None else _mention_of(connection, row[width:], looks)
    return incident_rows.incident(row[:width], lead)


def _mention_of(connection: Connection, row: Sequence[Any], looks: Looks) -> Mention:
    return rows.mention(row, looks.of(connection, *rows.looks_known(row)))
