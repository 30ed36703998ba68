"""The real loop on the real store against the sandbox's Slack: repeats, lines, pictures, storms, a fallback, the auditor."""

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from alerts.auditor import Auditor, Fallback
from alerts.channels.slack import Slack
from alerts.outbox import Deliverer
from alerts.policy import Manners
from monitor import metrics
from monitor.clock import VirtualClock
from monitor.model import MACHINE, Act, Actor, Incident, Outcome, Reason, Receipt, Severity, Step, TellClass
from monitor.sandbox.slack import FakeSlack
from monitor.sandbox.slack_faults import Fault
from monitor.store import Store, notifications
from tests.store.seen import CRISIS, SENT, SETTLE, after, page, verdict

ROOM = "C0CRISIS01"
OpenSlack = Callable[..., tuple[FakeSlack, Slack]]
LI = Actor("slack:U0LI", "小李")
QUICK = Manners(repeat=(timedelta(minutes=5), timedelta(minutes=10)), storm_limit=3)


@pytest.fixture
def store() -> Store:
    return Store.memory(hash_key=b"test")


def telling(store: Store, slack: Slack, clock: VirtualClock, **given: Any) -> Deliverer:
    fields: dict[str, Any] = {"manners": QUICK, **given}
    return Deliverer(
        receiver=CRISIS, channel=slack, outbox=store, clock=clock, settle_after=15.0, rng=Random(1), **fields
    )


def deliver(loop: Deliverer, clock: VirtualClock, seconds: float) -> None:
    """Runs the loop for so long."""
    end = clock.elapsed() + seconds
    while clock.elapsed() < end:
        if not loop.deliver_one():
            clock.advance(1)


def kinds(store: Store) -> list[tuple[str, str]]:
    return [(row["kind"], row["state"]) for row in store.notifications()]


def broadcasts(fake: FakeSlack) -> int:
    root, *_ = [message for message in fake.messages(ROOM) if message.thread is None]
    return len(fake.thread(ROOM, root.ts))


def test_a_page_that_nobody_acknowledges_is_repeated_in_its_thread_with_the_mention_and_then_no_more(
    store: Store, workspace: OpenSlack, clock: VirtualClock
) -> None:
    fake, slack = workspace(mention="<@U0LI>", burst=1)
    page(store)
    loop = telling(store, slack, clock)
    deliver(loop, clock, 290)
    assert (len(fake.messages(ROOM)), broadcasts(fake)) == (1, 0)
    deliver(loop, clock, 3600)
    assert broadcasts(fake) == 2
    assert len(fake.pings()) == 3
    assert fake.over_limit() == []


def test_acknowledging_ends_the_repeats_and_renews_the_message(
    store: Store, workspace: OpenSlack, clock: VirtualClock
) -> None:
    fake, slack = workspace(burst=1)
    number = page(store)
    loop = telling(store, slack, clock)
    deliver(loop, clock, 60)
    store.handle(number, Step(act=Act.ACKNOWLEDGE, actor=LI, at=clock.now(), key="press", source="slack"))
    deliver(loop, clock, 3600)
    assert ("repeat", "withdrawn") in kinds(store)
    assert "小李" in str(fake.messages(ROOM))


def moved(act: Act, clock: VirtualClock, actor: Actor = LI, **facts: str) -> Step:
    return Step(act=act, actor=actor, at=clock.now(), key=f"{act}:{clock.now()}", source="test", facts=facts)


def test_a_level_above_the_page_wakes_once_more_even_whoever_has_it(
    store: Store, workspace: OpenSlack, clock: VirtualClock
) -> None:
    fake, slack = workspace(mention="<@U0LI>", burst=1)
    number = page(store)
    loop = telling(store, slack, clock)
    deliver(loop, clock, 10)
    store.handle(number, moved(Act.ACKNOWLEDGE, clock))
    for act, to in ((Act.RAISE, "red"), (Act.LOWER, "orange"), (Act.RAISE, "red")):
        deliver(loop, clock, 3600)
        store.handle(number, moved(act, clock, MACHINE, to=to))
    deliver(loop, clock, 3600)
    assert len(fake.pings()) == 2
    root = fake.messages(ROOM)[0]
    assert ["升为" in str(line) for line in fake.thread(ROOM, root.ts)].count(True) == 2


def test_to_a_receiver_that_is_only_notified_a_higher_level_is_no_page(
    store: Store, workspace: OpenSlack, clock: VirtualClock
) -> None:
    fake, slack = workspace(mention="<@U0LI>", burst=1)
    number = page(store)
    loop = telling(store, slack, clock, klass=lambda _: TellClass.NOTIFY)
    deliver(loop, clock, 10)
    store.handle(number, moved(Act.RAISE, clock, MACHINE, to="red"))
    deliver(loop, clock, 3600)
    assert fake.pings() == []


def test_a_page_of_a_receiver_that_is_only_notified_wakes_nobody_and_is_not_repeated(
    store: Store, workspace: OpenSlack, clock: VirtualClock
) -> None:
    fake, slack = workspace(mention="<@U0LI>", burst=1)
    page(store)
    deliver(telling(store, slack, clock, klass=lambda _: TellClass.NOTIFY), clock, 3600)
    assert fake.pings() == []
    assert kinds(store) == [("root", "sent")]


def says(store: Store, number: int, key: str, clock: VirtualClock) -> None:
    """A line for the incident's thread."""
    raised = [Reason(code="raised", facts={"from": "yellow", "to": "orange"})]
    store._db.write("deliver", lambda c: notifications.lines(c, number, key, raised, clock.now()))


def delete(fake: FakeSlack) -> None:
    """Somebody deletes the one message of the channel."""
    (root,) = fake.messages(ROOM)
    fake.workspace.take_away(root)


def test_a_line_stands_in_the_thread(store: Store, workspace: OpenSlack, clock: VirtualClock) -> None:
    fake, slack = workspace(burst=1)
    number = page(store)
    loop = telling(store, slack, clock)
    deliver(loop, clock, 10)
    says(store, number, "a", clock)
    deliver(loop, clock, 10)
    (root,) = fake.messages(ROOM)
    assert len(fake.thread(ROOM, root.ts)) == 1


@pytest.mark.parametrize("fault", [None, Fault("drop")], ids=["answered", "in doubt"])
def test_a_line_of_a_deleted_message_does_not_stay_in_the_channel_and_follows_the_new_message(
    store: Store, workspace: OpenSlack, clock: VirtualClock, fault: Fault | None
) -> None:
    fake, slack = workspace(burst=1, mention="<@U0LI>")
    number = page(store)
    loop = telling(store, slack, clock)
    deliver(loop, clock, 10)
    delete(fake)
    if fault:
        fake.faults.add("chat.postMessage", fault)
    says(store, number, "a", clock)
    deliver(loop, clock, 60)
    (root,) = fake.messages(ROOM)
    assert ["升为" in str(line) for line in fake.thread(ROOM, root.ts)] == [True]
    assert kinds(store)[0] == ("root", "sent")


def test_a_message_that_is_deleted_again_is_not_begun_a_third_time(
    store: Store, workspace: OpenSlack, clock: VirtualClock
) -> None:
    fake, slack = workspace(burst=1)
    number = page(store)
    loop = telling(store, slack, clock)
    deliver(loop, clock, 10)
    for key in ("a", "b"):
        delete(fake)
        says(store, number, key, clock)
        deliver(loop, clock, 20)
    assert fake.messages(ROOM) == []
    assert ("root", "dead") in kinds(store)
    assert ("thread", "dead") in kinds(store)


def test_a_message_that_is_begun_anew_wakes_nobody_where_somebody_has_it(
    store: Store, workspace: OpenSlack, clock: VirtualClock
) -> None:
    fake, slack = workspace(burst=1, mention="<@U0LI>")
    number = page(store)
    loop = telling(store, slack, clock)
    deliver(loop, clock, 10)
    delete(fake)
    store.handle(number, moved(Act.ACKNOWLEDGE, clock))
    says(store, number, "a", clock)
    deliver(loop, clock, 60)
    assert len(fake.messages(ROOM)) == 1
    assert len(fake.pings()) == 1


def test_a_line_that_cannot_be_taken_back_is_said(store: Store, workspace: OpenSlack, clock: VirtualClock) -> None:
    fake, slack = workspace(burst=1)
    number = page(store)
    loop = telling(store, slack, clock)
    deliver(loop, clock, 10)
    delete(fake)
    fake.faults.add("chat.delete", Fault("http_500", stored=False))
    says(store, number, "a", clock)
    deliver(loop, clock, 20)
    assert len(fake.messages(ROOM)) == 2
    (line,) = [row for row in store.notifications() if row["kind"] == "thread"]
    assert "there it stays (chat.delete: HTTP 500" in line["last_error"]


class Drawn:
    """A picture that is always the same."""

    def __init__(self, data: bytes | None) -> None:
        self.data = data

    def draw(self, incident: Incident, now: Any) -> bytes | None:
        return self.data

    def alt(self, incident: Incident, now: Any) -> str:
        return "传播曲线"


PNG = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de")


def test_a_picture_comes_after_the_text_and_stands_in_it(
    store: Store, workspace: OpenSlack, clock: VirtualClock
) -> None:
    fake, slack = workspace(burst=1)
    slack._pictures = Drawn(PNG)
    page(store)
    deliver(telling(store, slack, clock), clock, 120)
    asked = [entry.method for entry in fake.ledger]
    assert asked.index("chat.postMessage") < asked.index("files.getUploadURLExternal")
    assert ("chart", "sent") in kinds(store)
    assert "slack_file" in str(fake.messages(ROOM))


def test_a_picture_that_fails_does_not_hurt_the_page(store: Store, workspace: OpenSlack, clock: VirtualClock) -> None:
    fake, slack = workspace(burst=1, scopes=("chat:write", "channels:history"))
    slack._pictures = Drawn(PNG)
    page(store)
    deliver(telling(store, slack, clock), clock, 120)
    assert kinds(store)[:2] == [("root", "sent"), ("repeat", "pending")]
    assert ("chart", "dead") in kinds(store)
    assert "slack_file" not in str(fake.messages(ROOM))


def test_a_storm_is_two_messages_at_most_besides_red_and_nobody_is_hurried(
    store: Store, workspace: OpenSlack, clock: VirtualClock
) -> None:
    fake, slack = workspace(burst=1)
    loop = telling(store, slack, clock)
    for number in range(40):
        page(store, str(number), now=clock.now(), bands=(number,), signature=b"%d" % number)
    deliver(loop, clock, 5)
    page(store, "99", now=clock.now(), verdict=verdict(Severity.RED), bands=(99,), signature=b"99")
    deliver(loop, clock, 60)
    assert len(fake.messages(ROOM)) <= 3
    assert fake.over_limit() == []
    assert fake.ledger.inside_retry_after() == []


def test_a_page_that_slack_does_not_confirm_is_told_elsewhere_and_says_so_once_it_is_out(
    store: Store, workspace: OpenSlack, clock: VirtualClock
) -> None:
    fake, slack = workspace(burst=1)
    fake.faults.add("chat.postMessage", Fault("ratelimited", 30))
    page(store)
    loop = telling(store, slack, clock)
    auditor = an_auditor(store, clock)
    while clock.elapsed() < 25:
        auditor.step()
        if not loop.deliver_one():
            clock.advance(1)
    hook = store.claim("hook", clock.now(), 15.0)
    assert hook is not None
    (told,) = [row for row in store.notifications() if row["receiver"] == "hook"]
    assert after(20) <= told["created_at"] <= after(21)
    store.settle(hook, SENT, clock.now(), None)
    deliver(loop, clock, 60)
    assert "经 hook 送达" in str(fake.messages(ROOM))


def an_auditor(store: Store, clock: VirtualClock, **given: Any) -> Auditor:
    return Auditor(
        outbox=store,
        clock=clock,
        receivers=[CRISIS, "hook", "ops"],
        fallbacks={CRISIS: Fallback(to=("hook",), after=timedelta(seconds=20))},
        ops=["ops"],
        **given,
    )


def said_to_operators(store: Store) -> list[str]:
    return [row["key"] for row in store.notifications() if row["key"].startswith(f"delivery:{CRISIS}")]


def value(name: str, **labels: str) -> float:
    return metrics.REGISTRY.get_sample_value(name, labels) or 0.0


def test_the_auditor_tells_the_operators_once_for_each_cause_and_again_when_it_comes_back(
    store: Store, clock: VirtualClock
) -> None:
    still: list[str] = []
    auditor = an_auditor(store, clock, standing_still=lambda: still)
    page(store)
    for _ in range(40):
        clock.advance(5)
        auditor.step()
    assert len(said_to_operators(store)) == 1
    assert value("langyan_notifications_overdue", kind="page") == 2  # its own and that of who was told in its place
    assert value("langyan_outbox_oldest_page_timestamp_seconds", receiver=CRISIS) == after(0).timestamp()
    still.append(CRISIS)
    for _ in range(10):
        clock.advance(5)
        auditor.step()
    assert value("langyan_delivery_standing_still", receiver=CRISIS) == 1
    assert len(said_to_operators(store)) == 2
    still.clear()
    for _ in range(10):
        clock.advance(5)
        auditor.step()
    assert [":over:" in key for key in said_to_operators(store)] == [False, False, True]


def test_the_operators_hear_of_a_page_that_was_refused_for_good_and_that_it_was_told_after_all(
    store: Store, workspace: OpenSlack, clock: VirtualClock
) -> None:
    fake, slack = workspace(burst=1, scopes=("chat:write",))
    auditor = an_auditor(store, clock)
    page(store)
    refused = store.claim(CRISIS, clock.now(), SETTLE)
    assert refused is not None
    store.settle(refused, Receipt(outcome=Outcome.PERMANENT, error="invalid_auth"), clock.now(), None)
    loop = telling(store, slack, clock)
    deliver(loop, clock, 60)
    assert fake.messages(ROOM) == []
    auditor.step()
    (key,) = said_to_operators(store)
    assert key.startswith(f"delivery:{CRISIS}:refused:")
    assert auditor.ill() == [f"pages refused: {CRISIS}"]
    assert value("langyan_notifications_overdue", kind="page") >= 1
    store.mended(CRISIS, clock.now())
    deliver(loop, clock, 60)
    clock.advance(40)
    auditor.step()
    assert len(fake.messages(ROOM)) == 1
    assert [":over:" in key for key in said_to_operators(store)] == [False, True]
    assert auditor.ill() == ["pages overdue: hook"]  # which nobody here tells


def test_a_page_that_may_be_a_repeat_goes_on_saying_so_when_it_changes(
    store: Store, workspace: OpenSlack, clock: VirtualClock
) -> None:
    fake, slack = workspace(burst=1, scopes=("chat:write",))
    fake.faults.add("chat.postMessage", Fault("drop", stored=True))
    number = page(store)
    loop = telling(store, slack, clock)
    deliver(loop, clock, 120)
    store.handle(number, Step(act=Act.ACKNOWLEDGE, actor=LI, at=clock.now(), key="press", source="slack"))
    deliver(loop, clock, 120)
    first, second = fake.messages(ROOM)
    assert "可能重复" not in str(first)
    assert "可能重复" in str(second)
    assert "小李" in str(second)
