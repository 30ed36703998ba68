"""`langyan train spread`: fits the forecast on repost curves and says how well it does on posts it has not seen."""

import gzip
import json
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from monitor.errors import ConfigError
from monitor.spread import fit, heldout, scored
from monitor.spread.curves import Curve, learn, rhythm_of
from monitor.spread.nets import Nets, Weights
from monitor.spread.rhythm import Rhythm

FOLDS = 5
FEWEST_FOLDS = 3
"""One fold is examined, one gives the calibration, one teaches."""

NETS = 8
"""Nets whose answers are averaged. Beside four, eight raise the precision of pages on posts thinned from 20 from 0.876 to 0.880 and find as
many; a thousand forecasts cost a tenth more."""

Progress = Callable[[int, int], None]


def train_spread(
    path: Path,
    out: Path,
    seed: int,
    progress: Progress,
    *,
    feed: Path | None = None,
    exams: Sequence[heldout.Exam] = heldout.EXAMS,
) -> str:
    """Fits the curves in `path`, writes the parameters to `out`, and returns the held-out table as text.

    A line of the file is one post as JSON: `created_at` (unix s), `offsets` (s after it) and, to keep authors apart,
    `fold` or `author`. `feed`: a file of the same form with all posts of a whole feed, small ones too, learnt from beside
    the collected ones. The same files and seed give the same bytes. `progress(done, of)` counts steps.
    """
    if not out.parent.is_dir():
        raise ConfigError(str(out), "there is no such folder", "Make it, or choose another --out")
    curves, feeds = read(path), read(feed) if feed else []
    folds = sorted({curve.fold for curve in curves})
    if len(folds) < FEWEST_FOLDS:
        raise ConfigError(
            str(path), f"{len(folds)} folds of authors, at least {FEWEST_FOLDS} are needed", "Give more posts"
        )
    done, steps = 0, 1 + (len(folds) + 1) * NETS * fit.EPOCHS + len(exams) + 1

    def step() -> None:
        nonlocal done
        done += 1
        progress(done, steps)

    progress(0, steps)
    lessons = Lessons.of(curves, feeds, seed)
    step()
    try:
        whole = lessons.nets(None, step)
        blind = {one: lessons.nets(one, step) for one in folds}
    except ValueError as error:
        raise ConfigError(str(path), str(error)) from None
    rhythm = lessons.rhythm
    chance = np.random.default_rng(seed + 1)
    watched = []
    for exam in exams:
        watched.append((exam, heldout.watch(curves, exam, blind, rhythm, chance)))
        step()
    weights = Weights(
        rhythm=rhythm,
        nets=whole,
        chance=heldout.calibration(watched, heldout.chance_rows, folds),
        page=heldout.calibration(watched, heldout.page_rows, folds),
        analogs=heldout.analogs(curves, chance),
    )
    out.write_bytes(weights.to_json())
    step()
    lines = heldout.calibrations(watched, folds)
    return scored.table([(exam, heldout.judged(posts, lines)) for exam, posts in watched])


@dataclass(frozen=True, kw_only=True)
class Lessons:
    """Looks to learn from, of every fold. `fold` (looks) keeps authors apart."""

    rows: fit.Rows
    fold: NDArray[np.int64]
    folds: Sequence[int]
    rhythm: Rhythm
    seed: int

    @staticmethod
    def of(curves: Sequence[Curve], feeds: Sequence[Curve], seed: int) -> "Lessons":
        """From collected curves, and whole feeds beside them."""
        rhythm = rhythm_of(curves)
        given, come, now, fold = learn(curves, feeds, rhythm, np.random.default_rng(seed))
        folds = sorted({curve.fold for curve in curves})
        return Lessons(rows=fit.Rows(given=given, come=come, now=now), fold=fold, folds=folds, rhythm=rhythm, seed=seed)

    def nets(self, without: int | None, step: Callable[[], None]) -> Nets:
        """Nets that learnt everything, or everything but one fold. `step` is called after each pass of each net.

        ValueError: there is too little to learn from.
        """
        center, spread = fit.scales(self.rows.given)
        kept = np.flatnonzero(self.fold != without) if without is not None else np.arange(len(self.fold))
        rows = self.rows.only(kept)
        chances = [
            np.random.default_rng([self.seed, number, 0 if without is None else 1 + self.folds.index(without)])
            for number in range(NETS)
        ]
        return fit.side_by_side([fit.fit(rows, center, spread, chance, step) for chance in chances], center, spread)


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
