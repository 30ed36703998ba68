"""What the metrics show of the store: counted every few seconds, so that a scrape costs no query."""

import shutil
from collections.abc import Collection, Sequence
from pathlib import Path

from monitor import metrics
from monitor.model import AWAKE, Severity
from monitor.ports import Counted, Counting


class Gauges:
    """`database`: the file whose size is shown. Feeds begin with what is known of them, so a restart makes none look lost."""

    def __init__(self, *, counting: Counting, database: Path, feeds: Collection[str], receivers: Sequence[str]) -> None:
        self._counting, self._database, self._receivers = counting, database, tuple(receivers)
        for feed in (feed for feed in counting.feeds() if feed.feed in feeds):
            if feed.last_ok is not None:
                metrics.FEED_OK.labels(feed.feed).set(feed.last_ok.timestamp())
            if feed.newest_post is not None:
                metrics.FEED_NEWEST.labels(feed.feed).set(feed.newest_post.timestamp())

    def refresh(self) -> None:
        """Counts anew."""
        counted, depths = self._counting.counted(), self._counting.outbox_depth()
        metrics.PENDING.set(counted.pending)
        metrics.TRACKED.set(counted.tracked)
        for state in AWAKE:
            for severity in Severity:
                metrics.OPEN.labels(state.value, severity.word).set(counted.states.get((state, severity), 0))
        for receiver in {*self._receivers, *depths}:
            metrics.OUTBOX.labels(receiver).set(depths.get(receiver, 0))
        self._brands(counted)
        self._disk()

    def _brands(self, counted: Counted) -> None:
        for gauge, counts in (
            (metrics.BRAND_INCIDENTS, counted.brands),
            (metrics.BRAND_REPOSTS, counted.reposts),
            (metrics.BRAND_REPOSTS_EXPECTED, counted.expected),
        ):
            for label, count in metrics.by_brand(counts).items():
                gauge.labels(label).set(count)

    def _disk(self) -> None:
        files = [self._database, self._database.with_name(self._database.name + "-wal")]
        metrics.STORE_BYTES.set(sum(file.stat().st_size for file in files if file.exists()))
        metrics.STORE_FREE.set(shutil.disk_usage(self._database.parent).free)
