"""Displayed counters, as platforms write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.counts import count, number
from monitor.model import Count, Precision

SHOWN = [
    (1732, 1732, Precision.EXACT),
    (8.0, 8, Precision.EXACT),
    ("1732", 1732, Precision.EXACT),
    (" 1,732 ", 1732, Precision.EXACT),
    ("0", 0, Precision.EXACT),
    ("1.2万", 12_000, Precision.ROUNDED),
    ("1.1w", 11_000, Precision.ROUNDED),
    ("1.2W", 12_000, Precision.ROUNDED),
    ("2.1 万", 21_000, Precision.ROUNDED),
    ("1.5亿", 150_000_000, Precision.ROUNDED),
    ("1千", 1_000, Precision.ROUNDED),
    ("3k", 3_000, Precision.ROUNDED),
    ("1.2K", 1_200, Precision.ROUNDED),
    ("4M", 4_000_000, Precision.ROUNDED),
    ("10万+", 100_000, Precision.LOWER_BOUND),
    ("1.5万+", 15_000, Precision.LOWER_BOUND),
    ("100万+", 1_000_000, Precision.LOWER_BOUND),
    ("10+", 10, Precision.LOWER_BOUND),
    ("1000+", 1_000, Precision.LOWER_BOUND),
]


@pytest.mark.parametrize(("shown", "value", "precision"), SHOWN)
def test_a_displayed_count_is_read_with_its_precision(shown: object, value: int, precision: Precision) -> None:
    assert count(shown) == Count(value, precision)


@pytest.mark.parametrize(
    "shown",
    [None, "", "-", "--", "None", "很多", -1, "-5", True, [], 1.5, "1.5", float("nan"), float("inf"), 2**60, "٣"],
)
def test_what_is_no_count_is_unknown_and_never_zero(shown: object) -> None:
    assert count(shown) is None


@pytest.mark.parametrize("label", ["转发", "评论", "赞", "收藏", "分享"])
def test_a_bare_label_is_zero_only_for_a_parser_that_is_sure(label: str) -> None:
    assert count(label) is None
    assert count(label, labelled_zero=True) == Count(0)


def test_a_bare_number_is_taken_where_precision_has_no_place() -> None:
    assert number("1.3万") == 13_000
    assert number("?") is None


def shown_by_xiaohongshu(number: int) -> str:
    """9999, 1万, 1.1万."""
    return str(number) if number < 10_000 else f"{number / 10_000:.1f}".removesuffix(".0") + "万"


@given(st.integers(0, 10**8))
def test_what_is_shown_is_read_back_to_half_a_step(number: int) -> None:
    assert count(number) == count(str(number)) == count(f"{number:,}") == Count(number)
    found = count(shown_by_xiaohongshu(number))
    assert found is not None
    assert abs(found.value - number) <= (0 if found.precision is Precision.EXACT else 500)


@given(
    st.integers(1, 9_999),
    st.sampled_from([("", 1), ("千", 1_000), ("k", 1_000), ("万", 10_000), ("w", 10_000), ("亿", 10**8)]),
)
def test_what_is_shown_with_a_plus_is_never_more_than_there_is(number: int, unit: tuple[str, int]) -> None:
    assert count(f"{number}{unit[0]}+") == Count(number * unit[1], Precision.LOWER_BOUND)


@given(st.text())
def test_nothing_is_read_as_zero_but_a_zero(text: str) -> None:
    found = count(text)
    assert found is None or found.value or "0" in text


@given(st.one_of(st.text(), st.integers(), st.floats(), st.none(), st.from_regex(r"\d{1,30}[.,]?\d*[万亿kKwM]?\+?")))
def test_no_input_breaks_it(value: object) -> None:
    found = count(value)
    assert found is None or 0 <= found.value <= 2**53
