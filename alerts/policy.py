"""When a living message is worth renewing, and when a message that did not go through is tried again. Pure."""

from bisect import bisect_right
from datetime import datetime, timedelta
from random import Random

from monitor.model import Forecast, Incident, Outcome, Receipt

MILESTONES = tuple(step * 10**power for power in range(9) for step in (1, 2, 5))
"""1, 2, 5, 10, 20, 50, …: each about twice the one before, and numbers that people think in."""

LONGEST_BACKOFF = 60.0
"""Seconds between two tries at most, while a receiver cannot be reached."""


def material(old: Incident, forecast: Forecast | None, posts: int) -> bool:
    """Whether what is known now differs enough from `old`, as last stored, to renew its message.

    The stored forecast is replaced at every look, so a comparison of two looks would never see slow growth. What counts
    is a milestone passed between them, which slow growth passes too.
    """
    if _step(posts) != _step(old.posts):
        return True
    if forecast is None:
        return False
    before = old.forecast
    if before is None or before.unit != forecast.unit:
        return True
    return _step(forecast.now) != _step(before.now) or _step(forecast.median) != _step(before.median)


def _step(amount: float) -> int:
    return bisect_right(MILESTONES, amount)


def retry_at(receipt: Receipt, attempts: int, now: datetime, rng: Random, *, settle_after: float) -> datetime | None:
    """When a row may be taken up again; None: it is over.

    `attempts` made so far, this one included. `settle_after`: seconds the other side may take to store what it was sent,
    before which looking for a message in doubt proves nothing. Jitter keeps receivers that failed together apart.
    """
    backoff = min(LONGEST_BACKOFF, 2.0 ** min(max(attempts - 1, 0), 10) * rng.uniform(1.0, 1.5))
    match receipt.outcome:
        case Outcome.SENT | Outcome.PERMANENT:
            return None
        case Outcome.AMBIGUOUS:
            wait = max(settle_after, backoff, receipt.retry_after or 0.0)
        case Outcome.RATE_LIMITED if receipt.retry_after is not None:
            wait = receipt.retry_after + rng.uniform(0.0, 0.5)
        case Outcome.RATE_LIMITED | Outcome.REFUSED:
            wait = backoff
    return now + timedelta(seconds=wait)
