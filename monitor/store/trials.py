"""What a trial needs: what would have woken people, what they said of it, and the daily lines."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from monitor.model import Act, NotificationKind, Pressed
from monitor.store import notifications, rows, schema
from monitor.store.part import Part

RIGHT, WRONG = "wake_right", "wake_wrong"

_event, _incident, _n = schema.event.c, schema.incident.c, schema.notification.c
_PAGED = select(_incident.id, _incident.paged_at).where(_incident.paged_at >= bindparam("since"))
LAST_PRESSES = (
    select(func.max(_event.id))
    .where(_event.act == Act.NOTE.value, _event.reason.in_((RIGHT, WRONG)), _event.refused.is_(None))
    .group_by(_event.incident_id, _event.actor_id)
)
"""The last press of each person on each incident."""
_PRESSED = select(_event.incident_id, _event.actor_id, _event.reason).where(
    _event.id.in_(LAST_PRESSES), _event.at >= bindparam("since")
)
_LINES = select(_n.created_at).where(_n.kind == NotificationKind.TRIAL.value).distinct().order_by(_n.created_at)


class TrialsPart(Part):
    """`monitor.ports.Trials`."""

    def paged_since(self, since: datetime) -> Mapping[int, datetime]:
        values = {"since": rows.ms(since)}
        found = self._db.read(lambda connection: connection.execute(_PAGED, values).all())
        return {row.id: rows.moment(row.paged_at) for row in found}

    def pressed(self, since: datetime) -> list[Pressed]:
        values = {"since": rows.ms(since)}
        found = self._db.read(lambda connection: connection.execute(_PRESSED, values).all())
        return [Pressed(row.incident_id, row.actor_id, row.reason == RIGHT) for row in found]

    def trial_lines(self) -> list[datetime]:
        found = self._db.read(lambda connection: connection.execute(_LINES).scalars().all())
        return [rows.moment(at) for at in found]

    def say_trial(self, day: date, facts: Mapping[str, Any], receivers: Sequence[str], now: datetime) -> None:
        def write(connection: Connection) -> None:
            for receiver in receivers:
                row = notifications.row_of(f"trial:{day}:{receiver}", receiver, NotificationKind.TRIAL, now)
                notifications.add(connection, {**row, "body": rows.as_json(facts)})

        self._db.write("deliver", write)
        self._announce(["outbox"])
