"""One battle of the push stream: it is opened, broken off by a restart, opened again into the fault, and well again."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from time import monotonic

from benchmarks.campaign.ground import START, Books, Ground
from benchmarks.campaign.lanes import Lane, posts_by_key
from benchmarks.campaign.polling import PATIENCE, Run
from connectors.weibo_push import WeiboPush
from monitor.config import Feed
from monitor.sandbox.faults import Order
from monitor.sandbox.weibo_push import KEYWORD, SUBSCRIPTION
from monitor.streams import Streams

PUSH = Lane(
    name="weibo-push",
    type="weibo-push",
    platform="weibo-push",
    options=lambda url: {"subscription": SUBSCRIPTION, "base_url": f"{url}/weibo"},
)
SILENCE, SHORT_SILENCE = 5.0, 0.3
"""Real seconds without a byte, after which the connection is dead; less of them where it is ordered to be silent."""

GIVES_UP = 20.0
"""Real seconds after which what has not come is lost."""

_TIMES = 3


async def stream(ground: Ground, kind: str | None) -> Run:
    """Follows the push at the same moments as ever, into the fault or not."""
    books = ground.begin(_at(30))
    feed = PUSH.feed(ground.url, PATIENCE)
    await _follow(ground, books, feed, _at(25), _at(30))
    ground.clock.move_to(_at(45))
    if kind is not None:
        ground.stage.faults.add(Order(platform=PUSH.platform, kind=kind, times=_TIMES))
    hasty = replace(feed, timeout=SHORT_SILENCE) if kind == "slow" else feed
    await _follow(ground, books, hasty, _at(30), _at(45), SHORT_SILENCE if kind == "silent" else SILENCE)
    told = tuple(books.failures)
    ground.clock.move_to(_at(120 if ground.clock.now() < _at(120) else 600))
    await _follow(ground, books, feed, _at(30), _at(118))
    well = len(books.failures) == len(told)
    return Run(tally=posts_by_key(books.posts()), told=told, well=well, ends=ground.clock.now())


async def _follow(
    ground: Ground, books: Books, feed: Feed, since: datetime, until: datetime, silence: float = SILENCE
) -> None:
    """Until all of a span is there."""
    due = {
        post.native_id
        for post in ground.stage.world.posts
        if post.platform == "weibo" and KEYWORD in post.text and since < post.published_at <= until
    }
    streams = Streams(watch=ground.watch(books), open=ground.opening(books), busy=set(), silence=silence, gather=0.0)
    assert isinstance(feed.connector, WeiboPush)
    following = asyncio.ensure_future(streams.follow(feed, feed.connector))
    gives_up = monotonic() + GIVES_UP
    while not following.done() and monotonic() < gives_up and due - {key.native_id for key in books.last}:
        await asyncio.sleep(0.005)
    following.cancel()
    with suppress(asyncio.CancelledError):
        await following


def _at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)
