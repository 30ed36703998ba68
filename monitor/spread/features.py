"""What a handful of irregular looks says about a post's pace. Pure, and cheap: a few bisections, however many looks.

Displays are not truth. An unknown counter is left out, a count that goes down is held at its maximum, and a rounded
display (1.2万) gives a pace only after two of its steps: one step says nothing of when it was crossed.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import log1p
from operator import attrgetter

from monitor.model import Count, Look, Precision

UNIT: Mapping[str, str] = {"weibo": "reposts", "xiaohongshu": "likes"}
"""The counter in which a platform's reach is told. Elsewhere the first known of likes and comments."""

_AGE = attrgetter("age")

LARGEST = 800
"""The fitted curves end near here. A larger post is read as a scaled copy of one this large."""

ABSURD = 10**12
"""No counter goes higher; one that says so is read as this."""

MINUTE = 60.0
SHORTEST = 4 * MINUTE
"""The pace is taken over at least this long, or a tenth of the age, or the last interval, whichever is longest."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Features:
    """A post's pace at its last known look.

    `age` seconds; `now` the count there; `per_minute` its recent growth, 0 with one snapshot. The rest is for the model:
    `level` ln(1 + count), `pace` and `pace_before` ln(1 + 10 per minute) in the last two windows, `half` and `quarter`
    ln growth since half and a quarter of the age, `blind` the share of the age before first sight. Those are taken of
    the count divided by `scale`.
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
    half: float
    quarter: float
    blind: float


def unit_of(platform: str, looks: Sequence[Look]) -> str | None:
    """The counter to go by; None where nothing is shown that could be one."""
    if platform in UNIT:
        return UNIT[platform]
    shown = (unit for unit in ("likes", "comments") if any(getattr(look.counts, unit) is not None for look in looks))
    return next(shown, None)


def features(looks: Sequence[Look], unit: str) -> Features | None:
    """The pace of one counter; None when no look shows it."""
    shown = list(map(attrgetter("counts." + unit), looks))
    ages = list(map(_AGE, looks))
    if None in shown:
        ages = [age for age, count in zip(ages, shown, strict=True) if count is not None]
        shown = [count for count in shown if count is not None]
    if not ages:
        return None
    ages, shown = _in_order(ages, shown)
    precision = max(count[1] for count in shown)
    counts = _never_falling([count[0] for count in shown])
    if precision:
        return _of_steps(ages, counts, shown[-1].precision)
    return measure(ages, counts)


def measure(
    ages: Sequence[float], counts: Sequence[int], *, precision: Precision = Precision.EXACT, over: float = 0.0
) -> Features:
    """The pace of a curve seen at rising `ages` (s) with counts that never fall; `over`: take it over at least so long."""
    age, count = max(ages[-1], 1.0), counts[-1]
    first = ages[0]
    scale = max(1.0, count / LARGEST)
    last = ages[-1] - ages[-2] if len(ages) > 1 else age
    window = min(max(last, age / 10, SHORTEST, over), ages[-1] - first) if len(ages) > 1 else age
    then, before = _at(ages, counts, age - window), _at(ages, counts, age - 2 * window)
    minutes = max(window, MINUTE) / MINUTE
    rate, rate_before = (count - then) / minutes, (then - before) / minutes
    level = log1p(count / scale)
    return Features(
        age=age,
        now=count,
        per_minute=rate if len(ages) > 1 else 0.0,
        snapshots=len(ages),
        precision=precision,
        scale=scale,
        level=level,
        pace=log1p(10 * rate / scale),
        pace_before=log1p(10 * rate_before / scale),
        half=level - log1p(_at(ages, counts, age / 2) / scale),
        quarter=level - log1p(_at(ages, counts, age / 4) / scale),
        blind=min(1.0, first / age),
    )


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
