"""Who may write: one thread that owns one connection, with two lanes. What people wait for overtakes ingest."""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Literal, Protocol, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from monitor import metrics
from monitor.errors import StoreError

T = TypeVar("T")
Lane = Literal["deliver", "ingest"]


class Writes(Protocol):
    """Runs a piece of work in one transaction and returns what it returns, once that is durable."""

    def write(self, lane: Lane, work: Callable[[Connection], T]) -> T: ...
    def stuck(self) -> float: ...
    def close(self) -> None: ...


class InlineWriter:
    """Writes in the caller's thread: an in-memory database belongs to whoever asks."""

    def __init__(self, connection: Connection, lock: threading.RLock) -> None:
        self._connection, self._lock = connection, lock

    def write(self, lane: Lane, work: Callable[[Connection], T]) -> T:  # noqa: ARG002 - nobody waits here
        with self._lock, self._connection.begin():
            return work(self._connection)

    def stuck(self) -> float:
        return 0.0

    def close(self) -> None:
        with self._lock:
            self._connection.close()


class WriterThread:
    """`elapsed` gives real monotonic seconds."""

    def __init__(self, engine: Engine, elapsed: Callable[[], float]) -> None:
        self._engine, self._elapsed = engine, elapsed
        self._lanes: dict[Lane, deque[tuple[float, Callable[[Connection], Any], Future[Any]]]] = {
            "deliver": deque(),
            "ingest": deque(),
        }
        self._some = threading.Condition()
        self._since: float | None = None
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="store writer", daemon=True)
        self._thread.start()

    def write(self, lane: Lane, work: Callable[[Connection], T]) -> T:
        """Blocks until the work is committed; raises what it raised. `lane` deliver goes first."""
        done: Future[T] = Future()
        asked = self._elapsed()
        with self._some:
            if self._closing:
                raise StoreError("the store is closed: nothing more is written")
            self._lanes[lane].append((asked, work, done))
            self._some.notify()
        try:
            return done.result()
        finally:
            metrics.WRITER_SECONDS.labels(lane).observe(self._elapsed() - asked)

    def stuck(self) -> float:
        """Seconds the write under way, or the one that waits longest, has taken so far."""
        with self._some:
            waiting = [lane[0][0] for lane in self._lanes.values() if lane]
            begun = [] if self._since is None else [self._since]
        return max((self._elapsed() - at for at in (*waiting, *begun)), default=0.0)

    def close(self) -> None:
        """Lets everything that was asked for be written, then ends the thread."""
        with self._some:
            self._closing = True
            self._some.notify()
        self._thread.join()

    def _run(self) -> None:
        with self._engine.connect() as connection:
            while (job := self._next()) is not None:
                _, work, done = job
                try:
                    with connection.begin():
                        result = work(connection)
                except OperationalError as error:
                    done.set_exception(StoreError(f"the database could not be written: {error.orig}"))
                except BaseException as error:  # noqa: BLE001 - the caller's to know; the thread goes on for the others
                    done.set_exception(error)
                else:
                    done.set_result(result)
                with self._some:
                    self._since = None

    def _next(self) -> tuple[float, Callable[[Connection], Any], "Future[Any]"] | None:
        with self._some:
            while not (waiting := self._lanes["deliver"] or self._lanes["ingest"]):
                if self._closing:
                    return None
                self._some.wait()
            self._since = self._elapsed()
            return waiting.popleft()
