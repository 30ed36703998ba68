"""Earlier posts like this one."""

from dataclasses import replace

import numpy as np
import pytest

from monitor.spread.analogs import AGES, NEAREST, NONE, SCALES, Alike, Analogs, shown
from monitor.spread.features import Features, measure
from monitor.spread.usual import EXPECTED, Sizes

VIRAL = 500


def at(minutes: float, count: int = 100) -> Features:
    """A post that grows evenly."""
    ages = [minutes * 60 * i / 6 for i in range(1, 7)]
    return measure(ages, [count * i // 6 for i in range(1, 7)])


def compared(near: int, far: int, minutes: float = 30) -> Analogs:
    """At each age `near` posts that showed what this one shows and went far, and `far` others that did not."""
    like, unlike = np.array(shown(at(minutes), EXPECTED)), np.array([1.0, 0.1, 0.0, 0.5])
    table = np.array([like] * near + [unlike] * far, dtype=np.float32).reshape(-1, len(SCALES))
    reach = np.array([VIRAL] * near + [7] * far, dtype=np.int64)
    return Analogs(shown=(table,) * len(AGES), reach=(reach,) * len(AGES))


def test_the_sixty_most_alike_are_counted() -> None:
    assert compared(80, 400).like(at(30), EXPECTED, VIRAL) == Alike(passed=60, of=60)
    assert compared(80, 400).like(at(30), EXPECTED, VIRAL + 1) == Alike(passed=0, of=60)


def test_where_nothing_is_like_it_nothing_is_said() -> None:
    assert compared(0, 400).like(at(30), EXPECTED, VIRAL) is None


def test_fewer_posts_than_would_be_counted_say_nothing() -> None:
    assert compared(NEAREST - 1, 0).like(at(30), EXPECTED, VIRAL) is None
    assert NONE.like(at(30), EXPECTED, VIRAL) is None


@pytest.mark.parametrize("minutes", [4, 3_000])
def test_a_post_too_young_or_too_old_is_compared_with_none(minutes: float) -> None:
    assert compared(80, 0, minutes).like(at(minutes), EXPECTED, VIRAL) is None


def test_a_post_larger_than_any_learnt_is_compared_with_none() -> None:
    assert compared(80, 0).like(replace(at(30), scale=1.5), EXPECTED, VIRAL) is None


def test_posts_are_alike_only_where_posts_usually_go_as_far() -> None:
    assert compared(80, 0).like(at(30), Sizes(EXPECTED.mean + 3, EXPECTED.top), VIRAL) is None


def test_a_table_comes_back_rounded_as_it_shipped() -> None:
    table = compared(80, 20)
    again = Analogs.from_json(table.as_json())
    for kept, given in zip(again.shown, table.shown, strict=True):
        assert kept == pytest.approx(given, abs=0.051)
    for ends, reach in zip(again.reach, table.reach, strict=True):
        assert (ends == reach).all()
    assert again.as_json() == table.as_json()
    assert Analogs.from_json(NONE.as_json()) == NONE
