"""What is old is let go, a little at a time; what an incident needs stays as long as it does."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from monitor.model import Act
from monitor.pipeline.retention import AWAY, DOUBTED, ROUND, Retention, Trust
from monitor.ports import Ageing
from monitor.store import Store, retention, schema
from tests.builders import NOON
from tests.store.seen import counted, page, record, rows, saw
from tests.store.test_store_evidence import close

KEEP, EVIDENCE = timedelta(days=90), timedelta(days=365)
ALL: tuple[Ageing, ...] = ("incident", "post", "story", "notification")


def let_go(store: Store, now: datetime) -> None:
    """Everything that may go, in the order of the loop."""
    for kind in ALL:
        at: int | None = 0
        while at is not None:
            at = store.let_go(kind, at, now - (EVIDENCE if kind == "incident" else KEEP))


def left(store: Store) -> dict[str, int]:
    tables = (
        "post",
        "sighting",
        "mention",
        "story",
        "story_band",
        "incident",
        "event",
        "notification",
        "proof",
        "label",
    )
    return {name: count for name in tables if (count := len(rows(store, schema.metadata.tables[name])))}


@contextmanager
def counted_rows(store: Store) -> Iterator[list[int]]:
    """How many rows each transaction changed, what hangs on them included."""
    changed: list[int] = []
    write = store._db.write

    def counting(lane: Any, work: Callable[[Connection], Any]) -> Any:
        def counts(connection: Connection) -> Any:
            asked = "SELECT total_changes()"
            before = connection.exec_driver_sql(asked).scalar_one()
            done = work(connection)
            changed.append(connection.exec_driver_sql(asked).scalar_one() - before)
            return done

        return write(lane, counts)

    store._db.write = counting  # type: ignore[method-assign]
    yield changed
    store._db.write = write  # type: ignore[method-assign]


def test_an_old_post_goes_with_all_that_hangs_on_it_and_the_days_numbers_stay(store: Store) -> None:
    record(store, saw("old"), saw("seen again"))
    record(store, counted("seen again", NOON + timedelta(days=80)))
    let_go(store, NOON + timedelta(days=91))
    assert [row["native_id"] for row in rows(store, schema.post)] == ["seen again"]
    assert left(store) == {"post": 1, "sighting": 2, "mention": 1}
    assert [row["posts"] for row in rows(store, schema.daily)] == [2]


def test_what_an_incident_needs_stays_until_it_has_been_over_for_long(store: Store) -> None:
    incident = page(store, "1")
    let_go(store, NOON + timedelta(days=5000))
    assert left(store)["incident"] == 1
    close(store, incident, NOON + timedelta(days=5000))
    let_go(store, NOON + timedelta(days=5364))
    assert left(store)["post"] == 1
    let_go(store, NOON + timedelta(days=5366))
    assert left(store) == {}


def test_a_closed_incident_is_not_needed_by_what_joined_it_later(store: Store) -> None:
    first, second = page(store, "1"), page(store, "2")
    close(store, first, NOON, Act.FALSE_ALARM)
    let_go(store, NOON + timedelta(days=366))
    assert [row["id"] for row in rows(store, schema.incident)] == [second]
    assert [row["native_id"] for row in rows(store, schema.post)] == ["2"]


def test_no_transaction_lets_go_of_more_than_some_rows(store: Store) -> None:
    for number in range(40):
        record(store, saw(str(number)), *[counted(str(number), NOON + timedelta(minutes=n + 1)) for n in range(15)])
    record(store, saw("long"))
    for begin in range(0, 900, 90):
        record(store, *[counted("long", NOON + timedelta(seconds=n + 1)) for n in range(begin, begin + 90)])
    with counted_rows(store) as changed:
        let_go(store, NOON + timedelta(days=91))
    assert left(store) == {}
    assert max(changed) <= retention.ROWS_A_COMMIT
    assert len(changed) < 20


# ── the loop ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Elapsed:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def elapsed() -> Elapsed:
    return Elapsed()


def walk(loop: Retention, now: datetime) -> None:
    for _ in range(10):
        assert not loop.step(now)


def test_the_loop_walks_through_everything_and_comes_back_after_an_hour(store: Store, elapsed: Elapsed) -> None:
    loop = Retention(store, KEEP, EVIDENCE, Trust(elapsed), elapsed)
    record(store, saw("1"))
    record(store, saw("2", NOON + timedelta(days=91)))
    walk(loop, NOON + timedelta(days=91, hours=1))
    assert left(store)["post"] == 1
    record(store, saw("3", NOON))
    walk(loop, NOON + timedelta(days=91, hours=1))
    assert left(store)["post"] == 2
    elapsed.now = ROUND
    walk(loop, NOON + timedelta(days=91, hours=1))
    assert left(store)["post"] == 1


def test_nothing_is_let_go_by_a_clock_that_jumped_until_a_day_later(store: Store, elapsed: Elapsed) -> None:
    trust = Trust(elapsed)
    loop = Retention(store, KEEP, EVIDENCE, trust, elapsed)
    record(store, saw("1"))
    loop.step(NOON)
    trust.doubt()
    elapsed.now = ROUND * 2
    walk(loop, NOON + timedelta(days=365))
    assert left(store)["post"] == 1
    elapsed.now = DOUBTED + ROUND
    walk(loop, NOON + timedelta(days=365))
    assert left(store) == {}


def test_nothing_is_let_go_at_once_by_a_start_far_ahead_of_the_last_sign_of_life(
    store: Store, elapsed: Elapsed
) -> None:
    loop = Retention(store, KEEP, EVIDENCE, Trust(elapsed), elapsed)
    record(store, saw("1"))
    walk(loop, NOON + timedelta(days=365) + AWAY)
    assert left(store)["post"] == 1
