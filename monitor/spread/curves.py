"""Repost curves as a poller would have seen them, and what there is to learn from them. Pure; chance comes as a generator."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import log
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from monitor.spread.features import LARGEST, measure
from monitor.spread.nets import AHEAD, SEEN, WEEK, terms
from monitor.spread.rhythm import DAY, Rhythm
from monitor.spread.usual import NEWEST, Sizes, Usual

MINUTE, HOUR = 60.0, 3600.0

LOST = 0.03
"""The share of polls that fail."""

LOOKS_A_POST, LOOKS_IN_A_FEED = 20, 8
"""Looks learnt from per post, evenly in ln(age); more of the same post teach little. A feed has many posts."""

WORTH_A_LOOK = 20
"""A field is full of posts that nobody reposts: of those below this many reposts one in `SMALL_ONES` is learnt from."""

SMALL_ONES = 24


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
    """How sizes are mixed: as collected, or redrawn so that they fall off as 1/n from `smallest` on: up to what was collected,
    or (`endless`) beyond it. `stretched`: each post lives faster or slower than it did, by about `STRETCH`."""

    name: str
    smallest: int | None = None
    endless: bool = False
    stretched: bool = False

    def of(self, curves: Sequence[Curve], chance: np.random.Generator) -> list[Curve]:
        """The curves in this mix, each drawn once."""
        posts = list(curves)
        if self.smallest is not None:
            resized = _resized if self.endless else _thinned
            posts = [resized(curve, self.smallest, chance) for curve in posts]
        return [_stretched(post, chance) for post in posts] if self.stretched else posts


STRETCH = 0.3
"""The standard deviation of ln of what a stretched post's hours are multiplied by."""


REAL = Mix(name="real sizes")
THIN = Mix(name="thinned from 20", smallest=20)
LEARNT = tuple(
    Mix(name="learnt", smallest=smallest, endless=endless, stretched=stretched)
    for smallest, endless, stretched in (
        *3 * ((None, False, False), (None, False, True)),
        (20, False, False), (20, False, True), (35, False, False), (110, False, True),
        (20, True, False), (20, True, True), (35, True, False), (35, True, True),
    )
)  # fmt: skip
"""Collected curves are survivors: nobody kept the small ones, and none above a thousand. Most of what is learnt from is
therefore thinned, and some of it grown: nets that never saw a post pass a thousand would hold every post below it."""

LARGEST_GROWN = 20_000
MOVED = 0.1
"""Where a curve is grown, each copy of a repost comes earlier or later by about this share of its age."""


def _stretched(curve: Curve, chance: np.random.Generator) -> Curve:
    """The same post, faster or slower."""
    by = float(np.exp(chance.normal(0, STRETCH)))
    return Curve(born=curve.born, fold=curve.fold, offsets=[offset * by for offset in curve.offsets])


def _thinned(curve: Curve, smallest: int, chance: np.random.Generator) -> Curve:
    """Keeps each repost with one probability, so that the size becomes a draw from Pareto(1) on [smallest, size]."""
    size = len(curve.offsets)
    if size <= smallest:
        return curve
    keep = smallest / (1 - chance.random() * (1 - smallest / size)) / size
    kept = [offset for offset, luck in zip(curve.offsets, chance.random(size), strict=True) if luck < keep]
    return Curve(born=curve.born, fold=curve.fold, offsets=kept)


def _resized(curve: Curve, smallest: int, chance: np.random.Generator) -> Curve:
    """The size becomes a draw from Pareto(1) on [smallest, without end): thinned, or grown by copies of its reposts."""
    size = len(curve.offsets)
    wanted = min(smallest / (1 - chance.random()), LARGEST_GROWN)
    if not size or wanted <= size:
        keep = wanted / max(size, 1)
        kept = [offset for offset, luck in zip(curve.offsets, chance.random(size), strict=True) if luck < keep]
        return Curve(born=curve.born, fold=curve.fold, offsets=kept)
    copies = np.repeat(np.asarray(curve.offsets), chance.poisson(wanted / size, size))
    grown = np.sort(copies * np.exp(chance.normal(0, MOVED, len(copies))))
    return Curve(born=curve.born, fold=curve.fold, offsets=grown.tolist())


@dataclass(frozen=True, kw_only=True)
class Polling:
    """How a post is watched. `found`: mean seconds from birth to discovery, beside up to one gap. `gap`: seconds between
    looks in the first six hours. `sparse`: ever slower."""

    found: float = 0.0
    gap: float = 5 * MINUTE
    sparse: bool = False

    def ages(self, until: float, chance: np.random.Generator) -> list[float]:
        """When it is looked at: every gap for 6 h, at least every 15 min for a day, hourly after; a fifth of jitter, some lost."""
        age = chance.uniform(0, self.gap) + (chance.exponential(self.found) if self.found else 0.0)
        ages = []
        while age <= until:
            if chance.random() >= LOST:
                ages.append(age)
            usual = self.gap if age < 6 * HOUR else max(15 * MINUTE, self.gap) if age < DAY else HOUR
            slow = min(max(10 * MINUTE, 0.4 * age), HOUR) if self.sparse else 0.0
            age += max(slow, usual) * chance.uniform(0.8, 1.2)
        return ages


USUAL = Polling()
WATCHED = (
    (USUAL, 0.53),
    (Polling(gap=3 * MINUTE), 0.1),
    (Polling(sparse=True), 0.17),
    (Polling(found=20 * MINUTE), 0.1),
    (Polling(found=4 * HOUR), 0.04),
    (Polling(gap=30 * MINUTE, found=15 * MINUTE), 0.06),
)
"""The ways in which learnt posts are watched, with their shares. The last is what a free token allows."""


def rhythm_of(curves: Sequence[Curve]) -> Rhythm:
    """The activity of each hour in China, from reposts a day to a month old: younger ones tell when posts are published."""
    hours = np.full(24, 20.0)
    for curve in curves:
        late = np.asarray(curve.offsets[curve.by(DAY) : curve.by(30 * DAY)])
        hours += np.bincount(((curve.born + 8 * HOUR + late) % DAY // HOUR).astype(int), minlength=24)
    return Rhythm.of((hours / hours.mean()).tolist())


class Watched(Protocol):
    """A post of which it is known how many reposts it had at an age."""

    @property
    def born(self) -> float: ...
    def by(self, age: float) -> int: ...


class History:
    """What an installation that watched these posts would have known of usual sizes, at any moment."""

    def __init__(self, posts: Sequence[Watched]) -> None:
        ended = sorted((post.born + DAY, post.by(DAY)) for post in posts)
        self._moments = [moment for moment, _ in ended]
        self._reaches = [reach for _, reach in ended]
        self._known: dict[int, Sizes] = {}

    def at(self, moment: float) -> Sizes:
        """Of the posts that were a day old by then, the newest."""
        n = bisect_right(self._moments, moment)
        if n not in self._known:
            self._known[n] = Usual(self._reaches[max(0, n - NEWEST) : n]).sizes
        return self._known[n]


@dataclass
class Notebook:
    """Looks to learn from: `given` terms, `come` reposts still to come at each horizon, `now` those there, `fold`."""

    given: list[list[float]] = field(default_factory=list)
    come: list[list[int]] = field(default_factory=list)
    now: list[int] = field(default_factory=list)
    fold: list[int] = field(default_factory=list)

    def note(self, post: Curve, looks: Iterator[tuple[float, list[float], int]]) -> None:
        """Looks at one post, as (age, terms, count), and what came after each."""
        for age, given, count in looks:
            self.given.append(given)
            scale = max(1.0, count / LARGEST)
            ends = [*(post.by(age + ahead) for ahead in AHEAD), post.by(WEEK)]
            self.come.append([round(max(0, end - count) / scale) for end in ends])
            self.now.append(count)
            self.fold.append(post.fold)

    def rows(self) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Everything noted, as arrays: terms, reposts to come, reposts there, folds."""
        come, now, fold = (np.array(noted, dtype=np.int64) for noted in (self.come, self.now, self.fold))
        return np.array(self.given), come, now, fold


def learn(
    collected: Sequence[Curve], feeds: Sequence[Curve], rhythm: Rhythm, chance: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Everything there is to learn: `collected` curves in every mix, and `feeds` of whole feeds as they are."""
    notebook = Notebook()
    recordings = [mix.of(collected, chance) for mix in LEARNT] + ([list(feeds)] if feeds else [])
    ways, shares = zip(*WATCHED, strict=True)
    for number, posts in enumerate(recordings):
        history = History(posts)
        for post in posts:
            if number >= len(LEARNT) and len(post.offsets) < WORTH_A_LOOK and chance.random() * SMALL_ONES >= 1:
                continue
            ages = ways[chance.choice(len(ways), p=shares)].ages(SEEN, chance)
            looks = LOOKS_A_POST if number < len(LEARNT) else LOOKS_IN_A_FEED
            notebook.note(post, _looks(post, ages, rhythm, history, chosen(ages, looks, chance)))
    return notebook.rows()


def _looks(
    post: Curve, ages: Sequence[float], rhythm: Rhythm, history: History, chosen: Sequence[int]
) -> Iterator[tuple[float, list[float], int]]:
    counts = [post.by(age) for age in ages]
    for n in chosen:
        seen = measure(ages[: n + 1], counts[: n + 1])
        moment = post.born + seen.age
        yield ages[n], terms(seen, rhythm, moment, history.at(moment)), counts[n]


def chosen(ages: Sequence[float], most: int, chance: np.random.Generator) -> list[int]:
    """Which looks to learn from: evenly in ln(age), so that the hundreds of a later hour do not crowd out the first."""
    if not ages:
        return []
    levels = np.log(np.asarray(ages) / MINUTE + 2)
    odds = np.diff(levels, prepend=log(2)) + 1e-3
    chosen = chance.choice(len(ages), min(most, len(ages)), replace=False, p=odds / odds.sum())
    return sorted(chosen.tolist())
