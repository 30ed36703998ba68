"""Posts that another program appends to a local file, a `langyan.post.v1` record a line."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Never

import httpx

from connectors import record
from monitor.errors import Failure, FeedError, RecordingError
from monitor.model import Sighting
from monitor.ports import Batch, Cursor

LINE_AT_MOST = 1024 * 1024 - 1
"""Bytes; a block in which no line ends holds a longer one, and that is skipped."""

FINGERPRINT = 64
"""The first bytes of the file, by which a new file under the old name is known."""

_CLOCK_SLACK = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class JsonLines:
    """A growing file, read from where the cursor stands. A new file under its name (rotation) is read from the start.

    The cursor holds `offset` (bytes), `head` (the file's first bytes, hex) and `skipping` within a line too long to read.
    Whoever rotates the file does so after it has been read: what was unread in the old one is not looked for.
    """

    path: str

    @property
    def platform(self) -> str:
        """None of its own: every line names one."""
        return ""

    @property
    def account(self) -> str:
        return ""

    def first(self, cursor: Cursor) -> Never:  # noqa: ARG002 - there is nothing to ask for
        """Refused: a file is read, not asked."""
        raise FeedError(Failure.MISCONFIGURED, f"{self.path} is a local file, to be read and not fetched")

    def parse(self, response: httpx.Response, cursor: Cursor, seen_at: datetime) -> Never:  # noqa: ARG002
        """Refused: a file is read, not asked."""
        self.first(cursor)

    def read(self, chunk: bytes, cursor: Cursor, seen_at: datetime) -> Batch:
        """The posts in the bytes that follow the cursor. An unfinished last line waits for its end."""
        offset, skipping = int(cursor.get("offset", 0)), bool(cursor.get("skipping", False))
        end = chunk.rfind(b"\n") + 1
        if end == 0 and len(chunk) <= LINE_AT_MOST:
            return Batch()
        start = chunk.find(b"\n") + 1 if skipping and end else 0
        sightings: list[Sighting] = []
        rejected: list[str] = []
        if end == 0:
            end = len(chunk)
            if not skipping:
                rejected.append(f"byte {offset}: the line is longer than {LINE_AT_MOST} bytes")
            skipping = True
        else:
            skipping = False
            self._lines(chunk[start:end], offset + start, seen_at, sightings, rejected)
        head = cursor.get("head") if offset else chunk[:FINGERPRINT].hex()
        return Batch(
            sightings=tuple(sightings),
            rejected=tuple(rejected),
            cursor={"offset": offset + end, "head": head, **({"skipping": True} if skipping else {})},
        )

    def _lines(self, block: bytes, at: int, seen_at: datetime, good: list[Sighting], bad: list[str]) -> None:
        for line in block.split(b"\n"):
            if line.strip():
                try:
                    found = record.sighting(line, at)
                except RecordingError as error:
                    bad.append(f"byte {at}: {error.problem}")
                else:
                    late = found.seen_at > seen_at + _CLOCK_SLACK
                    bad.append(f"byte {at}: collected_at lies in the future") if late else good.append(found)
            at += len(line) + 1
