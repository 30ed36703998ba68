"""What the installation itself saw, as a recording: its posts, its sightings, what the scorer said of them then.

Posts first seen within the span are played, each with all its sightings. What older posts told is not there, so a story that
began before the span begins anew.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.model import Match, Passage, Post, PostKey, Sentiment, Sighting
from monitor.store import Store
from monitor.watch.target import NOBODY, About

AT_ONCE = 200
"""Mentions read from the store at a time."""

PORTION = timedelta(days=1)
"""Sightings held in memory at a time."""


@dataclass
class Remembered:
    """A store's past from `since` to `until`. `about`: the brands that are watched now; what concerned others is left out."""

    store: Store
    since: datetime
    until: datetime
    about: Mapping[str, About]
    backlog: set[PostKey] = field(default_factory=set)
    """Posts that came in a backlog, so that what they had at first sight was no news."""

    def __post_init__(self) -> None:
        self._posts: dict[int, Post] = {}
        self._matches: dict[PostKey, list[Match]] = {}
        self._said: dict[tuple[str, str, tuple[str, ...]], Sentiment] = {}
        after = 0
        while found := self.store.scored_since(self.since, after, AT_ONCE):
            after = found[-1].id
            for mention in found:
                if mention.brand not in self.about or mention.sentiment is None:
                    continue
                post, key = mention.post, mention.post.key
                self._posts[mention.post_id] = post
                match = Match(mention.brand, mention.confidence, "as it was matched then", post.product)
                self._matches.setdefault(key, []).append(match)
                names, _ = self.about.get(mention.brand, NOBODY)
                self._said[post.platform, post.words, tuple(names)] = mention.sentiment
                if mention.background:
                    self.backlog.add(key)

    def __len__(self) -> int:
        return len(self._posts)

    def match(self, post: Post) -> list[Match]:
        """Whom it concerned then."""
        return self._matches.get(post.key, [])

    def ask(self, passages: Sequence[Passage]) -> list[Sentiment | None]:
        """What was said of it then."""
        return [self._said.get((one.platform, one.text, tuple(one.names))) for one in passages]

    def sightings(self) -> Iterator[Sighting]:
        """Every look, in order; the first of a post brings its text."""
        told: set[int] = set()
        begin = self.since
        while begin < self.until:
            end = min(begin + PORTION, self.until)
            for post_id, look in self.store.looks_between(begin, end, self.since):
                post = self._posts.get(post_id)
                if post is None:
                    continue
                yield Sighting(
                    key=post.key,
                    seen_at=look.seen_at,
                    counts=look.counts,
                    availability=look.availability,
                    post=None if post_id in told else post,
                )
                told.add(post_id)
            begin = end
