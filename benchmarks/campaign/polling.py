"""One battle of a way in that is polled: well, then under the fault, then well again."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from benchmarks.campaign.ground import START, Books, Ground
from benchmarks.campaign.lanes import Lane
from monitor.config import Feed
from monitor.feeds import Watch
from monitor.model import Availability, PostKey
from monitor.ports import Revisiting
from monitor.sandbox.faults import Order

MINUTES = (30, 40, 45, 50, 120, 600)
"""Of the world, at which it is polled."""

LATER, AT_ONCE = (40, 47), (30, 42)
"""When the fault begins and when it is over. The one that comes at once spares the first page."""

PATIENCE, IMPATIENCE = 10.0, 0.25
"""Real seconds that an answer may take; less of them where it is ordered to be slow."""

_SLOW = ("slow", "slow_bytes")
_LOOKED_AT = 20


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What became of one way in under one fault. `told`: the classes operators were told, in order; `lost` and `twice`: posts."""

    lane: str
    kind: str
    told: tuple[str, ...]
    lost: int
    twice: int
    well: bool
    """Whether its last look went well."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """What stood in the books at the end. `since`: how far back its feed owes what was published."""

    tally: Counter[str]
    told: tuple[str, ...]
    well: bool
    ends: datetime
    since: datetime = START - timedelta(days=365)


def cell(ground: Ground, lane: str, kind: str, run: Run, truth: Run) -> Cell:
    """A run held against one in which nothing happened. What a platform no longer shows is not owed."""
    missing, more = truth.tally - run.tally, run.tally - truth.tally
    posts = {key: ground.post(key) for key in missing | more}
    owed = {
        key for key, post in posts.items() if post is None or (post.shown(run.ends) and post.published_at >= run.since)
    }
    lost = sum(number for key, number in missing.items() if key in owed)
    twice = sum(number for key, number in more.items() if posts[key] is None)
    return Cell(lane=lane, kind=kind, told=run.told, lost=lost, twice=twice, well=run.well)


async def poll(ground: Ground, lane: Lane, kind: str | None, *, between_pages: bool = False) -> Run:
    """Polls a lane at the same moments as ever, at some of them under the fault; None: there is none."""
    begins, ends = AT_ONCE if between_pages else LATER
    books = ground.begin(_at(MINUTES[0]))
    watch, feed = ground.watch(books), lane.feed(ground.url, PATIENCE)
    hasty = replace(feed, timeout=IMPATIENCE) if kind in _SLOW else feed
    keys: list[PostKey] = []
    if lane.again:
        await watch.poll(feed)
        size = feed.connector.batch_size if isinstance(feed.connector, Revisiting) else 1
        keys = sorted(books.last, key=str)[: min(size, _LOOKED_AT)]
    if kind is not None:
        order = Order(platform=lane.platform, kind=kind, since=_at(begins), until=_at(ends), after=int(between_pages))
        ground.stage.faults.add(order)
    told = before = 0
    for minute in MINUTES:
        before = len(books.failures)
        await _look(ground, watch, hasty if minute < ends else feed, keys, minute)
        if minute < ends:
            told = len(books.failures)
        rests = books.store.feed_state(feed.name).rest_until
        if minute > ends and rests is not None and rests > ground.clock.now():
            ground.clock.move_to(rests + timedelta(seconds=2))
            await _look(ground, watch, feed, keys, minute)
    well = len(books.failures) == before and (lane.again or books.store.feed_state(feed.name).failure is None)
    run = Run(tally=_tally(lane, books, keys), told=tuple(books.failures[:told]), well=well, ends=ground.clock.now())
    # How far back a feed's first walk goes is for the feed to say.
    return replace(run, since=_at(MINUTES[0])) if between_pages else run


async def _look(ground: Ground, watch: Watch, feed: Feed, keys: list[PostKey], minute: int) -> None:
    ground.clock.move_to(_at(minute))
    if not keys:
        await watch.poll(feed)
    elif isinstance(feed.connector, Revisiting):
        await watch.look_again(feed, feed.connector, keys)


def _tally(lane: Lane, books: Books, keys: list[PostKey]) -> Counter[str]:
    if keys:
        return Counter(str(key) for key in keys if books.last[key] is not Availability.GONE)
    return lane.tally(books.posts())


def _at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)
