"""What reading costs: each connector's parse of a full answer, and a whole quiet poll with a store on disk, by the processor's time."""

import asyncio
import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random
from time import process_time
from typing import Any

import anyio
import httpx

from benchmarks.campaign.ground import START, Everything, Leap
from benchmarks.campaign.lanes import LANES, Lane
from benchmarks.measure import Figure
from monitor.demo import sandbox
from monitor.feeds import Watch
from monitor.fetch import Fetcher
from monitor.sandbox.server import app
from monitor.sandbox.stage import Stage, StageClock
from monitor.store import Store

TIMES = 60
ROUNDS = 40
FEEDS_A_MINUTE = 1_000
AT = START + timedelta(minutes=60)
ASKING = tuple(lane for lane in LANES if not lane.again)


def run() -> Iterator[Figure]:
    for lane, items, seconds in anyio.run(_parsing):
        if not items:
            continue  # its first answer is none to be counted by
        yield Figure(
            name=f"parse: {lane.name}, {items} items",
            value=round(1e6 * seconds / items, 1),
            unit="us of CPU an item",
        )
    cost = asyncio.run(_polling())
    yield Figure(name="parse: a quiet poll, request to store", value=round(1_000 * cost, 2), unit="ms of CPU")
    share = 100 * cost * FEEDS_A_MINUTE / 60
    yield Figure(name="parse: 1,000 feeds a minute", value=round(share, 1), unit="% of a core", wanted="<= 10")


async def _parsing() -> list[tuple[Lane, int, float]]:
    """A full first page of each, read over and over."""
    stage = Stage("everywhere", 7, START, 1.0)
    stage.clock = StageClock(AT, 1.0)
    found = []
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app(stage, 7)), base_url="http://sandbox") as client:
        for lane in ASKING:
            connector = lane.feed("http://sandbox", 5.0).connector
            answer = await client.send(connector.first({}))
            parse = partial(connector.parse, answer, {}, AT)
            items = len(parse().sightings)
            before = process_time()
            for _ in range(TIMES):
                parse()
            found.append((lane, items, (process_time() - before) / TIMES))
    return found


async def _polling() -> float:
    """CPU seconds of one poll of a feed that shows what it showed before, and now and then something new: the mean over all ways in.
    The sandbox is another process."""
    clock = Leap()
    clock.begin(AT)
    with tempfile.TemporaryDirectory(prefix="langyan-parse-") as folder, sandbox(7, 1.0, "everywhere", START) as world:
        httpx.post(
            f"{world['url']}/control/start", json={"start": START.isoformat(), "rate": 60}, trust_env=False
        ).raise_for_status()
        store = Store.open(Path(folder) / "langyan.db", hash_key=b"bench")
        fetcher = Fetcher(clock=clock, rng=Random(7))

        async def aside(call: Callable[[], Any]) -> Any:
            return await asyncio.to_thread(call)

        watch = Watch(
            intake=store, matcher=Everything(), fetch=fetcher, rest=fetcher.rest, clock=clock, rng=Random(7), ops=(), aside=aside
        )  # fmt: skip
        feeds = [lane.feed(world["url"], 10.0) for lane in ASKING]
        for feed in feeds:
            await watch.poll(feed)
        spent = 0.0
        for _ in range(ROUNDS):
            for feed in feeds:
                clock.advance(10)
                before = process_time()
                await watch.poll(feed)
                spent += process_time() - before
        await fetcher.aclose()
        store.close()
    return spent / (ROUNDS * len(feeds))
