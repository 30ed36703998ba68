"""How far a post will go, by the weights that ship."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from math import log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.model import Count, Counts, Look, Precision
from monitor.spread.doubt import UNPROVEN
from monitor.spread.features import LARGEST
from monitor.spread.forecast import Ask, Forecaster, Weights
from monitor.spread.usual import EXPECTED, Sizes
from tests.builders import NOON, looks
from tests.spread import conftest
from tests.spread.histories import DAY, histories, look

HOUR = 3600.0
STEADY = (20, 45, 70, 95, 120, 145, 170)
"""Reposts every ten minutes of a post that people carry."""


def shown(*values: int, precision: Precision, every: float = 600.0) -> list[Look]:
    """One display per value, `every` seconds apart."""
    return [look(60 + every * i, Counts(reposts=Count(n, precision))) for i, n in enumerate(values)]


def asked(seen: Sequence[Look], *, platform: str = "weibo", viral: int | None = 500) -> Ask:
    return Ask(platform=platform, looks=seen, born=NOON, now=seen[-1].seen_at, viral=viral)


# ── whatever was shown ──────────────────────────────────────────────────────────────────────────────────────────────


@settings(max_examples=150)
@given(seen=histories, viral=st.integers(1, 10**6), sizes=st.builds(Sizes, st.floats(0, 12), st.floats(0, 14)))
def test_whatever_was_shown_the_interval_is_ordered_and_never_below_what_is_there(
    weights: Weights, seen: list[Look], viral: int, sizes: Sizes
) -> None:
    told = Forecaster(weights).forecast(asked(seen, viral=viral), "zh", sizes)
    known = [one.counts.reposts for one in seen if one.counts.reposts is not None]
    if told is None:
        assert not known
        return
    assert told.now == min(10**12, max(0, *(count.value for count in known)))
    assert told.now <= told.low <= told.median <= told.high
    for reach in told.reaches:
        assert told.now <= reach.low <= reach.median <= reach.high
    for p in (told.p_viral, told.p_page):
        assert p is not None
        assert 0 <= p <= 1
        assert p == 1 or told.now < viral or (p <= UNPROVEN and told.shoved > 0)


@settings(max_examples=100)
@given(seen=histories)
def test_reaches_never_fall_with_the_horizon(weights: Weights, seen: list[Look]) -> None:
    told = Forecaster(weights).forecast(asked(seen), "zh")
    if told is None:
        return
    ahead = sorted(told.reaches, key=lambda reach: reach.ahead)
    if seen[-1].age <= 6 * DAY:
        assert list(told.reaches) == ahead
    else:
        ahead = list(told.reaches[:-1])
    for part in ("low", "median", "high"):
        ends = [getattr(reach, part) for reach in ahead]
        assert ends == sorted(ends)


@settings(max_examples=60)
@given(seen=histories, virals=st.lists(st.integers(1, 100_000), min_size=2, max_size=5).map(sorted))
def test_the_more_is_asked_for_the_less_likely_it_is(weights: Weights, seen: list[Look], virals: list[int]) -> None:
    told = Forecaster(weights).forecasts([asked(seen, viral=viral) for viral in virals], "zh")
    chances = [one.p_viral or 0.0 for one in told if one is not None]
    assert all(later <= before + 1e-6 for before, later in pairwise(chances))


@settings(max_examples=50)
@given(
    seen=st.lists(st.integers(0, 900), min_size=1, max_size=6),
    later=st.lists(st.integers(0, 9_000), min_size=1, max_size=6),
    platform=st.sampled_from(["weibo", "web"]),
)
def test_what_is_judged_at_a_moment_never_depends_on_later_looks(
    ask: conftest.Ask, seen: list[int], later: list[int], platform: str
) -> None:
    every = [
        look(60 + 300 * i, Counts(reposts=Count(n), comments=Count(n), likes=Count(n) if i >= len(seen) else None))
        for i, n in enumerate([*seen, *later])
    ]
    now = every[len(seen) - 1].seen_at
    assert ask(every, now=now, platform=platform) == ask(every[: len(seen)], now=now, platform=platform)


@settings(max_examples=40)
@given(many=st.lists(st.tuples(histories, st.sampled_from(["weibo", "xiaohongshu", "appstore"])), max_size=6))
def test_many_at_once_are_answered_in_their_order_as_one_by_one(
    weights: Weights, many: list[tuple[list[Look], str]]
) -> None:
    forecaster = Forecaster(weights)
    asks = [asked(seen, platform=platform) for seen, platform in many]
    told = forecaster.forecasts(asks, "en", EXPECTED)
    assert len(told) == len(asks)
    for together, ask in zip(told, asks, strict=True):
        alone = forecaster.forecast(ask, "en")
        assert (together is None) == (alone is None)
        if together is not None and alone is not None:
            assert (together.unit, together.now, together.early) == (alone.unit, alone.now, alone.early)
            assert together.p_viral == pytest.approx(alone.p_viral, abs=1e-3)
            assert together.median == pytest.approx(alone.median, rel=0.01, abs=1)


# ── what it says ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_it_tells_one_three_six_and_24_hours_and_the_age_of_a_week(ask: conftest.Ask) -> None:
    told = ask(looks(*STEADY, every=600.0))
    ahead = [reach.ahead for reach in told.reaches]
    assert ahead[:4] == [timedelta(hours=hours) for hours in (1, 3, 6, 24)]
    assert ahead[4] == timedelta(days=7) - timedelta(seconds=60 + 6 * 600)
    week = told.reaches[-1]
    assert (week.low, week.median, week.high) == (told.low, told.median, told.high)
    assert told.horizon == timedelta(days=7)


def test_the_faster_it_grows_the_likelier_it_hurts(ask: conftest.Ask) -> None:
    resting, growing = ask(looks(10, 60, 60, 60)), ask(looks(5, 10, 30, 60))
    assert resting.p_viral is not None
    assert growing.p_viral is not None
    assert growing.p_viral > 1.5 * resting.p_viral


def test_growth_raises_the_probability_from_look_to_look(ask: conftest.Ask) -> None:
    counts = (25, 70, 130, 210, 300)
    chances = [ask(looks(*counts[:n])).p_viral or 0.0 for n in range(1, 6)]
    assert chances[1:] == sorted(chances[1:])
    assert chances[-1] > chances[0] + 0.25


def test_where_posts_usually_go_far_the_same_looks_promise_another_end(ask: conftest.Ask) -> None:
    seen = looks(*STEADY, every=600.0)
    small, large = (ask(seen, sizes=Sizes(mean, mean + 1.6)) for mean in (2.5, 6.0))
    assert small.median != large.median
    assert small.p_viral != large.p_viral


def test_where_most_posts_come_to_what_hurts_a_page_must_be_surer_than_what_is_told(weights: Weights) -> None:
    alike = Forecaster(replace(weights, page=weights.chance))
    told = alike.forecast(asked(looks(*STEADY, every=600.0)), "en", Sizes(log(400), log(900)))
    assert told is not None
    assert told.p_viral is not None
    assert told.p_page is not None
    assert told.p_page / (1 - told.p_page) == pytest.approx(250 / 400 * told.p_viral / (1 - told.p_viral))


# ── a sudden rise ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_sudden_rise_pages_nobody_however_likely_it_looks(ask: conftest.Ask) -> None:
    told = ask(looks(2, 2, 60, 280), viral=300)
    assert told.p_page == UNPROVEN
    assert told.p_viral is not None
    assert told.p_viral > UNPROVEN


def test_once_it_has_what_hurts_a_sudden_rise_is_certain(ask: conftest.Ask) -> None:
    told = ask(looks(2, 2, 60, 310), viral=300)
    assert (told.p_page, told.p_viral) == (1, 1)


def test_a_rise_that_goes_on_at_the_next_looks_is_not_held_any_more(ask: conftest.Ask) -> None:
    told = ask(looks(2, 2, 60, 280, 285, 290, 295, 298), viral=300)
    assert told.p_page is not None
    assert told.p_page > UNPROVEN


SHOVED = (100, 110, 120, 130, 140, 150, 160, 260, *range(360, 376, 2))
"""Reposts every five minutes: two hundred came in ten minutes, and then the pace was less than before."""


def test_a_shove_that_ended_at_once_pages_nobody(weights: Weights) -> None:
    told = Forecaster(weights).forecast(asked(shown(*SHOVED, precision=Precision.EXACT, every=300), viral=400), "zh")
    assert told is not None
    assert told.p_page == UNPROVEN
    assert not told.unproven


def test_what_bots_have_shoved_to_what_hurts_pages_nobody_until_people_have_brought_it_there(weights: Weights) -> None:
    told = Forecaster(weights).forecast(asked(shown(*SHOVED, precision=Precision.EXACT, every=300), viral=370), "zh")
    assert told is not None
    assert (told.p_viral, told.p_page, told.shoved) == (UNPROVEN, UNPROVEN, 220)
    people = asked(shown(*SHOVED, 590, precision=Precision.EXACT, every=300), viral=370)
    later = Forecaster(weights).forecast(people, "zh")
    assert later is not None
    assert later.p_page == 1


def test_a_kick_to_what_hurts_is_looked_at_again_before_it_pages(weights: Weights) -> None:
    kicked = (*range(30, 42), 242, 442)
    told = Forecaster(weights).forecast(asked(shown(*kicked, precision=Precision.EXACT, every=300), viral=400), "zh")
    assert told is not None
    assert (told.p_page, told.unproven, told.shoved) == (UNPROVEN, True, 403)
    long_ago = replace(
        asked(shown(*kicked, precision=Precision.EXACT, every=300), viral=400), now=NOON + timedelta(hours=3)
    )
    unseen = Forecaster(weights).forecast(long_ago, "zh")
    assert unseen is not None
    assert unseen.p_page == 1
    people = asked(shown(*kicked, 520, 580, 630, 680, 720, 760, precision=Precision.EXACT, every=300), viral=400)
    later = Forecaster(weights).forecast(people, "zh")
    assert later is not None
    assert (later.p_page, later.unproven, later.shoved) == (1, False, 0)


def test_a_shove_that_people_talk_of_is_theirs(weights: Weights) -> None:
    talked = [
        look(60 + 300 * i, Counts(reposts=Count(n), comments=Count(n), likes=Count(n))) for i, n in enumerate(SHOVED)
    ]
    told = Forecaster(weights).forecast(asked(talked, viral=400), "zh")
    assert told is not None
    assert told.p_page is not None
    assert told.p_page > UNPROVEN


# ── odd posts ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_post_that_has_cooled_has_little_to_come(ask: conftest.Ask) -> None:
    cooled = ask(looks(*[120] * 20, every=HOUR))
    assert cooled.p_viral is not None
    assert cooled.p_viral < 0.05
    assert cooled.per_minute == 0
    assert cooled.median < 150


def test_what_hurts_is_certain_once_it_is_reached(ask: conftest.Ask) -> None:
    assert ask(looks(499, 501)).p_viral == 1


def test_without_a_reach_that_hurts_there_is_no_probability(ask: conftest.Ask) -> None:
    told = ask(looks(10, 60), viral=None)
    assert (told.p_viral, told.p_page) == (None, None)
    assert told.median > 60
    assert "earlier posts" not in told.sentence


def test_a_single_look_is_early_and_wide(ask: conftest.Ask) -> None:
    one, more = ask(looks(40, first=600)), ask(looks(10, 20, 30, 40, first=60, every=180))
    assert one.early
    assert not more.early
    assert one.high / one.low > more.high / more.low
    assert one.per_minute == 0


def test_looks_far_apart_still_tell_the_pace(ask: conftest.Ask) -> None:
    grown, still = ask(looks(5, 245, every=4 * HOUR)), ask(looks(245, 245, every=4 * HOUR))
    assert grown.per_minute == pytest.approx(1.0)
    assert still.per_minute == 0
    assert grown.median > still.median


def test_an_old_post_has_next_to_nothing_left_of_its_week(ask: conftest.Ask) -> None:
    old = ask(looks(300, 310, first=8 * DAY, every=HOUR))
    assert old.low == old.median == 310
    assert old.high <= 311
    assert old.p_viral == pytest.approx(0, abs=1e-3)


def test_what_the_week_rules_out_is_not_said_of_tomorrow(ask: conftest.Ask) -> None:
    steep = ask(looks(3, 40, 150, 300))
    assert all(reach.high <= steep.high for reach in steep.reaches)


def test_a_post_in_the_last_day_of_its_week_is_told_tomorrow_too(ask: conftest.Ask) -> None:
    old = ask(looks(300, 310, first=6.5 * DAY, every=HOUR))
    tomorrow, week = old.reaches[-2:]
    assert week.ahead < tomorrow.ahead
    assert tomorrow.low >= 310


def test_a_hidden_counter_is_unknown_and_not_zero(ask: conftest.Ask) -> None:
    seen = [look(60, Counts(reposts=Count(10))), look(360, Counts()), look(660, Counts(reposts=Count(40)))]
    assert ask(seen) == ask([seen[0], seen[2]])
    assert ask([*seen, look(900, Counts())]).now == 40


def test_where_no_counter_was_ever_shown_nothing_is_forecast(weights: Weights) -> None:
    hidden = [look(60, Counts()), look(360, Counts(likes=Count(900)))]
    forecaster = Forecaster(weights)
    assert forecaster.forecast(asked(hidden), "zh") is None
    assert forecaster.forecast(Ask(platform="weibo", looks=[], born=NOON, now=NOON, viral=500), "zh") is None
    assert forecaster.forecasts([], "zh", EXPECTED) == []


def test_one_post_without_a_counter_takes_nothing_from_the_others(weights: Weights) -> None:
    hidden, plain = [look(60, Counts())], looks(10, 60)
    told = Forecaster(weights).forecasts([asked(hidden), asked(plain), asked(hidden)], "zh", EXPECTED)
    assert [one is None for one in told] == [True, False, True]


def test_a_count_that_goes_down_is_held_at_its_highest(ask: conftest.Ask) -> None:
    told = ask(looks(10, 80, 75, 60))
    assert told.now == 80
    assert told.low >= 80


def test_one_step_of_a_rounded_display_is_no_pace(ask: conftest.Ask) -> None:
    once = ask(shown(12_000, 12_000, 13_000, precision=Precision.ROUNDED), viral=20_000)
    twice = ask(shown(12_000, 13_000, 14_000, precision=Precision.ROUNDED), viral=20_000)
    assert once.per_minute == 0
    assert twice.per_minute == pytest.approx(1_000 / 10)
    assert (twice.p_viral or 0) > (once.p_viral or 0)
    assert once.sentence.endswith("now about 13,000")


def test_a_lower_bound_is_at_least_that_and_no_pace(ask: conftest.Ask) -> None:
    told = ask(shown(100_000, 100_000, 100_000, precision=Precision.LOWER_BOUND))
    assert told.now == 100_000
    assert told.p_viral == 1
    assert told.per_minute == 0
    assert "at least 100,000" in told.sentence


def test_a_post_larger_than_any_fitted_is_read_as_a_scaled_copy(ask: conftest.Ask) -> None:
    def grown(times: int) -> Sequence[Look]:
        return looks(*(LARGEST * times * part // 10 for part in (2, 6, 10)))

    small, large = ask(grown(1), viral=2 * LARGEST), ask(grown(50), viral=100 * LARGEST)
    assert large.p_viral == pytest.approx(small.p_viral, abs=0.05)
    assert large.median == pytest.approx(50 * small.median, rel=0.05)


def test_two_looks_at_one_moment_count_once_and_the_larger_holds(ask: conftest.Ask) -> None:
    twice = [look(60, Counts(reposts=Count(5))), *(look(360, Counts(reposts=Count(n))) for n in (30, 20))]
    assert ask(twice) == ask(looks(5, 30))


def test_a_platform_without_curves_gets_its_growth_and_no_probability(ask: conftest.Ask) -> None:
    seen = [look(600 + 600 * i, Counts(likes=Count(100 * (i + 1)))) for i in range(3)]
    told = ask(seen, platform="xiaohongshu")
    assert told.unit == "likes"
    assert (told.p_viral, told.p_page, told.reaches) == (None, None, ())
    assert told.per_minute == pytest.approx(10)
    assert (told.low, told.median, told.high) == (300, 600, 600)
    assert told.horizon == timedelta(hours=1)


def test_a_platform_nobody_knows_goes_by_the_first_counter_it_shows(ask: conftest.Ask) -> None:
    assert ask([look(60, Counts(comments=Count(7)))], platform="web").unit == "comments"
    assert ask([look(60, Counts(comments=Count(7), likes=Count(9)))], platform="web").unit == "likes"


# ── earlier posts like it ───────────────────────────────────────────────────────────────────────────────────────────


def test_earlier_posts_like_it_are_told_in_both_languages(ask: conftest.Ask) -> None:
    seen, sizes = looks(*STEADY, every=600.0), Sizes(5.0, 6.5)
    zh, en = (ask(seen, language=language, sizes=sizes).sentence for language in ("zh", "en"))
    assert "；60 条走势相近的旧帖里，有 " in zh
    assert zh.endswith(" 条超过 500")
    assert "; of 60 earlier posts like it " in en
    assert en.endswith(" passed 500")


def test_of_what_already_hurts_no_earlier_posts_are_told(ask: conftest.Ask) -> None:
    assert "earlier posts" not in ask(looks(*STEADY, every=600.0), viral=100, sizes=Sizes(5.0, 6.5)).sentence
