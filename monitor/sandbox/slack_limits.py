"""How often Slack lets an app call. Seconds are the clock's."""

import math
from collections import deque
from datetime import datetime


class Bucket:
    """One message a second after a small burst: what chat.postMessage allows each channel."""

    def __init__(self, burst: int) -> None:
        self._burst = burst
        self._tokens = float(burst)
        self._at: datetime | None = None

    def wait(self, now: datetime) -> int:
        """0: go on, and that was counted. Otherwise whole seconds until it is worth asking again."""
        gone = (now - self._at).total_seconds() if self._at else 0.0
        self._tokens = min(self._burst, self._tokens + max(0.0, gone))
        self._at = now
        if self._tokens >= 1:
            self._tokens -= 1
            return 0
        return max(1, math.ceil(1 - self._tokens))


class Window:
    """At most `most` calls in any minute: Slack's Tier 3 is 50, per method."""

    def __init__(self, most: int = 50) -> None:
        self._most = most
        self._calls: deque[datetime] = deque()

    def wait(self, now: datetime) -> int:
        """0: go on, and that was counted. Otherwise whole seconds until it is worth asking again."""
        while self._calls and (now - self._calls[0]).total_seconds() >= 60:
            self._calls.popleft()
        if len(self._calls) < self._most:
            self._calls.append(now)
            return 0
        return max(1, math.ceil(60 - (now - self._calls[0]).total_seconds()))
