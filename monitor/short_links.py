"""Opens short links for people, by the rules of the feeds' requests: public addresses, a deadline, caps, no cookies."""

import asyncio
from dataclasses import dataclass
from random import Random
from urllib.parse import urlsplit

import structlog

from connectors.short_links import SITE, leads_to
from monitor.errors import FeedError
from monitor.fetch import Fetcher
from monitor.ports import Clock, Limits

log = structlog.get_logger()

TOTAL = 8.0
"""Real seconds of one try. Somebody waits for the answer, nobody else does."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ShortLinks:
    """`site`: where they are asked; "": nowhere. One that an operator named may lie at a private address."""

    clock: Clock
    site: str = SITE

    def __call__(self, link: str) -> str | None:
        """The address a short link leads to; None where that could not be told, which the log explains. Blocks its thread."""
        if not self.site:
            return None
        try:
            return asyncio.run(self._open(link))
        except FeedError as error:
            log.warning("a short link was not opened", error=str(error))
            return None

    async def _open(self, link: str) -> str:
        fetch = Fetcher(clock=self.clock, rng=Random())  # noqa: S311 - jitter, not secrets
        private = frozenset() if self.site == SITE else frozenset({urlsplit(self.site).hostname or ""})
        limits = Limits(feed="short-links", total=TOTAL, body=64 * 1024, allow_private=private)
        try:
            return await leads_to(fetch, link, limits, self.site)
        finally:
            await fetch.aclose()
