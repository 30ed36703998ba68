"""The fitted numbers and what they say: reposts still to come at five horizons, as a whole distribution. Pure arithmetic.

A handful of small neural nets read what the looks show; each answers, for every horizon, with a mixture of two logistic
distributions over ln(1 + reposts still to come) (mixture density networks: Bishop, 1994), for a sudden rise either goes on or
was a bot's and ends at once. The nets' distributions are averaged, which says more honestly what is not known.
"""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, asdict, astuple, dataclass, fields, replace
from math import isfinite, log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.spread.analogs import Analogs
from monitor.spread.features import Features
from monitor.spread.rhythm import DAY, Rhythm
from monitor.spread.usual import Sizes

Floats = NDArray[np.float64]

FORMAT = "langyan.spread.v2"
HOUR, WEEK = 3600.0, 7 * DAY
AHEAD = (1 * HOUR, 3 * HOUR, 6 * HOUR, 24 * HOUR)
"""Horizons from now on, in seconds; the last horizon is always the age of a week."""

HORIZONS = len(AHEAD) + 1
TERMS = 26
FIRST_TERMS = 19
"""So many had weights that an installation fitted before the shape of the curve was read. They are read as nets that do not look at it."""

PARTS = 2
"""Logistic distributions that a net mixes for each horizon."""

SEEN = 72 * HOUR
"""No older look was learnt from."""

UNLIKELY = 1e12
"""No mean of a term is larger, nor a spread smaller than one part of it: a file that says so is damaged, and dividing would overflow."""

FURTHEST = 4.0
"""No term counts for more than so many standard deviations from its mean."""

NARROWEST, WIDEST = -2.0, 2.0
"""Bounds of the ln of a distribution's scale."""

LEAK = 0.05
"""Slope of a hidden unit below zero."""

_LOWEST, _HIGHEST, _STEPS = -1.0, 16.0, 17
"""Where quantiles of ln(reposts) are looked for, and how often the interval is halved: to within 0.0002."""

MOST_LOOKS = 7
"""More looks than this say no more by their number."""


def terms(seen: Features, rhythm: Rhythm, moment: float, sizes: Sizes) -> list[float]:
    """What a net reads of a post as seen at `moment` (unix s), where posts usually go as far as `sizes` says."""
    active, passed = rhythm.at(moment), rhythm.until(moment)
    week = max(seen.age + DAY, WEEK) - seen.age
    return [
        log(seen.age / 60),
        seen.level,
        seen.pace,
        seen.pace_before,
        seen.half,
        seen.quarter,
        seen.blind,
        log(active),
        log((rhythm.until(moment + 6 * HOUR) - passed) / 6 / active),
        log((rhythm.until(moment + week) - passed) / (week / HOUR) / active),
        log(max((passed - rhythm.until(moment - seen.age)) * HOUR / seen.age, 0.05)),
        seen.rest,
        seen.most,
        log(min(seen.snapshots, MOST_LOOKS)),
        seen.uneven,
        seen.pace_long,
        seen.nearly,
        *sizes,
        seen.fastest,
        seen.faded,
        *seen.shape,
    ]


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One layer of every net at once: `weights` (nets, in, out), `bias` (nets, 1, out)."""

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Nets:
    """All nets side by side. `center`, `spread`: mean and standard deviation of each term where they were learnt."""

    center: Floats
    spread: Floats
    layers: tuple[Layer, ...]

    def __call__(self, given: Floats) -> "Outlooks":
        """What is still to come for posts of which `given` (posts, TERMS) is known."""
        parts = [self._answers(given[start : start + AT_ONCE]) for start in range(0, max(len(given), 1), AT_ONCE)]
        out = np.concatenate(parts, axis=1).astype(np.float64)
        nets, posts = out.shape[:2]
        middle, width, lean = out.reshape(nets, posts, HORIZONS, 3, PARTS).transpose(3, 0, 4, 1, 2)
        share = np.exp(lean - lean.max(axis=1, keepdims=True))
        share /= share.sum(axis=1, keepdims=True) * nets
        shape = (nets * PARTS, posts, HORIZONS)
        return Outlooks(
            middle=middle.reshape(shape),
            width=np.exp(np.clip(width, NARROWEST, WIDEST)).reshape(shape),
            share=share.reshape(shape),
        )

    def _answers(self, given: Floats) -> NDArray[np.float32]:
        """What each net answers (nets, posts, HORIZONS * 3 * PARTS)."""
        values = np.clip((given - self.center) / self.spread, -FURTHEST, FURTHEST).astype(np.float32)[None]
        for layer in self.layers[:-1]:
            values = values @ layer.weights
            values += layer.bias
            np.maximum(values, np.float32(LEAK) * values, out=values)
        answers: NDArray[np.float32] = values @ self.layers[-1].weights + self.layers[-1].bias
        return answers


AT_ONCE = 256
"""Posts whose hidden units fit into the cache."""


@dataclass(frozen=True, kw_only=True)
class Outlooks:
    """Mixtures of logistic distributions over ln(reposts still to come): `middle`, `width`, `share` (parts, posts, HORIZONS).

    Parts come first, for nearly everything is a sum over them.
    """

    middle: Floats
    width: Floats
    share: Floats

    def going_on(self, chosen: NDArray[np.bool_]) -> "Outlooks":
        """The same where the `chosen` posts (posts) are known to go on: of each net the part that reaches farther, alone."""
        if not chosen.any():
            return self
        parts = self.middle.reshape(-1, PARTS, *self.middle.shape[1:])
        farther = (parts == parts.max(axis=1, keepdims=True)).reshape(self.middle.shape)
        alone = farther / farther.sum(axis=0)
        return replace(self, share=np.where(chosen[:, None], alone, self.share))

    def above(self, more: Floats) -> Floats:
        """P(at least `more` (posts) are still to come by the age of a week), for each post; at least none always are."""
        edge = np.log(np.maximum(more, 0.0) + 0.5)
        lies = (edge - self.middle[:, :, -1]) / self.width[:, :, -1]
        below = (self.share[:, :, -1] * _logistic(lies)).sum(axis=0)
        return np.where(more <= 0, 1.0, np.clip(1.0 - below, 0.0, 1.0))  # shares add up to one but for rounding

    def quantiles(self, levels: Sequence[float]) -> Floats:
        """Reposts still to come (posts, HORIZONS, levels) that are not passed with these probabilities."""
        wanted = np.asarray(levels)[:, None, None] - 0.5
        steps = range(0, max(self.middle.shape[1], 1), AT_ONCE)
        levelled = np.concatenate([self._passed(wanted, slice(start, start + AT_ONCE)) for start in steps], axis=1)
        come: Floats = np.maximum(np.exp(levelled.transpose(1, 2, 0)) - 1, 0.0)
        return come

    def _passed(self, wanted: Floats, posts: slice) -> Floats:
        """Where (levels, posts, HORIZONS) the mixtures pass a half more than `wanted`. A logistic is a half, and half a tanh."""
        middle, steep, weight = self.middle[:, posts], 0.5 / self.width[:, posts], 0.5 * self.share[:, posts]
        low = np.full((len(wanted), *middle.shape[1:]), _LOWEST)
        high = np.full_like(low, _HIGHEST)
        lies = np.empty((len(wanted), *middle.shape))
        for _ in range(_STEPS):
            half = (low + high) / 2
            np.subtract(half[:, None], middle, out=lies)
            lies *= steep
            np.tanh(lies, out=lies)
            lies *= weight
            below = lies.sum(axis=1) < wanted
            low, high = np.where(below, half, low), np.where(below, high, half)
        found: Floats = (low + high) / 2
        return found


def _logistic(lies: Floats) -> Floats:
    shape: Floats = 0.5 + 0.5 * np.tanh(0.5 * lies)
    return shape


@dataclass(frozen=True, kw_only=True, slots=True)
class Calibration:
    """Brings probabilities to what came true of posts that were not learnt from: log-odds on a line, moved by what `standing` says."""

    base: float
    slope: float
    mean: float
    top: float
    age: float = 0.0  # from here on: 0 in weights that an installation fitted before it was known
    far: float = 0.0
    mean_age: float = 0.0
    mean_far: float = 0.0

    def __call__(self, p: Floats, where: Floats) -> Floats:
        """`p` (n) brought to the truth; `where` (n, 4) as `standing` gives it."""
        odds = np.clip(p, 1e-6, 1 - 1e-6)
        moved = self.base + self.slope * np.log(odds / (1 - odds)) + moving(where) @ astuple(self)[2:]
        return np.where(p >= 1, 1.0, _logistic(moved))


AS_IT_IS = Calibration(base=0.0, slope=1.0, mean=0.0, top=0.0)


MOVED_BY = len(fields(Calibration)) - 2
"""Numbers that move a calibration."""

MEAN, AGE = 4.7, 4.5
"""Between the usual sizes that were learnt from, and 90 minutes: around these what age and distance say turns."""


def standing(sizes: Floats, ages: Floats, counts: Floats, viral: Floats | float) -> Floats:
    """Where posts stand (n, 4): usual sizes (n or 1, 2), ln minutes of age up to a day, and how far a count is from `viral`, in ln.
    A post that crosses a line late, or from far below, keeps its promise less often than its probability says."""
    where = np.empty((len(ages), 4))
    where[:, :2] = sizes
    where[:, 2] = np.log(np.clip(ages, 60.0, DAY) / 60)
    where[:, 3] = np.log(np.maximum(viral, 1.0) / (counts + 1))
    return where


def moving(where: Floats) -> Floats:
    """What moves a calibration (n, MOVED_BY): where posts stand, and how age and distance count for more or less where posts usually go far.
    Among small posts a line crossed late is kept more often than one crossed early, among large ones less often."""
    large = where[:, 0] - MEAN
    return np.column_stack([where, (where[:, 2] - AGE) * large, where[:, 3] * large])


@dataclass(frozen=True, kw_only=True)
class Weights:
    """Everything that was fitted. `chance` calibrates P(reach) at any one look; `page` at the first look that is so high,
    of the hundreds at which it might have been: looking again and again flatters."""

    rhythm: Rhythm
    nets: Nets
    chance: Calibration
    page: Calibration
    analogs: Analogs

    @staticmethod
    def from_json(stored: bytes) -> "Weights":
        """Reads a parameter file; one of another format or shape is a ValueError."""
        try:
            return _weights(json.loads(stored))
        except (ValueError, KeyError, TypeError, OverflowError, binascii.Error) as error:
            raise ValueError(f"spread weights: {error!r}. Train them again") from None

    def to_json(self) -> bytes:
        """The parameter file. Nets are kept as half-precision numbers, more than they know."""
        content = {
            "format": FORMAT,
            "rhythm": [round(hour, 3) for hour in self.rhythm.hours],
            "center": [float(f"{value:.4g}") for value in self.nets.center],
            "spread": [float(f"{value:.4g}") for value in self.nets.spread],
            "layers": [{"weights": _packed(layer.weights), "bias": _packed(layer.bias)} for layer in self.nets.layers],
            "chance": {name: round(value, 4) for name, value in asdict(self.chance).items()},
            "page": {name: round(value, 4) for name, value in asdict(self.page).items()},
            "analogs": self.analogs.as_json(),
        }
        return json.dumps(content, separators=(",", ":")).encode()


def _packed(values: NDArray[np.float32]) -> dict[str, Any]:
    return {"shape": list(values.shape), "half": base64.b64encode(values.astype("<f2").tobytes()).decode()}


def _unpacked(stored: Mapping[str, Any]) -> NDArray[np.float32]:
    values = np.frombuffer(base64.b64decode(stored["half"], validate=True), dtype="<f2").astype(np.float32)
    if not np.isfinite(values).all():
        raise ValueError("a weight is no number")
    return values.reshape(tuple(int(size) for size in stored["shape"]))


def _weights(stored: Mapping[str, Any]) -> Weights:
    if stored["format"] != FORMAT:
        raise ValueError(f"expected {FORMAT}, found {stored['format']}")
    layers = tuple(Layer(weights=_unpacked(it["weights"]), bias=_unpacked(it["bias"])) for it in stored["layers"])
    nets = Nets(
        center=np.array(stored["center"], dtype=float), spread=np.array(stored["spread"], dtype=float), layers=layers
    )
    if nets.center.shape == (FIRST_TERMS,):
        nets = _older(nets)
    _check(nets)
    return Weights(
        rhythm=Rhythm.of(tuple(map(float, stored["rhythm"]))),
        nets=nets,
        chance=_calibration(stored["chance"]),
        page=_calibration(stored["page"]),
        analogs=Analogs.from_json(stored["analogs"]),
    )


def _older(nets: Nets) -> Nets:
    """Nets of fewer terms, as ones that do not look at the newer terms."""
    newer = TERMS - FIRST_TERMS
    first, *others = nets.layers
    widened = replace(first, weights=np.pad(first.weights, ((0, 0), (0, newer), (0, 0))))
    return Nets(
        center=np.pad(nets.center, (0, newer)),
        spread=np.pad(nets.spread, (0, newer), constant_values=1.0),
        layers=(widened, *others),
    )


def _calibration(stored: Mapping[str, Any]) -> Calibration:
    found = {
        one.name: stored[one.name] if one.default is MISSING else stored.get(one.name, one.default)
        for one in fields(Calibration)
    }
    made = Calibration(**{name: float(value) for name, value in found.items()})
    if not (isfinite(sum(astuple(made))) and made.slope > 0):
        raise ValueError("a calibration that does not rise")
    return made


def _check(nets: Nets) -> None:
    """Whether the shapes of all layers fit together, from the terms to the answers."""
    size = TERMS
    if nets.center.shape != (TERMS,) or nets.spread.shape != (TERMS,) or not (nets.spread > 0).all() or not nets.layers:
        raise ValueError(f"not {TERMS} terms with a spread above 0")
    if not (
        (np.abs(nets.center) <= UNLIKELY).all()
        and (nets.spread >= 1 / UNLIKELY).all()
        and np.isfinite(nets.spread).all()
    ):
        raise ValueError("the mean or spread of a term is no number")
    many = len(nets.layers[0].weights)
    if not many:
        raise ValueError("there is no net")
    for layer in nets.layers:
        if layer.weights.ndim != 3 or layer.weights.shape[:2] != (many, size):
            raise ValueError(f"a layer does not take {size} values in {many} nets")
        size = layer.weights.shape[2]
        if layer.bias.shape != (many, 1, size):
            raise ValueError("a layer's bias does not fit its weights")
    if size != HORIZONS * 3 * PARTS:
        raise ValueError(f"the last layer gives {size} values, not {HORIZONS * 3 * PARTS}")
