"""What one account may ask of one service, so that a refusal for asking too often is the exception. In memory, for any thread.

Each lane (a method, and the channel where limits are a channel's) is a leaky bucket: one request every so often, after a burst,
and one place that only pages may take. A lane that was told to wait rests, and the others do not.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

from alerts import policy
from monitor import metrics
from monitor.model import NotificationKind


class Lane(NamedTuple):
    """What is limited together: a method, or a method in one channel."""

    method: str
    where: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Allowance:
    """One request every `every` clock seconds, after a burst of `burst`."""

    every: float
    burst: int = 1


class Budget:
    """`allowances` by method; what is not among them is as slow as `policy.POST_EVERY`. `spent`: somebody has just used all of it, as
    after a restart."""

    def __init__(
        self, elapsed: Callable[[], float], allowances: Mapping[str, Allowance] | None = None, *, spent: bool = False
    ) -> None:
        self._elapsed, self._allowances = elapsed, dict(allowances or {})
        self._lock = threading.Lock()
        self._next: dict[Lane, float] = {}
        self._rest_until: dict[Lane, float] = {}
        self._spent_at = elapsed() if spent else None

    def spend(self) -> None:
        """Every lane is as if all of it had been used just now."""
        with self._lock:
            self._spent_at = self._elapsed()

    def wait(self, lane: Lane, *, page: bool) -> float:
        """Clock seconds until a request may go; 0.0: now. What is no page leaves one place to pages."""
        with self._lock:
            return self._wait(lane, page=page)

    def take(self, lane: Lane, *, page: bool) -> float:
        """0.0: go, it is counted. Otherwise how long to wait before asking again."""
        with self._lock:
            left = self._wait(lane, page=page)
            if left <= 0:
                self._next[lane] = max(self._elapsed(), self._due(lane)) + self._of(lane).every
            return left

    def ended(self, lane: Lane) -> None:
        """A request is over: where no two may follow at once, the next keeps its distance from the end, for nobody knows when
        it arrived."""
        if self._of(lane).burst > 1:
            return
        with self._lock:
            self._next[lane] = max(self._due(lane), self._elapsed() + self._of(lane).every)

    def rest(self, lane: Lane, seconds: float) -> None:
        """The other side asked for rest: nothing goes before it is over."""
        with self._lock:
            self._rest_until[lane] = max(self._rest_until.get(lane, 0.0), self._elapsed() + seconds)
        metrics.RATE_LIMIT_WAIT.labels(lane.method).inc(max(0.0, seconds))

    def _wait(self, lane: Lane, *, page: bool) -> float:
        allowance, now = self._of(lane), self._elapsed()
        spare = allowance.burst - (1 if page else 2)
        paced = self._due(lane) - spare * allowance.every - now
        return max(0.0, paced, self._rest_until.get(lane, now) - now)

    def _due(self, lane: Lane) -> float:
        """When the bucket will be full again."""
        known = self._next.get(lane)
        if self._spent_at is None:
            return -1e9 if known is None else known
        allowance = self._of(lane)
        return max(self._spent_at + allowance.burst * allowance.every, -1e9 if known is None else known)

    def _of(self, lane: Lane) -> Allowance:
        return self._allowances.get(lane.method, _CAREFUL)


_CAREFUL = Allowance(every=policy.POST_EVERY)


@runtime_checkable
class Paced(Protocol):
    """A channel whose requests are limited together with those of others that speak with the same token."""

    @property
    def budget(self) -> Budget: ...
    def lane(self, kind: NotificationKind) -> Lane: ...
