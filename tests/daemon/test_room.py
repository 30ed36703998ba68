"""A disk without room: what is given up, in which order, and that no loop ends of it."""

import asyncio
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from monitor.causes import Causes
from monitor.clock import RealClock
from monitor.daemon import Work
from monitor.errors import DiskError, StoreError
from monitor.room import MIB, Disk, Level, Room, level
from monitor.store import Store, schema
from tests.daemon.test_daemon import daemon, until
from tests.store.seen import exhibit, page, record, rows, saw

GIB = 1024 * MIB


@dataclass
class Bench:
    """A disk as it is said to be, and who hears of it."""

    free: int = 100 * GIB
    writable: bool = True
    store: Store = field(default_factory=Store.memory)

    def __post_init__(self) -> None:
        causes = Causes(book=self.store, ops=lambda: ["ops"], clock=RealClock())
        self.room = Room(lambda: Disk(1000 * GIB, self.free), self.write, lambda: causes, "/state")

    def write(self) -> None:
        if not self.writable:
            raise DiskError("the database could not be written: database or disk is full")

    def unwritten(self, *_: object) -> bool:
        raise DiskError("full")

    def told(self) -> list[str]:
        return [row["body"]["what"] for row in self.store.notifications()]


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.mark.parametrize(
    ("free", "total", "given_up"),
    [
        (600 * MIB, 1000 * GIB, Level.NOTHING),
        (500 * MIB, 1000 * GIB, Level.ANSWERS),
        (200 * MIB, 1000 * GIB, Level.LETTING_GO),
        (100 * MIB, 1000 * GIB, Level.FEEDS),
        (100 * MIB, 1000 * MIB, Level.NOTHING),
        (10 * MIB, 1000 * MIB, Level.FEEDS),
    ],
)
def test_what_is_given_up_follows_from_the_room_there_is(free: int, total: int, given_up: Level) -> None:
    assert level(Disk(total, free)) is given_up


def test_operators_hear_once_when_room_is_short_and_once_when_there_is_some_again(bench: Bench) -> None:
    for free in (500 * MIB, 400 * MIB, 50 * MIB, 200 * MIB):
        bench.free = free
        bench.room.look()
    assert (bench.room.keeps_answers, bench.room.lets_go, bench.room.reads_feeds) == (False, False, True)
    assert bench.room.ill()
    bench.free = 100 * GIB
    bench.room.look()
    bench.room.look()
    assert [what.startswith("all clear") for what in bench.told()] == [False, True]
    assert bench.room.ill() == []


def test_what_was_refused_stops_the_feeds_until_something_can_be_written(bench: Bench) -> None:
    bench.writable = False
    bench.room.refused(DiskError("full"))
    bench.room.look()
    assert not bench.room.reads_feeds
    bench.writable = True
    bench.room.look()
    assert bench.room.reads_feeds


# ── the store ───────────────────────────────────────────────────────────────────────────────────────────────────────


def fill(store: Store, pages: int) -> None:
    """No page more than these goes into the file."""
    store._db.write("ingest", lambda connection: connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}").close())


def size(store: Store) -> int:
    return int(store._db.read(lambda connection: connection.exec_driver_sql("PRAGMA page_count").scalar_one()))


def test_a_full_disk_is_no_other_error_loses_nothing_and_passes(tmp_path: Path) -> None:
    with closing(Store.open(tmp_path / "s.db", hash_key=b"k")) as store:
        record(store, saw("1"))
        fill(store, size(store) + 2)
        with pytest.raises(DiskError, match="database or disk is full"):
            record(store, *[saw(str(number), text="星禾" * 2000) for number in range(2, 60)])
        assert len(rows(store, schema.post)) == 1
        with pytest.raises(DiskError):
            record(store, *[saw(str(number), text="星禾" * 2000) for number in range(2, 60)])
        store.write_something()
        fill(store, 1_000_000)
        record(store, *[saw(str(number), text="星禾" * 2000) for number in range(2, 60)])
        assert len(rows(store, schema.post)) == 59


def test_a_defect_is_no_full_disk(tmp_path: Path) -> None:
    with closing(Store.open(tmp_path / "s.db", hash_key=b"k")) as store:
        with pytest.raises(StoreError) as failed:
            store._db.write("ingest", lambda connection: connection.exec_driver_sql("INSERT INTO nowhere VALUES (1)"))
        assert not isinstance(failed.value, DiskError)


def test_without_room_looks_are_kept_and_their_answers_are_not(tmp_path: Path) -> None:
    with closing(Store.open(tmp_path / "s.db", hash_key=b"k")) as store:
        store.keeps_answers = lambda: False
        page(store, "2")
        record(store, saw("1"), exhibit=exhibit())
        assert rows(store, schema.response) == []
        assert len(rows(store, schema.sighting)) == 2


# ── the daemon ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.anyio
async def test_a_loop_that_the_disk_refused_tries_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.loops.TRIED_AGAIN", 0.01)
    tries: list[int] = []
    refused: list[DiskError] = []

    def step() -> bool:
        tries.append(1)
        if len(tries) < 4:
            raise DiskError("full")
        return False

    house = daemon(Work(name="judge", topic="news", step=step), refused=refused.append)
    task = asyncio.create_task(house.run())
    await until(lambda: len(tries) >= 4)
    house.stop()
    await task
    assert len(refused) == 3


@pytest.mark.anyio
async def test_feeds_rest_while_there_is_no_room_and_a_refused_poll_ends_nothing() -> None:
    polls: list[str] = []
    refused: list[DiskError] = []

    async def poll(feed: object) -> None:
        polls.append("begun")
        raise DiskError("full")

    room: list[bool] = [True]
    reads: Callable[[], bool] = lambda: room[0]  # noqa: E731
    house = daemon(poll=poll, refused=refused.append, reads=reads)
    task = asyncio.create_task(house.run())
    await until(lambda: len(refused) == 2)
    room[0] = False
    await until(lambda: not house._observing.busy)
    before = len(polls)
    await asyncio.sleep(0.3)
    assert len(polls) == before
    room[0] = True
    await until(lambda: len(polls) > before)
    house.stop()
    await task


def test_of_a_disk_that_was_full_at_once_operators_hear_when_it_can_be_written_down(bench: Bench) -> None:
    bench.writable = False
    bench.store.open_cause = bench.unwritten  # type: ignore[method-assign, assignment]
    bench.room.refused(DiskError("the database could not be written: database or disk is full"))
    bench.room.look()
    assert bench.told() == []
    del bench.store.open_cause
    bench.writable = True
    bench.room.look()
    assert [what.startswith("all clear") for what in bench.told()] == [False, True]
