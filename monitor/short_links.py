"""Opens short links for people, by the rules of the feeds' requests: public addresses, a deadline, caps, no cookies."""

import asyncio
from dataclasses import dataclass
from random import Random

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
    """`allow_private`: names that may lie at a private address, where `site` is another than Xiaohongshu's own."""

    clock: Clock
    site: str = SITE
    allow_private: frozenset[str] = frozenset()

    def __call__(self, link: str) -> str | None:
        """The address a short link leads to; None where that could not be told, which the log explains. Blocks its thread."""
        try:
            return asyncio.run(self._open(link))
        except FeedError as error:
            log.warning("a short link was not opened", error=str(error))
            return None

    async def _open(self, link: str) -> str:
        fetch = Fetcher(clock=self.clock, rng=Random())  # noqa: S311 - jitter, not secrets
        limits = Limits(feed="short-links", total=TOTAL, body=64 * 1024, allow_private=self.allow_private)
        try:
            return await leads_to(fetch, link, limits, self.site)
        finally:
            await fetch.aclose()
