"""What is old is let go, in small steps; nothing is, while the clock may be wrong."""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from monitor.ports import Ageing, Retaining

log = structlog.get_logger()

STEPS = 5
"""Transactions before others have their turn."""

ROUND = 3600.0
"""Real seconds between two walks through everything."""

DOUBTED = 86_400.0
"""Real seconds for which a clock that jumped is not believed."""

AWAY = timedelta(days=7)
"""A clock so far ahead of the last sign of life is not believed at once either: it may be the clock, not the absence."""


class Trust:
    """Whether the wall clock may be believed where believing it destroys something. `elapsed`: real monotonic seconds."""

    def __init__(self, elapsed: Callable[[], float]) -> None:
        self._elapsed, self._from = elapsed, 0.0

    def doubt(self) -> None:
        """The clock jumped, or seems far off."""
        self._from = self._elapsed() + DOUBTED

    def __bool__(self) -> bool:
        return self._elapsed() >= self._from


class Retention:
    """Walks through incidents, posts, stories and notes, again and again. `keep`: posts and notes; `evidence`: incidents, once they are
    over, with everything that belongs to them."""

    def __init__(
        self, store: Retaining, keep: timedelta, evidence: timedelta, trust: Trust, elapsed: Callable[[], float]
    ) -> None:
        self._store, self._trust, self._elapsed = store, trust, elapsed
        self._keep: dict[Ageing, timedelta] = {
            "incident": max(keep, evidence),
            "post": keep,
            "story": keep,
            "notification": keep,
        }
        self._at = dict.fromkeys(self._keep, 0)
        self._left: list[Ageing] = []
        self._next_round: float | None = None

    def step(self, now: datetime) -> bool:
        """Some small transactions. Never more to do at once: what is old can wait for the sweep."""
        if self._next_round is None:
            self._next_round = self._elapsed()
            last = self._store.newest_sign()
            if last is not None and now - last > AWAY:
                log.warning("nothing is let go today: the clock is far ahead of the last sign of life", last=str(last))
                self._trust.doubt()
        if not self._left and self._elapsed() >= self._next_round:
            self._left = list(self._keep)
            self._next_round = self._elapsed() + ROUND
        for _ in range(STEPS):
            if not self._left or not self._trust:
                break
            kind = self._left[0]
            went_to = self._store.let_go(kind, self._at[kind], now - self._keep[kind])
            self._at[kind] = went_to or 0
            if went_to is None:
                self._left.pop(0)
        return False
