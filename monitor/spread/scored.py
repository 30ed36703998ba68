"""What pages are worth: rules beside each other, and the table that `langyan train spread` prints. Pure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import log1p

import numpy as np

from monitor.spread.curves import HOUR
from monitor.spread.doubt import FEWEST
from monitor.spread.heldout import AGES, LONG, Exam, Judged

WINDOW = 6 * HOUR
"""Pages and their promises are counted in so many seconds from publication."""

SHOWN = (0.8, 0.84, 0.85, 0.86, 0.88, 0.9)
"""Thresholds of the page probability that are printed."""


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


def by_page(post: Judged) -> Sequence[float]:
    """Page by the calibrated probability: 1 where what hurts is reached, but for what bots seem to have brought."""
    page: list[float] = post.page.tolist()
    return page


def by_count(post: Judged) -> Sequence[float]:
    """Page by the plain count: the rule that tools have today."""
    return post.post.counts


Rule = Callable[[Judged], Sequence[float]]


def first_pages(posts: Sequence[Judged], rule: Rule, threshold: float) -> list[float | None]:
    """The age (s) at which each post is paged; None: not in this day."""
    pages = []
    for one in posts:
        above = np.asarray(rule(one)) >= threshold
        place = int(np.argmax(above))
        pages.append(float(one.post.ages[place]) if above[place] else None)
    return pages


def score(posts: Sequence[Judged], pages: Sequence[float | None]) -> Score:
    """Precision, recall, and the share of viral posts paged while half of the reach was still to come."""
    viral = sum(one.post.viral for one in posts)
    found: list[float] = []
    for within in (WINDOW, LONG):
        paged = [(one.post, age) for one, age in zip(posts, pages, strict=True) if age is not None and age <= within]
        right = [(post, age) for post, age in paged if post.viral]
        early = sum(2 * post.curve.by(age) <= post.final for post, age in right)
        found += [len(right) / max(1, len(paged)), len(right) / max(1, viral), early / max(1, viral)]
    return Score(
        precision=found[0],
        recall=found[1],
        early=found[2],
        day_precision=found[3],
        day_recall=found[4],
        day_early=found[5],
    )


def count_for(posts: Sequence[Judged], wanted: float, viral: int) -> int:
    """The smallest count that pages with this precision within 6 h; at `viral` itself every page is right."""
    counts = range(5, viral, 5)
    return next((n for n in counts if score(posts, first_pages(posts, by_count, n)).precision >= wanted), viral)


def table(everything: Sequence[tuple[Exam, Sequence[Judged]]]) -> str:
    """Everything as text: pages by probability, each beside the count rule of no less precision; then the numbers."""
    lines = [
        "Beside each threshold the plain count rule with no less precision in 6 h. rec50: paged while half was still to come.",
        "",
        f"{'mix':28} {'rule':12} {'6 h: prec':>9} {'recall':>7} {'rec50':>7}   {'24 h: prec':>9} {'recall':>7} {'rec50':>7}",
    ]
    for exam, posts in everything:
        name = f"{exam.mix.name}, V = {exam.viral}"
        for threshold in SHOWN:
            ours = score(posts, first_pages(posts, by_page, threshold))
            lines.append(f"{name:28} {f'P >= {threshold:.2f}':12} {ours}")
        count = count_for(posts, ours.precision, exam.viral)
        lines.append(f"{'':28} {f'count >= {count}':12} {score(posts, first_pages(posts, by_count, count))}")
    lines += [
        "",
        f"{'mix':28} {'posts':>6} {'viral':>6} {'age min':>7} {'ln-MSLE':>8} {f'of {FEWEST}+':>8} {'80 % holds':>10} {'ECE of P':>8}",
    ]
    for exam, posts in everything:
        lines += [f"{exam.mix.name + f', V = {exam.viral}':28} {line}" for line in _numbers(posts)]
    return "\n".join(lines)


def _numbers(posts: Sequence[Judged]) -> Iterator[str]:
    viral = sum(one.post.viral for one in posts)
    for minutes in AGES:
        known = [(one.post, one.post.told[minutes]) for one in posts if minutes in one.post.told]
        errors = np.array([(log1p(told[0]) - log1p(post.final)) ** 2 for post, told in known])
        begun = np.array([post.counts[post.last_before(minutes)] >= FEWEST for post, _ in known], dtype=bool)
        begun_error = errors[begun].mean() if begun.any() else np.nan
        held = [told[1] <= post.final <= told[2] for post, told in known]
        off = _calibration_error(posts, minutes)
        yield f"{len(posts):6} {viral:6} {minutes:7} {errors.mean():8.3f} {begun_error:8.3f} {np.mean(held):10.3f} {off:8.3f}"


def _calibration_error(posts: Sequence[Judged], minutes: int) -> float:
    """The mean distance, over tenths, between the probability given and the share that came true."""
    off = np.zeros(10)
    asked = 0
    for one in posts:
        place = one.post.last_before(minutes)
        if place >= 0:
            asked += 1
            given = float(one.chance[place])
            off[min(9, int(given * 10))] += given - one.post.viral
    return float(np.abs(off).sum() / max(1, asked))
