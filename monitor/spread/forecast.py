"""How far a post will go: one honest number with its interval, the chance that it hurts, and a sentence."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Literal

from monitor.model import Forecast, Look
from monitor.spread import sentence
from monitor.spread.features import Features, features, unit_of
from monitor.spread.model import Outlook, Weights

__all__ = ["Forecaster", "Weights"]

DAY, WEEK = 86_400.0, 604_800.0
FITTED = "weibo"
"""The one platform whose curves were at hand."""


class Forecaster:
    """Forecasts from fitted weights; where none were fitted it carries the pace on and says that it is no more."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights

    def forecast(
        self,
        platform: str,
        looks: Sequence[Look],
        born: datetime,
        now: datetime,
        viral: int | None,
        language: Literal["zh", "en"],
    ) -> Forecast | None:
        """What is to be expected of a post, as known at `now`. None: no counter of it was ever shown.

        `viral`: the reach whose probability is wanted. Reach is that at `horizon` after `born`.
        """
        known = looks[: bisect_right(looks, now, key=attrgetter("seen_at"))]
        unit = unit_of(platform, known)
        seen = features(known, unit) if unit else None
        if unit is None or seen is None:
            return None
        if platform != FITTED:
            return _carried_on(seen, unit, language)
        moment = born.timestamp() + seen.age
        week = self._weights.outlook(seen, moment, week=True)
        day = self._weights.outlook(seen, moment, week=False)
        tomorrow = (day, week) if seen.age + DAY <= WEEK else (day,)
        median, low, high = _reach(seen.now, week)
        return Forecast(
            unit=unit,
            now=seen.now,
            per_minute=seen.per_minute,
            median=median,
            low=low,
            high=high,
            horizon=timedelta(seconds=WEEK),
            p_viral=None if viral is None else week.reaches(viral - seen.now),
            sentence=sentence.forecast(seen, unit, _reach(seen.now, *tomorrow), now, language),
            early=seen.snapshots == 1,
        )


def _reach(now: int, *outlooks: Outlook) -> tuple[float, float, float]:
    """The median and the 80 % interval of the count to come; what a longer horizon rules out a shorter one cannot reach."""
    median, low, high = (now + min(outlook.at(level) for outlook in outlooks) for level in (0.5, 0.1, 0.9))
    return median, low, high


def _carried_on(seen: Features, unit: str, language: Literal["zh", "en"]) -> Forecast:
    """Without curves: the pace kept up for as long again as the post is old, a day at most. Low: it stops here."""
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
        sentence=sentence.carried_on(seen, unit, reach, ahead, language),
        early=seen.snapshots == 1,
    )
