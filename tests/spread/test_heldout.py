"""How a forecast is examined, and that one trained on invented posts passes on posts it has not seen."""

from collections.abc import Sequence

import numpy as np
import pytest

from monitor.spread import heldout
from monitor.spread.curves import HOUR, LEARNT, WEEK, Curve, Lessons, rhythm_of
from monitor.spread.heldout import Exam, Watched
from tests.spread.conftest import Invent

VIRAL = 150


@pytest.fixture(scope="module")
def examined(invent: Invent) -> Sequence[Watched]:
    """A hundred posts in three folds, each followed on the mixes learnt from by weights that have not seen its fold."""
    curves = invent(100, 11)
    lessons = Lessons(curves, rhythm_of(curves), np.random.default_rng(1))
    blind = {fold: lessons.weights([other for other in range(3) if other != fold]) for fold in range(3)}
    chance = np.random.default_rng(2)
    return [post for mix in LEARNT for post in heldout.watch(curves, Exam(mix=mix, viral=VIRAL), blind, chance)]


def last(values: Sequence[float], ages: Sequence[float], age: float) -> float | None:
    return next((value for value, at in zip(reversed(values), reversed(ages), strict=True) if at <= age), None)


@pytest.mark.parametrize("minutes", heldout.AGES)
def test_four_in_five_posts_end_inside_their_interval(examined: Sequence[Watched], minutes: int) -> None:
    known = [(post.told[minutes], post.final) for post in examined if minutes in post.told]
    assert len(known) > 400
    held = np.mean([low <= final <= high for (_, low, high), final in known])
    assert 0.72 <= held <= 0.9


@pytest.mark.parametrize("minutes", heldout.AGES)
def test_half_of_the_posts_end_above_the_median(examined: Sequence[Watched], minutes: int) -> None:
    above = np.mean([post.final > post.told[minutes][0] for post in examined if minutes in post.told])
    assert 0.38 <= above <= 0.62


def test_what_is_said_to_be_likely_comes_true_as_often(examined: Sequence[Watched]) -> None:
    said = [(last(post.chances, post.ages, 0.5 * HOUR), post.viral) for post in examined]
    told = [(p, viral) for p, viral in said if p is not None]
    assert np.mean([p for p, _ in told]) == pytest.approx(np.mean([viral for _, viral in told]), abs=0.04)
    likely = [viral for p, viral in told if p >= 0.7]
    unlikely = [viral for p, viral in told if p <= 0.1]
    assert np.mean(likely) > 0.7
    assert np.mean(unlikely) < 0.1


def test_a_chance_is_said_for_every_look_and_is_one_once_it_hurts(examined: Sequence[Watched]) -> None:
    for post in examined:
        assert len(post.ages) == len(post.chances) == len(post.counts)
        assert all(p == 1 for p, count in zip(post.chances, post.counts, strict=True) if count >= VIRAL)


def post(*, final: int, chances: Sequence[float], viral: bool, hours: Sequence[float] = (1, 4, 20)) -> Watched:
    """Three looks; `final` reposts, evenly over the first ten hours."""
    offsets = [10 * HOUR * i / final for i in range(final)]
    curve = Curve(born=0.0, fold=0, offsets=offsets)
    ages = [hour * HOUR for hour in hours]
    return Watched(
        ages=ages,
        chances=chances,
        counts=[curve.by(age) for age in ages],
        curve=curve,
        final=curve.by(WEEK),
        viral=viral,
        told={},
    )


POSTS = [
    post(final=600, chances=(0.9, 0.9, 0.9), viral=True),
    post(final=700, chances=(0.1, 0.2, 0.9), viral=True),
    post(final=100, chances=(0.1, 0.9, 0.9), viral=False),
    post(final=80, chances=(0.1, 0.1, 0.1), viral=False),
]


def test_a_post_is_paged_at_the_first_look_over_the_threshold() -> None:
    assert heldout.first_pages(POSTS, heldout.by_chance, 0.8) == [HOUR, 20 * HOUR, 4 * HOUR, None]
    assert heldout.first_pages(POSTS, heldout.by_count, 200) == [4 * HOUR, 4 * HOUR, None, None]


def test_pages_are_scored_within_six_hours_and_over_the_day() -> None:
    got = heldout.score(POSTS, heldout.first_pages(POSTS, heldout.by_chance, 0.8))
    assert (got.precision, got.recall, got.early) == (1 / 2, 1 / 2, 1 / 2)
    assert (got.day_precision, got.day_recall, got.day_early) == (2 / 3, 1, 1 / 2)


def test_one_threshold_must_do_on_every_mix() -> None:
    good = [post(final=600, chances=(0.7, 0.7, 0.7), viral=True)]
    mixed = [post(final=600, chances=(0.95,) * 3, viral=True), post(final=90, chances=(0.65,) * 3, viral=False)]
    assert heldout.one_threshold([good]) == 0.5
    assert heldout.one_threshold([good, mixed]) == 0.66
    assert heldout.one_threshold([good, POSTS]) is None


def test_the_count_rule_beside_is_the_smallest_that_is_as_right() -> None:
    assert heldout.count_for(POSTS, 1.0, 500) == 45
    assert heldout.count_for(POSTS, 0.5, 500) == 5
    assert heldout.count_for(POSTS[2:], 0.9, 500) == 500
