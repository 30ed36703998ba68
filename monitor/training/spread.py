"""`langyan train spread`: fits the forecast on repost curves and says how well it does on posts it has not seen."""

import gzip
import json
import zlib
from collections.abc import Callable
from math import isfinite
from pathlib import Path

import numpy as np

from monitor.errors import ConfigError
from monitor.spread import heldout
from monitor.spread.curves import Curve, Lessons, rhythm_of

FOLDS = 5
FEWEST_FOLDS = 3
"""One fold is examined, one gives the residuals, one teaches."""


def train_spread(path: Path, out: Path, seed: int, progress: Callable[[int, int], None]) -> str:
    """Fits the curves in `path`, writes the parameters to `out`, and returns the held-out table as text.

    A line of the file is one post as JSON: `created_at` (unix s), `offsets` (s after it) and, to keep authors apart,
    `fold` or `author`. The same file and seed give the same bytes. `progress(done, of)` counts steps.
    """
    if not out.parent.is_dir():
        raise ConfigError(str(out), "there is no such folder", "Make it, or choose another --out")
    curves = read(path)
    folds = sorted({curve.fold for curve in curves})
    if len(folds) < FEWEST_FOLDS:
        raise ConfigError(
            str(path), f"{len(folds)} folds of authors, at least {FEWEST_FOLDS} are needed", "Give more posts"
        )
    steps = 2 + len(folds) + len(heldout.EXAMS)
    progress(0, steps)
    lessons = Lessons(curves, rhythm_of(curves), np.random.default_rng(seed))
    progress(1, steps)
    try:
        weights = lessons.weights(folds)
        progress(2, steps)
        blind = {}
        for done, fold in enumerate(folds, 3):
            blind[fold] = lessons.weights([other for other in folds if other != fold])
            progress(done, steps)
    except ValueError as error:
        raise ConfigError(str(path), str(error)) from None
    chance = np.random.default_rng(seed + 1)
    watched = []
    for done, exam in enumerate(heldout.EXAMS, 3 + len(folds)):
        watched.append((exam, heldout.watch(curves, exam, blind, chance)))
        progress(done, steps)
    out.write_bytes(weights.to_json())
    return heldout.table(watched)


def read(path: Path) -> list[Curve]:
    """The curves of a .jsonl or .jsonl.gz file. A line that is none is a ConfigError that names it."""
    curves = []
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    curves.append(_curve(line, f"{path}:{number}"))
    except (OSError, EOFError, zlib.error) as error:
        raise ConfigError(str(path), f"cannot be read: {error}", "Fetch it again") from None
    if not curves:
        raise ConfigError(str(path), "holds no curves")
    return curves


def _curve(line: bytes, place: str) -> Curve:
    try:
        post = json.loads(line)
        born, offsets = _moment(post["created_at"]), sorted(max(0.0, _moment(at)) for at in post["offsets"])
        fold = post["fold"] if "fold" in post else zlib.crc32(str(post.get("author", place)).encode()) % FOLDS
        return Curve(born=born, fold=int(fold), offsets=offsets)
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise ConfigError(place, f"not a repost curve: {error!r}", "Mend or remove the line") from None


def _moment(seconds: float | str) -> float:
    moment = float(seconds)
    if not isfinite(moment):
        raise ValueError(f"{seconds} is no moment")
    return moment
