"""`langyan train spread`: fits the forecast on repost curves and says how well it does on posts it has not seen.

Curves are seen as a poller sees them. Collected curves are survivors (nobody keeps the small ones), so most of what is
learnt from is thinned: each repost kept with one probability a post, so that sizes fall off as they do in the field.
"""

import gzip
import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from monitor.errors import ConfigError
from monitor.spread.features import Features, measure
from monitor.spread.fit import Rows, fit
from monitor.spread.model import Outlook, Rhythm, Weights, terms

KNOTS = (3, 5, 8, 12, 15, 20, 30, 45, 60, 90, 120, 180, 240, 360, 540, 720, 1080, 1440, 2160, 2880, 4320)
"""Ages in minutes."""

MINUTE, HOUR, DAY, WEEK = 60.0, 3600.0, 86_400.0, 604_800.0
LOOKS_A_KNOT = 2

Progress = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class Curve:
    """One post's reposts, in seconds after `born` (unix s), in order."""

    born: float
    fold: int
    offsets: Sequence[float]

    def by(self, age: float) -> int:
        """The reposts it has at an age in seconds."""
        return bisect_right(self.offsets, age)


@dataclass(frozen=True, kw_only=True)
class Mix:
    """How curves are thinned: not at all, or to sizes falling off as 1/n from `smallest` on."""

    name: str
    smallest: int | None = None
    draws: int = 1


REAL = Mix(name="real sizes")
LEARNT = (REAL, Mix(name="thinned from 20", smallest=20, draws=3), Mix(name="thinned from 60", smallest=60, draws=2))


def train_spread(path: Path, out: Path, seed: int, progress: Progress) -> str:
    """Fits `path`'s curves and writes the parameters to `out`. Returns the held-out table as text.

    A line holds created_at (unix s), offsets (s) and fold (authors apart), as JSON. `progress(done, of)` counts steps.
    """
    from monitor import heldout

    curves = read(path)
    folds = sorted({curve.fold for curve in curves})
    if len(folds) < 2:
        raise ConfigError(str(path), "all curves are in one fold", "Number them by author, `fold` 0 to 4")
    steps = Steps(progress, of=2 + len(folds) + heldout.STEPS)
    rhythm = _rhythm(curves)
    lessons = learn(curves, rhythm, np.random.default_rng(seed))
    steps.done()
    try:
        weights = lessons.weights(folds)
        blind = {}
        for fold in folds:
            blind[fold] = lessons.weights([f for f in folds if f != fold] if len(folds) > 2 else folds)
            steps.done()
    except ValueError as error:
        raise ConfigError(str(path), str(error)) from None
    out.write_bytes(weights.to_json())
    steps.done()
    return heldout.table(curves, blind, seed, steps)
