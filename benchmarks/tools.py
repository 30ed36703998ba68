"""The rules by which tools page today, each tried with every setting and threshold that is usual for it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.spread.heldout import LONG, Watched
from monitor.spread.nets import Floats
from monitor.spread.scored import WINDOW, Score

MINUTE, HOUR = 60.0, 3600.0
SIGMAS = 3.0
SOME = 3
"""Earlier windows that a mean and a deviation are taken of, at least; twelve at most."""

PAST = 12


@dataclass(frozen=True, kw_only=True)
class Tool:
    """One rule with one setting: it pages once its score (one a look) is at least a threshold."""

    name: str
    said: str
    """What is paged on, with {} for the threshold."""
    window: float = 0.0
    factor: float = 0.0

    def scores(self, ages: Floats, counts: Floats) -> Floats:
        """Its score at each look."""
        now = counts if not self.window else counts - _before(ages, counts, self.window)
        if self.name == "mean + 3 sigma":
            return np.where(_above_usual(ages, counts, self.window, now), now, 0.0)
        if self.factor:
            past = (_before(ages, counts, HOUR) - _before(ages, counts, (1 + PAST) * HOUR)) / PAST
            return np.where(now >= self.factor * past, now, 0.0)
        return now


TOOLS: tuple[Tool, ...] = (
    Tool(name="count", said="{} reposts"),
    *(
        Tool(name="rate", said=f"{{}} reposts in {minutes} min", window=minutes * MINUTE)
        for minutes in (5, 10, 15, 30, 60, 120)
    ),
    *(
        Tool(name="mean + 3 sigma", said=f"so, and {{}} reposts in {minutes} min", window=minutes * MINUTE)
        for minutes in (5, 10, 15, 30, 60)
    ),
    *(
        Tool(name="last hour / past 12 h", said=f"{factor} times, and {{}} in the hour", window=HOUR, factor=factor)
        for factor in (2, 3, 5, 10, 20)
    ),
)


def _before(ages: Floats, counts: Floats, seconds: float) -> Floats:
    """What it had so long before each look: on straight lines from nothing at birth."""
    then: Floats = np.interp(ages - seconds, np.concatenate([[0.0], ages]), np.concatenate([[0.0], counts]), left=0.0)
    return then


def _above_usual(ages: Floats, counts: Floats, window: float, now: Floats) -> NDArray[np.bool_]:
    """Whether the last window brought more than the mean and three deviations of the post's own earlier windows."""
    edges = np.stack([_before(ages, counts, window * number) for number in range(1, PAST + 2)])
    brought, there = edges[:-1] - edges[1:], ages - window * np.arange(2, PAST + 2)[:, None] >= 0
    many = there.sum(axis=0)
    mean = (brought * there).sum(axis=0) / np.maximum(many, 1)
    deviation = np.sqrt((((brought - mean) ** 2) * there).sum(axis=0) / np.maximum(many, 1))
    above: NDArray[np.bool_] = (many >= SOME) & (now > mean + SIGMAS * deviation)
    return above


@dataclass(frozen=True, kw_only=True)
class Worth:
    """What pages were worth at each of some thresholds. `tallies` (6, thresholds): paged, right, and right while half was to
    come; in 6 h, then in a day. `viral`: the posts that were to be found."""

    tallies: NDArray[np.int64]
    viral: int

    def score(self, place: int) -> Score:
        """At one threshold."""
        return worth(self.tallies[:, place], self.viral)

    def best(self, wanted: float) -> tuple[int, bool]:
        """The threshold of no less precision in 6 h that finds most while half is to come, then most; else the one most often
        right. And whether it is so precise."""
        scores = [self.score(place) for place in range(self.tallies.shape[1])]
        able = [place for place, it in enumerate(scores) if it.precision >= wanted]
        if able:
            return max(able, key=lambda place: (scores[place].early, scores[place].recall)), True
        return max(range(len(scores)), key=lambda place: scores[place].precision), False


def worth(tally: Sequence[float] | NDArray[np.int64], viral: float) -> Score:
    """Counts of pages as shares."""
    paged, right, early, day_paged, day_right, day_early = (float(it) for it in tally)
    return Score(
        precision=right / max(1.0, paged),
        recall=right / max(1.0, viral),
        early=early / max(1.0, viral),
        day_precision=day_right / max(1.0, day_paged),
        day_recall=day_right / max(1.0, viral),
        day_early=day_early / max(1.0, viral),
    )


def tallied(post: Watched, scores: Floats, thresholds: Floats) -> NDArray[np.int64]:
    """What one post's first pages are worth (6, thresholds)."""
    place = np.searchsorted(np.maximum.accumulate(scores), thresholds)
    there = np.minimum(place, len(scores) - 1)
    early = 2 * np.searchsorted(np.asarray(post.curve.offsets), post.ages, side="right")[there] <= post.final
    rows = []
    for within in (WINDOW, LONG):
        paged = (place < len(scores)) & (post.ages[there] <= within)
        rows += [paged, paged & post.viral, paged & post.viral & early]
    return np.array(rows, dtype=np.int64)


def tried(posts: Sequence[Watched], viral: int) -> Iterator[tuple[Tool, Floats, Worth]]:
    """Every tool with every threshold up to what hurts."""
    thresholds = np.arange(5.0, viral + 1, 5.0)
    found = sum(post.viral for post in posts)
    for tool in TOOLS:
        tallies = np.zeros((6, len(thresholds)), dtype=np.int64)
        for post in posts:
            tallies += tallied(post, tool.scores(post.ages, np.asarray(post.counts, dtype=float)), thresholds)
        yield tool, thresholds, Worth(tallies=tallies, viral=found)


def tuned(posts: Sequence[Watched], viral: int, wanted: float) -> Iterator[tuple[Tool, float, Score, bool]]:
    """Of each kind of tool the setting and threshold that do best with no less precision: (tool, threshold, score, so precise)."""
    found: dict[str, tuple[Tool, float, Score, bool]] = {}
    for tool, thresholds, its in tried(posts, viral):
        place, able = its.best(wanted)
        score = its.score(place)
        if tool.name not in found or _rank(able, score) > _rank(found[tool.name][3], found[tool.name][2]):
            found[tool.name] = (tool, float(thresholds[place]), score, able)
    yield from found.values()


def _rank(able: bool, score: Score) -> tuple[float, ...]:
    return (1.0, score.early, score.recall) if able else (0.0, score.precision, score.recall)
