"""What the sandbox's Slack wrote down of every call, and the questions that tests and benchmarks ask of it. Pure."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.sandbox.slack_faults import FaultKind


@dataclass(frozen=True, kw_only=True, slots=True)
class LedgerEntry:
    """One request, as the other side saw it.

    `outcome` is `ok`, Slack's error, or the fault that hid the answer. `stored`: it changed the channel, whatever the
    client was told. `key` is metadata.event_payload.key. `thread`: the parent it was posted under. `mentions`: whom it
    pinged. `fault`: what was ordered or drawn for it, `fault_seconds` for how long.
    """

    at: datetime
    method: str
    channel: str | None = None
    outcome: str = "ok"
    ts: str | None = None
    thread: str | None = None
    key: str | None = None
    stored: bool = False
    mentions: tuple[str, ...] = ()
    retry_after: int | None = None
    fault: FaultKind | None = None
    fault_seconds: float | None = None


class Ledger(list[LedgerEntry]):
    """Every call, in the order in which it came."""

    def posts_by_key(self) -> dict[str, list[str]]:
        """The ts of every message posted under an idempotency key. A key with two of them is a page sent twice."""
        found: dict[str, list[str]] = {}
        for entry in self._posts():
            if entry.key and entry.ts:
                found.setdefault(entry.key, []).append(entry.ts)
        return found

    def first_post(self, key: str) -> datetime | None:
        """When the first request that posted under this key came in; None: never."""
        return min((entry.at for entry in self._posts() if entry.key == key), default=None)

    def top_level(self, channel: str) -> int:
        """Messages that were posted into the channel itself and not into a thread."""
        return sum(entry.channel == channel and entry.thread is None for entry in self._posts())

    def edits(self) -> dict[str, int]:
        """How often each message was edited, by its ts."""
        return dict(Counter(entry.ts for entry in self if entry.method == "chat.update" and entry.stored and entry.ts))

    def pings(self) -> list[str]:
        """Everyone who was really mentioned, in order."""
        return [mention for entry in self if entry.stored for mention in entry.mentions]

    def over_limit(self) -> list[LedgerEntry]:
        """Requests that came faster than Slack allows; those met by an ordered 429 are not among them."""
        return [entry for entry in self if entry.outcome == "ratelimited" and entry.fault is None]

    def inside_retry_after(self) -> list[LedgerEntry]:
        """Requests sent before the Retry-After of an earlier 429 was over, whatever became of them.

        A limit of Slack's own holds for the method, and for chat.postMessage in the channel; one that was ordered holds
        for the method.
        """
        until: dict[tuple[str, str | None], datetime] = {}
        found = []
        for entry in self:
            places = ((entry.method, None), (entry.method, entry.channel))
            if any(place in until and entry.at < until[place] for place in places):
                found.append(entry)
            if entry.outcome == "ratelimited" and entry.retry_after is not None:
                ours = entry.fault is None and entry.method == "chat.postMessage"
                place = (entry.method, entry.channel if ours else None)
                until[place] = entry.at + timedelta(seconds=entry.retry_after)
        return found

    def _posts(self) -> list[LedgerEntry]:
        return [entry for entry in self if entry.method == "chat.postMessage" and entry.stored]
