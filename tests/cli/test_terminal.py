"""The curve in the terminal."""

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.terminal import curve


def test_a_curve_rises_to_its_top_on_the_right() -> None:
    lines = curve([(0, 0), (10, 40), (20, 80)], width=20, height=2)
    assert lines[0].startswith("     80 │")
    assert lines[0].endswith("█")
    assert lines[0].count("█") < lines[1].count("█")
    assert lines[-1].strip().endswith("20 min")


def test_one_point_is_no_curve() -> None:
    assert curve([(3, 9)]) == []


@settings(max_examples=50)
@given(st.lists(st.tuples(st.floats(0, 1e6), st.integers(0, 10**9)), max_size=40))
def test_no_counts_are_too_strange(points: list[tuple[float, int]]) -> None:
    lines = curve(sorted(points))
    assert len({line.index(edge) for line in lines[:-1] for edge in "│└" if edge in line}) <= 1
