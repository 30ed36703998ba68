"""What a handful of irregular looks says about a post's pace. Pure, and cheap: a few bisections, however many looks.

Displays are not truth. An unknown counter is left out, a count that goes down is held at its maximum, and a rounded
display (1.2万) gives a pace only after two of its steps: one step says nothing of when it was crossed.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import log, log1p
from operator import attrgetter, itemgetter

from monitor.model import Count, Look, Precision
from monitor.platforms import UNITS

_AGE, _VALUE, _PRECISION = attrgetter("age"), itemgetter(0), itemgetter(1)

LARGEST = 2_000
"""Few of the learnt posts are larger. A larger one is read as a scaled copy of one this large."""

ABSURD = 10**12
"""No counter goes higher; one that says so is read as this."""

MINUTE = 60.0
PARTS = (0.25, 0.5, 0.75, 0.9)
"""Shares of the age since which growth is told."""

FINER = (0.1, 0.35, 0.62, 0.82, 0.95)
"""Those between them, which came later: the shape of a curve says more than four points of it."""

LONG = 15 * MINUTE
SHORTEST = 4 * MINUTE
"""The pace is taken over at least this long, or a tenth of the age, or the last interval, whichever is longest."""

PEAK = 0.25
"""The fastest pace so far is taken over at least this share of the age it had then, and over `SHORTEST`: about what looks are kept
apart in a long history, so that it says the same of one that is read thinned."""


RECENT = 6
"""Looks whose paces are compared to tell an even rise from an uneven one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Features:
    """A post's pace at its last known look.

    `age` seconds; `now` the count there; `per_minute` its recent growth, 0 with one snapshot. The rest is for the model,
    taken of the count divided by `scale`: `level` ln(1 + count); `pace`, `pace_before`, `pace_long` ln(1 + 10 per minute) in
    the last window, the one before it, and a long one; `quarter`, `half`, `most`, `nearly` ln growth since a quarter, a
    half, three quarters and nine tenths of the age, `shape` since FINER; `fastest` like `pace`, where it was fastest, and `faded`
    ln of the share of the age since then; `blind` the share of the age before first sight; `rest` the share since
    the count last rose; `uneven` how much the paces of the last looks differ, ln variance over mean. `rising`: seconds since
    it had a fifth of what it has.
    """

    age: float
    now: int
    per_minute: float
    snapshots: int
    precision: Precision
    scale: float
    level: float
    pace: float
    pace_before: float
    pace_long: float
    quarter: float
    half: float
    most: float
    nearly: float
    shape: tuple[float, ...]
    fastest: float
    faded: float
    blind: float
    rest: float
    uneven: float
    rising: float


SUDDEN = 18 * MINUTE
"""Four fifths of its reposts in less than this: a bot does that and stops. A post that people carry is still rising when it is
looked at again. A quarter of an hour, and what five minutes between looks add to it on average: at 15 a bot's lay just beyond, at 20 early
pages of real posts go."""

ENOUGH_TO_DOUBT = 50
"""Below this many reposts nothing is sudden."""


def sudden(seen: Features) -> bool:
    """Whether nearly all of it came just now, so that one more look must prove it."""
    return seen.now >= ENOUGH_TO_DOUBT and seen.rising < SUDDEN


def unit_of(platform: str, looks: Sequence[Look]) -> str | None:
    """The counter to go by: the platform's own, on an unknown one the first known of likes and comments. None: there is none."""
    if platform in UNITS:
        return UNITS[platform]
    shown = (unit for unit in ("likes", "comments") if any(getattr(look.counts, unit) is not None for look in looks))
    return next(shown, None)


def features(looks: Sequence[Look], unit: str) -> Features | None:
    """The pace of one counter; None when no look shows it."""
    ages, shown, counts = curve(looks, unit)
    if not ages:
        return None
    if max(map(_PRECISION, shown)):
        return _of_steps(ages, counts, shown[-1].precision)
    return measure(ages, counts)


def curve(looks: Sequence[Look], unit: str) -> tuple[list[float], list[Count], list[int]]:
    """One counter as it was shown: ages that rise, what stood there, and counts that never fall. Empty when no look shows it."""
    shown = list(map(attrgetter("counts." + unit), looks))
    ages = list(map(_AGE, looks))
    if None in shown:
        ages = [age for age, count in zip(ages, shown, strict=True) if count is not None]
        shown = [count for count in shown if count is not None]
    if not ages:
        return [], [], []
    ages, shown = _in_order(ages, shown)
    return ages, shown, _never_falling(list(map(_VALUE, shown)))


def measure(
    ages: Sequence[float], counts: Sequence[int], *, precision: Precision = Precision.EXACT, over: float = 0.0
) -> Features:
    """The pace of a curve seen at rising `ages` (s) with counts that never fall; `over`: take it over at least so long."""
    age, count = max(ages[-1], 1.0), counts[-1]
    first = ages[0]
    scale = max(1.0, count / LARGEST)
    several = len(ages) > 1
    span = ages[-1] - first if several else age
    last = ages[-1] - ages[-2] if several else age
    window = min(max(last, age / 10, SHORTEST, over), span)
    long = min(max(0.3 * age, LONG, over), span)
    then, before = _at(ages, counts, age - window), _at(ages, counts, age - 2 * window)
    minutes = max(window, MINUTE) / MINUTE
    rate, rate_before = (count - then) / minutes, (then - before) / minutes
    rate_long = (count - _at(ages, counts, age - long)) / max(long, MINUTE) * MINUTE
    level = log1p(count / scale)
    quarter, half, most, nearly, *shape = (
        level - log1p(_at(ages, counts, age * part) / scale) for part in (*PARTS, *FINER)
    )
    fastest, when = _fastest(ages, counts)
    return Features(
        age=age,
        now=count,
        per_minute=rate if several else 0.0,
        snapshots=len(ages),
        precision=precision,
        scale=scale,
        level=level,
        pace=log1p(10 * rate / scale),
        pace_before=log1p(10 * rate_before / scale),
        pace_long=log1p(10 * rate_long / scale),
        quarter=quarter,
        half=half,
        most=most,
        nearly=nearly,
        shape=tuple(shape),
        fastest=log1p(10 * fastest / scale),
        faded=log((age - when + MINUTE) / (age + MINUTE)),
        blind=min(1.0, first / age),
        rest=(age - _last_rise(ages, counts)) / age,
        uneven=_uneven(ages, counts, scale),
        rising=age - _when(ages, counts, count / 5),
    )


def _fastest(ages: Sequence[float], counts: Sequence[int]) -> tuple[float, float]:
    """The fastest pace so far, per minute, and the age at which it ended."""
    best = when = start = 0.0
    had = 0
    for age, count in zip(ages, counts, strict=True):
        span = age - start
        if span >= SHORTEST and span >= PEAK * age:
            pace = (count - had) / span
            if pace >= best:
                best, when = pace, age
            start, had = age, count
    return best * MINUTE, when


def _when(ages: Sequence[float], counts: Sequence[int], count: float) -> float:
    """The age at which it had so many, on the same straight lines as `_at`."""
    i = bisect_left(counts, count)
    before, seen = (ages[i - 1], counts[i - 1]) if i else (0.0, 0)
    return before + (ages[i] - before) * (count - seen) / (counts[i] - seen) if counts[i] > seen else before


def _last_rise(ages: Sequence[float], counts: Sequence[int]) -> float:
    """The age at which the count was first seen where it is now; 0 where it never rose."""
    if not counts[-1]:
        return 0.0
    return ages[bisect_left(counts, counts[-1])]


def _uneven(ages: Sequence[float], counts: Sequence[int], scale: float) -> float:
    """How much the paces between the last looks differ: ln(1 + variance) - ln(1 + mean), per minute. A bot rises evenly."""
    start = max(0, len(ages) - RECENT)
    age, count = (ages[start - 1], counts[start - 1]) if start else (0.0, 0)
    rates = []
    for i in range(start, len(ages)):
        rates.append((counts[i] - count) / max(ages[i] - age, MINUTE) * MINUTE / scale)
        age, count = ages[i], counts[i]
    mean = sum(rates) / len(rates)
    return log1p(max(sum(rate * rate for rate in rates) / len(rates) - mean * mean, 0.0)) - log1p(mean)


def _at(ages: Sequence[float], counts: Sequence[int], age: float) -> float:
    """The count at an age between looks, on a straight line from nothing at birth."""
    if age <= 0:
        return 0.0
    i = bisect_right(ages, age)
    if i == len(ages):
        return counts[-1]
    before, seen = (ages[i - 1], counts[i - 1]) if i else (0.0, 0)
    return seen + (counts[i] - seen) * (age - before) / (ages[i] - before)


def _in_order(ages: list[float], shown: list[Count]) -> tuple[list[float], list[Count]]:
    """Looks by age from birth on, one an age: of two at one moment the larger count. Nearly always they are so already."""
    if ages[0] >= 0 and ages == sorted(set(ages)):
        return ages, shown
    best: dict[float, Count] = {}
    for age, count in zip((max(age, 0.0) for age in ages), shown, strict=True):
        if age not in best or best[age].value < count.value:
            best[age] = count
    rising = sorted(best)
    return rising, [best[age] for age in rising]


def _never_falling(counts: list[int]) -> list[int]:
    """The running maximum, within what a counter can show. Nearly always it is that already."""
    if counts[0] >= 0 and counts[-1] <= ABSURD and counts == sorted(counts):
        return counts
    return [min(count, ABSURD) for count in accumulate(counts, max, initial=0)][1:]


def _of_steps(ages: list[float], counts: list[int], precision: Precision) -> Features:
    """The pace of a rounded display: only the moments at which it moved are known, and the first of them dates nothing."""
    moved = [i for i in range(1, len(counts)) if counts[i] > counts[i - 1]]
    if len(ages) == 1:
        return measure(ages, counts, precision=precision)
    if len(moved) < 2:
        return measure([ages[0], ages[-1]], [counts[-1], counts[-1]], precision=precision)
    seen = sorted({0, *moved, len(ages) - 1})
    over = ages[-1] - ages[moved[-2]]
    return measure([ages[i] for i in seen], [counts[i] for i in seen], precision=precision, over=over)
