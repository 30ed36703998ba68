"""What a verdict does to its story's incident."""

from datetime import timedelta

import pytest

from monitor.model import ENDED, Act, Actor, IncidentState, Severity, Standing, Verdict
from monitor.triage.incident import Change, decide
from tests.builders import NOON, a_forecast, an_incident


def asked(severity: Severity | None, **given: object) -> Change:
    verdict = Verdict(severity=severity, risk=0.5, forecast=None)
    arguments = {"pages_at": Severity.ORANGE, "is_lead": True, "visible": True, "now": NOON, **given}
    incident = arguments.pop("incident", None)
    return decide(verdict, incident, **arguments)  # type: ignore[arg-type]


def test_the_first_verdict_opens_and_pages_from_orange_on() -> None:
    assert asked(Severity.ORANGE).kind == "open"
    assert asked(Severity.ORANGE).pages
    assert not asked(Severity.YELLOW).pages
    assert asked(None).kind == "none"


def test_rising_into_the_paging_class_pages_once() -> None:
    yellow = an_incident(severity=Severity.YELLOW)
    assert asked(Severity.ORANGE, incident=yellow).pages
    paged = an_incident(severity=Severity.ORANGE, paged_at=NOON)
    assert asked(Severity.RED, incident=paged).kind == "raise"
    assert not asked(Severity.RED, incident=paged).pages


def test_a_level_falls_only_after_two_calm_hours_and_by_one_step() -> None:
    began = asked(None, incident=an_incident(severity=Severity.RED))
    assert (began.kind, began.calm_since) == ("refresh", NOON)
    calm = an_incident(severity=Severity.RED, paged_at=NOON, calm_since=NOON)
    soon = asked(Severity.BLUE, incident=calm, now=NOON + timedelta(minutes=119))
    assert (soon.kind, soon.calm_since) == ("refresh", NOON)
    fell = asked(Severity.BLUE, incident=calm, now=NOON + timedelta(hours=2))
    assert (fell.kind, fell.severity, fell.pages) == ("lower", Severity.ORANGE, False)
    assert fell.calm_since == NOON + timedelta(hours=2)
    assert fell.reasons[0].facts == {"from": "red", "to": "orange", "calm_min": 120}


def test_one_look_at_the_level_ends_the_calm() -> None:
    calm = an_incident(severity=Severity.ORANGE, calm_since=NOON)
    again = asked(Severity.ORANGE, incident=calm, now=NOON + timedelta(hours=3))
    assert (again.kind, again.calm_since) == ("refresh", None)


def test_another_post_at_the_level_takes_the_calm_one_s_place() -> None:
    calm = an_incident(severity=Severity.ORANGE, calm_since=NOON)
    assert asked(Severity.ORANGE, incident=calm, is_lead=False).kind == "refresh"
    assert asked(Severity.ORANGE, incident=an_incident(severity=Severity.ORANGE), is_lead=False).kind == "none"


def test_a_post_that_is_gone_is_not_calm() -> None:
    shown = an_incident(severity=Severity.ORANGE, calm_since=NOON)
    gone = asked(None, incident=shown, visible=False, now=NOON + timedelta(days=1))
    assert gone.kind == "refresh"


def test_what_fell_and_rises_again_was_paged_already() -> None:
    fallen = an_incident(severity=Severity.YELLOW, paged_at=NOON, calm_since=NOON)
    risen = asked(Severity.ORANGE, incident=fallen, now=NOON + timedelta(minutes=5))
    assert (risen.kind, risen.pages) == ("raise", False)


def test_blue_is_the_lowest_and_stays_open() -> None:
    blue = an_incident(severity=Severity.BLUE, calm_since=NOON)
    assert asked(None, incident=blue, now=NOON + timedelta(days=3)).kind == "refresh"


def test_a_clock_that_was_set_back_begins_the_calm_anew() -> None:
    ahead = an_incident(severity=Severity.ORANGE, calm_since=NOON + timedelta(hours=5))
    change = asked(None, incident=ahead)
    assert (change.kind, change.calm_since) == ("refresh", NOON)


def test_only_the_post_shown_renews_what_is_shown() -> None:
    assert asked(Severity.YELLOW, incident=an_incident(), is_lead=False).kind == "none"


def test_how_it_begins_follows_from_whom_it_is_told() -> None:
    acts = [asked(severity).act for severity in (Severity.BLUE, Severity.YELLOW, Severity.ORANGE, Severity.RED)]
    assert acts == [Act.DETECT, Act.NOTICE, Act.PAGE, Act.PAGE]
    assert asked(Severity.YELLOW, pages_at=Severity.YELLOW).act is Act.PAGE


def test_a_level_that_rises_takes_the_state_with_it() -> None:
    seen = an_incident(state=IncidentState.DETECTED, severity=Severity.BLUE)
    assert asked(Severity.YELLOW, incident=seen).act is Act.NOTICE
    assert asked(Severity.RED, incident=seen).act is Act.PAGE
    told = an_incident(state=IncidentState.TRIAGE, severity=Severity.YELLOW)
    assert asked(Severity.ORANGE, incident=told).act is Act.PAGE
    assert asked(Severity.RED, incident=an_incident(paged_at=NOON)).act is None


@pytest.mark.parametrize("state", sorted(ENDED - {IncidentState.MERGED}))
def test_what_people_closed_comes_back_only_above_the_level_they_closed(state: IncidentState) -> None:
    closed = an_incident(state=state, paged_at=NOON, resolved_at=NOON, false_by=Actor("slack:U1", "李"))
    assert asked(Severity.ORANGE, incident=closed).kind == "none"
    back = asked(Severity.RED, incident=closed, now=NOON + timedelta(hours=72))
    assert (back.kind, back.act, back.wakes, back.pages) == ("raise", Act.REIGNITE, True, False)
    assert back.because is not None
    assert back.because.facts == {"was": state.value, "from": "orange", "to": "red", "closed_by": "李"}
    later = asked(Severity.RED, incident=closed, now=NOON + timedelta(hours=73))
    assert (later.kind, later.act, later.pages) == ("open", Act.PAGE, True)


def test_what_was_closed_before_anybody_was_woken_comes_back_with_its_first_page() -> None:
    closed = an_incident(state=IncidentState.FALSE_ALARM, severity=Severity.YELLOW, resolved_at=NOON)
    back = asked(Severity.ORANGE, incident=closed)
    assert (back.act, back.pages, back.wakes) == (Act.REIGNITE, True, True)


RESTED = Standing(Severity.ORANGE, "reposts", 60, 8.0)


def verdict(severity: Severity | None, now: int = 60) -> Verdict:
    return Verdict(severity=severity, risk=0.5, forecast=a_forecast(now=now))


def held_against(severity: Severity | None, reach: int, **given: object) -> tuple[str, Act | None, bool]:
    incident = an_incident(paged_at=NOON, rested=RESTED, **given)
    change = decide(
        verdict(severity, reach), incident, pages_at=Severity.ORANGE, is_lead=True, visible=True, now=NOON
    )  # fmt: skip
    return change.kind, change.act, change.wakes


def test_what_sleeps_wakes_when_it_gathers_speed() -> None:
    asleep = {"state": IncidentState.DORMANT}
    assert held_against(Severity.ORANGE, 119, **asleep) == ("refresh", None, False)
    assert held_against(Severity.ORANGE, 120, **asleep) == ("refresh", Act.REIGNITE, True)
    assert held_against(Severity.RED, 60, **asleep) == ("raise", Act.REIGNITE, True)
    assert held_against(Severity.YELLOW, 500, **asleep) == ("refresh", Act.REIGNITE, False)
    assert held_against(None, 500, **asleep) == ("refresh", None, False)


def test_what_slept_unheard_wakes_as_if_it_were_new() -> None:
    unheard = an_incident(
        state=IncidentState.DORMANT, severity=Severity.BLUE, rested=RESTED._replace(severity=Severity.BLUE)
    )
    assert asked(Severity.YELLOW, incident=unheard).act is Act.NOTICE
    assert asked(Severity.ORANGE, incident=unheard).act is Act.PAGE
    assert asked(Severity.ORANGE, incident=unheard).pages


def test_a_snooze_is_broken_by_speed_at_a_level_that_pages() -> None:
    snoozed = {"snoozed_until": NOON + timedelta(hours=9)}
    assert held_against(Severity.ORANGE, 119, **snoozed) == ("refresh", None, False)
    assert held_against(Severity.ORANGE, 120, **snoozed) == ("refresh", Act.PAGE, True)
    assert held_against(Severity.RED, 60, **snoozed) == ("raise", Act.PAGE, True)
    assert held_against(Severity.YELLOW, 500, **snoozed)[1] is None


def test_another_post_breaks_no_rest_by_its_reach() -> None:
    asleep = an_incident(state=IncidentState.DORMANT, paged_at=NOON, rested=RESTED)
    change = decide(
        verdict(Severity.ORANGE, 9_000), asleep, pages_at=Severity.ORANGE, is_lead=False, visible=True, now=NOON
    )  # fmt: skip
    assert change.act is None


def test_a_raise_says_from_where_to_where() -> None:
    change = asked(Severity.RED, incident=an_incident())
    assert change.reasons[-1].code == "raised"
    assert change.reasons[-1].facts == {"from": "orange", "to": "red"}
