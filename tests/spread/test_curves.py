"""Curves as a poller would have seen them."""

from collections import Counter

import numpy as np
import pytest

from monitor.spread.curves import DAY, HOUR, MINUTE, USUAL, Curve, Lessons, Mix, Polling, rhythm_of
from monitor.spread.features import measure

BORN = 1_750_000_000.0


def a_curve(size: int, *, born: float = BORN, first: float = 0.0) -> Curve:
    return Curve(born=born, fold=0, offsets=[first + 10.0 * i for i in range(size)])


def test_thinning_leaves_sizes_that_fall_off_as_one_in_n() -> None:
    mix = Mix(name="thin", smallest=20, draws=400)
    sizes = [len(thin.offsets) for thin in mix.of([a_curve(1_000)], np.random.default_rng(1))]
    share = {n: sum(size >= n for size in sizes) / len(sizes) for n in (40, 100, 200)}
    assert share[40] == pytest.approx(20 / 40, abs=0.08)
    assert share[100] == pytest.approx(20 / 100, abs=0.05)
    assert share[200] == pytest.approx(20 / 200, abs=0.04)


def test_a_thinned_post_keeps_its_birth_its_author_and_only_its_own_reposts() -> None:
    whole = a_curve(500)
    (thin,) = Mix(name="thin", smallest=50).of([whole], np.random.default_rng(3))
    assert (thin.born, thin.fold) == (whole.born, whole.fold)
    assert set(thin.offsets) < set(whole.offsets)
    assert list(thin.offsets) == sorted(thin.offsets)


def test_a_post_that_is_small_already_is_left_as_it_is() -> None:
    small = a_curve(20)
    assert list(Mix(name="thin", smallest=20, draws=2).of([small], np.random.default_rng(1))) == [small, small]
    assert list(Mix(name="real").of([small], np.random.default_rng(1))) == [small]


def test_polls_are_close_at_first_and_far_apart_later() -> None:
    ages = USUAL.ages(2 * DAY, np.random.default_rng(1))
    assert ages == sorted(ages)
    assert 0 <= ages[0] <= 5 * MINUTE
    hours = Counter(int(age // HOUR) for age in ages)
    assert 8 <= hours[0] <= 16
    assert hours[10] <= 5
    assert hours[40] <= 2


def test_sparse_polls_are_a_tenth_as_many() -> None:
    chance = np.random.default_rng(1)
    usual, sparse = (len(way.ages(6 * HOUR, chance)) for way in (USUAL, Polling(sparse=True)))
    assert usual > 50
    assert sparse < 25


def test_a_post_found_late_is_first_seen_late() -> None:
    chance = np.random.default_rng(1)
    firsts = [Polling(found=4 * HOUR).ages(3 * DAY, chance)[0] for _ in range(200)]
    assert np.mean(firsts) == pytest.approx(4 * HOUR, rel=0.25)


def test_the_rhythm_is_learnt_from_reposts_between_a_day_and_a_month_old() -> None:
    noon = BORN - (BORN + 8 * HOUR) % DAY + 12 * HOUR
    young, late = a_curve(3_000, born=noon), Curve(born=noon, fold=0, offsets=[2 * DAY + i * 0.1 for i in range(3_000)])
    assert rhythm_of([young]).hours == (1.0,) * 24
    learnt = rhythm_of([late]).hours
    assert learnt[12] == max(learnt) > 10
    assert min(learnt) > 0


def test_a_steady_post_is_learnt_to_gain_about_seven_times_as_much_in_a_week_as_in_a_day() -> None:
    steady = [
        Curve(born=BORN + i * HOUR, fold=i % 3, offsets=[j * 7 * DAY / 700 for j in range(700)]) for i in range(30)
    ]
    weights = Lessons(steady, rhythm_of(steady), np.random.default_rng(1)).weights([0, 1, 2])
    seen = measure([HOUR * i / 4 for i in range(13)], list(range(13)))
    week, day = (weights.outlook(seen, BORN + seen.age, week=which).at(0.5) for which in (True, False))
    assert week / day == pytest.approx(7, rel=0.25)
