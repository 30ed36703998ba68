"""Repost curves as a poller would have seen them, and what there is to learn from them. Pure; chance comes as a generator."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from monitor.spread.features import Features, measure
from monitor.spread.fit import COARSE, FINE, Rows, fit
from monitor.spread.model import Rhythm, Weights, terms

KNOTS = (3, 5, 8, 12, 15, 20, 30, 45, 60, 90, 120, 180, 240, 360, 540, 720, 1080, 1440, 2160, 2880, 4320)
"""Ages in minutes at which coefficients are fitted."""

MINUTE, HOUR, DAY, WEEK = 60.0, 3600.0, 86_400.0, 604_800.0

LOST = 0.03
"""The share of polls that fail."""

LOOKS_A_KNOT = 2
"""Looks learnt from per post and knot; more of the same post teach little."""


@dataclass(frozen=True, kw_only=True)
class Curve:
    """One post's reposts in seconds after `born` (unix s), rising. `fold` keeps authors apart."""

    born: float
    fold: int
    offsets: Sequence[float]

    def by(self, age: float) -> int:
        """The reposts it has at an age in seconds."""
        return bisect_right(self.offsets, age)


@dataclass(frozen=True, kw_only=True)
class Mix:
    """How sizes are mixed: as collected, or thinned `draws` times to sizes that fall off as 1/n from `smallest` on."""

    name: str
    smallest: int | None = None
    draws: int = 1

    def of(self, curves: Sequence[Curve], chance: np.random.Generator) -> Iterator[Curve]:
        """The curves in this mix, each draw in the order given."""
        for _ in range(self.draws):
            for curve in curves:
                yield curve if self.smallest is None else _thinned(curve, self.smallest, chance)


REAL = Mix(name="real sizes")
LEARNT = (REAL, Mix(name="thinned from 20", smallest=20, draws=2), Mix(name="thinned from 60", smallest=60, draws=2))
"""Collected curves are survivors: nobody keeps the small ones. Most of what is learnt from is therefore thinned."""


def _thinned(curve: Curve, smallest: int, chance: np.random.Generator) -> Curve:
    """Keeps each repost with one probability, so that the size becomes a draw from Pareto(1) on [smallest, size]."""
    size = len(curve.offsets)
    if size <= smallest:
        return curve
    keep = smallest / (1 - chance.random() * (1 - smallest / size)) / size
    kept = [offset for offset, luck in zip(curve.offsets, chance.random(size), strict=True) if luck < keep]
    return Curve(born=curve.born, fold=curve.fold, offsets=kept)


@dataclass(frozen=True, kw_only=True)
class Polling:
    """How a post is watched. `found`: mean seconds from birth to discovery, beside up to one gap. `early`: the gap in the
    first hour. `sparse`: ever slower."""

    found: float = 0.0
    early: float = 5 * MINUTE
    sparse: bool = False

    def ages(self, until: float, chance: np.random.Generator) -> list[float]:
        """When it is looked at: every 5 min for 6 h, every 15 for a day, hourly after; a fifth of jitter, some lost."""
        age = chance.uniform(0, self.early) + (chance.exponential(self.found) if self.found else 0.0)
        ages = []
        while age <= until:
            if chance.random() >= LOST:
                ages.append(age)
            slow = min(max(10 * MINUTE, 0.4 * age), HOUR)
            usual = self.early if age < HOUR else 5 * MINUTE if age < 6 * HOUR else 15 * MINUTE if age < DAY else HOUR
            age += max(slow if self.sparse else usual, usual) * chance.uniform(0.8, 1.2)
        return ages


USUAL = Polling()
WATCHED = (
    (USUAL, 0.5),
    (Polling(early=3 * MINUTE), 0.1),
    (Polling(early=3 * MINUTE, sparse=True), 0.1),
    (Polling(sparse=True), 0.15),
    (Polling(found=20 * MINUTE), 0.1),
    (Polling(found=4 * HOUR), 0.05),
)
"""The ways in which learnt posts are watched, with their shares."""


def rhythm_of(curves: Sequence[Curve]) -> Rhythm:
    """The activity of each hour in China, from reposts a day to a month old: younger ones tell when posts are published."""
    hours = np.full(24, 20.0)
    for curve in curves:
        late = np.asarray(curve.offsets[curve.by(DAY) : curve.by(30 * DAY)])
        hours += np.bincount(((curve.born + 8 * HOUR + late) % DAY // HOUR).astype(int), minlength=24)
    return Rhythm.of((hours / hours.mean()).tolist())


class Lessons:
    """Everything to learn from, ready to be fitted on any folds: four tables' rows."""

    def __init__(self, curves: Sequence[Curve], rhythm: Rhythm, chance: np.random.Generator) -> None:
        self._rhythm = rhythm
        paced, first = _Notebook(rhythm), _Notebook(rhythm)
        ways, shares = zip(*WATCHED, strict=True)
        for mix in LEARNT:
            for curve in mix.of(curves, chance):
                ages = ways[chance.choice(len(ways), p=shares)].ages(KNOTS[-1] * MINUTE * 1.3, chance)
                counts = [curve.by(age) for age in ages]
                for n in _chosen(ages, chance):
                    if n:
                        paced.note(curve, measure(ages[: n + 1], counts[: n + 1]))
                    first.note(curve, measure(ages[n : n + 1], counts[n : n + 1]))
        self._paced, self._first = paced.rows(), first.rows()

    def weights(self, folds: Sequence[int]) -> Weights:
        """The parameters learnt from these folds alone."""
        return Weights(
            rhythm=self._rhythm,
            week=fit(self._paced[0], KNOTS, folds, FINE),
            day=fit(self._paced[1], KNOTS, folds, COARSE),
            week_first=fit(self._first[0], KNOTS, folds, COARSE),
            day_first=fit(self._first[1], KNOTS, folds, COARSE),
        )


class _Notebook:
    """Collects looks as rows for both horizons."""

    def __init__(self, rhythm: Rhythm) -> None:
        self._rhythm = rhythm
        self._given: list[list[float]] = []
        self._told: list[tuple[float, int, float, float]] = []

    def note(self, curve: Curve, seen: Features) -> None:
        """One look and what came after it, by the age of a week and within a day."""
        self._given.append(terms(seen, self._rhythm, curve.born + seen.age))
        week, day = curve.by(WEEK) - seen.now, curve.by(seen.age + DAY) - seen.now
        self._told.append((seen.age / MINUTE, curve.fold, week / seen.scale, day / seen.scale))

    def rows(self) -> tuple[Rows, Rows]:
        """Everything noted: the rows of the week, the rows of the day."""
        given, told = np.asarray(self._given), np.asarray(self._told)
        age, fold, week, day = told.T
        return tuple(  # type: ignore[return-value]
            Rows(age=age, given=given, wanted=np.log1p(np.maximum(come, 0)), fold=fold.astype(int))
            for come in (week, day)
        )


def _chosen(ages: Sequence[float], chance: np.random.Generator) -> list[int]:
    """Which looks to learn from: a few about each knot, so that the hundreds of a later hour do not crowd out the first."""
    chosen: set[int] = set()
    for before, knot, after in zip((0, *KNOTS), KNOTS, (*KNOTS[1:], KNOTS[-1] * 1.3), strict=False):
        near = range(bisect_left(ages, (before + knot) / 2 * MINUTE), bisect_left(ages, (knot + after) / 2 * MINUTE))
        chosen.update(chance.choice(near, min(LOOKS_A_KNOT, len(near)), replace=False).tolist() if near else ())
    return sorted(chosen)
