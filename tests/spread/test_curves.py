"""Curves as a poller would have seen them."""

from collections import Counter

import numpy as np
import pytest

from monitor.spread.curves import (
    HOUR,
    LEARNT,
    LOOKS_A_POST,
    LOOKS_IN_A_FEED,
    MINUTE,
    STRETCH,
    USUAL,
    WATCHED,
    Curve,
    Mix,
    Notebook,
    Polling,
    learn,
    rhythm_of,
)
from monitor.spread.features import LARGEST
from monitor.spread.nets import AHEAD, HORIZONS, SEEN, TERMS, WEEK
from monitor.spread.rhythm import DAY
from tests.spread.conftest import Invent

BORN = 1_750_000_000.0


def a_curve(size: int, *, born: float = BORN, first: float = 0.0) -> Curve:
    return Curve(born=born, fold=0, offsets=[first + 10.0 * i for i in range(size)])


def test_thinning_leaves_sizes_that_fall_off_as_one_in_n() -> None:
    mix = Mix(name="thin", smallest=20)
    sizes = [len(thin.offsets) for thin in mix.of([a_curve(1_000)] * 400, np.random.default_rng(1))]
    share = {n: sum(size >= n for size in sizes) / len(sizes) for n in (40, 100, 200)}
    assert share[40] == pytest.approx(20 / 40, abs=0.08)
    assert share[100] == pytest.approx(20 / 100, abs=0.05)
    assert share[200] == pytest.approx(20 / 200, abs=0.04)


def test_a_stretched_post_lives_the_same_life_faster_or_slower() -> None:
    whole = a_curve(50, first=600.0)
    lived = [post.offsets for post in Mix(name="real", stretched=True).of([whole] * 200, np.random.default_rng(4))]
    factors = np.array([offsets[-1] / whole.offsets[-1] for offsets in lived])
    assert [offset / factors[0] for offset in lived[0]] == pytest.approx(list(whole.offsets))
    assert np.std(np.log(factors)) == pytest.approx(STRETCH, rel=0.15)
    assert np.median(factors) == pytest.approx(1.0, abs=0.1)


def test_a_thinned_post_keeps_its_birth_its_author_and_only_its_own_reposts() -> None:
    whole = a_curve(500)
    (thin,) = Mix(name="thin", smallest=50).of([whole], np.random.default_rng(3))
    assert (thin.born, thin.fold) == (whole.born, whole.fold)
    assert set(thin.offsets) < set(whole.offsets)
    assert list(thin.offsets) == sorted(thin.offsets)


def test_a_post_that_is_small_already_is_left_as_it_is() -> None:
    small = a_curve(20)
    assert Mix(name="thin", smallest=20).of([small], np.random.default_rng(1)) == [small]
    assert Mix(name="real").of([a_curve(500)], np.random.default_rng(1)) == [a_curve(500)]


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


def test_every_post_is_watched_in_one_of_the_ways_and_their_shares_make_a_whole() -> None:
    assert sum(share for _, share in WATCHED) == pytest.approx(1)


# ── what there is to learn ──────────────────────────────────────────────────────────────────────────────────────────


def test_what_came_after_a_look_is_noted_for_each_horizon() -> None:
    post, notebook = a_curve(1_000), Notebook()
    notebook.note(post, iter([(1_000.0, [0.5] * TERMS, 101)]))
    given, come, now, fold = notebook.rows()
    assert given.tolist() == [[0.5] * TERMS]
    assert come.tolist() == [[post.by(1_000 + ahead) - 101 for ahead in AHEAD] + [post.by(WEEK) - 101]]
    assert (now.tolist(), fold.tolist()) == ([101], [0])


def test_what_a_large_post_gains_is_noted_as_that_of_a_scaled_copy() -> None:
    post, notebook = a_curve(3 * LARGEST), Notebook()
    notebook.note(post, iter([(0.0, [0.0] * TERMS, 2 * LARGEST)]))
    assert notebook.rows()[1][0, -1] == LARGEST / 2


def test_collected_posts_are_learnt_from_in_every_mix(invent: Invent) -> None:
    curves = invent(12, 3)
    given, come, _, fold = learn(curves, [], rhythm_of(curves), np.random.default_rng(1))
    assert given.shape[1:] == (TERMS,)
    assert come.shape == (len(given), HORIZONS)
    assert 0.8 * LOOKS_A_POST <= len(given) / (len(curves) * len(LEARNT)) <= LOOKS_A_POST
    assert (come >= 0).all()
    assert (np.diff(come[:, :-1], axis=1) >= 0).all()
    assert set(fold.tolist()) == {0, 1, 2}
    assert np.exp(given[:, 0]).max() <= SEEN / MINUTE


def test_looks_to_learn_from_are_as_many_early_as_late() -> None:
    curves = [a_curve(400, born=BORN + i * HOUR) for i in range(20)]
    given, _, _, _ = learn(curves, [], rhythm_of(curves), np.random.default_rng(1))
    minutes = np.exp(given[:, 0])
    assert 0.15 <= np.mean(minutes < 60) <= 0.7
    assert np.mean(minutes > 24 * 60) >= 0.05


def test_of_a_whole_feed_the_small_posts_teach_little_and_the_others_a_few_looks_each() -> None:
    small = [Curve(born=BORN + i * 60, fold=-1, offsets=[30.0]) for i in range(480)]
    large = [Curve(born=BORN + i * HOUR, fold=-2, offsets=[10.0 * j for j in range(50)]) for i in range(10)]
    taught = [a_curve(30)]
    _, _, _, fold = learn(taught, [*small, *large], rhythm_of(taught), np.random.default_rng(1))
    assert 5 * LOOKS_IN_A_FEED <= np.sum(fold == -1) <= 45 * LOOKS_IN_A_FEED
    assert np.sum(fold == -2) == pytest.approx(10 * LOOKS_IN_A_FEED, abs=LOOKS_IN_A_FEED)


def test_the_same_chance_gives_the_same_lesson(invent: Invent) -> None:
    curves = invent(6, 3)
    one, two = (learn(curves, curves, rhythm_of(curves), np.random.default_rng(5)) for _ in range(2))
    assert all((a == b).all() for a, b in zip(one, two, strict=True))
