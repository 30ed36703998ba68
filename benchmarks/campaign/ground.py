"""Where the campaign is fought: the sandbox behind a port, the real fetcher, a clock that leaps, a store that is watched."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, cast

import httpx
import numpy as np

from monitor.errors import Failure, FeedError
from monitor.feeds import Watch
from monitor.fetch import Fetcher
from monitor.model import Availability, Match, Post, PostKey, Sighting
from monitor.ports import FeedState, Flow, Intake, Limits, Recorded
from monitor.sandbox.breaking import bomb
from monitor.sandbox.server import app
from monitor.sandbox.serving import serving
from monitor.sandbox.stage import Stage, StageClock
from monitor.sandbox.world import WEIBO_UID, Hand, World, WorldPost, Writer, build
from monitor.store import Store

START = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
"""The world's first moment."""

SEED = 7
BRAND = "星禾"
HERE = frozenset({"127.0.0.1"})
LONG_AGO = 30 * 86400.0
"""Seconds between two battles by the fetcher's clock: nothing of the one is known in the next."""


class Leap:
    """Goes as far as anybody sleeps; for each battle it goes back, though its seconds go on."""

    rate = 1.0

    def __init__(self) -> None:
        self._now, self._gone = START, 0.0

    def begin(self, at: datetime) -> None:
        self._now, self._gone = at, self._gone + LONG_AGO

    def now(self) -> datetime:
        return self._now

    def elapsed(self) -> float:
        return self._gone

    def advance(self, seconds: float) -> None:
        self._now, self._gone = self._now + timedelta(seconds=seconds), self._gone + seconds

    def move_to(self, moment: datetime) -> None:
        self.advance(max(0.0, (moment - self._now).total_seconds()))

    async def sleep(self, seconds: float) -> None:
        self.advance(max(0.0, seconds))
        await asyncio.sleep(0)

    def wait(self, event: threading.Event, seconds: float) -> bool:
        self.advance(seconds)
        return event.is_set()


class _Face(StageClock):
    """The same time as the world's side sees it, which waits for it and does not move it."""

    def __init__(self, leap: Leap) -> None:
        super().__init__(START, 1.0)
        self._leap = leap

    def now(self) -> datetime:
        return self._leap.now()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.02))


class Everything:
    """Every post concerns the brand."""

    def match(self, _: Post) -> list[Match]:
        return [Match(brand=BRAND, confidence=1.0, why=BRAND)]

    def assuming(self, _: str) -> "Everything":
        return self


@dataclass
class Books:
    """A store, and what was noted in it: failures, and how each post was last seen."""

    store: Store = field(default_factory=lambda: Store.memory())
    failures: list[Failure] = field(default_factory=list)
    last: dict[PostKey, Availability] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def record(self, feed: str, sightings: Sequence[Sighting], *given: Any, **more: Any) -> Recorded:
        self.last |= {sighting.key: sighting.availability for sighting in sightings}
        return self.store.record(feed, sightings, *given, **more)

    def fail(self, feed: str, failure: Failure, *given: Any, **more: Any) -> FeedState:
        self.failures.append(failure)
        return self.store.fail(feed, failure, *given, **more)

    def posts(self) -> list[Post]:
        """All that is stored of the brand."""
        return [mention.post for mention in self.store.newest(BRAND, 100_000)]


@dataclass
class Ground:
    """One sandbox and one fetcher for all battles."""

    url: str
    stage: Stage
    fetcher: Fetcher
    clock: Leap

    def begin(self, at: datetime) -> Books:
        """A new battle: the same world, and a store with nothing in it."""
        self.clock.begin(at)
        self.stage.faults.clear()
        return Books()

    def post(self, key: str) -> WorldPost | None:
        """A post of the world by its key; None: it is none, but a comment, a topic or an article."""
        platform, _, native_id = key.partition(":")
        return self.stage.world.find(platform, native_id)

    def watch(self, books: Books) -> Watch:
        """The real poller on these books."""

        async def aside(call: Callable[[], Any]) -> Any:
            return call()

        return Watch(
            intake=cast(Intake, books),
            matcher=Everything(),
            fetch=self.fetcher,
            rest=self.fetcher.rest,
            clock=self.clock,
            rng=Random(SEED),
            ops=("ops",),
            aside=aside,
        )

    def opening(self, books: Books) -> Callable[..., AbstractAsyncContextManager[Flow]]:
        """The fetcher's way to a stream; what breaks one off is noted though nobody is told of it."""

        @asynccontextmanager
        async def opened(request: httpx.Request, limits: Limits, silence: float) -> AsyncIterator[Flow]:
            try:
                async with self.fetcher.stream(request, limits, silence) as flow:
                    yield flow
            except FeedError as error:
                if error.failure is Failure.TRANSIENT:
                    books.failures.append(error.failure)
                raise

        return opened


def _world() -> World:
    """Everywhere, and more that is said to the brand itself; in its second hour so much that who comes late finds pages of it."""
    hand = Hand(np.random.default_rng(SEED), START)
    own = Writer(id=WEIBO_UID, name="星禾官方", followers=1_860_000, verified=True)
    after = hand.minutes(5, 8)
    hand.weibo("own", "今天也要好好喝茶", after, hand.spread(after, direct=120, branching=0.2), writer=own)
    for number in range(100):
        after = hand.minutes(46, 114) if number < 45 else hand.minutes(-200, 118)
        hand.weibo("mention", f"@星禾官方 第{number}次没有人理我，杯子还是漏", after, hand.small(after))
    for minute in (33, 36, 42, 44, 48):
        # Something new at every poll: a feed without it answers that nothing has changed, and no fault can spoil that.
        after = timedelta(minutes=minute)
        hand.weibo("grumble", f"星禾的门店第{minute}次关门太早", after, hand.small(after))
    for number in range(60):
        hand.review(1, "闪退", f"第{number}次打开就闪退", hand.minutes(46, 114))
    for number in range(45):
        at = hand.at(hand.minutes(46, 114))
        hand.add("bilibili", f"av{990_000 + number}", "video", f"星禾的杯子漏了{number}次", at, title="星禾测评")
    return World(START, [*build("everywhere", SEED, START).posts, *hand.posts])


@asynccontextmanager
async def ground() -> AsyncIterator[Ground]:
    """The sandbox, served on loopback in this process."""
    leap = Leap()
    bomb()
    stage = Stage("everywhere", SEED, START, 1.0)
    stage.clock = _Face(leap)
    stage.world = _world()
    fetcher = Fetcher(clock=leap, rng=Random(SEED))
    try:
        with serving(app(stage, SEED)) as url:
            yield Ground(url, stage, fetcher, leap)
            await fetcher.aclose()
    finally:
        await fetcher.aclose()
