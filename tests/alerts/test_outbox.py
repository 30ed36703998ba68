"""The loop that tells people: nothing lost, nothing told twice that could be looked up, nobody hurried."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from alerts.channels.slack import Slack
from alerts.outbox import Deliverer
from monitor import metrics
from monitor.clock import VirtualClock
from monitor.model import Incident, Notification, NotificationKind, Outcome, Receipt, Severity
from monitor.ports import Outbox
from monitor.sandbox.slack import FakeSlack
from monitor.sandbox.slack_faults import Fault
from tests.builders import NOON, an_incident
from tests.fake_outbox import FakeOutbox, Row

ROOM = "C0CRISIS01"
SETTLE = 15.0
OpenSlack = Callable[..., tuple[FakeSlack, Slack]]


class Script:
    """A channel that answers as it is told and writes down when it was asked what."""

    def __init__(self, clock: VirtualClock, *answers: Receipt | Exception) -> None:
        self.clock, self.answers = clock, list(answers)
        self.sent: list[tuple[datetime, Notification]] = []

    def send(self, notification: Notification, incident: Incident | None) -> Receipt:
        self.sent.append((self.clock.now(), notification))
        answer = self.answers.pop(0) if self.answers else Receipt(outcome=Outcome.SENT, handle={"ts": "1"})
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def at(self) -> list[float]:
        return [(moment - NOON).total_seconds() for moment, _ in self.sent]


class Seeing(Script):
    """A Script whose channel can be read; `seen` are the answers to `find`."""

    def __init__(self, clock: VirtualClock, *answers: Receipt | Exception, seen: list[Receipt | Exception]) -> None:
        super().__init__(clock, *answers)
        self.seen, self.looked = seen, list[tuple[str, datetime]]()

    def find(self, key: str, since: datetime, onto: Any = None) -> Receipt:
        self.looked.append((key, since))
        answer = self.seen.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


SENT = Receipt(outcome=Outcome.SENT, handle={"ts": "1"})
DOUBT = Receipt(outcome=Outcome.AMBIGUOUS, error="chat.postMessage: TimeoutError")
ABSENT = Receipt(outcome=Outcome.REFUSED, error="it is not in the channel")
FOUND = Receipt(outcome=Outcome.SENT, handle={"ts": "77"})
UNREACHED = Receipt(outcome=Outcome.REFUSED, error="chat.postMessage: ECONNREFUSED")
UNREADABLE = Receipt(outcome=Outcome.PERMANENT, error="conversations.history: missing_scope")
FORBIDDEN = Receipt(outcome=Outcome.PERMANENT, error="chat.postMessage: invalid_auth")


def rate_limited(seconds: float | None) -> Receipt:
    return Receipt(outcome=Outcome.RATE_LIMITED, retry_after=seconds, error="chat.postMessage: ratelimited")


def a_page(number: int = 1, **given: Any) -> Notification:
    fields: dict[str, Any] = {
        "id": number,
        "key": f"{number}:crisis:root",
        "receiver": "crisis",
        "kind": NotificationKind.ROOT,
        "incident_id": number,
    }
    return Notification(**{**fields, **given})


def an_update(number: int) -> Notification:
    return a_page(number, key=f"{number}:crisis:update", kind=NotificationKind.UPDATE, handle={"ts": "1"})


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(NOON)


def deliverer(outbox: Outbox, channel: Any, clock: VirtualClock) -> Deliverer:
    return Deliverer(receiver="crisis", channel=channel, outbox=outbox, clock=clock, settle_after=SETTLE, rng=Random(7))


class Wake(threading.Event):
    """Where the loop begins its round: it stops once everything is over, or `within` seconds have gone."""

    def __init__(self, outbox: FakeOutbox, clock: VirtualClock, within: float = 600) -> None:
        super().__init__()
        self.stop, self.outbox, self.clock, self.within = threading.Event(), outbox, clock, within

    def clear(self) -> None:
        super().clear()
        if not any(state in ("pending", "ambiguous", "sending") for state in self.outbox.states):
            self.stop.set()
        if (self.clock.now() - NOON).total_seconds() > self.within:
            self.stop.set()


def deliver_all(telling: Deliverer, outbox: FakeOutbox, clock: VirtualClock, *, within: float = 600) -> None:
    """Runs the loop as the daemon does until everything is over, or for `within` seconds."""
    wake = Wake(outbox, clock, within)
    telling.run(wake.stop, wake)


class Interrupted(VirtualClock):
    """Something is committed while the loop waits for the first time."""

    def __init__(self, start: datetime, commit: Callable[[], None]) -> None:
        super().__init__(start)
        self.commits = [commit]

    def wait(self, event: threading.Event, seconds: float) -> bool:
        if self.commits:
            self.commits.pop()()
        return event.is_set() or super().wait(event, seconds)


def test_a_page_does_not_wait_for_a_change_whose_lane_is_closed() -> None:
    outbox = FakeOutbox(an_update(1), an_update(2))

    def page() -> None:
        outbox.rows.append(Row(a_page(3)))
        wake.set()

    clock = Interrupted(NOON, page)
    wake, channel = Wake(outbox, clock), Script(clock)
    deliverer(outbox, channel, clock).run(wake.stop, wake)
    told = [(at, notification.kind.value) for at, (_, notification) in zip(channel.at, channel.sent, strict=True)]
    assert told[:2] == [(0, "update"), (0, "root")]


# ── what comes of an attempt ──


@pytest.mark.parametrize(
    ("answer", "state", "wait"),
    [
        (SENT, "sent", None),
        (FORBIDDEN, "dead", None),
        (rate_limited(30), "pending", (30, 31)),
        (UNREACHED, "pending", (1, 2)),
        (DOUBT, "ambiguous", (15, 16)),
        (ZeroDivisionError("xoxb-secret"), "ambiguous", (15, 16)),
    ],
    ids=["sent", "forbidden", "429", "unreached", "in doubt", "a defect"],
)
def test_every_outcome_ends_or_waits(
    clock: VirtualClock, answer: Receipt | Exception, state: str, wait: tuple[float, float] | None
) -> None:
    outbox = FakeOutbox(a_page())
    assert deliverer(outbox, Script(clock, answer), clock).deliver_one()
    row = outbox.rows[0]
    assert row.state == state
    if wait:
        assert wait[0] <= (row.not_before - NOON).total_seconds() <= wait[1]


def test_a_channel_that_breaks_is_named_by_its_class_and_nothing_else(clock: VirtualClock) -> None:
    outbox = FakeOutbox(a_page())
    deliverer(outbox, Script(clock, ZeroDivisionError("xoxb-secret")), clock).deliver_one()
    assert outbox.rows[0].errors == ["ZeroDivisionError"]


def test_an_empty_outbox_is_nothing_to_do(clock: VirtualClock) -> None:
    assert not deliverer(FakeOutbox(), Script(clock), clock).deliver_one()


def test_a_429_is_waited_out_and_the_page_arrives_within_a_second_of_its_end(clock: VirtualClock) -> None:
    outbox, channel = FakeOutbox(a_page()), Script(clock, rate_limited(30))
    deliver_all(deliverer(outbox, channel, clock), outbox, clock)
    assert outbox.states == ["sent"]
    assert channel.at[0] == 0
    assert 30 <= channel.at[1] <= 31


def test_while_the_receiver_rests_nothing_new_is_sent_but_messages_still_change(clock: VirtualClock) -> None:
    outbox = FakeOutbox(a_page(1), a_page(2), a_page(3), an_update(4))
    channel = Script(clock, rate_limited(30))
    deliver_all(deliverer(outbox, channel, clock), outbox, clock)
    assert outbox.states == ["sent"] * 4
    posts = [(at, n) for at, (_, n) in zip(channel.at, channel.sent, strict=True) if n.kind is NotificationKind.ROOT]
    updates = [at for at, (_, n) in zip(channel.at, channel.sent, strict=True) if n.kind is NotificationKind.UPDATE]
    assert posts[0][1].id == 1
    assert all(at >= 30 for at, _ in posts[1:])
    assert updates[0] < 3


def test_a_limit_on_changes_does_not_hold_up_a_page(clock: VirtualClock) -> None:
    outbox, channel = FakeOutbox(an_update(1)), Script(clock, rate_limited(60))
    telling = deliverer(outbox, channel, clock)
    telling.deliver_one()
    outbox.rows.append(Row(a_page(2)))
    telling.deliver_one()
    assert outbox.states == ["pending", "sent"]
    assert clock.now() == NOON


def test_new_messages_keep_a_second_between_them(clock: VirtualClock) -> None:
    outbox, channel = FakeOutbox(*(a_page(n) for n in range(1, 6))), Script(clock)
    deliver_all(deliverer(outbox, channel, clock), outbox, clock)
    assert channel.at == [0, 1, 2, 3, 4]


def test_a_receiver_that_is_away_is_asked_less_and_less_often_but_never_given_up(clock: VirtualClock) -> None:
    outbox, channel = FakeOutbox(a_page()), Script(clock, *[UNREACHED] * 12)
    deliver_all(deliverer(outbox, channel, clock), outbox, clock, within=3600)
    gaps = [after - before for before, after in zip(channel.at, channel.at[1:], strict=False)]
    assert outbox.states == ["sent"]
    assert gaps[0] < 2.1
    assert all(gap <= 61 for gap in gaps)
    assert gaps[-1] >= 60


# ── in doubt ──


def killed_while_sending(outbox: FakeOutbox, clock: VirtualClock) -> None:
    """The process claims a row and dies; the next one starts after the settling time."""
    assert outbox.claim("crisis", clock.now(), SETTLE)
    clock.advance(SETTLE)


def test_a_row_left_by_a_killed_process_is_looked_for_and_adopted(clock: VirtualClock) -> None:
    outbox, channel = FakeOutbox(a_page()), Seeing(clock, seen=[FOUND])
    killed_while_sending(outbox, clock)
    deliver_all(deliverer(outbox, channel, clock), outbox, clock)
    assert channel.looked == [("1:crisis:root", NOON)]
    assert channel.sent == []
    assert outbox.rows[0].handle == {"ts": "77"}
    assert outbox.states == ["sent"]


def test_a_row_left_by_a_killed_process_that_never_arrived_is_sent_unmarked(clock: VirtualClock) -> None:
    outbox, channel = FakeOutbox(a_page()), Seeing(clock, seen=[ABSENT])
    killed_while_sending(outbox, clock)
    deliver_all(deliverer(outbox, channel, clock), outbox, clock)
    assert [n.repeat for _, n in channel.sent] == [False]
    assert outbox.states == ["sent"]


def test_where_the_channel_cannot_be_read_it_is_sent_again_and_marked(clock: VirtualClock) -> None:
    outbox, channel = FakeOutbox(a_page()), Seeing(clock, DOUBT, seen=[UNREADABLE])
    deliver_all(deliverer(outbox, channel, clock), outbox, clock)
    assert [n.repeat for _, n in channel.sent] == [False, True]
    assert outbox.states == ["sent"]


def test_a_channel_that_cannot_look_sends_again_and_marks_it(clock: VirtualClock) -> None:
    outbox, channel = FakeOutbox(a_page()), Script(clock, DOUBT)
    deliver_all(deliverer(outbox, channel, clock), outbox, clock)
    assert [n.repeat for _, n in channel.sent] == [False, True]


def test_a_look_that_fails_is_repeated_before_anything_is_sent(clock: VirtualClock) -> None:
    outbox, channel = FakeOutbox(a_page()), Seeing(clock, DOUBT, seen=[DOUBT, rate_limited(20), FOUND])
    deliver_all(deliverer(outbox, channel, clock), outbox, clock)
    assert len(channel.sent) == 1
    assert [since for _, since in channel.looked] == [NOON] * 3
    assert outbox.rows[0].handle == {"ts": "77"}


def test_looking_is_given_up_after_a_minute_rather_than_the_page(clock: VirtualClock) -> None:
    outbox, channel = FakeOutbox(a_page()), Seeing(clock, DOUBT, seen=[DOUBT] * 50)
    deliver_all(deliverer(outbox, channel, clock), outbox, clock)
    assert [n.repeat for _, n in channel.sent] == [False, True]
    assert 60 <= channel.at[1] <= 90


def test_a_find_that_breaks_is_a_look_that_failed(clock: VirtualClock) -> None:
    outbox, channel = FakeOutbox(a_page()), Seeing(clock, DOUBT, seen=[KeyError("ts"), FOUND])
    deliver_all(deliverer(outbox, channel, clock), outbox, clock)
    assert len(channel.sent) == 1
    assert outbox.states == ["sent"]


@pytest.mark.parametrize("answer", [UNREACHED, rate_limited(5)], ids=["unreached", "429"])
def test_a_doubt_that_could_not_be_cleared_outlives_an_attempt_that_did_not_arrive(
    clock: VirtualClock, answer: Receipt
) -> None:
    outbox, channel = FakeOutbox(a_page()), Seeing(clock, DOUBT, answer, seen=[UNREADABLE, UNREADABLE])
    deliver_all(deliverer(outbox, channel, clock), outbox, clock)
    assert [n.repeat for _, n in channel.sent] == [False, True, True]
    assert outbox.states == ["sent"]


def test_a_change_in_doubt_is_simply_made_again(clock: VirtualClock) -> None:
    outbox, channel = FakeOutbox(an_update(1)), Seeing(clock, DOUBT, seen=[])
    deliver_all(deliverer(outbox, channel, clock), outbox, clock)
    assert channel.looked == []
    assert [n.repeat for _, n in channel.sent] == [False, False]


# ── the loop ──


def test_the_loop_ends_at_once_when_it_is_stopped_while_keeping_its_pace(clock: VirtualClock) -> None:
    outbox, channel = FakeOutbox(a_page(1), a_page(2)), Script(clock)
    telling, stop = deliverer(outbox, channel, clock), threading.Event()

    class StopsAfterTheFirst(Script):
        def send(self, notification: Notification, incident: Incident | None) -> Receipt:
            stop.set()
            return super().send(notification, incident)

    telling = deliverer(outbox, StopsAfterTheFirst(clock), clock)
    telling.run(stop, threading.Event())
    assert outbox.states == ["sent", "pending"]


def test_what_the_store_raises_ends_the_loop(clock: VirtualClock) -> None:
    class Broken(FakeOutbox):
        def claim(self, *given: Any) -> Notification | None:
            raise OSError("disk I/O error")

    with pytest.raises(OSError, match="disk"):
        deliverer(Broken(), Script(clock), clock).run(threading.Event(), threading.Event())


def test_it_sleeps_until_the_next_row_is_due_and_no_longer_than_the_sweep(clock: VirtualClock) -> None:
    outbox = FakeOutbox(a_page())
    outbox.rows[0].not_before = NOON + timedelta(seconds=12)
    channel = Script(clock)
    deliver_all(deliverer(outbox, channel, clock), outbox, clock)
    assert channel.at == [12]


def test_a_page_is_counted_when_it_is_confirmed_and_timed_from_decision_and_publication(clock: VirtualClock) -> None:
    def value(name: str, **labels: str) -> float:
        return metrics.REGISTRY.get_sample_value(name, labels) or 0.0

    outbox = FakeOutbox(a_page(), an_update(2))
    outbox.incidents[1] = an_incident(id=1, severity=Severity.RED, paged_at=NOON - timedelta(seconds=2))
    pages = {"receiver": "crisis", "severity": "red"}
    sent = {"receiver": "crisis", "outcome": "sent"}
    before = [value("langyan_pages_total", **pages), value("langyan_page_latency_seconds_sum")]
    tries, told = (
        value("langyan_notification_requests_total", **sent),
        value("langyan_notifications_total", kind="root"),
    )
    deliver_all(deliverer(outbox, Script(clock), clock), outbox, clock)
    after = [value("langyan_pages_total", **pages), value("langyan_page_latency_seconds_sum")]
    assert after == [before[0] + 1, before[1] + 2]
    assert value("langyan_notification_requests_total", **sent) > tries
    assert value("langyan_notifications_total", kind="root") == told + 1


# ── against the sandbox's Slack ──


@pytest.mark.parametrize(
    "fault",
    [
        Fault("drop", stored=True),
        Fault("drop", stored=False),
        Fault("late", 9),
        Fault("http_500", stored=True),
        Fault("http_500", stored=False),
        Fault("fatal_error", stored=True),
        Fault("fatal_error", stored=False),
        Fault("truncated", stored=True),
        Fault("ratelimited", 30),
        Fault("storm", 40),
    ],
    ids=lambda fault: f"{fault.kind} {'stored' if fault.stored else 'not stored'}",
)
def test_whatever_slack_does_each_page_stands_in_the_channel_exactly_once(
    workspace: OpenSlack, clock: VirtualClock, fault: Fault
) -> None:
    fake, slack = workspace(burst=1)
    fake.faults.add("chat.postMessage", fault, Fault("ratelimited", 3), fault)
    outbox = FakeOutbox(*(a_page(n) for n in range(1, 5)))
    deliver_all(deliverer(outbox, slack, clock), outbox, clock)
    clock.advance(60)
    assert outbox.states == ["sent"] * 4
    assert {key: len(found) for key, found in fake.posts_by_key().items()} == {
        f"{n}:crisis:root": 1 for n in range(1, 5)
    }
    assert {row.handle["ts"] for row in outbox.rows if row.handle} == {message.ts for message in fake.messages(ROOM)}
    assert fake.over_limit() == []


def test_a_page_that_may_be_a_repeat_says_so_in_the_channel(workspace: OpenSlack, clock: VirtualClock) -> None:
    fake, slack = workspace(scopes=("chat:write",))
    fake.faults.add("chat.postMessage", Fault("drop", stored=True))
    outbox = FakeOutbox(a_page())
    deliver_all(deliverer(outbox, slack, clock), outbox, clock)
    first, second = fake.messages(ROOM)
    assert "可能重复" not in str(first)
    assert "可能重复" in second.text
    assert "可能重复" in str(second.blocks)
