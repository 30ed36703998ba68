"""The parameter file: it comes back as it went, and one that is not ours is refused in plain words."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from monitor.spread.features import measure
from monitor.spread.model import LEVELS, Outlook, Rhythm, Weights, neighbours
from tests.builders import NOON

DAY = 86_400.0


def test_the_file_comes_back_as_it_went(weights: Weights) -> None:
    again = Weights.from_json(weights.to_json())
    assert again == weights
    assert again.to_json() == weights.to_json()


def _another_format(stored: dict[str, Any]) -> None:
    stored["format"] = "langyan.spread.v0"


def _no_format(stored: dict[str, Any]) -> None:
    del stored["format"]


def _no_table(stored: dict[str, Any]) -> None:
    del stored["day_first"]


def _a_knot_short(stored: dict[str, Any]) -> None:
    stored["week"]["knots"].pop()


def _no_knots(stored: dict[str, Any]) -> None:
    stored["week"] = {"knots": [], "coefficients": [], "bounds": [], "residuals": []}


def _a_coefficient_short(stored: dict[str, Any]) -> None:
    stored["day"]["coefficients"][3].pop()


def _a_bound_short(stored: dict[str, Any]) -> None:
    stored["week"]["bounds"][0].pop()


def _a_residual_short(stored: dict[str, Any]) -> None:
    stored["week"]["residuals"][0][0].pop()


def _a_day_of_23_hours(stored: dict[str, Any]) -> None:
    stored["rhythm"].pop()


def _an_hour_without_anybody(stored: dict[str, Any]) -> None:
    stored["rhythm"][4] = 0


def _words_for_numbers(stored: dict[str, Any]) -> None:
    stored["week"]["coefficients"][0][0] = "many"


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_another_format, "expected langyan.spread.v1, found langyan.spread.v0"),
        (_no_format, "format"),
        (_no_table, "day_first"),
        (_a_knot_short, "not of one length"),
        (_no_knots, "not of one length"),
        (_a_coefficient_short, "other than 15 coefficients"),
        (_a_bound_short, "part the posts differently"),
        (_a_residual_short, "other than 20 residuals"),
        (_a_day_of_23_hours, "24 hours"),
        (_an_hour_without_anybody, "24 hours above 0"),
        (_words_for_numbers, "many"),
    ],
)
def test_weights_of_another_version_or_shape_are_refused_with_what_to_do(
    weights: Weights, spoil: Callable[[dict[str, Any]], None], said: str
) -> None:
    stored = json.loads(weights.to_json())
    spoil(stored)
    with pytest.raises(ValueError, match=r"spread weights: .* Train them again") as refused:
        Weights.from_json(json.dumps(stored).encode())
    assert said in str(refused.value)


@pytest.mark.parametrize("stored", [b"", b"not json", b"[]", b"null", b"\xff\xfe"])
def test_a_file_that_is_no_weights_at_all_is_refused_the_same_way(stored: bytes) -> None:
    with pytest.raises(ValueError, match="Train them again"):
        Weights.from_json(stored)


def test_between_two_knots_both_have_a_say_and_beyond_the_ends_one() -> None:
    knots = (10.0, 20.0, 40.0)
    assert neighbours(knots, 5) == [(0, 1.0)]
    assert neighbours(knots, 80) == [(2, 1.0)]
    (first, here), (second, there) = neighbours(knots, 200**0.5)
    assert (first, second) == (0, 1)
    assert here == pytest.approx(there) == pytest.approx(0.5)


def test_the_rhythm_counts_the_hours_of_china_across_midnight() -> None:
    rhythm = Rhythm.of([2.0] * 12 + [0.5] * 12)
    noon = NOON.timestamp()
    assert rhythm.at(noon) == 0.5
    assert rhythm.between(noon - 3_600, noon + 3_600) == pytest.approx(2.5)
    assert rhythm.between(noon, noon + 86_400) == pytest.approx(30)
    assert rhythm.between(noon + 11.5 * 3_600, noon + 12.5 * 3_600) == pytest.approx(0.25 + 1.0)


def test_what_is_within_a_day_fades_for_posts_older_than_any_learnt_from(weights: Weights) -> None:
    seen = measure([3 * DAY - 3_600, 3 * DAY], [100, 110])

    def to_come(days: float) -> float:
        return weights.outlook(replace(seen, age=days * DAY), NOON.timestamp(), week=False).at(0.5)

    assert to_come(6) == pytest.approx(to_come(3) / 2)
    assert to_come(30) == pytest.approx(to_come(3) / 10)


def test_nothing_less_than_nothing_is_to_come_even_where_residuals_say_so() -> None:
    outlook = Outlook(views=((1.0, 0.2, tuple(level - 0.9 for level in LEVELS)),), factor=1.0)
    assert outlook.at(0.1) == 0
    assert outlook.at(0.9) > 0
