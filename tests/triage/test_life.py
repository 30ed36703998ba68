"""An incident's life: which step leads where, who may take it, what is said of it."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model import ENDED, MACHINE, Act, Actor, Incident, IncidentState, Severity, Standing, Step
from monitor.triage import life
from monitor.triage.life import Moved, Refused
from tests.builders import NOON, a_forecast, an_incident

LI, WANG = Actor("slack:U1", "李"), Actor("slack:U2", "王")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
S = IncidentState


def a_step(act: Act, actor: Actor = LI, after: timedelta = HOUR, reason: str = "", **facts: Any) -> Step:
    return Step(act=act, actor=actor, at=NOON + after, key="k", source="slack", reason=reason, facts=facts)


def taken(incident: Incident, act: Act, actor: Actor = LI, after: timedelta = HOUR, **facts: Any) -> Incident:
    done = life.step(incident, a_step(act, actor, after, **facts))
    assert isinstance(done, Moved), done
    assert done.incident.version == incident.version + 1
    return done.incident


def refused(incident: Incident, act: Act, actor: Actor = LI, after: timedelta = HOUR, **facts: Any) -> Refused:
    done = life.step(incident, a_step(act, actor, after, **facts))
    assert isinstance(done, Refused), done
    return done


def paged(**given: Any) -> Incident:
    return an_incident(**{"paged_at": NOON, **given})


def told(incident: Incident, act: Act, actor: Actor = LI, after: timedelta = HOUR, **facts: Any) -> list[str]:
    done = life.step(incident, a_step(act, actor, after, **facts))
    return [reason.code for reason in done.told]


def test_the_whole_way_from_the_first_look_to_what_was_learned() -> None:
    incident = an_incident(state=S.DETECTED, severity=Severity.BLUE)
    states = []
    for act, actor in (
        (Act.DETECT, MACHINE), (Act.NOTICE, MACHINE), (Act.PAGE, MACHINE), (Act.ACKNOWLEDGE, LI), (Act.RESPOND, LI),
        (Act.RESOLVE, LI), (Act.FOLLOW_UP, MACHINE), (Act.REVIEW, WANG),
    ):  # fmt: skip
        incident = taken(incident, act, actor)
        states.append(incident.state)
    assert states == [
        S.DETECTED, S.TRIAGE, S.OPEN, S.ACKNOWLEDGED, S.RESPONDING, S.RESOLVED, S.FOLLOW_UP, S.REVIEWED,
    ]  # fmt: skip
    at = NOON + HOUR
    assert (incident.paged_at, incident.acknowledged_at, incident.responding_at, incident.resolved_at) == (at,) * 4
    assert incident.owner == LI


def test_who_comes_second_is_told_who_has_it_and_so_is_the_first() -> None:
    incident = taken(paged(), Act.ACKNOWLEDGE)
    second = refused(incident, Act.ACKNOWLEDGE, WANG)
    assert (second.code, second.facts) == ("taken", {"owner": "李"})
    assert [(reason.code, reason.facts) for reason in second.told] == [("taken", {"by": "王", "owner": "李"})]
    assert refused(incident, Act.ACKNOWLEDGE).code == "already_yours"


@pytest.mark.parametrize("state", sorted(ENDED))
def test_what_has_ended_is_not_opened_by_an_acknowledgement(state: S) -> None:
    done = refused(paged(state=state), Act.ACKNOWLEDGE)
    assert (done.code, done.facts["state"]) == ("ended", state.value)


def test_who_begins_to_respond_to_what_nobody_has_has_it() -> None:
    incident = taken(paged(), Act.RESPOND, WANG)
    assert (incident.state, incident.owner, incident.acknowledged_at) == (S.RESPONDING, WANG, NOON + HOUR)
    assert refused(incident, Act.RESPOND).facts == {"owner": "王"}


def test_what_is_released_is_open_again_and_pages_again() -> None:
    incident = taken(taken(paged(), Act.ACKNOWLEDGE), Act.RESPOND)
    done = life.step(incident, a_step(Act.RELEASE, WANG))
    assert isinstance(done, Moved)
    assert (done.incident.state, done.incident.owner, done.again) == (S.OPEN, None, True)
    assert refused(done.incident, Act.RELEASE).code == "nobody_has_it"


def test_it_is_given_to_somebody_else_and_both_names_are_said() -> None:
    incident = taken(paged(), Act.ACKNOWLEDGE)
    done = life.step(incident, a_step(Act.REASSIGN, LI, to_id=WANG.id, to_name=WANG.name))
    assert isinstance(done, Moved)
    assert done.incident.owner == WANG
    assert done.told[0].facts == {"by": "李", "to": "王", "from": "李"}
    assert refused(done.incident, Act.REASSIGN, to_id=WANG.id, to_name="").code == "already_theirs"


def test_a_false_alarm_is_undone_within_ten_minutes_and_stands_as_it_stood() -> None:
    incident = taken(taken(paged(), Act.ACKNOWLEDGE), Act.RESPOND)
    closed = taken(incident, Act.FALSE_ALARM, WANG)
    assert (closed.state, closed.false_by, closed.resolved_at) == (S.FALSE_ALARM, WANG, NOON + HOUR)
    back = taken(closed, Act.UNDO, after=HOUR + 10 * MINUTE)
    assert (back.state, back.owner, back.false_by, back.resolved_at) == (S.RESPONDING, LI, None, None)
    assert refused(closed, Act.UNDO, after=HOUR + 11 * MINUTE).code == "too_late"
    assert refused(paged(), Act.UNDO).code == "nothing_to_undo"


def test_a_snooze_keeps_how_it_stood_and_ends_with_a_page_if_nobody_has_it() -> None:
    until = NOON + timedelta(hours=20)
    asleep = taken(paged(), Act.SNOOZE, until=until.isoformat())
    assert (asleep.state, asleep.snoozed_until) == (S.OPEN, until)
    assert asleep.rested == Standing(Severity.ORANGE, "reposts", 60, 8.0)
    done = life.step(asleep, a_step(Act.PAGE, MACHINE, reason="snooze_over"))
    assert isinstance(done, Moved)
    assert (done.again, done.incident.snoozed_until, [reason.code for reason in done.told]) == (
        True, None, ["snooze_over"],
    )  # fmt: skip
    owned = life.step(taken(asleep, Act.ACKNOWLEDGE), a_step(Act.PAGE, MACHINE, reason="snooze_over"))
    assert isinstance(owned, Moved)
    assert (owned.again, owned.told) == (False, ())
    assert refused(paged(), Act.SNOOZE, until=NOON.isoformat()).code == "in_the_past"
    assert refused(an_incident(state=S.TRIAGE), Act.SNOOZE, until=until.isoformat()).code == "quiet_already"


def test_a_second_page_is_none() -> None:
    assert refused(paged(), Act.PAGE, MACHINE).code == "paged_already"


def test_what_somebody_took_before_it_paged_stays_theirs() -> None:
    incident = taken(an_incident(state=S.TRIAGE), Act.ACKNOWLEDGE)
    assert taken(incident, Act.PAGE, MACHINE).state is S.ACKNOWLEDGED


def test_what_nobody_has_goes_to_sleep_and_what_somebody_has_does_not() -> None:
    asleep = taken(paged(), Act.SLEEP, MACHINE)
    assert (asleep.state, asleep.rested) == (S.DORMANT, Standing(Severity.ORANGE, "reposts", 60, 8.0))
    assert refused(taken(paged(), Act.ACKNOWLEDGE), Act.SLEEP, MACHINE).code == "in_hand"


def test_what_slept_comes_back_open_and_pages_again() -> None:
    done = life.step(taken(paged(), Act.SLEEP, MACHINE), a_step(Act.REIGNITE, MACHINE))
    assert isinstance(done, Moved)
    assert (done.incident.state, done.incident.rested, done.incident.paged_at, done.again) == (S.OPEN, None, NOON, True)
    assert [reason.code for reason in done.told] == ["reignited"]


def test_a_false_alarm_that_comes_back_names_who_closed_it() -> None:
    closed = taken(paged(), Act.FALSE_ALARM, WANG)
    done = life.step(closed, a_step(Act.REIGNITE, MACHINE, after=73 * HOUR))
    assert isinstance(done, Moved)
    assert (done.incident.state, done.incident.owner, done.incident.resolved_at) == (S.OPEN, None, None)
    assert (done.told[0].code, done.told[0].facts) == ("came_back", {"was": "false_alarm", "closed_by": "王"})
    assert refused(closed, Act.REIGNITE, MACHINE, after=74 * HOUR).code == "too_late"
    assert refused(paged(), Act.REIGNITE, MACHINE).code == "not_at_rest"


def test_a_level_that_rises_is_said_where_people_were_paged() -> None:
    assert told(paged(), Act.RAISE, MACHINE, to="red") == ["raised"]
    assert told(an_incident(state=S.DETECTED, severity=Severity.BLUE), Act.RAISE, MACHINE, to="yellow") == []
    assert refused(paged(), Act.RAISE, MACHINE, to="orange").code == "no_higher"
    assert taken(paged(), Act.LOWER, MACHINE, to="yellow").severity is Severity.YELLOW


def test_two_become_one_at_the_higher_level_with_the_owner_one_of_them_has() -> None:
    small = an_incident(id=3, severity=Severity.YELLOW, state=S.TRIAGE, born=NOON)
    large = taken(paged(id=4, severity=Severity.RED, born=NOON + HOUR), Act.ACKNOWLEDGE, WANG)
    both = life.absorb(small, large, a_step(Act.MERGE, LI))
    assert isinstance(both, Moved)
    one = both.incident
    assert (one.id, one.severity, one.state, one.owner, one.paged_at, one.born) == (
        3, Severity.RED, S.ACKNOWLEDGED, WANG, NOON, NOON,
    )  # fmt: skip
    ends = life.step(large, a_step(Act.MERGE, LI, into=3))
    assert isinstance(ends, Moved)
    assert (ends.incident.state, ends.incident.merged_into) == (S.MERGED, 3)
    assert refused(ends.incident, Act.RESOLVE).facts == {"state": "merged", "into": 3}


def test_what_cannot_be_one_is_left_as_it_is() -> None:
    ours, theirs = an_incident(id=3), an_incident(id=4, brand="别家")
    for incident, other, code in (
        (ours, ours, "itself"), (ours, theirs, "other_brand"), (ours, an_incident(id=4, state=S.RESOLVED), "ended"),
    ):  # fmt: skip
        done = life.absorb(incident, other, a_step(Act.MERGE))
        assert isinstance(done, Refused)
        assert done.code == code


# ── properties ──────────────────────────────────────────────────────────────────────────────────────────────────────

FACTS: dict[Act, dict[str, Any]] = {
    Act.RAISE: {"to": "red"},
    Act.LOWER: {"to": "blue"},
    Act.DEADLINE: {"hours": 4},
    Act.SNOOZE: {"until": (NOON + 20 * HOUR).isoformat()},
    Act.REASSIGN: {"to_id": WANG.id, "to_name": WANG.name},
    Act.MERGE: {"into": 99},
}
STEPS = st.tuples(st.sampled_from(Act), st.sampled_from([MACHINE, LI, WANG]), st.integers(-60, 60 * 24 * 5))
BEGIN = st.sampled_from([
    an_incident(state=S.DETECTED, severity=Severity.BLUE, forecast=None), an_incident(state=S.TRIAGE), paged(),
])  # fmt: skip


def walk(incident: Incident, steps: list[tuple[Act, Actor, int]]) -> list[tuple[Incident, Act, Actor, Moved | Refused]]:
    gone = []
    for act, actor, minutes in steps:
        done = life.step(incident, a_step(act, actor, minutes * MINUTE, **FACTS.get(act, {})))
        gone.append((incident, act, actor, done))
        incident = done.incident if isinstance(done, Moved) else incident
    return gone


@given(BEGIN, st.lists(STEPS, max_size=40))
def test_no_machine_ends_an_incident(incident: Incident, steps: list[tuple[Act, Actor, int]]) -> None:
    for before, _, actor, done in walk(incident, steps):
        if actor == MACHINE and isinstance(done, Moved) and before.state not in ENDED:
            assert done.incident.state not in ENDED


@given(BEGIN, st.lists(STEPS, max_size=40))
def test_whatever_happens_an_incident_makes_sense(incident: Incident, steps: list[tuple[Act, Actor, int]]) -> None:
    for _, _, _, done in walk(incident, steps):
        if not isinstance(done, Moved):
            continue
        now = done.incident
        assert (now.state in ENDED) == (now.resolved_at is not None) == (now.closed_from is not None)
        assert (now.false_by is not None) == (now.state is S.FALSE_ALARM)
        if now.state in (S.ACKNOWLEDGED, S.RESPONDING):
            assert now.owner is not None
        if now.state in (S.DETECTED, S.TRIAGE, S.OPEN, S.DORMANT):
            assert now.owner is None
        if now.state is S.OPEN:
            assert now.paged_at is not None
        if now.snoozed_until is not None:
            assert now.rested is not None


@given(BEGIN, st.lists(STEPS, max_size=20), STEPS)
def test_taking_a_step_twice_at_one_moment_pages_nobody_twice(
    incident: Incident, steps: list[tuple[Act, Actor, int]], last: tuple[Act, Actor, int]
) -> None:
    walked = walk(incident, [*steps, last, last])
    first, second = walked[-2][3], walked[-1][3]
    if isinstance(first, Moved) and first.again:
        assert isinstance(second, Refused)


def test_a_forecast_is_what_speed_is_held_against() -> None:
    incident = paged(forecast=a_forecast(now=7, per_minute=0.5))
    assert life.standing(incident) == Standing(Severity.ORANGE, "reposts", 7, 0.5)
    assert life.standing(paged(forecast=None)) == Standing(Severity.ORANGE)
