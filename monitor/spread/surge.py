"""Many small posts that together are a crisis: what came within the hour, against what usually comes at that time. Pure.

Bad posts of a brand are counted by the hour they were first seen in. What an hour usually brings is a level times a shape of the
day times what the weekday changes of it, each shrunk to the one before where there is little to go by (Gamma-Poisson; Gelman et al.,
"Bayesian Data Analysis", chapter 2). What may come by chance is a negative binomial around it: it widens with what is not known of
the level and with how restless this brand's hours are. What the posts of an hour reach together is held against the same shapes,
counted in posts of the usual reach. Reviews: the share of one and two stars of a day, a beta-binomial.

Hours are counted from 1970 in UTC. An hour that nobody watched is left out, never 0.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp, lgamma, log, log1p
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from monitor.model import Severity

BAD = 0.5
"""From this P(aimed) on a post counts."""

LOW_STARS = 2

HOUR = timedelta(hours=1)
HISTORY = timedelta(days=56)
"""What is looked back at."""

FAMILIAR = 24
"""Hours a brand must have been watched before a surge may page: on its first day nobody knows what is usual."""

REVIEW_WINDOW = timedelta(days=1)
"""Reviews come slowly: a day of them is held against the days before."""

_HALF_LIFE = 14 * 24.0
"""Hours after which what was counts half: brands grow, feeds are added."""

_LEVEL, _LEVEL_HOURS = 0.5, 0.5
"""Before anything is known: one post an hour, worth half an hour of watching."""

_DAY_PRIOR, _WEEK_PRIOR = 4.0, 8.0
"""Posts that a shape must have beside what it is shrunk to before it counts as much."""

_RESTLESS, _RESTLESS_WORTH = 0.3, 20.0
"""How much more than chance the hours of a brand differ, as squared coefficient of variation, until its own hours say."""

_LOUD, _FAR_OUT, _WEEKS, _ROUNDS = 2.0, 4.0, 3, 3
"""An hour of more than twice what the loudest of an ordinary day brings, or that many deviations away, was a crisis or a feed gone
wrong: it teaches what was expected of it, and no more. Without the first its neighbours would hide it."""

_DAYS = 0.5
"""What one day says of the next, in the same measure: with few days watched the level may be another."""

_SHANGHAI = 8
_THURSDAY = 3
"""1970 began on a Thursday."""

_SHARES = 50
"""So many posts of what one counts for at most reach what hurts in one."""

_REVIEWS_WORTH = 100.0
"""Reviews that the past counts for at most: a rating drifts."""
_BAD_STARS, _GOOD_STARS = 1.0, 3.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """When an hour is a surge. `posts`: with fewer bad posts (or bad reviews) it never is. `yellow`, `orange`: by chance an hour
    as bad comes once in so many seconds; 0 turns a colour off."""

    posts: int = 5
    yellow: float = 120 * 86400.0
    orange: float = 180 * 86400.0

    def colour(self, chance: float, window: timedelta = HOUR) -> Severity | None:
        """The severity of what comes with this probability in a window; None: it is ordinary."""
        for severity, once_in in ((Severity.ORANGE, self.orange), (Severity.YELLOW, self.yellow)):
            if once_in and chance * once_in <= window.total_seconds():
                return severity
        return None


class Usual(NamedTuple):
    """What an hour brings: `mean` posts, and by how much it may differ beyond chance (squared coefficient of variation)."""

    mean: float
    spread: float

    def chance(self, count: float) -> float:
        """P(at least `count` posts) in an ordinary hour; a part of a post counts as that part."""
        if count <= 0:
            return 1.0
        if self.mean <= 0:
            return 0.0
        size = 1 / max(self.spread, 1e-6)
        return _beta_share(count, size, self.mean / (self.mean + size))

    def range(self) -> tuple[int, int]:
        """From where to where nine hours in ten lie."""
        return self._above(0.95), self._above(0.05)

    def _above(self, share: float) -> int:
        """The largest count that is exceeded or reached with at least this probability."""
        low, high = 0, 1
        while self.chance(high) >= share:
            low, high = high, 2 * high
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.chance(middle) >= share else (low, middle)
        return low


@dataclass(frozen=True, kw_only=True, slots=True)
class UsualReach:
    """What the bad posts of an hour reach together on one platform by its end. `each`: reach in the platform's unit that says as
    much as one post; `posts`: what is usual, in such."""

    posts: Usual
    each: float

    def chance(self, reach: int) -> float:
        """P(at least so much) in an ordinary hour."""
        return self.posts.chance(reach / self.each)

    def range(self) -> tuple[int, int]:
        """From where to where nine hours in ten lie."""
        low, high = self.posts.range()
        return round(low * self.each), round(high * self.each)


def together(reaches: Sequence[int], hurts: int) -> int:
    """What posts reach together, where one counts for a fiftieth at most of what `hurts` in one: how far a single post goes is the
    forecast's matter, and a few of them would hide what is usual."""
    return sum(min(reach, max(1, hurts // _SHARES)) for reach in reaches)


def usual_reach(hours: Mapping[int, tuple[int, int]], now: datetime) -> UsualReach | None:
    """What the hour before `now` usually reaches, by the bad posts of each measured hour and what they reached together. None: too
    few hours were measured.

    Posts that differ in reach come together as restlessly as fewer, larger ones would: of the size that the mean of the squares
    divided by the mean gives, hours differ as counts do (a compound Poisson).
    """
    if len(hours) < FAMILIAR:
        return None
    posts, reached = np.array(list(hours.values()), dtype=float).T
    many = max(1.0, float(posts.sum()))
    mean = float(reached.sum()) / many
    squares = float(np.sum((reached - mean * posts) ** 2)) / many + mean**2
    each = max(1.0, squares / mean) if mean else 1.0
    return UsualReach(posts=usual({hour: reach / each for hour, (_, reach) in hours.items()}, now), each=each)


def hour_of(moment: datetime) -> int:
    """The hour a moment lies in."""
    return int(moment.timestamp() // 3600)


def usual(hours: Mapping[int, float], now: datetime) -> Usual:
    """What the hour before `now` usually brings, by the bad posts of the watched hours before it."""
    start = now - HOUR
    first = hour_of(start)
    before = {hour: count for hour, count in hours.items() if hour < first}
    model = _Model(np.array(list(before), dtype=np.int64), np.array(list(before.values()), dtype=float), first)
    later = (start.timestamp() - first * 3600) / 3600
    a, b = model.at(first), model.at(first + 1)
    return Usual(
        mean=(1 - later) * a.mean + later * b.mean,
        spread=(1 - later) * a.spread + later * b.spread,
    )


class _Model:
    """Level, shape of the day, shape of the week. Fitted twice: the second time without what stood far out the first time, so
    that last month's crisis does not hide the next one."""

    def __init__(self, hours: NDArray[np.int64], counts: NDArray[np.float64], now: int) -> None:
        self._hours = hours
        self._weights = 0.5 ** ((now - hours) / _HALF_LIFE)
        self._day, self._week = _places(hours)
        self._watched = len(np.unique((hours + _SHANGHAI) // 24))
        calm = np.minimum(counts, _LOUD * _loudest(hours, counts) + 3)
        for _ in range(_ROUNDS):
            expected = self._fit(calm)
            self._restless = self._measured(calm, expected)
            calm = np.where(self._surged(counts, expected), expected, calm)
        expected = self._fit(calm)
        self._restless = self._measured(calm, expected) + _DAYS / (self._watched + 0.5)

    def _measured(self, counts: NDArray[np.float64], expected: NDArray[np.float64]) -> float:
        """How much more than chance the hours differ from what was expected, as squared coefficient of variation."""
        more = float(np.sum(self._weights * ((counts - expected) ** 2 - expected)))
        worth = float(np.sum(self._weights * expected**2))
        return max(0.02, (more + _RESTLESS * _RESTLESS_WORTH) / (worth + _RESTLESS_WORTH))

    def _surged(self, counts: NDArray[np.float64], expected: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which hours were surges themselves."""
        surged: NDArray[np.bool_] = counts > expected + _FAR_OUT * np.sqrt(expected + self._restless * expected**2) + 3
        return surged

    def _fit(self, counts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Learns level and shapes; returns what each hour should have brought."""
        weights = self._weights
        self._seen = _LEVEL + float(np.sum(weights * counts))
        self._level = self._seen / (_LEVEL_HOURS + float(np.sum(weights)))
        flat = np.full(len(counts), self._level)
        self._day_seen = _round(_sums(self._day, weights * counts, 24)) + _DAY_PRIOR
        self._day_shape = self._day_seen / (_round(_sums(self._day, weights * flat, 24)) + _DAY_PRIOR)
        daily = flat * self._day_shape[self._day]
        self._week_seen = _sums(self._week, weights * counts, 168) + _WEEK_PRIOR
        self._week_shape = self._week_seen / (_sums(self._week, weights * daily, 168) + _WEEK_PRIOR)
        expected: NDArray[np.float64] = daily * self._week_shape[self._week]
        return expected

    def at(self, hour: int) -> Usual:
        """What one hour brings."""
        day, week = (int(place[0]) for place in _places(np.array([hour])))
        mean = self._level * float(self._day_shape[day] * self._week_shape[week])
        unknown = 1 / self._seen + 1 / float(self._day_seen[day]) + 1 / float(self._week_seen[week])
        return Usual(mean=mean, spread=self._restless + unknown)


def _loudest(hours: NDArray[np.int64], counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """For every hour, what the loudest of an ordinary day brings: the median of the days, or of its weekday where that is louder and
    known. What comes back each week is no crisis."""
    here = (hours + _SHANGHAI) // 24
    days, of_day = np.unique(here, return_inverse=True)
    most = np.zeros(len(days))
    np.maximum.at(most, of_day, counts)
    ordinary = np.full(len(days), float(np.median(most)) if len(days) else 0.0)
    for weekday in range(7):
        same = (days + _THURSDAY) % 7 == weekday
        if same.sum() >= _WEEKS:
            ordinary[same] = np.maximum(ordinary[same], np.median(most[same]))
    return ordinary[of_day]


def _places(hours: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The hour of the day and of the week, by the clocks of Shanghai."""
    here = hours + _SHANGHAI
    return here % 24, (here + 24 * _THURSDAY) % 168


def _sums(places: NDArray[np.int64], amounts: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    summed: NDArray[np.float64] = np.bincount(places, weights=amounts, minlength=count).astype(float)
    return summed


def _round(by_hour: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each hour with half of its neighbours': the day has no sharp edges."""
    return by_hour + (np.roll(by_hour, 1) + np.roll(by_hour, -1)) / 2


class Stars(NamedTuple):
    """Reviews of one platform: how many with stars, and how many of them had one or two."""

    rated: int
    low: int


def review_chance(recent: Stars, before: Stars) -> float:
    """P(at least so many of the recent reviews are bad), if the brand is rated as it was before. 1.0 without reviews."""
    if recent.low <= 0 or recent.rated <= 0:
        return 1.0
    low, rated = min(recent.low, recent.rated), recent.rated
    share = min(1.0, _REVIEWS_WORTH / before.rated) if before.rated > 0 else 0.0
    bad = _BAD_STARS + share * max(0, min(before.low, before.rated))
    good = _GOOD_STARS + share * max(0, before.rated - before.low)
    ways = lgamma(rated + 1) - _log_beta(bad, good)
    terms = (
        exp(ways - lgamma(k + 1) - lgamma(rated - k + 1) + _log_beta(k + bad, rated - k + good))
        for k in range(low, rated + 1)
    )
    return min(1.0, sum(terms))


def usual_share(before: Stars) -> float:
    """The share of bad reviews that is usual."""
    return (_BAD_STARS + before.low) / (_BAD_STARS + _GOOD_STARS + before.rated)


def most_common(stories: Sequence[int | None]) -> tuple[int, int] | None:
    """The story that most of the posts belong to, with how many: only where it is at least half of them."""
    known = [story for story in stories if story is not None]
    best = max(((known.count(story), story) for story in set(known)), default=None)
    if best is None or 2 * best[0] < len(stories):
        return None
    return best[1], best[0]


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def _beta_share(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function, which is the tail of a negative binomial. "Numerical Recipes", section 6.4."""
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    front = exp(a * log(x) + b * log1p(-x) - _log_beta(a, b))
    near = x < (a + 1) / (a + b + 2)
    share = front * _fraction(a, b, x) / a if near else 1 - front * _fraction(b, a, 1 - x) / b
    return min(1.0, max(0.0, share))


def _fraction(a: float, b: float, x: float) -> float:
    """Its continued fraction, by Lentz's method."""
    tiny = 1e-300
    c, d = 1.0, 1 / (_not_zero(1 - (a + b) * x / (a + 1), tiny))
    value = d
    for m in range(1, 500):
        for step in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / _not_zero(1 + step * d, tiny)
            c = _not_zero(1 + step / c, tiny)
            value *= c * d
        if abs(c * d - 1) < 1e-12:
            break
    return value


def _not_zero(value: float, tiny: float) -> float:
    return value if abs(value) > tiny else tiny
