"""What Weibo says of posts that are known: their counts, a hundred at a time, or the whole posts, fifty at a time."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from connectors.counts import count
from connectors.weibo_status import id_of, statuses
from monitor.errors import Failure, FeedError
from monitor.model import Availability, Counts, PostKey, Sighting
from monitor.ports import Batch

MANY = 10
"""If not one of so many posts comes back, the answer is doubted, not the posts."""


def denied(posts: Sequence[PostKey], problem: str) -> Batch:
    """The whole answer is that there is no such post."""
    if len(posts) >= MANY:
        raise FeedError(Failure.TRANSIENT, f"Weibo denies {len(posts)} posts at once: {problem}")
    return Batch(gone=tuple(posts))


def counts_of(answer: Any, posts: Sequence[PostKey], seen_at: datetime) -> Batch:
    """An answer of statuses/count. What is deleted or hidden does not come back."""
    if not isinstance(answer, list):
        raise FeedError(Failure.SCHEMA_DRIFT, "the answer is not a list of counts")
    asked = {post.native_id: post for post in posts}
    sightings: list[Sighting] = []
    rejected: list[str] = []
    for item in answer:
        native_id = id_of(item) if isinstance(item, dict) else None
        if native_id is None:
            rejected.append("a count without an id")
        elif (key := asked.pop(native_id, None)) is not None:
            counts = Counts(
                reposts=count(item.get("reposts")),
                comments=count(item.get("comments")),
                likes=count(item.get("attitudes")),
            )
            sightings.append(Sighting(key=key, seen_at=seen_at, counts=counts))
    return _batch(sightings, rejected, asked.values(), len(posts))


def posts_of(answer: Any, posts: Sequence[PostKey], seen_at: datetime) -> Batch:
    """An answer of statuses/show_batch/biz, with long texts whole. A deleted post comes back as a notice, an unknown one not."""
    listed = answer.get("statuses") if isinstance(answer, dict) else None
    if not isinstance(listed, list):
        raise FeedError(Failure.SCHEMA_DRIFT, "the answer has no list of statuses")
    asked = {post.native_id: post for post in posts}
    found, _, rejected = statuses(listed, seen_at)
    told = [seen for seen in found if asked.pop(seen.key.native_id, None)]
    gone = [seen.key for seen in told if seen.availability is Availability.GONE]
    shown = [seen for seen in told if seen.availability is not Availability.GONE]
    batch = _batch(shown, rejected, asked.values(), len(posts) if not gone else 0)
    return replace(batch, gone=(*gone, *batch.gone))


def _batch(sightings: Sequence[Sighting], rejected: Sequence[str], missing: Iterable[PostKey], asked: int) -> Batch:
    if not sightings and asked >= MANY:
        raise FeedError(Failure.TRANSIENT, f"Weibo says nothing of any of {asked} posts")
    # An entry nobody could read may be the very one that seems to be missing.
    return Batch(
        sightings=tuple(sightings),
        gone=() if rejected else tuple(missing),
        rejected=tuple(rejected),
    )
