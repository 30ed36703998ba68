"""What others hand over: a delivery that was pushed, a file that was brought, rows of a file that is followed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from monitor.model import Exhibit, Sighting
from monitor.pipeline import evidence
from monitor.pipeline.observe import Matching, Taken, record
from monitor.ports import Batch, Intake

BACKLOG = timedelta(days=1)
"""What is pushed or brought and was published longer ago is no news."""


def take_pushed(feed: str, batch: Batch, body: bytes, *, intake: Intake, matcher: Matching, now: datetime) -> Taken:
    """What somebody pushed: match, record. `body` empty: it is not to be kept."""
    exhibit = partial(evidence.of_push, feed, body, now) if body and not evidence.names_people(body) else None
    return _by_age(feed, batch, exhibit, intake=intake, matcher=matcher, now=now, walked=True)


def take_imported(feed: str, batch: Batch, *, intake: Intake, matcher: Matching, now: datetime) -> Taken:
    """What somebody brought in a file, which is theirs to keep."""
    return _by_age(feed, batch, None, intake=intake, matcher=matcher, now=now, walked=False)


def take_rows(
    feed: str,
    path: str,
    rows: Sequence[Mapping[str, Any] | str],
    batch: Batch,
    *,
    intake: Intake,
    matcher: Matching,
    background: bool,
    now: datetime,
) -> None:
    """Rows of a file that somebody else writes: match, record with the new cursor."""
    exhibit = partial(evidence.of_rows, feed, path, rows, now)
    record(feed, batch, exhibit, intake=intake, matcher=matcher, background=background, now=now)


def _by_age(
    feed: str,
    batch: Batch,
    exhibit: Callable[[], Exhibit] | None,
    *,
    intake: Intake,
    matcher: Matching,
    now: datetime,
    walked: bool,
) -> Taken:
    """Posts older than a day are backlog, the others news."""
    old: list[Sighting] = []
    new: list[Sighting] = []
    for sighting in batch.sightings:
        posted = sighting.post.posted_at if sighting.post else None
        (old if posted is not None and now - posted > BACKLOG else new).append(sighting)
    past, fresh = Batch(sightings=tuple(old)), replace(batch, sightings=tuple(new))
    first = record(feed, past, exhibit, intake=intake, matcher=matcher, background=True, now=now, walked=False)
    second = record(feed, fresh, exhibit, intake=intake, matcher=matcher, background=False, now=now, walked=walked)
    return Taken(*(a + b for a, b in zip(first, second, strict=True)))
