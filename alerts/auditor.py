"""Watches over telling people: what is late, which loop stands still, and who is told in a receiver's place."""

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from monitor import metrics
from monitor.model import NOTHING_TO_DO, Severity, Words
from monitor.ports import PAGE_LASTS, Auditing, Clock, Late, OpsNote, all_clear, of_receiver

log = structlog.get_logger()

EVERY = 30.0
"""Clock seconds between two audits."""

FALL_BACK_EVERY = 1.0
"""Clock seconds between two looks for pages that others must be told of."""

PAGE_TARGET = timedelta(seconds=30)
"""A page decided this long ago and not confirmed is late."""

REPEAT_TARGET = timedelta(seconds=10)

_KINDS = {"page": ("page", "refused"), "repeat": ("repeat",)}
"""What the number of each kind counts: a page refused for good is as overdue as one that nobody answered."""


_SAYS = {
    "page": "pages overdue",
    "repeat": "repeats overdue",
    "refused": "pages refused",
}
"""Each cause as a health check names it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fallback:
    """Who is told in a receiver's place, how long after the decision, and from which level on."""

    to: tuple[str, ...]
    after: timedelta
    least: Severity = Severity.BLUE


class Auditor:
    """One loop beside those of the receivers. `ops`: who hears of it, once for each cause. `standing_still`: the receivers whose
    loops have not been heard of for too long."""

    def __init__(
        self,
        *,
        outbox: Auditing,
        clock: Clock,
        receivers: Sequence[str],
        fallbacks: Mapping[str, Fallback],
        ops: Sequence[str],
        standing_still: Callable[[], Collection[str]] = tuple,
    ) -> None:
        self._outbox, self._clock, self._receivers, self._fallbacks = outbox, clock, tuple(receivers), dict(fallbacks)
        self._ops, self._standing_still = tuple(ops), standing_still
        self._audited: float | None = None
        self._causes: set[tuple[str, str]] = set()
        for receiver in self._receivers:
            metrics.STANDING_STILL.labels(receiver).set(0)
            metrics.OLDEST.labels(receiver).set(0)

    def run(self, stop: threading.Event, wake: threading.Event) -> None:
        """Looks until `stop`. What is unexpected is raised: the process ends and starts afresh."""
        self._audited = self._clock.elapsed()  # what fell due while nobody ran is not late before it could go out
        while not stop.is_set():
            wake.clear()
            self.step()
            if not stop.is_set():
                self._clock.wait(stop, FALL_BACK_EVERY if self._fallbacks else EVERY)

    def step(self) -> None:
        """One look; an audit where the last is long enough ago."""
        now = self._clock.now()
        for receiver, fallback in self._fallbacks.items():
            if told := self._outbox.fall_back(receiver, fallback.to, now - fallback.after, now, fallback.least):
                metrics.FALLBACKS.labels(receiver).inc(told)
                log.error("not confirmed in time, so others are told", receiver=receiver, to=fallback.to, pages=told)
        if self._audited is None or self._clock.elapsed() - self._audited >= EVERY:
            self._audited = self._clock.elapsed()
            self._audit(now)

    def ill(self) -> list[str]:
        """For health checks: what is overdue or stands refused, for whom. A loop that stands still is named there anyway."""
        return [f"{_SAYS[cause]}: {receiver}" for receiver, cause in sorted(self._causes) if cause in _SAYS]

    def _audit(self, now: datetime) -> None:
        found_late = self._outbox.late(now - PAGE_TARGET, now - REPEAT_TARGET, now - PAGE_LASTS)
        late: dict[tuple[str, str], Late] = {(one.receiver, one.kind): one for one in found_late}
        still = set(self._standing_still())
        causes: set[tuple[str, str]] = {*late, *((receiver, "loop") for receiver in still)}
        for receiver in self._receivers:
            page = late.get((receiver, "page"))
            metrics.OLDEST.labels(receiver).set(page.since.timestamp() if page else 0)
            metrics.STANDING_STILL.labels(receiver).set(receiver in still)
        for kind, counted in _KINDS.items():
            metrics.OVERDUE.labels(kind).set(sum(one.count for one in found_late if one.kind in counted))
        for receiver, cause in sorted(causes - self._causes):
            found = late.get((receiver, cause))
            count = found.count if found else 0
            log.error("telling people is late", receiver=receiver, cause=cause, count=count)
            self._outbox.note(_note(receiver, cause, count, now), [name for name in self._ops if name != receiver], now)
        for receiver, cause in sorted(self._causes - causes):
            log.info("telling people is in time again", receiver=receiver, cause=cause)
            self._outbox.note(_over(receiver, cause, now), [name for name in self._ops if name != receiver], now)
        self._causes = causes


def _note(receiver: str, cause: str, count: int, now: datetime) -> OpsNote:
    what = {
        "page": Words(
            f"给 {receiver} 的呼叫决定发出后已过 {PAGE_TARGET.seconds} 秒，还没有确认送达",
            f"a page for {receiver} was decided more than {PAGE_TARGET.seconds} s ago and is not confirmed",
        ),
        "repeat": Words(
            f"给 {receiver} 的重复呼叫到时间了却没有发出", f"repeats of a page for {receiver} are due and do not go out"
        ),
        "refused": Words(
            f"{receiver} 拒收了 {count} 个呼叫，{receiver} 那边没有人收到；这些事件还没有结束",
            f"{receiver} refused {count} pages of incidents that are still open: nobody there heard of them",
        ),
        "loop": Words(f"负责通知 {receiver} 的环节停住了", f"the loop that tells {receiver} stands still"),
    }[cause]
    fix = {
        "refused": Words(
            "先看 langyan incidents list：没有别人收到的，打电话叫人。再运行 langyan check 看怎么修；换好令牌、频道或地址后会自动重发",
            "See langyan incidents list, and call people where nobody else got it. langyan check says how to mend it; with the token, "
            "channel or address put right they are sent again",
        )
    }.get(
        cause,
        Words(
            "看日志里接收方的回答，并运行 langyan check；呼叫会一直重试",
            "See the log for what the receiver answers, and langyan check; the page goes on being tried",
        ),
    )
    key = f"delivery:{receiver}:{cause}:{now:%Y%m%d%H}"
    return OpsNote(key=key, what=what, where=of_receiver(receiver), fix=fix)


def _over(receiver: str, cause: str, now: datetime) -> OpsNote:
    what = {
        "page": Words(f"给 {receiver} 的呼叫都已确认送达", f"every page for {receiver} is confirmed"),
        "repeat": Words(f"给 {receiver} 的重复呼叫恢复发出", f"repeats for {receiver} go out"),
        "refused": Words(
            f"{receiver} 拒收的呼叫已重发，或事件已结束",
            f"what {receiver} refused is told again, or its incident is over",
        ),
        "loop": Words(f"负责通知 {receiver} 的环节恢复运转", f"the loop that tells {receiver} goes on"),
    }[cause]
    key = f"delivery:{receiver}:{cause}:over:{now:%Y%m%d%H%M}"
    return OpsNote(key=key, what=all_clear(what), where=of_receiver(receiver), fix=NOTHING_TO_DO)
