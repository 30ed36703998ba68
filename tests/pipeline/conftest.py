"""A small house: the real store in memory, the real rules, a scorer that finds what it is told to find."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from monitor import fittings
from monitor.model import (
    Availability,
    Count,
    Counts,
    Incident,
    IncidentState,
    Match,
    Passage,
    Post,
    PostKey,
    Sentiment,
    Severity,
    Sighting,
)
from monitor.pipeline import judge, score
from monitor.ports import Judgement
from monitor.store import Store
from monitor.triage.severity import Thresholds

BRAND = "星禾"
RECEIVER = "crisis"


class Rooms:
    """What was seen goes in; what people are told comes out."""

    def __init__(self, **given: Any) -> None:
        self.store = Store.memory()
        rules = {
            "forecaster": fittings.forecaster(),
            "thresholds": Thresholds(),
            "pages_at": Severity.ORANGE,
            "receivers": (RECEIVER,),
        }
        self.rules = judge.Rules(**{**rules, **given})

    def see(
        self, post: Post, reposts: int, now: datetime, *, brands: Sequence[str] = (BRAND,), background: bool = False
    ) -> None:
        """A feed shows a post."""
        sighting = Sighting(key=post.key, seen_at=now, counts=Counts(reposts=Count(reposts)), post=post)
        matches = {post.key: [Match(brand, 1.0, brand) for brand in brands]}
        self.store.record("feed", [sighting], matches, now=now, background=background)

    def spot(self, post: Post, counts: Counts, now: datetime, *, seen_at: datetime | None = None) -> None:
        """A feed shows a post with any counts, perhaps with a clock of its own."""
        sighting = Sighting(key=post.key, seen_at=seen_at or now, counts=counts, post=post)
        self.store.record("feed", [sighting], {post.key: [Match(BRAND, 1.0, BRAND)]}, now=now)

    def look(
        self, key: PostKey, reposts: int, now: datetime, availability: Availability = Availability.VISIBLE
    ) -> None:
        """A known post is looked at again."""
        counts = Counts(reposts=Count(reposts))
        sighting = Sighting(key=key, seen_at=now, counts=counts, availability=availability)
        self.store.record("feed", [sighting], {}, now=now, walk_done=False)

    def judge(self, now: datetime) -> list[tuple[Judgement, int]]:
        """Scores and judges everything that waits."""
        while score.score(self.store, says, {}, limit=64, now=now):
            continue
        return judge.judge(self.store, self.rules, limit=10_000, now=now)

    def incidents(self) -> list[Incident]:
        return self.store.incidents(list(IncidentState), 100)

    def told(self, kind: str = "root") -> list[str]:
        """The keys of what stands in the outbox."""
        return [row["key"] for row in self.store.notifications() if row["kind"] == kind]


def says(passages: Sequence[Passage]) -> list[Sentiment | None]:
    """Bad unless the text says 好喝; a text that says 毒 kills the scorer."""
    return [
        None
        if "毒" in passage.text
        else Sentiment(negative=0.05, aimed=0.05, engine="test", version="1")
        if "好喝" in passage.text
        else Sentiment(negative=0.98, aimed=0.98, evidence=("虫子",), engine="test", version="1")
        for passage in passages
    ]


@pytest.fixture
def rooms() -> Rooms:
    return Rooms()
