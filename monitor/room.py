"""Room on the disk, and what is given up for the want of it, in this order: raw answers, letting go, reading feeds. Pages go on as long
as a page can be written down."""

import threading
from collections.abc import Callable
from enum import IntEnum
from typing import NamedTuple

import structlog

from monitor import metrics
from monitor.causes import Causes
from monitor.errors import DiskError
from monitor.model import Words

log = structlog.get_logger()

MIB = 1 << 20
CAUSE = "disk"
FIX = Words(
    "腾出空间（把 langyan backup 放到别处、调小 keep_days）或修好磁盘；之后一切自动恢复",
    "Make room (langyan backup elsewhere, fewer keep_days), or mend the disk; everything goes on by itself then",
)


class Level(IntEnum):
    """What is given up; each with everything before it."""

    NOTHING = 0
    ANSWERS = 1
    LETTING_GO = 2
    FEEDS = 3


class Disk(NamedTuple):
    """Bytes of the disk that holds the state."""

    total: int
    free: int


LEAST = ((Level.FEEDS, 128 * MIB, 0.02), (Level.LETTING_GO, 256 * MIB, 0.03), (Level.ANSWERS, 512 * MIB, 0.05))
"""Below so many bytes, or so large a part of a small disk, this is given up."""

SAYS = {
    Level.ANSWERS: Words("不再保存原始返回作为证据", "raw answers are no longer kept as evidence"),
    Level.LETTING_GO: Words(
        "不再保存原始返回作为证据，也不清理旧帖",
        "raw answers are no longer kept as evidence, and old posts are not let go",
    ),
    Level.FEEDS: Words(
        "有空间之前不再读取数据源；只要还写得下，呼叫照常",
        "feeds are not read until there is room; pages go on as long as one can be written down",
    ),
}


def level(disk: Disk) -> Level:
    """What is given up with so much room."""
    return next((what for what, least, part in LEAST if disk.free < min(least, part * disk.total)), Level.NOTHING)


class Room:
    """`look` is called every few seconds; from any thread. `writes`: proves that something can be written; DiskError where not."""

    def __init__(
        self, disk: Callable[[], Disk], writes: Callable[[], None], causes: Callable[[], Causes], place: str
    ) -> None:
        self._disk, self._writes, self._causes, self._place = disk, writes, causes, place
        self._lock = threading.Lock()
        self._problem = ""
        self._unsaid: Words | None = None
        self.level = Level.NOTHING

    @property
    def reads_feeds(self) -> bool:
        return self.level < Level.FEEDS

    @property
    def keeps_answers(self) -> bool:
        return self.level < Level.ANSWERS

    @property
    def lets_go(self) -> bool:
        return self.level < Level.LETTING_GO

    def ill(self) -> list[str]:
        """For health checks."""
        return [f"disk: {self._problem or SAYS[self.level].en}"] if self.level else []

    def refused(self, error: DiskError) -> None:
        """Something could not be written."""
        with self._lock:
            if not self._problem:
                log.error("the disk takes nothing", problem=str(error), given_up=SAYS[Level.FEEDS].en)
            self._problem, self.level = str(error), Level.FEEDS

    def look(self) -> None:
        """How it stands now; operators hear once when something is given up, and once when all is well again."""
        if self._problem:
            try:
                self._writes()
            except DiskError:
                self._tell(Level.FEEDS)
                return
            with self._lock:
                self._problem = ""
        self._tell(level(self._disk()))

    def _tell(self, now: Level) -> None:
        if now != self.level:
            log.warning("room on the disk", given_up=now.name.lower())
        self.level = now
        metrics.DISK_GIVEN_UP.set(now)
        try:
            if self._unsaid is not None:  # nobody could be told before this: the all-clear would be of nothing
                self._causes().begins(CAUSE, self._unsaid, where=self._place, fix=FIX)
                self._unsaid = None
            if now is Level.NOTHING:
                again = Words("又有空间了，一切恢复", "there is room again, and everything goes on")
                self._causes().ends(CAUSE, again, where=self._place)
            else:
                zh, en = (self._problem,) * 2 if self._problem else ("磁盘空间不足", "the disk is short of room")
                what = Words(f"{zh}：{SAYS[now].zh}", f"{en}: {SAYS[now].en}")
                self._unsaid = what
                self._causes().begins(CAUSE, what, where=self._place, fix=FIX)
                self._unsaid = None
        except DiskError:  # it is said as soon as it can be written down
            return
