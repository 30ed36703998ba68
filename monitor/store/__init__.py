"""The store: what was seen, judged and told, in one database. The only room that speaks SQL."""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import text

from monitor.clock import RealClock
from monitor.store.auditing import AuditingPart
from monitor.store.case import CasePart
from monitor.store.causes import CausesPart
from monitor.store.clockwork import ClockworkPart
from monitor.store.connections import Connections, InMemory, OnDisk, ReadOnly
from monitor.store.counting import CountingPart
from monitor.store.covering import CoveringPart
from monitor.store.deliveries import DeliveriesPart
from monitor.store.exhibits import ExhibitsPart
from monitor.store.forgetting import ForgettingPart
from monitor.store.handling import HandlingPart
from monitor.store.histories import HistoriesPart
from monitor.store.hours import HoursPart
from monitor.store.inbox import InboxPart
from monitor.store.intake import IntakePart
from monitor.store.judging import JudgingPart
from monitor.store.labels import LabelsPart
from monitor.store.looks import Looks
from monitor.store.outbox import OutboxPart
from monitor.store.proofs import ProofsPart
from monitor.store.reading import ReadingPart
from monitor.store.retention import RetentionPart
from monitor.store.trials import TrialsPart
from monitor.store.wording import WordingPart

LOOKS_KEPT = 10_000
"""Decoded looks kept in memory beside a file. Twice as many took three MiB more."""

LOOKS_KEPT_IN_MEMORY = 250_000

__all__ = ["Store"]


class Store(
    IntakePart, JudgingPart, HoursPart, HandlingPart, OutboxPart, CoveringPart, AuditingPart, ReadingPart, LabelsPart,
    HistoriesPart, InboxPart, WordingPart, ExhibitsPart, CasePart, TrialsPart, DeliveriesPart, ProofsPart,
    CausesPart, CountingPart, RetentionPart, ForgettingPart, ClockworkPart,
):  # fmt: skip
    """Intake, Deliveries, Judging, Handling, Outbox, Auditing, Reading, Histories, Keeping and Evidence (`monitor.ports`), labels, and what
    people do, on one database; from any thread."""

    @classmethod
    def open(cls, path: Path, *, hash_key: bytes, elapsed: Callable[[], float] | None = None) -> "Store":
        """A file, made or migrated as needed. `hash_key` hides author ids; `elapsed`: real monotonic seconds."""
        return cls(OnDisk(path, elapsed or RealClock().elapsed), hash_key, LOOKS_KEPT)

    @classmethod
    def memory(cls, *, hash_key: bytes = b"replay") -> "Store":
        """Gone with the process: for replay and tests."""
        return cls(InMemory(), hash_key, LOOKS_KEPT_IN_MEMORY)

    @classmethod
    def reading(cls, path: Path) -> "Store":
        """A file that a daemon may be writing, for reading alone."""
        return cls(ReadOnly(path), b"", LOOKS_KEPT)

    def __init__(self, connections: Connections, hash_key: bytes, looks_kept: int) -> None:
        self._db, self._hash_key = connections, hash_key
        self._looks = Looks(looks_kept)
        self._callbacks = []
        self._asked = {}
        self.keeps_answers = lambda: True

    def on_commit(self, callback: Callable[[str], None]) -> None:
        """`callback` hears of every commit that is somebody's work: `mentions` to score, `news` to judge, `outbox`,
        `inbox`, and `words` that people added."""
        self._callbacks.append(callback)

    def writer_stuck(self) -> float:
        """Seconds the oldest write has been waited for; 0.0 when nothing is."""
        return self._db.stuck()

    def write_something(self) -> None:
        """Proves that the disk takes something. DiskError where it does not."""
        self._db.write("deliver", lambda connection: connection.execute(text("PRAGMA user_version = 1")))

    def close(self) -> None:
        """Writes what was asked for and lets go of the database."""
        self._db.close()
