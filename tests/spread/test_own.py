"""An installation's own posts refit the forecast, and are refused where that makes it worse."""

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pytest

from monitor.errors import ConfigError
from monitor.model import Count, Counts, Lived, Look
from monitor.platforms import UNITS
from monitor.spread import analogs
from monitor.spread.nets import Weights
from monitor.training.own import FEWEST, Refit, refit
from tests.builders import NOON

AGES = [60.0 * minute for minute in (5, 15, 30, 60, 120, 240, 480, 960, 1439)]


def silent(done: int, of: int) -> None:
    """Nobody watches."""


def posts(number: int, ends: float, seed: int = 1, platform: str = "weibo") -> list[Lived]:
    """Posts that rise to `ends` times what they have at half an hour, and stop there."""
    unit = UNITS[platform]
    assert unit is not None
    chance = np.random.default_rng(seed)
    found = []
    for n in range(number):
        early = chance.lognormal(2.5, 1.0)
        counts = [early * min(age / 1800, 1 + (ends - 1) * min(1.0, age / 80_000)) for age in AGES]
        born = NOON + timedelta(minutes=30 * n)
        looks = tuple(
            Look(seen_at=born + timedelta(seconds=age), age=age, counts=Counts(**{unit: Count(round(count))}))
            for age, count in zip(AGES, counts, strict=True)
        )
        found.append(Lived(platform=platform, born=born, author=str(n), looks=looks))
    return found


@pytest.fixture(scope="module")
def stopped(weights: Weights) -> Refit:
    return refit(weights, posts(240, 1.2), [500], 1, silent)


def test_posts_that_go_another_way_than_those_learnt_from_are_learnt(weights: Weights, stopped: Refit) -> None:
    assert stopped.better, stopped.table
    assert stopped.weights.nets is not weights.nets
    assert Weights.from_json(stopped.weights.to_json()).analogs is not None
    before, after = (line.split() for line in stopped.table.splitlines()[3:5])
    assert float(after[-2]) < float(before[-2])


def test_the_table_says_what_it_is_worth(stopped: Refit) -> None:
    assert stopped.table.startswith("240 finished posts, 0 read up to where they were answered, taken away or lost")
    assert "after, each held out" in stopped.table
    assert "pages right" in stopped.table


def test_posts_that_contradict_each_other_are_refused(weights: Weights) -> None:
    """Each fold goes its own way, so what four of them teach is wrong for the fifth."""
    mixed = [
        Lived(platform="weibo", born=one.born, author=f"fold {n % 2}", looks=one.looks)
        for n, one in enumerate(
            post for pair in zip(posts(120, 1.0, seed=2), posts(120, 60.0, seed=3), strict=True) for post in pair
        )
    ]
    assert not refit(weights, mixed, [500], 1, silent).better


def test_with_few_posts_it_says_so(weights: Weights) -> None:
    with pytest.raises(ConfigError, match=f"posts: 150 finished posts .* {FEWEST} are needed"):
        refit(weights, posts(150, 1.2), [500], 1, silent)


def test_posts_that_were_answered_are_not_counted_as_finished(weights: Weights) -> None:
    answered = [
        Lived(
            platform="weibo",
            born=one.born,
            author=one.author,
            looks=one.looks,
            answered_at=one.born + timedelta(hours=2),
        )
        for one in posts(240, 1.2)
    ]
    with pytest.raises(ConfigError, match="posts: 0 finished posts"):
        refit(weights, answered, [500], 1, silent)
    with pytest.raises(ConfigError, match="posts: no post shows a counter; 200 finished ones are needed"):
        refit(weights, [], [500], 1, silent)


def test_a_platform_without_curves_learns_from_its_own_posts_and_compares_with_nobody_elses(weights: Weights) -> None:
    found = refit(weights, posts(240, 1.2, platform="xiaohongshu"), [2_000], 1, silent, known=False)
    assert found.better, found.table
    assert found.weights.analogs == analogs.NONE
    assert "the share of all alone" in found.table


def test_a_platform_whose_posts_cannot_be_told_apart_is_refused(weights: Weights) -> None:
    """What a post has says nothing of what it comes to, so a forecast knows no more than the share that comes so far."""
    chance = np.random.default_rng(5)
    blind = [
        Lived(
            platform="xiaohongshu",
            born=one.born,
            author=one.author,
            looks=(*one.looks[:1], *_leapt(one.looks[1:], chance)),
        )
        for one in posts(240, 1.0, platform="xiaohongshu")
    ]
    assert not refit(weights, blind, [], 1, silent, known=False).better


def _leapt(looks: Sequence[Look], chance: np.random.Generator) -> list[Look]:
    """The same looks, at which nothing is seen until the last; that shows anything at all."""
    end = Counts(likes=Count(round(chance.lognormal(4, 2)) + 1_000))
    calm = [Look(seen_at=look.seen_at, age=look.age, counts=Counts(likes=Count(3))) for look in looks[:-1]]
    return [*calm, Look(seen_at=looks[-1].seen_at, age=looks[-1].age, counts=end)]
