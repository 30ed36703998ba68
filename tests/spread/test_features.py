"""What a handful of looks says about a pace."""

from collections.abc import Sequence
from math import isfinite, log, log1p

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.model import Count, Counts, Look, Precision
from monitor.spread.features import ABSURD, FINER, LARGEST, RECENT, Features, features, measure, sudden, unit_of
from monitor.spread.nets import TERMS, terms
from monitor.spread.rhythm import Rhythm
from monitor.spread.usual import EXPECTED, Sizes
from monitor.store.looks import thinned
from tests.builders import NOON, looks
from tests.spread.histories import DAY, histories, look

MINUTE, HOUR = 60.0, 3600.0


def of(seen: Sequence[Look]) -> Features:
    found = features(seen, "reposts")
    assert found is not None
    return found


def rounded(*values: int, every: float = 600.0) -> list[Look]:
    return [look(60 + every * i, Counts(reposts=Count(n, Precision.ROUNDED))) for i, n in enumerate(values)]


# ── the unit ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_weibo_counts_reposts_and_xiaohongshu_likes_whatever_is_shown() -> None:
    everything = [look(60, Counts(likes=Count(3), comments=Count(2)))]
    assert unit_of("weibo", everything) == "reposts"
    assert unit_of("xiaohongshu", []) == "likes"


def test_elsewhere_the_first_counter_that_is_shown_is_taken() -> None:
    assert unit_of("web", [look(60, Counts(comments=Count(2))), look(90, Counts(likes=Count(3)))]) == "likes"
    assert unit_of("web", [look(60, Counts(comments=Count(2)))]) == "comments"
    assert unit_of("web", [look(60, Counts(reposts=Count(2)))]) is None


# ── what is shown ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_counter_that_was_never_shown_has_no_pace() -> None:
    assert features([look(60, Counts(likes=Count(3)))], "reposts") is None
    assert features([], "reposts") is None


def test_a_hidden_counter_is_as_if_nobody_had_looked() -> None:
    seen = looks(10, 20, 40)
    hidden = [seen[0], look(200, Counts()), *seen[1:], look(900, Counts())]
    assert of(hidden) == of(seen)


def test_a_count_that_falls_is_held_at_its_highest() -> None:
    assert of(looks(10, 80, 75, 60)) == of(looks(10, 80, 80, 80))


def test_below_nothing_is_nothing_and_no_counter_goes_on_for_ever() -> None:
    assert of(looks(-5)).now == 0
    assert of(looks(10, 10**14)).now == ABSURD


def test_looks_out_of_order_are_put_in_order() -> None:
    seen = looks(5, 30, 70)
    assert of(seen[::-1]) == of(seen)


def test_of_two_looks_at_one_moment_the_larger_holds() -> None:
    twice = [look(60, Counts(reposts=Count(5))), *(look(360, Counts(reposts=Count(n))) for n in (30, 20))]
    assert of(twice) == of(looks(5, 30))


def test_one_step_of_a_rounded_display_dates_nothing() -> None:
    assert of(rounded(12_000, 12_000, 13_000)).per_minute == 0
    assert of(rounded(12_000, 13_000, 14_000)).per_minute == pytest.approx(1_000 / 10)


def test_between_the_steps_of_a_rounded_display_nothing_is_read() -> None:
    assert of(rounded(12_000, 12_000, 13_000, 13_000, 14_000)).per_minute == pytest.approx(1_000 / 20)


def test_one_exact_look_does_not_undo_that_another_was_rounded() -> None:
    mixed = [look(60, Counts(reposts=Count(9_990))), *rounded(10_000, 10_000)[1:]]
    assert of(mixed).per_minute == 0


# ── the pace ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_pace_is_that_of_the_last_minutes_and_one_look_has_none() -> None:
    assert measure([60, 360, 660], [0, 100, 150]).per_minute == pytest.approx(10)
    assert measure([600], [100]).per_minute == 0


def test_the_pace_before_and_a_longer_one_are_told_beside_it() -> None:
    seen = measure([5 * MINUTE * i for i in range(1, 7)], [100, 200, 300, 300, 300, 310])
    assert seen.pace == pytest.approx(log1p(10 * 10 / 5))
    assert seen.pace_before == pytest.approx(0)
    assert seen.pace_long == pytest.approx(log1p(10 * 10 / 15))


def test_growth_is_told_since_a_quarter_a_half_three_quarters_and_nine_tenths_of_the_age() -> None:
    seen = measure([HOUR * i / 20 for i in range(1, 21)], [10 * i for i in range(1, 21)])
    assert seen.quarter == pytest.approx(log(201 / 51))
    assert seen.half == pytest.approx(log(201 / 101))
    assert seen.most == pytest.approx(log(201 / 151))
    assert seen.nearly == pytest.approx(log(201 / 181))


def test_the_shape_is_told_by_the_growth_since_five_more_shares_of_the_age() -> None:
    seen = measure([HOUR * i / 20 for i in range(1, 21)], [10 * i for i in range(1, 21)])
    assert seen.shape == pytest.approx([log(201 / (1 + 200 * share)) for share in FINER])


def test_the_fastest_pace_so_far_and_how_long_ago_it_was() -> None:
    seen = measure([5 * MINUTE, 10 * MINUTE, 20 * MINUTE, 40 * MINUTE], [10, 110, 130, 140])
    assert seen.fastest == pytest.approx(log1p(10 * 100 / 5))
    assert seen.faded == pytest.approx(log(31 / 41))
    rising = measure([5 * MINUTE, 10 * MINUTE], [10, 110])
    assert rising.faded == pytest.approx(log(1 / 11))


def test_a_history_that_is_read_thinned_says_nearly_the_same_of_the_fastest_pace() -> None:
    ages = [5 * MINUTE * i for i in range(1, 73)]
    counts = [int(400 * (1 - 0.5 ** (age / HOUR))) for age in ages]
    history = looks(*counts, every=5 * MINUTE, first=5 * MINUTE)
    whole, part = (features(seen, "reposts") for seen in (history, thinned(history, len(history))))
    assert whole is not None
    assert part is not None
    assert part.fastest == pytest.approx(whole.fastest, abs=0.1)
    assert part.faded == pytest.approx(whole.faded, abs=0.1)


def test_it_knows_how_long_nobody_watched_and_how_long_nothing_rose() -> None:
    seen = measure([900, 1_800, 3_600], [10, 40, 40])
    assert seen.blind == pytest.approx(0.25)
    assert seen.rest == pytest.approx(0.5)
    assert measure([900, 3_600], [0, 0]).rest == 1


def test_a_post_larger_than_any_learnt_is_read_as_a_scaled_copy() -> None:
    ages = [600.0, 1_200.0, 1_800.0]
    small, large = (measure(ages, [LARGEST * times * part // 4 for part in (1, 2, 4)]) for times in (1, 50))
    assert (small.scale, large.scale) == (1, 50)
    assert (large.level, large.pace, large.half) == pytest.approx((small.level, small.pace, small.half), rel=1e-6)
    assert large.per_minute == pytest.approx(50 * small.per_minute)


# ── even, uneven, sudden ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_rise_by_the_clock_is_even_and_one_that_people_make_is_not() -> None:
    ages = [300.0 * i for i in range(1, 8)]
    clock = measure(ages, [50 * i for i in range(1, 8)])
    people = measure(ages, [10, 110, 130, 250, 260, 300, 350])
    assert clock.now == people.now
    assert clock.uneven == pytest.approx(-log1p(10))
    assert people.uneven > clock.uneven + 2


def test_only_the_last_looks_tell_whether_it_is_even() -> None:
    wild, steady = [1, 300, 310, 700], [700 + 50 * i for i in range(1, RECENT + 1)]
    seen = measure([300.0 * i for i in range(1, 5 + RECENT)], [*wild, *steady])
    assert seen.uneven == pytest.approx(-log1p(10))


def test_it_knows_since_when_it_had_a_fifth_of_what_it_has() -> None:
    assert measure([600, 1_200], [0, 100]).rising == pytest.approx(600 - 120)
    assert measure([600, 1_200, 3_600], [0, 100, 500]).rising == pytest.approx(2_400)
    assert measure([600], [0]).rising == 600


def test_nearly_all_of_it_in_a_quarter_of_an_hour_is_sudden() -> None:
    assert sudden(measure([1_800, 3_600, 3_900], [2, 3, 300]))
    assert not sudden(measure([1_800, 3_600, 3_900], [2, 150, 300]))


def test_what_was_sudden_is_not_any_more_once_it_has_lasted() -> None:
    ages, counts = [1_800.0, 3_600.0, 3_900.0, 4_800.0], [2, 3, 300, 320]
    assert sudden(measure(ages[:3], counts[:3]))
    assert not sudden(measure(ages, counts))


def test_few_reposts_are_never_sudden() -> None:
    assert not sudden(measure([1_800, 3_600, 3_900], [0, 0, 49]))
    assert sudden(measure([1_800, 3_600, 3_900], [0, 0, 50]))


# ── whatever was shown ──────────────────────────────────────────────────────────────────────────────────────────────


hours = st.lists(st.floats(0.05, 5), min_size=24, max_size=24)
usual = st.one_of(st.just(EXPECTED), st.builds(Sizes, st.floats(0, 28), st.floats(0, 28)))


@settings(max_examples=200)
@given(seen=histories, active=hours, sizes=usual)
def test_whatever_was_shown_a_net_reads_finite_numbers(seen: list[Look], active: list[float], sizes: Sizes) -> None:
    found = features(seen, "reposts")
    if found is None:
        assert all(one.counts.reposts is None for one in seen)
        return
    read = terms(found, Rhythm.of(active), NOON.timestamp() + found.age, sizes)
    assert len(read) == TERMS
    assert all(map(isfinite, read))
    assert found.per_minute >= 0
    assert 0 <= found.rest <= 1
    assert 0 <= found.blind <= 1
    assert 0 <= found.rising <= found.age


def test_more_than_seven_looks_say_no_more_by_their_number() -> None:
    even = Rhythm.of([1.0] * 24)
    seven, many = (
        terms(measure([DAY * i / n for i in range(1, n + 1)], [7] * n), even, NOON.timestamp(), EXPECTED)
        for n in (7, 70)
    )
    assert seven[13] == many[13] == pytest.approx(log(7))
