"""What a verdict does to its story's incident."""

from monitor.model import IncidentState, Severity, Verdict
from monitor.triage.incident import Change, decide
from tests.builders import NOON, an_incident


def asked(severity: Severity | None, **given: object) -> Change:
    verdict = Verdict(severity=severity, risk=0.5, forecast=None)
    arguments = {"pages_at": Severity.ORANGE, "is_lead": True, **given}
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


def test_a_machine_never_lowers() -> None:
    assert asked(Severity.BLUE, incident=an_incident()).kind == "refresh"
    assert asked(None, incident=an_incident()).kind == "refresh"


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
