"""How near a median can come to where posts end: the forecast beside trees that are told more than anyone knows in time.

On real sizes, with the same looks every five minutes, by authors that neither has seen. The trees learn this mix alone, and the last of them are told
even the hour and day of publication and whether the post was a rumour, which are habits of the collectors. It says so where the curves or scikit-learn
are not at hand.
"""

import gzip
import json
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module, util
from math import log1p
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import folds
from benchmarks.folds import CURVES
from benchmarks.measure import Figure
from monitor.spread import heldout
from monitor.spread.heldout import AGES, Watched
from monitor.spread.nets import Floats
from monitor.spread.rhythm import DAY
from monitor.training import spread

WANTED = {15: "<= 0.39", 30: "<= 0.36", 60: "<= 0.33"}
SHARES = (0.1, 0.2, 0.33, 0.5, 0.67, 0.8, 0.9)
"""Parts of the age at which the trees are told how many reposts there were."""

NEWEST = 4
"""Looks between which they are told the gains."""

YEAR, HOUR, CHINA = 365 * DAY, 3600.0, 8 * 3600.0

Facts = Mapping[str, Any]


def run() -> Iterator[Figure]:
    if missing := folds.missing() or (None if util.find_spec("sklearn") else "scikit-learn is not installed"):
        print(f"ceiling: {missing}, so there is nothing to compare with", file=sys.stderr)
        return
    curves, (rhythm, blind) = spread.read(CURVES), folds.blind()
    watched = heldout.watch(curves, heldout.EXAMS[0], blind, rhythm, np.random.default_rng(folds.SEED + 1))
    with gzip.open(CURVES, "rt", encoding="utf-8") as lines:
        facts: list[Facts] = [json.loads(line) for line in lines if line.strip()]
    for minutes in AGES:
        posts = [post for post in watched if minutes in post.told]
        ends = np.array([log1p(post.final) for post in posts])
        ours = np.array([log1p(post.told[minutes][0]) for post in posts])
        fold = np.array([post.curve.fold for post in posts])
        looks = np.array([_looks(post, minutes) for post in posts])
        known = np.array([[_usual(post, minutes), *_known(facts[post.number])] for post in posts])
        habits = np.array([_habits(facts[post.number]) for post in posts])
        for told, given in (
            ("the looks", looks),
            ("also the usual size, and all that was collected of post and author", np.hstack([looks, known])),
            ("also the hour, the day and whether it is a rumour", np.hstack([looks, known, habits])),
        ):
            yield Figure(
                name=f"ceiling, real sizes, {minutes} min: ln-MSLE",
                value=_error(ours, ends),
                unit=f"{len(posts)} posts",
                beside=f"trees told {told}",
                beside_value=_error(_by_trees(given, ends, fold, looks[:, 0]), ends),
                wanted=WANTED[minutes],
            )


def _error(told: Floats, ends: Floats) -> float:
    return round(float(((told - ends) ** 2).mean()), 3)


def _looks(post: Watched, minutes: int) -> list[float]:
    place = post.last_before(minutes)
    ages, counts = post.ages[: place + 1], np.array(post.counts[: place + 1], dtype=float)
    line = np.interp(np.multiply(SHARES, ages[-1]), [0.0, *ages], [0.0, *counts])
    gains = np.diff(np.pad(counts, (NEWEST - 1, 0), mode="edge")[-NEWEST:])
    return [log1p(counts[-1]), ages[0], ages[-1], counts[0], *np.log1p(line).tolist(), *np.log1p(gains).tolist()]


def _usual(post: Watched, minutes: int) -> float:
    """How far posts usually went by then. It moves slowly, so it also dates a post, which the trees make use of."""
    return float(post.where[post.last_before(minutes), 0])


def _known(post: Facts) -> list[float]:
    """Of a post and its author, as collected."""
    plain = [float(post[name] or 0) for name in ("verified", "verified_type", "pics", "has_url", "text_len")]
    return [log1p(post["followers"] or 0), log1p(post["author_posts"] or 0), *plain]


def _habits(post: Facts) -> list[float]:
    moment = post["created_at"] + CHINA
    return [moment % DAY / HOUR, moment // DAY % 7, moment / YEAR, float(post["label"] == "rumor")]


def _by_trees(given: Floats, ends: Floats, fold: NDArray[np.int64], floor: Floats) -> Floats:
    """The mean of boosted and random trees that have not seen a post's fold; never below what was there."""
    trees = import_module("sklearn.ensemble")
    boosted = {"learning_rate": 0.02, "max_iter": 400, "max_leaf_nodes": 8, "max_features": 0.4}
    told = np.zeros(len(ends))
    for one in np.unique(fold):
        seen, kept = fold != one, fold == one
        models = [
            *(trees.HistGradientBoostingRegressor(loss="absolute_error", random_state=i, **boosted) for i in range(3)),
            trees.HistGradientBoostingRegressor(loss="squared_error", random_state=3, **boosted),
            trees.ExtraTreesRegressor(300, min_samples_leaf=3, max_features=0.6, random_state=4),
        ]
        for model in models:
            told[kept] += model.fit(given[seen], ends[seen]).predict(given[kept]) / len(models)
    return np.maximum(told, floor)
