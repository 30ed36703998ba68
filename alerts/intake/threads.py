"""The second ear: while buttons are not heard, 认领 in an incident's thread counts, for its threads are read.

Reading is asking, so it is rationed: one thread at each round, in turn, and only while a socket is deaf or there is none.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from monitor.ports import Clock, Inbox, Thread

AT_ONCE = 1
"""Threads read in one round. A round each five seconds is twelve requests a minute of the fifty that Slack allows (Tier 3); whoever
looks for a line in doubt needs the others."""

BACK = timedelta(hours=1)
"""How far back a thread is read at first: what was said before was heard, or is old."""

ENDED_FOR = timedelta(hours=1)
"""An incident that ended so lately may still be undone in its thread."""


class Asking(Protocol):
    """Reads a thread (`talk.Talk`)."""

    def replies(self, channel: str, ts: str, oldest: str) -> list[Mapping[str, Any]] | None: ...


@dataclass(frozen=True, slots=True)
class Ear:
    """One workspace: its name, who reads its threads, how many seconds its socket has been deaf."""

    name: str
    asking: Asking
    deaf_for: Callable[[], float]


class Threads:
    """`ears`: of each receiver. `hear`: takes what was said, as if it had come by the socket (`inbox.Switchboard.hear`).
    `after`: real seconds of deafness before threads are read."""

    def __init__(
        self,
        *,
        inbox: Inbox,
        ears: Mapping[str, Ear],
        hear: Callable[[str, str, str, Mapping[str, Any]], None],
        clock: Clock,
        after: float,
    ) -> None:
        self._inbox, self._ears, self._hear, self._clock, self._after = inbox, ears, hear, clock, after
        self._turn: deque[Thread] = deque()
        self._read_to: dict[tuple[str, str], str] = {}
        self._owed: set[str] = set()
        """Whose threads are read once more after they hear again: what was said last was said to nobody."""

    def step(self) -> bool:
        """One round. Never more at once, so it always says that there is no more to do."""
        if not self._turn:
            deaf = {ear.name for ear in self._ears.values() if ear.deaf_for() > self._after}
            wanted, self._owed = deaf | self._owed, deaf
            if not wanted:
                self._read_to.clear()
                return False
            found = self._inbox.threads(self._clock.now() - ENDED_FOR)
            self._turn.extend(thread for thread in found if self._ear_of(thread) in wanted)
        for _ in range(min(AT_ONCE, len(self._turn))):
            self._read(self._turn.popleft())
        return False

    def incident(self, channel: str, ts: str) -> int | None:
        """The incident whose message begins this thread."""
        threads = self._inbox.threads(self._clock.now() - ENDED_FOR)
        return next((one.incident_id for one in threads if (one.channel, one.ts) == (channel, ts)), None)

    def _ear_of(self, thread: Thread) -> str:
        ear = self._ears.get(thread.receiver)
        return ear.name if ear is not None else ""

    def _read(self, thread: Thread) -> None:
        ear = self._ears[thread.receiver]
        where = (thread.channel, thread.ts)
        oldest = self._read_to.get(where) or f"{(self._clock.now() - BACK).timestamp():.6f}"
        said = ear.asking.replies(thread.channel, thread.ts, oldest)
        for message in said or ():
            event = {"type": "message", **message, "channel": thread.channel, "thread_ts": thread.ts}
            self._hear(ear.name, "events_api", "", {"event": event})
        stamps = [str(message["ts"]) for message in said or () if isinstance(message.get("ts"), str)]
        if stamps:
            self._read_to[where] = max(stamps)
