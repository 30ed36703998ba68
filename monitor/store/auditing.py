"""What watching over the outbox needs: what is late, and telling others in a receiver's place."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, and_, bindparam, func, or_, select

from monitor.model import NotificationKind, Severity
from monitor.ports import PAGE_LASTS, Late
from monitor.store import notifications, rows, schema
from monitor.store.notifications import AMBIGUOUS, PENDING, ROOT_PRIORITY, SENDING
from monitor.store.outbox import IS_PAGE, REFUSED, UNSETTLED
from monitor.store.part import Part

_incident = schema.incident
_n = schema.notification.c
_WAKES = or_(_n.incident_id.is_(None), _incident.c.paged_at.is_not(None))
"""A message that wakes nobody may be late."""

_COLUMNS = _n.receiver, func.count().label("count")
_LATE_PAGES = (
    select(*_COLUMNS, func.min(_n.created_at).label("since"))
    .join_from(schema.notification, _incident, _incident.c.id == _n.incident_id, isouter=True)
    .where(UNSETTLED, _n.priority >= ROOT_PRIORITY, _n.created_at < bindparam("before"), _WAKES)
    .group_by(_n.receiver)
)
_LATE_REPEATS = (
    select(*_COLUMNS, func.min(_n.not_before).label("since"))
    .where(UNSETTLED, _n.kind == NotificationKind.REPEAT.value, _n.not_before < bindparam("before"))
    .group_by(_n.receiver)
)
_REFUSED_PAGES = (
    select(*_COLUMNS, func.min(_n.settled_at).label("since"))
    .join_from(schema.notification, _incident, _incident.c.id == _n.incident_id, isouter=True)
    .where(
        IS_PAGE,
        REFUSED,
        _n.priority >= ROOT_PRIORITY,
        _n.settled_at > bindparam("since"),
        or_(_n.incident_id.is_(None), _incident.c.state.not_in(schema.ENDED_STATES)),
        _WAKES,
    )
    .group_by(_n.receiver)
)
_UNCONFIRMED = (
    select(_n.id, _n.key, _n.kind, _n.incident_id, _n.priority)
    .join_from(schema.notification, _incident, _incident.c.id == _n.incident_id, isouter=True)
    .where(
        _n.receiver == bindparam("receiver"),
        IS_PAGE,
        _n.body.is_(None),
        _n.priority >= bindparam("urgent"),
        _WAKES,
        _n.created_at > bindparam("since"),
        or_(
            and_(_n.created_at <= bindparam("before"), _n.state.in_((PENDING, SENDING, AMBIGUOUS))),
            REFUSED,
        ),
    )
)


_LAST_NOTE = (
    select(_n.key)
    .where(_n.kind == NotificationKind.OPS.value, _n.key >= bindparam("begins"), _n.key < bindparam("ends"))
    .order_by(_n.id.desc())
    .limit(1)
)


class AuditingPart(Part):
    """`monitor.ports.Auditing` and `monitor.ports.Credentials`; `note` is the outbox's."""

    def last_note(self, prefix: str) -> str | None:
        asked = {"begins": prefix, "ends": prefix + "\U0010ffff"}
        return self._db.read(lambda connection: connection.execute(_LAST_NOTE, asked).scalar())

    def late(self, pages_before: datetime, repeats_before: datetime, refused_since: datetime) -> list[Late]:
        def find(connection: Connection) -> list[Late]:
            pages = connection.execute(_LATE_PAGES, {"before": rows.ms(pages_before)}).all()
            repeats = connection.execute(_LATE_REPEATS, {"before": rows.ms(repeats_before)}).all()
            refused = connection.execute(_REFUSED_PAGES, {"since": rows.ms(refused_since)}).all()
            return [
                *(_late(row, "page") for row in pages),
                *(_late(row, "repeat") for row in repeats),
                *(_late(row, "refused") for row in refused),
            ]

        return self._db.read(find)

    def fall_back(
        self, receiver: str, to: Sequence[str], before: datetime, now: datetime, least: Severity = Severity.BLUE
    ) -> int:
        asked = {
            "receiver": receiver,
            "before": rows.ms(before),
            "since": rows.ms(now - PAGE_LASTS),
            "urgent": ROOT_PRIORITY + least,
        }

        def write(connection: Connection) -> int:
            return sum(
                notifications.add(connection, _standing_in(page, receiver, other, now))
                for page in connection.execute(_UNCONFIRMED, asked).all()
                for other in to
            )

        def wanted(connection: Connection) -> bool:
            keys = [
                _standing_in(page, receiver, other, now)["key"]
                for page in connection.execute(_UNCONFIRMED, asked).all()
                for other in to
            ]
            there = connection.execute(select(func.count()).where(_n.key.in_(keys))).scalar_one() if keys else 0
            return len(keys) > there

        if not self._db.read(wanted):
            return 0
        told = self._db.write("deliver", write)
        if told:
            self._announce(["outbox"])
        return told


def _late(row: Any, kind: Literal["page", "repeat", "refused"]) -> Late:
    return Late(receiver=row.receiver, kind=kind, since=rows.moment(row.since), count=row.count)


def _standing_in(page: Any, receiver: str, other: str, now: datetime) -> dict[str, Any]:
    """The row that tells `other` of a page for `receiver`."""
    kind = NotificationKind(page.kind)
    body: dict[str, Any] = {"fallback_for": receiver}
    key = f"incident-{page.incident_id}:{other}:root"
    if kind is NotificationKind.STORM:
        key, body["of"] = f"{page.key}:{other}", page.id
    row = notifications.row_of(key, other, kind, now)
    return {**row, "incident_id": page.incident_id, "priority": page.priority, "body": rows.as_json(body)}
