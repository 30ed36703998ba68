"""The stage the sandbox plays on: one world, one clock that waits for the start, and the faults that were ordered."""

import threading
from collections.abc import Awaitable, Callable
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from monitor.clock import ScaledClock
from monitor.sandbox import faults
from monitor.sandbox.world import World, build

Endpoint = Callable[[Request], Awaitable[Response]]


class StageClock:
    """Stands still at `start` until it is started; then runs `rate` times as fast as the wall."""

    def __init__(self, start: datetime, rate: float) -> None:
        self._start, self.rate = start, rate
        self._running: ScaledClock | None = None

    def begin(self, start: datetime, rate: float) -> None:
        """From now on it runs, from `start`."""
        self._start, self.rate = start, rate
        self._running = ScaledClock(start, rate)

    def now(self) -> datetime:
        return self._running.now() if self._running else self._start

    def elapsed(self) -> float:
        return self._running.elapsed() if self._running else 0.0

    async def sleep(self, seconds: float) -> None:
        await (self._running or ScaledClock(self._start, self.rate)).sleep(seconds)

    def wait(self, event: threading.Event, seconds: float) -> bool:
        return (self._running or ScaledClock(self._start, self.rate)).wait(event, seconds)


class Stage:
    """What every platform of the sandbox shares."""

    def __init__(self, world: str, seed: int, start: datetime, rate: float) -> None:
        self.clock = StageClock(start, rate)
        self.faults = faults.Orders()
        self._name, self._seed = world, seed
        self.world: World = build(world, seed, start)

    def now(self) -> datetime:
        return self.clock.now()

    def begin(self, start: datetime, rate: float) -> None:
        """The world's first moment is now."""
        if start != self.world.start:
            self.world = build(self._name, self._seed, start)
        self.clock.begin(start, rate)

    def guarded(self, platform: str, endpoint: Endpoint) -> Endpoint:
        """The endpoint, unless a fault was ordered for its platform."""

        async def answer(request: Request) -> Response:
            kind = self.faults.take(platform)
            if kind is None:
                return await endpoint(request)
            return await faults.respond(platform, kind, request, endpoint)

        return answer
