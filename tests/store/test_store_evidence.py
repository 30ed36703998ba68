"""What looks rest on: kept with them, let go when no incident needs it, handed out whole."""

import zlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from monitor.errors import StoreError
from monitor.model import Act, Actor, Availability, Count, Exhibit, PostKey, Sighting, Step
from monitor.ports import Case
from monitor.store import Store, schema
from tests.builders import NOON
from tests.store.seen import RIVAL, US, a_scored_mention, after, counted, exhibit, page, record, rows, saw

KEEP = timedelta(days=365)
LI = Actor("slack:U1", "李娜")


def kept(store: Store) -> list[str]:
    return [row["sha256"] for row in rows(store, schema.response)]


def let_go(store: Store, now: datetime, keep: timedelta = KEEP) -> int:
    """Steps until there is no more to do."""
    steps = 1
    while store.drop_exhibits(now, keep):
        steps += 1
    return steps


def close(store: Store, incident: int, at: datetime, act: Act = Act.RESOLVE) -> None:
    done = store.handle(incident, Step(act=act, actor=LI, at=at, key=f"{incident}:{act}:{at}", source="slack"))
    assert done.refused is None


def of(store: Store, incident: int, ask: Callable[[Case], Any]) -> Any:
    return store.case(incident, ask)


# ── kept ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_answer_is_kept_with_every_look_that_was_seen_in_it(store: Store) -> None:
    record(store, saw("1"), saw("2"), exhibit=exhibit())
    assert kept(store) == [exhibit().sha256]
    assert [(row["seen_at"], row["response_id"]) for row in rows(store, schema.proof)] == [(1793592000000, 1)] * 2


def test_the_same_answer_again_is_kept_once_and_proves_the_new_look_too(store: Store) -> None:
    record(store, saw(), exhibit=exhibit())
    record(store, saw(at=after(60)), exhibit=exhibit(at=after(60)))
    assert len(kept(store)) == 1
    assert len(rows(store, schema.proof)) == 2


def test_a_look_that_was_stored_before_proves_nothing_new(store: Store) -> None:
    record(store, saw(), exhibit=exhibit())
    record(store, saw(), exhibit=exhibit(b"another"))
    assert kept(store) == [exhibit().sha256]


def test_an_answer_without_a_post_of_ours_is_not_kept(store: Store) -> None:
    record(store, exhibit=exhibit())
    record(store, counted("9999", reposts=Count(4)), exhibit=exhibit())
    assert kept(store) == []


def test_an_answer_that_no_longer_shows_a_post_proves_that_it_is_gone(store: Store) -> None:
    incident = page(store)
    gone = Sighting(key=PostKey("weibo", "5340"), seen_at=after(60), availability=Availability.GONE)
    record(store, gone, walk_done=False, exhibit=exhibit(b"{}", at=after(60)))
    [_, last] = of(store, incident, lambda case: [seen for m in case.posts() for seen in case.looks(m)])
    assert (last.look.availability, last.exhibit) == (Availability.GONE, exhibit(b"{}").sha256)


def test_a_long_answer_is_kept_once_for_all_its_commits(store: Store) -> None:
    record(store, *(saw(str(number)) for number in range(250)), exhibit=exhibit())
    assert len(kept(store)) == 1
    assert len(rows(store, schema.proof)) == 250


def test_what_cannot_be_recorded_leaves_no_answer_behind(store: Store) -> None:
    class Breaks(dict[PostKey, Any]):
        def get(self, key: PostKey, default: object = None) -> Any:
            raise RuntimeError("in the midst of it")

    with pytest.raises(RuntimeError, match="in the midst"):
        store.record("search", [saw()], Breaks(), now=NOON, exhibit=exhibit())
    assert kept(store) == []


# ── let go ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_no_incident_needs_is_kept_for_three_days_and_its_looks_for_longer(store: Store) -> None:
    record(store, saw(), exhibit=exhibit())
    let_go(store, after(hours=71, minutes=59))
    assert len(kept(store)) == 1
    let_go(store, after(hours=72))
    assert (kept(store), rows(store, schema.proof)) == ([], [])
    assert store.totals()["sightings"] == 1


def test_an_answer_that_came_again_is_kept_from_then_on(store: Store) -> None:
    record(store, saw(), exhibit=exhibit())
    record(store, saw(at=after(hours=70)), exhibit=exhibit(at=after(hours=70)))
    let_go(store, after(hours=100))
    assert len(kept(store)) == 1
    let_go(store, after(hours=142))
    assert kept(store) == []


def test_an_incident_that_is_not_over_keeps_its_answers_however_long_it_lasts(store: Store) -> None:
    page(store)
    record(store, counted(at=after(60), reposts=Count(9)), walk_done=False, exhibit=exhibit())
    for years in (1, 3, 9):
        let_go(store, after(days=366 * years))
    assert len(kept(store)) == 1


@pytest.mark.parametrize("act", [Act.RESOLVE, Act.FALSE_ALARM])
def test_an_incident_that_is_over_keeps_them_as_long_as_was_asked(store: Store, act: Act) -> None:
    incident = page(store)
    record(store, counted(at=after(60), reposts=Count(9)), walk_done=False, exhibit=exhibit())
    close(store, incident, after(days=10), act)
    let_go(store, after(days=374), timedelta(days=365))
    assert len(kept(store)) == 1
    let_go(store, after(days=376), timedelta(days=365))
    assert kept(store) == []


def test_an_incident_that_sleeps_keeps_them_as_long_as_one_that_is_over(store: Store) -> None:
    incident = page(store)
    record(store, counted(at=after(60), reposts=Count(9)), walk_done=False, exhibit=exhibit())
    asleep = Step(act=Act.SLEEP, actor=Actor("", "langyan"), at=after(days=2), key="sleep", source="clock")
    assert store.handle(incident, asleep).refused is None
    let_go(store, after(days=366))
    assert len(kept(store)) == 1
    let_go(store, after(days=368))
    assert kept(store) == []


def test_an_answer_of_two_incidents_waits_for_the_last(store: Store) -> None:
    first, second = page(store, "1"), page(store, "2")
    both = (counted("1", at=after(60), reposts=Count(9)), counted("2", at=after(60), reposts=Count(9)))
    record(store, *both, walk_done=False, exhibit=exhibit())
    close(store, first, after(days=1))
    let_go(store, after(days=400))
    assert len(kept(store)) == 1
    close(store, second, after(days=401))
    let_go(store, after(days=800))
    assert kept(store) == []


def test_what_somebody_says_of_a_closed_incident_in_vain_does_not_keep_them_longer(store: Store) -> None:
    incident = page(store)
    record(store, counted(at=after(60), reposts=Count(9)), walk_done=False, exhibit=exhibit())
    close(store, incident, after(days=1))
    late = Step(act=Act.ACKNOWLEDGE, actor=LI, at=after(days=300), key="late", source="slack")
    assert store.handle(incident, late).refused is not None
    let_go(store, after(days=368))
    assert kept(store) == []


def test_they_are_let_go_in_small_steps(store: Store) -> None:
    for number in range(120):
        record(store, saw(str(number)), exhibit=exhibit(str(number).encode()))
    assert let_go(store, after(days=4)) == 3
    assert kept(store) == []


def test_large_answers_are_let_go_few_at_a_time(store: Store) -> None:
    for number in range(3):
        large = exhibit(str(number).encode())
        record(store, saw(str(number)), exhibit=Exhibit(**{**_fields(large), "packed": bytes(3 * 1024 * 1024)}))
    assert store.drop_exhibits(after(days=4), KEEP)
    assert len(kept(store)) == 2
    assert let_go(store, after(days=4)) == 2
    assert kept(store) == []


def _fields(one: Exhibit) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__slots__}


# ── handed out ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_case_holds_every_look_with_the_answer_it_was_seen_in(store: Store) -> None:
    record(store, saw(), exhibit=exhibit(b"first"))
    incident = page(store)
    record(store, counted(at=after(60), reposts=Count(5)), walk_done=False)
    record(store, counted(at=after(120), reposts=Count(9)), walk_done=False, exhibit=exhibit(b"later", at=after(120)))
    seen = of(store, incident, lambda case: [seen for m in case.posts() for seen in case.looks(m)])
    assert [one.look.age for one in seen] == [0, 60, 120]
    assert [one.exhibit for one in seen] == [exhibit(b"first").sha256, None, exhibit(b"later").sha256]
    bodies = of(store, incident, lambda case: [zlib.decompress(one.packed) for one in case.exhibits()])
    assert bodies == [b"first", b"later"]


def test_a_case_holds_more_looks_than_judging_reads(store: Store) -> None:
    incident = page(store)
    record(store, *(counted(at=after(60 * n), reposts=Count(n)) for n in range(1, 301)), walk_done=False)
    assert len(of(store, incident, lambda case: [s for m in case.posts() for s in case.looks(m)])) == 301


def test_answers_of_other_incidents_are_no_part_of_a_case(store: Store) -> None:
    first, _ = page(store, "1"), page(store, "2")
    record(store, counted("1", at=after(60), reposts=Count(1)), walk_done=False, exhibit=exhibit(b"one"))
    record(store, counted("2", at=after(60), reposts=Count(1)), walk_done=False, exhibit=exhibit(b"two"))
    assert of(store, first, lambda case: [e.sha256 for e in case.exhibits()]) == [exhibit(b"one").sha256]


@pytest.mark.parametrize("precision_counts", [(499, None), (500, after(60)), (12_000, after(60))])
def test_a_threshold_is_passed_by_the_first_look_that_showed_it(
    store: Store, precision_counts: tuple[int, datetime | None]
) -> None:
    reposts, at = precision_counts
    incident = page(store)
    record(store, counted(at=after(60), reposts=Count(reposts)), counted(at=after(90), reposts=Count(reposts)))
    passed = of(store, incident, lambda case: case.passed("reposts", 500))
    assert (passed.at if passed else None) == at
    assert of(store, incident, lambda case: case.passed("views", 5_000)) is None


def test_labels_and_notifications_come_with_a_case(store: Store) -> None:
    incident = page(store)
    lead = store.incident_posts(incident)[0].id
    store.label(lead, "not_bad", "slack:U1", after(5))
    [label] = of(store, incident, lambda case: list(case.labels()))
    assert (label["verdict"], label["actor"], label["at"], label["native_id"]) == (
        "not_bad",
        "slack:U1",
        after(5),
        "5340",
    )
    [told] = of(store, incident, lambda case: list(case.notifications()))
    assert (told["kind"], told["state"], told["created_at"]) == ("root", "pending", NOON)


def test_a_post_of_two_brands_is_in_the_case_of_each_once(store: Store) -> None:
    record(store, saw(), brands=[US, RIVAL], exhibit=exhibit())
    incident = page(store)
    assert of(store, incident, lambda case: len(list(case.posts()))) == 1
    assert of(store, incident, lambda case: len(list(case.exhibits()))) == 1


def test_there_is_no_case_of_an_incident_that_does_not_exist(store: Store) -> None:
    a_scored_mention(store)
    with pytest.raises(StoreError, match="there is no incident 7"):
        store.case(7, lambda case: case.incident)
