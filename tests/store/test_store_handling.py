"""What people and the clock do to incidents: one step, one event, one transaction, and nothing twice."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import StoreError
from monitor.model import (
    ENDED,
    MACHINE,
    Act,
    Actor,
    Incident,
    IncidentEvent,
    IncidentState,
    NotificationKind,
    PostKey,
    Severity,
    Standing,
    Step,
)
from monitor.ports import Done
from monitor.store import Store, moving, schema
from tests.builders import NOON, a_forecast
from tests.store.seen import (
    CRISIS,
    ROOT,
    SENT,
    SETTLE,
    US,
    Breaks,
    a_scored_mention,
    after,
    page,
    pages,
    record,
    refreshes,
    rows,
    saw,
    score_all,
    verdict,
)

LI, WANG = Actor("slack:U1", "李"), Actor("slack:U2", "王")
S = IncidentState
THREAD, REPEAT = NotificationKind.THREAD.value, NotificationKind.REPEAT.value


def a_step(act: Act, actor: Actor = LI, seconds: float = 60, key: str = "", reason: str = "", **facts: Any) -> Step:
    return Step(
        act=act, actor=actor, at=after(seconds), key=key or f"{act.value}:{actor.id}:{seconds}", source="slack",
        reason=reason, facts=facts,
    )  # fmt: skip


def now(store: Store, number: int) -> Incident:
    incident = store.incident(number)
    assert incident is not None
    return incident


def a_page_that_arrived(store: Store) -> int:
    number = page(store)
    row = store.claim(CRISIS, NOON, SETTLE)
    assert row is not None
    store.settle(row, SENT, NOON, None)
    return number


def acts(events: list[IncidentEvent]) -> list[tuple[str, str | None, str]]:
    return [(event.act.value, event.before and event.before.value, event.after.value) for event in events]


def lines(store: Store, number: int, kind: str = THREAD) -> list[str]:
    return [row["body"]["code"] for row in store.notifications(number) if row["kind"] == kind]


def test_every_step_has_an_event_that_says_who_did_it(store: Store) -> None:
    number = page(store)
    for act, seconds in ((Act.ACKNOWLEDGE, 60), (Act.RESPOND, 120), (Act.RESOLVE, 180)):
        done = store.handle(number, a_step(act, seconds=seconds, reason="已退款" if act is Act.RESOLVE else ""))
        assert done.fresh
        assert done.event is not None
    assert acts(store.events(number)) == [
        ("page", None, "open"), ("acknowledge", "open", "acknowledged"), ("respond", "acknowledged", "responding"),
        ("resolve", "responding", "resolved"),
    ]  # fmt: skip
    first, *_, last = store.events(number)
    assert (first.actor, first.source, last.actor, last.source, last.reason) == (
        MACHINE,
        "judge",
        LI,
        "slack",
        "已退款",
    )
    incident = now(store, number)
    assert (incident.state, incident.owner, incident.acknowledged_at) == (S.RESOLVED, LI, after(60))
    assert (incident.responding_at, incident.resolved_at, incident.version) == (after(120), after(180), 4)


def test_the_message_is_renewed_and_its_thread_says_what_happened(store: Store) -> None:
    number = a_page_that_arrived(store)
    store.handle(number, a_step(Act.ACKNOWLEDGE))
    kinds = [row["kind"] for row in store.notifications(number)]
    assert kinds.count("update") == 1
    told = [row["body"] for row in store.notifications(number) if row["kind"] == THREAD]
    assert told == [{"code": "acknowledged", "facts": {"by": "李"}}]


def test_the_same_key_changes_nothing_the_second_time(store: Store) -> None:
    number = page(store)
    step = a_step(Act.ACKNOWLEDGE, key="envelope-1")
    first = store.handle(number, step)
    before = rows(store, schema.event), rows(store, schema.notification), rows(store, schema.incident)
    again = store.handle(number, replace(step, actor=WANG))
    assert (again.fresh, again.event, again.incident) == (False, first.event, first.incident)
    assert (rows(store, schema.event), rows(store, schema.notification), rows(store, schema.incident)) == before


def test_what_was_refused_is_refused_again_by_the_same_key_and_is_no_part_of_the_timeline(store: Store) -> None:
    number = page(store)
    store.handle(number, a_step(Act.RESOLVE))
    late = a_step(Act.ACKNOWLEDGE, WANG, key="late")
    first = store.handle(number, late)
    assert first.refused is not None
    assert (first.refused.code, first.event) == ("ended", None)
    store.handle(number, a_step(Act.UNDO, seconds=90))
    again = store.handle(number, late)
    assert again.refused is not None
    assert (again.refused.code, again.refused.facts, again.fresh) == ("ended", {"state": "resolved"}, False)
    assert again.incident.state is S.OPEN
    assert [event.act for event in store.events(number)] == [Act.PAGE, Act.RESOLVE, Act.UNDO]


def test_two_people_at_once_are_one_owner_and_both_are_told(store: Store) -> None:
    number = page(store)
    done: dict[str, Done] = {}

    def press(actor: Actor) -> None:
        done[actor.id] = store.handle(number, a_step(Act.ACKNOWLEDGE, actor))

    threads = [threading.Thread(target=press, args=(actor,)) for actor in (LI, WANG)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    owner = now(store, number).owner
    assert owner in (LI, WANG)
    [loser] = [one for one in done.values() if one.refused is not None]
    assert loser.refused is not None
    assert (loser.refused.code, loser.refused.facts) == ("taken", {"owner": owner.name})
    assert sorted(lines(store, number)) == ["acknowledged", "taken"]


def test_who_presses_in_vain_again_and_again_is_one_line(store: Store) -> None:
    number = page(store)
    store.handle(number, a_step(Act.ACKNOWLEDGE))
    for seconds in range(100, 110):
        store.handle(number, a_step(Act.ACKNOWLEDGE, WANG, seconds))
    assert lines(store, number) == ["acknowledged", "taken"]


class Bomb:
    """A fact that cannot be written down."""

    def __str__(self) -> str:
        raise RuntimeError("in the midst of it")


def test_a_crash_in_the_middle_leaves_nothing_behind(store: Store) -> None:
    """The incident is written before its event, and its event before what is told: a step that fails there never happened."""
    number = page(store)
    [mention] = store.incident_posts(number)
    before = [rows(store, table) for table in (schema.incident, schema.event, schema.notification)]
    with pytest.raises(TypeError):
        store.handle(number, a_step(Act.ACKNOWLEDGE, bomb=Bomb()))
    with pytest.raises(RuntimeError):
        store.declare(mention.id, a_step(Act.NOTE, key="brought"), Breaks(((CRISIS, ROOT),)))
    assert [rows(store, table) for table in (schema.incident, schema.event, schema.notification)] == before
    assert store.handle(number, a_step(Act.ACKNOWLEDGE)).fresh
    assert store.declare(mention.id, a_step(Act.NOTE, key="brought")).fresh


def test_what_another_process_changed_meanwhile_is_not_written_over(store: Store) -> None:
    number = page(store)

    def write(connection: Any) -> None:
        read = moving.stands(connection, number)
        moving.take(connection, number, a_step(Act.ACKNOWLEDGE))
        moving.write(connection, read, replace(read, state=S.RESOLVED), NOON)

    with pytest.raises(StoreError, match="changed by another process"):
        store._db.write("deliver", write)
    assert now(store, number).state is S.OPEN


def test_an_incident_that_does_not_exist_says_so(store: Store) -> None:
    with pytest.raises(StoreError, match="no incident 99"):
        store.handle(99, a_step(Act.ACKNOWLEDGE))


def test_hostile_names_and_reasons_are_stored_as_they_are(store: Store) -> None:
    number = page(store)
    hostile = Actor("slack:U9", "<!channel>\0\ud800*_~`" + "长" * 10_000)
    store.handle(number, a_step(Act.RESOLVE, hostile, reason="\0<@U1>\ud83d" + "x" * 9_000))
    event = store.events(number)[-1]
    assert "\0" not in event.actor.name + event.reason
    assert event.reason.startswith("<@U1>")


def test_a_snooze_survives_a_restart_with_what_it_is_held_against(path: Any, opened: Callable[[], Store]) -> None:
    first = opened()
    number = page(first)
    first.handle(number, a_step(Act.SNOOZE, until=after(hours=9).isoformat()))
    before = now(first, number)
    first.close()
    again = now(opened(), number)
    assert again == before
    assert (again.snoozed_until, again.rested) == (after(hours=9), Standing(Severity.ORANGE, "reposts", 60, 8.0))


# ── the clock ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_the_clock_has_to_do_is_found_by_an_absolute_time(store: Store) -> None:
    number = page(store)
    assert store.due(after(minutes=59), 10) == []
    [due] = store.due(after(minutes=60), 10)
    assert due.id == number
    store.postpone(number, after(hours=9))
    assert store.due(after(hours=8), 10) == []
    store.postpone(number, None)
    assert store.due(after(days=99), 10) == []


# ── two that are one, one that is two ───────────────────────────────────────────────────────────────────────────────


def two(store: Store) -> tuple[int, int]:
    return page(store, "1"), page(store, "2", NOON, bands=(7,), signature=b"other", verdict=verdict(Severity.RED))


def test_two_that_are_merged_are_one_with_all_posts_and_the_other_says_into_which(store: Store) -> None:
    into, other = two(store)
    story = now(store, other).story_id
    done = store.merge(other, into, a_step(Act.MERGE))
    assert (done.incident.id, done.incident.posts, done.incident.severity) == (into, 2, Severity.RED)
    assert done.incident.lead is not None
    assert done.incident.lead.post.native_id == "2"
    ended = now(store, other)
    assert (ended.state, ended.merged_into) == (S.MERGED, into)
    assert [mention.incident_id for mention in store.incident_posts(into)] == [into, into]
    assert (lines(store, into), lines(store, other)) == (["merged"], ["merged_into"])
    assert acts(store.events(other))[-1] == ("merge", "open", "merged")
    again = store.merge(other, into, a_step(Act.MERGE))
    assert (again.fresh, again.incident.id) == (False, into)
    assert store.story_of(US, now(store, into).lead.post.key) == now(store, into).story_id  # type: ignore[union-attr]
    assert story != now(store, into).story_id


def test_what_is_told_later_of_a_merged_story_belongs_to_the_one_it_joined(store: Store) -> None:
    into, other = two(store)
    gone = now(store, other).story_id
    store.merge(other, into, a_step(Act.MERGE))
    late = a_scored_mention(store, "3", text="还有我")
    joined = replace(pages(late, act=None, pages=False, change="none", tells=()), story_id=gone)
    assert store.apply([joined], after(300)) == [into]
    raised = pages(late, signature=None, story_id=gone, verdict=verdict(Severity.RED))
    assert store.apply([raised], after(400)) == [into]
    assert now(store, into).posts == 3


def test_what_cannot_be_merged_stays_as_it_is(store: Store) -> None:
    into, other = two(store)
    store.handle(other, a_step(Act.RESOLVE))
    refused = store.merge(other, into, a_step(Act.MERGE)).refused
    assert refused is not None
    assert (refused.code, now(store, other).state) == ("ended", S.RESOLVED)
    itself = store.merge(into, into, a_step(Act.MERGE, key="itself")).refused
    assert itself is not None
    assert itself.code == "itself"


def a_pair(store: Store) -> tuple[int, list[int]]:
    number = page(store, "1")
    story = now(store, number).story_id
    more = a_scored_mention(store, "2", text="另一件事")
    store.apply([pages(more, story_id=story, change="none", act=None, pages=False, tells=())], after(30))
    return number, [mention.id for mention in store.incident_posts(number)]


def test_posts_that_are_split_off_are_an_incident_of_their_own(store: Store) -> None:
    number, (first, second) = a_pair(store)
    step = a_step(Act.SPLIT)
    done = store.split(number, [first], step)
    new = done.incident
    assert (new.id != number, new.state, new.posts) == (True, S.OPEN, 1)
    assert new.lead is not None
    assert new.lead.id == first
    kept = now(store, number)
    assert kept.lead is not None
    assert (kept.lead.id, kept.posts, kept.state) == (second, 1, S.OPEN)
    assert [row["kind"] for row in store.notifications(new.id)] == [ROOT.value]
    assert lines(store, number) == ["split"]
    assert acts(store.events(new.id)) == [("split", None, "open")]
    again = store.split(number, [first], step)
    assert (again.fresh, again.incident.id) == (False, new.id)


def test_a_split_that_makes_no_sense_is_refused(store: Store) -> None:
    number, both = a_pair(store)
    codes = [
        refused.code
        for key, ids in (("all", both), ("stranger", [99]), ("none", []))
        if (refused := store.split(number, ids, a_step(Act.SPLIT, key=key)).refused)
    ]
    assert codes == ["nothing_left", "not_in_it", "not_in_it"]
    assert now(store, number).posts == 2


def test_a_post_that_somebody_brings_is_in_triage_and_says_who_brought_it(store: Store) -> None:
    record(store, saw("9"))
    score_all(store)
    [mention] = store.news(10)
    step = a_step(Act.NOTE, reason="老板转来的")
    done = store.declare(mention.id, step, ((CRISIS, ROOT),))
    assert (done.incident.state, done.incident.severity, done.incident.posts) == (S.TRIAGE, Severity.YELLOW, 1)
    assert [(reason.code, reason.facts) for reason in done.incident.reasons] == [("by_hand", {"by": "李"})]
    assert acts(store.events(done.incident.id)) == [("note", None, "triage")]
    assert not store.declare(mention.id, step).fresh
    noted = store.declare(mention.id, a_step(Act.NOTE, WANG, key="again"))
    assert (noted.incident.id, len(store.events(noted.incident.id))) == (done.incident.id, 2)
    with pytest.raises(StoreError, match="no mention 99"):
        store.declare(99, a_step(Act.NOTE, key="stranger"))


# ── the judge ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_page_that_is_judged_twice_is_one_page(store: Store) -> None:
    number = page(store)
    [mention] = store.incident_posts(number)
    assert store.apply([pages(mention, signature=None)], after(5)) == [number]
    assert [event.act for event in store.events(number)] == [Act.PAGE]
    assert [row["kind"] for row in store.notifications(number)] == [ROOT.value]


def test_what_is_below_what_pages_is_in_triage_and_what_nobody_hears_of_is_detected(store: Store) -> None:
    yellow = page(store, "1", pages=False, tells=(), verdict=verdict(Severity.YELLOW))
    blue = page(store, "2", pages=False, tells=(), act=Act.DETECT, bands=(9,), verdict=verdict(Severity.BLUE))
    assert (now(store, yellow).state, now(store, blue).state) == (S.TRIAGE, S.DETECTED)


def test_what_slept_comes_back_in_the_thread_it_has_and_pages_again(store: Store) -> None:
    number = page(store)
    [mention] = store.incident_posts(number)
    store.handle(number, a_step(Act.SLEEP, MACHINE))
    store.apply([refreshes(mention, act=Act.REIGNITE, wakes=True)], after(hours=30))
    incident = now(store, number)
    assert (incident.state, incident.paged_at, incident.rested) == (S.OPEN, NOON, None)
    assert (lines(store, number), lines(store, number, REPEAT)) == (["dormant"], ["reignited"])


def test_a_false_alarm_that_passes_the_next_level_comes_back_and_says_who_closed_it(store: Store) -> None:
    number = page(store)
    [mention] = store.incident_posts(number)
    store.handle(number, a_step(Act.FALSE_ALARM, WANG))
    back = pages(
        mention, signature=None, change="raise", incident_id=number, act=Act.REIGNITE, wakes=True, pages=False, tells=(),
        verdict=verdict(Severity.RED),
    )  # fmt: skip
    assert store.apply([back], after(hours=2)) == [number]
    incident = now(store, number)
    assert (incident.state, incident.severity, incident.false_by) == (S.OPEN, Severity.RED, None)
    repeat = [row["body"]["facts"] for row in store.notifications(number) if row["kind"] == REPEAT]
    assert [fact["closed_by"] for fact in repeat] == ["王"]


def test_what_people_close_while_the_judge_raises_it_comes_back(store: Store) -> None:
    """The judge read it open; by the time it writes, somebody has called it a false alarm."""
    number = page(store)
    [mention] = store.incident_posts(number)
    raised = pages(
        mention, signature=None, change="raise", act=None, wakes=True, pages=False, incident_id=number,
        verdict=verdict(Severity.RED),
    )  # fmt: skip
    store.handle(number, a_step(Act.FALSE_ALARM, WANG))
    assert store.apply([raised], after(90)) == [number]
    assert (now(store, number).state, now(store, number).severity) == (S.OPEN, Severity.RED)


def test_an_incident_knows_when_its_first_post_was_published(store: Store) -> None:
    number = page(store, "1")
    older = a_scored_mention(store, "2", posted_at=NOON - timedelta(hours=3))
    story = now(store, number).story_id
    store.apply([pages(older, story_id=story, change="none", act=None, pages=False, tells=())], after(30))
    assert now(store, number).born == NOON - timedelta(hours=3)


def test_growth_that_is_worth_telling_keeps_it_awake(store: Store) -> None:
    number = page(store)
    [mention] = store.incident_posts(number)
    store.apply([refreshes(mention, tells=())], after(100))
    assert now(store, number).changed_at == NOON
    store.apply([refreshes(mention, stirs=True, verdict=verdict(forecast=a_forecast(now=900)))], after(200))
    assert now(store, number).changed_at == after(200)


def test_what_surges_after_its_surge_was_merged_belongs_to_the_one_it_joined(store: Store) -> None:
    number = page(store, "1")
    crowd = [a_scored_mention(store, native_id, text=f"又一杯 {native_id}") for native_id in ("2", "3")]
    told = pages(crowd[0], origin=PostKey("surge", "1"), signature=None)
    surge = store.gather(told, [mention.id for mention in crowd], NOON)
    assert store.surge_stories(US, NOON) == [now(store, surge).story_id]
    store.merge(surge, number, a_step(Act.MERGE))
    assert store.surge_stories(US, NOON) == [now(store, number).story_id]
    assert now(store, number).posts == 3


FACTS: dict[Act, dict[str, Any]] = {
    Act.RAISE: {"to": "red"},
    Act.LOWER: {"to": "yellow"},
    Act.DEADLINE: {"hours": 4},
    Act.SNOOZE: {"until": after(hours=20).isoformat()},
    Act.REASSIGN: {"to_id": WANG.id, "to_name": WANG.name},
}
ANY = st.tuples(
    st.sampled_from([act for act in Act if act not in (Act.MERGE, Act.SPLIT)]), st.sampled_from([MACHINE, LI, WANG])
)


def _refusal(done: Done) -> tuple[str, Any] | None:
    """Why it was refused; what the thread was told of it is told once and not given again."""
    return None if done.refused is None else (done.refused.code, done.refused.facts)


@settings(max_examples=25)
@given(st.lists(st.tuples(ANY, st.integers(0, 3)), max_size=25))
def test_whatever_is_done_the_timeline_tells_all_of_it_and_each_thing_once(
    steps: list[tuple[tuple[Act, Actor], int]],
) -> None:
    """Each step is asked for once or, as after a reconnection, several times over."""
    store = Store.memory(hash_key=b"k")
    number = page(store)
    for at, ((act, actor), again) in enumerate(steps):
        step = a_step(act, actor, seconds=at, **FACTS.get(act, {}))
        first = store.handle(number, step)
        for _ in range(again):
            done = store.handle(number, step)
            assert done.event == first.event
            assert _refusal(done) == _refusal(first)
    events = store.events(number)
    assert [event.before for event in events] == [None, *(event.after for event in events[:-1])]
    assert (now(store, number).state, now(store, number).version) == (events[-1].after, len(events))
    assert not any(event.actor == MACHINE and event.after in ENDED for event in events if event.before not in ENDED)
    store.close()


def test_on_trial_the_last_press_of_each_person_counts_and_a_press_counts_once(store: Store) -> None:
    number = page(store)
    for seconds, actor, reason in (
        (1, LI, "wake_right"),
        (2, WANG, "wake_right"),
        (3, LI, "wake_wrong"),
        (4, LI, "advert"),
    ):
        for _ in range(2):
            store.handle(number, a_step(Act.NOTE, actor, seconds, reason=reason))
    assert sorted(store.pressed(NOON)) == [(number, LI.id, False), (number, WANG.id, True)]
    assert store.pressed(after(hours=1)) == []


def test_on_trial_a_page_counts_when_it_would_have_gone_out(store: Store) -> None:
    number = page(store)
    assert list(store.paged_since(NOON - timedelta(hours=1))) == [number]
    assert store.paged_since(after(hours=9)) == {}


def test_on_trial_others_are_told_in_a_receivers_place_of_what_is_red_alone(store: Store) -> None:
    page(store)
    assert store.fall_back(CRISIS, ["hook"], after(hours=1), after(hours=1), Severity.RED) == 0
    assert store.fall_back(CRISIS, ["hook"], after(hours=1), after(hours=1)) == 1
