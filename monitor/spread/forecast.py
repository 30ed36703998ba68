"""How far a post will go: one honest number with its interval, the chance that it hurts, and a sentence."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from types import MappingProxyType
from typing import Literal

import numpy as np

from monitor.model import Forecast, Look, Reach
from monitor.spread import sentence
from monitor.spread.doubt import UNPROVEN, doubted, held, unmeant, weighed
from monitor.spread.features import Features, curve, features, sudden, unit_of
from monitor.spread.nets import AHEAD, SEEN, WEEK, Floats, Weights, standing, terms
from monitor.spread.rhythm import DAY
from monitor.spread.shove import SEEN_BY, shoves
from monitor.spread.usual import EXPECTED, Sizes, rank, sizes_of

__all__ = ["Ask", "Forecaster", "Weights"]

FITTED = "weibo"
"""The one platform whose curves were at hand. Another is forecast once an installation's own posts there have taught how."""

_AHEAD = tuple(timedelta(seconds=span) for span in AHEAD)

INTERVAL = (0.5, 0.1, 0.9)

YOUNG = 3600.0
"""Seconds in which a rise may still be a bot's, for all its counts say; people who talk of it say that it is not."""

COMMENTED, LIKED = 0.1, 0.3
"""Comments and likes for each repost from which on people, not bots, carry a sudden rise."""

WORTH_COMPARING = 0.1
"""Below this chance nobody asks what became of posts like it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ask:
    """A post to forecast as known at `now`. `viral`: the reach whose probability is wanted. `others`: what the newest finished
    posts of its platform had after a day, rising; of use where there are no curves."""

    platform: str
    looks: Sequence[Look]
    born: datetime
    now: datetime
    viral: int | None
    others: Sequence[int] = ()

    @property
    def known(self) -> Sequence[Look]:
        """The looks there were by now."""
        return self.looks[: bisect_right(self.looks, self.now, key=attrgetter("seen_at"))]


class Forecaster:
    """Forecasts from fitted weights; where none were fitted it carries the pace on and says that it is no more.

    `own`: weights that an installation's posts on other platforms have taught.
    """

    def __init__(self, weights: Weights, own: Mapping[str, Weights] = MappingProxyType({})) -> None:
        self.weights = weights
        self._by_platform = {**own, FITTED: weights}

    def forecast(self, ask: Ask, language: Literal["zh", "en"], sizes: Sizes = EXPECTED) -> Forecast | None:
        """What is to be expected of one post. None: no counter of it was ever shown."""
        return self.forecasts([ask], language, sizes)[0]

    def forecasts(
        self, asks: Sequence[Ask], language: Literal["zh", "en"], sizes: Sizes = EXPECTED
    ) -> list[Forecast | None]:
        """Many at once, which costs a quarter of one by one. Reach is that at `horizon` after publication.

        `sizes`: how far posts usually go on Weibo here, as `Usual` remembers it.
        """
        answers: list[Forecast | None] = [None] * len(asks)
        fitted: dict[str, list[tuple[int, Ask, Features, str]]] = {}
        for place, ask in enumerate(asks):
            known = ask.known
            unit = unit_of(ask.platform, known)
            seen = features(known, unit) if unit else None
            if unit is None or seen is None:
                continue
            if ask.platform in self._by_platform:
                fitted.setdefault(ask.platform, []).append((place, ask, seen, unit))
            else:
                answers[place] = _carried_on(seen, unit, language, ask.others)
        for platform, posts in fitted.items():
            usual = sizes if platform == FITTED else sizes_of(posts[0][1].others)
            told = _fitted(self._by_platform[platform], [it[1:] for it in posts], language, usual)
            for (place, *_), forecast in zip(posts, told, strict=True):
                answers[place] = forecast
        return answers


def _fitted(
    weights: Weights, posts: Sequence[tuple[Ask, Features, str]], language: Literal["zh", "en"], sizes: Sizes
) -> list[Forecast]:
    rhythm = weights.rhythm
    given = np.array([terms(seen, rhythm, ask.born.timestamp() + seen.age, sizes) for ask, seen, _ in posts])
    rises = np.array([sudden(seen) for _, seen, _ in posts])
    talked = np.array([seen.rising < YOUNG and _talked(seen, ask, unit) for ask, seen, unit in posts])
    outlooks = weights.nets(given).going_on(talked)
    factor = np.array([seen.scale * _left(seen.age) for _, seen, _ in posts])
    more = np.array([(ask.viral or seen.now) - seen.now for ask, seen, _ in posts], dtype=float)
    raw = np.where(more <= 0, 1.0, outlooks.above(more / np.maximum(factor, 1e-9)) * (factor > 0))
    now, reached = np.array([float(seen.now) for _, seen, _ in posts]), more <= 0
    unproven = rises & ~talked & ~reached
    ages, hurts = (
        np.array([seen.age for _, seen, _ in posts]),
        np.array([float(ask.viral or 0) for ask, _, _ in posts]),
    )
    where = standing(np.array(sizes), ages, now, hurts)
    chance, page = weights.chance(raw, where), weighed(weights.page(raw, where), where[:, 0], hurts)
    ended, awaited = np.zeros(len(posts)), np.zeros(len(posts))
    for i in np.flatnonzero((page > UNPROVEN) & ~unproven).tolist():
        ask, seen, unit = posts[i]
        if not _talked(seen, ask, unit):
            ended[i], awaited[i] = _pushed(ask, unit)
    doubt = doubted(now, hurts, unproven, ended, awaited)
    page = held(page, now, doubt, reached)
    chance = np.where(doubt & reached, np.minimum(chance, UNPROVEN), chance)
    pushed = np.where(doubt, unmeant(now, ended, awaited), 0.0)
    unproven |= doubt & reached & (now - ended >= hurts)
    ends = _ends(posts, outlooks.quantiles(INTERVAL) * factor[:, None, None])
    told = []
    for i, (ask, seen, unit) in enumerate(posts):
        reaches = _reaches(seen, ends[i])
        week, tomorrow = reaches[-1], reaches[-2]
        told.append(
            Forecast(
                unit=unit,
                now=seen.now,
                per_minute=seen.per_minute,
                median=week.median,
                low=week.low,
                high=week.high,
                horizon=timedelta(seconds=WEEK),
                reaches=reaches,
                p_viral=None if ask.viral is None else float(chance[i]),
                p_page=None if ask.viral is None else float(page[i]),
                sentence=sentence.forecast(
                    seen,
                    unit,
                    (tomorrow.median, tomorrow.low, tomorrow.high),
                    ask.now,
                    language,
                    weights.analogs.like(seen, sizes, ask.viral)
                    if ask.viral and not reached[i] and chance[i] >= WORTH_COMPARING
                    else None,
                    ask.viral,
                    int(pushed[i]),
                    awaited=bool(unproven[i]),
                ),
                early=seen.snapshots == 1,
                unproven=bool(unproven[i]),
                shoved=int(pushed[i]),
            )
        )
    return told


def _talked(seen: Features, ask: Ask, unit: str) -> bool:
    """Whether people say something of it or like it, where that was shown beside what is counted: bots repost and are silent."""
    known = ask.known
    for name, share in (("comments", COMMENTED), ("likes", LIKED)):
        if name == unit:
            continue
        newest = next(filter(None, map(attrgetter(f"counts.{name}"), reversed(known))), None)
        if newest is not None and newest.value >= share * seen.now:
            return True
    return False


def _pushed(ask: Ask, unit: str) -> tuple[int, int]:
    """What came in shoves that ended at once, and in a kick that may still end so. A rounded display tells of neither, nor does a
    last look that is long ago tell how a kick ends."""
    ages, shown, counts = curve(ask.known, unit)
    if any(count.precision for count in shown):
        return 0, 0
    ended, awaited = shoves(ages, counts)
    fresh = (ask.now - ask.known[-1].seen_at).total_seconds() < SEEN_BY
    return ended[-1], awaited[-1] if fresh else 0


def _left(age: float) -> float:
    """Beyond what was learnt from, less of the week is left."""
    return 1.0 if age <= SEEN else max(0.0, (WEEK - age) / (WEEK - SEEN))


def _ends(posts: Sequence[tuple[Ask, Features, str]], come: Floats) -> list[list[list[float]]]:
    """Median, low and high to come (posts, HORIZONS, 3): never falling from one horizon to the next, none above the week's
    while that lasts; whole reposts, and the median between the ends."""
    lasting = np.array([seen.age + DAY <= WEEK for _, seen, _ in posts])[:, None, None]
    ahead = np.maximum.accumulate(come[:, :-1], axis=1)
    come[:, :-1] = np.where(lasting, np.minimum(ahead, come[:, -1:]), ahead)
    low, high = np.floor(come[..., 1] + 0.5), np.ceil(come[..., 2] + 0.5)
    ends: list[list[list[float]]] = np.stack([np.clip(come[..., 0], low, high), low, high], axis=2).tolist()
    return ends


def _reaches(seen: Features, ends: Sequence[Sequence[float]]) -> tuple[Reach, ...]:
    """Each horizon's reach."""
    spans, now = (*_AHEAD, timedelta(seconds=max(WEEK - seen.age, 0.0))), seen.now
    return tuple(
        [
            Reach(span, now + median, now + low, now + high)
            for span, (median, low, high) in zip(spans, ends, strict=True)
        ]
    )


def _carried_on(seen: Features, unit: str, language: Literal["zh", "en"], others: Sequence[int]) -> Forecast:
    """Without curves: the pace kept up for as long again as the post is old, a day at most, and its rank among the platform's own
    finished posts. Low: it stops here."""
    ahead = min(seen.age, DAY)
    reach = seen.now + seen.per_minute * ahead / 60
    return Forecast(
        unit=unit,
        now=seen.now,
        per_minute=seen.per_minute,
        median=reach,
        low=float(seen.now),
        high=reach,
        horizon=timedelta(seconds=min(seen.age + ahead, 1e9)),
        p_viral=None,
        sentence=sentence.carried_on(seen, unit, reach, ahead, language, rank(seen.now, others)),
        early=seen.snapshots == 1,
    )
