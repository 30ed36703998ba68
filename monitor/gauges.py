"""What the metrics show of the store: counted every few seconds, so that a scrape costs no query."""

import shutil
from collections.abc import Collection, Sequence
from pathlib import Path

from monitor import metrics
from monitor.model import AWAKE, Severity
from monitor.ports import Counted, Counting


def remember(counting: Counting, feeds: Collection[str]) -> None:
    """What is known of feeds from before, so that a restart makes none look lost."""
    for feed in (feed for feed in counting.feeds() if feed.feed in feeds):
        if feed.last_ok is not None:
            metrics.FEED_OK.labels(feed.feed).set(feed.last_ok.timestamp())
        if feed.newest_post is not None:
            metrics.FEED_NEWEST.labels(feed.feed).set(feed.newest_post.timestamp())


def refresh(counting: Counting, database: Path, receivers: Sequence[str]) -> None:
    """Counts anew. `database`: the file whose size is shown."""
    counted, depths = counting.counted(), counting.outbox_depth()
    metrics.PENDING.set(counted.pending)
    metrics.TRACKED.set(counted.tracked)
    for state in AWAKE:
        for severity in Severity:
            metrics.OPEN.labels(state.value, severity.word).set(counted.states.get((state, severity), 0))
    for receiver in {*receivers, *depths}:
        metrics.OUTBOX.labels(receiver).set(depths.get(receiver, 0))
    _brands(counted)
    _disk(database)


def _brands(counted: Counted) -> None:
    for gauge, counts in (
        (metrics.BRAND_INCIDENTS, counted.brands),
        (metrics.BRAND_REPOSTS, counted.reposts),
        (metrics.BRAND_REPOSTS_EXPECTED, counted.expected),
    ):
        for label, count in metrics.by_brand(counts).items():
            gauge.labels(label).set(count)


def _disk(database: Path) -> None:
    files = [database, database.with_name(database.name + "-wal")]
    metrics.STORE_BYTES.set(sum(file.stat().st_size for file in files if file.exists()))
    metrics.STORE_FREE.set(shutil.disk_usage(database.parent).free)
