"""What operators are told: once when something begins to be wrong, with what to do, and once when it is over."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from zlib import crc32

import structlog

from monitor.model import NOTHING_TO_DO, Words, same
from monitor.ports import CauseBook, Clock, OpsNote, all_clear

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Causes:
    """`ops`: who hears of it, asked each time. From any thread."""

    book: CauseBook
    ops: Callable[[], Sequence[str]]
    clock: Clock

    def begins(self, cause: str, what: Words, *, where: str, fix: Words) -> bool:
        """Something is wrong. Whether that is new. StoreError where it cannot be written down."""
        note = OpsNote(key=cause, what=what, where=same(where), fix=fix)
        new = self.book.open_cause(note, self.ops(), self.clock.now())
        if new:
            log.error(what.en, cause=cause, where=where, fix=fix.en)
        return new

    def also(self, cause: str, what: Words, *, where: str, fix: Words) -> None:
        """Something else is wrong under a cause that is open: said once an hour for each different thing."""
        now = self.clock.now()
        key = f"ops:{cause}:{crc32(what.en.encode()):08x}:{now:%Y%m%d%H}"
        self.book.note(OpsNote(key=key, what=what, where=same(where), fix=fix), self.ops(), now)
        log.error(what.en, cause=cause, where=where, fix=fix.en)

    def ends(self, cause: str, what: Words, *, where: str) -> bool:
        """It is over. Whether anybody had heard of it."""
        note = OpsNote(key=cause, what=all_clear(what), where=same(where), fix=NOTHING_TO_DO)
        over = self.book.close_cause(note, self.ops(), self.clock.now())
        if over:
            log.info(what.en, cause=cause, where=where)
        return over
