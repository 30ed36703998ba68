"""Teaches the nets of `monitor.spread.nets`: gradient descent on what looks showed and what came after. Pure.

The loss is the likelihood of an interval: k reposts still to come lie between ln(k + 1/2) and ln(k + 3/2), and none below
ln(3/2). So small counts, which have no density, teach as well as large ones. Steps are Adam's (Kingma and Ba, 2015) with a
rate that falls along a cosine; a little noise on what is given keeps a net from learning posts by heart.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from monitor.spread.nets import FURTHEST, HORIZONS, LEAK, NARROWEST, PARTS, WIDEST, Calibration, Floats, Layer, Nets

Singles = NDArray[np.float32]

HIDDEN = (64, 48)
EPOCHS, BATCH = 6, 1024
RATE, WARM, DECAY, NOISE = 2e-3, 200, 1e-3, 0.05
STEEPEST = 3.0
"""No look pulls harder than this: one post in a thousand comes back after a day, and must not be the lesson."""

OTHERS = 0.25
"""How much each horizon counts beside the week, which is what pages go by."""

APART = 0.7
"""Standard deviations by which the two parts of a mixture start from the middle."""


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Looks to learn from: `given` terms (n, k), `come` reposts still to come (n, HORIZONS)."""

    given: Floats
    come: NDArray[np.int64]


def scales(given: Floats) -> tuple[Floats, Floats]:
    """The mean and standard deviation of each term."""
    return given.mean(axis=0), given.std(axis=0) + 1e-9


def fit(
    rows: Rows, center: Floats, spread: Floats, chance: np.random.Generator, step: Callable[[], None]
) -> list[tuple[Singles, Singles]]:
    """One net: (weights, bias) of each layer. `step` is called after each epoch. ValueError: fewer rows than a batch."""
    many = len(rows.given) // BATCH
    if not many:
        raise ValueError(f"{len(rows.given)} looks to learn from, at least {BATCH} are needed. Give more curves")
    values = np.clip((rows.given - center) / spread, -FURTHEST, FURTHEST).astype(np.float32)
    low = np.where(rows.come == 0, -np.inf, np.log(rows.come + 0.5))
    high = np.log(rows.come + 1.5)
    sizes = [values.shape[1], *HIDDEN, HORIZONS * 3 * PARTS]
    weights = [chance.normal(0, np.sqrt(2 / a), (a, b)).astype(np.float32) for a, b in pairwise(sizes)]
    biases = [np.zeros(size, np.float32) for size in sizes[1:]]
    weights[-1] *= np.float32(0.1)
    biases[-1][:] = _first_guess(high)
    adam = _Adam([*weights, *biases], EPOCHS * many)
    for _ in range(EPOCHS):
        order = chance.permutation(len(values))
        for batch in range(many):
            chosen = order[batch * BATCH : (batch + 1) * BATCH]
            seen = values[chosen] + chance.normal(0, NOISE, (BATCH, sizes[0])).astype(np.float32)
            hidden = [seen]
            for layer, bias in zip(weights[:-1], biases[:-1], strict=True):
                above = hidden[-1] @ layer + bias
                hidden.append(np.where(above > 0, above, np.float32(LEAK) * above))
            out = hidden[-1] @ weights[-1] + biases[-1]
            adam.step(_gradients(weights, hidden, _uphill(out, low[chosen], high[chosen])))
        step()
    return list(zip(weights, biases, strict=True))


def _first_guess(high: Floats) -> Floats:
    """Where answers start: the two parts on either side of each horizon's mean."""
    guess = np.zeros((HORIZONS, 3, PARTS))
    guess[:, 0] = high.mean(axis=0)[:, None] + high.std(axis=0)[:, None] * np.linspace(-APART, APART, PARTS)
    guess[:, 1] = np.log(high.std(axis=0) * 0.5 + 1e-3)[:, None]
    return guess.ravel()


def _uphill(out: Singles, low: Floats, high: Floats) -> Singles:
    """The gradient of minus the log-likelihood by what a net answered, a mean over the batch."""
    answers = out.astype(np.float64).reshape(len(out), HORIZONS, 3, PARTS)
    middle, lean = answers[:, :, 0], answers[:, :, 2]
    width = np.exp(np.clip(answers[:, :, 1], NARROWEST, WIDEST))
    share = np.exp(lean - lean.max(axis=2, keepdims=True))
    share /= share.sum(axis=2, keepdims=True)
    with np.errstate(invalid="ignore"):
        below, above = (low[..., None] - middle) / width, (high[..., None] - middle) / width
    under, over = 0.5 + 0.5 * np.tanh(0.5 * below), 0.5 + 0.5 * np.tanh(0.5 * above)
    inside = np.maximum(over - under, 1e-12)
    slope = np.where(np.isfinite(below), below, 0.0) * under * (1 - under) - above * over * (1 - over)
    mine = share * inside
    mine /= mine.sum(axis=2, keepdims=True)
    pull = np.stack(
        [
            np.clip(mine * (under + over - 1) / width, -STEEPEST, STEEPEST),
            np.clip(mine * slope / inside, -STEEPEST, STEEPEST),
            mine - share,
        ],
        axis=2,
    )
    pull *= np.where(np.arange(HORIZONS) == HORIZONS - 1, 1.0, OTHERS)[:, None, None]
    uphill: Singles = (-pull / len(out)).reshape(len(out), -1).astype(np.float32)
    return uphill


def _gradients(weights: Sequence[Singles], hidden: Sequence[Singles], uphill: Singles) -> list[Singles]:
    """By every weight, then by every bias; backwards through the layers."""
    by_weight: list[Singles] = []
    by_bias: list[Singles] = []
    for layer in range(len(weights) - 1, -1, -1):
        by_weight.insert(0, hidden[layer].T @ uphill + np.float32(DECAY) * weights[layer])
        by_bias.insert(0, uphill.sum(axis=0))
        if layer:
            uphill = (uphill @ weights[layer].T) * np.where(hidden[layer] > 0, np.float32(1), np.float32(LEAK))
    return [*by_weight, *by_bias]


class _Adam:
    """Steps of each parameter in place, `steps` of them in all."""

    def __init__(self, parameters: Sequence[Singles], steps: int) -> None:
        self._parameters, self._steps, self._done = parameters, steps, 0
        self._mean = [np.zeros_like(one) for one in parameters]
        self._square = [np.zeros_like(one) for one in parameters]

    def step(self, gradients: Sequence[Singles]) -> None:
        self._done += 1
        t = self._done
        rate = RATE * min(1.0, t / WARM) * 0.5 * (1 + np.cos(np.pi * t / self._steps))
        for parameter, mean, square, gradient in zip(
            self._parameters, self._mean, self._square, gradients, strict=True
        ):
            mean *= np.float32(0.9)
            mean += np.float32(0.1) * gradient
            square *= np.float32(0.999)
            square += np.float32(0.001) * gradient * gradient
            moved = mean / (1 - 0.9**t) / (np.sqrt(square / (1 - 0.999**t)) + 1e-8)
            parameter -= (rate * moved).astype(np.float32)


def side_by_side(fitted: Sequence[Sequence[tuple[Singles, Singles]]], center: Floats, spread: Floats) -> Nets:
    """Nets of one shape as they are asked together."""
    layers = tuple(
        Layer(
            weights=np.stack([weights for weights, _ in layer]),
            bias=np.stack([bias for _, bias in layer])[:, None],
        )
        for layer in zip(*fitted, strict=True)
    )
    return Nets(center=center, spread=spread, layers=layers)


def calibrate(p: Floats, sizes: Floats, truth: NDArray[np.bool_], weight: Floats) -> Calibration:
    """The line in log-odds that makes these probabilities come true: logistic regression, held a little."""
    odds = np.clip(p, 1e-6, 1 - 1e-6)
    given = np.column_stack([np.ones_like(p), np.log(odds / (1 - odds)), sizes])
    held = np.diag([1e-3, 1.0, 1.0, 1.0])
    line = at = np.array([0.0, 1.0, 0.0, 0.0])
    for _ in range(30):
        said = 0.5 + 0.5 * np.tanh(0.5 * given @ line)
        curve = weight * said * (1 - said)
        line = line + np.linalg.solve(
            (given * curve[:, None]).T @ given + held, given.T @ (weight * (truth - said)) - held @ (line - at)
        )
    base, slope, mean, top = (float(value) for value in line)
    return Calibration(base=base, slope=max(slope, 0.1), mean=mean, top=top)
