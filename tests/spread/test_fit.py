"""Nets that learn a law from looks, and the line that makes probabilities come true."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from monitor.spread import fit
from monitor.spread.fit import ASKED, BATCH, EPOCHS, Rows, Singles, calibrate, scales, side_by_side
from monitor.spread.nets import AGE, HORIZONS, TERMS, Calibration, Floats, Nets
from monitor.spread.usual import EXPECTED

TERMS_HERE = 3
LOUDER = np.array([-1.0, 0.0, 1.0])


def silent() -> None:
    """Nobody watches."""


def synthetic(number: int) -> Rows:
    """ln(1 + come) = 3 + the first term, and a scatter of 0.3; each horizon sees a fifth more of it. Other terms say nothing."""
    chance = np.random.default_rng(4)
    given = chance.normal(size=(number, TERMS_HERE))
    whole = np.exp(3 + given[:, 0] + chance.logistic(size=number) * 0.3) - 1
    parts = np.linspace(0.2, 1, HORIZONS)
    return Rows(given=given, come=np.maximum(whole[:, None] * parts, 0).round().astype(np.int64))


def taught(rows: Rows, seed: int) -> list[tuple[Singles, Singles]]:
    return fit.fit(rows, *scales(rows.given), np.random.default_rng(seed), silent)


@pytest.fixture(scope="module")
def lawful() -> Nets:
    rows = synthetic(40 * BATCH)
    return side_by_side([taught(rows, 1)], *scales(rows.given))


def asked(firsts: Sequence[float] | Floats) -> Floats:
    return np.column_stack([firsts, np.zeros((len(firsts), TERMS_HERE - 1))])


def test_it_learns_how_much_comes(lawful: Nets) -> None:
    half = lawful(asked(LOUDER)).quantiles((0.5,))[:, -1, 0]
    assert np.log1p(half) == pytest.approx(3 + LOUDER, abs=0.45)
    assert (np.diff(half) > 0).all()


def test_it_learns_how_sure_that_is(lawful: Nets) -> None:
    rows = synthetic(4_000)
    low, high = lawful(rows.given).quantiles((0.1, 0.9))[:, -1].T
    held = np.mean((rows.come[:, -1] >= np.floor(low + 0.5)) & (rows.come[:, -1] <= np.ceil(high + 0.5)))
    assert 0.75 <= held <= 0.97


def test_it_learns_each_horizon_for_itself(lawful: Nets) -> None:
    half = lawful(asked([1.0])).quantiles((0.5,))[0, :, 0]
    assert (np.diff(half) > 0).all()
    assert half[0] / half[-1] == pytest.approx(0.2, abs=0.12)


def test_probabilities_come_true(lawful: Nets) -> None:
    rows = synthetic(4_000)
    said = lawful(rows.given).above(np.full(len(rows.given), 40.0))
    true = rows.come[:, -1] >= 40
    assert said.mean() == pytest.approx(true.mean(), abs=0.05)
    assert said[true].mean() > said[~true].mean() + 0.3


def test_the_same_seed_teaches_the_same_net_and_another_another() -> None:
    rows = synthetic(BATCH)
    one, two, other = (taught(rows, seed) for seed in (1, 1, 2))
    assert all(
        (a == b).all() for first, second in zip(one, two, strict=True) for a, b in zip(first, second, strict=True)
    )
    assert not (one[0][0] == other[0][0]).all()


def test_progress_is_told_after_each_epoch() -> None:
    rows, told = synthetic(BATCH), []
    fit.fit(rows, *scales(rows.given), np.random.default_rng(1), lambda: told.append(1))
    assert len(told) == EPOCHS


def test_fewer_looks_than_a_batch_are_too_few() -> None:
    with pytest.raises(ValueError, match=rf"{BATCH - 1} looks to learn from, at least {BATCH} are needed"):
        taught(synthetic(BATCH - 1), 1)


def test_posts_of_which_nothing_ever_came_teach_that_nothing_comes() -> None:
    rows = synthetic(4 * BATCH)
    nothing = Rows(given=rows.given, come=np.zeros_like(rows.come))
    nets = side_by_side([taught(nothing, 1)], *scales(rows.given))
    assert nets(asked(LOUDER)).quantiles((0.5,)).max() < 0.5


def test_each_net_stands_beside_the_others_in_its_place() -> None:
    rows = synthetic(BATCH)
    one, two = taught(rows, 1), taught(rows, 2)
    nets = side_by_side([one, two], *scales(rows.given))
    for number, layers in enumerate((one, two)):
        for layer, (weights, bias) in zip(nets.layers, layers, strict=True):
            assert (layer.weights[number] == weights).all()
            assert (layer.bias[number, 0] == bias).all()


def test_most_looks_are_asked_whether_a_reach_is_come_to_and_the_rest_how_many_come() -> None:
    rows = Rows(given=np.zeros((4_000, TERMS)), come=np.full((4_000, HORIZONS), 300), now=np.full(4_000, 50))
    plain = rows.bounds()
    low, high = rows.asked(*plain, np.random.default_rng(1))
    assert (low[:, :-1] == plain[0][:, :-1]).all()
    exact = (low[:, -1] == plain[0][:, -1]) & (high[:, -1] == plain[1][:, -1])
    assert exact.mean() == pytest.approx(1 - ASKED, abs=0.03)
    comes, stays = np.isposinf(high[:, -1]), np.isneginf(low[:, -1])
    assert (exact.astype(int) + comes + stays == 1).all()
    assert np.exp(low[comes, -1]).max() <= 301
    assert np.exp(high[stays, -1]).min() >= 300
    assert comes.sum() / stays.sum() == pytest.approx(np.log(350 / 120) / np.log(750 / 350), rel=0.15)


def test_what_is_to_come_is_not_asked_of_a_post_that_is_there_already() -> None:
    rows = Rows(given=np.zeros((9, TERMS)), come=np.full((9, HORIZONS), 3), now=np.full(9, 5_000))
    assert [
        (side == was).all()
        for side, was in zip(rows.asked(*rows.bounds(), np.random.default_rng(1)), rows.bounds(), strict=True)
    ] == [True, True]


# ── calibration ─────────────────────────────────────────────────────────────────────────────────────────────────────


def drawn(*, base: float, slope: float, mean: float) -> tuple[Floats, Floats, NDArray[np.bool_], Floats]:
    """Probabilities that come true on another line than their own."""
    chance = np.random.default_rng(8)
    p = chance.uniform(0.02, 0.98, 40_000)
    sizes = np.column_stack([chance.normal(3.7, 1, len(p)), chance.normal(5.3, 1, len(p))])
    true = 1 / (1 + np.exp(-(base + slope * np.log(p / (1 - p)) + mean * sizes[:, 0])))
    where = np.column_stack([sizes, np.full(len(p), AGE), np.zeros(len(p))])
    return p, where, chance.random(len(p)) < true, np.ones(len(p))


def test_a_line_that_was_shifted_bent_and_moved_by_sizes_is_found_again() -> None:
    line = calibrate(*drawn(base=-1.0, slope=0.6, mean=0.4))
    assert line.base == pytest.approx(-1.0, abs=0.2)
    assert (line.slope, line.mean, line.top) == pytest.approx((0.6, 0.4, 0.0), abs=0.05)


def test_what_comes_true_as_said_is_left_as_it_is() -> None:
    line = calibrate(*drawn(base=0.0, slope=1.0, mean=0.0))
    p = np.array([0.1, 0.5, 0.9])
    assert line(p, np.array([[*EXPECTED, AGE, 0.0]])) == pytest.approx(p, abs=0.03)


def test_a_look_counts_as_much_as_its_weight() -> None:
    p, sizes, _, _ = drawn(base=0.0, slope=1.0, mean=0.0)
    even = np.arange(len(p)) % 2 == 0
    line = calibrate(p, sizes, even, np.where(even, 3.0, 1.0))
    assert line(np.array([0.5]), np.array([[*EXPECTED, AGE, 0.0]])) == pytest.approx([0.75], abs=0.02)


def test_a_calibration_always_rises() -> None:
    p, sizes, truth, weight = drawn(base=0.0, slope=-2.0, mean=0.0)
    assert calibrate(p, sizes, truth, weight).slope >= 0.1


def test_a_net_is_trained_further_on_few_looks_and_keeps_what_it_knew(lawful: Nets) -> None:
    rows = synthetic(10_000)
    doubled = Rows(given=rows.given, come=rows.come * 3)
    half = lawful(asked(LOUDER)).quantiles((0.5,))[:, -1, 0]
    more = fit.continued(lawful, doubled, np.random.default_rng(2), silent)(asked(LOUDER)).quantiles((0.5,))[:, -1, 0]
    assert (more > 1.5 * half).all()
    assert (np.diff(more) > 0).all()
    with pytest.raises(ValueError, match="10 looks to learn from, at least 256 are needed"):
        fit.continued(lawful, Rows(given=rows.given[:10], come=rows.come[:10]), np.random.default_rng(2), silent)


def test_what_was_cut_short_never_teaches_that_it_stayed_small(lawful: Nets) -> None:
    """Half of it answered before anything came: as truth it would say that nothing comes; as "at least nothing" it says nothing."""
    rows = synthetic(10_000)
    cut = np.arange(len(rows.come)) % 2 == 0
    come, unseen = np.where(cut[:, None], 0, rows.come), np.repeat(cut[:, None], HORIZONS, axis=1)
    half = lawful(asked(LOUDER)).quantiles((0.5,))[:, -1, 0]
    as_truth, as_least = (
        fit.continued(lawful, Rows(given=rows.given, come=come, open=where), np.random.default_rng(2), silent)
        for where in (None, unseen)
    )
    assert (as_truth(asked(LOUDER)).quantiles((0.4,))[:, -1, 0] < 0.5 * half).all()
    assert as_least(asked(LOUDER)).quantiles((0.5,))[:, -1, 0] == pytest.approx(half, rel=0.4)


def test_what_was_cut_short_above_the_forecast_teaches_more(lawful: Nets) -> None:
    rows = synthetic(10_000)
    half = lawful(asked(LOUDER)).quantiles((0.5,))[:, -1, 0]
    least = Rows(given=rows.given, come=rows.come * 5, open=np.ones_like(rows.come, dtype=bool))
    more = fit.continued(lawful, least, np.random.default_rng(2), silent)(asked(LOUDER)).quantiles((0.5,))[:, -1, 0]
    assert (more > 1.5 * half).all()


def test_a_calibration_stays_near_where_it_starts_when_little_speaks_against_it() -> None:
    start = Calibration(base=-1.0, slope=0.8, mean=0.1, top=0.0)
    p, where = np.full(4, 0.5), np.tile([*EXPECTED, 3.0, 1.0], (4, 1))
    held = calibrate(
        p, where, np.ones(4, dtype=bool), np.full(4, 0.1), start, (4.0, 25.0, 100.0, 100.0, *[fit.FIXED] * 4)
    )
    assert held.base == pytest.approx(-1.0, abs=0.15)
    assert held.slope == pytest.approx(0.8, abs=0.05)
    assert (held.age, held.far) == pytest.approx((0.0, 0.0), abs=1e-6)
