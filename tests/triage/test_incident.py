"""What a verdict does to its story's incident."""

from datetime import timedelta

from monitor.model import IncidentState, Severity, Verdict
from monitor.triage.incident import Change, decide
from tests.builders import NOON, an_incident


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


def test_what_people_resolved_comes_back_only_above_the_level_they_closed() -> None:
    closed = an_incident(state=IncidentState.RESOLVED, paged_at=NOON)
    assert asked(Severity.ORANGE, incident=closed).kind == "none"
    assert asked(Severity.RED, incident=closed).kind == "open"
    assert asked(Severity.RED, incident=closed).pages


def test_a_raise_says_from_where_to_where() -> None:
    change = asked(Severity.RED, incident=an_incident())
    assert change.reasons[-1].code == "raised"
    assert change.reasons[-1].facts == {"from": "orange", "to": "red"}
