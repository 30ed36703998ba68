"""The running process: one task group of loops that share nothing but the store. Any crash ends it; systemd restarts.

Feeds are polled on the event loop; scoring, judging and each receiver have a thread of their own. A commit wakes the
next loop, and a sweep every five seconds repairs a lost wake-up.
"""

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

import structlog

from monitor import metrics, systemd
from monitor.accounts import Accounts
from monitor.feeds import Source, Watch
from monitor.looking import LOOK_EVERY, Looking
from monitor.model import PostKey
from monitor.ports import Clock, Credentials, Intake, Open, Streaming
from monitor.spread.revisit import Purse
from monitor.streams import Streams
from monitor.timetable import Timetable

log = structlog.get_logger()

SWEEP = 5.0
"""Seconds after which a loop looks for work even if nobody woke it."""

DRAIN = 25.0
"""Real seconds for what is under way at SIGTERM; systemd gives 45."""

STUCK = 60.0
"""Real seconds without a sign of life of a loop before the watchdog is no longer fed; `Work` may allow more."""


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


class Server(Protocol):
    """The web side (uvicorn without its signal handlers)."""

    should_exit: bool

    async def serve(self) -> None: ...


@dataclass
class Life:
    """What the daemon knows of itself, for health checks and the demo. Times are real monotonic seconds."""

    ready: bool = False
    stopping: bool = False
    expected: dict[str, float] = field(default_factory=dict)
    """By when each loop must be heard of again."""
    first_poll: float | None = None

    def stale(self, now: float) -> list[str]:
        """The loops that have not been heard of for too long."""
        return sorted(name for name, by in list(self.expected.items()) if now > by)


@dataclass(frozen=True, kw_only=True)
class Work:
    """One loop with a thread of its own: `step` does some work and says whether there is more.

    `patience`: real seconds that one step may take before the loop counts as stuck.
    """

    name: str
    topic: str
    step: Callable[[], bool]
    patience: float = STUCK


class _Wake(threading.Event):
    """A wake-up that is also a sign of life: every loop begins its round by clearing it."""

    def __init__(self, heard: Callable[[], None]) -> None:
        super().__init__()
        self._heard = heard

    def clear(self) -> None:
        self._heard()
        super().clear()


@dataclass(kw_only=True)
class Daemon:
    """Holds the loops together. `subscribe` gives it the store's commit topics; `purses` says how often each account may
    look again; `credentials` remembers what operators were told of them; `gauges` refreshes slow metrics."""

    feeds: Sequence[Source]
    intake: Intake
    credentials: Credentials
    stream: Open
    watch: Callable[[Callable[[Callable[[], Any]], Any]], Watch]
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
    life: Life = field(default_factory=Life)
    sweep: float = SWEEP

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._wakes: dict[str, list[threading.Event]] = {}
        self._stopping: asyncio.Event
        self._polling: set[str] = set()

    async def run(self) -> None:
        """Runs until SIGTERM, SIGINT or `stop()`, then drains. Raises what crashed a part."""
        self._stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        with suppress(NotImplementedError, ValueError):  # only the main thread may own signals
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, self.stop)
        with ThreadPoolExecutor(4, "observe") as observing:

            async def aside(call: Callable[[], Any]) -> Any:
                return await loop.run_in_executor(observing, call)

            threads = self._start_threads()
            try:
                async with asyncio.TaskGroup() as group:
                    tasks = [group.create_task(self._serve())] if self.server else []
                    tasks.append(group.create_task(self._beat(aside)))
                    tasks.append(group.create_task(self._observe(self.watch(aside), aside)))
                    tasks.extend(group.create_task(self._attend(name, done)) for name, done in threads.items())
                    group.create_task(self._finish(tasks, threads))
            finally:
                self._stop.set()
                self._wake_all()
                systemd.tell("STOPPING=1")

    def stop(self) -> None:
        """Begins to stop; a second call is what a second Ctrl-C is: at once."""
        if self._stopping.is_set():
            os._exit(1)
        log.info("stopping")
        self.life.stopping = True
        self._stopping.set()

    async def _finish(self, tasks: Sequence[asyncio.Task[None]], threads: Mapping[str, "Future[None]"]) -> None:
        """Waits for the order to stop, lets what is under way end, then takes the loops down."""
        await self._stopping.wait()
        systemd.tell("STOPPING=1")
        for _ in range(int(DRAIN / 2 / 0.05)):
            if not self._polling:
                break
            await asyncio.sleep(0.05)
        self._stop.set()
        self._wake_all()
        waiting = [asyncio.wrap_future(done) for done in threads.values()]
        if waiting:
            _, late = await asyncio.wait(waiting, timeout=DRAIN / 2)
            if late:
                log.warning("a loop did not end in time; its work is done again after the next start", late=len(late))
        if self.server is not None:
            self.server.should_exit = True
        for task in tasks[1 if self.server else 0 :]:
            task.cancel()

    # ── threads ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _start_threads(self) -> dict[str, "Future[None]"]:
        """One thread for each loop; its Future ends when the thread does, with what crashed it."""
        runs: dict[str, Callable[[], None]] = {}
        for work in self.works:
            wake = self._wake(work.name, work.patience)
            self._wakes.setdefault(work.topic, []).append(wake)
            runs[work.name] = lambda work=work, wake=wake: self._loop(work, wake)  # type: ignore[misc]
        for delivery in self.deliveries:
            name = f"deliver {delivery.receiver}"
            wake = self._wake(name, STUCK)
            self._wakes.setdefault("outbox", []).append(wake)
            runs[name] = lambda d=delivery, wake=wake: d.run(self._stop, wake)  # type: ignore[misc]
        for listener in self.listeners:
            wake = self._wake(listener.name, STUCK)
            runs[listener.name] = lambda heard=listener, wake=wake: heard.run(self._stop, wake)  # type: ignore[misc]
        if self.auditor is not None:
            runs["audit"] = partial(self.auditor.run, self._stop, self._wake("audit", STUCK))
        self.subscribe(self._woken)
        futures: dict[str, Future[None]] = {}
        for name, run in runs.items():
            future: Future[None] = Future()
            futures[name] = future
            threading.Thread(target=self._run_into, args=(name, run, future), name=name, daemon=True).start()
        return futures

    def _run_into(self, name: str, run: Callable[[], None], future: "Future[None]") -> None:
        crashed: BaseException | None = None
        try:
            run()
        except BaseException as error:  # noqa: BLE001 - handed to the task group, which ends the process
            crashed = error
        self.life.expected.pop(name, None)
        if crashed is None:
            future.set_result(None)
        else:
            future.set_exception(crashed)

    def _wake(self, name: str, patience: float) -> _Wake:
        def heard() -> None:
            self.life.expected[name] = self.monotonic() + patience

        return _Wake(heard)

    def _loop(self, work: Work, wake: threading.Event) -> None:
        if work.topic == "mentions":
            self.warm()
        while not self._stop.is_set():
            wake.clear()
            if not work.step() and not self._stop.is_set():
                wake.wait(self.sweep)

    def _woken(self, topic: str) -> None:
        for wake in self._wakes.get(topic, ()):
            wake.set()

    def _wake_all(self) -> None:
        for topic in self._wakes:
            self._woken(topic)

    async def _attend(self, name: str, done: "Future[None]") -> None:
        """A thread that crashes takes the process with it: no zombie halves."""
        await asyncio.shield(asyncio.wrap_future(done))
        if not self._stop.is_set():
            raise RuntimeError(f"the {name} loop ended by itself")

    # ── feeds ───────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _observe(self, watch: Watch, aside: Callable[[Callable[[], Any]], Any]) -> None:
        """The timetable says which feeds are due; this loop polls them, each at most once at a time."""
        feeds = {feed.name: feed for feed in self.feeds if not isinstance(feed.connector, Streaming)}
        every = {name: feed.every / self.clock.rate for name, feed in feeds.items()}
        streams = Streams(watch=watch, open=self.stream, busy=self._polling)
        timetable = Timetable(every, wall=self.wall, monotonic=self.monotonic)
        timetable.start()
        self.life.ready = True
        systemd.tell("READY=1")
        log.info("ready", feeds=len(self.feeds), receivers=[d.receiver for d in self.deliveries])
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(timetable.guard())
                for feed in self.feeds:
                    if isinstance(feed.connector, Streaming):
                        group.create_task(streams.follow(feed, feed.connector))
                group.create_task(Accounts(self.feeds, self.credentials, watch).run())
                group.create_task(self._look_again(Looking(self.feeds, self.intake, self.purses), watch, aside))
                while True:
                    await timetable.some.wait()
                    timetable.some.clear()
                    for name in timetable.take(self._polling) if not self._stopping.is_set() else ():
                        self._polling.add(name)
                        group.create_task(self._poll(watch, feeds[name], timetable))
        finally:
            timetable.stop()

    async def _poll(self, watch: Watch, feed: Source, timetable: Timetable) -> None:
        try:
            await watch.poll(feed)
        finally:
            if self.life.first_poll is None:
                self.life.first_poll = self.monotonic()
            self._polling.discard(feed.name)
            timetable.again(feed.name)

    async def _look_again(self, looking: Looking, watch: Watch, aside: Callable[[Callable[[], Any]], Any]) -> None:
        while not self._stopping.is_set():
            for platform in looking.platforms:
                asked: set[PostKey] = set()
                while keys := await aside(partial(looking.chosen, platform, self.clock.now(), asked)):
                    asked.update(keys)
                    self._polling.add(f"look again {platform}")
                    try:
                        await looking.look(watch, platform, keys)
                    finally:
                        self._polling.discard(f"look again {platform}")
                    if self._stopping.is_set():
                        return
            await self.clock.sleep(LOOK_EVERY)

    # ── signs of life ───────────────────────────────────────────────────────────────────────────────────────────────

    async def _serve(self) -> None:
        assert self.server is not None  # noqa: S101 - only started with one
        await self.server.serve()
        if not self._stopping.is_set():
            raise RuntimeError("the web side ended by itself")

    async def _beat(self, aside: Callable[[Callable[[], Any]], Any]) -> None:
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
            await aside(self.gauges)
            stale = self.life.stale(self.monotonic())
            if watchdog is None:
                continue
            if stale or self.writer_stuck() > STUCK or lag > 5:
                log.error("not well: the watchdog goes hungry", stale=stale, writer_s=self.writer_stuck(), lag_s=lag)
            else:
                systemd.tell("WATCHDOG=1")
