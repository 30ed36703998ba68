"""After the clock went back, nothing waits for a moment of the old time."""

from datetime import timedelta

from monitor.errors import Failure
from monitor.model import Outcome, Receipt
from monitor.store import Store, schema
from tests.builders import NOON
from tests.store.seen import CRISIS, SENT, SETTLE, after, judged_again, page, record, refreshes, rows, saw

HOUR = timedelta(hours=1)


def test_a_page_a_resting_feed_and_a_look_wait_no_longer_than_they_were_to(store: Store) -> None:
    page(store, "1")
    claimed = store.claim(CRISIS, NOON, SETTLE)
    assert claimed is not None
    store.settle(claimed, Receipt(outcome=Outcome.REFUSED), NOON, after(30), ())
    store.fail("search", Failure.TRANSIENT, "no answer", now=NOON, rest_until=after(300), ops=None)
    before = [row["next_look_at"] for row in rows(store, schema.mention)]
    store.moved_back(NOON - HOUR + timedelta(seconds=5), HOUR)
    due = store.next_due(CRISIS, SETTLE)
    assert due == after(30) - HOUR
    assert store.feed_state("search").rest_until == after(300) - HOUR
    assert [row["next_look_at"] for row in rows(store, schema.mention)] == [at and at - 3_600_000 for at in before]


def test_many_looks_are_moved_a_few_at_a_time_and_each_once(store: Store) -> None:
    for begin in range(0, 450, 90):
        record(store, *[saw(str(number)) for number in range(begin, begin + 90)])
    store.moved_back(NOON - 3 * HOUR, HOUR)
    assert {row["next_look_at"] for row in rows(store, schema.mention)} == {1_793_592_000_000 - 3_600_000}


def test_a_page_that_was_being_sent_is_taken_up_again_and_told_elsewhere_as_soon_as_it_was_to(store: Store) -> None:
    page(store)
    assert store.claim(CRISIS, NOON, SETTLE) is not None
    now = NOON - HOUR
    store.moved_back(now, HOUR)
    assert store.next_due(CRISIS, SETTLE) == now + timedelta(seconds=SETTLE)
    assert store.fall_back(CRISIS, ["hook"], now - timedelta(seconds=1), now) == 0
    assert store.fall_back(CRISIS, ["hook"], now + timedelta(seconds=1), now + timedelta(minutes=1)) == 1
    again = store.claim(CRISIS, now + timedelta(minutes=1), SETTLE)
    assert again is not None
    assert again.started_at == now


def test_a_change_of_what_was_told_before_the_clock_went_back_goes_out_at_once(store: Store) -> None:
    number = page(store)
    for at in (NOON, after(60)):
        told = store.claim(CRISIS, at, SETTLE)
        assert told is not None
        store.settle(told, SENT, at, None)
        store.apply([refreshes(judged_again(store, number))], at)
    change = store.claim(CRISIS, after(120), SETTLE)
    assert change is not None
    store.settle(change, SENT, after(120), None)
    now = after(130) - HOUR
    store.moved_back(now, HOUR)
    store.apply([refreshes(judged_again(store, number))], now)
    assert store.claim(CRISIS, now, SETTLE) is not None
