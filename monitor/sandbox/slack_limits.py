"""What each method of the sandbox's Slack asks for: which scope, and how rarely it may be called. Seconds are the clock's."""

import math
from collections import deque
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Rule:
    """What a method needs: a scope ("" for none), and at most so many calls a minute. `app_level`: it takes an xapp token."""

    scope: str = ""
    per_minute: int = 600
    app_level: bool = False


_TIER_2, _TIER_3, _TIER_4 = 20, 50, 100

RULES = {
    "apps.connections.open": Rule("connections:write", _TIER_3, app_level=True),
    "auth.test": Rule(),
    "chat.delete": Rule("chat:write", _TIER_3),
    "chat.getPermalink": Rule(),
    "chat.postEphemeral": Rule("chat:write", _TIER_4),
    "chat.postMessage": Rule("chat:write"),
    "chat.update": Rule("chat:write", _TIER_3),
    "conversations.history": Rule("channels:history", _TIER_3),
    "conversations.info": Rule("channels:read", _TIER_3),
    "conversations.join": Rule("channels:join", _TIER_3),
    "conversations.members": Rule("channels:read", _TIER_4),
    "conversations.replies": Rule("channels:history", _TIER_3),
    "files.completeUploadExternal": Rule("files:write", _TIER_4),
    "files.getUploadURLExternal": Rule("files:write", _TIER_4),
    "files.info": Rule("files:read", _TIER_4),
    "usergroups.users.list": Rule("usergroups:read", _TIER_2),
    "users.info": Rule("users:read", _TIER_4),
    "views.open": Rule("", _TIER_4),
    "views.push": Rule("", _TIER_4),
    "views.update": Rule("", _TIER_4),
}
"""https://docs.slack.dev/apis/web-api/rate-limits; where Slack says "several hundred", 600. chat.postMessage has its `Bucket` too."""


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
    """At most `most` calls in any minute."""

    def __init__(self, most: int) -> None:
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
