"""What was under way when the process died, and what is done with it after the second death."""

import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from alerts.outbox import Deliverer
from connectors.rss import Rss
from monitor.clock import RealClock, VirtualClock
from monitor.errors import FeedError, StoreError
from monitor.feeds import Watch
from monitor.journal import Journal, Page
from monitor.model import Notification
from monitor.pipeline import judge, observe, score
from monitor.store import Store
from monitor.watch.query import Matcher
from tests.alerts.test_outbox import Script
from tests.builders import NOON, a_post
from tests.daemon.test_daemon import Feed
from tests.pipeline.conftest import Rooms, rooms, says
from tests.store.seen import CRISIS, page, saw


def died(path: Path, *lives: Sequence[object]) -> Page:
    """Processes each began to work on these and died; the page as the next one finds it."""
    for under_way in lives:
        one = Page(path)
        one.working(under_way).__enter__()
        one.close()
    return Page(path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "judge.json"


def test_what_crashed_once_is_taken_alone_and_is_forgotten_when_it_goes_through(path: Path) -> None:
    found = died(path, [7, 8])
    assert found.alone
    assert not found.twice(7)
    with found.working([7]):
        pass
    assert found.alone
    with found.working([8]):
        pass
    assert not found.alone


def test_what_crashed_twice_is_known_and_its_neighbours_are_not_blamed(path: Path) -> None:
    found = died(path, [7, 8], [8])
    assert (found.twice(7), found.twice(8)) == (False, True)


def test_an_orderly_end_and_what_the_database_refuses_are_no_crash(path: Path) -> None:
    first = Page(path)
    with first.working([7]):
        pass
    with pytest.raises(StoreError), first.working([8]):
        raise StoreError("full")
    first.close()
    assert not Page(path).alone


@pytest.mark.parametrize("content", [b"", b"{", b"[1,2,3]\n", b"\x00" * 50, b'[["7"], 5]\n'])
def test_a_journal_that_cannot_be_read_is_an_empty_one(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert not Page(path).alone


def test_a_kill_leaves_what_was_under_way(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom monitor.journal import Journal\n"
        "page = Journal(Path(sys.argv[1])).page('feed 微博/a')\n"
        "with page.working(['微博/a']):\n    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    for _ in range(2):
        done = subprocess.run([sys.executable, "-P", "-c", code, str(tmp_path / "j")], check=False, timeout=60)
        assert done.returncode == -signal.SIGKILL
    assert Journal(tmp_path / "j").page("feed 微博/a").twice("微博/a")


__all__ = ["rooms"]

# ── judge and score ─────────────────────────────────────────────────────────────────────────────────────────────────


def scored(rooms: Rooms, *names: str) -> list[int]:
    for name in names:
        rooms.see(a_post(native_id=name, text=f"奶茶里喝出虫子{name}"), 3, NOON)
    while score.score(rooms.store, says, {}, limit=64, now=NOON):
        continue
    return [mention.id for mention in rooms.store.news(10)]


def test_one_mention_that_cannot_be_judged_stops_no_other(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    bad, *others = scored(rooms, "1", "2", "3")
    whole, aside = judge.decide, list[tuple[int, str, str]]()

    def decide(mention: Any, *given: Any) -> Any:
        if mention.id == bad:
            raise ArithmeticError("a defect")
        return whole(mention, *given)

    monkeypatch.setattr(judge, "decide", decide)
    done = judge.judge(rooms.store, rooms.rules, limit=64, now=NOON, aside=lambda *said: aside.append(said))
    assert sorted(judgement.mention.id for judgement, _ in done) == others
    assert [(number, why) for number, _, why in aside] == [(bad, "it could not be judged (ArithmeticError)")]
    with pytest.raises(ArithmeticError):
        judge.judge(rooms.store, rooms.rules, limit=64, now=NOON)


def test_a_mention_that_ended_the_process_twice_is_set_aside_at_the_third_start(rooms: Rooms, path: Path) -> None:
    numbers = scored(rooms, "1", "2")
    found, aside = died(path, numbers, numbers[:1]), list[int]()

    def left_out(number: int, what: str, why: str) -> None:
        aside.append(number)
        rooms.store.leave_out(number)

    for _ in range(3):
        judge.judge(rooms.store, rooms.rules, limit=64, now=NOON, page=found, aside=left_out)
    assert aside == [numbers[0]]
    assert rooms.store.news(10) == []
    assert not found.twice(numbers[1])


# ── deliver ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_page_that_ended_the_process_twice_is_told_in_plain_words_and_goes_out_after_the_next(path: Path) -> None:
    clock, store = VirtualClock(NOON), Store.memory()
    page(store, "1")
    page(store, "2")
    (first, second) = (row["id"] for row in store.notifications())
    channel, told = Script(clock), list[str]()

    def plainly(notification: Notification, receiver: str) -> None:
        told.append(f"{receiver}: {notification.key}")

    loop = Deliverer(
        receiver=CRISIS, channel=channel, outbox=store, clock=clock, settle_after=15, rng=Random(1),
        page=died(path, [first], [first]), aside=plainly,
    )  # fmt: skip
    while loop.deliver_one():
        continue
    assert len(told) == 1
    assert [notification.id for _, notification in channel.sent] == [second]
    clock.advance(60)
    while loop.deliver_one():
        continue
    assert [notification.id for _, notification in channel.sent] == [second, first]


# ── ingest ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def watch(store: Store, journal: Journal) -> Watch:
    async def aside(call: Any) -> Any:
        return call()

    async def fetch(request: httpx.Request, limits: Any) -> httpx.Response:
        return httpx.Response(200, request=request, json={"version": "https://jsonfeed.org/version/1.1", "items": []})

    return Watch(
        intake=store, matcher=Matcher([]), fetch=fetch, rest=lambda *_: None, clock=RealClock(), rng=Random(1), ops=("ops",),
        aside=aside, journal=journal,
    )  # fmt: skip


@pytest.mark.anyio
async def test_a_feed_whose_answer_ended_the_process_twice_rests_and_is_said(tmp_path: Path) -> None:
    folder, store = tmp_path / "j", Store.memory()
    for _ in range(2):
        journal = Journal(folder)
        journal.page("feed drop").working(["drop"]).__enter__()
        journal.close()
    feed: Any = Feed(connector=Rss(url="https://site.example/feed.json"))
    feed.account, feed.pace, feed.timeout, feed.proxy, feed.ca_file, feed.brand = "", 0, 5, None, None, ""
    feed.allow_private = frozenset()
    one = watch(store, Journal(folder))
    await one.poll(feed)
    state = store.feed_state("drop")
    assert state.failure is not None
    assert state.rest_until is not None
    (row,) = store.notifications()
    assert "ended the process twice" in row["body"]["what"]
    store.rouse("drop")
    await one.poll(feed)
    assert store.feed_state("drop").failure is None


@pytest.mark.anyio
async def test_a_defect_in_taking_an_answer_in_is_a_failure_of_that_feed(tmp_path: Path) -> None:
    def crash() -> None:
        raise ArithmeticError("a defect")

    with pytest.raises(FeedError, match="could not be taken in"):
        await watch(Store.memory(), Journal())._taken(Feed(), crash)  # type: ignore[arg-type]


def test_a_sighting_that_cannot_be_recorded_costs_only_itself() -> None:
    class Choosy(Store):
        def record(self, feed: str, sightings: Any, matches: Any, **given: Any) -> Any:
            if any(one.key.native_id == "2" for one in sightings):
                raise ValueError("a defect")
            return super().record(feed, sightings, matches, **given)

    store = Choosy.memory()
    seen = [saw("1"), saw("2"), saw("3")]
    done = observe._recorded(
        store, "search", seen, {}, now=NOON, cursor={"mark": 3}, background=False, walk_done=True, exhibit=None
    )
    assert done.posts == 2
    assert store.feed_state("search").cursor == {"mark": 3}
