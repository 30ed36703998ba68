"""A round of looks: what is asked for in it, and when it is over. Fakes for everybody, and a clock that stands still."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import httpx
import pytest

from monitor.clock import VirtualClock
from monitor.feeds import Source, Watch
from monitor.model import PostKey
from monitor.observing import Observing, Watched
from monitor.ports import Batch, Credentials, Intake, Open
from monitor.spread.revisit import Tracked

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
ONE, TWO = PostKey("weibo", "1"), PostKey("weibo", "2")


class Site:
    """A connector that can look again, at one post at a time."""

    platform, batch_size = "weibo", 1

    def revisit(self, posts: Sequence[PostKey]) -> httpx.Request:
        raise NotImplementedError

    def parse_revisit(self, response: httpx.Response, posts: Sequence[PostKey], seen_at: datetime) -> Batch:
        raise NotImplementedError


@dataclass
class Feed:
    """As much of a feed as a look reads."""

    name: str = "weibo-search"
    every: float = 3600.0
    account: str = ""
    connector: Any = field(default_factory=Site)


@dataclass
class Tracks:
    """A store in which one post after another is due; in the end none."""

    due: Iterator[PostKey]

    def tracked(self, platform: str, now: datetime, limit: int, ahead: timedelta) -> list[Tracked]:
        key = next(self.due, None)
        return [] if key is None else [Tracked(key=key, due=now, worth=0.5, last_seen=now)]


@dataclass
class Answers:
    """A Watch that hears of all posts but the `silent`."""

    silent: frozenset[PostKey]
    asked: list[PostKey] = field(default_factory=list)

    async def poll(self, feed: Any) -> None:
        return

    async def look_again(self, feed: Any, connector: Any, keys: Sequence[PostKey]) -> set[PostKey]:
        self.asked += keys
        return set(keys) - self.silent


class Rest(VirtualClock):
    """Stands still, and says when somebody begins to wait."""

    def __init__(self) -> None:
        super().__init__(NOON)
        self.waited_for = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        self.waited_for.set()
        await super().sleep(seconds)


async def at_once(call: Any) -> Any:
    return call()


async def one_round(*due: PostKey, silent: Sequence[PostKey] = ()) -> list[PostKey]:
    """What is asked for until the round is over."""
    watch, clock = Answers(frozenset(silent)), Rest()
    observing = Observing(
        intake=cast(Intake, Tracks(iter(due))),
        credentials=cast(Credentials, None),
        stream=cast(Open, None),
        clock=clock,
        wall=time.time,
        monotonic=time.monotonic,
        aside=at_once,
        polled=lambda: None,
        reads=lambda: True,
        refused=lambda _: None,
        jumped=lambda _: None,
    )
    watched = Watched(feeds=[cast(Source, Feed())], watch=cast(Watch, watch), purses={})
    running = asyncio.create_task(observing.run(watched, lambda: None))
    async with asyncio.timeout(10):
        await clock.waited_for.wait()
    running.cancel()
    await asyncio.wait([running])
    return watch.asked


async def test_a_post_that_was_answered_and_is_due_again_is_asked_for_in_a_round_that_never_ends() -> None:
    assert await one_round(ONE, TWO, ONE, TWO) == [ONE, TWO, ONE, TWO]


async def test_a_post_that_no_answer_speaks_of_is_asked_for_once_a_round() -> None:
    assert await one_round(ONE, ONE, ONE, silent=[ONE]) == [ONE]


async def test_posts_that_no_answer_speaks_of_do_not_keep_the_others_waiting() -> None:
    assert await one_round(ONE, TWO, ONE, silent=[ONE]) == [ONE, TWO]
