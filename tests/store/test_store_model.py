"""Whatever happens in whatever order, the outbox does as the one in memory on which delivery itself is tested."""

from datetime import datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from monitor.model import Notification, Outcome, Receipt
from monitor.store import Store
from tests.builders import NOON
from tests.fake_outbox import FakeOutbox
from tests.store.seen import CRISIS, ROOT, SETTLE, UPDATE, judged_again, page, refreshes

INCIDENTS = 3


class OutboxAgainstTheFake(RuleBasedStateMachine):
    """Two pages that are changed and one that is not; attempts that end in every way, or not at all."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOON
        self.store = Store.memory()
        numbers = [page(self.store, str(place), bands=(place,)) for place in range(INCIDENTS)]
        self.store.apply([refreshes(judged_again(self.store, number)) for number in numbers[:2]], NOON)
        rows = sorted(self.store.notifications(), key=lambda row: int(row["id"]))
        self.fake = FakeOutbox(
            *(
                Notification(
                    id=row["id"],
                    key=row["key"],
                    receiver=CRISIS,
                    kind=ROOT if row["kind"] == "root" else UPDATE,
                    incident_id=row["incident_id"],
                )
                for row in rows
            )
        )
        self.held: dict[str, tuple[datetime, Notification]] = {}

    def teardown(self) -> None:
        self.store.close()

    @rule(seconds=st.sampled_from([0.0, 1.0, 5.0, SETTLE - 1, SETTLE, 60.0]))
    def time_goes_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def somebody_takes_the_next(self) -> None:
        ours, theirs = (outbox.claim(CRISIS, self.now, SETTLE) for outbox in (self.store, self.fake))
        assert said(ours) == said(theirs)
        if ours is not None:
            self.held[ours.key] = (self.now, ours)

    @precondition(lambda self: self.under_way())
    @rule(
        outcome=st.sampled_from(list(Outcome)),
        wait=st.sampled_from([1.0, SETTLE, 40.0]),
        data=st.data(),
    )
    def an_attempt_ends(self, outcome: Outcome, wait: float, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(self.under_way()))
        _, notification = self.held.pop(key)
        over = outcome in (Outcome.SENT, Outcome.PERMANENT)
        receipt = Receipt(outcome=outcome, handle={"ts": key} if outcome is Outcome.SENT else None)
        for outbox in (self.store, self.fake):
            outbox.settle(notification, receipt, self.now, None if over else self.now + timedelta(seconds=wait))

    @rule()
    def somebody_asks_what_is_due(self) -> None:
        ours, theirs = (outbox.next_due(CRISIS, SETTLE) for outbox in (self.store, self.fake))
        assert (ours and max(ours, self.now)) == (theirs and max(theirs, self.now))

    @rule()
    def somebody_asks_what_became_of_the_pages(self) -> None:
        states = {row["key"]: (row["state"], row["handle"]) for row in self.store.notifications() if page_row(row)}
        expected = {row.notification.key: row for row in self.fake.rows if row.notification.kind is ROOT}
        assert {key: over(state, handle) for key, (state, handle) in states.items()} == {
            key: over(row.state, row.handle) for key, row in expected.items()
        }

    def under_way(self) -> list[str]:
        """Attempts that still have time to end by themselves."""
        return [key for key, (since, _) in self.held.items() if self.now - since < timedelta(seconds=SETTLE)]


def said(notification: Notification | None) -> object:
    """What a deliverer acts on."""
    if notification is None:
        return None
    return notification.key, notification.kind, notification.incident_id, notification.started_at, notification.handle


def page_row(row: object) -> bool:
    return isinstance(row, dict) and row["kind"] == "root"


def over(state: str, handle: object) -> tuple[str, object]:
    """A killed attempt is `sending` until somebody looks; who looks first is all the same."""
    return ("in doubt" if state in ("sending", "ambiguous") else state), handle


OutboxAgainstTheFake.TestCase.settings = settings(max_examples=40, stateful_step_count=30)
TestTheOutboxDoesAsTheFakeDoes = OutboxAgainstTheFake.TestCase
