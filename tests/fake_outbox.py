"""An Outbox in memory with the rules its port states, for tests of what stands on top of it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from monitor.model import Incident, IncidentEvent, Notification, NotificationKind, Outcome, Receipt
from monitor.ports import Following
from tests.builders import NOON, an_incident


@dataclass
class Row:
    """One row of the fake outbox."""

    notification: Notification
    state: str = "pending"
    not_before: datetime = NOON
    doubt: datetime | None = None
    claimed_at: datetime | None = None
    attempts: int = 0
    handle: Mapping[str, Any] | None = None
    errors: list[str] = field(default_factory=list)


class FakeOutbox:
    """Pages before changes; a change waits for its message.

    Two times are kept apart: settling is counted from the newest attempt, looking goes back to the first one in doubt.
    """

    def __init__(self, *notifications: Notification) -> None:
        self.rows = [Row(notification) for notification in notifications]
        self.incidents: dict[int, Incident] = {}
        self.followed: list[tuple[str, Following]] = []
        self.tried: datetime | None = None

    def claim(
        self,
        receiver: str,
        now: datetime,
        settle_after: float,
        kinds: Collection[NotificationKind] = tuple(NotificationKind),
    ) -> Notification | None:
        self._revive(now, settle_after)
        ready = [
            row
            for row in self.rows
            if (row.notification.kind in kinds or row.state == "ambiguous") and self._ready(row)
        ]
        due = [row for row in ready if row.not_before <= now]
        if not due:
            return None
        row = min(due, key=lambda row: row.notification.kind is NotificationKind.UPDATE)
        doubt = row.doubt if row.state == "ambiguous" else None
        row.state, row.doubt, row.claimed_at, row.attempts = "sending", doubt or now, now, row.attempts + 1
        handle = self._handle(row)
        return replace(row.notification, started_at=doubt, attempts=row.attempts, handle=handle)

    def _ready(self, row: Row) -> bool:
        is_change = row.notification.kind is NotificationKind.UPDATE
        return row.state in ("pending", "ambiguous") and (not is_change or self._handle(row) is not None)

    def _handle(self, row: Row) -> Mapping[str, Any] | None:
        """Where a change finds its message: as given, or as the page of its incident was settled."""
        if row.notification.kind is not NotificationKind.UPDATE or row.notification.handle:
            return row.notification.handle
        of = row.notification.incident_id
        pages = [other for other in self.rows if other.notification.kind is NotificationKind.ROOT]
        return next((page.handle for page in pages if page.notification.incident_id == of), None)

    def _revive(self, now: datetime, settle_after: float) -> None:
        for row in self.rows:
            if row.state == "sending" and row.claimed_at and (now - row.claimed_at).total_seconds() >= settle_after:
                row.state, row.not_before = "ambiguous", now

    def incident(self, incident_id: int) -> Incident | None:
        return self.incidents.get(incident_id, an_incident(id=incident_id, paged_at=NOON))

    def events(self, incident_id: int) -> list[IncidentEvent]:
        return []

    def settle(
        self,
        notification: Notification,
        receipt: Receipt,
        now: datetime,
        not_before: datetime | None,
        following: Sequence[Following] = (),
    ) -> None:
        row = next(row for row in self.rows if row.notification.id == notification.id)
        assert row.state == "sending"
        row.errors.append(receipt.error or "")
        row.handle = receipt.handle or row.handle
        self.followed += [(notification.key, one) for one in following if receipt.outcome is Outcome.SENT]
        ends = {Outcome.SENT: "sent", Outcome.PERMANENT: "dead", Outcome.AMBIGUOUS: "ambiguous"}
        row.state = ends.get(receipt.outcome, "pending")
        if row.state in ("sent", "dead"):
            assert not_before is None
            return
        assert not_before is not None
        assert not_before > now
        row.not_before = not_before

    def withdraw(self, notification: Notification, now: datetime, why: str) -> None:
        row = next(row for row in self.rows if row.notification.id == notification.id)
        row.state = "withdrawn"
        row.errors.append(why)

    def brake(self, receiver: str, now: datetime, limit: int, window: timedelta) -> int:
        return 0

    def collect(self, receiver: str, now: datetime, due: datetime, full: int) -> None:
        """Nothing waits for a digest here."""

    def resting(self, receiver: str, now: datetime) -> Mapping[NotificationKind, datetime]:
        return {}

    def last_try(self) -> datetime | None:
        return self.tried

    def next_due(self, receiver: str, settle_after: float) -> datetime | None:
        waiting = [row.not_before for row in self.rows if self._ready(row)]
        sending = [row.claimed_at for row in self.rows if row.state == "sending" and row.claimed_at]
        waiting += [moment + timedelta(seconds=settle_after) for moment in sending]
        return min(waiting, default=None)

    def outbox_depth(self) -> Mapping[str, int]:
        return {"crisis": sum(row.state not in ("sent", "dead") for row in self.rows)}

    @property
    def states(self) -> list[str]:
        return [row.state for row in self.rows]

    @property
    def over(self) -> bool:
        """Nothing is left to be told."""
        return all(state in ("sent", "dead", "withdrawn") for state in self.states)
