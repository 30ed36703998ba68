"""Threads that carry out calls one after the other, and that hold no process which ends.

The system's lookup of a name cannot be called off, and the interpreter joins the threads of an executor when it ends: an answer that hangs
there would hold the daemon until it is killed. Nobody joins these.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from queue import Empty, SimpleQueue

import structlog

log = structlog.get_logger()

Call = Callable[[], None]


class Hands:
    """So many threads of this name; none before the first call."""

    def __init__(self, count: int, name: str) -> None:
        self._count, self._name = count, name
        self._calls: SimpleQueue[Call | None] = SimpleQueue()
        self._ends: list[Future[None]] = []
        self._lock = threading.Lock()

    def submit(self, call: Call) -> None:
        """From any thread. After `close` it is let go."""
        self._calls.put(call)
        with self._lock:
            while len(self._ends) < self._count:
                end: Future[None] = Future()
                self._ends.append(end)
                threading.Thread(target=self._work, args=(end,), name=self._name, daemon=True).start()

    def drop(self) -> None:
        """What was not begun is let go."""
        try:
            while True:
                self._calls.get_nowait()
        except Empty:
            return

    def close(self, patience: float) -> None:
        """Ends after what was given so far, and waits for that, but no longer than these real seconds."""
        for _ in self._ends:
            self._calls.put(None)
        wait(self._ends, patience)

    def _work(self, end: Future[None]) -> None:
        while (call := self._calls.get()) is not None:
            try:
                call()
            except Exception:  # one call's trouble is not the next one's
                log.exception("a call failed in an unexpected way", hands=self._name)
        end.set_result(None)
