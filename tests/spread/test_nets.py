"""What the nets answer, and their file: it comes back as it went, and one that is not ours is refused in plain words."""

import base64
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.spread.analogs import NONE
from monitor.spread.nets import (
    AGE,
    AS_IT_IS,
    FIRST_TERMS,
    HORIZONS,
    MEAN,
    TERMS,
    Calibration,
    Layer,
    Nets,
    Outlooks,
    Weights,
    standing,
)
from monitor.spread.rhythm import DAY, Rhythm
from monitor.spread.usual import EXPECTED, Sizes

LEVELS = (0.05, 0.1, 0.5, 0.9, 0.95)
posts = st.lists(st.lists(st.floats(-1e6, 1e6), min_size=TERMS, max_size=TERMS), min_size=1, max_size=5).map(np.array)


@pytest.fixture(scope="module")
def small(nets: Nets) -> Weights:
    """A whole parameter file, but small."""
    page = Calibration(base=0.5, slope=1.5, mean=-0.25, top=0.125)
    return Weights(rhythm=Rhythm.of([1.0] * 24), nets=nets, chance=AS_IT_IS, page=page, analogs=NONE)


def at_birth(sizes: Sizes) -> Any:
    """Where a post stands of which nothing but the usual sizes is known."""
    return np.array([[*sizes, 0.0, 0.0]])


# ── answers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@settings(max_examples=100)
@given(read=posts, wanted=st.lists(st.floats(0, 1e9), min_size=2, max_size=8).map(sorted))
def test_the_more_is_asked_for_the_less_likely_it_is(nets: Nets, read: Any, wanted: list[float]) -> None:
    outlooks = nets(read)
    chances = np.array([outlooks.above(np.full(len(read), more)) for more in wanted])
    assert ((chances >= 0) & (chances <= 1)).all()
    assert (np.diff(chances, axis=0) <= 1e-12).all()


def test_at_least_none_always_comes(nets: Nets) -> None:
    assert nets(np.zeros((3, TERMS))).above(np.array([0.0, -5.0, 1.0]))[:2].tolist() == [1, 1]
    assert nets(np.zeros((1, TERMS))).above(np.array([1.0])) < 1


@settings(max_examples=100)
@given(read=posts)
def test_quantiles_rise_with_their_level_and_are_never_below_nothing(nets: Nets, read: Any) -> None:
    ends = nets(read).quantiles(LEVELS)
    assert ends.shape == (len(read), HORIZONS, len(LEVELS))
    assert (ends >= 0).all()
    assert np.isfinite(ends).all()
    assert (np.diff(ends, axis=2) >= 0).all()


@settings(max_examples=50)
@given(read=posts)
def test_many_at_once_are_answered_as_one_by_one(nets: Nets, read: Any) -> None:
    together = nets(read)
    alone = [nets(read[i : i + 1]) for i in range(len(read))]
    more = np.full(len(read), 100.0)
    assert together.above(more) == pytest.approx(np.concatenate([it.above(more[:1]) for it in alone]), abs=1e-4)
    assert np.log1p(together.quantiles(LEVELS)) == pytest.approx(
        np.log1p(np.concatenate([it.quantiles(LEVELS) for it in alone])), abs=2e-3
    )


def test_shares_of_all_parts_of_all_nets_make_a_whole(nets: Nets) -> None:
    outlooks = nets(np.ones((4, TERMS)))
    assert outlooks.share.sum(axis=0) == pytest.approx(np.ones((4, HORIZONS)))
    assert outlooks.middle.shape == outlooks.width.shape == outlooks.share.shape


def test_several_nets_say_the_mean_of_what_each_says(nets: Nets) -> None:
    read, more = np.linspace(-1, 1, 5 * TERMS).reshape(5, TERMS), np.full(5, 30.0)
    alone = [
        Nets(
            center=nets.center,
            spread=nets.spread,
            layers=tuple(Layer(weights=it.weights[i : i + 1], bias=it.bias[i : i + 1]) for it in nets.layers),
        )
        for i in range(2)
    ]
    assert nets(read).above(more) == pytest.approx(np.mean([it(read).above(more) for it in alone], axis=0), abs=1e-5)


def test_what_is_far_from_all_that_was_learnt_counts_as_its_edge(nets: Nets) -> None:
    far, farther = (nets(np.full((1, TERMS), value)).quantiles(LEVELS) for value in (1e4, 1e9))
    assert (far == farther).all()


def one_part(middle: float, width: float) -> Outlooks:
    shape = (1, 1, HORIZONS)
    return Outlooks(middle=np.full(shape, middle), width=np.full(shape, width), share=np.ones(shape))


def test_half_lies_below_the_middle_and_the_quantile_undoes_the_probability() -> None:
    outlooks = one_part(np.log(201), 0.4)
    low, half, high = outlooks.quantiles((0.1, 0.5, 0.9))[0, -1]
    assert half == pytest.approx(200, rel=1e-3)
    for count, level in ((low, 0.1), (half, 0.5), (high, 0.9)):
        assert outlooks.above(np.array([count])) == pytest.approx(1 - level, abs=0.01)


def test_so_many_exactly_are_as_likely_as_the_interval_that_teaches_so_many() -> None:
    outlooks = one_part(np.log(3), 0.5)
    for come in range(5):
        low, high = (0.5 + 0.5 * np.tanh(0.5 * (np.log(come + edge) - np.log(3)) / 0.5) for edge in (0.5, 1.5))
        exactly = outlooks.above(np.array([float(come)])) - outlooks.above(np.array([come + 1.0]))
        assert exactly == pytest.approx([high - (low if come else 0)], abs=1e-9)


def test_nothing_less_than_nothing_is_to_come() -> None:
    assert one_part(-3.0, 0.2).quantiles((0.1, 0.9)).max() == 0


# ── calibration ─────────────────────────────────────────────────────────────────────────────────────────────────────


@settings(max_examples=100)
@given(
    chances=st.lists(st.floats(0, 1), min_size=2, max_size=9).map(sorted),
    line=st.builds(
        Calibration, base=st.floats(-5, 5), slope=st.floats(0.1, 4), mean=st.floats(-1, 1), top=st.floats(-1, 1)
    ),
)
def test_a_calibration_keeps_the_order_and_what_is_certain(chances: list[float], line: Calibration) -> None:
    brought = line(np.array([*chances, 1.0]), at_birth(EXPECTED))
    assert ((brought >= 0) & (brought <= 1)).all()
    assert (np.diff(brought) >= 0).all()
    assert brought[-1] == 1


def test_a_calibration_is_moved_by_age_and_by_how_far_it_is_and_older_files_say_nothing_of_that(small: Weights) -> None:
    where = standing(np.array(EXPECTED), np.array([60.0, 3600.0, 30 * DAY]), np.array([99.0, 0.0, 499.0]), 500.0)
    assert where[:, 2] == pytest.approx(np.log([1, 60, 1440]))
    assert where[:, 3] == pytest.approx(np.log([5, 500, 1]))
    line = Calibration(base=0.0, slope=1.0, mean=0.0, top=0.0, age=-0.5, far=-0.1)
    assert line(np.full(3, 0.5), where) == pytest.approx(1 / (1 + np.exp(0.5 * where[:, 2] + 0.1 * where[:, 3])))
    stored = json.loads(small.to_json())
    for name in ("chance", "page"):
        for later in ("age", "far", "mean_age", "mean_far"):
            del stored[name][later]
    page = Weights.from_json(json.dumps(stored).encode()).page
    assert (page.age, page.far, page.mean_age, page.mean_far) == (0.0, 0.0, 0.0, 0.0)


def test_among_small_posts_a_line_crossed_late_may_count_for_more_and_among_large_ones_for_less() -> None:
    line = Calibration(base=0.0, slope=1.0, mean=0.0, top=0.0, mean_age=-0.5, mean_far=-0.5)
    for mean, sign in ((MEAN - 1, 1), (MEAN + 1, -1)):
        where = standing(np.array(Sizes(mean, 6.0)), np.array([900.0, 9 * 3600.0]), np.array([499.0, 499.0]), 500.0)
        early, late = line(np.full(2, 0.5), where)
        assert sign * (late - early) > 0.2
        far, near = line(np.full(2, 0.5), np.array([[mean, 6.0, AGE, 2.0], [mean, 6.0, AGE, 0.0]]))
        assert sign * (far - near) > 0.2


def test_nets_that_were_fitted_before_the_shape_of_a_curve_was_read_answer_as_they_did(
    small: Weights, nets: Nets
) -> None:
    stored = json.loads(small.to_json())
    first = nets.layers[0].weights[:, :FIRST_TERMS].astype("<f2")
    stored["layers"][0]["weights"] = {
        "shape": list(first.shape),
        "half": base64.b64encode(first.tobytes()).decode(),
    }
    stored["center"], stored["spread"] = stored["center"][:FIRST_TERMS], stored["spread"][:FIRST_TERMS]
    older = Weights.from_json(json.dumps(stored).encode()).nets
    read = np.random.default_rng(1).normal(size=(5, TERMS))
    otherwise = np.concatenate([read[:, :FIRST_TERMS], 100 * read[:, FIRST_TERMS:]], axis=1)
    assert older(read).middle.tolist() == older(otherwise).middle.tolist()
    assert older(read).middle.tolist() != older(2 * read).middle.tolist()


def test_where_posts_go_far_the_same_answer_may_mean_more() -> None:
    line = Calibration(base=0.0, slope=1.0, mean=0.5, top=0.0)
    small, large = (float(line(np.array([0.5]), at_birth(Sizes(mean, 5.0)))[0]) for mean in (0.0, 2.0))
    assert small == pytest.approx(0.5)
    assert large == pytest.approx(1 / (1 + np.exp(-1)))


# ── the file ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_ships_comes_back_as_it_went(weights: Weights) -> None:
    stored = weights.to_json()
    assert Weights.from_json(stored).to_json() == stored


def test_a_small_file_comes_back_with_everything_in_it(small: Weights) -> None:
    again = Weights.from_json(small.to_json())
    assert (again.rhythm, again.chance, again.page) == (small.rhythm, small.chance, small.page)
    assert again.nets.center.tolist() == small.nets.center.tolist()
    assert again.nets.spread.tolist() == small.nets.spread.tolist()
    for kept, layer in zip(again.nets.layers, small.nets.layers, strict=True):
        assert (kept.weights == layer.weights).all()
        assert (kept.bias == layer.bias).all()


def test_the_file_holds_numbers_of_the_fit_and_nothing_else(weights: Weights) -> None:
    assert set(json.loads(weights.to_json())) == {
        "format",
        "rhythm",
        "center",
        "spread",
        "layers",
        "chance",
        "page",
        "analogs",
    }


def half(values: Any) -> dict[str, Any]:
    stored = np.asarray(values)
    return {"shape": list(stored.shape), "half": base64.b64encode(stored.astype("<f2").tobytes()).decode()}


def at(*way: Any, value: Any) -> Callable[[dict[str, Any]], None]:
    """Puts a value where this way through the file leads."""

    def spoil(stored: dict[str, Any]) -> None:
        place: Any = stored
        for step in way[:-1]:
            place = place[step]
        place[way[-1]] = value

    return spoil


def without(*way: Any) -> Callable[[dict[str, Any]], None]:
    def spoil(stored: dict[str, Any]) -> None:
        place: Any = stored
        for step in way[:-1]:
            place = place[step]
        del place[way[-1]]

    return spoil


NO_NUMBERS = [
    at("center", 3, value=float("nan")),
    at("center", 3, value=None),
    at("center", 3, value=10**400),
    at("spread", 3, value=float("inf")),
    at("spread", 3, value=1e-310),
    at("center", 3, value=1e300),
    at("rhythm", 3, value=float("nan")),
    at("rhythm", 3, value=10**400),
    at("chance", "base", value=float("nan")),
    at("page", "slope", value=float("inf")),
    at("page", "top", value=float("inf")),
    at("layers", 0, "weights", "shape", value=[float("inf"), TERMS, 8]),
]


@pytest.mark.parametrize("spoil", NO_NUMBERS)
def test_what_is_no_finite_number_is_refused(small: Weights, spoil: Callable[[dict[str, Any]], None]) -> None:
    stored = json.loads(small.to_json())
    spoil(stored)
    with pytest.raises(ValueError, match="Train them again"):
        Weights.from_json(json.dumps(stored).encode())


ELEVEN = [base64.b64encode(bytes(4)).decode()] * 11


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (at("format", value="langyan.spread.v1"), "expected langyan.spread.v2, found langyan.spread.v1"),
        (without("format"), "format"),
        (without("page"), "page"),
        (without("chance", "top"), "top"),
        (without("analogs"), "analogs"),
        (without("layers", 0, "bias"), "bias"),
        (without("rhythm", 0), "24 hours"),
        (at("rhythm", 4, value=0), "24 hours above 0"),
        (at("rhythm", 4, value="many"), "many"),
        (without("center", 0), f"not {TERMS} terms"),
        (without("spread", 0), f"not {TERMS} terms"),
        (at("spread", 3, value=0), "spread above 0"),
        (at("spread", 3, value=-1), "spread above 0"),
        (at("spread", 3, value=float("nan")), "spread above 0"),
        (at("center", 3, value="many"), "many"),
        (at("center", value=[[0.0]] * TERMS), f"not {TERMS} terms"),
        (at("layers", value=[]), f"not {TERMS} terms"),
        (at("layers", value=7), "int"),
        (without("layers", 1), "the last layer gives 8 values"),
        (without("layers", 0), f"does not take {TERMS} values"),
        (at("layers", 0, "weights", "half", value="AAAA"), "buffer"),
        (at("layers", 0, "weights", "half", value="not base64!"), "base64"),
        (at("layers", 0, "weights", "half", value=None), "bytes-like"),
        (at("layers", 0, "weights", "shape", value=[2, 8, TERMS]), f"does not take {TERMS} values"),
        (at("layers", 0, "weights", "shape", value=[2, TERMS * 8]), f"does not take {TERMS} values"),
        (at("layers", 0, "weights", "shape", value=[3, TERMS, 8]), "reshape"),
        (at("layers", 0, "weights", "shape", value=None), "NoneType"),
        (at("layers", 0, "weights", value=half(np.full((2, TERMS, 8), np.nan))), "no number"),
        (at("layers", 0, "weights", value=half(np.full((2, TERMS, 8), np.inf))), "no number"),
        (at("layers", 0, "bias", value=half(np.zeros((2, 1, 7)))), "bias does not fit"),
        (at("layers", 0, "bias", value=half(np.zeros((1, 1, 8)))), "bias does not fit"),
        (at("layers", 1, "weights", value=half(np.zeros((1, 8, 30)))), "in 2 nets"),
        (at("layers", 1, "weights", value=half(np.zeros((2, 9, 30)))), "does not take 8 values"),
        (at("chance", "slope", value=0), "does not rise"),
        (at("page", "slope", value=-2), "does not rise"),
        (at("page", "base", value="high"), "high"),
        (at("page", value=[1, 2]), "list"),
        (at("analogs", "shown", value=ELEVEN[:1]), "one table for each of 11 ages"),
        (at("analogs", value={"shown": ELEVEN[:3], "reach": ELEVEN[:3]}), "one table for each of 11 ages"),
        (at("analogs", value={"shown": ELEVEN, "reach": [*ELEVEN[:-1], ""]}), "does not fit"),
        (at("analogs", value={"shown": [*ELEVEN[:-1], "AAAA"], "reach": ELEVEN}), "reshape"),
    ],
)
def test_weights_of_another_version_or_shape_are_refused_with_what_to_do(
    small: Weights, spoil: Callable[[dict[str, Any]], None], said: str
) -> None:
    stored = json.loads(small.to_json())
    spoil(stored)
    with pytest.raises(ValueError, match=r"spread weights: .* Train them again") as refused:
        Weights.from_json(json.dumps(stored).encode())
    assert said in str(refused.value)


@pytest.mark.parametrize("stored", [b"", b"not json", b"[]", b"null", b"7", b"\xff\xfe"])
def test_a_file_that_is_no_weights_at_all_is_refused_the_same_way(stored: bytes) -> None:
    with pytest.raises(ValueError, match="Train them again"):
        Weights.from_json(stored)


PLACES: list[tuple[Any, ...]] = [
    ("rhythm", 5),
    ("center", 5),
    ("spread", 5),
    ("layers", 0, "weights", "shape", 0),
    ("layers", 0, "weights", "half"),
    ("layers", 1, "bias", "shape"),
    ("layers", 1),
    ("chance", "base"),
    ("page", "slope"),
    ("page", "mean"),
    ("analogs", "reach"),
]
anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.just(10**400) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=5,
)


@settings(max_examples=300)
@given(way=st.sampled_from(PLACES), value=anything)
def test_a_damaged_file_is_refused_or_still_gives_probabilities(
    small: Weights, way: tuple[Any, ...], value: Any
) -> None:
    stored = json.loads(small.to_json())
    at(*way, value=value)(stored)
    try:
        read = Weights.from_json(json.dumps(stored).encode())
    except ValueError:
        return
    raw = read.nets(np.ones((2, TERMS))).above(np.array([5.0, 50.0]))
    for line in (read.chance, read.page):
        told = line(raw, at_birth(EXPECTED))
        assert ((told >= 0) & (told <= 1)).all()


def test_no_nets_at_all_are_no_weights(small: Weights) -> None:
    stored = json.loads(small.to_json())
    for layer, (into, out) in zip(stored["layers"], ((TERMS, 8), (8, 30)), strict=True):
        layer["weights"], layer["bias"] = half(np.zeros((0, into, out))), half(np.zeros((0, 1, out)))
    with pytest.raises(ValueError, match="Train them again"):
        Weights.from_json(json.dumps(stored).encode())
