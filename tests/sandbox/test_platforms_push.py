"""The sandbox's push through the real socket into a real store: cuts on the way lose nothing and double nothing."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from monitor import check, config
from monitor.clock import RealClock
from monitor.feeds import Watch
from monitor.fetch import Fetcher
from monitor.ports import Streaming
from monitor.sandbox.faults import Order
from monitor.sandbox.server import app
from monitor.sandbox.serving import serving
from monitor.sandbox.stage import Stage, StageClock
from monitor.sandbox.weibo_push import KEYWORD, LATELY
from monitor.store import Store
from monitor.streams import Streams
from monitor.watch.query import Matcher

pytestmark = pytest.mark.anyio

START = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def configured(url: str, folder: Path) -> config.Config:
    feed = {"name": "push", "type": "weibo-push", "subscription": "10542", "base_url": f"{url}/weibo", "pace": "0s"}
    raw: dict[str, Any] = {
        "brand": [{"name": "星禾", "match": KEYWORD}],
        "feed": [{**feed, "allow_private": ["127.0.0.1"]}],
    }
    return config.build(raw, folder / "langyan.toml")


async def test_a_check_opens_the_stream_and_says_what_came_or_why_not(tmp_path: Path) -> None:
    stage = Stage("demo", 7, START, 75)
    stage.clock = StageClock(START + timedelta(hours=1), 75)
    with serving(app(stage, 7)) as url:
        settings = configured(url, tmp_path)
        fetch = Fetcher(clock=RealClock(), rng=Random(1))

        async def line() -> check.Line:
            found = await check.feeds(settings.feeds, fetch, fetch.stream, Matcher(settings.brands), RealClock())
            return found[0]

        fine = await line()
        stage.faults.add(Order(platform="weibo-push", kind="ip_limited"))
        refused = await line()
        await fetch.aclose()
    assert fine.ok
    assert f"{LATELY} concern a brand" in fine.says.en
    assert refused.fix is not None
    assert (refused.ok, "address" in refused.fix.en) == (False, True)


async def test_a_stream_that_breaks_off_again_and_again_brings_every_post_once(tmp_path: Path) -> None:
    stage = Stage("demo", 7, START, 75)
    stage.clock = StageClock(START + timedelta(hours=1), 75)
    stage.faults.add(Order(platform="weibo-push", kind="truncated", times=3))
    store, busy = Store.memory(), set[str]()
    with serving(app(stage, 7)) as url:
        settings = configured(url, tmp_path)
        (feed,) = settings.feeds
        assert isinstance(feed.connector, Streaming)
        fetch = Fetcher(clock=RealClock(), rng=Random(1))

        async def aside(call: Callable[[], Any]) -> Any:
            return await asyncio.to_thread(call)

        watch = Watch(
            intake=store, matcher=Matcher(settings.brands), fetch=fetch, rest=fetch.rest, clock=Hasty(), rng=Random(1),
            ops=(), aside=aside,
        )  # fmt: skip
        following = asyncio.ensure_future(
            Streams(watch=watch, open=fetch.stream, busy=busy).follow(feed, feed.connector)
        )
        wanted = [post for post in stage.world.published("weibo", stage.now()) if KEYWORD in post.text][:LATELY]
        async with asyncio.timeout(20):
            while store.totals()["posts"] < len(wanted):
                await asyncio.sleep(0.02)
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following
        await fetch.aclose()
    assert stage.faults.take("weibo-push", stage.now()) is None
    assert store.totals()["posts"] == len(wanted) == LATELY
    assert busy == set()


class Hasty(RealClock):
    """Waits for nobody."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)
