"""On trial nobody is woken below red, and red is real."""

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.policy import Route, klass_for, on_trial, pages_everyone, pages_from, routed, tells
from monitor.model import IncidentState, NotificationKind, Severity, TellClass
from tests.builders import NOON, an_incident

LIVE = pages_everyone(["crisis"], Severity.ORANGE)
APART = replace(LIVE, trial=("quiet",))
SAME = replace(LIVE, trial=())


def told(
    route: Route, level: Severity, *, was: Severity | None = None, pages: bool = False
) -> dict[str, NotificationKind]:
    return dict(tells(route, "星禾", level, pages=pages, stirs=True, paged=was is not None, was=was))


def test_what_would_page_goes_to_the_quiet_channel_alone() -> None:
    assert routed(APART, "星禾", Severity.ORANGE) == (("quiet", TellClass.TRIAL),)
    assert told(APART, Severity.ORANGE, pages=True) == {"quiet": NotificationKind.ROOT}


def test_without_a_quiet_channel_it_goes_where_the_page_would_have_gone() -> None:
    assert routed(SAME, "星禾", Severity.ORANGE) == (("crisis", TellClass.TRIAL),)


def test_red_is_told_as_always_and_shown_to_the_quiet_channel() -> None:
    assert dict(routed(APART, "星禾", Severity.RED)) == {"quiet": TellClass.NOTIFY, "crisis": TellClass.PAGE}
    assert dict(routed(SAME, "星禾", Severity.RED)) == {"crisis": TellClass.PAGE}


@pytest.mark.parametrize("route", [APART, SAME])
def test_what_was_paged_on_trial_alone_pages_in_earnest_once_it_is_red(route: Route) -> None:
    assert told(route, Severity.RED, was=Severity.ORANGE)["crisis"] is NotificationKind.ROOT


def test_live_what_was_paged_is_not_paged_again_when_it_is_red() -> None:
    assert told(LIVE, Severity.RED, was=Severity.ORANGE) == {"crisis": NotificationKind.UPDATE}


def test_who_is_told_below_what_pages_hears_as_always() -> None:
    route = replace(
        Route(receivers=("desk",), klass=TellClass.NOTIFY, routes=(replace(LIVE.routes[0], goes_on=True),)),
        trial=("quiet",),
    )
    assert routed(route, "星禾", Severity.YELLOW) == (("desk", TellClass.NOTIFY),)


def test_the_level_that_pages_is_the_same_on_trial() -> None:
    assert pages_from(APART, "星禾") is pages_from(LIVE, "星禾") is Severity.ORANGE


@pytest.mark.parametrize(
    ("level", "klass"),
    [(Severity.YELLOW, TellClass.TRIAL), (Severity.ORANGE, TellClass.TRIAL), (Severity.RED, TellClass.NOTIFY)],
)
def test_a_message_goes_on_asking_however_low_its_incident_fell(level: Severity, klass: TellClass) -> None:
    incident = an_incident(severity=level, paged_at=NOON - timedelta(hours=3))
    assert klass_for(APART, "quiet", incident) is klass


def test_what_somebody_took_in_hand_asks_no_more() -> None:
    taken = an_incident(severity=Severity.ORANGE, paged_at=NOON, state=IncidentState.ACKNOWLEDGED)
    assert klass_for(APART, "quiet", taken) is TellClass.NOTIFY


def test_who_hears_of_a_trial() -> None:
    assert (on_trial(APART, ["星禾"]), on_trial(SAME, ["星禾"]), on_trial(LIVE, ["星禾"])) == (
        ("quiet",),
        ("crisis",),
        (),
    )
