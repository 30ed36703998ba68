"""How far a post will go, by the weights that ship."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.model import Count, Counts, Look, Precision
from monitor.spread.features import LARGEST, measure
from monitor.spread.forecast import Forecaster, Weights
from tests.builders import NOON, looks
from tests.spread.conftest import Ask

HOUR, DAY = 3600.0, 86_400.0


def look(age: float, counts: Counts) -> Look:
    return Look(seen_at=NOON + timedelta(seconds=age), age=age, counts=counts)


def shown(*values: int, precision: Precision, every: float = 600.0) -> list[Look]:
    """One display per value, `every` seconds apart."""
    return [look(60 + every * i, Counts(reposts=Count(n, precision))) for i, n in enumerate(values)]


counters = st.one_of(
    st.none(),
    st.builds(Count, st.integers(-5, 10**14), st.sampled_from(Precision)),
)
histories = st.lists(
    st.builds(
        lambda age, reposts: look(age, Counts(reposts=reposts)),
        st.one_of(st.floats(0, DAY), st.floats(0, 60 * DAY)),
        counters,
    ),
    min_size=1,
    max_size=8,
).map(lambda seen: sorted(seen, key=lambda one: one.seen_at))


@settings(max_examples=150, deadline=None)
@given(seen=histories, viral=st.integers(1, 10**6))
def test_whatever_was_shown_the_interval_is_ordered_and_never_below_what_is_there(
    weights: Weights, seen: list[Look], viral: int
) -> None:
    told = Forecaster(weights).forecast("weibo", seen, NOON, seen[-1].seen_at, viral, "zh")
    known = [one.counts.reposts for one in seen if one.counts.reposts is not None]
    if told is None:
        assert not known
        return
    assert told.now == min(10**12, max(0, *(count.value for count in known)))
    assert told.now <= told.low <= told.median <= told.high
    assert told.p_viral is not None
    assert 0 <= told.p_viral <= 1
    assert told.p_viral == 1 or told.now < viral


@settings(max_examples=150, deadline=None)
@given(
    steps=st.lists(st.tuples(st.floats(1, 20_000), st.integers(0, 5_000)), min_size=1, max_size=8),
    wanted=st.lists(st.integers(1, 100_000), min_size=2, max_size=8),
    week=st.booleans(),
)
def test_the_more_is_asked_for_the_less_likely_it_is(
    weights: Weights, steps: list[tuple[float, int]], wanted: list[int], *, week: bool
) -> None:
    ages, counts, age, count = [], [], 0.0, 0
    for later, more in steps:
        age, count = age + later, count + more
        ages.append(age)
        counts.append(count)
    outlook = weights.outlook(measure(ages, counts), NOON.timestamp() + age, week=week)
    chances = [outlook.reaches(more) for more in sorted(wanted)]
    assert chances == sorted(chances, reverse=True)
    assert outlook.reaches(0) == 1
    ends = [outlook.at(level) for level in (0.05, 0.1, 0.5, 0.9, 0.95)]
    assert ends[0] >= 0
    assert ends == sorted(ends)


@settings(max_examples=50, deadline=None)
@given(
    seen=st.lists(st.integers(0, 900), min_size=1, max_size=6),
    later=st.lists(st.integers(0, 9_000), min_size=1, max_size=6),
    platform=st.sampled_from(["weibo", "appstore"]),
)
def test_what_is_judged_at_a_moment_never_depends_on_later_looks(
    ask: Ask, seen: list[int], later: list[int], platform: str
) -> None:
    every = [
        look(60 + 300 * i, Counts(reposts=Count(n), comments=Count(n), likes=Count(n) if i >= len(seen) else None))
        for i, n in enumerate([*seen, *later])
    ]
    now = every[len(seen) - 1].seen_at
    assert ask(every, now=now, platform=platform) == ask(every[: len(seen)], now=now, platform=platform)


def test_the_faster_it_grows_the_likelier_it_hurts(ask: Ask) -> None:
    resting, growing = ask(looks(10, 60, 60)), ask(looks(10, 35, 60))
    assert resting.p_viral is not None
    assert growing.p_viral is not None
    assert growing.p_viral > 4 * resting.p_viral


def test_growth_raises_the_probability_from_look_to_look(ask: Ask) -> None:
    counts = (5, 25, 70, 130, 210)
    chances = [ask(looks(*counts[:n])).p_viral or 0.0 for n in range(1, 6)]
    assert chances == sorted(chances)
    assert chances[-1] > 0.6


def test_a_post_that_has_cooled_has_little_to_come(ask: Ask) -> None:
    cooled = ask(looks(*[120] * 20, every=HOUR))
    assert cooled.p_viral is not None
    assert cooled.p_viral < 0.05
    assert cooled.per_minute == 0
    assert cooled.median < 150


def test_what_hurts_is_certain_once_it_is_reached(ask: Ask) -> None:
    assert ask(looks(499, 501)).p_viral == 1


def test_without_a_reach_that_hurts_there_is_no_probability(ask: Ask) -> None:
    told = ask(looks(10, 60), viral=None)
    assert told.p_viral is None
    assert told.median > 60


def test_a_single_look_is_early_and_wide(ask: Ask) -> None:
    one, more = ask(looks(40, first=600)), ask(looks(10, 20, 30, 40, first=60, every=180))
    assert one.early
    assert not more.early
    assert one.high / one.low > more.high / more.low
    assert one.per_minute == 0


def test_looks_far_apart_still_tell_the_pace(ask: Ask) -> None:
    grown, still = ask(looks(5, 245, every=4 * HOUR)), ask(looks(245, 245, every=4 * HOUR))
    assert grown.per_minute == pytest.approx(1.0)
    assert still.per_minute == 0
    assert grown.median > still.median


def test_an_old_post_has_next_to_nothing_left_of_its_week(ask: Ask) -> None:
    old = ask(looks(300, 310, first=8 * DAY, every=HOUR))
    assert old.low == old.median == old.high == 310
    assert old.p_viral == 0


def test_what_the_week_rules_out_is_not_said_of_tomorrow(ask: Ask) -> None:
    steep, old = ask(looks(3, 40, 150, 300)), ask(looks(300, 310, first=7 * DAY, every=HOUR))
    assert _highest(steep.sentence) <= steep.high
    assert _highest(old.sentence) > old.high


def _highest(sentence: str) -> int:
    return int(sentence.partition(")")[0].rpartition("-")[2].replace(",", ""))


def test_a_hidden_counter_is_unknown_and_not_zero(ask: Ask) -> None:
    seen = [look(60, Counts(reposts=Count(10))), look(360, Counts()), look(660, Counts(reposts=Count(40)))]
    assert ask(seen) == ask([seen[0], seen[2]])
    assert ask([*seen, look(900, Counts())]).now == 40


def test_where_no_counter_was_ever_shown_nothing_is_forecast(weights: Weights) -> None:
    hidden = [look(60, Counts()), look(360, Counts(likes=Count(900)))]
    assert Forecaster(weights).forecast("weibo", hidden, NOON, hidden[-1].seen_at, 500, "zh") is None
    assert Forecaster(weights).forecast("weibo", [], NOON, NOON, 500, "zh") is None


def test_a_count_that_goes_down_is_held_at_its_highest(ask: Ask) -> None:
    told = ask(looks(10, 80, 75, 60))
    assert told.now == 80
    assert told.low >= 80


def test_one_step_of_a_rounded_display_is_no_pace(ask: Ask) -> None:
    once = ask(shown(12_000, 12_000, 13_000, precision=Precision.ROUNDED), viral=20_000)
    twice = ask(shown(12_000, 13_000, 14_000, precision=Precision.ROUNDED), viral=20_000)
    assert once.per_minute == 0
    assert twice.per_minute == pytest.approx(1_000 / 10)
    assert (twice.p_viral or 0) > (once.p_viral or 0)
    assert once.sentence.endswith("now about 13,000")


def test_a_lower_bound_is_at_least_that_and_no_pace(ask: Ask) -> None:
    told = ask(shown(100_000, 100_000, 100_000, precision=Precision.LOWER_BOUND))
    assert told.now == 100_000
    assert told.p_viral == 1
    assert told.per_minute == 0
    assert "at least 100,000" in told.sentence


def test_a_post_larger_than_any_fitted_is_read_as_a_scaled_copy(ask: Ask) -> None:
    def grown(times: int) -> Sequence[Look]:
        return looks(*(LARGEST * times * part // 10 for part in (2, 6, 10)))

    small, large = ask(grown(1), viral=2 * LARGEST), ask(grown(50), viral=100 * LARGEST)
    assert large.p_viral == pytest.approx(small.p_viral, abs=0.05)
    assert large.median == pytest.approx(50 * small.median, rel=0.05)


def test_two_looks_at_one_moment_count_once_and_the_larger_holds(ask: Ask) -> None:
    twice = [look(60, Counts(reposts=Count(5))), *(look(360, Counts(reposts=Count(n))) for n in (30, 20))]
    assert ask(twice) == ask(looks(5, 30))


def test_a_platform_without_curves_gets_its_growth_and_no_probability(ask: Ask) -> None:
    seen = [look(600 + 600 * i, Counts(likes=Count(100 * (i + 1)))) for i in range(3)]
    told = ask(seen, platform="xiaohongshu")
    assert told.unit == "likes"
    assert told.p_viral is None
    assert told.per_minute == pytest.approx(10)
    assert (told.low, told.median, told.high) == (300, 600, 600)
    assert told.horizon == timedelta(hours=1)


def test_a_platform_nobody_knows_goes_by_the_first_counter_it_shows(ask: Ask) -> None:
    assert ask([look(60, Counts(comments=Count(7)))], platform="appstore").unit == "comments"
    assert ask([look(60, Counts(comments=Count(7), likes=Count(9)))], platform="appstore").unit == "likes"


def test_night_posts_are_expected_to_wake(weights: Weights) -> None:
    asleep = NOON + timedelta(hours=15)
    seen = measure([60, 1_800, 3_600], [2, 10, 20])
    night = weights.outlook(seen, asleep.timestamp(), week=True)
    day = weights.outlook(seen, NOON.timestamp(), week=True)
    assert night.at(0.5) > day.at(0.5)
