"""While buttons are not heard, a word in the thread counts; reading is rationed, and stops when they are heard again."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from alerts.intake.threads import AT_ONCE, Ear, Threads
from monitor.clock import VirtualClock
from monitor.ports import Thread
from tests.alerts.intake.payloads import a_reply

THREADS = [Thread("crisis", "C0CRISIS01", f"176400000{number}.000100", number) for number in range(5)]


class Reads:
    """A Slack whose threads can be read, and which were."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.says: dict[str, list[Mapping[str, Any]]] = {}
        self.deaf = 0.0
        self.fails = False

    def replies(self, channel: str, ts: str, oldest: str) -> list[Mapping[str, Any]] | None:
        self.asked.append((ts, oldest))
        return None if self.fails else [one for one in self.says.get(ts, []) if float(one["ts"]) > float(oldest)]

    def deaf_for(self) -> float:
        return self.deaf


class Knows:
    """The threads there are."""

    def __init__(self) -> None:
        self.known = list(THREADS)

    def threads(self, since: Any) -> list[Thread]:
        return self.known


@pytest.fixture
def slack() -> Reads:
    return Reads()


@pytest.fixture
def heard() -> list[Mapping[str, Any]]:
    return []


@pytest.fixture
def threads(clock: VirtualClock, slack: Reads, heard: list[Mapping[str, Any]]) -> Threads:
    def hear(receiver: str, kind: str, envelope_id: str, payload: Mapping[str, Any]) -> None:
        assert (receiver, kind, envelope_id) == ("crisis", "events_api", "")
        heard.append(payload["event"])

    ears = {"crisis": Ear("crisis", slack, slack.deaf_for)}
    return Threads(inbox=Knows(), ears=ears, hear=hear, clock=clock, after=10.0)  # type: ignore[arg-type]


def said(number: int, text: str = "认领", ts: str = "1793592000.000100") -> Mapping[str, Any]:
    event: Mapping[str, Any] = a_reply(text, ts=ts, thread_ts=THREADS[number].ts)["event"]
    return {name: value for name, value in event.items() if name != "channel"}


def test_nothing_is_read_while_buttons_are_heard(threads: Threads, slack: Reads) -> None:
    threads.step()
    slack.deaf = 3.0
    threads.step()
    assert slack.asked == []


def test_a_word_in_the_thread_of_an_incident_is_heard(
    threads: Threads, slack: Reads, heard: list[Mapping[str, Any]]
) -> None:
    slack.deaf = 20.0
    slack.says[THREADS[1].ts] = [said(1)]
    threads.step()
    threads.step()
    assert [(one["text"], one["channel"], one["thread_ts"]) for one in heard] == [("认领", "C0CRISIS01", THREADS[1].ts)]


def test_a_round_reads_one_thread_and_the_next_goes_on_from_there(threads: Threads, slack: Reads) -> None:
    slack.deaf = 20.0
    threads.step()
    assert len(slack.asked) == AT_ONCE
    for _ in THREADS[1:]:
        threads.step()
    assert [ts for ts, _ in slack.asked] == [thread.ts for thread in THREADS]


def test_a_thread_is_read_an_hour_back_and_then_from_where_it_was_left(
    threads: Threads, slack: Reads, clock: VirtualClock, heard: list[Mapping[str, Any]]
) -> None:
    slack.deaf = 20.0
    slack.says[THREADS[0].ts] = [said(0, ts=f"{clock.now().timestamp():.6f}")]
    for _ in range(2 * len(THREADS)):
        threads.step()
    back = f"{(clock.now() - timedelta(hours=1)).timestamp():.6f}"
    assert [oldest for ts, oldest in slack.asked if ts == THREADS[0].ts] == [back, f"{clock.now().timestamp():.6f}"]
    assert len(heard) == 1


def test_what_was_said_just_before_buttons_are_heard_again_is_read_once_more(threads: Threads, slack: Reads) -> None:
    slack.deaf = 20.0
    for _ in THREADS:
        threads.step()
    slack.deaf = 0.0
    before = len(slack.asked)
    for _ in range(3 * len(THREADS)):
        threads.step()
    assert len(slack.asked) - before == len(THREADS)


def test_a_slack_that_cannot_be_read_is_asked_again(threads: Threads, slack: Reads) -> None:
    slack.deaf, slack.fails = 20.0, True
    for _ in range(2 * len(THREADS)):
        threads.step()
    assert len(slack.asked) == 2 * len(THREADS)


def test_an_incident_is_known_by_where_its_message_stands(threads: Threads) -> None:
    assert threads.incident("C0CRISIS01", THREADS[2].ts) == 2
    assert threads.incident("C0OPS", THREADS[2].ts) is None
