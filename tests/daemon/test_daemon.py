"""The task group of loops, with fakes for everybody: crashes, wake-ups, the watchdog, an orderly end."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from monitor.clock import RealClock
from monitor.daemon import Daemon, Delivery, Server, Work
from monitor.feeds import Source, Watch
from monitor.ports import Credentials, Intake, Open
from tests.daemon.conftest import Ear

pytestmark = pytest.mark.anyio


class Monotonic:
    """The real one, and some seconds that passed for nobody else."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead


@dataclass
class Feed:
    """As much of a feed as the daemon reads."""

    name: str = "drop"
    every: float = 0.1
    connector: Any = field(default_factory=lambda: type("Site", (), {"platform": "weibo"})())


@dataclass
class Polls:
    """A Watch that does as it is told."""

    poll_once: Callable[[Any], Any]

    async def poll(self, feed: Any) -> None:
        await self.poll_once(feed)


async def nothing(_: Any) -> None:
    return


def daemon(
    *works: Work,
    deliveries: Sequence[Delivery] = (),
    poll: Callable[[Any], Any] = nothing,
    server: Server | None = None,
    **given: Any,
) -> Daemon:
    fields: dict[str, Any] = {
        "monotonic": time.monotonic,
        "subscribe": lambda woken: None,
        "purses": {},
        "gauges": lambda: None,
        "writer_stuck": lambda: 0.0,
        "warm": lambda: None,
    }
    return Daemon(
        feeds=[cast(Source, Feed())],
        intake=cast(Intake, None),
        credentials=cast(Credentials, None),
        stream=cast(Open, None),
        watch=lambda aside: cast(Watch, Polls(poll)),
        works=works,
        deliveries=deliveries,
        server=server,
        clock=RealClock(),
        wall=time.time,
        **{**fields, **given},
    )


async def until(met: Callable[[], object], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not met():
            await asyncio.sleep(0.01)


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """What a hanging loop hangs at; opened in the end, whatever the test came to."""
    gate = threading.Event()
    yield gate
    gate.set()


def idle() -> bool:
    return False


@dataclass
class Teller:
    """A receiver's loop that does as it is told."""

    tell: Callable[[threading.Event, threading.Event], None]
    receiver: str = "crisis"

    def run(self, stop: threading.Event, wake: threading.Event) -> None:
        self.tell(stop, wake)


def crash(*_: Any) -> Any:
    raise ArithmeticError("a defect")


async def crash_later(_: Any) -> None:
    crash()


class Web:
    """A web side that ends by itself, or crashes."""

    should_exit = False

    def __init__(self, end: Callable[[], Any]) -> None:
        self._end = end

    async def serve(self) -> None:
        self._end()


# ── any crash ends it ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "broken",
    [
        lambda: daemon(Work(name="judge", topic="news", step=crash)),
        lambda: daemon(Work(name="score", topic="mentions", step=idle), warm=crash),
        lambda: daemon(deliveries=[Teller(crash)]),
        lambda: daemon(poll=crash_later),
        lambda: daemon(server=Web(crash)),
        lambda: daemon(gauges=crash),
    ],
    ids=["a work", "the scorer's start", "a receiver", "a poll", "the web side", "the gauges"],
)
async def test_a_crash_of_any_part_ends_all_with_its_cause(broken: Callable[[], Daemon]) -> None:
    others = Work(name="other", topic="other", step=idle)
    house = broken()
    house.works = [*house.works, others]
    with pytest.raises(BaseExceptionGroup) as crashed:
        await asyncio.wait_for(house.run(), 10)
    assert crashed.group_contains(ArithmeticError, match="a defect")
    await until(lambda: not [thread for thread in threading.enumerate() if thread.name == "other"])


@pytest.mark.parametrize(
    ("quitting", "who"),
    [
        (lambda: daemon(deliveries=[Teller(lambda stop, wake: None)]), "the deliver crisis loop ended by itself"),
        (lambda: daemon(server=Web(lambda: None)), "the web side ended by itself"),
    ],
    ids=["a receiver", "the web side"],
)
async def test_a_part_that_ends_by_itself_is_a_crash_too(quitting: Callable[[], Daemon], who: str) -> None:
    with pytest.raises(BaseExceptionGroup) as ended:
        await asyncio.wait_for(quitting().run(), 10)
    assert ended.group_contains(RuntimeError, match=who)


# ── wake-ups ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_commit_wakes_the_loop_whose_work_it_is() -> None:
    steps: list[str] = []
    heard: list[Callable[[str], None]] = []

    def work(name: str, topic: str) -> Work:
        return Work(name=name, topic=topic, step=lambda: bool(steps.append(name)))  # type: ignore[func-returns-value]

    house = daemon(work("score", "mentions"), work("judge", "news"), subscribe=heard.append, sweep=60.0)
    task = asyncio.create_task(house.run())
    await until(lambda: sorted(steps) == ["judge", "score"])
    heard[0]("news")
    await until(lambda: steps.count("judge") == 2)
    assert steps.count("score") == 1
    house.stop()
    await task


async def test_a_lost_wake_up_is_repaired_by_the_sweep() -> None:
    steps: list[int] = []
    house = daemon(Work(name="judge", topic="news", step=lambda: bool(steps.append(1))), sweep=0.05)  # type: ignore[func-returns-value]
    task = asyncio.create_task(house.run())
    await until(lambda: len(steps) >= 3)
    house.stop()
    await task


async def test_a_loop_with_more_to_do_does_not_wait() -> None:
    left = iter([True] * 50)
    house = daemon(Work(name="judge", topic="news", step=lambda: next(left, False)), sweep=60.0)
    task = asyncio.create_task(house.run())
    await until(lambda: next(left, None) is None, 3)
    house.stop()
    await task


# ── feeds ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_feed_is_polled_once_at_a_time() -> None:
    under_way: list[int] = []
    most: list[int] = []
    polls = 0

    async def slow(_: Any) -> None:
        nonlocal polls
        polls += 1
        under_way.append(1)
        most.append(len(under_way))
        await asyncio.sleep(0.25)  # two and a half intervals
        under_way.pop()

    house = daemon(poll=slow)
    task = asyncio.create_task(house.run())
    await until(lambda: polls >= 3)
    house.stop()
    await task
    assert set(most) == {1}


# ── signs of life ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_systemd_hears_when_it_is_ready_alive_and_stopping(systemd_ear: Ear) -> None:
    words: list[str] = []
    house = daemon(Work(name="judge", topic="news", step=idle))
    task = asyncio.create_task(house.run())
    await until(lambda: words.extend(systemd_ear()) or words.count("WATCHDOG=1") >= 2)  # type: ignore[func-returns-value]
    assert words[0] == "READY=1"
    house.stop()
    await task
    await until(lambda: words.extend(systemd_ear()) or "STOPPING=1" in words)  # type: ignore[func-returns-value]


async def _goes_hungry(house: Daemon, systemd_ear: Ear, hang: Callable[[], None], mend: Callable[[], None]) -> None:
    """The watchdog is fed, not fed while something hangs, and fed again when that is over."""
    words: list[str] = []
    task = asyncio.create_task(house.run())
    await until(lambda: "WATCHDOG=1" in systemd_ear())
    hang()
    await asyncio.sleep(0.6)  # two rounds: what was on its way has gone
    systemd_ear()
    await asyncio.sleep(0.8)
    assert "WATCHDOG=1" not in systemd_ear()
    mend()
    await until(lambda: words.extend(systemd_ear()) or "WATCHDOG=1" in words)  # type: ignore[func-returns-value]
    house.stop()
    await task


async def test_the_watchdog_goes_hungry_while_a_loop_hangs(systemd_ear: Ear, gate: threading.Event) -> None:
    clock, hangs = Monotonic(), threading.Event()

    def step() -> bool:
        if hangs.is_set():
            gate.wait(20)
        return False

    house = daemon(Work(name="judge", topic="news", step=step), monotonic=clock, sweep=0.02)

    def hang() -> None:
        hangs.set()
        time.sleep(0.1)
        clock.ahead += 61
        assert house.life.stale(clock()) == ["judge"]

    def mend() -> None:
        hangs.clear()
        gate.set()

    await _goes_hungry(house, systemd_ear, hang, mend)


async def test_the_watchdog_goes_hungry_while_a_receiver_hangs(systemd_ear: Ear, gate: threading.Event) -> None:
    clock, hangs = Monotonic(), threading.Event()

    def tell(stop: threading.Event, wake: threading.Event) -> None:
        while not stop.is_set():
            wake.clear()
            if hangs.is_set():
                gate.wait(20)
            wake.wait(0.02)

    house = daemon(deliveries=[Teller(tell)], monotonic=clock)

    def hang() -> None:
        hangs.set()
        time.sleep(0.1)
        clock.ahead += 61
        assert house.life.stale(clock()) == ["deliver crisis"]

    def mend() -> None:
        hangs.clear()
        gate.set()

    await _goes_hungry(house, systemd_ear, hang, mend)


async def test_the_watchdog_goes_hungry_while_nothing_can_be_written(systemd_ear: Ear) -> None:
    waited = [0.0]
    await _goes_hungry(
        daemon(writer_stuck=lambda: waited[0]),
        systemd_ear,
        lambda: waited.__setitem__(0, 61.0),
        lambda: waited.__setitem__(0, 0.0),
    )


async def test_a_work_may_be_allowed_more_patience(gate: threading.Event) -> None:
    clock = Monotonic()
    slow = Work(name="score", topic="other", step=lambda: gate.wait(20), patience=600)
    house = daemon(slow, monotonic=clock)
    task = asyncio.create_task(house.run())
    await until(lambda: house.life.expected)
    clock.ahead += 300
    assert house.life.stale(clock()) == []
    clock.ahead += 301
    assert house.life.stale(clock()) == ["score"]
    house.stop()
    gate.set()
    await task
    assert house.life.expected == {}


# ── an orderly end ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_stop_lets_what_is_under_way_end_and_begins_nothing_new(gate: threading.Event) -> None:
    polled: list[str] = []
    stepped: list[str] = []
    released = asyncio.Event()

    async def slow_poll(_: Any) -> None:
        polled.append("begun")
        await released.wait()
        polled.append("ended")

    def slow_step() -> bool:
        stepped.append("begun")
        gate.wait(20)
        stepped.append("ended")
        return False

    house = daemon(Work(name="judge", topic="news", step=slow_step), poll=slow_poll)
    task = asyncio.create_task(house.run())
    await until(lambda: polled and stepped)
    house.stop()
    await asyncio.sleep(0.3)  # three intervals of the feed
    assert not task.done()
    assert polled == ["begun"]
    released.set()
    gate.set()
    await asyncio.wait_for(task, 5)
    assert (polled, stepped) == (["begun", "ended"], ["begun", "ended"])


async def test_an_idle_daemon_ends_at_once() -> None:
    house = daemon(Work(name="judge", topic="news", step=idle), sweep=60.0)
    task = asyncio.create_task(house.run())
    await until(lambda: house.life.first_poll)
    house.stop()
    await asyncio.wait_for(task, 2)
