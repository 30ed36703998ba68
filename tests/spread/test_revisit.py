"""When a tracked post is looked at again."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.model import Availability, Counts, Forecast, Look
from monitor.spread.revisit import CALM, HOPELESS, next_look
from tests.builders import NOON, a_forecast

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def seen(*ages: timedelta, availability: Availability = Availability.VISIBLE) -> list[Look]:
    return [
        Look(seen_at=NOON + age, age=age.total_seconds(), counts=Counts(), availability=availability) for age in ages
    ]


def gap(age: timedelta, *, aimed: float = 0.9, looks: int = 5, forecast: Forecast | None = None) -> timedelta:
    """How long until the next look, just after the last of some looks at this age."""
    history = seen(*[age] * looks)
    following = next_look(forecast or a_forecast(p_viral=0.1), history, NOON, NOON + age, aimed)
    assert following is not None
    return following - (NOON + age)


forecasts = st.one_of(
    st.none(),
    st.builds(
        lambda now, more, p: a_forecast(now=now, median=float(now + more), p_viral=p),
        st.integers(0, 10**6),
        st.integers(0, 10**6),
        st.one_of(st.none(), st.floats(0, 1)),
    ),
)
moments = st.floats(-3_600, 100 * 3_600).map(lambda seconds: NOON + timedelta(seconds=seconds))


@settings(max_examples=200, deadline=None)
@given(
    forecast=forecasts, ages=st.lists(st.integers(0, 90), max_size=4).map(sorted), now=moments, aimed=st.floats(0, 1)
)
def test_the_next_look_is_always_to_come_and_never_more_than_an_hour_off(
    forecast: Forecast | None, ages: Sequence[int], now: datetime, aimed: float
) -> None:
    history = seen(*(age * HOUR for age in ages))
    following = next_look(forecast, history, NOON, now, aimed)
    if following is not None:
        assert now + MINUTE <= following <= now + HOUR


@settings(max_examples=200, deadline=None)
@given(forecast=forecasts, minutes=st.integers(0, 24 * 60 - 1), aimed=st.floats(0, 1))
def test_nothing_visible_is_given_up_in_the_first_day(forecast: Forecast | None, minutes: int, aimed: float) -> None:
    age = minutes * MINUTE
    assert next_look(forecast, seen(age), NOON, NOON + age, aimed) is not None


def test_a_post_that_is_gone_is_not_looked_for_again() -> None:
    gone = seen(HOUR, availability=Availability.GONE)
    assert next_look(a_forecast(), gone, NOON, NOON + HOUR, 0.9) is None


@pytest.mark.parametrize("availability", [Availability.RESTRICTED, Availability.UNKNOWN])
def test_a_post_that_is_only_hidden_is_looked_for_again(availability: Availability) -> None:
    hidden = seen(HOUR, availability=availability)
    assert next_look(a_forecast(), hidden, NOON, NOON + HOUR, 0.9) is not None


def test_after_a_day_a_post_with_nothing_to_come_is_let_go() -> None:
    spent = a_forecast(now=200, median=205.0)
    assert next_look(spent, seen(CALM), NOON, NOON + CALM, 0.9) is None
    assert next_look(spent, seen(CALM - MINUTE), NOON, NOON + CALM - MINUTE, 0.9) is not None


def test_after_a_day_a_post_that_still_grows_is_kept() -> None:
    growing = a_forecast(now=200, median=260.0)
    assert next_look(growing, seen(2 * CALM), NOON, NOON + 2 * CALM, 0.9) is not None


def test_without_a_forecast_a_post_is_kept_until_the_end() -> None:
    assert next_look(None, seen(2 * CALM), NOON, NOON + 2 * CALM, 0.9) is not None


def test_after_three_days_nothing_is_tracked() -> None:
    assert next_look(a_forecast(), seen(HOPELESS), NOON, NOON + HOPELESS, 0.9) is None


def test_an_undecided_post_is_left_alone_longer_the_older_it_is() -> None:
    gaps = [gap(age) for age in (5 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 6 * HOUR, 20 * HOUR)]
    assert gaps == sorted(gaps)
    assert gaps[0] == 5 * MINUTE
    assert gaps[-1] == HOUR


def test_the_first_looks_come_quickly() -> None:
    assert gap(5 * MINUTE, looks=1) == 3 * MINUTE


def test_a_post_near_the_decision_is_looked_at_often_at_any_age() -> None:
    assert gap(10 * HOUR, forecast=a_forecast(p_viral=0.6)) == 3 * MINUTE


def test_a_decided_post_is_left_alone() -> None:
    assert gap(20 * MINUTE, forecast=a_forecast(p_viral=0.95)) == 30 * MINUTE


def test_a_harmless_post_costs_one_look_an_hour() -> None:
    assert gap(2 * MINUTE, aimed=0.05, forecast=a_forecast(p_viral=0.9)) == HOUR


def test_where_there_is_no_probability_the_age_alone_decides() -> None:
    assert gap(3 * HOUR, forecast=a_forecast(p_viral=None)) == HOUR


def test_a_late_look_is_made_up_for_at_once() -> None:
    following = next_look(a_forecast(p_viral=0.1), seen(MINUTE, 2 * MINUTE, 3 * MINUTE), NOON, NOON + 40 * MINUTE, 0.9)
    assert following == NOON + 41 * MINUTE


def test_a_look_from_the_future_puts_nothing_off() -> None:
    following = next_look(a_forecast(p_viral=0.6), seen(9 * HOUR), NOON, NOON + HOUR, 0.9)
    assert following == NOON + HOUR + 3 * MINUTE
