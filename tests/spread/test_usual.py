"""How far posts usually go here."""

from math import log1p

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.spread.curves import Curve, History
from monitor.spread.rhythm import DAY
from monitor.spread.usual import EXPECTED, FEW, LEAST, MOST, NEWEST, PSEUDO, Rank, Usual, rank


def test_before_anything_is_finished_it_is_what_one_expects() -> None:
    assert Usual().sizes == EXPECTED
    assert Usual([]).sizes == EXPECTED


def test_the_first_posts_move_it_a_little_and_many_move_it_far() -> None:
    one, many = Usual([200]), Usual([200] * NEWEST)
    assert EXPECTED.mean < one.sizes.mean < EXPECTED.mean + 0.3
    assert one.sizes.top == EXPECTED.top
    share = NEWEST / (NEWEST + PSEUDO)
    assert many.sizes.mean == pytest.approx(share * log1p(200) + (1 - share) * EXPECTED.mean)
    assert many.sizes.top == pytest.approx(share * log1p(200) + (1 - share) * EXPECTED.top)


def test_sizes_beyond_what_was_learnt_are_held_at_its_ends() -> None:
    assert Usual([10**6] * NEWEST).sizes == MOST
    assert Usual([0] * NEWEST).sizes == LEAST


def test_the_upper_tenth_is_what_one_in_ten_passes_and_waits_for_ten_posts() -> None:
    reaches = [0] * 90 + [10_000] * 10
    share = 100 / (100 + PSEUDO)
    top = (Usual(reaches).sizes.top - (1 - share) * EXPECTED.top) / share
    assert 0 < top < log1p(10_000)
    assert Usual([10_000] * (FEW - 1)).sizes.top == EXPECTED.top
    assert Usual([10_000] * FEW).sizes.top > EXPECTED.top


def test_only_the_newest_two_hundred_count() -> None:
    usual = Usual([10**6] * 50)
    usual.add([3] * NEWEST)
    assert usual.sizes == Usual([3] * NEWEST).sizes
    assert usual.sizes != Usual([10**6] * 50 + [3] * (NEWEST - 50)).sizes


@settings(max_examples=50)
@given(parts=st.lists(st.lists(st.integers(-3, 10**12), max_size=150), max_size=4))
def test_told_bit_by_bit_it_knows_what_it_knows_told_at_once(parts: list[list[int]]) -> None:
    usual = Usual()
    for part in parts:
        usual.add(part)
    assert usual.sizes == Usual([reach for part in parts for reach in part]).sizes


def a_post(born: float, size: int) -> Curve:
    """Half of its reposts in the first day, half in the second."""
    return Curve(born=born, fold=0, offsets=[2 * DAY * (i + 0.5) / size for i in range(size)])


@settings(max_examples=50)
@given(
    posts=st.lists(st.tuples(st.integers(0, 500_000), st.integers(1, 60)), min_size=1, max_size=260),
    moment=st.integers(0, 700_000),
)
def test_a_history_at_a_moment_is_what_an_installation_would_have_remembered(
    posts: list[tuple[int, int]], moment: int
) -> None:
    curves = [a_post(float(born), size) for born, size in posts]
    ended = sorted((curve.born + DAY, curve.by(DAY)) for curve in curves)
    remembered = Usual(reach for end, reach in ended if end <= moment)
    assert History(curves).at(moment) == remembered.sizes


def test_what_a_post_gains_after_a_day_and_posts_younger_than_a_day_teach_nothing() -> None:
    history = History([a_post(0.0, 100), a_post(3_600.0, 10_000)])
    assert history.at(DAY - 1) == EXPECTED
    assert history.at(DAY) == Usual([50]).sizes
    assert history.at(DAY + 3_600) == Usual([50, 5_000]).sizes


def test_a_rank_needs_twenty_posts_to_stand_among() -> None:
    assert rank(50, range(0, 190, 10)) is None
    assert rank(50, range(0, 200, 10)) == Rank(below=5, of=20)
