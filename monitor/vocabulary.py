"""The matcher of a running house: what the configuration says and what people added since, without a restart."""

import threading
from collections.abc import Sequence
from datetime import datetime

from monitor.model import Match, Post
from monitor.ports import Clock, Wording
from monitor.watch.added import extended
from monitor.watch.query import Assuming, Brand, Matcher


class Vocabulary:
    """Says whose post it is (`monitor.feeds.Matching`). From any thread."""

    def __init__(self, brands: Sequence[Brand], wording: Wording, clock: Clock) -> None:
        self._brands, self._wording, self._clock = brands, wording, clock
        self._lock = threading.Lock()
        self._matcher: Matcher | None = None
        self._until: datetime | None = None

    def heard(self, topic: str) -> None:
        """A commit of the store (`Store.on_commit`): new words count from the next post on."""
        if topic == "words":
            with self._lock:
                self._matcher = None

    def match(self, post: Post, assumed: str = "") -> list[Match]:
        return self._current().match(post, assumed)

    def assuming(self, brand: str) -> Assuming:
        return Assuming(self, brand)

    def _current(self) -> Matcher:
        with self._lock:
            now = self._clock.now()
            if self._matcher is None or (self._until is not None and now >= self._until):
                words = self._wording.words(now)
                self._matcher = Matcher(extended(self._brands, words))
                self._until = min((word.until for word in words if word.until is not None), default=None)
            return self._matcher
