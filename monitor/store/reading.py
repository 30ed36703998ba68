"""What the board, the metrics and the command line need."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, case, distinct, func, literal_column, or_, select

from monitor.model import AWAKE, FeedHealth, Incident, IncidentEvent, IncidentState, Mention, NotificationKind, Severity
from monitor.ports import Refusal
from monitor.store import feeds, incident_rows, mentions, rows, schema
from monitor.store.notifications import COVERED, DEAD, ROOT_PRIORITY, SENT
from monitor.store.part import Part
from monitor.store.prepared import Prepared

_POSTS_SHOWN = 100
_OTHERS_TOLD = 3
_NOTIFICATIONS_SHOWN = 500

_mention, _post, _incident, _n = schema.mention, schema.post, schema.incident, schema.notification.c

_OF_INCIDENT = Prepared(
    mentions.WITH_POST.join(_incident, _incident.c.story_id == _mention.c.story_id)
    .where(_incident.c.id == bindparam("i"))
    .order_by((_mention.c.id == _incident.c.lead_id).desc(), _mention.c.priority.desc(), _mention.c.id)
    .limit(bindparam("n"))
)
_PLATFORMS = (
    select(_post.c.platform, func.count().label("n"))
    .join_from(_mention, _post, _post.c.id == _mention.c.post_id)
    .join(_incident, _incident.c.story_id == _mention.c.story_id)
    .where(_incident.c.id == bindparam("i"))
    .group_by(_post.c.platform)
    .order_by(literal_column("n").desc(), _post.c.platform)
)
_TOTALS: Mapping[str, Any] = {
    "posts": select(func.count()).select_from(schema.post),
    "mentions": select(func.count()).select_from(_mention),
    "sightings": select(func.count()).select_from(schema.sighting),
    "pending": select(func.count()).select_from(_mention).where(_mention.c.state == "pending"),
    "failed": select(func.count()).select_from(_mention).where(_mention.c.state == "failed"),
    "tracked": select(func.count(distinct(_mention.c.post_id))).where(_mention.c.next_look_at.is_not(None)),
}
_TOLD = (
    select(*_n)
    .where(or_(_n.incident_id == bindparam("i"), bindparam("all")))
    .order_by(_n.id.desc())
    .limit(_NOTIFICATIONS_SHOWN)
)
_table = schema.notification.alias("cover")
_PAGES = (
    # A row of a storm fares as its table did.
    select(
        _n.incident_id,
        _n.receiver,
        case((_n.state == COVERED, _table.c.state), else_=_n.state).label("state"),
        case((_n.state == COVERED, _table.c.handle), else_=_n.handle).label("handle"),
    )
    .join_from(schema.notification, _table, _table.c.id == _n.covered_by, isouter=True)
    .where(
        _n.incident_id.in_(bindparam("ids", expanding=True)),
        _n.kind == NotificationKind.ROOT.value,
        _n.priority >= ROOT_PRIORITY,
    )
    .order_by(_n.id)
)
_STATES = select(_incident.c.state, _incident.c.severity, func.count()).group_by(
    _incident.c.state, _incident.c.severity
)
EVENTS = (
    select(*incident_rows.EVENT)
    .where(schema.event.c.incident_id == bindparam("i"), schema.event.c.refused.is_(None))
    .order_by(schema.event.c.id)
)
_SCORED_SINCE = Prepared(
    mentions.WITH_POST.where(
        _mention.c.id > bindparam("after"), _mention.c.state == "scored", _post.c.first_seen >= bindparam("since")
    )
    .order_by(_mention.c.id)
    .limit(bindparam("n"))
)
_NEWEST = Prepared(
    mentions.WITH_POST.where(_mention.c.brand == bindparam("b")).order_by(_mention.c.id.desc()).limit(bindparam("n"))
)
_MOMENTS = ("not_before", "started_at", "claimed_at", "created_at", "settled_at")
_JSON = ("handle", "body")


class ReadingPart(Part):
    """`monitor.ports.Reading`."""

    def incidents(
        self,
        states: Iterable[IncidentState] = AWAKE,
        limit: int = 100,
    ) -> list[Incident]:
        """The reddest first, the newest of a colour first."""
        values = {"states": [state.value for state in states], "n": limit}

        def find(connection: Connection) -> list[Incident]:
            return mentions.read_incidents(
                connection, connection.execute(mentions.INCIDENTS, values).all(), self._looks
            )

        return self._db.read(find)

    def incident(self, incident_id: int) -> Incident | None:
        def find(connection: Connection) -> list[Incident]:
            found = mentions.INCIDENT_BY_ID.find(connection, {"i": incident_id})
            return [
                incident if incident.posts <= 1 else self._with_others(connection, incident)
                for incident in mentions.read_incidents(connection, found, self._looks)
            ]

        return next(iter(self._db.read(find)), None)

    def incident_posts(self, incident_id: int) -> list[Mention]:
        """The posts of its story: the one it shows, then the loudest; a hundred at most."""
        return self._db.read(
            lambda connection: mentions.read(
                connection, _OF_INCIDENT.find(connection, {"i": incident_id, "n": _POSTS_SHOWN}), self._looks
            )
        )

    def states(self) -> Mapping[tuple[IncidentState, Severity], int]:
        found = self._db.read(lambda connection: connection.execute(_STATES).all())
        return {(IncidentState(state), Severity(severity)): count for state, severity, count in found}

    def events(self, incident_id: int) -> list[IncidentEvent]:
        """Its timeline, oldest first; what was refused is no part of it."""
        found = self._db.read(lambda connection: connection.execute(EVENTS, {"i": incident_id}).all())
        return [incident_rows.event(row) for row in found]

    def _with_others(self, connection: Connection, incident: Incident) -> Incident:
        found = _OF_INCIDENT.find(connection, {"i": incident.id, "n": 1 + _OTHERS_TOLD})
        lead = incident.lead.id if incident.lead else None
        others = tuple(one for one in mentions.read(connection, found, self._looks) if one.id != lead)
        platforms = connection.execute(_PLATFORMS, {"i": incident.id}).all()
        return replace(incident, others=others[:_OTHERS_TOLD], platforms=tuple((name, n) for name, n in platforms))

    def scored_since(self, since: datetime, after: int, limit: int) -> list[Mention]:
        """The scored mentions of posts first seen since then, by id, those after `after`: to be judged again."""
        values = {"since": rows.ms(since), "after": after, "n": limit}
        return self._db.read(
            lambda connection: mentions.read(connection, _SCORED_SINCE.find(connection, values), self._looks)
        )

    def newest(self, brand: str, limit: int) -> list[Mention]:
        """The newest posts found to concern a brand, the newest first."""
        values = {"b": brand, "n": limit}
        return self._db.read(
            lambda connection: mentions.read(connection, _NEWEST.find(connection, values), self._looks)
        )

    def feeds(self) -> list[FeedHealth]:
        return self._db.read(feeds.healths)

    def totals(self) -> Mapping[str, int]:
        return self._db.read(
            lambda connection: {name: connection.execute(count).scalar_one() for name, count in _TOTALS.items()}
        )

    def notifications(self, incident_id: int | None = None) -> list[Mapping[str, Any]]:
        """Of one incident, or of all: the newest 500, oldest first. Moments are datetimes."""
        values = {"i": incident_id, "all": incident_id is None}
        found = self._db.read(lambda connection: connection.execute(_TOLD, values).mappings().all())
        return [_told(dict(row)) for row in reversed(found)]

    def refusals(self, incident_ids: Collection[int]) -> Mapping[int, Refusal]:
        asked = {"ids": list(incident_ids)}
        pages = self._db.read(lambda connection: connection.execute(_PAGES, asked).all())
        # What has an address arrived once, whatever became of it there.
        arrived = {page.incident_id for page in pages if page.state == SENT or page.handle is not None}
        by: dict[int, list[str]] = {}
        for page in pages:
            if page.state == DEAD and page.handle is None:
                by.setdefault(page.incident_id, []).append(page.receiver)
        return {number: Refusal(by=tuple(names), heard=number in arrived) for number, names in by.items()}


def _told(row: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        **row,
        **{name: rows.moment_or_none(row[name]) for name in _MOMENTS},
        **{name: None if row[name] is None else orjson.loads(row[name]) for name in _JSON},
    }
