"""What a MediaCrawler of yours wrote, in any of its forms; see docs/sources/mediacrawler.md for whom its licence allows that."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Never

import httpx

from connectors import mediacrawler_rows
from monitor.errors import Failure, FeedError
from monitor.model import Sighting
from monitor.ports import Batch, Cursor

_CLOCK_SLACK = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class MediaCrawler:
    """`path`: its data folder, all of whose .jsonl, .json, .csv and .db files are read; or a file, or a pattern (`**/*.jsonl`).
    `crawled`: the platform of all of them, where neither folder nor columns tell."""

    path: str
    crawled: str = ""

    def __post_init__(self) -> None:
        known = sorted(set(mediacrawler_rows.FOLDERS.values()))
        if self.crawled and self.crawled not in known:
            raise ValueError(f"crawled is none of {', '.join(known)}")

    @property
    def platform(self) -> str:
        """None of its own: every row names one."""
        return ""

    @property
    def account(self) -> str:
        return ""

    @property
    def files(self) -> str:
        return self.path

    def first(self, cursor: Cursor) -> Never:  # noqa: ARG002 - there is nothing to ask for
        """Refused: files are read, not asked."""
        raise FeedError(Failure.MISCONFIGURED, f"{self.path} is local, to be read and not fetched")

    def parse(self, response: httpx.Response, cursor: Cursor, seen_at: datetime) -> Batch:  # noqa: ARG002
        """Refused: files are read, not asked."""
        self.first(cursor)

    def row(self, said: Mapping[str, Any], place: str, seen_at: datetime) -> Sighting | str:
        """What a row says, as of its own moment; or what is wrong with it."""
        found = mediacrawler_rows.row(said, place, seen_at, self.crawled)
        if isinstance(found, Sighting) and found.seen_at > seen_at + _CLOCK_SLACK:
            return f"{mediacrawler_rows.STAMP} lies in the future"
        return found
