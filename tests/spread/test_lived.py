"""What an installation's own posts teach: what was seen, and of a post that was cut short no more than that."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from monitor.model import Availability, Count, Counts, Lived, Look
from monitor.spread.lived import LOOKS_A_POST, Lessons, at, lessons
from monitor.spread.nets import Weights
from tests.builders import NOON

HOUR = 3600.0
AGES = (300.0, 1200.0, HOUR, 3 * HOUR, 8 * HOUR, 24 * HOUR)
COUNTS = (5, 20, 60, 100, 120, 130)


def look(age: float, reposts: int | None, availability: Availability = Availability.VISIBLE) -> Look:
    counts = Counts(reposts=None if reposts is None else Count(reposts))
    return Look(seen_at=NOON + timedelta(seconds=age), age=age, counts=counts, availability=availability)


def post(counts: Sequence[int | None] = COUNTS, author: str = "a") -> Lived:
    looks = tuple(look(age, count) for age, count in zip(AGES, counts, strict=False))
    return Lived(platform="weibo", born=NOON, author=author, looks=looks)


def learnt(weights: Weights, *posts: Lived) -> Lessons:
    return lessons(posts, weights, np.random.default_rng(1))


def test_a_finished_post_teaches_what_came_after_each_look(weights: Weights) -> None:
    what = learnt(weights, post())
    assert what.now.tolist() == list(COUNTS)
    assert what.rows.come[0, :4].tolist() == [57, 95, 107, 125], "an hour later it stood between 60 and 100"
    assert not what.open.any()
    assert what.rows.open is not None
    assert not what.rows.open.any()
    assert 130 <= what.reach[0] < 260, "a day old, it had little to come"


def test_a_post_that_people_answered_is_read_up_to_then_and_teaches_at_least_so_many(weights: Weights) -> None:
    what = learnt(weights, replace(post(), answered_at=NOON + timedelta(hours=4)))
    assert what.age.tolist() == list(AGES[:4])
    assert what.rows.come[:, -1].tolist() == [95, 80, 40, 0]
    assert what.rows.open is not None
    assert what.rows.open[:, -1].all()
    assert what.rows.open[0].tolist() == [False, True, True, True, True], "an hour later it was still seen"
    low, high = what.rows.bounds()
    assert np.isinf(high[:, -1]).all()
    assert low[0, -1] == pytest.approx(np.log(95.5))


@pytest.mark.parametrize("how", [Availability.GONE, Availability.RESTRICTED])
def test_so_does_one_that_its_platform_took_away(weights: Weights, how: Availability) -> None:
    taken = replace(post(), looks=(*post().looks, look(25 * HOUR, None, how)))
    what = learnt(weights, taken)
    assert what.open.all()
    assert what.reach.tolist() == [130.0] * len(AGES)


def test_so_does_one_that_was_lost_sight_of_within_its_day(weights: Weights) -> None:
    assert learnt(weights, post(COUNTS[:4])).open.all()


def test_what_was_answered_after_its_week_had_a_life_of_its_own(weights: Weights) -> None:
    assert not learnt(weights, replace(post(), answered_at=NOON + timedelta(days=9))).open.any()


def test_without_a_counter_there_is_nothing_to_learn(weights: Weights) -> None:
    what = learnt(weights, post((None,) * 6), post())
    assert set(what.post.tolist()) == {0}


def test_few_looks_of_each_post_are_learnt_from_and_an_author_is_in_one_fold(weights: Weights) -> None:
    often = replace(post(), looks=tuple(look(300.0 * n, n) for n in range(1, 290)))
    what = learnt(weights, often, post(author="b"), post(author="a"))
    assert what.taught[what.post == 0].sum() == LOOKS_A_POST
    folds = [set(what.fold[what.post == number].tolist()) for number in range(3)]
    assert folds[0] == folds[2] != folds[1]


def test_the_last_look_by_an_age_is_found_for_each_post(weights: Weights) -> None:
    what = learnt(weights, post(), post(COUNTS[:1]), post((5, 20)))
    assert what.age[at(what, 30)].tolist() == [1200.0, 300.0, 1200.0]
    assert what.post[at(what, 30)].tolist() == [0, 1, 2]
    assert at(what, 1).tolist() == []
