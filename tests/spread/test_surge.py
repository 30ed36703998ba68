"""What an hour usually brings, and how surely more than that is a surge."""

from datetime import datetime, timedelta
from math import exp, factorial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model import Severity
from monitor.spread import surge
from monitor.spread.surge import HOUR, Limits, Stars, Usual
from tests.builders import NOON

LIMITS = Limits()


def weeks(
    count: float, rate: float, *, night: float | None = None, until: datetime = NOON, seed: int = 7
) -> dict[int, int]:
    """Bad posts of every hour of so many weeks; `night`: the rate from one to seven in Shanghai."""
    rng = np.random.default_rng(seed)
    last = surge.hour_of(until)
    hours = range(last - round(168 * count), last)
    return {hour: int(rng.poisson(rate if night is None or not 1 <= (hour + 8) % 24 < 7 else night)) for hour in hours}


def colour(count: int, usual: Usual) -> Severity | None:
    return LIMITS.colour(usual.chance(count))


def test_a_surge_is_many_times_what_is_usual() -> None:
    usual = surge.usual(weeks(8, 0.8), NOON)
    assert usual.mean == pytest.approx(0.8, rel=0.4)
    assert colour(3, usual) is None
    assert colour(10, usual) is Severity.ORANGE


def test_little_history_makes_it_less_sure() -> None:
    one_an_hour = [dict.fromkeys(weeks(count, 1.0), 1) for count in (0.15, 0.5, 2, 8)]
    chances = [surge.usual(history, NOON).chance(8) for history in one_an_hour]
    assert chances == sorted(chances, reverse=True)
    assert colour(8, surge.usual(weeks(0.15, 1.0), NOON)) is None


def test_without_any_history_only_a_flood_is_a_surge() -> None:
    usual = surge.usual({}, NOON)
    assert colour(8, usual) is None
    assert colour(60, usual) is not None


def test_night_and_day_have_their_own_measure() -> None:
    four = NOON + timedelta(hours=16)
    history = weeks(8, 6.0, night=0.2, until=four)
    by_night, by_day = surge.usual(history, four), surge.usual(history, NOON)
    assert by_night.mean < 1 < 4 < by_day.mean
    assert colour(9, by_night) is Severity.ORANGE
    assert colour(9, by_day) is None


def test_an_hour_that_lies_in_two_is_measured_by_both() -> None:
    seven = NOON.replace(hour=23)
    history = weeks(8, 6.0, night=0.2, until=seven)
    means = [surge.usual(history, seven + timedelta(minutes=m)).mean for m in (0, 20, 40, 60)]
    assert means == sorted(means)


def test_a_weekday_of_its_own_is_learned() -> None:
    history = {hour: 9 if (hour + 8) // 24 % 7 == 4 else 1 for hour in weeks(8, 1.0)}
    loud = next(
        NOON + timedelta(days=d) for d in range(7) if (surge.hour_of(NOON + timedelta(days=d)) + 8) // 24 % 7 == 4
    )
    assert surge.usual(history, loud).mean > 2 * surge.usual(history, loud + timedelta(days=1)).mean


def test_last_months_crisis_does_not_hide_the_next_one() -> None:
    calm = weeks(8, 0.8)
    crisis = {hour: 300 if 500 <= number < 512 else count for number, (hour, count) in enumerate(calm.items())}
    assert colour(16, surge.usual(crisis, NOON)) is Severity.ORANGE


def test_what_is_still_running_does_not_explain_itself() -> None:
    history = weeks(8, 0.8)
    hour = surge.hour_of(NOON - HOUR)
    assert surge.usual(history, NOON) == surge.usual({**history, hour: 90, hour + 1: 90}, NOON)


def test_restless_brands_need_more() -> None:
    rng = np.random.default_rng(3)
    calm = weeks(8, 4.0)
    restless = {hour: int(rng.poisson(4 * rng.gamma(1, 1))) for hour in calm}
    assert surge.usual(restless, NOON).chance(18) > 3 * surge.usual(calm, NOON).chance(18)


def test_nine_hours_in_ten_lie_in_the_range_that_is_said() -> None:
    assert Usual(2.0, 1e-6).range() == (0, 5)
    low, high = Usual(40.0, 0.05).range()
    assert 20 < low < 40 < high < 62


def test_the_tail_is_that_of_poisson_where_hours_are_even() -> None:
    poisson = 1 - sum(exp(-3) * 3**k / factorial(k) for k in range(7))
    assert Usual(3.0, 1e-6).chance(7) == pytest.approx(poisson, rel=1e-3)


def test_the_tail_is_exact_where_it_is_known() -> None:
    # With one degree of freedom the negative binomial is geometric.
    assert Usual(4.0, 1.0).chance(30) == pytest.approx(0.8**30, rel=1e-9)


@given(mean=st.floats(0, 1e7), spread=st.floats(0, 100), count=st.integers(-5, 10**9), more=st.integers(0, 10**6))
def test_a_chance_is_one_whatever_the_numbers_and_falls_as_more_comes(
    mean: float, spread: float, count: int, more: int
) -> None:
    usual = Usual(mean, spread)
    assert 0 <= usual.chance(count + more) <= usual.chance(count) * (1 + 1e-4) + 1e-9 <= 1.001


@given(st.dictionaries(st.integers(-(10**6), 10**6), st.integers(-5, 10**7), max_size=60))
def test_any_history_gives_a_measure(history: dict[int, int]) -> None:
    usual = surge.usual(history, NOON)
    assert np.isfinite(usual.mean)
    assert usual.mean > 0
    assert np.isfinite(usual.spread)
    assert usual.spread > 0


def test_a_colour_can_be_turned_off() -> None:
    assert Limits(orange=0).colour(1e-12) is Severity.YELLOW
    assert Limits(orange=0, yellow=0).colour(0.0) is None


def test_a_rating_drops_where_bad_reviews_are_rare() -> None:
    day = surge.REVIEW_WINDOW
    assert LIMITS.colour(surge.review_chance(Stars(12, 10), Stars(400, 40)), day) is Severity.ORANGE
    assert LIMITS.colour(surge.review_chance(Stars(12, 10), Stars(400, 300)), day) is None
    assert LIMITS.colour(surge.review_chance(Stars(6, 5), Stars(4, 1)), day) is None


@given(st.integers(-3, 2000), st.integers(-3, 2000), st.integers(-3, 10**6), st.integers(-3, 10**6))
def test_any_reviews_give_a_chance(rated: int, low: int, before: int, low_before: int) -> None:
    assert 0 <= surge.review_chance(Stars(rated, low), Stars(before, low_before)) <= 1


def test_most_is_at_least_half() -> None:
    assert surge.most_common([1, 1, 2, None]) == (1, 2)
    assert surge.most_common([1, 2, 3, None]) is None
    assert surge.most_common([]) is None


def test_last_week_s_crisis_does_not_teach_what_is_usual() -> None:
    calm = weeks(2, 2.4)
    first = min(calm)
    storm = {first + 9 * 24 + hour: count for hour, count in enumerate((60, 40, 25, 12, 8))}
    crisis = {first + 11 * 24 + hour: count for hour, count in enumerate((30, 28, 20, 15, 12, 9, 7, 6))}

    def asked(history: dict[int, int]) -> int:
        usual = surge.usual(history, NOON)
        return next(count for count in range(5, 99) if colour(count, usual) is Severity.ORANGE)

    assert asked(calm | storm | crisis) <= 1.2 * asked(calm)


def reached(count: float, rate: float, *, tail: float = 1.5, seed: int = 7) -> dict[int, tuple[int, int]]:
    """Bad posts of every hour, and what they reached: most little, a few far."""
    rng = np.random.default_rng(seed)
    return {
        hour: (posts, surge.together(np.exp(rng.normal(0, tail, posts)).astype(int).tolist(), 500))
        for hour, posts in weeks(count, rate, seed=seed).items()
    }


def test_as_many_posts_as_ever_that_reach_far_more_are_a_surge() -> None:
    usual = surge.usual_reach(reached(8, 1.0), NOON)
    assert usual is not None
    assert LIMITS.colour(usual.chance(surge.together([2, 0, 1, 4, 0, 12], 500))) is None
    assert LIMITS.colour(usual.chance(surge.together([22, 14, 31, 14, 40, 12], 500))) is Severity.ORANGE


def test_where_posts_differ_much_in_reach_it_takes_more_of_it() -> None:
    tame, wild = (surge.usual_reach(reached(8, 2.0, tail=tail), NOON) for tail in (0.3, 1.8))
    assert tame is not None
    assert wild is not None
    assert tame.range()[1] < wild.range()[1]
    assert tame.each < 2 < wild.each


def test_one_post_alone_is_no_surge_of_reach_however_far_it_goes() -> None:
    assert surge.together([900_000, 0, 1, 0, 2], 500) == surge.together([10, 0, 1, 0, 2], 500) == 13


def test_what_is_usual_of_reach_is_not_known_on_the_first_day() -> None:
    hours = dict(list(reached(8, 1.0).items())[-23:])
    assert surge.usual_reach(hours, NOON) is None


def test_hours_that_reached_nothing_say_that_nothing_is_usual() -> None:
    usual = surge.usual_reach(dict.fromkeys(weeks(8, 1.0), (3, 0)), NOON)
    assert usual is not None
    assert usual.range()[0] == 0
    assert LIMITS.colour(usual.chance(0)) is None
    assert LIMITS.colour(usual.chance(50)) is Severity.ORANGE
