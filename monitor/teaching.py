"""`langyan train … --from-labels`, `--from-store`: what an installation has seen changes what it thinks, if that makes it better.

Labels teach P(aimed) alone: "confirmed" says a text is bad for the brand, "not bad" and "not about us" that it is not. Which runs
of characters speak for a complaint is moved by them, never far; from 200 labels on P(aimed) is also recalibrated, for
each platform that has so many. "Wrong category" and "stayed small" say nothing of it. Posts that are over teach the forecast, see
`monitor.training.own`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from monitor import fittings, owner
from monitor.config import WEIGHTS, Config
from monitor.errors import ConfigError, LangyanError
from monitor.model import Labelled, Passage, Said
from monitor.scoring import about
from monitor.sentiment import Options, lessons
from monitor.sentiment.linear import Linear
from monitor.sentiment.prepare import preparation
from monitor.sentiment.weights import Curve, Weights, dump, pack, read, shipped, unpack
from monitor.spread.forecast import FITTED
from monitor.store import Store
from monitor.training import figures, own
from monitor.training.posts import written

Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]

FEWEST = 20
"""Labels, five of each kind among them, below which nothing is learned."""

ENOUGH = 200
"""Labels from which P(aimed) is recalibrated."""

FOLDS = 5
STEPS, RATE, RIDGE = 300, 0.5, 2.0
SLIPPED = 0.01
"""By how much of their share the written posts may be told worse before labels are refused."""

OVER = timedelta(days=7)
NEWEST_POSTS = 2_000
"""Posts that refit the forecast: more would take minutes and tell of another season."""

TEACHES: Mapping[str, bool] = {Said.CONFIRMED: True, Said.NOT_BAD: False, Said.NOT_ABOUT_US: False}


class WorseError(LangyanError):
    """What was learned is worse on texts it had not seen, so it is not used."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """A labelled text as a passage, and whether it was bad for the brand."""

    passage: Passage
    aimed: bool

    @property
    def fold(self) -> int:
        return crc32(self.passage.text.encode("utf-8", "replace")) % FOLDS


def learn(config: Config, out: Path | None) -> str:
    """Folds the labels in the store into the weights and returns the table, before and after.

    The weights go to the state directory, where the daemon finds them at its next start; what they replace stays beside
    them. WorseError: the held-out table got worse, nothing was written. ConfigError: too few labels.
    """
    target = out or config.state / WEIGHTS
    with closing(Store.reading(config.state / "langyan.db")) as store:
        lessons_ = from_labels(store.labelled(), {name: who.names for name, who in about(config.brands).items()})
    before = read(Path(config.scoring.weights)) if config.scoring.weights else shipped()
    after, table, better = taught(before, lessons_, config.scoring)
    return kept(target, dump(after), table, better=better)


def refit(
    config: Config, out: Path | None, seed: int, now: datetime, progress: own.Progress, platform: str = FITTED
) -> str:
    """Trains the forecast further on the posts of a platform that are a week old, and returns the table, before and after.

    The weights go where those of `learn` go. They are always trained from the shipped ones, so that no fit is built on an
    earlier one. WorseError: the held-out table got worse, or on another platform than Weibo says no more than the share of posts
    that come so far; nothing was written. ConfigError: too few posts, or nothing is counted there.
    """
    if platform not in fittings.COUNTED:
        raise ConfigError(
            "--platform", f"nothing is counted on {platform!r}", f"Give one of {', '.join(fittings.COUNTED)}"
        )
    with closing(Store.reading(config.state / "langyan.db")) as store:
        posts = store.lived(platform, now - OVER, NEWEST_POSTS)
    hurt = {config.thresholds.hurts(brand.name, platform) for brand in config.brands}
    viral = [reach for reach in hurt if reach is not None]
    found = own.refit(fittings.shipped_spread(), posts, viral, seed, progress, known=platform == FITTED)
    target = out or config.state / fittings.spread_weights(platform)
    return kept(target, found.weights.to_json(), found.table, better=found.better)


def kept(target: Path, weights: bytes, table: str, *, better: bool) -> str:
    """Writes weights that are better, beside those they replace. WorseError: they are not."""
    if not better:
        raise WorseError(f"not used, for the held-out table is worse\n{table}")
    if target.exists():
        target.replace(target.with_suffix(".before"))
    draft = target.with_suffix(".draft")
    draft.write_bytes(weights)
    owner.give(draft, target.parent)
    draft.replace(target)
    return f"{table}\n{target} is used from the next start on"


def from_labels(labels: Sequence[Labelled], names: Mapping[str, tuple[str, ...]]) -> list[Lesson]:
    """The labels that say whether a text is bad for its brand."""
    found = [
        Lesson(Passage(label.text, names.get(label.brand, ()), (), label.platform), TEACHES[label.said])
        for label in labels
        if label.said in TEACHES
    ]
    counts = Counter(lesson.aimed for lesson in found)
    if len(found) < FEWEST or min(counts[True], counts[False]) < 5:
        raise ConfigError(
            "labels",
            f"{counts[True]} texts confirmed and {counts[False]} denied; {FEWEST} are needed, 5 of each",
            "Go on labelling",
        )
    return found


def taught(before: Weights, found: Sequence[Lesson], options: Options) -> tuple[Weights, str, bool]:
    """Weights that learned from `found`, the table of what that is worth on texts they had not seen, and whether it is."""
    truth = np.array([lesson.aimed for lesson in found])
    folds = np.array([lesson.fold for lesson in found])
    was, now = said(before, found, options), np.zeros(len(found))
    for one in np.unique(folds):
        others = [lesson for lesson in found if lesson.fold != one]
        here = np.flatnonzero(folds == one).tolist()
        now[here] = said(moved(before, others, options), [found[i] for i in here], options)
    curves = recalibrated(found, truth, now)
    after = replace(moved(before, found, options), curves=curves)
    posts = [Lesson(Passage(post.text, post.names), post.aimed) for post in written()]
    told = np.array([lesson.aimed for lesson in posts])
    posts_was, posts_now = said(before, posts, options), said(after, posts, options)
    lines = [
        f"{'':<34}{'texts':>7}{'log loss':>10}{'right':>7}",
        _line("labels before", truth, was),
        _line("labels after, each held out", truth, now),
        _line("written posts before", told, posts_was),
        _line("written posts after", told, posts_now),
    ]
    lines += [
        f"{'recalibrated for ' + (platform or 'all'):<34}{curve.labels:>7}  P(aimed) of one half was {threshold(curve):.2f}"
        for platform, curve in curves.items()
    ]
    better = figures.log_loss(truth, now) < figures.log_loss(truth, was)
    kept = right(told, posts_now) >= right(told, posts_was) - SLIPPED
    version = f"{before.version.partition('+')[0]}+{len(found)} labels"
    return replace(after, version=version), "\n".join(lines), better and kept


def said(weights: Weights, found: Sequence[Lesson], options: Options) -> Floats:
    """P(aimed) of each text by these weights."""
    linear = Linear(options, weights)
    return np.array([linear.one(lesson.passage).aimed for lesson in found])


def moved(before: Weights, found: Sequence[Lesson], options: Options) -> Weights:
    """The weights with what the labels say of runs of characters: as much as the labels ask for, as little as they need.

    Ridge logistic regression on top of what the engine says already; only `complaint` moves, for tone is not what people
    corrected.
    """
    prepare = preparation(options)
    texts = lessons.corpus([prepare(lesson.passage.text) for lesson in found], rarest=2)
    base = np.clip(said(replace(before, curves={}), found, options), 1e-6, 1 - 1e-6)
    start = np.log(base / (1 - base))
    sign = np.where([lesson.aimed for lesson in found], 1.0, -1.0)
    lever = before.aim.get("complaint", 0.0)
    shrink = lever / np.sqrt(np.maximum(texts.sizes, 1))
    row = np.repeat(np.arange(len(found)), np.diff(texts.starts))
    move = np.zeros(len(texts.keys))
    for _ in range(STEPS):
        score = start + shrink * np.bincount(row, move[texts.features], len(found))
        slope = -sign / (1 + np.exp(np.clip(sign * score, -60, 60)))
        move -= RATE * (np.bincount(texts.features, (slope * shrink)[row], len(move)) + RIDGE * move / len(found))
    runs = dict(before.runs)
    unit = (before.complaint.up + before.complaint.down) / 2
    for run, change in zip(texts.keys.tolist(), move, strict=True):
        negative, anger, complaint = unpack(runs.get(run, 0))
        step = round(change / unit)
        if step:
            runs[run] = pack(negative, anger, max(-127, min(127, complaint + step)))
    return replace(before, runs=runs, curves={})


def recalibrated(found: Sequence[Lesson], truth: Truths, p: Floats) -> dict[str, Curve]:
    """Isotonic curves from held-out probabilities, for all and for each platform with labels enough, where they help."""
    platform = np.array([lesson.passage.platform for lesson in found])
    curves: dict[str, Curve] = {}
    for name in ("", *sorted(set(platform.tolist()) - {""})):
        here = np.full(len(found), True) if not name else platform == name
        if here.sum() >= ENOUGH:
            curve = isotonic(truth[here], p[here])
            if figures.log_loss(truth[here], np.array([curve(float(x)) for x in p[here]])) < figures.log_loss(
                truth[here], p[here]
            ):
                curves[name] = curve
    return curves


def isotonic(truth: Truths, p: Floats) -> Curve:
    """The rising curve nearest to the truth (pool adjacent violators, Zadrozny and Elkan 2002), from nothing to certainty.

    Labels know only what was shown to people, so below the least of them the curve goes straight to zero.
    """
    order = np.argsort(p, kind="stable")
    blocks: list[list[float]] = []  # sum of truth, count, sum of p
    for i in order:
        blocks.append([float(truth[i]), 1.0, float(p[i])])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] >= blocks[-1][0] / blocks[-1][1]:
            last = blocks.pop()
            blocks[-1] = [a + b for a, b in zip(blocks[-1], last, strict=True)]
    at, gives = [0.0], [0.0]
    for true, count, total in blocks:
        middle = total / count
        if middle > at[-1]:
            at.append(middle)
            gives.append((true + 0.5) / (count + 1))  # no block is certain
    gives = np.maximum.accumulate(gives).tolist()
    if at[-1] < 1.0:
        at.append(1.0)
        gives.append(gives[-1])
    return Curve(at=tuple(at), gives=tuple(gives), labels=len(truth))


def threshold(curve: Curve) -> float:
    """The uncalibrated P(aimed) that means one half: this source's own threshold."""
    steps = np.linspace(0, 1, 1001)
    return float(next((x for x in steps if curve(float(x)) >= 0.5), 1.0))


def right(truth: Truths, p: Floats) -> float:
    """The share told right at one half."""
    return float(((p >= 0.5) == truth).mean())


def _line(what: str, truth: Truths, p: Floats) -> str:
    return f"{what:<34}{len(truth):>7}{figures.log_loss(truth, p):>10.3f}{right(truth, p):>7.3f}"
