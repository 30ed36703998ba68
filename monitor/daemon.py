"""The running process: one task group of loops that share nothing but the store. Any crash ends it; systemd restarts.

Feeds are polled on the event loop; scoring, judging and each receiver have a thread of their own. A commit wakes the
next loop, and a sweep every five seconds repairs a lost wake-up.
"""

import asyncio
import os
import signal
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

import structlog

from monitor import metrics, systemd
from monitor.errors import DiskError
from monitor.feeds import Source, Watch
from monitor.loops import Life, Loop, Loops, Run, Wanted
from monitor.observing import Observing, Watched
from monitor.ports import Clock, Credentials, Intake, Open
from monitor.spread.revisit import Purse

log = structlog.get_logger()

SWEEP = 5.0
"""Seconds after which a loop looks for work even if nobody woke it."""

RENEW_EVERY = 5.0
"""Real seconds between two looks at whether a secret is another."""

DRAIN = 25.0
"""Real seconds for what is under way at SIGTERM; systemd gives 45."""

STUCK = 60.0
"""Real seconds without a sign of life of a loop before the watchdog is no longer fed; `Work` may allow more."""


Aside = Callable[[Callable[[], Any]], Any]
"""Runs a blocking call off the event loop."""


class Delivery(Protocol):
    """One receiver's loop (`alerts.outbox.Deliverer`)."""

    @property
    def receiver(self) -> str: ...
    def run(self, stop: threading.Event, wake: threading.Event) -> None: ...


class Listener(Protocol):
    """A loop that hears what people do (`alerts.intake.socket.Socket`). It never crashes: buttons are not pages."""

    @property
    def name(self) -> str: ...
    def run(self, stop: threading.Event, wake: threading.Event) -> None: ...


class Watching(Protocol):
    """Watches over telling people (`alerts.auditor.Auditor`)."""

    def run(self, stop: threading.Event, wake: threading.Event) -> None: ...
    def ill(self) -> list[str]: ...


class Server(Protocol):
    """The web side (uvicorn without its signal handlers)."""

    should_exit: bool

    async def serve(self) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Work:
    """One loop with a thread of its own: `step` does some work and says whether there is more.

    `patience`: real seconds that one step may take before the loop counts as stuck.
    """

    name: str
    topic: str
    step: Callable[[], bool]
    patience: float = STUCK


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What a configuration makes of the daemon; a reload puts others in their place."""

    feeds: Sequence[Source]
    watch: Callable[[Aside], Watch]
    purses: Mapping[str, Purse]
    works: Sequence[Work]
    deliveries: Sequence[Delivery]
    listeners: Sequence[Listener]
    auditor: Watching | None


@dataclass(kw_only=True)
class Daemon:
    """Holds the loops together. `subscribe` gives it the store's commit topics; `purses` says how often each account may
    look again; `credentials` remembers what operators were told of them; `gauges` refreshes slow metrics; `renew` is asked every few
    seconds whether the configuration is another, with True where somebody says so (SIGHUP); `jumped` hears, in a thread, by how many seconds the wall clock jumped;
    `refused` what the disk did not take; `reads`: whether feeds are read just now."""

    feeds: Sequence[Source]
    intake: Intake
    credentials: Credentials
    stream: Open
    watch: Callable[[Aside], Watch]
    works: Sequence[Work]
    deliveries: Sequence[Delivery]
    listeners: Sequence[Listener] = ()
    server: Server | None
    clock: Clock
    monotonic: Callable[[], float]
    wall: Callable[[], float]
    subscribe: Callable[[Callable[[str], None]], None]
    purses: Mapping[str, Purse]
    gauges: Callable[[], None]
    writer_stuck: Callable[[], float]
    warm: Callable[[], None]
    auditor: Watching | None = None
    renew: Callable[[bool], Awaitable[None]] | None = None
    jumped: Callable[[float], None] = lambda _: None
    reads: Callable[[], bool] = lambda: True
    refused: Callable[[DiskError], None] = lambda _: None
    life: Life = field(default_factory=Life)
    sweep: float = SWEEP

    def __post_init__(self) -> None:
        self._loops = Loops(self.life, self.monotonic, self.refused)
        self._stopping: asyncio.Event
        self._told: asyncio.Event
        self._group: asyncio.TaskGroup
        self._aside: Aside
        self._observing: Observing

    async def run(self) -> None:
        """Runs until SIGTERM, SIGINT or `stop()`, then drains. Raises what crashed a part."""
        self._stopping, self._told = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()
        with suppress(NotImplementedError, ValueError):  # only the main thread may own signals
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, self.stop)
            loop.add_signal_handler(signal.SIGHUP, self.reload)
        with ThreadPoolExecutor(4, "observe") as observing:

            async def aside(call: Callable[[], Any]) -> Any:
                return await loop.run_in_executor(observing, call)

            self._observing = Observing(
                intake=self.intake,
                credentials=self.credentials,
                stream=self.stream,
                clock=self.clock,
                wall=self.wall,
                monotonic=self.monotonic,
                aside=aside,
                polled=self._polled,
                reads=self.reads,
                refused=self.refused,
                jumped=self.jumped,
            )
            self._aside = aside
            watched = Watched(feeds=self.feeds, watch=self.watch(aside), purses=self.purses)
            self.subscribe(self._loops.woken)
            started = self._loops.change(self._wanted(self.works, self.deliveries, self.listeners, self.auditor))
            try:
                async with asyncio.TaskGroup() as self._group:
                    tasks = [self._group.create_task(self._serve())] if self.server else []
                    tasks.append(self._group.create_task(self._beat(aside)))
                    tasks.append(self._group.create_task(self._observing.run(watched, self._ready)))
                    tasks.append(self._group.create_task(self._renewing()))
                    self._attend(started)
                    self._group.create_task(self._finish(tasks))
            finally:
                self._loops.end()
                systemd.tell("STOPPING=1")

    def stop(self) -> None:
        """Begins to stop; a second call is what a second Ctrl-C is: at once."""
        if self._stopping.is_set():
            os._exit(1)
        log.info("stopping")
        self.life.stopping = True
        self._stopping.set()

    def reload(self) -> None:
        """Has the configuration read anew."""
        self._told.set()

    def become(self, parts: Parts) -> None:
        """Puts other parts in the place of these, each between two of its steps; what is the same object goes on undisturbed."""
        if self._stopping.is_set():
            return
        watch = self._observing.watched.watch if parts.watch is self.watch else parts.watch(self._aside)
        self._observing.change(Watched(feeds=parts.feeds, watch=watch, purses=parts.purses))
        self.feeds, self.watch, self.purses = parts.feeds, parts.watch, parts.purses
        wanted = self._wanted(parts.works, parts.deliveries, parts.listeners, parts.auditor)
        self._attend(self._loops.change(wanted))

    async def _finish(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        """Waits for the order to stop, lets what is under way end, then takes the loops down."""
        await self._stopping.wait()
        systemd.tell("STOPPING=1")
        self._observing.pause()
        for _ in range(int(DRAIN / 2 / 0.05)):
            if not self._observing.busy:
                break
            await asyncio.sleep(0.05)
        self._loops.end()
        waiting = [asyncio.wrap_future(loop.done) for loop in self._loops.running]
        if waiting:
            _, late = await asyncio.wait(waiting, timeout=DRAIN / 2)
            if late:
                log.warning("a loop did not end in time; its work is done again after the next start", late=len(late))
        if self.server is not None:
            self.server.should_exit = True
        for task in tasks[1 if self.server else 0 :]:
            task.cancel()

    # ── loops ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _wanted(
        self,
        works: Sequence[Work],
        deliveries: Sequence[Delivery],
        listeners: Sequence[Listener],
        auditor: Watching | None,
    ) -> dict[str, Wanted]:
        def wanted(what: object, run: Run, topic: str = "", patience: float = STUCK) -> Wanted:
            return Wanted(what=what, run=run, topic=topic, patience=patience)

        loops = {work.name: wanted(work, partial(self._loop, work), work.topic, work.patience) for work in works}
        loops |= {f"deliver {one.receiver}": wanted(one, one.run, "outbox") for one in deliveries}
        loops |= {one.name: wanted(one, one.run) for one in listeners}
        return loops | ({"audit": wanted(auditor, auditor.run)} if auditor is not None else {})

    def _loop(self, work: Work, stop: threading.Event, wake: threading.Event) -> None:
        if work.topic == "mentions":
            self.warm()
        while not stop.is_set():
            wake.clear()
            if not work.step() and not stop.is_set():
                wake.wait(self.sweep)

    def _attend(self, loops: Sequence[Loop]) -> None:
        for loop in loops:
            self._group.create_task(self._attend_to(loop))

    async def _attend_to(self, loop: Loop) -> None:
        """A thread that crashes takes the process with it: no zombie halves."""
        await asyncio.shield(asyncio.wrap_future(loop.done))
        if not loop.stop.is_set():
            raise RuntimeError(f"the {loop.name} loop ended by itself")

    # ── feeds ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _ready(self) -> None:
        self.life.ready = True
        systemd.tell("READY=1")
        log.info("ready", feeds=len(self.feeds), receivers=[d.receiver for d in self.deliveries])

    def _polled(self) -> None:
        if self.life.first_poll is None:
            self.life.first_poll = self.monotonic()

    async def _renewing(self) -> None:
        """Asks whether the configuration is another, now and then and when told."""
        if self.renew is None:
            return
        while not self._stopping.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), RENEW_EVERY)
            told = self._told.is_set()
            self._told.clear()
            if told:
                systemd.tell(f"RELOADING=1\nMONOTONIC_USEC={int(self.monotonic() * 1_000_000)}")
            await self.renew(told)
            if told:
                systemd.tell("READY=1")

    # ── signs of life ───────────────────────────────────────────────────────────────────────────────────────────────

    async def _serve(self) -> None:
        assert self.server is not None  # noqa: S101 - only started with one
        await self.server.serve()
        if not self._stopping.is_set():
            raise RuntimeError("the web side ended by itself")

    async def _beat(self, aside: Aside) -> None:
        """Measures the loop's lag, refreshes gauges, feeds systemd's watchdog while everything is alive."""
        watchdog = systemd.watchdog_every()
        fed = 0.0
        while True:
            before = self.monotonic()
            await asyncio.sleep(0.25)
            lag = self.monotonic() - before - 0.25
            metrics.LOOP_LAG.set(max(0.0, lag))
            if self.monotonic() - fed < min(watchdog or 5.0, 5.0):
                continue
            fed = self.monotonic()
            try:
                await aside(self.gauges)
            except DiskError as error:
                self.refused(error)
            stale = self.life.stale(self.monotonic())
            if watchdog is None:
                continue
            if stale or self.writer_stuck() > STUCK or lag > 5:
                log.error("not well: the watchdog goes hungry", stale=stale, writer_s=self.writer_stuck(), lag_s=lag)
            else:
                systemd.tell("WATCHDOG=1")
