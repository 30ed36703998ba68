"""One thread writes: who goes first, what an exception does, what happens when it ends."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, text

from monitor.errors import StoreError
from monitor.store import Store
from monitor.store.writer import WriterThread
from tests.builders import NOON
from tests.store.conftest import KEY
from tests.store.seen import a_scored_mention, pages, record, refreshes, saw

SECRET = "a word that somebody said"


class Seconds:
    """A clock that only tests move."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Held:
    """A write that begins, says so, and goes on when it is let go."""

    def __init__(self, writer: WriterThread) -> None:
        self._begun, self._go = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=lambda: writer.write("ingest", self._wait))
        self._thread.start()
        assert self._begun.wait(10)

    def _wait(self, _connection: Connection) -> None:
        self._begun.set()
        assert self._go.wait(10)

    def let_go(self) -> None:
        self._go.set()
        self._thread.join(10)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = create_engine(f"sqlite:///{tmp_path}/w.db", connect_args={"check_same_thread": False})
    with made.begin() as connection:
        connection.execute(text("CREATE TABLE said (word TEXT UNIQUE)"))
    yield made
    made.dispose()


@pytest.fixture
def elapsed() -> Seconds:
    return Seconds()


@pytest.fixture
def writer(engine: Engine, elapsed: Seconds) -> Iterator[WriterThread]:
    made = WriterThread(engine, elapsed)
    yield made
    made.close()


def say(word: str) -> Callable[[Connection], Any]:
    return lambda connection: connection.execute(text("INSERT INTO said VALUES (:word)"), {"word": word}).rowcount


def words(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return [str(row.word) for row in connection.execute(text("SELECT word FROM said ORDER BY rowid"))]


def queue(writer: WriterThread, lane: Any, word: str, waiting: int) -> threading.Thread:
    """Asks for a write in a thread of its own; returns once `waiting` of that lane are queued."""
    asking = threading.Thread(target=lambda: writer.write(lane, say(word)))
    asking.start()
    while len(writer._lanes[lane]) < waiting:
        asking.join(0.001)
    return asking


def test_a_page_overtakes_the_ingest_that_waits(writer: WriterThread, engine: Engine) -> None:
    held = Held(writer)
    asking = [
        queue(writer, "ingest", "first post", 1),
        queue(writer, "ingest", "second post", 2),
        queue(writer, "deliver", "page", 1),
    ]
    held.let_go()
    for one in asking:
        one.join(10)
    assert words(engine) == ["page", "first post", "second post"]


def test_a_write_returns_what_it_found_once_it_is_committed(writer: WriterThread, engine: Engine) -> None:
    assert writer.write("ingest", say("one")) == 1
    assert words(engine) == ["one"]


def test_an_exception_is_the_callers_and_takes_back_the_whole_write(writer: WriterThread, engine: Engine) -> None:
    def halfway(connection: Connection) -> None:
        say("half")(connection)
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        writer.write("ingest", halfway)
    assert writer.write("ingest", say("whole")) == 1
    assert words(engine) == ["whole"]


def test_what_the_database_refuses_is_said_without_peoples_words(writer: WriterThread) -> None:
    writer.write("ingest", say(SECRET))
    with pytest.raises(StoreError, match="could not be written: UNIQUE constraint failed") as caught:
        writer.write("ingest", say(SECRET))
    assert SECRET not in str(caught.value)
    assert writer.write("ingest", say("the next")) == 1


def test_what_the_driver_itself_refuses_is_said_the_same_way(writer: WriterThread) -> None:
    def straight(connection: Connection) -> None:
        connection.connection.cursor().execute("INSERT INTO nowhere VALUES (1)")

    with pytest.raises(StoreError, match="could not be written: no such table"):
        writer.write("ingest", straight)
    assert writer.write("ingest", say("the next")) == 1


def test_a_writer_that_cannot_go_on_says_so_to_who_waits_and_who_comes_later(elapsed: Seconds) -> None:
    gone = threading.Event()

    def no_file() -> sqlite3.Connection:
        assert gone.wait(10)
        raise sqlite3.OperationalError("unable to open database file")

    writer = WriterThread(create_engine("sqlite://", creator=no_file), elapsed)
    failures: list[BaseException] = []

    def ask() -> None:
        try:
            writer.write("deliver", say("page"))
        except StoreError as error:
            failures.append(error)

    waiting = threading.Thread(target=ask)
    waiting.start()
    while not writer._lanes["deliver"]:
        waiting.join(0.001)
    gone.set()
    waiting.join(10)
    ask()
    assert [str(failure) for failure in failures] == [
        "the database can no longer be written: unable to open database file"
    ] * 2
    assert writer.stuck() == 0.0
    writer.close()


def test_whatever_ends_the_writer_leaves_nobody_waiting(engine: Engine) -> None:
    class Broken(WriterThread):
        def _do(self, connection: Connection, job: Any) -> None:
            raise MemoryError

    writer = Broken(engine, Seconds())
    with pytest.raises(StoreError, match="can no longer be written: MemoryError"):
        writer.write("ingest", say("one"))
    writer.close()


def test_how_long_a_write_has_been_waited_for_is_known(writer: WriterThread, elapsed: Seconds) -> None:
    assert writer.stuck() == 0.0
    held = Held(writer)
    elapsed.now += 7
    behind = queue(writer, "ingest", "post", 1)
    elapsed.now += 3
    assert writer.stuck() == 10.0
    held.let_go()
    behind.join(10)
    assert writer.write("ingest", lambda _connection: writer.stuck()) == 0.0


def test_closing_writes_what_was_asked_for_and_then_no_more(engine: Engine, elapsed: Seconds) -> None:
    writer = WriterThread(engine, elapsed)
    held = Held(writer)
    asking = [queue(writer, "ingest", "first", 1), queue(writer, "deliver", "second", 1)]
    still_writing: list[bool] = []

    def close() -> None:
        writer.close()
        still_writing.append(writer._thread.is_alive())

    closing = threading.Thread(target=close)
    closing.start()
    while writer._refusal is None:
        closing.join(0.001)
    with pytest.raises(StoreError, match="the store is closed"):
        writer.write("deliver", say("too late"))
    held.let_go()
    for one in (closing, *asking):
        one.join(10)
    assert words(engine) == ["second", "first"]
    assert still_writing == [False]


def test_opening_an_incident_overtakes_ingest_and_quiet_judging_does_not(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    mention = a_scored_mention(store)
    lanes: list[str] = []
    write = store._db.write

    def noted(lane: Any, work: Callable[[Connection], Any]) -> Any:
        lanes.append(lane)
        return write(lane, work)

    monkeypatch.setattr(store._db, "write", noted)
    store.apply([pages(mention)], NOON)
    store.apply([refreshes(mention, change="none", tells=())], NOON)
    record(store, saw("2"))
    assert lanes == ["deliver", "ingest", "ingest"]


def test_a_store_that_is_idle_is_not_stuck(store: Store) -> None:
    record(store, saw())
    assert store.writer_stuck() == 0.0


def test_a_store_may_be_read_while_it_is_being_written(opened: Callable[[], Store]) -> None:
    store = opened()
    begun, go = threading.Event(), threading.Event()

    def slow(_connection: Connection) -> None:
        begun.set()
        assert go.wait(10)

    writing = threading.Thread(target=lambda: store._db.write("ingest", slow))
    writing.start()
    assert begun.wait(10)
    assert store.totals()["posts"] == 0
    go.set()
    writing.join(10)


def test_many_threads_write_and_read_at_the_same_time(store: Store) -> None:
    failed: list[int] = []

    def work(part: int) -> None:
        failed.append(part)
        for number in range(20):
            record(store, saw(f"{part}-{number}"))
            assert store.unscored(1)
            assert store.totals()["posts"] > number
        failed.remove(part)

    threads = [threading.Thread(target=work, args=(part,)) for part in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []
    assert store.totals()["posts"] == 120


def test_closing_leaves_one_file_with_everything_in_it(path: Path) -> None:
    store = Store.open(path, hash_key=KEY)
    record(store, saw())
    store.close()
    assert sorted(item.name for item in path.parent.iterdir()) == ["langyan.db"]
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM post").fetchone() == (1,)
    connection.close()
