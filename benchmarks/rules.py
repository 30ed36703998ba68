"""Paging by the forecast beside the rules of today's tools, on posts of authors that the forecast has not seen.

One threshold for ours, the shipped one; each tool with the setting and threshold that do best on these very posts with no less
precision in 6 h, which favours the tools. On real sizes and thinned to a field-like mix; on rumours alone; and on recordings with what
platforms do: posts found late, reposts removed, posts deleted. It says so where the curves are not at hand.
"""

import gzip
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import accumulate
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import folds
from benchmarks.folds import CURVES
from benchmarks.measure import Figure
from benchmarks.replay import SHARED
from benchmarks.tools import Worth, tallied, tuned, worth
from monitor.model import Severity
from monitor.spread import heldout, scored
from monitor.spread.curves import Curve
from monitor.spread.features import measure
from monitor.spread.heldout import INTERVAL, Exam, Judged, Lines, Polled
from monitor.spread.nets import Floats, Nets, terms
from monitor.spread.rhythm import Rhythm
from monitor.spread.scored import Score
from monitor.spread.usual import Sizes
from monitor.training import spread
from monitor.triage.severity import DEFAULT_LEVELS, LATE, STILL_TO_COME

SHIPPED = DEFAULT_LEVELS[Severity.ORANGE].risk
RESAMPLES, SEED = 2_000, 1
RUMOUR, SURE = "rumor", 0.9
FIELD: Mapping[str, tuple[int, Sequence[Sequence[str]]]] = {
    "real sizes": (500, [()]),
    "thinned from 20": (300, [("--thin", str(seed)) for seed in range(1, 11)]),
}
"""What hurts in recordings of the measuring stick, and how each is made."""

PROMISED: Mapping[tuple[str, int], Sequence[str]] = {
    ("real sizes", 500): (">= 0.90", ">= 0.56", ">= 0.44", "", ">= 0.84", ">= 0.46"),
    ("thinned from 20", 300): (">= 0.88", ">= 0.48", ">= 0.31", "", ">= 0.82", ">= 0.36"),
    ("real sizes", 300): (">= 0.93", "", "", "", "", ""),
    ("thinned from 60", 300): (">= 0.80", "", "", "", "", ""),
}
MEASURES = ("precision in 6 h", "recall in 6 h", "rec50 in 6 h", "precision in 24 h", "recall in 24 h", "rec50 in 24 h")


def run() -> Iterator[Figure]:
    if missing := folds.missing():
        print(f"rules: {missing}, so there is nothing to page on", file=sys.stderr)
        return
    curves, (rhythm, blind) = spread.read(CURVES), folds.blind()
    chance = np.random.default_rng(folds.SEED + 1)
    watched = [(exam, heldout.watch(curves, exam, blind, rhythm, chance)) for exam in heldout.EXAMS]
    lines = heldout.calibrations(watched, sorted(blind))
    everything = [(exam, heldout.judged(posts, lines)) for exam, posts in watched]
    for exam, posts in everything:
        yield from _ours(exam, posts)
        yield from _theirs(exam, posts)
    rumours = [label == RUMOUR for label in folds.labels()]
    for exam, posts in everything:
        if (exam.mix.name, exam.viral) in (("real sizes", 500), ("thinned from 20", 300)):
            yield from _rumours(exam, [post for post in posts if rumours[post.post.number]])
    for mix, (viral, recipes) in FIELD.items():
        yield from _field(mix, viral, recipes, curves, (rhythm, blind, lines))


def _name(exam: Exam) -> str:
    return f"rules, {exam.mix.name}, V = {exam.viral}"


def _ours(exam: Exam, posts: Sequence[Judged]) -> Iterator[Figure]:
    """Each measure with its interval."""
    table = _by_post(posts)
    score = worth(table[:6, :].sum(axis=1), float(table[6].sum()))
    ends = intervals(table)
    promised = PROMISED.get((exam.mix.name, exam.viral), ("",) * 6)
    for measured, value, (low, high), wanted in zip(MEASURES, _values(score), ends, promised, strict=True):
        yield Figure(
            name=f"{_name(exam)}: {measured}",
            value=round(value, 3),
            unit=f"95 %: {low:.3f}-{high:.3f}",
            wanted=wanted,
        )


def _theirs(exam: Exam, posts: Sequence[Judged]) -> Iterator[Figure]:
    """One line a rule: ours, then each tool's best."""
    ours = scored.score(posts, scored.first_pages(posts, scored.by_page, SHIPPED))
    yield _line(_name(exam), f"forecast P >= {SHIPPED:.2f}", ours)
    for tool, threshold, score, able in tuned([one.post for one in posts], exam.viral, ours.precision):
        said = tool.said.format(f"{threshold:.0f}")
        yield _line(_name(exam), f"{tool.name}: {said}" + ("" if able else ", its most precise"), score)


def _line(where: str, rule: str, score: Score) -> Figure:
    six = f"rec50 in 6 h, precision {score.precision:.3f}, recall {score.recall:.3f}"
    day = f"24 h: precision {score.day_precision:.3f}, recall {score.day_recall:.3f}, rec50 {score.day_early:.3f}"
    return Figure(name=f"{where}: {rule}", value=round(score.early, 3), unit=f"{six}; {day}")


def _values(score: Score) -> Sequence[float]:
    return (score.precision, score.recall, score.early, score.day_precision, score.day_recall, score.day_early)


# ── how sure that is ────────────────────────────────────────────────────────────────────────────────────────────────


def _by_post(posts: Sequence[Judged]) -> NDArray[np.float64]:
    """What the pages of each curve were worth, and how often it was viral, over all its draws (7, curves)."""
    table = np.zeros((7, 1 + max(one.post.number for one in posts)))
    for one in posts:
        table[:6, one.post.number] += tallied(one.post, one.page, np.array([SHIPPED]))[:, 0]
        table[6, one.post.number] += one.post.viral
    return table


def intervals(table: NDArray[np.float64]) -> Sequence[tuple[float, float]]:
    """Where 95 % of the scores lie when the curves are drawn again, with all that was drawn from each (bootstrap)."""
    chance, number = np.random.default_rng(SEED), table.shape[1]
    drawn = (table @ chance.multinomial(number, np.full(number, 1 / number), size=RESAMPLES).T).T
    scores = np.array([_values(worth(row[:6], row[6])) for row in drawn])
    low, high = np.quantile(scores, (0.025, 0.975), axis=0)
    return list(zip(low.tolist(), high.tolist(), strict=True))


# ── rumours alone ───────────────────────────────────────────────────────────────────────────────────────────────────


def _rumours(exam: Exam, posts: Sequence[Judged]) -> Iterator[Figure]:
    """At the precision asked for, each rule at its own threshold; and ours as it ships."""
    thresholds = np.arange(0.5, 1.0, 0.005)
    tallies = sum((tallied(one.post, one.page, thresholds) for one in posts), np.zeros((6, len(thresholds)), np.int64))
    its = Worth(tallies=tallies, viral=sum(one.post.viral for one in posts))
    place, able = its.best(SURE)
    ours = its.score(place)
    tool, threshold, theirs, also = next(iter(tuned([one.post for one in posts], exam.viral, SURE)))
    where = f"{_name(exam)}, {its.viral} viral of {len(posts)} rumours"
    rule = f"forecast P >= {thresholds[place]:.3f}"
    yield Figure(
        name=f"{where}: rec50 in 6 h",
        value=round(ours.early, 3),
        unit=f"{rule} at precision {ours.precision:.3f}",
        beside=f"{tool.name} {threshold:.0f} at precision {theirs.precision:.3f}",
        beside_value=round(theirs.early, 3),
        wanted="" if able and also else "precision 0.90, which one of them does not reach",
    )
    shipped = scored.score(posts, scored.first_pages(posts, scored.by_page, SHIPPED))
    yield _line(where, f"forecast P >= {SHIPPED:.2f}", shipped)


# ── what platforms do ───────────────────────────────────────────────────────────────────────────────────────────────

Learnt = tuple[Rhythm, Mapping[int, Nets], Lines]


def _field(
    mix: str, viral: int, recipes: Sequence[Sequence[str]], curves: Sequence[Curve], learnt: Learnt
) -> Iterator[Figure]:
    """Recordings of the measuring stick, plain and with what platforms do."""
    scores = []
    with tempfile.TemporaryDirectory() as folder:
        for options in ((), ("--field",)):
            posts: list[Judged] = []
            for recipe in recipes:
                recording = Path(folder) / "recording.jsonl.gz"
                tool = SHARED / "tools" / "make_recording.py"
                made = [sys.executable, str(tool), str(CURVES), str(recording), *recipe, *options]
                subprocess.run(made, check=True, stdout=subprocess.DEVNULL)
                posts += _paged(_recorded(recording, curves), viral, learnt)
            scores.append(scored.score(posts, scored.first_pages(posts, scored.by_page, SHIPPED)))
    plain, field = scores
    where = f"rules, found late, removed, deleted; {mix}, V = {viral}"
    for name, ours, beside, wanted in (
        ("precision in 6 h", field.precision, plain.precision, ">= 0.05 less"),
        ("precision in 24 h", field.day_precision, plain.day_precision, ">= 0.05 less"),
        ("rec50 in 6 h", field.early, plain.early, ""),
        ("recall in 24 h", field.day_recall, plain.day_recall, ""),
    ):
        yield Figure(
            name=f"{where}: {name}",
            value=round(ours, 3),
            unit="",
            beside="polled from birth, nothing removed",
            beside_value=round(beside, 3),
            wanted=wanted,
        )


def _recorded(recording: Path, curves: Sequence[Curve]) -> list[Polled]:
    """The posts of a recording, with their truth."""
    looks: dict[str, list[tuple[float, int]]] = {}
    with gzip.open(recording, "rt", encoding="utf-8") as lines:
        for told in map(json.loads, lines):
            if "counts" in told:
                at = datetime.fromisoformat(told["collected_at"]).timestamp()
                looks.setdefault(told["id"], []).append((at, told["counts"]["reposts"]))
    posts = []
    truth = recording.with_name(recording.name.replace(".jsonl", ".truth.jsonl"))
    with gzip.open(truth, "rt", encoding="utf-8") as lines:
        for number, (told, curve) in enumerate(zip(map(json.loads, lines), curves, strict=True)):
            seen = looks.get(told["id"], [])
            posts.append(
                Polled(
                    number=number,
                    curve=replace(curve, offsets=told["offsets"]),
                    ages=[at - told["created_at"] for at, _ in seen],
                    counts=list(accumulate((count for _, count in seen), max)),
                )
            )
    return posts


def _paged(polled: Sequence[Polled], viral: int, learnt: Learnt) -> list[Judged]:
    """As triage would page: one found late must be seen to grow, and enough of that must be still to come."""
    rhythm, blind, lines = learnt
    judged = heldout.judged(list(heldout.followed(polled, viral, blind, rhythm)), lines)
    return [_as_triaged(one, viral, rhythm, blind[one.post.curve.fold]) for one in judged]


def _as_triaged(one: Judged, viral: int, rhythm: Rhythm, nets: Nets) -> Judged:
    post = one.post
    if post.ages[0] <= LATE.total_seconds():
        return one
    page = one.page.copy()
    for place in np.flatnonzero(page >= SHIPPED).tolist():
        first, now = post.counts[0], post.counts[place]
        if now <= first or _median(one, place, rhythm, nets) - first < STILL_TO_COME * viral:
            page[place] = 0.0
    return replace(one, page=page)


def _median(one: Judged, place: int, rhythm: Rhythm, nets: Nets) -> float:
    """The reach that is expected after a week."""
    ages, counts = one.post.ages[: place + 1].tolist(), one.post.counts[: place + 1]
    mean, top = one.post.where[place, :2]
    given = terms(measure(ages, counts), rhythm, one.post.curve.born + ages[-1], Sizes(float(mean), float(top)))
    come: Floats = nets(np.array([given])).quantiles(INTERVAL)[0, -1]
    return heldout.interval(counts[-1], come.tolist())[0]
