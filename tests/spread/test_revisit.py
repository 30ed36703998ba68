"""When a tracked post is looked at again, and which posts share a request."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import exp, log, sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.model import Availability, Counts, Forecast, Look, PostKey
from monitor.spread.revisit import (
    AHEAD,
    CALM,
    HELD,
    HOPELESS,
    LATEST,
    PRICE,
    SAVED,
    SOONEST,
    Following,
    Purse,
    Tracked,
    batch,
    follow,
)
from tests.builders import NOON, a_forecast

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def seen(*ages: timedelta, availability: Availability = Availability.VISIBLE) -> list[Look]:
    return [
        Look(seen_at=NOON + age, age=age.total_seconds(), counts=Counts(), availability=availability) for age in ages
    ]


def following(
    forecast: Forecast | None, looks: Sequence[Look], now: datetime, *, certainty: float = 0.9, threshold: float = 0.7
) -> Following | None:
    return follow(forecast, looks, NOON, now, certainty=certainty, threshold=threshold, hurts=500)


def gap(age: timedelta, chance: float | None = 0.1, *, certainty: float = 0.9, **forecast: float) -> timedelta:
    """How long until the next look, just after one at this age."""
    after = following(a_forecast(p_viral=chance, **forecast), seen(age), NOON + age, certainty=certainty)
    assert after is not None
    return after.at - (NOON + age)


def worth(age: timedelta, chance: float) -> float:
    after = following(a_forecast(p_viral=chance), seen(age), NOON + age)
    assert after is not None
    return after.worth


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
shares = st.floats(0, 1)


@settings(max_examples=200)
@given(
    forecast=forecasts,
    ages=st.lists(st.integers(0, 90), max_size=4).map(sorted),
    now=moments,
    certainty=shares,
    threshold=shares,
)
def test_the_next_look_is_always_to_come_and_never_later_than_the_latest(
    forecast: Forecast | None, ages: Sequence[int], now: datetime, certainty: float, threshold: float
) -> None:
    history = seen(*(age * HOUR for age in ages))
    after = following(forecast, history, now, certainty=certainty, threshold=threshold)
    if after is not None:
        assert now + MINUTE <= after.at <= now + LATEST
        assert 0 <= after.worth <= 1


@settings(max_examples=200)
@given(forecast=forecasts, minutes=st.integers(0, 24 * 60 - 1), certainty=shares)
def test_nothing_visible_is_given_up_in_the_first_day(
    forecast: Forecast | None, minutes: int, certainty: float
) -> None:
    age = minutes * MINUTE
    assert following(forecast, seen(age), NOON + age, certainty=certainty) is not None


def test_a_post_that_is_gone_is_not_looked_for_again() -> None:
    assert following(a_forecast(), seen(HOUR, availability=Availability.GONE), NOON + HOUR) is None


@pytest.mark.parametrize("availability", [Availability.RESTRICTED, Availability.UNKNOWN])
def test_a_post_that_is_only_hidden_is_looked_for_again(availability: Availability) -> None:
    assert following(a_forecast(), seen(HOUR, availability=availability), NOON + HOUR) is not None


def test_after_a_day_a_post_with_nothing_to_come_is_let_go() -> None:
    spent = a_forecast(now=200, median=205.0)
    assert following(spent, seen(CALM), NOON + CALM) is None
    assert following(spent, seen(CALM - MINUTE), NOON + CALM - MINUTE) is not None


def test_after_a_day_a_post_that_still_grows_is_kept_until_the_third() -> None:
    growing = a_forecast(now=200, median=260.0)
    assert following(growing, seen(2 * CALM), NOON + 2 * CALM) is not None
    assert following(growing, seen(HOPELESS), NOON + HOPELESS) is None


def test_without_a_forecast_a_post_is_kept_until_the_end() -> None:
    assert following(None, seen(2 * CALM), NOON + 2 * CALM) is not None


def test_the_nearer_the_risk_is_to_the_threshold_the_sooner_the_next_look() -> None:
    gaps = [gap(HOUR, chance) for chance in (0.7, 0.5, 0.3, 0.1, 0.02)]
    assert gaps == sorted(gaps)
    assert gaps[0] < 10 * MINUTE < gaps[-1]


def test_an_undecided_post_is_left_alone_longer_the_older_it_is() -> None:
    gaps = [gap(age, 0.3) for age in (5 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 6 * HOUR)]
    assert gaps == sorted(gaps)
    assert gaps[0] == SOONEST
    assert gaps[-1] >= 40 * MINUTE


def away(way: float) -> float:
    """The chance that lies so far in log odds below the one that pages."""
    return 1 / (1 + exp(way - log(0.7 / 0.2)))


def test_twice_as_far_from_the_threshold_the_age_may_grow_four_times_as_much() -> None:
    near, far = (log(1 + gap(HOUR, away(way), per_minute=0.0) / HOUR) for way in (1.5, 3.0))
    assert far == pytest.approx(4 * near)
    assert exp(-3.0 / sqrt(far)) == pytest.approx(PRICE)


def test_no_young_post_is_left_alone_for_more_than_twice_its_age() -> None:
    assert gap(20 * MINUTE, away(8.0), per_minute=0.0) == 40 * MINUTE


def test_a_look_is_worth_the_chance_that_half_an_hour_turns_the_decision() -> None:
    assert worth(HOUR, away(2.0)) == pytest.approx(exp(-2.0 / sqrt(log(1.5))))


def test_a_post_is_looked_at_no_later_than_it_would_have_what_hurts() -> None:
    assert gap(2 * HOUR, 0.3, now=480, per_minute=4.0) == 5 * MINUTE
    assert gap(2 * HOUR, 0.3, now=480, per_minute=1e-9) > 5 * MINUTE
    assert gap(2 * HOUR, 0.3, unproven=True) == SOONEST
    assert gap(2 * HOUR, 0.5, now=520, unproven=True) == SOONEST
    assert gap(2 * HOUR, 0.5, now=520, shoved=300) == HELD


def test_what_has_been_decided_or_cannot_be_waits_longest() -> None:
    assert gap(20 * MINUTE, 0.95) == LATEST
    assert gap(2 * MINUTE, 0.9, certainty=0.05) == LATEST


def test_where_there_is_no_probability_the_pace_orders_the_looks() -> None:
    assert gap(HOUR, None, median=450.0) < gap(HOUR, None, median=60.0)


def test_a_late_look_is_made_up_for_at_once() -> None:
    after = following(a_forecast(p_viral=0.6), seen(MINUTE, 2 * MINUTE, 3 * MINUTE), NOON + 40 * MINUTE)
    assert after is not None
    assert after.at == NOON + 41 * MINUTE


def test_a_look_from_the_future_puts_nothing_off() -> None:
    after = following(a_forecast(p_viral=0.65), seen(9 * HOUR), NOON + HOUR)
    assert after is not None
    assert after.at <= NOON + HOUR + 10 * MINUTE


def test_a_look_is_worth_more_at_a_young_post_near_the_threshold() -> None:
    assert worth(HOUR, 0.6) > worth(HOUR, 0.2) > worth(HOUR, 0.01)
    assert worth(10 * MINUTE, 0.2) > worth(5 * HOUR, 0.2)


# ── which of them share a request ───────────────────────────────────────────────────────────────────────────────────


def tracked(name: str, due: float, worth: float = 0.1, last_seen: float = 30) -> Tracked:
    """A post due in so many minutes, last seen so many minutes ago."""
    return Tracked(
        key=PostKey("weibo", name), due=NOON + due * MINUTE, worth=worth, last_seen=NOON - last_seen * MINUTE
    )


def names(posts: Sequence[Tracked]) -> list[str]:
    return [post.key.native_id for post in posts]


def test_a_crowded_request_takes_the_worthiest_and_keeps_places_for_what_waits_longest() -> None:
    waiting = [tracked(f"waiting {n}", -100 + n, worth=0.0) for n in range(10)]
    hot = [tracked(f"hot {n}", -1, worth=0.9) for n in range(10)]
    chosen = names(batch([*waiting, *hot], NOON, 10))
    assert len(chosen) == 10
    assert chosen[:2] == ["waiting 0", "waiting 1"]
    assert all(name.startswith("hot") for name in chosen[2:])


def test_a_request_with_room_takes_along_what_is_due_soon_and_was_not_just_seen() -> None:
    soon, fresh = tracked("soon", 3), tracked("just seen", 3, last_seen=4)
    later = tracked("later", AHEAD / MINUTE + 1)
    assert names(batch([tracked("due", -1), soon, fresh, later], NOON, 100)) == ["due", "soon"]


def test_where_the_next_request_is_far_off_what_is_due_before_it_is_taken_along() -> None:
    many, few = Purse.of(1_000, 86_400.0), Purse.of(50, 86_400.0)
    assert many.ahead == AHEAD
    posts = [tracked("due", -1), tracked("later", 28), tracked("after it", 29)]
    assert names(batch(posts, NOON, 100, many.ahead)) == ["due"]
    assert names(batch(posts, NOON, 100, few.ahead)) == ["due", "later"]


def test_what_is_taken_along_makes_no_request_a_full_one() -> None:
    last = Purse(every=1_728.0, saved=8, held=1.0, at=NOON)
    assert not last.affords([tracked("due", -1, worth=0.0), *(tracked(str(n), 20, worth=0.0) for n in range(99))], 100)
    assert last.affords([tracked(str(n), -1, worth=0.0) for n in range(100)], 100)


def test_nothing_due_is_no_request() -> None:
    assert batch([tracked("soon", 1)], NOON, 100) == []


def test_a_post_of_two_brands_takes_one_place() -> None:
    assert len(batch([tracked("a", -1), tracked("a", -2)], NOON, 100)) == 1


@settings(max_examples=100)
@given(
    posts=st.lists(st.builds(tracked, st.sampled_from("abcdefgh"), st.integers(-90, 90), st.floats(0, 1)), max_size=12),
    size=st.integers(1, 5),
)
def test_a_request_never_holds_more_than_fit_and_no_post_twice(posts: list[Tracked], size: int) -> None:
    chosen = names(batch(posts, NOON, size))
    assert len(chosen) <= size
    assert len(set(chosen)) == len(chosen)


# ── what may be asked ───────────────────────────────────────────────────────────────────────────────────────────────

HOT, COLD = tracked("hot", -1, worth=0.9), tracked("cold", -1, worth=0.01)


def test_without_a_budget_whatever_is_due_is_asked_for() -> None:
    assert Purse().affords([COLD], 100)
    assert not Purse().affords([], 100)


def test_a_full_purse_pays_for_anything_and_an_empty_one_for_nothing() -> None:
    purse = Purse.of(50, 86_400).filled(NOON)
    assert purse.affords([COLD], 100)
    for _ in range(SAVED):
        purse = purse.spent()
    assert not purse.affords([HOT], 100)


def test_the_last_requests_are_kept_for_what_may_turn_the_decision() -> None:
    purse = Purse.of(50, 86_400).filled(NOON).spent().spent().spent()
    assert not purse.affords([COLD], 100)
    assert purse.affords([HOT], 100)
    assert purse.affords([COLD] * 100, 100)


def test_a_purse_fills_up_with_time_and_not_beyond_what_it_holds() -> None:
    empty = Purse(every=1_800.0, saved=8, held=0.0, at=NOON)
    assert empty.filled(NOON + HOUR).held == 2
    assert empty.filled(NOON + 100 * HOUR).held == 8
    assert empty.filled(NOON - HOUR).held == 0


@settings(max_examples=50)
@given(requests=st.integers(1, 500), worths=st.lists(st.floats(0, 1), min_size=1, max_size=200))
def test_a_day_never_costs_more_than_its_requests_and_what_was_saved(requests: int, worths: list[float]) -> None:
    purse, asked = Purse.of(requests, 86_400), 0
    for number, value in enumerate(worths):
        purse = purse.filled(NOON + number / len(worths) * 24 * HOUR)
        if purse.affords([tracked("a", -1, worth=value)], 100):
            purse, asked = purse.spent(), asked + 1
    assert asked <= requests + purse.saved
