"""A wall clock that is wrong: it jumped while we ran, or is far from the last poll when we start. What waits must not wait for the old
time, nothing is let go by the new one until it is proved, and operators hear of it once."""

import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from alerts.words import span
from monitor.errors import DiskError
from monitor.model import Words, same
from monitor.pipeline.retention import AWAY, Trust
from monitor.ports import Clock, OpsNote
from monitor.timetable import JUMP

log = structlog.get_logger()


class Book(Protocol):
    """What the store does about it."""

    def newest_sign(self) -> datetime | None: ...
    def moved_back(self, now: datetime, by: timedelta) -> None: ...
    def note(self, note: OpsNote, receivers: Sequence[str], now: datetime) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Wall:
    """`ops`: who hears of it. `monotonic` tells two jumps of one size apart."""

    book: Book
    trust: Trust
    clock: Clock
    ops: Callable[[], Sequence[str]]
    monotonic: Callable[[], float]

    def jumped(self, seconds: float) -> None:
        """It jumped by so much just now."""
        off = round(seconds)
        said = Words(f"系统时钟跳了 {off:+} 秒", f"the wall clock jumped by {off:+} s")
        self._moved(timedelta(seconds=seconds), said, f"{int(self.monotonic())}:{off}")

    def started(self) -> None:
        """Nobody was there to see it: a machine may start with a wrong time, or may have been off for long."""
        now, last = self.clock.now(), self.book.newest_sign()
        if last is None or -timedelta(seconds=JUMP) <= now - last <= AWAY:
            return
        log.warning("the clock is far from the last poll", last=str(last))
        zh, en = span(abs(now - last), "zh"), span(abs(now - last), "en")
        if now < last:
            said = Words(f"启动时系统时钟比上次轮询早了 {zh}", f"at the start the clock is {en} before the last poll")
        else:
            said = Words(f"启动时离上次轮询已有 {zh}", f"at the start the last poll is {en} ago")
        self._moved(now - last, said, f"start:{last:%Y%m%dT%H%M%S}")

    def _moved(self, by: timedelta, said: Words, which: str) -> None:
        self.trust.doubt()
        now = self.clock.now()
        note = OpsNote(
            key=f"ops:clock:{which}",
            what=Words(
                f"{said.zh}；轮询和呼叫照常，一天内不清理旧数据",
                f"{said.en}; polls and pages go on, nothing old is let go for a day",
            ),
            where=same(socket.gethostname()),
            fix=Words(
                "检查这台机器的对时服务（timedatectl）；这一刻前后的时间可能不准",
                "Look at the host's time service (timedatectl); times of this moment may be off",
            ),
        )
        with suppress(DiskError):
            if by < timedelta(0):
                self.book.moved_back(now, -by)
            self.book.note(note, self.ops(), now)
