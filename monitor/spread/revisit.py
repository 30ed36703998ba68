"""When to look at a tracked post again: soon where a look may change the decision, seldom where it will not. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from monitor.model import Availability, Forecast, Look

HOPELESS = timedelta(hours=72)
"""Nothing is tracked for longer."""

CALM = timedelta(hours=24)
"""Nothing visible is given up sooner: one viral post in six has hardly begun after an hour."""

NEGLIGIBLE = 0.05
"""After `CALM`, expected growth below this share ends the tracking."""

HARMLESS = 0.15
"""Below this P(bad for the brand) no spread makes a page."""

DOUBT = 0.35
"""From this risk on the next look may decide."""

DECIDED = 0.8
"""From this risk on it has been decided."""

FIRST_HOUR = timedelta(hours=1)


def next_look(
    forecast: Forecast | None, looks: Sequence[Look], born: datetime, now: datetime, aimed: float
) -> datetime | None:
    """When to look next, after `now`; None: no more. `aimed` is P(bad for the brand)."""
    if looks and looks[-1].availability is Availability.GONE:
        return None
    age = now - born
    if age >= HOPELESS or (age >= CALM and forecast is not None and _spent(forecast)):
        return None
    last = min(looks[-1].seen_at, now) if looks else now
    return max(last + _gap(forecast, len(looks), age, aimed), now + timedelta(minutes=1))


def _spent(forecast: Forecast) -> bool:
    """Whether next to nothing is still to come."""
    return forecast.median - forecast.now < NEGLIGIBLE * max(forecast.now, 1)


def _gap(forecast: Forecast | None, looks: int, age: timedelta, aimed: float) -> timedelta:
    """How long the post may be left alone."""
    if aimed < HARMLESS:
        return timedelta(minutes=60)
    if forecast is not None and forecast.p_viral is not None:
        risk = aimed * forecast.p_viral
        if risk >= DECIDED:
            return timedelta(minutes=30)
        if risk >= DOUBT:
            return timedelta(minutes=3)
    if age < FIRST_HOUR:
        return timedelta(minutes=3 if looks < 3 else 5)
    return min(max(0.4 * age, timedelta(minutes=10)), timedelta(minutes=60))
