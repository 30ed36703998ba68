"""When each feed is due: APScheduler as a clock that puts names into a set, and a guard for clocks that jump."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from hashlib import blake2b

import structlog
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED, JobExecutionEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from monitor import metrics

log = structlog.get_logger()

GUARD_EVERY = 5.0
JUMP = 30.0
"""Seconds the wall clock may move against the monotonic one before all feeds are scheduled anew."""


class _Onward(IntervalTrigger):  # type: ignore[misc]
    """An interval that steps over what was missed. APScheduler's own counts every time that was missed, one by one: after a clock that
    jumped by a year that is half a minute for one job of a second."""

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:
        following: datetime | None = super().get_next_fire_time(previous, now)
        return following if following is None or following > now else super().get_next_fire_time(None, now)


class Timetable:
    """Feeds by name with their interval in real seconds; what is due waits in a set until taken.

    APScheduler 3 stops firing after the wall clock goes back, until it has caught up: `guard` lays all jobs anew.
    """

    def __init__(
        self, every: Mapping[str, float], *, wall: Callable[[], float], monotonic: Callable[[], float]
    ) -> None:
        self._every, self._wall, self._monotonic = dict(every), wall, monotonic
        self._due = dict.fromkeys(every)  # at once after a start: a restart forgets nothing
        self.some = asyncio.Event()
        self.some.set()
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._scheduler.add_listener(_count_trouble, EVENT_JOB_ERROR | EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES)

    def start(self) -> None:
        self._lay()
        self._scheduler.start()

    def stop(self) -> None:
        self._scheduler.shutdown(wait=False)

    def take(self, busy: set[str]) -> list[str]:
        """The feeds that are due and not under way; the others stay due."""
        names = [name for name in self._due if name not in busy]
        for name in names:
            del self._due[name]
        return names

    def again(self, name: str) -> None:
        """A feed's walk has ended: if it fell due meanwhile, it may go now."""
        if name in self._due:
            self.some.set()

    async def fall_due(self, name: str) -> None:
        """A coroutine, for APScheduler runs plain functions in a thread, and the set belongs to the event loop."""
        self._due[name] = None
        self.some.set()

    async def guard(self, every: float = GUARD_EVERY, jumped: Callable[[float], None] = lambda _: None) -> None:
        """Watches for wall clock jumps for as long as it is awaited. `jumped` hears, in a thread, by how many seconds."""
        offset = self._wall() - self._monotonic()
        while True:
            await asyncio.sleep(every)
            moved = self._wall() - self._monotonic() - offset
            if abs(moved) > JUMP:
                offset += moved
                metrics.CLOCK_JUMPS.inc()
                log.warning("the wall clock jumped; all feeds are scheduled anew", seconds=round(moved))
                self._lay()
                await asyncio.to_thread(jumped, moved)

    def change(self, every: Mapping[str, float], *, anew: Collection[str] = ()) -> None:
        """Other feeds, or other intervals, from now on. `anew`: feeds that are due at once, as all are after a start. Whatever is due
        stays due."""
        for name in self._every.keys() - every.keys():
            self._scheduler.remove_job(name)
            self._due.pop(name, None)
        moved = [name for name in every if self._every.get(name) != every[name]]
        self._every = dict(every)
        for name in moved:
            self._lay_one(name)
        for name in anew:
            if name in every:
                self._due[name] = None
                self.some.set()

    def _lay(self) -> None:
        for name in self._every:
            self._lay_one(name)

    def _lay_one(self, name: str) -> None:
        """One job a feed, spread over its interval by its name so that a restart does not fire all at once."""
        every = self._every[name]
        share = int.from_bytes(blake2b(name.encode(), digest_size=4).digest(), "big") / 2**32
        first = datetime.fromtimestamp(self._wall() + every * (0.5 + share / 2), UTC)
        trigger = _Onward(seconds=max(every, 0.05), start_date=first, jitter=every * 0.1 if every >= 1 else None)
        self._scheduler.add_job(self.fall_due, trigger, args=(name,), id=name, replace_existing=True)


def _count_trouble(event: JobExecutionEvent) -> None:
    kind = {EVENT_JOB_ERROR: "error", EVENT_JOB_MISSED: "missed"}.get(event.code, "overlap")
    metrics.JOBS_MISSED.labels(kind).inc()
