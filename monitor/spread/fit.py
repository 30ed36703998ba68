"""Teaches the nets of `monitor.spread.nets`: gradient descent on what looks showed and what came after. Pure.

The loss is the likelihood of an interval: k reposts still to come lie between ln(k + 1/2) and ln(k + 3/2), and none below
ln(3/2). So small counts, which have no density, teach as well as large ones. Steps are Adam's (Kingma and Ba, 2015) with a
rate that falls along a cosine; a little noise on what is given keeps a net from learning posts by heart.
"""

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, fields
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from monitor.spread.nets import (
    AS_IT_IS,
    FURTHEST,
    HORIZONS,
    LEAK,
    MOVED_BY,
    NARROWEST,
    PARTS,
    WIDEST,
    Calibration,
    Floats,
    Layer,
    Nets,
    moving,
)

Singles = NDArray[np.float32]

HIDDEN = (112, 64)
EPOCHS, BATCH = 14, 1024
RATE, WARM, DECAY, NOISE = 2e-3, 200, 1e-3, 0.05
MORE_EPOCHS, MORE_BATCH, MORE_RATE, MORE_WARM = 4, 256, 1e-3, 20
"""What is continued from fitted nets: few posts, so smaller batches, and a rate at which little of what they know is lost."""

ASKED, HURTFUL = 0.8, (120.0, 750.0)
"""The share of looks that are asked, in each pass anew, whether the post comes to a reach between these. Beside 0 and 0.5 it gave the most
early pages out of fold at the precision wanted."""

STEEPEST = 3.0
"""No look pulls harder than this: one post in a thousand comes back after a day, and must not be the lesson."""

OTHERS = 0.25
"""How much each horizon counts beside the week, which is what pages go by."""

APART = 0.7
"""Standard deviations by which the two parts of a mixture start from the middle."""


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Looks to learn from: `given` terms (n, k), `come` reposts still to come (n, HORIZONS). `open` (n, HORIZONS): at least so
    many; how many more was never seen. None: all were. `now` (n): those there, for `asked`."""

    given: Floats
    come: NDArray[np.int64]
    open: NDArray[np.bool_] | None = None
    now: NDArray[np.int64] | None = None

    def only(self, kept: NDArray[np.int64] | NDArray[np.bool_]) -> "Rows":
        """Those rows."""
        chosen = {one.name: value[kept] for one in fields(self) if (value := getattr(self, one.name)) is not None}
        return Rows(**chosen)

    def bounds(self) -> tuple[Floats, Floats]:
        """Between which ln of what came lies."""
        low = np.where(self.come == 0, -np.inf, np.log(self.come + 0.5))
        high = np.log(self.come + 1.5)
        return low, high if self.open is None else np.where(self.open, np.inf, high)

    def asked(self, low: Floats, high: Floats, chance: np.random.Generator) -> tuple[Floats, Floats]:
        """The bounds, of most looks with another question about the week: does it come to a reach drawn for it? Pages go by that, and
        a likelihood of exact numbers spends itself on what is far from any line."""
        if self.now is None:
            return low, high
        least, most = map(float, np.log(HURTFUL))
        reach = np.exp(chance.uniform(least, most, len(self.now)))
        more = np.ceil(reach - self.now)
        chosen = (chance.random(len(more)) < ASKED) & (more > 0)
        edge = np.log(np.maximum(more, 1) + 0.5)
        comes = self.come[:, -1] >= more
        low, high = low.copy(), high.copy()
        low[:, -1] = np.where(chosen, np.where(comes, edge, -np.inf), low[:, -1])
        high[:, -1] = np.where(chosen, np.where(comes, np.inf, edge), high[:, -1])
        return low, high


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
    low, high = rows.bounds()
    sizes = [values.shape[1], *HIDDEN, HORIZONS * 3 * PARTS]
    weights = [chance.normal(0, np.sqrt(2 / a), (a, b)).astype(np.float32) for a, b in pairwise(sizes)]
    biases = [np.zeros(size, np.float32) for size in sizes[1:]]
    weights[-1] *= np.float32(0.1)
    biases[-1][:] = _first_guess(high)
    adam = _Adam([*weights, *biases], EPOCHS * many, RATE, WARM)
    for _ in range(EPOCHS):
        _pass(adam, weights, biases, (values, *rows.asked(low, high, chance)), BATCH, chance)
        step()
    return list(zip(weights, biases, strict=True))


def continued(nets: Nets, rows: Rows, chance: np.random.Generator, step: Callable[[], None]) -> Nets:
    """The nets, trained a little further on `rows`. `step` is called after each epoch of each. ValueError: fewer than a batch."""
    many = len(rows.given) // MORE_BATCH
    if not many:
        raise ValueError(f"{len(rows.given)} looks to learn from, at least {MORE_BATCH} are needed")
    values = np.clip((rows.given - nets.center) / nets.spread, -FURTHEST, FURTHEST).astype(np.float32)
    low, high = rows.bounds()
    fitted = []
    for number in range(len(nets.layers[0].weights)):
        weights = [layer.weights[number].copy() for layer in nets.layers]
        biases = [layer.bias[number, 0].copy() for layer in nets.layers]
        adam = _Adam([*weights, *biases], MORE_EPOCHS * many, MORE_RATE, MORE_WARM)
        for _ in range(MORE_EPOCHS):
            _pass(adam, weights, biases, (values, low, high), MORE_BATCH, chance)
            step()
        fitted.append(list(zip(weights, biases, strict=True)))
    return side_by_side(fitted, nets.center, nets.spread)


def _pass(
    adam: "_Adam",
    weights: Sequence[Singles],
    biases: Sequence[Singles],
    rows: tuple[Singles, Floats, Floats],
    size: int,
    chance: np.random.Generator,
) -> None:
    """Every row once, in batches of `size` and in random order; what is left over waits for the next pass."""
    values, low, high = rows
    order = chance.permutation(len(values))
    for batch in range(len(values) // size):
        chosen = order[batch * size : (batch + 1) * size]
        seen = values[chosen] + chance.normal(0, NOISE, (size, values.shape[1])).astype(np.float32)
        hidden = [seen]
        for layer, bias in zip(weights[:-1], biases[:-1], strict=True):
            above = hidden[-1] @ layer + bias
            hidden.append(np.where(above > 0, above, np.float32(LEAK) * above))
        out = hidden[-1] @ weights[-1] + biases[-1]
        adam.step(_gradients(weights, hidden, _uphill(out, low[chosen], high[chosen])))


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
    slope = np.where(np.isfinite(below), below, 0.0) * under * (1 - under)
    slope -= np.where(np.isfinite(above), above, 0.0) * over * (1 - over)
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
    """Steps of each parameter in place, `steps` of them in all, at a rate that rises for `warm` of them and then falls."""

    def __init__(self, parameters: Sequence[Singles], steps: int, rate: float, warm: int) -> None:
        self._parameters, self._steps, self._done = parameters, steps, 0
        self._rate, self._warm = rate, warm
        self._mean = [np.zeros_like(one) for one in parameters]
        self._square = [np.zeros_like(one) for one in parameters]

    def step(self, gradients: Sequence[Singles]) -> None:
        self._done += 1
        t = self._done
        rate = self._rate * min(1.0, t / self._warm) * 0.5 * (1 + np.cos(np.pi * t / self._steps))
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


FIXED = 1e9
FREE = (1e-3, *[1.0] * (1 + MOVED_BY))
BY_SIZES = (1e-3, 1.0, 1.0, 1.0, *[FIXED] * (MOVED_BY - 2))
"""How strongly a calibration's numbers are held. One that learns from three ages alone says nothing of others, so it goes by sizes."""


def calibrate(
    p: Floats,
    where: Floats,
    truth: NDArray[np.bool_],
    weight: Floats,
    start: Calibration = AS_IT_IS,
    held: Sequence[float] = FREE,
) -> Calibration:
    """The line in log-odds that makes these probabilities come true: logistic regression, each of its numbers held to `start`
    as strongly as `held` says. `where` (n, 4): `nets.standing`."""
    odds = np.clip(p, 1e-6, 1 - 1e-6)
    given = np.column_stack([np.ones_like(p), np.log(odds / (1 - odds)), moving(where)])
    hold = np.diag(held)
    line = at = np.array(astuple(start))
    for _ in range(30):
        said = 0.5 + 0.5 * np.tanh(0.5 * given @ line)
        curve = weight * said * (1 - said)
        line = line + np.linalg.solve(
            (given * curve[:, None]).T @ given + hold, given.T @ (weight * (truth - said)) - hold @ (line - at)
        )
    fitted = dict(zip([one.name for one in fields(Calibration)], line.tolist(), strict=True))
    return Calibration(**{**fitted, "slope": max(fitted["slope"], 0.1)})
