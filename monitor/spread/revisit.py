"""When to look at a tracked post again, and which posts share a request: by the chance that a look changes the decision.

Pure. The log odds of a post's risk wander with ln(age): the chance that they have come as far as the paging threshold since the
last look grows with the time that has passed, and the faster the nearer and the younger the post is. On real curves it is nearly
exp(-way / sqrt(growth of ln(age))), for growths of 0.2 to 0.7 and ways of 0.5 to 4, less in a post's first hour; it is carried
on below, where `WINDOW` bounds it. A post is due when that chance reaches one price, the same for all. One request carries many
posts, and requests come from a purse.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from math import exp, log, prod, sqrt

from monitor.model import Availability, Forecast, Look, PostKey

HOPELESS = timedelta(hours=72)
"""Nothing is tracked for longer."""

CALM = timedelta(hours=24)
"""Nothing visible is given up sooner: one viral post in six has hardly begun after an hour."""

NEGLIGIBLE = 0.05
"""After `CALM`, expected growth below this share ends the tracking."""

PRICE = 0.01
"""A post is due once the chance that the decision has turned over is this high."""

ALONE = 2.0
"""No undecided post is left alone for more times its age, or `SOONEST`: what few looks showed of the young tells little of them."""

SOONEST, LATEST = timedelta(minutes=4, seconds=10), timedelta(minutes=90)
"""Between two looks at a post. Less than the first brings little that is new; the last is how long one that wakes may go unseen.
Looks that a longer wait saves find more where the decision is near (`make bench ARGS=looks`)."""

HELD = timedelta(minutes=12)
"""Between two looks at a post that is held for what bots seem to have brought: people may come to it any time."""

WINDOW, WINDOW_ENDS = 0.1, timedelta(minutes=20)
"""Nor is a post due before it is older by this share, or by so much: its pace is taken over a tenth of its age."""

AHEAD = timedelta(minutes=5)
"""A request that is not full takes posts along that are due within this, or while another is earned."""

FRESH = timedelta(minutes=5)
"""What was seen this recently is not taken along."""

WAITING_SHARE = 5
"""One place in so many goes to what has waited longest, so that no flood of hot posts starves the rest."""

SAVED = 8
"""Requests a purse saves up at most, for the moment at which a look is worth most."""


ONCE = frozenset({"topic", "article"})
"""Kinds of which no site tells anything by their id: what is new of them comes with their feed alone."""

_ONCE_THERE = frozenset({("weibo", "comment")})
"""Kinds of which one site does not, though others do."""


def once(platform: str, kind: str) -> bool:
    """Whether a post of this kind cannot be looked at again there."""
    return kind in ONCE or (platform, kind) in _ONCE_THERE


@dataclass(frozen=True, kw_only=True, slots=True)
class Following:
    """The next look: when it is due, and what it is worth: the chance that half an hour turns the decision over."""

    at: datetime
    worth: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Tracked:
    """A tracked post as the store keeps it."""

    key: PostKey
    due: datetime
    worth: float
    last_seen: datetime


def follow(
    forecast: Forecast | None,
    looks: Sequence[Look],
    born: datetime,
    now: datetime,
    *,
    certainty: float,
    threshold: float,
    hurts: int | None,
) -> Following | None:
    """When to look next, after `now`; None: no more.

    `certainty`: what the chance of reaching `hurts` is multiplied with to make the risk; `threshold`: the risk that pages.
    """
    if looks and looks[-1].availability is Availability.GONE:
        return None
    age = now - born
    if age >= HOPELESS or (age >= CALM and forecast is not None and _spent(forecast)):
        return None
    way = _way(forecast, certainty, threshold, hurts)
    last = min(looks[-1].seen_at, now) if looks else now
    at = max(last + min(_gap(way, last - born), _until(forecast, way, hurts)), now + timedelta(minutes=1))
    return Following(at=at, worth=0.0 if way is None else _turned(way, last - born))


def _spent(forecast: Forecast) -> bool:
    """Whether next to nothing is still to come."""
    return forecast.median - forecast.now < NEGLIGIBLE * max(forecast.now, 1)


def _way(forecast: Forecast | None, certainty: float, threshold: float, hurts: int | None) -> float | None:
    """How far the log odds are below those that page; negative: they have passed. None: no spread makes this a page."""
    needed = threshold / certainty if certainty > 0 else 1.0
    if needed >= 1:
        return None
    return _odds(needed) - _odds(0.1 if forecast is None else _chance(forecast, hurts))


def _chance(forecast: Forecast, hurts: int | None) -> float:
    """What the risk is made of; where there is none, how near the pace leads to what hurts stands in for it: it orders looks, no more."""
    if forecast.p_page is not None:
        return forecast.p_page
    near = (forecast.median + 1) / ((hurts or 500) + 1)
    return near**2 / (1 + near**2)


def _odds(chance: float) -> float:
    chance = min(max(chance, 1e-4), 1 - 1e-4)
    return log(chance / (1 - chance))


def _gap(way: float | None, age: timedelta) -> timedelta:
    """How long until the chance of a turn reaches the price. What has been decided, or cannot be, waits longest."""
    if way is None or way <= 0:
        return LATEST
    grown = min((way / log(PRICE)) ** 2, log(1 + ALONE))
    return min(max((exp(grown) - 1) * age, min(WINDOW * age, WINDOW_ENDS), SOONEST), LATEST)


def _until(forecast: Forecast | None, way: float | None, hurts: int | None) -> timedelta:
    """How long, at its pace, until the post has what hurts; a sudden rise must be looked at again at once."""
    if forecast is None or way is None or way <= 0:
        return LATEST
    if forecast.unproven:
        return SOONEST
    if forecast.shoved:
        return HELD
    if hurts is None or forecast.per_minute <= 0 or forecast.now >= hurts:
        return LATEST
    minutes = min((hurts - forecast.now) / forecast.per_minute, LATEST.total_seconds() / 60)
    return max(timedelta(minutes=minutes), SOONEST)


def _turned(way: float, age: timedelta) -> float:
    """The chance that the decision turns over in the half hour after the last look."""
    return exp(-abs(way) / sqrt(log(1 + timedelta(minutes=30) / max(age, SOONEST))))


# ── which of them share a request ───────────────────────────────────────────────────────────────────────────────────


def batch(tracked: Sequence[Tracked], now: datetime, size: int, ahead: timedelta = AHEAD) -> list[Tracked]:
    """The posts of one request: most of the due ones by worth, some by how long they have waited, then what is due soon (`ahead`)."""
    due = sorted((post for post in tracked if post.due <= now), key=lambda post: post.due)
    waiting = due[: max(1, size // WAITING_SHARE)]
    worthy = sorted(due, key=lambda post: -post.worth)
    soon = (post for post in tracked if now < post.due <= now + ahead and now - post.last_seen >= FRESH)
    if not due:
        return []
    return list(islice(_once([*waiting, *worthy, *sorted(soon, key=lambda post: (post.due, -post.worth))]), size))


def _once(posts: Sequence[Tracked]) -> Iterator[Tracked]:
    return iter({post.key: post for post in posts}.values())


@dataclass(frozen=True, kw_only=True, slots=True)
class Purse:
    """What may still be asked: a request for each `every` seconds that pass, and some saved up. 0: as often as wanted."""

    every: float = 0.0
    saved: int = SAVED
    held: float = float(SAVED)
    at: datetime | None = None

    @staticmethod
    def of(requests: int, window: float) -> "Purse":
        """Spreads so many requests over a window of seconds; a few of them may be spent at once."""
        saved = min(SAVED, max(1, requests // 6))
        return Purse(every=window / max(requests, 1), saved=saved, held=float(saved))

    @property
    def ahead(self) -> timedelta:
        """What is due so soon is taken along: it takes so long to earn another request."""
        return max(AHEAD, timedelta(seconds=self.every))

    def filled(self, now: datetime) -> "Purse":
        """As it is at a moment. A clock that went back adds nothing."""
        if not self.every:
            return self
        passed = 0.0 if self.at is None else max(0.0, (now - self.at).total_seconds())
        return replace(self, held=min(float(self.saved), self.held + passed / self.every), at=now)

    def affords(self, posts: Sequence[Tracked], size: int) -> bool:
        """Whether a request for these is worth its price: nothing with a full purse, everything with the last request.

        Worth is the chance that one of them turns the decision over; a request full of those that are due is as good as any.
        """
        if not posts or not self.every:
            return bool(posts)
        if self.held < 1:
            return False
        price = (self.saved - self.held) / max(1, self.saved - 1)
        due = sum(self.at is None or post.due <= self.at for post in posts)
        return due >= size or 1 - prod(1 - post.worth for post in posts) >= price - 1e-9

    def spent(self) -> "Purse":
        """After one request."""
        return replace(self, held=self.held - 1) if self.every else self
