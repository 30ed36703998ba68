"""Who may write: one thread that owns one connection, with two lanes. What people wait for overtakes ingest."""

import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from monitor import metrics
from monitor.errors import DiskError, StoreError

T = TypeVar("T")
Lane = Literal["deliver", "ingest"]

CANNOT = (DBAPIError, sqlite3.Error)
"""What the database says when it cannot: through SQLAlchemy, or straight from the driver."""


DISK = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN})
"""SQLite's primary codes for a disk that takes nothing."""


@dataclass(frozen=True, slots=True)
class _Job:
    """A piece of work somebody waits for; `asked` as the thread's clock says."""

    asked: float
    work: Callable[[Connection], Any]
    done: "Future[Any]"


class WriterThread:
    """`elapsed` gives real monotonic seconds."""

    def __init__(self, engine: Engine, elapsed: Callable[[], float]) -> None:
        self._engine, self._elapsed = engine, elapsed
        self._lanes: dict[Lane, deque[_Job]] = {"deliver": deque(), "ingest": deque()}
        self._some = threading.Condition()
        self._under_way: _Job | None = None
        self._refusal: str | None = None
        self._thread = threading.Thread(target=self._run, name="store writer", daemon=True)
        self._thread.start()

    def write(self, lane: Lane, work: Callable[[Connection], T]) -> T:
        """Blocks until the work is committed; raises what it raised. `lane` deliver goes first."""
        job = _Job(self._elapsed(), work, Future())
        with self._some:
            if self._refusal is not None:
                raise StoreError(self._refusal)
            self._lanes[lane].append(job)
            self._some.notify()
        try:
            done: Future[T] = job.done
            return done.result()
        finally:
            metrics.WRITER_SECONDS.labels(lane).observe(self._elapsed() - job.asked)

    def stuck(self) -> float:
        """Seconds the oldest write, under way or waiting, has been waited for."""
        with self._some:
            waited_for = [lane[0].asked for lane in self._lanes.values() if lane]
            if self._under_way is not None:
                waited_for.append(self._under_way.asked)
        return max((self._elapsed() - asked for asked in waited_for), default=0.0)

    def close(self) -> None:
        """Lets everything that was asked for be written, then ends the thread."""
        with self._some:
            self._refusal = self._refusal or "the store is closed: nothing more is written"
            self._some.notify()
        self._thread.join()

    def _run(self) -> None:
        try:
            with self._engine.connect() as connection:
                while (job := self._next()) is not None:
                    self._do(connection, job)
        except BaseException as error:  # noqa: BLE001 - whoever waits, or asks from now on, must hear of it
            self._give_up(f"the database can no longer be written: {said(error)}")

    def _do(self, connection: Connection, job: _Job) -> None:
        try:
            with connection.begin():
                result = job.work(connection)
        except CANNOT as error:
            kind = DiskError if code(error) in DISK else StoreError
            job.done.set_exception(kind(f"the database could not be written: {said(error)}"))
        except BaseException as error:  # noqa: BLE001 - the caller's to know; the thread goes on for the others
            job.done.set_exception(error)
        else:
            job.done.set_result(result)

    def _next(self) -> _Job | None:
        with self._some:
            self._under_way = None
            while not (waiting := self._lanes["deliver"] or self._lanes["ingest"]):
                if self._refusal is not None:
                    return None
                self._some.wait()
            self._under_way = waiting.popleft()
            return self._under_way

    def _give_up(self, why: str) -> None:
        with self._some:
            self._refusal = why
            left = [job for lane in self._lanes.values() for job in lane]
            for lane in self._lanes.values():
                lane.clear()
            if self._under_way is not None and not self._under_way.done.done():
                left.append(self._under_way)
            self._under_way = None
        for job in left:
            job.done.set_exception(StoreError(why))


def said(error: BaseException) -> str:
    """What the database said, without the statement and its values: those may hold people's words."""
    return str(error.orig if isinstance(error, DBAPIError) else error) or type(error).__name__


def code(error: BaseException) -> int:
    """SQLite's primary code; 0: it named none."""
    original = error.orig if isinstance(error, DBAPIError) else error
    return int(getattr(original, "sqlite_errorcode", 0) or 0) & 0xFF
