"""Looking again at tracked posts: rows with a time, never jobs. What is worth a request goes out in a full batch."""

from collections.abc import Mapping, Sequence, Set
from datetime import datetime

from monitor.feeds import Source, Watch
from monitor.model import PostKey
from monitor.pipeline import again
from monitor.ports import Intake, Revisiting
from monitor.spread.revisit import Purse

LOOK_EVERY = 15.0
"""Clock seconds between two looks at which tracked posts are due."""


class Looking:
    """One feed of each platform, the first that can, with the purse of its account."""

    def __init__(self, feeds: Sequence[Source], intake: Intake, purses: Mapping[str, Purse]) -> None:
        self._intake = intake
        self._able: dict[str, tuple[Source, Revisiting]] = {}
        for feed in feeds:
            if isinstance(feed.connector, Revisiting):
                self._able.setdefault(feed.connector.platform, (feed, feed.connector))
        self._purses = {platform: purses.get(feed.account, Purse()) for platform, (feed, _) in self._able.items()}

    @property
    def platforms(self) -> tuple[str, ...]:
        return tuple(self._able)

    def chosen(self, platform: str, now: datetime, unanswered: Set[PostKey] = frozenset()) -> list[PostKey]:
        """The posts of the next request; empty: none is worth one now, or all of them have been asked for in vain: an answer
        that did not come leaves them due."""
        _, connector = self._able[platform]
        keys, purse = again.chosen(self._intake, platform, self._purses[platform], connector.batch_size, now)
        if unanswered >= set(keys):
            return []
        self._purses[platform] = purse
        return keys

    async def look(self, watch: Watch, platform: str, keys: Sequence[PostKey]) -> set[PostKey]:
        """Asks for the counts of the chosen posts. Returns those of which no answer speaks."""
        feed, connector = self._able[platform]
        return set(keys) - await watch.look_again(feed, connector, keys)
