"""Coverage one can prove: whether the polls of a feed hang together, what its pages hide, and what it usually brings.

A feed that shows its newest items over and over overlaps with itself from poll to poll; where it suddenly does not, something came
and went between two looks. A feed that is asked for what is newer than a mark never overlaps, and is not held to it.
"""

import threading
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple
from zlib import crc32

import structlog

from alerts.words import SHANGHAI
from monitor import metrics
from monitor.model import NOTHING_TO_DO, Words, listed
from monitor.ports import Batch, FeedHour, OpsNote, Proofs, of_feed

log = structlog.get_logger()

REMEMBERED = 500
"""Items of the last walk that are known again."""

TRUSTED = 3
"""Polls that overlapped before one that does not is a gap."""

BLANKS_ASKED = 2
"""Times a blank page is asked for again before it is believed: sites serve one now and then in the midst of results."""

BLANKS_IN_A_ROW = 3
"""Blank polls of a feed that always shows something, after which operators are told."""

SLACK = 1.1
"""A site that speaks of more items than this many times those it showed has cut the walk off; its totals are rough."""

FLUSH_EVERY = timedelta(minutes=1)
HOUR = timedelta(hours=1)
HISTORY = 14 * 24
"""Hours from which the usual one is taken."""

FAMILIAR = 3
"""Days on which an hour was watched before anything is expected of it."""

SILENT = 7.0
"""Items that were to be expected, and of which not one came: by chance once in a thousand times."""


class Walked(NamedTuple):
    """What one walk proved. `new`: items that the walk before did not hold, none of the first after a start. `overlap` None: nobody
    can say."""

    items: int
    new: int
    overlap: bool | None
    capped: bool
    blank: bool


@dataclass
class _Trail:
    """What is known of a feed since the start: the last walk's items (None: it has not been walked), how often walks overlapped,
    how many in a row were blank."""

    last: "array[int] | None" = None
    overlaps: int = 0
    blanks: int = 0


@dataclass
class Walk:
    """One walk under way: what its pages held."""

    trail: _Trail
    pages: int = 0
    keys: dict[int, None] = field(default_factory=dict)
    facts: dict[str, float] = field(default_factory=dict)
    asked_again: int = 0
    times: list[datetime] = field(default_factory=list)

    def doubts(self, batch: Batch) -> bool:
        """Whether a page that holds nothing is asked for again: behind a page that promised it, or of a feed that always shows what
        it showed before. "Nothing has changed" is no blank page."""
        blank = not (batch.sightings or batch.gone or batch.rejected or batch.next or "unchanged" in batch.facts)
        doubted = blank and self.asked_again < BLANKS_ASKED and (self.pages > 0 or self.trail.overlaps >= TRUSTED)
        self.asked_again += doubted
        return doubted

    def saw(self, batch: Batch) -> None:
        """One page."""
        self.pages += 1
        self.keys |= dict.fromkeys(crc32(str(sighting.key).encode()) for sighting in batch.sightings)
        self.facts |= batch.facts
        self.times += [s.post.posted_at for s in batch.sightings if s.post is not None and s.post.posted_at]

    def proved(self, *, capped: bool) -> Walked:
        """What it came to."""
        last = set(self.trail.last or ())
        new = [key for key in self.keys if key not in last]
        blank = not self.keys and self.trail.overlaps >= TRUSTED and "unchanged" not in self.facts
        return Walked(
            items=len(self.keys),
            new=0 if self.trail.last is None else len(new),
            overlap=self._overlap(len(new) < len(self.keys), bool(last)),
            capped=capped
            or bool(self.facts.get("cap_hit"))
            or self.facts.get("expected", 0.0) > SLACK * len(self.keys),
            blank=blank,
        )

    def _overlap(self, shares: bool, before: bool) -> bool | None:
        if "overlap" in self.facts:
            return bool(self.facts["overlap"])
        if self.facts.get("overrun"):
            return False
        if not self.keys or not before:
            return None
        return True if shares else False if self.trail.overlaps >= TRUSTED else None


class Proving:
    """The proofs of all feeds; from any thread. `say`: tells operators, once for each key; `store`: where hours are kept."""

    def __init__(self, store: Proofs | None = None, say: Callable[[OpsNote, datetime], None] | None = None) -> None:
        self._store, self._say = store, say
        self._lock = threading.Lock()
        self._trails: dict[str, _Trail] = {}
        self._hours: dict[tuple[str, int], FeedHour] = {}
        self._flushed: datetime | None = None
        self._silent: set[str] = set()

    def walk(self, feed: str) -> Walk:
        """Begins a walk."""
        return Walk(self._trails.setdefault(feed, _Trail()))

    def ended(self, feed: str, walk: Walk, now: datetime, *, every: float, capped: bool = False) -> Walked:
        """Ends a walk that did not fail, and says what it proved."""
        walked, trail = walk.proved(capped=capped), walk.trail
        if walked.overlap is not None:
            metrics.FEED_OVERLAP.labels(feed).set(walked.overlap)
        if walked.overlap is False:
            self._gap(feed, walk, every, now)
        if walked.capped:
            metrics.CAP_HITS.inc()
            log.warning("a walk ended where the site ends it", feed=feed, pages=walk.pages, fix="poll it more often")
        if walk.asked_again:
            metrics.BLANK_PAGES.inc(walk.asked_again)
        trail.blanks = trail.blanks + 1 if walked.blank else 0
        if trail.blanks == BLANKS_IN_A_ROW:
            what = Words(
                f"连续 {BLANKS_IN_A_ROW} 次轮询都是空的，以前从不这样",
                f"shows nothing, {BLANKS_IN_A_ROW} polls in a row, although it always did",
            )
            fix = Words(
                "到网站上亲自看看：要求登录或被封就是这样", "Look at the site by hand: a login or a block looks so"
            )
            self._tell(f"blank:{feed}:{now:%Y%m%d}", feed, what, fix, now)
        trail.overlaps += walked.overlap is True
        if walk.keys or trail.last is None:
            trail.last = array("I", list(walk.keys)[:REMEMBERED])
        hour = int(now.timestamp() // 3600)
        gaps, caps = int(walked.overlap is False), int(walked.capped)
        self._count(FeedHour(feed, hour, 1, walked.new, gaps, caps, walk.asked_again))
        return walked

    def _gap(self, feed: str, walk: Walk, every: float, now: datetime) -> None:
        if "overrun" not in walk.facts:
            metrics.OVERRUNS.inc()
        wait = every / 2
        if len(walk.times) > 1:
            wait = min(wait, (max(walk.times) - min(walk.times)).total_seconds() / 2)
        option = f'every = "{max(30, round(wait))}s"'
        fix = Words(
            f"轮询得更勤些：{option}，前后两次才接得上", f"Poll it more often: {option} holds its pages together"
        )
        what = Words(
            "上一次轮询看到的一条都不在了：中间有漏掉的", "nothing of its last poll is left: items were missed"
        )
        log.warning("nothing of the last poll is left: some items may have been missed", feed=feed, fix=fix.en)
        self._tell(f"gap:{feed}:{now:%Y%m%d}", feed, what, fix, now)

    def _tell(self, key: str, feed: str, what: Words, fix: Words, now: datetime) -> None:
        if self._say is not None:
            self._say(OpsNote(key=key, what=what, where=of_feed(feed), fix=fix), now)

    def came(self, feed: str, items: int, now: datetime) -> None:
        """So many items came of themselves: by a stream, a delivery, a file that grew."""
        self._count(FeedHour(feed, int(now.timestamp() // 3600), items=items))

    def _count(self, more: FeedHour) -> None:
        with self._lock:
            before = self._hours.get(more[:2], FeedHour(*more[:2]))
            self._hours[more[:2]] = FeedHour(*more[:2], *(a + b for a, b in zip(before[2:], more[2:], strict=True)))

    def flush(
        self, now: datetime, *, feeds: Iterable[str] = (), listens: Iterable[str] = (), at_once: bool = False
    ) -> None:
        """Writes the hours down, once a minute: a kill loses a minute of numbers and no post. Then holds each of `feeds` against
        its usual hours. `listens`: those of which something comes by itself, so that to be there is to look."""
        if self._store is None or (not at_once and self._flushed is not None and now - self._flushed < FLUSH_EVERY):
            return
        self._flushed = now
        for feed in listens:
            self._count(FeedHour(feed, int(now.timestamp() // 3600), polls=1))
        with self._lock:
            hours, self._hours = list(self._hours.values()), {}
        self._store.add_feed_hours(hours, drop_before=int(now.timestamp() // 3600) - HISTORY - 24)
        for feed in feeds:
            self._hold(feed, self._store.feed_hours(feed), now)

    def _hold(self, feed: str, hours: Sequence[FeedHour], now: datetime) -> None:
        found = lately(hours, now, 1)
        metrics.ITEMS_SEEN.labels(feed).set(found.seen)
        if found.usual is not None:
            metrics.ITEMS_EXPECTED.labels(feed).set(found.usual)
        since = silent_since(hours, now)
        if since is None and feed in self._silent:
            self._silent.discard(feed)
            what = Words("又有内容了", "is silent no more")
            self._tell(f"silent:{feed}:over:{now:%Y%m%d%H}", feed, what, NOTHING_TO_DO, now)
        elif since is None:
            return
        elif feed not in self._silent:
            self._silent.add(feed)
            what = Words(
                f"从 {since.astimezone(SHANGHAI):%m-%d %H:%M} 起没有任何内容，而这个时段平时是有的",
                f"silent since {since:%Y-%m-%d %H:%M} UTC, at hours when it usually is not",
            )
            fix = Words(
                "到网站上亲自看看，再核对数据源的检索词；langyan check 会显示它的回答",
                "Look at the site by hand, and at the feed's query; langyan check shows what it answers",
            )
            self._tell(f"silent:{feed}:{since:%Y%m%d%H}", feed, what, fix, now)


# ── what is usual ───────────────────────────────────────────────────────────────────────────────────────────────────


class Lately(NamedTuple):
    """What some hours brought, and what they usually do; None: too new to say."""

    seen: int
    usual: float | None
    polls: int
    gaps: int
    caps: int
    blanks: int


def lately(hours: Sequence[FeedHour], now: datetime, count: int) -> Lately:
    """The last `count` whole hours of a feed against its own usual ones."""
    first = int(now.timestamp() // 3600) - count
    recent = [one for one in hours if first <= one.hour < first + count]
    usual = [_usual(hours, hour) for hour in range(first, first + count)]
    return Lately(
        seen=sum(one.items for one in recent),
        usual=None if None in usual else sum(filter(None, usual)),
        polls=sum(one.polls for one in recent),
        gaps=sum(one.gaps for one in recent),
        caps=sum(one.caps for one in recent),
        blanks=sum(one.blanks for one in recent),
    )


def silent_since(hours: Sequence[FeedHour], now: datetime) -> datetime | None:
    """Since when a feed that is polled has brought nothing although `SILENT` items were due; None: it is not silent."""
    by_hour = {one.hour: one for one in hours}
    hour, due = int(now.timestamp() // 3600) - 1, 0.0
    while (one := by_hour.get(hour)) is not None and one.polls and not one.items:
        due += _usual(hours, hour) or 0.0
        hour -= 1
    if due < SILENT:
        return None
    return datetime.fromtimestamp((hour + 1) * 3600, now.tzinfo)


def _usual(hours: Sequence[FeedHour], hour: int) -> float | None:
    """What the same hour of other days brought, the mean; the loudest of many days is left out, for a backlog is not usual."""
    same = sorted(one.items for one in hours if one.hour < hour and (hour - one.hour) % 24 == 0 and one.polls)
    if len(same) < FAMILIAR:
        return None
    usual = same[:-1] if len(same) > FAMILIAR else same
    return sum(usual) / len(usual)


def sentence(found: Lately, newest: timedelta | None) -> Words:
    """What the last day proves of a feed, for `langyan check`."""
    said = [Words(f"看了 {found.polls} 次，新内容 {found.seen} 条", f"{found.polls} looks, {found.seen} new items")]
    if found.usual is not None:
        said.append(Words(f"平时 {found.usual:.0f} 条", f"{found.usual:.0f} are usual"))
    for count, zh, en in (
        (found.gaps, "断档 {} 次", "{} gaps"),
        (found.caps, "没翻到底 {} 次", "{} walks cut off"),
        (found.blanks, "空页 {} 次", "{} blank pages"),
    ):
        said += [Words(zh.format(count), en.format(count))] if count else []
    if newest is not None:
        minutes = round(newest.total_seconds() / 60)
        said.append(Words(f"最新一条在 {minutes} 分钟前", f"newest {minutes} min old"))
    return listed(said)
