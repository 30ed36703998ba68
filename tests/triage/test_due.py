"""What the clock has to do with an incident, and when it looks again."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model import Act, Actor, Incident, IncidentState, Severity, Standing
from monitor.triage import life
from monitor.triage.due import ASK_AGAIN, QUIET, accelerated, deadlines, due, next_due, until_morning
from monitor.triage.life import Moved
from tests.builders import NOON, a_forecast, a_mention, an_incident, looks

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
SHANGHAI = timezone(timedelta(hours=8))
LI = Actor("slack:U1", "李")
S = IncidentState


def paged(**given: Any) -> Incident:
    fields = {"born": NOON, "paged_at": NOON + 10 * MINUTE, "changed_at": NOON + 10 * MINUTE, "version": 1}
    return an_incident(**{**fields, **given})


def taken(incident: Incident, now: datetime) -> Incident:
    step = due(incident, now)
    assert step is not None
    done = life.step(incident, step)
    assert isinstance(done, Moved)
    return done.incident


def asked(incident: Incident, now: datetime) -> tuple[Act, str] | None:
    step = due(incident, now)
    return None if step is None else (step.act, step.reason)


def test_three_clocks_run_from_publication_and_an_answer_stops_the_first_two() -> None:
    at = [(d.hours, d.moment, d.met_at) for d in deadlines(paged(responding_at=NOON + 2 * HOUR))]
    met = NOON + 2 * HOUR
    assert at == [(1, NOON + HOUR, met), (4, NOON + 4 * HOUR, met), (24, NOON + 24 * HOUR, None)]


def test_that_somebody_has_it_answers_nobody() -> None:
    incident = paged(state=S.ACKNOWLEDGED, owner=LI, acknowledged_at=NOON + 20 * MINUTE)
    assert asked(incident, NOON + HOUR) == (Act.DEADLINE, "")


def test_a_missed_deadline_is_told_once() -> None:
    incident = taken(paged(), NOON + HOUR)
    assert incident.missed == 1
    assert due(incident, NOON + 2 * HOUR) is None
    assert next_due(incident, NOON + 2 * HOUR) == NOON + 4 * HOUR


def test_of_deadlines_that_passed_while_nothing_ran_only_the_last_is_told() -> None:
    step = due(paged(), NOON + 9 * HOUR)
    assert step is not None
    assert (step.act, step.facts, step.key) == (Act.DEADLINE, {"hours": 4}, "incident-12:deadline:1")
    assert due(taken(paged(), NOON + 9 * HOUR), NOON + 9 * HOUR) is None


def test_a_deadline_that_had_passed_when_people_were_paged_is_no_news() -> None:
    late = paged(paged_at=NOON + 2 * HOUR, changed_at=NOON + 2 * HOUR)
    assert due(late, NOON + 3 * HOUR) is None
    assert next_due(late, NOON + 3 * HOUR) == NOON + 4 * HOUR


def test_a_snooze_that_is_over_pages_again() -> None:
    snoozed = paged(snoozed_until=NOON + 8 * HOUR, rested=Standing(Severity.ORANGE), missed=4)
    assert due(snoozed, NOON + 8 * HOUR - MINUTE) is None
    assert next_due(snoozed, NOON + 5 * HOUR) == NOON + 8 * HOUR
    assert asked(snoozed, NOON + 8 * HOUR) == (Act.PAGE, "snooze_over")
    assert due(taken(snoozed, NOON + 8 * HOUR), NOON + 8 * HOUR) is None


@pytest.mark.parametrize("state", [S.DETECTED, S.TRIAGE])
def test_what_nobody_was_woken_for_sleeps_after_a_quiet_day(state: S) -> None:
    quiet = an_incident(state=state, changed_at=NOON, version=1)
    assert due(quiet, NOON + QUIET - MINUTE) is None
    assert next_due(quiet, NOON) == NOON + QUIET
    asleep = taken(quiet, NOON + QUIET)
    assert (asleep.state, next_due(asleep, NOON + QUIET)) == (S.DORMANT, None)


def test_an_open_incident_sleeps_only_while_its_post_is_looked_at() -> None:
    """Silence is no good news: a feed that is down makes nothing quiet."""
    blind = paged(missed=24)
    assert due(blind, NOON + 2 * QUIET) is None
    assert next_due(blind, NOON + 2 * QUIET) == NOON + 2 * QUIET + ASK_AGAIN
    watched = paged(missed=24, lead=a_mention(seen=looks(60, 60, first=47 * 3600.0)))
    assert asked(watched, NOON + 2 * QUIET) == (Act.SLEEP, "")


@pytest.mark.parametrize("state", [S.ACKNOWLEDGED, S.RESPONDING])
def test_what_somebody_has_in_hand_does_not_sleep(state: S) -> None:
    incident = paged(state=state, owner=LI, missed=24)
    assert due(incident, NOON + 9 * QUIET) is None
    assert next_due(incident, NOON + 9 * QUIET) is None


def test_the_follow_up_is_due_three_days_after_it_was_resolved() -> None:
    resolved = paged(state=S.RESOLVED, resolved_at=NOON)
    assert due(resolved, NOON + timedelta(days=3) - MINUTE) is None
    assert next_due(resolved, NOON) == NOON + timedelta(days=3)
    assert asked(resolved, NOON + timedelta(days=3)) == (Act.FOLLOW_UP, "")
    for state in (S.FALSE_ALARM, S.REVIEWED, S.MERGED, S.FOLLOW_UP):
        assert due(paged(state=state, resolved_at=NOON), NOON + timedelta(days=9)) is None


def test_eight_in_the_morning_is_the_next_one_there() -> None:
    assert until_morning(NOON, SHANGHAI) == NOON + 20 * HOUR
    two_at_night = NOON + 14 * HOUR
    assert until_morning(two_at_night, SHANGHAI) == NOON + 20 * HOUR
    assert until_morning(NOON + 20 * HOUR, SHANGHAI) == NOON + 44 * HOUR


@pytest.mark.parametrize(
    ("severity", "now", "pace", "breaks"),
    [
        (Severity.ORANGE, 60, 8.0, False),
        (Severity.RED, 60, 8.0, True),
        (None, 119, 15.9, False),
        (None, 120, 8.0, True),
        (None, 60, 16.0, True),
    ],
)
def test_a_rest_is_broken_by_a_level_that_rises_or_by_twice_the_reach_or_the_pace(
    severity: Severity | None, now: int, pace: float, breaks: bool
) -> None:
    resting = paged(rested=Standing(Severity.ORANGE, "reposts", 60, 8.0))
    assert (accelerated(resting, severity, a_forecast(now=now, per_minute=pace)) is not None) is breaks


def test_a_handful_that_doubles_breaks_no_rest() -> None:
    resting = paged(rested=Standing(Severity.ORANGE, "reposts", 3, 0.2))
    assert accelerated(resting, None, a_forecast(now=12, per_minute=0.9)) is None
    assert accelerated(resting, None, a_forecast(now=13, per_minute=0.2)) == {"unit": "reposts", "was": 3, "now": 13}


def test_another_unit_is_no_measure_of_speed() -> None:
    resting = paged(rested=Standing(Severity.ORANGE, "likes", 3, 0.2))
    assert accelerated(resting, Severity.ORANGE, a_forecast(now=900)) is None
    assert accelerated(paged(), Severity.RED, a_forecast(now=900)) is None


@given(
    st.sampled_from(list(S)),
    st.integers(-48, 24 * 9),
    st.integers(-48, 24 * 9),
    st.booleans(),
    st.sampled_from([0, 1, 4, 24]),
)
def test_the_clock_ends_no_incident_and_asks_for_nothing_that_is_refused(
    state: S, hours: int, snoozed: int, asleep: bool, missed: int
) -> None:
    """Wherever the clock stands, set back or far ahead."""
    ended = {"resolved_at": NOON, "closed_from": S.OPEN} if state in (S.RESOLVED, S.FALSE_ALARM) else {}
    rest = {"snoozed_until": NOON + snoozed * HOUR, "rested": Standing(Severity.ORANGE)} if asleep else {}
    incident = paged(state=state, missed=missed, **ended, **rest)
    now = NOON + hours * HOUR
    step = due(incident, now)
    if step is None:
        later = next_due(incident, now)
        assert later is None or later > now
        return
    done = life.step(incident, step)
    assert isinstance(done, Moved)
    assert done.incident.state not in (S.RESOLVED, S.FALSE_ALARM, S.REVIEWED, S.MERGED)
