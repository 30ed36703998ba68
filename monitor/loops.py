"""The loops that have a thread of their own: started, changed over one by one, ended together."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field

from monitor.errors import DiskError

TRIED_AGAIN = 5.0
"""Real seconds after which what the disk refused is tried again."""

Run = Callable[[threading.Event, threading.Event], None]
"""Runs until the first event is set; the second wakes it. It is run again after a DiskError."""


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
class Wanted:
    """A loop that is to run. `what`: as long as this is the same object, a change leaves the loop alone. `topic`: the commits that
    wake it. `patience`: real seconds without a sign of life before it counts as stuck."""

    what: object
    run: Run
    topic: str
    patience: float


class _Wake(threading.Event):
    """A wake-up that is also a sign of life: every loop begins its round by clearing it."""

    def __init__(self, heard: Callable[[], None]) -> None:
        super().__init__()
        self._heard = heard

    def clear(self) -> None:
        self._heard()
        super().clear()


@dataclass(frozen=True, eq=False)
class Loop:
    """A loop that runs. `done` ends when its thread does, with what crashed it."""

    name: str
    wanted: Wanted
    wake: threading.Event
    stop: threading.Event = field(default_factory=threading.Event)
    done: "Future[None]" = field(default_factory=Future)

    def end(self) -> None:
        """Ends it after the step under way."""
        self.stop.set()
        self.wake.set()


class Loops:
    """One thread for each name. A loop that takes another's place begins when that one has ended, so no two do the same work."""

    def __init__(self, life: Life, monotonic: Callable[[], float], refused: Callable[[DiskError], None]) -> None:
        self._life, self._monotonic, self._refused = life, monotonic, refused
        self._running: dict[str, Loop] = {}

    @property
    def running(self) -> list[Loop]:
        return list(self._running.values())

    def change(self, wanted: Mapping[str, Wanted]) -> list[Loop]:
        """Starts what is new, ends what is gone, leaves alone what is the same. Returns the loops that were started."""
        before = dict(self._running)
        for name, loop in before.items():
            if name not in wanted or wanted[name].what is not loop.wanted.what:
                loop.end()
        self._running = {
            name: before[name] if name in before and before[name].wanted.what is one.what else self._new(name, one)
            for name, one in wanted.items()
        }
        started = [loop for name, loop in self._running.items() if loop is not before.get(name)]
        for loop in started:
            first = before.get(loop.name)
            threading.Thread(target=self._run, args=(loop, first), name=loop.name, daemon=True).start()
        return started

    def woken(self, topic: str) -> None:
        """A commit: whoever works on such wakes."""
        for loop in self.running:
            if loop.wanted.topic == topic:
                loop.wake.set()

    def end(self) -> None:
        for loop in self.running:
            loop.end()

    def _new(self, name: str, wanted: Wanted) -> Loop:
        def heard() -> None:
            self._life.expected[name] = self._monotonic() + wanted.patience

        return Loop(name, wanted, _Wake(heard))

    def _until_written(self, loop: Loop) -> None:
        """What the disk refuses is tried again: a full disk ends no loop."""
        while True:
            try:
                return loop.wanted.run(loop.stop, loop.wake)
            except DiskError as error:
                self._refused(error)
                if loop.stop.wait(TRIED_AGAIN):
                    return None

    def _run(self, loop: Loop, first: Loop | None) -> None:
        crashed: BaseException | None = None
        try:
            if first is not None:
                first.done.exception()  # waits; what it crashed with is said by whoever attends it
            self._until_written(loop)
        except BaseException as error:  # noqa: BLE001 - handed to the task group, which ends the process
            crashed = error
        self._life.expected.pop(loop.name, None)
        if crashed is None:
            loop.done.set_result(None)
        else:
            loop.done.set_exception(crashed)
