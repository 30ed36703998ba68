"""`langyan forecast`: what the forecast said of each post at given ages, from nothing but the lines before."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Literal

from monitor.model import Forecast, Look, PostKey, Sighting
from monitor.pipeline.judge import Forecasting
from monitor.spread.forecast import Ask
from monitor.spread.usual import Usual

DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """One forecast: of which post, at which age."""

    key: PostKey
    age: timedelta
    forecast: Forecast

    def as_json(self) -> dict[str, object]:
        """The line that `langyan forecast --json` prints (DESIGN §7)."""
        forecast, minutes = self.forecast, self.age.total_seconds() / 60
        return {
            "id": str(self.key),
            "age_min": int(minutes) if minutes == int(minutes) else minutes,
            "median": round(forecast.median, 1),
            "low": round(forecast.low, 1),
            "high": round(forecast.high, 1),
            "p_viral": None if forecast.p_viral is None else round(forecast.p_viral, 4),
        }

    def as_text(self) -> str:
        """The same for people."""
        return f"{self.key} at {self.age.total_seconds() / 60:g} min: {self.forecast.sentence}"


@dataclass(slots=True)
class _Post:
    born: datetime
    looks: list[Look] = field(default_factory=list)
    told: int = 0

    def by(self, age: timedelta) -> list[Look]:
        return self.looks[: bisect_right(self.looks, age.total_seconds(), key=lambda look: look.age)]


class _Forecasts:
    """The forecaster, and what is usual among the posts that the recording has seen grow a day old."""

    def __init__(self, forecaster: Forecasting, viral: int, language: Literal["zh", "en"]) -> None:
        self._forecaster, self._viral, self._language = forecaster, viral, language
        self._usual = Usual()
        self._young: list[tuple[datetime, int, _Post]] = []

    def meet(self, post: _Post) -> None:
        heappush(self._young, (post.born + DAY, len(self._young), post))

    def until(self, now: datetime) -> None:
        """Posts that are a day old by now tell what is usual."""
        while self._young and self._young[0][0] <= now:
            counts = [look.counts.reposts for look in heappop(self._young)[2].by(DAY)]
            known = [count.value for count in counts if count is not None]
            if known:
                self._usual.add([max(known)])

    def of(self, key: PostKey, post: _Post, at: timedelta) -> Forecast | None:
        known = post.by(at)
        ask = Ask(platform=key.platform, looks=known, born=post.born, now=post.born + at, viral=self._viral)
        return self._forecaster.forecasts([ask], self._language, self._usual.sizes)[0] if known else None


def forecasts(
    sightings: Iterable[Sighting],
    ages: Sequence[timedelta],
    forecaster: Forecasting,
    viral: int,
    language: Literal["zh", "en"] = "zh",
) -> Iterator[Told]:
    """One forecast a post and age, as soon as a later line shows that the age has passed, or the recording ends.

    A post that was not seen by an age has none there. In a quiet recording the last look holds.
    """
    ages, asked = sorted(ages), _Forecasts(forecaster, viral, language)
    posts: dict[PostKey, _Post] = {}
    for line in sightings:
        post = posts.get(line.key)
        if post is None:
            if line.post is None:
                continue
            post = posts[line.key] = _Post(line.post.posted_at or line.seen_at)
            asked.meet(post)
        asked.until(line.seen_at)
        age = (line.seen_at - post.born).total_seconds()
        yield from _passed(line.key, post, ages, age, asked)
        post.looks.append(Look(seen_at=line.seen_at, age=age, counts=line.counts, availability=line.availability))
    for key, post in posts.items():
        yield from _passed(key, post, ages, float("inf"), asked)


def _passed(key: PostKey, post: _Post, ages: Sequence[timedelta], age: float, asked: _Forecasts) -> Iterator[Told]:
    """The ages that lie before this one and were not answered yet."""
    while post.told < len(ages) and ages[post.told].total_seconds() < age:
        at = ages[post.told]
        post.told += 1
        forecast = asked.of(key, post, at)
        if forecast is not None:
            yield Told(key=key, age=at, forecast=forecast)
