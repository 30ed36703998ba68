"""A stream is read for ever: what it says is stored with its cursor, a cut costs nothing, silence is heard of."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, cast

import httpx
import orjson
import pytest

from connectors.weibo_push import WeiboPush
from monitor.clock import VirtualClock
from monitor.config import Feed
from monitor.errors import Failure, FeedError
from monitor.feeds import Watch
from monitor.model import Match, Post, Sighting
from monitor.ports import Flow, Intake, Limits, Recorded
from monitor.store import Store
from monitor.streams import ALARM, Lines, Streams

pytestmark = pytest.mark.anyio

START = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)
PUSH = WeiboPush(subscription="10542")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def line(number: int, event: str = "add") -> bytes:
    said = {
        "id": 1000 + number,
        "text": f"星禾的杯子漏了，第{number}次",
        "created_at": "Mon Nov 02 11:59:00 +0800 2026",
    }
    return orjson.dumps({"id": number, "text": {"type": "status", "event": event, "status": said}}) + b"\r\n"


class Everything:
    """Every post concerns the brand."""

    def match(self, post: Post) -> list[Match]:
        return [Match(brand="星禾", confidence=1.0, why="星禾")]

    def assuming(self, brand: str) -> "Everything":
        return self


class Leap(VirtualClock):
    """Goes as far as anybody sleeps, and remembers how far that was."""

    def __init__(self) -> None:
        super().__init__(START)
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(max(0.0, seconds))
        await asyncio.sleep(0)


FEED = Feed(
    name="push", type="weibo-push", brand="", connector=PUSH, every=60.0, account="", pace=0.0, timeout=5.0, proxy=None,
    ca_file=None, allow_private=frozenset(),
)  # fmt: skip


class Noting:
    """A store, and whether each thing that was recorded was a backlog."""

    def __init__(self, store: Store) -> None:
        self._store, self.backlogs = store, list[bool]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def record(self, feed: str, sightings: Sequence[Sighting], *given: Any, **more: Any) -> Recorded:
        if sightings:
            self.backlogs.append(more["background"])
        return self._store.record(feed, sightings, *given, **more)


Script = Sequence[bytes | Exception]


@dataclass(kw_only=True)
class House:
    """A store and a site: each connection gives its pieces, then ends as its last word says; after the last one it stays open."""

    connections: list[tuple[int, Script]]
    clock: Leap = field(default_factory=Leap)
    store: Store = field(default_factory=lambda: Store.memory())
    asked: list[httpx.Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.intake = Noting(self.store)

    @asynccontextmanager
    async def open(self, request: httpx.Request, limits: Limits, silence: float) -> AsyncIterator[Flow]:
        self.asked.append(request)
        if not self.connections:
            await asyncio.Event().wait()
        status, script = self.connections.pop(0)
        body = b"" if status == 200 else b"".join(piece for piece in script if isinstance(piece, bytes))

        async def pieces() -> AsyncIterator[bytes]:
            for piece in script if status == 200 else ():
                if isinstance(piece, Exception):
                    raise piece
                yield piece
                await asyncio.sleep(0.01)

        yield Flow(httpx.Response(status, content=body, request=request), pieces())

    async def follow(self) -> None:
        """Until every connection was used up and what it said is stored."""

        async def aside(call: Callable[[], Any]) -> Any:
            await asyncio.sleep(0)
            return call()

        here: Callable[[Callable[[], Any]], Awaitable[Any]] = aside
        watch = Watch(
            intake=cast(Intake, self.intake), matcher=Everything(), fetch=self.nothing, rest=lambda *_: None, clock=self.clock,
            rng=Random(1), ops=("ops",), aside=here,
        )  # fmt: skip
        total = len(self.connections)
        streams = Streams(watch=watch, open=self.open, busy=set(), gather=0.0)
        following = asyncio.ensure_future(streams.follow(FEED, PUSH))
        async with asyncio.timeout(10):
            while len(self.asked) <= total and not following.done():
                await asyncio.sleep(0)
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following

    async def nothing(self, request: httpx.Request, limits: Limits) -> httpx.Response:
        raise AssertionError("a stream is not fetched")

    def resumed(self) -> list[str | None]:
        return [request.url.params.get("since_id") for request in self.asked]


CUT = FeedError(Failure.TRANSIENT, "the connection broke off")


async def test_a_line_cut_in_its_middle_is_asked_for_again_and_nothing_is_lost_or_doubled() -> None:
    house = House(
        connections=[
            (200, [line(1) + line(2)[:30], line(2)[30:] + line(3)[:20], CUT]),
            (200, [line(2), line(3) + line(4)]),
        ]
    )
    await house.follow()
    assert house.resumed() == [None, "2", "4"]
    assert house.store.totals()["posts"] == 4
    assert house.store.feed_state("push").cursor == {"since": "4"}


async def test_what_waited_at_the_first_connection_is_background_and_what_comes_then_is_news() -> None:
    house = House(connections=[(200, [line(1) + line(2), line(3)])])
    await house.follow()
    assert house.intake.backlogs == [True, False]


async def test_what_is_deleted_is_gone_in_the_store() -> None:
    house = House(connections=[(200, [line(1)]), (200, [line(2, "delete").replace(b"1002", b"1001")])])
    await house.follow()
    assert house.store.feed_state("push").cursor == {"since": "2"}
    assert house.store.totals()["sightings"] == 2


async def test_waits_between_connections_double_until_something_comes() -> None:
    nothing: tuple[int, Script] = (200, [CUT])
    house = House(connections=[nothing] * 4 + [(200, [line(1), CUT])] + [nothing] * 2)
    await house.follow()
    bounds = [1, 2, 4, 8, 1, 2, 4]
    assert all(bound / 2 <= waited <= bound for waited, bound in zip(house.clock.slept, bounds, strict=True))


async def test_five_minutes_without_a_byte_are_told_once_and_forgotten_when_it_speaks_again() -> None:
    silent: tuple[int, Script] = (200, [FeedError(Failure.TRANSIENT, "silent for 90 s")])
    house = House(connections=[silent] * 16)
    await house.follow()
    assert house.clock.now() - START > ALARM
    (told,) = house.store.notifications()
    assert "silent" in str(told["key"])
    house.connections, house.asked = [(200, [b"\r\n"])], []
    await house.follow()
    assert house.store.feed_state("push").failure is None


async def test_signs_of_life_keep_a_quiet_stream_well() -> None:
    house = House(connections=[(200, [b"\r\n", b"\r\n"])])
    await house.follow()
    state = house.store.feed_state("push")
    assert state.last_ok is not None
    assert state.cursor == {}


async def test_a_refusal_rests_as_a_refused_poll_does_and_is_told_and_so_is_its_end() -> None:
    house = House(connections=[(403, [b'{"error":"Ip is limited"}']), (200, [line(1)])])
    await house.follow()
    assert house.clock.slept[0] >= 3600
    assert [":over" in row["key"] for row in house.store.notifications()] == [False, True]
    assert house.store.totals()["posts"] == 1


async def test_lines_that_nobody_can_read_leave_the_cursor() -> None:
    house = House(connections=[(200, [line(1)]), (200, [b'{"id":2,"text":{"x":1}}\r\n'])])
    await house.follow()
    assert house.store.feed_state("push").cursor == {"since": "1"}
    assert house.store.feed_state("push").failure is Failure.SCHEMA_DRIFT


async def test_no_more_is_read_than_the_store_can_take() -> None:
    given = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal given
        while True:
            given += 1
            yield b"x" * 99 + b"\n"

    lines = Lines(most=1000)
    filling = asyncio.ensure_future(lines.fill(pieces()))
    for _ in range(100):
        await asyncio.sleep(0)
    assert given == 10
    assert len(await lines.take(0.0)) == 1000
    for _ in range(100):
        await asyncio.sleep(0)
    assert given == 20
    filling.cancel()


async def test_a_line_without_an_end_is_refused_before_it_fills_the_memory() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 65536

    lines = Lines()
    filling = asyncio.ensure_future(lines.fill(pieces()))
    with pytest.raises(FeedError) as caught:
        await lines.take(0.0)
    assert caught.value.failure is Failure.TOO_LARGE
    await filling


async def test_after_a_long_outage_what_is_caught_up_on_is_background() -> None:
    house = House(connections=[(200, [line(1)])])
    await house.follow()
    house.clock.advance(timedelta(hours=2).total_seconds())
    house.connections, house.asked = [(200, [line(2) + line(3), line(4)])], []
    await house.follow()
    assert house.intake.backlogs == [True, True, False]
