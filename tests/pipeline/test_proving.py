"""Coverage one can prove: overlaps, gaps, blank pages, caps, and what is usual."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

import httpx
import pytest

from monitor.clock import VirtualClock
from monitor.feeds import PAGES, Watch
from monitor.model import PostKey, Sighting
from monitor.pipeline.proving import FAMILIAR, Proving, Walked, lately, sentence, silent_since
from monitor.ports import Batch, Cursor, FeedHour, OpsNote
from monitor.store import Store
from monitor.watch.query import Brand, Matcher, Query
from tests.builders import NOON, a_post

pytestmark = pytest.mark.anyio


def item(number: int) -> Sighting:
    post = a_post(native_id=str(number), text=f"别家的事 {number}", posted_at=NOON + timedelta(minutes=number))
    return Sighting(key=PostKey("weibo", str(number)), post=post, seen_at=NOON)


def page(*numbers: int, next_page: bool = False, **facts: float) -> Batch:
    onward = httpx.Request("GET", f"https://site.example/{numbers}") if next_page else None
    return Batch(sightings=tuple(map(item, numbers)), next=onward, facts=facts)


@dataclass(kw_only=True)
class Feed:
    """A feed whose site answers what it was told to, page by page."""

    answers: list[Batch] = field(default_factory=list)
    asked: int = 0
    name: str = "news"
    brand: str = ""
    every: float = 600.0
    account: str = ""
    pace: float = 1.0
    timeout: float = 30.0
    proxy: str | None = None
    ca_file: str | None = None
    allow_private: frozenset[str] = frozenset()
    platform: str = "weibo"

    @property
    def connector(self) -> Any:
        return self

    def first(self, cursor: Cursor) -> httpx.Request:
        return httpx.Request("GET", "https://site.example/1")

    def parse(self, response: httpx.Response, cursor: Cursor, seen_at: datetime) -> Batch:
        self.asked += 1
        return self.answers.pop(0)


class Desk:
    """A feed that is polled, and what operators hear."""

    def __init__(self) -> None:
        self.clock, self.store, self.feed = VirtualClock(NOON), Store.memory(), Feed()
        self.notes: list[OpsNote] = []
        self.proving = Proving(self.store, lambda note, _: self.notes.append(note))

        async def fetch(request: httpx.Request, limits: Any) -> httpx.Response:
            return httpx.Response(200, request=request)

        async def aside(call: Callable[[], Any]) -> Any:
            return call()

        self.watch = Watch(
            intake=self.store,
            matcher=Matcher([Brand(name="星禾", match=Query.parse("星禾"))]),
            fetch=fetch,
            rest=lambda *_: None,
            clock=self.clock,
            rng=Random(1),
            ops=("ops",),
            aside=aside,
            proving=self.proving,
        )

    async def poll(self, *pages: Batch) -> int:
        """Polls once; how many requests that took."""
        self.feed.answers, self.feed.asked = list(pages), 0
        self.clock.advance(600)
        await self.watch.poll(self.feed)
        return self.feed.asked

    def hour(self) -> FeedHour:
        self.proving.flush(self.clock.now(), at_once=True)
        return self.store.feed_hours("news")[-1]


async def a_window(desk: Desk) -> None:
    """Four polls that overlap, so that the feed is known to show what it showed."""
    for number in range(5):
        await desk.poll(page(number + 1, number))


async def test_polls_that_overlap_are_no_gap_and_count_what_is_new() -> None:
    desk = Desk()
    await a_window(desk)
    assert desk.hour()[2:] == (5, 4, 0, 0, 0)
    assert not desk.notes


async def test_a_window_that_moved_on_is_a_gap_that_is_said_once_a_day_with_the_fix() -> None:
    desk = Desk()
    await a_window(desk)
    await desk.poll(page(20, 19, 16))
    await desk.poll(page(40, 39))
    assert desk.hour().gaps == 2
    assert {note.key for note in desk.notes} == {f"gap:news:{NOON:%Y%m%d}"}
    assert 'every = "120s"' in desk.notes[0].fix.en


async def test_a_feed_that_is_asked_for_what_is_newer_never_overlaps_and_is_not_held_to_it() -> None:
    desk = Desk()
    for number in range(8):
        await desk.poll(page(number))
    assert desk.hour().gaps == 0


async def test_what_a_connector_says_of_overlap_goes_before_what_is_seen() -> None:
    desk = Desk()
    await desk.poll(page(1))
    await desk.poll(page(2, overlap=0.0))
    await desk.poll(page(3, overlap=1.0))
    assert desk.hour().gaps == 1


async def test_a_blank_page_in_the_midst_of_a_walk_is_asked_for_again_and_loses_nothing() -> None:
    desk = Desk()
    assert await desk.poll(page(9, 8, next_page=True), page(), page(7, 6)) == 3
    assert desk.hour().blanks == 1
    assert await desk.poll(page(11, 10, next_page=True), page(), page(), page()) == 4


async def test_a_feed_that_always_shows_something_is_asked_again_when_it_shows_nothing() -> None:
    desk = Desk()
    assert await desk.poll(page()) == 1
    await a_window(desk)
    assert await desk.poll(page(), page(6, 5)) == 2
    assert await desk.poll(page(unchanged=1.0)) == 1
    for _ in range(3):
        assert await desk.poll(page(), page(), page()) == 3
    assert [note.key.partition(":")[0] for note in desk.notes] == ["blank"]


async def test_a_walk_that_a_cap_cuts_off_is_counted() -> None:
    desk = Desk()
    await desk.poll(page(1, cap_hit=1.0))
    long = [Batch(sightings=(item(n),), next=httpx.Request("GET", f"https://site.example/{n}")) for n in range(PAGES)]
    await desk.poll(*long)
    assert desk.hour().caps == 2


async def test_a_site_that_speaks_of_more_than_it_shows_has_cut_the_walk_off() -> None:
    desk = Desk()
    await desk.poll(page(*range(10), expected=11.0))
    assert desk.hour().caps == 0
    await desk.poll(page(*range(10), expected=40.0))
    assert desk.hour().caps == 1


def hours(*items: int, polls: int = 6) -> list[FeedHour]:
    """Hours up to the last whole one before noon."""
    last = int(NOON.timestamp() // 3600) - 1
    return [FeedHour("news", last - len(items) + 1 + place, polls, count) for place, count in enumerate(items)]


def test_the_usual_hour_is_the_same_one_of_other_days() -> None:
    week = hours(*([4] * 23 + [10]) * FAMILIAR, *[4] * 23, 3)
    assert lately(week, NOON, 1)[:2] == (3, 10.0)
    assert lately(hours(*[4] * 24), NOON, 1).usual is None


def test_a_feed_is_silent_once_its_silence_is_no_chance() -> None:
    usual = [3] * 24 * FAMILIAR
    assert silent_since(hours(*usual, *[3] * 22, 0, 0), NOON) is None
    assert silent_since(hours(*usual, *[3] * 21, 0, 0, 0), NOON) == NOON - timedelta(hours=3)
    assert silent_since(hours(*usual, *[3] * 21, 0, 0, 0, polls=0), NOON) is None


def test_silence_is_said_once_and_again_after_it_has_spoken() -> None:
    desk = Desk()
    desk.store.add_feed_hours(hours(*[9] * 24 * FAMILIAR, 0), drop_before=0)
    for _ in range(2):
        desk.proving.flush(NOON, feeds=["news"], at_once=True)
    (note,) = desk.notes
    assert note.key == f"silent:news:{NOON - timedelta(hours=1):%Y%m%d%H}"
    desk.proving.came("news", 5, NOON)
    for _ in range(2):
        desk.proving.flush(NOON + timedelta(hours=1), feeds=["news"], listens=["news"], at_once=True)
    assert [note.what.en for note in desk.notes[1:]] == ["is silent no more"]


def test_hours_add_up_and_old_ones_are_let_go() -> None:
    store = Store.memory()
    for _ in range(2):
        store.add_feed_hours([FeedHour("a", 5, 1, 2, 3, 4, 5), FeedHour("a", 1, 1)], drop_before=2)
    assert store.feed_hours("a") == [FeedHour("a", 5, 2, 4, 6, 8, 10)]


@pytest.mark.parametrize("start", [False, True])
def test_after_a_start_the_first_walk_counts_nothing_as_new(start: bool) -> None:
    proving = Proving()
    seen: Sequence[Walked] = []
    for number in range(2):
        if start:
            proving = Proving()
        walk = proving.walk("news")
        walk.saw(page(number + 1, number))
        seen = [*seen, proving.ended("news", walk, NOON, every=60)]
    assert [walked.new for walked in seen] == ([0, 0] if start else [0, 1])


def test_check_says_it_in_a_line() -> None:
    found = lately(hours(*[2] * 24 * FAMILIAR, *[1] * 24), NOON, 24)
    said = sentence(found, timedelta(minutes=4))
    assert said.en == "144 looks, 24 new items, 48 are usual, newest 4 min old"
    assert said.zh == "看了 144 次，新内容 24 条，平时 48 条，最新一条在 4 分钟前"


def test_what_comes_by_itself_is_counted_and_its_silence_is_noticed() -> None:
    desk, now = Desk(), NOON
    for hour in range(24 * FAMILIAR + 9):
        now = NOON + timedelta(hours=hour)
        if hour < 24 * FAMILIAR:
            desk.proving.came("vendor", 1, now)
        desk.proving.flush(now, feeds=["vendor"], listens=["vendor"])
    (note,) = desk.notes
    assert note.key == f"silent:vendor:{NOON + timedelta(hours=24 * FAMILIAR):%Y%m%d%H}"
    assert desk.store.feed_hours("vendor")[0][2:4] == (1, 1)


def test_a_backlog_of_one_day_is_not_usual() -> None:
    week = hours(*[2] * 24, *[9000] * 24, *[2] * 24 * FAMILIAR)
    assert lately(week, NOON, 1).usual == 2.0
