"""Everything that may go wrong, by who must act.

LangyanError
├── ConfigError        the operator, now: the process does not start (exit 2)
├── StoreError         the operator, now: the database is newer than this program, locked, or not ours
│   └── DiskError      the operator, soon: the disk is full or read-only; whoever wrote tries again
├── FeedError          a feed did not give what it should; `failure` says which of the classes below
├── RecordingError     one line of a recording or import is damaged: that line is skipped and counted
└── DeliveryError      a delivery that was pushed cannot be taken: its sender is answered why
"""

import errno
from enum import StrEnum
from typing import Literal

from monitor.model import Words, same


class Failure(StrEnum):
    """The one enum for every way a feed can fail; the comment is the reaction."""

    AUTH_EXPIRED = "auth_expired"  # operator now; this credential rests until it changes or the slow probe
    CHALLENGE = "challenge"  # operator now; a human must look, nothing is solved by us
    BLOCKED = "blocked"  # operator now; the circuit stays open for hours
    MISCONFIGURED = "misconfigured"  # operator now; asking again changes nothing
    SCHEMA_DRIFT = "schema_drift"  # maintainer soon; the cursor stays where it was
    RATE_LIMITED = "rate_limited"  # nobody, wait
    OVER_BUDGET = "over_budget"  # nobody, wait: our own budget for this account is spent
    TRANSIENT = "transient"  # nobody, wait
    TOO_LARGE = "too_large"  # maintainer soon: body over its cap, or a compression bomb
    REFUSED = "refused"  # operator now: the address is private and was not allowed


NEEDS_OPERATOR = frozenset(
    {
        Failure.AUTH_EXPIRED,
        Failure.CHALLENGE,
        Failure.BLOCKED,
        Failure.MISCONFIGURED,
        Failure.SCHEMA_DRIFT,
        Failure.TOO_LARGE,
        Failure.REFUSED,
    }
)


class LangyanError(Exception):
    """Something went wrong; the message says what, where, and what to do. It never holds a secret. `said`: the same as people read it,
    where it is written in both languages; logs are English."""

    def __init__(self, said: str | Words) -> None:
        self.said = same(said) if isinstance(said, str) else said
        super().__init__(self.said.en)


class ConfigError(LangyanError):
    """The configuration cannot be used. `place` is the key's path or the file's line."""

    def __init__(self, place: str, problem: str, fix: str = "") -> None:
        stop = "" if problem.endswith("?") else "."
        super().__init__(": ".join(part for part in (place, problem) if part) + (f"{stop} {fix}" if fix else ""))
        self.place, self.problem, self.fix = place, problem, fix


class StoreError(LangyanError):
    """The database cannot be used as it is."""


FULL = (errno.ENOSPC, errno.EDQUOT)
"""What an OSError is numbered where there is no room: on the disk, or of what one may use of it."""


class DiskError(StoreError):
    """The disk takes nothing just now: it is full, read-only or failing. Nothing was written; what was to be is tried again."""


class FeedError(LangyanError):
    """A feed did not give what it should. `fix`: what to do, where more is known than the failure says; for people, in both languages."""

    def __init__(
        self, failure: Failure, problem: str, *, fix: Words | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(f"{failure}: {problem}" + (f". {fix.en}" if fix else ""))
        self.failure, self.problem, self.fix, self.retry_after = failure, problem, fix, retry_after


class RecordingError(LangyanError):
    """One line of a recording or an import cannot be read."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(f"line {line}: {problem}")
        self.line, self.problem = line, problem


class DeliveryError(LangyanError):
    """What was pushed to us cannot be taken as a whole. `kind`: "unreadable", "too_much" (it is to be cut in pieces) or "reused" (its
    id came before with another body). `fix` says what its sender can do."""

    def __init__(self, kind: Literal["unreadable", "too_much", "reused"], problem: str, fix: str) -> None:
        super().__init__(problem)
        self.kind, self.problem, self.fix = kind, problem, fix


def no_incident(number: int) -> StoreError:
    """For an incident that was asked for by its number and is not there."""
    return StoreError(Words(f"没有事件 {number}", f"there is no incident {number}"))
