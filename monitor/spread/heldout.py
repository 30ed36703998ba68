"""How well a forecast does on posts it has not seen: paging beside a plain count rule, and the numbers themselves. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log1p

import numpy as np

from monitor.spread.curves import DAY, HOUR, MINUTE, REAL, USUAL, WEEK, Curve, Mix
from monitor.spread.features import measure
from monitor.spread.model import Weights

PRECISION = 0.88
"""The share of right pages in 24 h that one threshold must keep on every mix."""

GRID = tuple(i / 100 for i in range(50, 100))
SHOWN = (0.6, 0.8, 0.85, 0.9)
"""Thresholds that are printed whatever comes out best."""

WINDOW, LONG = 6 * HOUR, DAY
AGES = (15, 30, 60)
"""Ages in minutes at which the numbers themselves are checked."""


@dataclass(frozen=True, kw_only=True)
class Exam:
    """A mix of sizes, and the reach that hurts in it."""

    mix: Mix
    viral: int


EXAMS = (
    Exam(mix=REAL, viral=500),
    Exam(mix=Mix(name="thinned from 20", smallest=20, draws=3), viral=300),
    Exam(mix=Mix(name="thinned from 60", smallest=60, draws=2), viral=300),
)


@dataclass(frozen=True, kw_only=True)
class Watched:
    """One post as followed for a day. Per look: its age (s), the probability given, the count; and what became of it."""

    ages: Sequence[float]
    chances: Sequence[float]
    counts: Sequence[int]
    curve: Curve
    final: int
    viral: bool
    told: Mapping[int, tuple[float, float, float]]
    """Median, low and high at the last look before each of AGES."""


@dataclass(frozen=True, kw_only=True)
class Score:
    """What a rule's pages were worth: within 6 h, and over the day."""

    precision: float
    recall: float
    early: float
    day_precision: float
    day_recall: float
    day_early: float

    def __str__(self) -> str:
        six = f"{self.precision:9.3f} {self.recall:7.3f} {self.early:7.3f}"
        return f"{six}   {self.day_precision:9.3f} {self.day_recall:7.3f} {self.day_early:7.3f}"


def watch(
    curves: Sequence[Curve], exam: Exam, by_fold: Mapping[int, Weights], chance: np.random.Generator
) -> list[Watched]:
    """Every post of the mix, followed by the forecast that has not seen its fold."""
    return [_follow(curve, exam.viral, by_fold[curve.fold], chance) for curve in exam.mix.of(curves, chance)]


def _follow(curve: Curve, viral: int, weights: Weights, chance: np.random.Generator) -> Watched:
    ages = USUAL.ages(DAY, chance)
    counts = [curve.by(age) for age in ages]
    chances: list[float] = []
    told: dict[int, tuple[float, float, float]] = {}
    for n, age in enumerate(ages, 1):
        seen = measure(ages[:n], counts[:n])
        come = weights.outlook(seen, curve.born + age, week=True)
        chances.append(come.reaches(viral - seen.now))
        for minutes in AGES:
            if age <= minutes * MINUTE:
                told[minutes] = (seen.now + come.at(0.5), seen.now + come.at(0.1), seen.now + come.at(0.9))
    final = curve.by(WEEK)
    return Watched(ages=ages, chances=chances, counts=counts, curve=curve, final=final, viral=final >= viral, told=told)


Rule = Callable[[Watched], Sequence[float]]


def by_chance(post: Watched) -> Sequence[float]:
    """Page by the probability."""
    return post.chances


def by_count(post: Watched) -> Sequence[float]:
    """Page by the plain count: the rule that tools have today."""
    return post.counts


def first_pages(posts: Sequence[Watched], rule: Rule, threshold: float) -> list[float | None]:
    """The age (s) at which each post is paged; None: not in this day."""
    return [
        next((age for age, value in zip(post.ages, rule(post), strict=True) if value >= threshold), None)
        for post in posts
    ]


def score(posts: Sequence[Watched], pages: Sequence[float | None]) -> Score:
    """Precision, recall, and the share of viral posts paged while half of the reach was still to come."""
    viral = sum(post.viral for post in posts)
    found: list[float] = []
    for within in (WINDOW, LONG):
        paged = [(p, age) for p, age in zip(posts, pages, strict=True) if age is not None and age <= within]
        right = [(p, age) for p, age in paged if p.viral]
        early = sum(2 * p.curve.by(age) <= p.final for p, age in right)
        found += [len(right) / max(1, len(paged)), len(right) / max(1, viral), early / max(1, viral)]
    return Score(
        precision=found[0],
        recall=found[1],
        early=found[2],
        day_precision=found[3],
        day_recall=found[4],
        day_early=found[5],
    )


def one_threshold(mixes: Sequence[Sequence[Watched]]) -> float | None:
    """The smallest P that pages with `PRECISION` over the day on every mix; None: there is none."""
    for threshold in GRID:
        if all(score(posts, first_pages(posts, by_chance, threshold)).day_precision >= PRECISION for posts in mixes):
            return threshold
    return None


def count_for(posts: Sequence[Watched], wanted: float, viral: int) -> int:
    """The smallest count that pages with this precision within 6 h; at `viral` itself every page is right."""
    counts = range(5, viral, 5)
    return next((n for n in counts if score(posts, first_pages(posts, by_count, n)).precision >= wanted), viral)


def table(watched: Sequence[tuple[Exam, Sequence[Watched]]]) -> str:
    """Everything as text: pages by probability, each beside the count rule of no less precision; then the numbers."""
    one = one_threshold([posts for _, posts in watched])
    lines = [
        f"{'No P' if one is None else f'P >= {one:.2f} is the smallest that'} keeps a 24 h precision of {PRECISION} on every mix.",
        "Beside each threshold the plain count rule with no less precision in 6 h. rec50: paged while half was still to come.",
        "",
        f"{'mix':28} {'rule':12} {'6 h: prec':>9} {'recall':>7} {'rec50':>7}   {'24 h: prec':>9} {'recall':>7} {'rec50':>7}",
    ]
    for exam, posts in watched:
        name = f"{exam.mix.name}, V = {exam.viral}"
        for threshold in sorted({*SHOWN, *([] if one is None else [one])}):
            ours = score(posts, first_pages(posts, by_chance, threshold))
            count = count_for(posts, ours.precision, exam.viral)
            plain = score(posts, first_pages(posts, by_count, count))
            lines += [f"{name:28} {f'P >= {threshold:.2f}':12} {ours}", f"{'':28} {f'count >= {count}':12} {plain}"]
    lines += [
        "",
        f"{'mix':28} {'posts':>6} {'viral':>6} {'age min':>7} {'ln-MSLE':>8} {'80 % holds':>10} {'ECE of P':>8}",
    ]
    for exam, posts in watched:
        lines += [f"{exam.mix.name + f', V = {exam.viral}':28} {line}" for line in _numbers(posts)]
    return "\n".join(lines)


def _numbers(posts: Sequence[Watched]) -> Iterator[str]:
    viral = sum(post.viral for post in posts)
    for minutes in AGES:
        known = [(post, post.told[minutes]) for post in posts if minutes in post.told]
        errors = [(log1p(told[0]) - log1p(post.final)) ** 2 for post, told in known]
        held = [told[1] <= post.final <= told[2] for post, told in known]
        yield f"{len(posts):6} {viral:6} {minutes:7} {np.mean(errors):8.3f} {np.mean(held):10.3f} {_calibration(posts, minutes):8.3f}"


def _calibration(posts: Sequence[Watched], minutes: int) -> float:
    """The mean distance, over tenths, between the probability given and the share that came true."""
    off = np.zeros(10)
    asked = 0
    for post in posts:
        given = [p for age, p in zip(post.ages, post.chances, strict=True) if age <= minutes * MINUTE]
        if given:
            asked += 1
            off[min(9, int(given[-1] * 10))] += given[-1] - post.viral
    return float(np.abs(off).sum() / max(1, asked))
