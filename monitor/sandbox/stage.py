"""The stage the sandbox plays on: one world, one clock that waits for the start, and the faults that were ordered."""

import threading
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from monitor.clock import ScaledClock
from monitor.sandbox import faults
from monitor.sandbox.lenses import LENSES, Lens
from monitor.sandbox.world import World, build

Endpoint = Callable[[Request], Awaitable[Response]]


LEDGER = 100_000
"""Requests that are remembered."""

_LENS: ContextVar[Lens | None] = ContextVar("lens", default=None)
"""How the world is seen by the request that is being answered."""


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
        self.ledger: deque[tuple[str, datetime]] = deque(maxlen=LEDGER)
        self._name, self._seed = world, seed
        self._world = build(world, seed, start)

    @property
    def world(self) -> World:
        """What is shown: the truth, unless a fault was ordered that shows it otherwise."""
        lens = _LENS.get()
        return lens.through(self._world) if lens else self._world

    @world.setter
    def world(self, world: World) -> None:
        self._world = world

    def now(self) -> datetime:
        lens = _LENS.get()
        return self.clock.now() + lens.ahead if lens else self.clock.now()

    def begin(self, start: datetime, rate: float) -> None:
        """The world's first moment is now."""
        if start != self._world.start:
            self._world = build(self._name, self._seed, start)
        self.clock.begin(start, rate)

    def guarded(self, platform: str, endpoint: Endpoint) -> Endpoint:
        """The endpoint, unless a fault was ordered for its platform. Every request is written down."""

        async def answer(request: Request) -> Response:
            self.ledger.append((platform, self.clock.now()))
            kind = self.faults.take(platform, self.clock.now())
            if kind is None:
                return await endpoint(request)
            with self.seen_through(kind):
                return await faults.respond(platform, kind, request, endpoint)

        return answer

    @contextmanager
    def seen_through(self, kind: str) -> Iterator[None]:
        """Whatever asks for the world meanwhile is shown it as this fault does; truly, where it is no such fault."""
        before = _LENS.set(LENSES.get(kind))
        try:
            yield
        finally:
            _LENS.reset(before)
