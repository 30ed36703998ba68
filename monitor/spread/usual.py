"""How far posts usually go here: what an installation's own finished posts say of the next one. Pure.

A fit on collected curves cannot know whether a feed is full of small posts or of large ones, and the same pace means
different things in the two. The last two hundred posts that are a day old tell which it is.
"""

from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Sequence
from math import log, log1p
from typing import NamedTuple

NEWEST = 200
"""Finished posts that are remembered."""

FEW = 10
"""With fewer, the upper tenth is what one would expect without them."""

PSEUDO = 20
"""The expectation counts as much as this many posts."""


class Sizes(NamedTuple):
    """ln(1 + reach at the age of 24 hours): the mean, and the value one in ten passes."""

    mean: float
    top: float


class Rank(NamedTuple):
    """Of the last `of` finished posts of its platform, `below` had less after a day than this one has now."""

    below: int
    of: int


RANKED = 20
"""With fewer finished posts of a platform a rank says nothing."""


def rank(now: int, others: Sequence[int]) -> Rank | None:
    """Where a count stands among what others had after a day (rising). None: too few are known."""
    return Rank(below=bisect_left(others, now), of=len(others)) if len(others) >= RANKED else None


EXPECTED = Sizes(log(40), log(40) + 1.6)
"""Before anything is finished: what a keyword search on Weibo brings."""


LEAST, MOST = Sizes(1.3, 3.0), Sizes(5.8, 6.8)
"""What was learnt from lies between feeds of small posts and collections of large ones; beyond them nothing is known."""


def sizes_of(reaches: Iterable[int]) -> Sizes:
    """How far posts usually go where these did after a day; what one expects where there are none."""
    return Usual(reaches).sizes


class Usual:
    """Remembers what finished posts came to, oldest first."""

    def __init__(self, reaches: Iterable[int] = ()) -> None:
        self._levels: deque[float] = deque(maxlen=NEWEST)
        self.sizes = EXPECTED
        self.add(reaches)

    def add(self, reaches: Iterable[int]) -> None:
        """Posts that finished since, with the reach each had at the age of a day."""
        self._levels.extend(log1p(max(reach, 0)) for reach in reaches)
        if self._levels:
            self.sizes = _sizes(list(self._levels))


def _sizes(levels: list[float]) -> Sizes:
    n = len(levels)
    top = _upper_tenth(sorted(levels)) if n >= FEW else EXPECTED.top
    mean = (sum(levels) + PSEUDO * EXPECTED.mean) / (n + PSEUDO)
    top = (n * top + PSEUDO * EXPECTED.top) / (n + PSEUDO)
    return Sizes(min(max(mean, LEAST.mean), MOST.mean), min(max(top, LEAST.top), MOST.top))


def _upper_tenth(rising: list[float]) -> float:
    place = 0.9 * (len(rising) - 1)
    low = int(place)
    high = min(low + 1, len(rising) - 1)
    return rising[low] + (rising[high] - rising[low]) * (place - low)
