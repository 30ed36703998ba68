"""When feeds fall due, and what a jumping clock does to that."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from monitor import metrics
from monitor.timetable import Timetable

pytestmark = pytest.mark.anyio

HOUR = 3600.0


class Wall:
    """The wall clock, off by some seconds."""

    def __init__(self, off: float = 0.0) -> None:
        self.off = off

    def __call__(self) -> float:
        return time.time() + self.off


@contextmanager
def started(every: Mapping[str, float], wall: Callable[[], float] = time.time) -> Iterator[Timetable]:
    timetable = Timetable(every, wall=wall, monotonic=time.monotonic)
    timetable.start()
    try:
        yield timetable
    finally:
        timetable.stop()


async def due(timetable: Timetable, within: float) -> list[str]:
    """What falls due within so many real seconds."""
    timetable.some.clear()
    try:
        await asyncio.wait_for(timetable.some.wait(), within)
    except TimeoutError:
        return []
    return timetable.take(set())


def trouble(kind: str) -> float:
    return metrics.REGISTRY.get_sample_value("langyan_scheduler_errors_total", {"kind": kind}) or 0.0


async def test_everything_is_due_at_the_start() -> None:
    with started({"weibo": HOUR, "rss": HOUR}) as timetable:
        assert timetable.some.is_set()
        assert timetable.take(set()) == ["weibo", "rss"]
        assert timetable.take(set()) == []


async def test_a_feed_falls_due_again_and_again() -> None:
    with started({"rss": 0.1}) as timetable:
        timetable.take(set())
        assert [await due(timetable, 2) for _ in range(3)] == [["rss"]] * 3


async def test_a_busy_feed_stays_due_and_goes_when_it_is_free() -> None:
    with started({"weibo": HOUR, "rss": HOUR}) as timetable:
        assert timetable.take({"weibo"}) == ["rss"]
        timetable.some.clear()
        timetable.again("weibo")
        assert timetable.some.is_set()
        assert timetable.take(set()) == ["weibo"]
        timetable.some.clear()
        timetable.again("weibo")
        assert not timetable.some.is_set()


async def test_what_was_missed_is_made_up_for_once_and_however_late() -> None:
    missed, overlapped = trouble("missed"), trouble("overlap")
    with started({"rss": 0.1}) as timetable:
        timetable.take(set())
        time.sleep(0.6)  # the event loop hangs for six intervals
        assert await due(timetable, 2) == ["rss"]
        assert timetable.take(set()) == []
    assert (trouble("missed"), trouble("overlap")) == (missed, overlapped)


async def test_a_name_falls_due_on_the_event_loop() -> None:
    where: list[threading.Thread] = []

    class Heard(dict[str, None]):
        def __setitem__(self, name: str, value: None) -> None:
            where.append(threading.current_thread())
            super().__setitem__(name, value)

    with started({"rss": 0.05}) as timetable:
        timetable.take(set())
        timetable._due = Heard()
        assert await due(timetable, 2) == ["rss"]
    assert where == [threading.current_thread()]


async def test_feeds_of_one_interval_do_not_fire_together() -> None:
    with started({f"feed{n}": HOUR for n in range(20)}) as timetable:
        firsts = [job.next_run_time.timestamp() - time.time() for job in timetable._scheduler.get_jobs()]
    assert len({round(first) for first in firsts}) > 15
    assert all(0.3 * HOUR < first < 1.2 * HOUR for first in firsts)


async def test_intervals_of_minutes_are_jittered_and_none_is_given_up_as_too_late() -> None:
    with started({"weibo": 180.0}) as timetable:
        (job,) = timetable._scheduler.get_jobs()
    assert job.trigger.jitter == pytest.approx(18)
    assert (job.misfire_grace_time, job.coalesce) == (None, True)


async def test_after_the_clock_went_back_nothing_fires_by_itself() -> None:
    wall = Wall(off=HOUR)
    with started({"rss": 0.1}, wall) as timetable:
        timetable.take(set())
        wall.off = 0.0
        assert await due(timetable, 0.4) == []


async def test_the_guard_lays_everything_anew_when_the_clock_went_back() -> None:
    jumps = metrics.CLOCK_JUMPS._value.get()
    wall = Wall(off=HOUR)
    with started({"rss": 0.1}, wall) as timetable:
        timetable.take(set())
        guard = asyncio.create_task(timetable.guard(every=0.05))
        await asyncio.sleep(0)
        wall.off = 0.0
        assert await due(timetable, 3) == ["rss"]
        guard.cancel()
    assert metrics.CLOCK_JUMPS._value.get() == jumps + 1


@pytest.mark.parametrize("ahead", [timedelta(hours=1), timedelta(days=365)], ids=["an hour", "a year"])
async def test_a_clock_that_went_forward_makes_one_poll_due_and_no_flood(ahead: timedelta) -> None:
    with started({"rss": 1.0}) as timetable:
        (job,) = timetable._scheduler.get_jobs()
        assert 1 <= len(job._get_run_times(datetime.now(UTC) + ahead)) <= 3


@pytest.mark.parametrize("off", [-HOUR, HOUR, 365 * 24 * HOUR], ids=["back an hour", "on an hour", "on a year"])
async def test_a_jump_is_said_with_its_size_and_polls_go_on(off: float) -> None:
    said: list[float] = []
    wall = Wall(off=-off)
    with started({"rss": 0.1}, wall) as timetable:
        timetable.take(set())
        guard = asyncio.create_task(timetable.guard(0.05, said.append))
        await asyncio.sleep(0)
        wall.off = 0.0
        async with asyncio.timeout(5):
            while not said:
                await asyncio.sleep(0.01)
        assert await due(timetable, 3) == ["rss"]
        guard.cancel()
    assert said == [pytest.approx(off, abs=1)]


async def test_a_clock_that_is_nudged_changes_nothing() -> None:
    jumps = metrics.CLOCK_JUMPS._value.get()
    wall = Wall()
    with started({"rss": HOUR}, wall) as timetable:
        before = [job.next_run_time for job in timetable._scheduler.get_jobs()]
        guard = asyncio.create_task(timetable.guard(every=0.02))
        await asyncio.sleep(0)
        wall.off = -20.0
        await asyncio.sleep(0.1)
        guard.cancel()
        assert [job.next_run_time for job in timetable._scheduler.get_jobs()] == before
    assert metrics.CLOCK_JUMPS._value.get() == jumps
