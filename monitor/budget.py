"""How many requests an account may still make, split by purpose. Pure; whoever spends writes the state down."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

SLICES = 60
"""A window is remembered in so many parts: small enough to write down with every request."""


class Book(Protocol):
    """Where budgets are written down; `ports.Intake` is one. What a restart finds there is what has been spent."""

    def budget(self, account: str) -> Mapping[str, Any] | None: ...
    def save_budget(self, account: str, state: Mapping[str, Any]) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Budget:
    """At most `limit` requests in any `window` seconds, and of those at most a share for each purpose.

    A share is a ceiling, not a reservation. Shares that add up to 1 keep the purposes apart; with 0.7 and 0.5 each may
    borrow a fifth that the other has not used, and 0.3 and 0.5 are always left for them. Nothing else is ever borrowed:
    what finding posts leaves unused is most needed for looking again at the very moment a post catches fire.
    """

    limit: int
    window: float
    shares: Mapping[str, float] = field(default_factory=dict)

    def ceiling(self, purpose: str) -> int:
        return min(self.limit, math.ceil(self.limit * self.shares.get(purpose, 1.0) - 1e-9))


class Spending:
    """What one account has spent. Moments are epoch seconds.

    The window slides, in parts of a sixtieth, and a part counts until its last request is surely a window old: so no
    window of the platform's own, wherever it begins, ever holds more than the limit.
    """

    def __init__(self, budget: Budget, state: Mapping[str, Any] | None = None) -> None:
        self.budget = budget
        self._part = budget.window / SLICES
        self._spent: dict[str, dict[float, int]] = {
            purpose: {float(start): int(count) for start, count in parts.items()}
            for purpose, parts in (state or {}).items()
        }

    def state(self) -> dict[str, dict[str, int]]:
        """As JSON: purpose, start of the part, requests. It outlives a change of limit, window or shares."""
        return {
            purpose: {repr(start): count for start, count in parts.items()} for purpose, parts in self._spent.items()
        }

    def left(self, now: float) -> int:
        self._forget(now)
        return max(0, self.budget.limit - sum(self._all().values()))

    def wait(self, purpose: str, now: float) -> float:
        """Seconds until a request for this purpose is in the budget; 0.0: it is now."""
        self._forget(now)
        own = self._free_at(self._spent.get(purpose, {}), self.budget.ceiling(purpose), now)
        return max(0.0, own - now, self._free_at(self._all(), self.budget.limit, now) - now)

    def charge(self, purpose: str, now: float) -> None:
        parts = self._spent.setdefault(purpose, {})
        start = now // self._part * self._part
        parts[start] = parts.get(start, 0) + 1

    def refund(self, purpose: str) -> None:
        """Takes back the newest request: it never left the house."""
        parts = self._spent[purpose]
        newest = max(parts)
        parts[newest] -= 1
        if not parts[newest]:
            del parts[newest]

    def _free_at(self, parts: Mapping[float, int], ceiling: int, now: float) -> float:
        too_many = sum(parts.values()) - ceiling + 1
        for start in sorted(parts):
            if too_many <= 0:
                return now
            too_many -= parts[start]
            if too_many <= 0:
                return self._ends(start)
        return now if too_many <= 0 else now + self.budget.window

    def _ends(self, start: float) -> float:
        return start + self._part + self.budget.window

    def _forget(self, now: float) -> None:
        for purpose, parts in self._spent.items():
            kept: dict[float, int] = {}
            for start, count in parts.items():
                # A part from the future was written under a wrong clock: it counts as spent just now, not for ever.
                moment = min(start, now // self._part * self._part)
                if self._ends(moment) > now:
                    kept[moment] = kept.get(moment, 0) + count
            self._spent[purpose] = kept

    def _all(self) -> dict[float, int]:
        parts: dict[float, int] = {}
        for one in self._spent.values():
            for start, count in one.items():
                parts[start] = parts.get(start, 0) + count
        return parts
