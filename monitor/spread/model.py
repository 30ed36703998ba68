"""The fitted numbers and what they say: reposts still to come, with their spread. Pure arithmetic on small tables.

y = ln(1 + reposts still to come) is linear in what the looks show, with its own coefficients at each knot of age and a
straight line in ln(age) between knots. Residuals kept from posts that a fit had not seen say how sure that is.
"""

import json
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import expm1, inf, log, log1p
from typing import Any

from monitor.spread.features import Features

FORMAT = "langyan.spread.v1"
DAY = 86_400.0
EAST8 = 8 * 3600
"""People in China live by one clock, eight hours ahead of UTC, all year."""

LEVELS = tuple((i + 0.5) / 20 for i in range(20))
"""The quantiles of a residual table."""

HINGES_LEVEL = (3.0, 4.2, 5.0)
HINGES_PACE = (2.5, 4.0)
TERMS, TERMS_FIRST = 15, 7
TABLES = {"week": TERMS, "day": TERMS, "week_first": TERMS_FIRST, "day_first": TERMS_FIRST}
"""The fitted tables and how many terms each multiplies, after more than one snapshot and after the first."""

MOST = log(1e7)
"""No post of the fitted size gains more than this."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rhythm:
    """How active people are in each hour of the day in China, mean 1."""

    hours: tuple[float, ...]
    sums: tuple[float, ...]

    @staticmethod
    def of(hours: Sequence[float]) -> "Rhythm":
        """From 24 hours, the first from midnight on; other lengths or an hour without anybody are a ValueError."""
        if len(hours) != 24 or min(hours) <= 0:
            raise ValueError("the rhythm is not 24 hours above 0")
        sums = [0.0]
        for hour in hours:
            sums.append(sums[-1] + hour)
        return Rhythm(hours=tuple(hours), sums=tuple(sums))

    def at(self, moment: float) -> float:
        """The activity at a moment in unix seconds."""
        return self.hours[int((moment + EAST8) % DAY // 3600)]

    def between(self, start: float, end: float) -> float:
        """Hours of average activity that pass between two moments."""
        return self._since(end) - self._since(start)

    def _since(self, moment: float) -> float:
        days, rest = divmod(moment + EAST8, DAY)
        hour, part = divmod(rest, 3600)
        return days * self.sums[24] + self.sums[int(hour)] + self.hours[int(hour)] * part / 3600


def terms(seen: Features, rhythm: Rhythm, moment: float) -> list[float]:
    """What the fit multiplies. One snapshot has no pace: its terms are the count, the hour, and no more."""
    level, active = seen.level, rhythm.at(moment)
    ahead = log(rhythm.between(moment, moment + 6 * 3600) / 6 / active)
    shared = [1.0, level, *(max(0.0, level - hinge) for hinge in HINGES_LEVEL), log(active), ahead]
    if seen.snapshots == 1:
        return shared
    passed = rhythm.between(moment - seen.age, moment) * 3600 / seen.age
    paces = [seen.pace, *(max(0.0, seen.pace - hinge) for hinge in HINGES_PACE), seen.pace_before]
    return [*shared, *paces, seen.half, seen.quarter, seen.blind, log(max(passed, 0.05))]


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """One fitted horizon: per knot (an age in minutes) the coefficients, the bounds that part residuals by y, and each part's
    residuals."""

    knots: tuple[float, ...]
    coefficients: tuple[tuple[float, ...], ...]
    bounds: tuple[tuple[float, ...], ...]
    residuals: tuple[tuple[tuple[float, ...], ...], ...]

    @staticmethod
    def of(stored: dict[str, Any], terms: int) -> "Table":
        """A stored table for this many terms; one of another shape is a ValueError."""
        table = Table(
            knots=_numbers(stored["knots"]),
            coefficients=tuple(map(_numbers, stored["coefficients"])),
            bounds=tuple(map(_numbers, stored["bounds"])),
            residuals=tuple(tuple(map(_numbers, knot)) for knot in stored["residuals"]),
        )
        knots = len(table.knots)
        if not knots or not (knots == len(table.coefficients) == len(table.bounds) == len(table.residuals)):
            raise ValueError("knots, coefficients, bounds and residuals are not of one length")
        if any(len(knot) != terms for knot in table.coefficients):
            raise ValueError(f"a knot has other than {terms} coefficients")
        if any(len(parts) != len(cuts) + 1 for parts, cuts in zip(table.residuals, table.bounds, strict=True)):
            raise ValueError("bounds and residuals part the posts differently")
        if any(len(part) != len(LEVELS) for parts in table.residuals for part in parts):
            raise ValueError(f"a part has other than {len(LEVELS)} residuals")
        return table


@dataclass(frozen=True, kw_only=True, slots=True)
class Outlook:
    """Reposts still to come, as two neighbouring knots see them: (weight, y, residuals) each."""

    views: tuple[tuple[float, float, tuple[float, ...]], ...]
    factor: float

    def at(self, level: float) -> float:
        """The number still to come that will not be passed with this probability."""
        y = sum(weight * (middle + _quantile(residuals, level)) for weight, middle, residuals in self.views)
        return expm1(min(max(y, 0.0), MOST)) * self.factor

    def reaches(self, more: float) -> float:
        """The probability that at least `more` are still to come."""
        if more <= 0:
            return 1.0
        if self.factor <= 0:
            return 0.0
        wanted = log1p(more / self.factor)
        return sum(weight * (1 - _share(residuals, wanted - middle)) for weight, middle, residuals in self.views)


def _quantile(residuals: Sequence[float], level: float) -> float:
    place = (level * len(residuals)) - 0.5
    low = min(max(int(place), 0), len(residuals) - 2)
    part = min(max(place - low, 0.0), 1.0)
    return residuals[low] + (residuals[low + 1] - residuals[low]) * part


def _share(residuals: Sequence[float], value: float) -> float:
    """The share of residuals below a value."""
    i = bisect_right(residuals, value)
    if i == 0:
        return 0.25 / len(residuals)
    if i == len(residuals):
        return 1 - 0.25 / len(residuals)
    below, above = residuals[i - 1], residuals[i]
    return (i - 0.5 + (value - below) / (above - below)) / len(residuals)


@dataclass(frozen=True, kw_only=True, slots=True)
class Weights:
    """Everything that was fitted: what comes by the age of a week and within 24 hours, after one snapshot and after more."""

    rhythm: Rhythm
    week: Table
    day: Table
    week_first: Table
    day_first: Table

    @staticmethod
    def from_json(stored: bytes) -> "Weights":
        """Reads a parameter file; one of another format or shape is a ValueError."""
        try:
            return _weights(json.loads(stored))
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"spread weights: {error!r}. Train them again") from None

    def to_json(self) -> bytes:
        """The parameter file, rounded to what matters."""
        tables = {name: asdict(getattr(self, name)) for name in TABLES}
        content = {"format": FORMAT, "rhythm": self.rhythm.hours, **tables}
        return json.dumps(_rounded(content), separators=(",", ":")).encode()

    def outlook(self, seen: Features, moment: float, *, week: bool) -> Outlook:
        """What is still to come for a post as seen at `moment` (unix s): by the age of a week, or within 24 hours."""
        table = (self.week if week else self.day) if seen.snapshots > 1 else self.week_first if week else self.day_first
        given = terms(seen, self.rhythm, moment)
        return Outlook(
            views=tuple(
                (weight, *_view(table, knot, given)) for knot, weight in neighbours(table.knots, seen.age / 60)
            ),
            factor=seen.scale * _left(seen.age / 60, table.knots[-1], week=week),
        )


def _left(age: float, last: float, *, week: bool) -> float:
    """Beyond the last knot (minutes) less of the week is left, and what comes within a day fades like 1/age."""
    if age <= last:
        return 1.0
    return max(0.0, (10_080 - age) / (10_080 - last)) if week else last / age


def _view(table: Table, knot: int, given: Sequence[float]) -> tuple[float, tuple[float, ...]]:
    y = min(max(sum(map(float.__mul__, table.coefficients[knot], given)), 0.0), MOST)
    return y, table.residuals[knot][bisect_right(table.bounds[knot], y)]


def neighbours(knots: Sequence[float], age: float) -> list[tuple[int, float]]:
    """The knots around an age with their weights: a straight line in ln(age), held beyond the ends."""
    i = bisect_right(knots, age)
    if i == 0:
        return [(0, 1.0)]
    if i == len(knots):
        return [(i - 1, 1.0)]
    part = log(age / knots[i - 1]) / log(knots[i] / knots[i - 1])
    return [(i - 1, 1 - part), (i, part)]


def _weights(stored: dict[str, Any]) -> Weights:
    if stored["format"] != FORMAT:
        raise ValueError(f"expected {FORMAT}, found {stored['format']}")
    tables = {name: Table.of(stored[name], terms) for name, terms in TABLES.items()}
    return Weights(rhythm=Rhythm.of(_numbers(stored["rhythm"])), **tables)


def _numbers(stored: Sequence[Any]) -> tuple[float, ...]:
    return tuple(map(float, stored))


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 3) if abs(value) < inf else value
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, (list, tuple)) else value
