"""The only place that reads a clock: real for the daemon, scaled for the demo, virtual for replay and tests."""

import asyncio
import heapq
import itertools
import threading
import time
from datetime import UTC, datetime, timedelta


class RealClock:
    """Wall time as it is."""

    rate = 1.0

    def now(self) -> datetime:
        return datetime.now(UTC)

    def elapsed(self) -> float:
        """Monotonic clock seconds since some moment."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Blocks a thread until `event` is set or `seconds` of this clock have gone; True when it was set."""
        return event.wait(max(0.0, seconds))


class ScaledClock:
    """Runs `rate` times as fast as the wall, from `start`: two hours of a demo world in two minutes."""

    def __init__(self, start: datetime, rate: float) -> None:
        self.rate = rate
        self._start, self._zero = start, time.monotonic()

    def restart(self) -> None:
        """Begins again at `start`: the world's first moment is now."""
        self._zero = time.monotonic()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.elapsed())

    def elapsed(self) -> float:
        return (time.monotonic() - self._zero) * self.rate

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds) / self.rate)

    def wait(self, event: threading.Event, seconds: float) -> bool:
        return event.wait(max(0.0, seconds) / self.rate)


class VirtualClock:
    """Stands still until told to move; sleepers wake in order as it passes them."""

    rate = 1.0

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._start = start
        self._order = itertools.count()
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return self._now

    def elapsed(self) -> float:
        return (self._now - self._start).total_seconds()

    def move_to(self, moment: datetime) -> None:
        """Goes forward to `moment`; an earlier one changes nothing."""
        self._now = max(self._now, moment)
        while self._sleepers and self._sleepers[0][0] <= self._now:
            _, _, sleeper = heapq.heappop(self._sleepers)
            if not sleeper.done():
                sleeper.set_result(None)

    def advance(self, seconds: float) -> None:
        self.move_to(self._now + timedelta(seconds=seconds))

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            return
        sleeper = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + timedelta(seconds=seconds), next(self._order), sleeper))
        await sleeper

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Does not block: a virtual moment passes at once."""
        self.advance(seconds)
        return event.is_set()
