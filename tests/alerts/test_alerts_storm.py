"""Bad weather, by seed: whatever Slack and the machine do, no page is lost and none is told twice.

The real loop and the real channel, over a loopback port, against the sandbox's Slack; only the store is a fake.
"""

import threading
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from alerts.channels.slack import Slack
from alerts.outbox import Deliverer
from monitor.clock import VirtualClock
from monitor.model import Incident, Notification, NotificationKind, Receipt
from monitor.sandbox.slack import FakeSlack
from monitor.sandbox.slack_faults import Fault
from tests.fake_outbox import FakeOutbox

ROOM = "C0CRISIS01"
SETTLE = 15.0
PAGES = 6
OpenSlack = Callable[..., tuple[FakeSlack, Slack]]


class Killed(BaseException):
    """The process dies: nobody may catch this."""


class Mortal:
    """A channel in a process that is killed before, or after, some of its requests."""

    def __init__(self, slack: Slack, luck: Random, deaths: int) -> None:
        self._slack, self._luck, self._deaths = slack, luck, deaths

    def send(self, notification: Notification, incident: Incident | None) -> Receipt:
        self._perhaps_die()
        receipt = self._slack.send(notification, incident)
        self._perhaps_die()
        return receipt

    def find(self, key: str, since: Any, onto: Any = None) -> Receipt:
        self._perhaps_die()
        return self._slack.find(key, since, onto)

    def _perhaps_die(self) -> None:
        if self._deaths and self._luck.random() < 0.3:
            self._deaths -= 1
            raise Killed


def weather(luck: Random, count: int) -> list[Fault]:
    """What goes wrong with the next requests. Nothing is stored later than the settling time."""
    kinds: list[Callable[[], Fault]] = [
        lambda: Fault("ratelimited", luck.randint(1, 30)),
        lambda: Fault("storm", luck.randint(5, 60)),
        lambda: Fault("drop", stored=luck.random() < 0.5),
        lambda: Fault("late", luck.uniform(0.5, SETTLE - 1)),
        lambda: Fault("fatal_error", stored=luck.random() < 0.5),
        lambda: Fault("truncated", stored=True),
        lambda: Fault("http_500", stored=luck.random() < 0.5),
    ]
    return [luck.choice(kinds)() for _ in range(count)]


def an_outbox() -> FakeOutbox:
    """Pages, each with a change of its message waiting behind it."""
    rows = []
    for number in range(1, PAGES + 1):
        given: dict[str, Any] = {"receiver": "crisis", "incident_id": number}
        root, change = f"{number}:crisis:root", f"{number}:crisis:update:1"
        rows.append(Notification(id=number, key=root, kind=NotificationKind.ROOT, **given))
        rows.append(Notification(id=100 + number, key=change, kind=NotificationKind.UPDATE, **given))
    return FakeOutbox(*rows)


def live(outbox: FakeOutbox, channel: Any, clock: VirtualClock, luck: Random) -> int:
    """Runs the loop until every row is over, starting it afresh whenever it is killed. How often it was."""
    deaths = 0
    for _ in range(2000):
        telling = Deliverer(
            receiver="crisis", channel=channel, outbox=outbox, clock=clock, settle_after=SETTLE, rng=luck
        )
        try:
            while not outbox.over:
                if not telling.deliver_one():
                    clock.wait(threading.Event(), 1.0)
        except Killed:
            deaths += 1
            clock.advance(luck.uniform(0.1, 20))
            continue
        return deaths
    raise AssertionError(f"still not over: {outbox.states}")


def assert_each_page_stands_once(fake: FakeSlack, outbox: FakeOutbox, clock: VirtualClock) -> None:
    clock.advance(2 * SETTLE)  # whatever comes late has come
    posts = fake.posts_by_key()
    assert outbox.states == ["sent"] * 2 * PAGES
    assert {key: len(found) for key, found in posts.items()} == {f"{n}:crisis:root": 1 for n in range(1, PAGES + 1)}
    for row in outbox.rows:
        if row.notification.kind is NotificationKind.ROOT:
            assert row.handle == {"channel": ROOM, "ts": posts[row.notification.key][0]}
    assert all(message.revision >= 1 for message in fake.messages(ROOM))
    assert "可能重复" not in str(fake.messages(ROOM))


@pytest.mark.parametrize("seed", range(12))
def test_no_page_is_lost_or_told_twice_in_a_storm(workspace: OpenSlack, clock: VirtualClock, seed: int) -> None:
    luck = Random(seed)
    fake, slack = workspace(burst=1)
    fake.faults.add("chat.postMessage", *weather(luck, 15))
    fake.faults.add("chat.update", *weather(luck, 6))
    fake.faults.add("conversations.history", Fault("drop"), Fault("ratelimited", luck.randint(1, 9)))
    outbox = an_outbox()
    live(outbox, slack, clock, luck)
    assert_each_page_stands_once(fake, outbox, clock)
    assert fake.over_limit() == []


@pytest.mark.parametrize("seed", range(12))
def test_nor_when_the_process_is_killed_again_and_again(workspace: OpenSlack, clock: VirtualClock, seed: int) -> None:
    luck = Random(1000 + seed)
    fake, slack = workspace(burst=1)
    fake.faults.add("chat.postMessage", *weather(luck, 6))
    outbox = an_outbox()
    deaths = live(outbox, Mortal(slack, luck, deaths=8), clock, luck)
    assert deaths >= 3
    assert_each_page_stands_once(fake, outbox, clock)


@pytest.mark.parametrize("seed", range(4))
def test_where_the_channel_cannot_be_read_a_page_told_twice_says_so(
    workspace: OpenSlack, clock: VirtualClock, seed: int
) -> None:
    luck = Random(2000 + seed)
    fake, slack = workspace(burst=1, scopes=("chat:write",))
    fake.faults.add("chat.postMessage", *weather(luck, 10))
    outbox = an_outbox()
    live(outbox, slack, clock, luck)
    clock.advance(2 * SETTLE)
    posts = fake.posts_by_key()
    in_doubt = sum(
        entry.fault not in (None, "ratelimited") for entry in fake.ledger if entry.method == "chat.postMessage"
    )
    assert set(posts) == {f"{n}:crisis:root" for n in range(1, PAGES + 1)}
    assert sum(map(len, posts.values())) - PAGES <= in_doubt
    assert outbox.states == ["sent"] * 2 * PAGES
