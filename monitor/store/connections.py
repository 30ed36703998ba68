"""The connections to one database: how they are set up, who reads, who writes."""

import sqlite3
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import NullPool, QueuePool, StaticPool

from monitor.errors import StoreError
from monitor.model import Words
from monitor.store import migrate, schema, still
from monitor.store.writer import CANNOT, DISK, Lane, WriterThread, code, said

T = TypeVar("T")

READERS = 4
_STATEMENTS = 48
"""Prepared statements that a connection keeps. A list of numbers makes one for each length, and each is some ten KiB."""

_PATIENCE = 5.0
"""Seconds one process waits for another that writes."""

_CONNECTED: Mapping[str, Any] = {
    "timeout": _PATIENCE,
    "check_same_thread": False,
    "cached_statements": _STATEMENTS,
}

_WRITING = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "temp_store = MEMORY",
            "journal_size_limit = 67108864")  # fmt: skip
_READING = ("query_only = ON", "temp_store = MEMORY", "cache_size = -512")
"""Readers keep half a MiB of pages each, not two: the kernel keeps the file anyway, and theirs filled for hours."""
_MEMORY = ("foreign_keys = ON", "synchronous = OFF", "temp_store = MEMORY")


class Connections(Protocol):
    """What the store asks of its database."""

    def read(self, work: Callable[[Connection], T]) -> T:
        """Runs `work` on one snapshot."""
        ...

    def write(self, lane: Lane, work: Callable[[Connection], T]) -> T:
        """Runs `work` in one transaction; returns when it is durable."""
        ...

    def stuck(self) -> float: ...
    def close(self) -> None: ...


class InMemory:
    """One connection, gone with the process; whoever asks waits for whoever asked before."""

    def __init__(self) -> None:
        raw = sqlite3.connect(":memory:", check_same_thread=False)
        engine = _engine(lambda: raw, _MEMORY, begin="BEGIN", poolclass=StaticPool)
        self._connection = engine.connect()
        schema.metadata.create_all(self._connection)
        self._connection.commit()
        # Nobody writes while one reads here, so reading needs no transaction.
        unguarded = create_engine(
            "sqlite://", creator=lambda: raw, poolclass=StaticPool, isolation_level="AUTOCOMMIT", hide_parameters=True
        )
        self._reading = unguarded.connect()
        self._lock = threading.RLock()

    def read(self, work: Callable[[Connection], T]) -> T:
        with self._lock:
            return work(self._reading)

    def write(self, lane: Lane, work: Callable[[Connection], T]) -> T:  # noqa: ARG002 - nobody waits here
        with self._lock, self._connection.begin():
            return work(self._connection)

    def stuck(self) -> float:
        return 0.0

    def close(self) -> None:
        self._reading.close()
        self._connection.close()
        self._reading.engine.dispose()
        self._connection.engine.dispose()


class OnDisk:
    """A file: one writer thread, and a few read-only connections for everyone else."""

    def __init__(self, path: Path, elapsed: Callable[[], float]) -> None:
        self._path, self._readers = path, _readers(_file(path, "ro"))
        self._writing = _engine(_file(path, "rwc"), _WRITING, begin="BEGIN IMMEDIATE", poolclass=NullPool)
        if path.exists():
            # Read before anything is written: a file that is not ours, or is newer, stays as it is.
            _opened(path, lambda: migrate.refuse_foreign(self._readers, path))
        _opened(path, lambda: migrate.to_head(self._writing, path))
        self._writer = WriterThread(self._writing, elapsed)

    def read(self, work: Callable[[Connection], T]) -> T:
        return _read(self._readers, self._path, work)

    def write(self, lane: Lane, work: Callable[[Connection], T]) -> T:
        return self._writer.write(lane, work)

    def stuck(self) -> float:
        return self._writer.stuck()

    def close(self) -> None:
        """Writes what was asked for, folds the log into the file, and lets go of it."""
        self._writer.close()
        self._readers.dispose()
        with (
            suppress(*CANNOT),
            self._writing.connect() as connection,
        ):  # a full disk: the log stays beside the file, whole
            raw = connection.connection.cursor()
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            raw.close()
        self._writing.dispose()


class ReadOnly:
    """A file that somebody else may be writing."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            raise StoreError(
                Words(
                    f"{path}：还没有数据库。请先启动一次 langyan run，或把 state 指向它所在的目录",
                    f"{path}: there is no database yet. Start langyan run once, or set state to its folder",
                )
            )
        self._path, self._readers = path, _readers(lambda: still.connect(path, **_CONNECTED))
        _opened(path, lambda: migrate.refuse_other(self._readers, path))

    def read(self, work: Callable[[Connection], T]) -> T:
        return _read(self._readers, self._path, work)

    def write(self, lane: Lane, work: Callable[[Connection], T]) -> T:  # noqa: ARG002
        raise StoreError(f"{self._path} was opened for reading alone")

    def stuck(self) -> float:
        return 0.0

    def close(self) -> None:
        self._readers.dispose()


def _read(engine: Engine, path: Path, work: Callable[[Connection], T]) -> T:
    try:
        with engine.connect() as connection, connection.begin():
            return work(connection)
    except CANNOT as error:
        raise StoreError(Words(f"{path} 读不了：{said(error)}", f"{path} could not be read: {said(error)}")) from error


def _readers(connect: Callable[[], sqlite3.Connection]) -> Engine:
    return _engine(
        connect,
        _READING,
        begin="BEGIN",
        poolclass=QueuePool,
        pool_size=READERS,
        max_overflow=READERS,
        # Whoever read last reads next: a reader that is seldom needed keeps few pages and few statements.
        pool_use_lifo=True,
    )


def _file(path: Path, mode: str) -> Callable[[], sqlite3.Connection]:
    """Connects without SQLAlchemy's own reading of the address, which stumbles over `?`, `#` and `%` in a folder's name."""
    uri = still.address(path, f"mode={mode}")
    return lambda: sqlite3.connect(uri, uri=True, **_CONNECTED)


def _engine(creator: Callable[[], sqlite3.Connection], pragmas: tuple[str, ...], *, begin: str, **given: Any) -> Engine:
    """An engine whose transactions are SQLite's own: the driver's guesses about when to begin one are turned off. Its errors do
    not quote what was to be stored, for they end in a log."""
    engine = create_engine("sqlite://", creator=creator, hide_parameters=True, **given)

    @event.listens_for(engine, "connect")
    def _(raw: Any, _record: Any) -> None:
        raw.isolation_level = None
        for pragma in pragmas:
            raw.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _(connection: Connection) -> None:
        # Straight to the driver: this stands before every transaction, and SQLAlchemy's way costs as much as a query.
        connection.connection.cursor().execute(begin)

    return engine


def _opened(path: Path, work: Callable[[], None]) -> None:
    try:
        work()
    except CANNOT as error:
        if code(error) in DISK and path.is_file():
            raise StoreError(
                Words(
                    f"{path} 打不开：{said(error)}。请检查它所在的盘（df -h、mount）；文件没有动过",
                    f"{path} cannot be opened: {said(error)}. Look at the disk that holds it (df -h, mount); the file is as it was",
                )
            ) from error
        raise StoreError(
            Words(
                f"{path} 不能用作数据库：{said(error)}。请把 state 指向别的目录，或移走这个文件",
                f"{path} cannot be used as a database: {said(error)}. Set state to another folder, or move the file away",
            )
        ) from error
