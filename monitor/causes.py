"""What operators are told: once when something begins to be wrong, with what to do, and once when it is over."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from monitor.model import NOTHING_TO_DO
from monitor.ports import CauseBook, Clock, OpsNote

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Causes:
    """`ops`: who hears of it, asked each time. From any thread."""

    book: CauseBook
    ops: Callable[[], Sequence[str]]
    clock: Clock

    def begins(self, cause: str, what: str, *, where: str, fix: str) -> bool:
        """Something is wrong. Whether that is new. StoreError where it cannot be written down."""
        new = self.book.open_cause(OpsNote(key=cause, what=what, where=where, fix=fix), self.ops(), self.clock.now())
        if new:
            log.error(what, cause=cause, where=where, fix=fix)
        return new

    def ends(self, cause: str, what: str, *, where: str) -> bool:
        """It is over. Whether anybody had heard of it."""
        note = OpsNote(key=cause, what=f"all clear: {what}", where=where, fix=NOTHING_TO_DO)
        over = self.book.close_cause(note, self.ops(), self.clock.now())
        if over:
            log.info(what, cause=cause, where=where)
        return over
