"""A year of bad posts by the hour, restless and with nights: how often it is taken for a surge, and whether a real one is found.

Once by how many they are, once by what they reach together.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure import Figure
from monitor.model import Severity
from monitor.spread import surge

START = datetime(2026, 1, 1, tzinfo=UTC)
RATES = (0.05, 0.3, 1.0, 4.0)
"""Bad posts an hour, over the day's mean."""

WEEKS = 52
LOOKS = 12
"""Looks an hour at the hour past; the judge looks each minute, which sees hardly more."""

BURSTS = 60
CLOSED = 24
"""Hours in which a second alarm joins the first."""

LIMITS = surge.Limits()

LOUD_RATES = (1.0, 4.0)
"""Brands that have five bad posts an hour now and then: fewer are no surge, whatever they reach."""

HURTS = 500
MIDDLE, TAIL, CAP = 1.0, 1.5, 2_000
"""What a bad post reaches within its first hour: the median, the standard deviation of its ln, and no more than this."""


def run() -> Iterator[Figure]:
    worst = {Severity.YELLOW: 0.0, Severity.ORANGE: 0.0}
    found, tried = 0, 0
    for number, (rate, restless) in enumerate((rate, restless) for rate in RATES for restless in (0.0, 0.5)):
        year = Year(rate, restless, number)
        for severity, alarms in year.false_alarms().items():
            worst[severity] = max(worst[severity], alarms / WEEKS)
        hits, bursts = year.found()
        found, tried = found + hits, tried + bursts
    yield Figure(
        name="false surges that page, worst brand",
        value=round(worst[Severity.ORANGE], 3),
        unit="a week",
        beside="those that are shown and page nobody too",
        beside_value=round(worst[Severity.YELLOW], 3),
        wanted="<= 0.2",
    )
    yield Figure(name="ten times as much, paged within the hour", value=round(found / tried, 3), unit="of bursts")
    false, rises, raised, counted = 0.0, 0, 0, 0
    for number, (rate, restless) in enumerate((rate, restless) for rate in LOUD_RATES for restless in (0.0, 0.5)):
        reached = ReachedYear(rate, restless, number)
        false = max(false, reached.false_alarms() / WEEKS)
        hits, by_count, bursts = reached.found()
        rises, raised, counted = rises + hits, raised + bursts, counted + by_count
    yield Figure(
        name="false surges of reach, shown only, worst brand", value=round(false, 3), unit="a week", wanted="<= 0.2"
    )
    yield Figure(
        name="as many posts as usual that reach ten times as much, shown within the hour",
        value=round(rises / raised, 3),
        unit="of bursts",
        beside="by their number alone",
        beside_value=round(counted / raised, 3),
    )


class Year:
    """Fifty-two weeks: quiet nights, busy evenings, a weekend; `restless` is the squared coefficient of variation between hours."""

    def __init__(self, rate: float, restless: float, seed: int) -> None:
        rng = np.random.Generator(np.random.PCG64(seed))
        hours = np.arange(24 * 7 * WEEKS) + surge.hour_of(START)
        here = (hours + 8) % 24
        shape = np.where((here >= 1) & (here < 7), 0.15, 1.0) * (1 + 0.6 * np.sin((here - 14) / 24 * 2 * np.pi))
        shape *= np.where(((hours + 8) // 24 + 3) % 7 >= 5, 1.4, 1.0)
        self.mean: NDArray[np.float64] = rate * shape / shape.mean()
        swing = rng.gamma(1 / restless, restless, len(hours)) if restless else np.ones(len(hours))
        self.minutes = rng.poisson((self.mean * swing / LOOKS)[:, None], (len(hours), LOOKS))
        self.hours, self.rng = hours, rng
        self.counts = self.minutes.sum(axis=1)

    def usual(self, place: int, later: int = 0) -> surge.Usual:
        """What the hour that begins `later` looks after this one should bring, by the eight weeks before it."""
        before = range(max(0, place - 56 * 24), place)
        history = {int(self.hours[at]): int(self.counts[at]) for at in before}
        start = datetime.fromtimestamp(int(self.hours[place]) * 3600, UTC)
        return surge.usual(history, start + timedelta(hours=1 + later / LOOKS))

    def false_alarms(self) -> dict[Severity, int]:
        """Alarms by colour of a year in which nothing happened."""
        passed = np.concatenate([np.zeros(LOOKS, int), self.minutes.reshape(-1)]).cumsum()
        alarms = dict.fromkeys((Severity.YELLOW, Severity.ORANGE), 0)
        until = dict.fromkeys(alarms, 0)
        for place in range(len(self.hours) - 1):
            at = place * LOOKS
            seen = passed[at + 2 * LOOKS - 1 : at + 3 * LOOKS - 1] - passed[at + LOOKS - 1 : at + 2 * LOOKS - 1]
            if place < min(until.values()) or seen.max() < max(
                LIMITS.posts, 1.5 * self.mean[place : place + 2].min() + 3
            ):
                continue
            ends = min((self.usual(place), self.usual(place, LOOKS)), key=lambda usual: usual.mean)
            if LIMITS.colour(ends.chance(int(seen.max()))) is None:
                continue
            for severity in alarms:
                if place >= until[severity] and self.alarm(place, seen, severity):
                    alarms[severity] += 1
                    until[severity] = place + CLOSED
        return alarms

    def alarm(self, place: int, seen: NDArray[np.int64], severity: Severity) -> bool:
        """Whether one of the hours that begin in this one is a surge."""
        return any(
            count >= LIMITS.posts and (LIMITS.colour(self.usual(place, later).chance(int(count))) or 0) >= severity
            for later, count in enumerate(seen)
        )

    def found(self) -> tuple[int, int]:
        """Bursts of ten times the hour's mean, at least eight posts, put where history is long enough; and those found."""
        places = self.rng.integers(8 * 7 * 24, len(self.hours), BURSTS)
        hits = 0
        for place in map(int, places):
            burst = max(8, round(10 * float(self.mean[place]))) + int(self.counts[place])
            hits += (LIMITS.colour(self.usual(place).chance(burst)) or 0) >= Severity.ORANGE
        return hits, len(places)


class ReachedYear(Year):
    """The same, and what each post reaches within its hour: most nothing, a few very far."""

    def __init__(self, rate: float, restless: float, seed: int) -> None:
        super().__init__(rate, restless, seed)
        drawn = np.exp(self.rng.normal(np.log(MIDDLE), TAIL, int(self.minutes.sum())))
        self.reaches = np.minimum(drawn, CAP).astype(int)
        self.first = np.concatenate([[0], self.minutes.reshape(-1).cumsum()])
        self.reached = [self.together(LOOKS * place) for place in range(len(self.hours))]

    def posts(self, look: int) -> list[int]:
        """What the posts of the hour that begins with this look reach."""
        found: list[int] = self.reaches[self.first[look] : self.first[look + LOOKS]].tolist()
        return found

    def together(self, look: int) -> int:
        return surge.together(self.posts(look), HURTS)

    def usual_reach(self, place: int) -> surge.UsualReach | None:
        """What the hour should reach, by the eight weeks before it."""
        before = range(max(0, place - 56 * 24), place)
        hours = {int(self.hours[at]): (int(self.counts[at]), self.reached[at]) for at in before}
        return surge.usual_reach(hours, datetime.fromtimestamp(int(self.hours[place + 1]) * 3600, UTC))

    def false_alarms(self) -> int:  # type: ignore[override]
        """Alarms of a year in which nothing happened."""
        alarms, until = 0, 0
        typical = float(np.mean(self.reached)) / float(self.mean.mean())
        for place in range(len(self.hours) - 1):
            looks = range(LOOKS * place, LOOKS * (place + 1))
            parts = [part for look in looks if len(part := self.posts(look)) >= LIMITS.posts]
            most = max((surge.together(part, HURTS) for part in parts), default=0)
            if place < until or most < 2 * typical * self.mean[place : place + 2].min():
                continue
            usual = self.usual_reach(place)
            if usual is not None and LIMITS.colour(usual.chance(most)) is not None:
                alarms, until = alarms + 1, place + CLOSED
        return alarms

    def found(self) -> tuple[int, int, int]:  # type: ignore[override]
        """Hours of at least five posts that reach ten times as much: found by reach, found by their number, all."""
        loud = np.flatnonzero(self.counts[8 * 7 * 24 : -1] >= LIMITS.posts) + 8 * 7 * 24
        hits = counted = 0
        places = self.rng.choice(loud, min(BURSTS, len(loud)), replace=False)
        for place in map(int, places):
            usual, burst = (
                self.usual_reach(place),
                surge.together([10 * max(reach, 1) for reach in self.posts(LOOKS * place)], HURTS),
            )
            hits += usual is not None and LIMITS.colour(usual.chance(burst)) is not None
            counted += LIMITS.colour(self.usual(place).chance(int(self.counts[place]))) is not None
        return hits, counted, len(places)
