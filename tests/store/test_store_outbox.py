"""Telling people: what is taken up when, what is in doubt, what is over."""

from datetime import datetime

import pytest

from monitor.model import Notification, NotificationKind, Outcome, Receipt, Severity
from monitor.store import Store
from monitor.store.notifications import BETWEEN_UPDATES_MS
from tests.builders import NOON, a_forecast
from tests.store.seen import (
    CRISIS,
    SENT,
    SETTLE,
    UPDATE,
    after,
    judged_again,
    operators_hear,
    page,
    pages,
    refreshes,
    verdict,
)

BETWEEN = BETWEEN_UPDATES_MS / 1000
AMBIGUOUS = Receipt(outcome=Outcome.AMBIGUOUS, error="no answer")
REFUSED = Receipt(outcome=Outcome.REFUSED, error="connection refused")
RATE_LIMITED = Receipt(outcome=Outcome.RATE_LIMITED, retry_after=30.0, error="429")
PERMANENT = Receipt(outcome=Outcome.PERMANENT, error="channel_not_found")


def claim(store: Store, at: datetime = NOON, receiver: str = CRISIS) -> Notification | None:
    return store.claim(receiver, at, SETTLE)


def claimed(store: Store, at: datetime = NOON, receiver: str = CRISIS) -> Notification:
    found = claim(store, at, receiver)
    assert found is not None
    return found


def told(store: Store, at: datetime = NOON) -> Notification:
    """Takes the next row and has it arrive."""
    found = claimed(store, at)
    store.settle(found, SENT, at, None)
    return found


def update(store: Store, incident: int, at: datetime = NOON) -> None:
    store.apply([refreshes(judged_again(store, incident))], at)


# ── order ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_page_says_everything_it_takes_to_send_it(store: Store) -> None:
    number = page(store)
    found = claimed(store)
    assert (found.key, found.kind, found.incident_id) == (
        f"incident-{number}:{CRISIS}:root",
        NotificationKind.ROOT,
        number,
    )
    assert (found.receiver, found.attempts, found.started_at, found.handle, found.body) == (CRISIS, 1, None, None, None)


def test_a_row_is_marked_before_anyone_is_told_so_nobody_else_takes_it(store: Store) -> None:
    page(store)
    claimed(store)
    assert claim(store) is None
    assert [row["state"] for row in store.notifications()] == ["sending"]


def test_the_reddest_page_goes_first_then_the_operators_then_changes(store: Store) -> None:
    calm = page(store, "0", bands=(9,))
    told(store)
    operators_hear(store)
    update(store, calm)
    orange = page(store, "1", bands=(1,))
    red = page(store, "2", verdict=verdict(Severity.RED), bands=(2,))
    order = [told(store, after(BETWEEN)) for _ in range(4)]
    assert [(one.kind, one.incident_id) for one in order] == [
        (NotificationKind.ROOT, red),
        (NotificationKind.ROOT, orange),
        (NotificationKind.OPS, None),
        (NotificationKind.UPDATE, calm),
    ]
    assert claim(store, after(days=1)) is None


def test_a_page_that_waits_hurries_when_its_incident_gets_worse(store: Store) -> None:
    first = page(store, "1", bands=(1,))
    second = page(store, "2", bands=(2,))
    worse = verdict(Severity.RED)
    raised = pages(judged_again(store, second), signature=None, change="raise", verdict=worse)
    store.apply([raised], NOON)
    assert [told(store).incident_id, told(store).incident_id] == [second, first]


def test_each_receiver_has_rows_of_its_own(store: Store) -> None:
    page(store)
    operators_hear(store, receiver="ops")
    assert store.outbox_depth() == {CRISIS: 1, "ops": 1}
    assert claimed(store, receiver="ops").kind is NotificationKind.OPS
    assert claim(store, receiver="ops") is None
    assert claim(store, receiver="nobody") is None
    told(store)
    assert store.outbox_depth() == {"ops": 1}


def test_the_word_to_the_operators_carries_its_text(store: Store) -> None:
    operators_hear(store)
    said = {"what": "blocked: 403", "where": "feed search", "fix": "Wait, and poll less often"}
    assert claimed(store).body == {**said, "zh": said}


# ── how an attempt ends ─────────────────────────────────────────────────────────────────────────────────────────────


def test_what_arrived_is_over(store: Store) -> None:
    number = page(store)
    told(store, after(5))
    [row] = store.notifications(number)
    assert (row["state"], row["attempts"], row["handle"]) == ("sent", 1, {"ts": "1.5"})
    assert (row["created_at"], row["settled_at"]) == (NOON, after(5))
    assert claim(store, after(days=1)) is None
    assert store.next_due(CRISIS, SETTLE) is None


def test_what_never_left_is_tried_again_as_if_new(store: Store) -> None:
    page(store)
    store.settle(claimed(store), REFUSED, NOON, after(4))
    assert store.next_due(CRISIS, SETTLE) == after(4)
    assert claim(store, after(3)) is None
    again = claimed(store, after(4))
    assert (again.started_at, again.attempts) == (None, 2)


def test_being_asked_to_wait_is_no_attempt(store: Store) -> None:
    page(store)
    store.settle(claimed(store), RATE_LIMITED, NOON, after(30))
    assert claimed(store, after(30)).attempts == 1


def test_what_may_have_arrived_comes_back_with_the_attempt_in_doubt(store: Store) -> None:
    page(store)
    store.settle(claimed(store, after(1)), AMBIGUOUS, after(11), after(26))
    assert store.next_due(CRISIS, SETTLE) == after(26)
    assert claim(store, after(25)) is None
    again = claimed(store, after(26))
    assert (again.started_at, again.attempts) == (after(1), 2)


def test_looking_goes_back_to_the_first_attempt_in_doubt(store: Store) -> None:
    page(store)
    store.settle(claimed(store, after(1)), AMBIGUOUS, after(2), after(20))
    store.settle(claimed(store, after(20)), AMBIGUOUS, after(21), after(40))
    assert claimed(store, after(40)).started_at == after(1)


def test_an_attempt_known_not_to_have_arrived_ends_the_doubt(store: Store) -> None:
    page(store)
    store.settle(claimed(store, after(1)), AMBIGUOUS, after(2), after(20))
    store.settle(claimed(store, after(20)), REFUSED, after(21), after(25))
    assert claimed(store, after(25)).started_at is None


def test_a_killed_process_leaves_a_row_in_doubt_that_comes_back_when_it_had_time_to_show(store: Store) -> None:
    page(store)
    claimed(store, after(1))
    assert store.next_due(CRISIS, SETTLE) == after(1 + SETTLE)
    assert claim(store, after(SETTLE)) is None
    again = claimed(store, after(1 + SETTLE))
    assert (again.started_at, again.attempts) == (after(1), 2)


def test_a_process_killed_twice_settles_from_the_newest_attempt_and_looks_from_the_first(store: Store) -> None:
    page(store)
    claimed(store, after(1))
    claimed(store, after(100))
    assert claim(store, after(99 + SETTLE)) is None
    assert claimed(store, after(100 + SETTLE)).started_at == after(1)


def test_what_was_refused_for_good_is_over_and_nothing_waits_for_it(store: Store) -> None:
    number = page(store)
    update(store, number)
    store.settle(claimed(store), PERMANENT, after(1), None)
    assert claim(store, after(days=1)) is None
    assert store.next_due(CRISIS, SETTLE) is None
    assert store.outbox_depth() == {}
    root, change = store.notifications(number)
    assert (root["state"], root["last_error"], root["settled_at"]) == ("dead", "channel_not_found", after(1))
    assert (change["state"], change["settled_at"]) == ("dead", after(1))


def test_a_refused_page_is_tried_once_more_when_its_incident_changes(store: Store) -> None:
    number = page(store)
    store.settle(claimed(store), PERMANENT, after(1), None)
    update(store, number, after(60))
    again = claimed(store, after(60))
    assert (again.kind, again.attempts, again.started_at) == (NotificationKind.ROOT, 1, None)


def test_an_answer_that_comes_after_the_row_was_over_changes_nothing(store: Store) -> None:
    page(store)
    slow = claimed(store)
    store.settle(slow, SENT, after(1), None)
    store.settle(slow, AMBIGUOUS, after(2), after(3))
    assert [row["state"] for row in store.notifications()] == ["sent"]


# ── changes of a message ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_change_waits_for_its_message_and_knows_where_that_stands(store: Store) -> None:
    number = page(store)
    update(store, number)
    root = claimed(store)
    assert root.kind is NotificationKind.ROOT
    assert claim(store, after(1)) is None
    assert store.next_due(CRISIS, SETTLE) == after(SETTLE)
    store.settle(root, SENT, after(1), None)
    assert store.next_due(CRISIS, SETTLE) == NOON
    change = claimed(store, after(1))
    assert (change.kind, change.handle, change.key) == (UPDATE, {"ts": "1.5"}, f"incident-{number}:{CRISIS}:update")


def test_many_changes_are_one_message_that_shows_the_newest_state(store: Store) -> None:
    number = page(store)
    told(store)
    for median in (500.0, 700.0, 900.0):
        changed = verdict(forecast=a_forecast(median=median))
        store.apply([refreshes(judged_again(store, number), verdict=changed)], after(1))
    change = claimed(store, after(1))
    incident = store.incident(number)
    assert incident is not None
    assert incident.forecast is not None
    assert incident.forecast.median == 900.0
    store.settle(change, SENT, after(2), None)
    assert claim(store, after(days=1)) is None


def test_a_change_that_comes_while_one_is_being_told_is_told_after_it(store: Store) -> None:
    number = page(store)
    told(store)
    update(store, number, after(1))
    change = claimed(store, after(1))
    update(store, number, after(2))
    store.settle(change, SENT, after(3), None)
    assert store.next_due(CRISIS, SETTLE) == after(3 + BETWEEN)
    assert claim(store, after(2 + BETWEEN)) is None
    assert claimed(store, after(3 + BETWEEN)).key == change.key


def test_a_change_that_may_have_arrived_is_not_made_fresh_by_the_next_one(store: Store) -> None:
    number = page(store)
    told(store)
    update(store, number, after(1))
    store.settle(claimed(store, after(1)), AMBIGUOUS, after(2), after(20))
    update(store, number, after(3))
    assert claim(store, after(19)) is None
    assert claimed(store, after(20)).started_at == after(1)


def test_a_message_changes_no_more_often_than_every_half_minute(store: Store) -> None:
    number = page(store)
    told(store)
    update(store, number, after(1))
    told(store, after(1))
    update(store, number, after(2))
    assert claim(store, after(30)) is None
    assert claimed(store, after(1 + BETWEEN)).attempts == 1


def test_a_page_is_one_for_each_incident_and_receiver_however_often_it_is_asked_for(store: Store) -> None:
    number = page(store)
    for _ in range(3):
        store.apply([pages(judged_again(store, number), signature=None, change="raise")], after(1))
    assert [row["kind"] for row in store.notifications()] == ["root"]


@pytest.mark.parametrize("receipt", [REFUSED, RATE_LIMITED, AMBIGUOUS])
def test_an_error_is_written_down_but_never_without_end(store: Store, receipt: Receipt) -> None:
    page(store)
    long = Receipt(outcome=receipt.outcome, error="x" * 9_000)
    store.settle(claimed(store), long, NOON, after(1))
    assert len(store.notifications()[0]["last_error"]) == 500


def test_a_page_that_was_refused_for_good_goes_out_once_its_receiver_is_mended(store: Store) -> None:
    page(store)
    store.settle(claimed(store), PERMANENT, after(1), None)
    assert store.mended("ops", after(10)) == 0
    assert store.mended(CRISIS, after(10)) == 1
    assert claim(store, after(10)) is None  # the loop that speaks with the old token is still there
    assert claimed(store, after(15)).attempts == 1


def test_a_page_that_was_refused_days_ago_is_left(store: Store) -> None:
    page(store)
    store.settle(claimed(store), PERMANENT, after(1), None)
    assert store.mended(CRISIS, after(days=2)) == 0
