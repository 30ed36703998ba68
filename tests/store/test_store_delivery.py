"""Telling people: storms and digests, what goes onto a message, what follows it, who is told in a receiver's place."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from monitor.model import Act, Actor, Notification, NotificationKind, Outcome, Reason, Receipt, Severity, Step, Words
from monitor.ports import Following, OpsNote, Refusal
from monitor.store import Store, notifications, schema
from tests.builders import NOON
from tests.store.seen import CRISIS, SENT, SETTLE, after, judged_again, page, pages, rows, verdict

WINDOW = timedelta(minutes=5)
HOOK = "hook"
GONE = Receipt(outcome=Outcome.SENT, handle={"ts": "9"}, error="its parent is gone", gone=True)
FORBIDDEN = Receipt(outcome=Outcome.PERMANENT, error="chat.postMessage: not_in_channel")
LI = Actor("slack:U0LI", "小李")


def told(store: Store, seconds: float = 0, receiver: str = CRISIS, *following: Following) -> Notification:
    """Takes the next row and has it arrive."""
    found = store.claim(receiver, after(seconds), SETTLE)
    assert found is not None
    store.settle(found, SENT, after(seconds), None, following)
    return found


def states(store: Store) -> dict[str, str]:
    return {row["key"]: row["state"] for row in store.notifications()}


def many(store: Store, count: int, first: int = 0, severity: Severity = Severity.ORANGE) -> list[int]:
    return [
        page(store, str(number), verdict=verdict(severity), bands=(number,), signature=f"{number}".encode())
        for number in range(first, first + count)
    ]


def brake(store: Store, seconds: float = 1) -> int:
    return store.brake(CRISIS, after(seconds), 3, WINDOW)


# ── storms ──


def test_a_few_pages_are_no_storm(store: Store) -> None:
    many(store, 3)
    assert brake(store) == 0
    assert set(states(store).values()) == {"pending"}


def test_more_pages_than_a_storm_takes_become_rows_of_one_message(store: Store) -> None:
    numbers = many(store, 6)
    assert brake(store) == 6
    storm = told(store, 1)
    assert (storm.kind, storm.covered, storm.incident_id) == (NotificationKind.STORM, 6, None)
    assert {incident.id for incident in storm.covers} == set(numbers)
    assert store.claim(CRISIS, after(days=1), SETTLE) is None


def test_a_page_that_is_being_sent_is_no_row_of_a_storm(store: Store) -> None:
    first, *_ = many(store, 5)
    store.claim(CRISIS, NOON, SETTLE)
    assert brake(store) == 4
    assert states(store)[f"incident-{first}:{CRISIS}:root"] == "sending"


def test_red_goes_out_on_its_own_and_first(store: Store) -> None:
    many(store, 5)
    (red,) = many(store, 1, first=50, severity=Severity.RED)
    assert brake(store) == 5
    assert told(store, 1).incident_id == red
    assert told(store, 1).kind is NotificationKind.STORM


def test_what_comes_later_in_the_storm_is_a_change_of_its_message(store: Store) -> None:
    many(store, 5)
    brake(store)
    told(store, 1)
    many(store, 2, first=20)
    assert brake(store, 2) == 2
    change = told(store, 40)
    assert (change.kind, change.covered, change.handle) == (NotificationKind.UPDATE, 7, SENT.handle)
    assert [row["kind"] for row in store.notifications()].count("storm") == 1


def test_a_storm_that_passed_is_not_gone_on_with(store: Store) -> None:
    many(store, 5)
    brake(store)
    told(store, 1)
    later = 3600
    for number in range(20, 26):
        page(store, str(number), now=after(later), bands=(number,), signature=b"%d" % number)
    assert brake(store, later + 1) == 6
    assert told(store, later + 1).kind is NotificationKind.STORM


def test_an_incident_of_a_storm_that_turns_red_is_paged_by_itself(store: Store) -> None:
    number, *_ = many(store, 5)
    brake(store)
    told(store, 1)
    raised = pages(judged_again(store, number), signature=None, change="raise", act=None, verdict=verdict(Severity.RED))
    store.apply([raised], after(2))
    found = told(store, 2)
    assert (found.kind, found.incident_id) == (NotificationKind.ROOT, number)


def test_acknowledging_one_of_a_storm_changes_its_table_and_adds_no_line(store: Store) -> None:
    number, *_ = many(store, 5)
    brake(store)
    told(store, 1)
    store.handle(number, Step(act=Act.ACKNOWLEDGE, actor=LI, at=after(2), key="press", source="slack"))
    assert told(store, 40).kind is NotificationKind.UPDATE
    assert store.claim(CRISIS, after(days=1), SETTLE) is None


# ── digests ──


def digested(store: Store, native_id: str) -> int:
    quiet = verdict(Severity.YELLOW)
    tells = ((CRISIS, NotificationKind.DIGEST),)
    return page(
        store,
        native_id,
        pages=False,
        tells=tells,
        verdict=quiet,
        bands=(int(native_id),),
        signature=b"%d" % int(native_id),
    )


def test_a_digest_goes_out_at_its_hour_with_every_row(store: Store) -> None:
    numbers = [digested(store, str(number)) for number in range(3)]
    store.collect(CRISIS, NOON, after(hours=6), 20)
    assert store.claim(CRISIS, after(hours=5), SETTLE) is None
    assert store.outbox_depth() == {}
    digest = told(store, 6 * 3600)
    assert (digest.kind, digest.covered) == (NotificationKind.DIGEST, 3)
    assert {incident.id for incident in digest.covers} == set(numbers)


def test_a_full_digest_goes_out_at_once(store: Store) -> None:
    for number in range(4):
        digested(store, str(number))
    store.collect(CRISIS, NOON, after(hours=6), 4)
    assert told(store).covered == 4


def test_what_comes_after_a_digest_waits_for_the_next(store: Store) -> None:
    digested(store, "1")
    store.collect(CRISIS, NOON, after(hours=6), 20)
    told(store, 6 * 3600)
    digested(store, "2")
    store.collect(CRISIS, after(hours=7), after(hours=15), 20)
    assert store.claim(CRISIS, after(hours=8), SETTLE) is None
    assert told(store, 15 * 3600).covered == 1


def test_what_waits_for_a_digest_and_grows_has_a_message_of_its_own(store: Store) -> None:
    number = digested(store, "1")
    store.collect(CRISIS, NOON, after(hours=6), 20)
    raised = pages(judged_again(store, number), signature=None, change="raise", verdict=verdict(Severity.ORANGE))
    store.apply([raised], after(5))
    assert told(store, 5).incident_id == number


# ── what goes onto a message ──


def write(store: Store, work: Any) -> None:
    store._db.write("deliver", work)


def test_a_line_waits_for_the_message_and_goes_into_its_thread_once(store: Store) -> None:
    number = page(store)
    told_of = [Reason(code="raised", facts={"from": "yellow", "to": "orange"})]
    for _ in range(2):
        write(store, lambda c: notifications.lines(c, number, "step-1", told_of, NOON))
    assert told(store).kind is NotificationKind.ROOT
    line = told(store)
    assert (line.kind, line.handle, line.body) == (
        NotificationKind.THREAD,
        SENT.handle,
        {"code": "raised", "facts": {"from": "yellow", "to": "orange"}},
    )
    assert store.claim(CRISIS, after(days=1), SETTLE) is None


def test_paging_again_wakes_in_the_thread_and_numbers_its_repeats_anew(store: Store) -> None:
    number = page(store)
    told(store)
    write(store, lambda c: notifications.again(c, number, Severity.ORANGE, "k", [Reason(code="reignited")], NOON))
    again = told(store, 0, CRISIS, Following(kind=NotificationKind.REPEAT, not_before=after(300), number=1))
    assert (again.kind, again.repeated, again.handle) == (NotificationKind.REPEAT, 0, SENT.handle)
    assert told(store, 300).repeated == 1


def test_a_repeat_is_due_when_it_was_said_and_no_sooner_whatever_restarts(store: Store) -> None:
    page(store)
    told(store, 0, CRISIS, Following(kind=NotificationKind.REPEAT, not_before=after(300), number=1))
    assert store.claim(CRISIS, after(299), SETTLE) is None
    assert store.next_due(CRISIS, SETTLE) == after(300)
    repeat = store.claim(CRISIS, after(300), SETTLE)
    assert repeat is not None
    store.withdraw(repeat, after(300), "somebody has it")
    assert store.claim(CRISIS, after(days=1), SETTLE) is None


def test_a_picture_that_arrived_stands_in_the_next_change(store: Store) -> None:
    page(store)
    told(store, 0, CRISIS, Following(kind=NotificationKind.CHART, not_before=NOON))
    chart = store.claim(CRISIS, NOON, SETTLE)
    assert chart is not None
    assert chart.kind is NotificationKind.CHART
    drawn = Receipt(outcome=Outcome.SENT, handle={"file": "F0CHART"})
    store.settle(chart, drawn, NOON, None, [Following(kind=NotificationKind.UPDATE, not_before=NOON)])
    change = told(store)
    assert (change.kind, change.picture) == (NotificationKind.UPDATE, "F0CHART")


def gone(store: Store, number: int, key: str, receipt: Receipt) -> None:
    """A line that goes onto the message finds it deleted."""
    write(store, lambda c: notifications.lines(c, number, key, [Reason(code="x")], NOON))
    line = store.claim(CRISIS, NOON, SETTLE)
    assert line is not None
    assert line.kind is NotificationKind.THREAD
    store.settle(line, receipt, NOON, None)


def test_a_message_that_is_gone_is_begun_anew_before_what_goes_onto_it(store: Store) -> None:
    number = page(store)
    assert not told(store).anew
    gone(store, number, "a", GONE)
    write(store, lambda c: notifications.lines(c, number, "b", [Reason(code="y")], NOON))
    again = told(store)
    assert (again.kind, again.anew, again.started_at) == (NotificationKind.ROOT, True, None)
    assert told(store).key.endswith("line:b:0")
    assert store.claim(CRISIS, after(days=1), SETTLE) is None


def test_a_line_that_was_taken_back_is_said_under_the_new_message(store: Store) -> None:
    number = page(store)
    told(store)
    gone(store, number, "a", replace(GONE, handle=None))
    assert [told(store).kind for _ in range(2)] == [NotificationKind.ROOT, NotificationKind.THREAD]


def test_a_message_that_is_gone_twice_takes_with_it_what_would_go_onto_it(store: Store) -> None:
    number = page(store)
    for key in ("a", "b"):
        told(store)
        gone(store, number, key, GONE)
    assert store.claim(CRISIS, after(days=1), SETTLE) is None
    assert states(store)[f"incident-{number}:{CRISIS}:root"] == "dead"


# ── in a receiver's place ──


def fall_back(store: Store, seconds: float) -> int:
    return store.fall_back(CRISIS, [HOOK], after(seconds - 20), after(seconds))


def test_a_page_that_is_not_confirmed_in_time_is_told_elsewhere_once(store: Store) -> None:
    number = page(store)
    store.claim(CRISIS, NOON, SETTLE)
    assert fall_back(store, 19) == 0
    assert fall_back(store, 20) == 1
    assert fall_back(store, 21) == 0
    found = told(store, 21, HOOK)
    assert (found.incident_id, found.body) == (number, {"fallback_for": CRISIS})


def test_a_page_that_is_confirmed_is_told_nowhere_else(store: Store) -> None:
    page(store)
    told(store, 5)
    assert fall_back(store, 60) == 0


def test_a_page_that_is_refused_for_good_is_told_elsewhere_at_once(store: Store) -> None:
    page(store)
    found = store.claim(CRISIS, NOON, SETTLE)
    assert found is not None
    store.settle(found, FORBIDDEN, after(1), None)
    assert fall_back(store, 2) == 1


def test_the_late_page_says_where_it_was_heard_of_before(store: Store) -> None:
    page(store)
    fall_back(store, 20)
    told(store, 22, HOOK)
    late = store.claim(CRISIS, after(60), SETTLE)
    assert late is not None
    assert late.elsewhere == ((HOOK, after(22)),)


def test_a_storm_that_is_not_confirmed_is_told_elsewhere_with_its_rows(store: Store) -> None:
    many(store, 5)
    brake(store)
    assert fall_back(store, 21) == 1
    found = told(store, 21, HOOK)
    assert (found.kind, found.covered) == (NotificationKind.STORM, 5)


# ── what is late ──


def test_pages_and_repeats_that_are_late_are_counted_by_receiver(store: Store) -> None:
    many(store, 2)
    told(store, 0, CRISIS, Following(kind=NotificationKind.REPEAT, not_before=after(300), number=1))
    assert store.late(NOON, after(300), NOON) == []
    found = {one.kind: (one.receiver, one.since, one.count) for one in store.late(after(1), after(301), NOON)}
    assert found == {"page": (CRISIS, NOON, 1), "repeat": (CRISIS, after(300), 1)}


def test_a_page_refused_for_good_is_late_until_its_incident_is_over_or_a_day_has_passed(store: Store) -> None:
    number = page(store)
    found = store.claim(CRISIS, NOON, SETTLE)
    assert found is not None
    store.settle(found, Receipt(outcome=Outcome.PERMANENT, error="invalid_auth"), after(1), None)
    (late,) = store.late(after(60), after(60), NOON)
    assert (late.receiver, late.kind, late.since, late.count) == (CRISIS, "refused", after(1), 1)
    assert store.late(after(60), after(60), after(2)) == []
    store.handle(number, Step(act=Act.RESOLVE, actor=LI, at=after(9), key="press", source="slack"))
    assert store.late(after(60), after(60), NOON) == []


def refused(store: Store, receiver: str = CRISIS, seconds: float = 1) -> None:
    found = store.claim(receiver, after(seconds), SETTLE)
    assert found is not None
    store.settle(found, FORBIDDEN, after(seconds), None)


def test_a_refused_page_says_by_whom_and_whether_anybody_else_has_it(store: Store) -> None:
    number = page(store)
    assert store.refusals([number]) == {}
    refused(store)
    assert store.refusals([number, 999]) == {number: Refusal(by=(CRISIS,), heard=False)}
    store.fall_back(CRISIS, [HOOK], after(-60), after(2))
    told(store, 2, HOOK)
    assert store.refusals([number]) == {number: Refusal(by=(CRISIS,), heard=True)}
    store.mended(CRISIS, after(3))
    told(store, 9)
    assert store.refusals([number]) == {}
    assert store.refusals([]) == {}


def test_a_page_fares_as_the_table_of_its_storm(store: Store) -> None:
    numbers = many(store, 5)
    brake(store)
    refused(store)
    assert store.refusals(numbers) == dict.fromkeys(numbers, Refusal(by=(CRISIS,), heard=False))


def test_a_message_that_people_took_away_twice_was_not_refused(store: Store) -> None:
    number = page(store)
    for seconds in (0, 100):
        told(
            store,
            seconds,
            CRISIS,
            Following(kind=NotificationKind.REPEAT, not_before=after(seconds + 50), number=seconds + 1),
        )
        repeat = store.claim(CRISIS, after(seconds + 50), SETTLE)
        assert repeat is not None
        store.settle(repeat, GONE, after(seconds + 50), None)
    (root, *_) = rows(store, schema.notification)
    assert root["state"] == "dead"
    assert store.refusals([number]) == {}
    assert store.late(after(180), after(180), NOON) == []
    assert fall_back(store, 180) == 0
    assert store.mended(CRISIS, after(180)) == 0


def test_a_word_to_the_operators_is_one_however_often_it_is_said(store: Store) -> None:
    note = OpsNote(
        key="delivery:crisis:page",
        what=Words("late", "late"),
        where=Words("receiver crisis", "receiver crisis"),
        fix=Words("look", "look"),
    )
    for _ in range(2):
        store.note(note, ["ops"], NOON)
    assert told(store, 0, "ops").kind is NotificationKind.OPS
    assert store.claim("ops", after(days=1), SETTLE) is None


def test_a_channel_that_asked_for_rest_is_known_after_a_restart(store: Store) -> None:
    page(store)
    found = store.claim(CRISIS, NOON, SETTLE)
    assert found is not None
    limited = Receipt(outcome=Outcome.RATE_LIMITED, retry_after=30.0, error="chat.postMessage: ratelimited")
    store.settle(found, limited, NOON, after(30))
    assert store.resting(CRISIS, after(1)) == {NotificationKind.ROOT: after(30)}
    assert store.resting(CRISIS, after(31)) == {}
    assert store.last_try() == NOON
