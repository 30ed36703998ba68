"""Failures as they are ordered, over a real loopback port, through the real fetcher into the real connectors.

What each of them is to each connector is the campaign's: tests/campaign.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from connectors import load
from monitor.clock import VirtualClock
from monitor.errors import FeedError
from monitor.fetch import Fetcher
from monitor.model import Sighting
from monitor.ports import Batch, Cursor, Limits, Streaming
from monitor.sandbox.breaking import BOMB, bomb
from monitor.sandbox.faults import Order, Orders, read_order
from monitor.sandbox.server import WEIBO_TOKEN, app
from monitor.sandbox.serving import serving
from monitor.sandbox.stage import Stage, StageClock
from monitor.sandbox.weibo_push import SUBSCRIPTION
from monitor.sandbox.weibo_web import COOKIE
from monitor.sandbox.world import APP_ID, XHS_USER
from monitor.streams import Lines

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Leap(VirtualClock):
    """Goes as far as anybody sleeps."""

    async def sleep(self, seconds: float) -> None:
        self.advance(max(0.0, seconds))
        await asyncio.sleep(0)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Where the sandbox serves, at a moment that stands still."""
    stage = Stage("everywhere", 7, NOW - timedelta(hours=1), 75)
    stage.clock = StageClock(NOW, 75)
    with serving(app(stage, 7)) as address:
        yield address


@pytest.fixture
async def fetch() -> AsyncIterator[Fetcher]:
    fetcher = Fetcher(clock=Leap(NOW), rng=Random(7))
    yield fetcher
    await fetcher.aclose()


@pytest.fixture
def order(url: str) -> Iterator[Any]:
    """Orders a failure; what was not used up is forgotten with the test."""
    with httpx.Client(base_url=url, trust_env=False) as client:
        yield lambda **fault: client.post("/control/faults", json=fault)
        client.delete("/control/faults")


def connector(platform: str, url: str) -> Any:
    base = f"{url}/{platform}"
    match platform:
        case "weibo":
            return load("weibo")(token=SecretStr(WEIBO_TOKEN), base_url=base, search_base_url=base)
        case "weibo-push":
            return load("weibo-push")(subscription=SUBSCRIPTION, base_url=f"{url}/weibo")
        case "weibo-web":
            given = {"query": "星禾", "cookie": SecretStr(COOKIE), "permission": "法务, 2026-11-01"}
            return load("weibo-web")(base_url=f"{url}/mweibo", **given)
        case "rsshub":
            return load("rsshub")(base_url=base, route=f"/xiaohongshu/user/{XHS_USER}/notes")
        case "apple":
            return load("appstore")(app_id=APP_ID, base_url=base)
        case "heimao":
            return load("heimao")(base_url=base)
        case "bilibili":
            return load("bilibili")(query="星禾", buvid3=SecretStr("SANDBOX"), base_url=base)
        case "hotlists":
            return load("hotlist")(list="weibo", base_url=f"{base}/weibo")
        case _:
            return load("rss")(url=f"{base}/complaints.rss")


async def poll(fetch: Fetcher, tried: Any, *, total: float = 10.0) -> Batch:
    limits = Limits(feed="tried", allow_private=frozenset({"127.0.0.1"}), pace=0.0, total=total)
    if isinstance(tried, Streaming):
        return await listen(fetch, tried, limits)
    cursor: Cursor = {}
    batch: Batch = tried.parse(await fetch(tried.first(cursor), limits), cursor, NOW)
    looks_twice = hasattr(tried, "least_pace")
    while looks_twice and batch.next is not None and not batch.sightings:
        cursor = batch.cursor or cursor
        batch = tried.parse(await fetch(batch.next, limits), cursor, NOW)
    return batch


async def listen(fetch: Fetcher, tried: Any, limits: Limits) -> Batch:
    """Reads a stream until it is as whole as it was; what ends it sooner is its failure."""
    cursor: Cursor = {}
    seen: list[Sighting] = []
    async with fetch.stream(tried.open(cursor), limits, 0.3) as flow:
        if flow.response.status_code != 200:
            tried.parse(flow.response, cursor, NOW)
        lines = Lines()
        filling = asyncio.ensure_future(lines.fill(flow.pieces))
        while len(seen) < 50:
            batch = tried.feed(await lines.take(0.05), cursor, NOW)
            seen += batch.sightings
        filling.cancel()
    return Batch(sightings=tuple(seen))


@pytest.mark.parametrize("kind", ["quota", "expired_token", "http_500", "http_414", "drop", "login_redirect"])
async def test_a_failure_never_says_the_token(url: str, fetch: Fetcher, order: Any, kind: str) -> None:
    # The fetcher itself tries three times where that may help.
    assert order(platform="weibo", kind=kind, times=3).json() == {"ok": True}
    with pytest.raises(FeedError) as caught:
        await poll(fetch, connector("weibo", url))
    assert WEIBO_TOKEN not in str(caught.value)


async def test_a_failure_comes_as_often_as_it_was_ordered_and_only_on_its_platform(
    url: str, fetch: Fetcher, order: Any
) -> None:
    order(platform="weibo", kind="quota", times=2)
    assert (await poll(fetch, connector("feeds", url))).sightings
    for _ in range(2):
        with pytest.raises(FeedError, match="10023"):
            await poll(fetch, connector("weibo", url))
    assert (await poll(fetch, connector("weibo", url))).sightings


async def test_failures_come_in_the_order_in_which_they_were_ordered(url: str, fetch: Fetcher, order: Any) -> None:
    for kind in ("rate_limit", "expired_token"):
        order(platform="weibo", kind=kind)
    for code in ("10022", "21327"):
        with pytest.raises(FeedError, match=code):
            await poll(fetch, connector("weibo", url))


async def test_a_dropped_connection_is_tried_again_before_anyone_is_told(url: str, fetch: Fetcher, order: Any) -> None:
    order(platform="apple", kind="drop", times=2)
    assert (await poll(fetch, connector("apple", url))).sightings


async def test_apple_is_asked_again_for_a_page_that_was_empty_by_mistake(url: str, fetch: Fetcher, order: Any) -> None:
    order(platform="apple", kind="empty")
    batch = await poll(fetch, connector("apple", url))
    assert batch.next is not None
    again = await fetch(batch.next, Limits(feed="tried", allow_private=frozenset({"127.0.0.1"}), pace=0.0))
    assert connector("apple", url).parse(again, batch.cursor, NOW).sightings


async def test_who_is_rate_limited_hears_when_to_come_back(url: str, fetch: Fetcher, order: Any) -> None:
    order(platform="apple", kind="rate_limit")
    with pytest.raises(FeedError) as caught:
        await poll(fetch, connector("apple", url))
    assert caught.value.retry_after == 120


def test_half_a_megabyte_inflates_to_512() -> None:
    assert len(bomb()) < 600 * 1024
    assert BOMB == 512 * 1024 * 1024
    # gzip ends with the length of what it holds.
    assert int.from_bytes(bomb()[-4:], "little") == BOMB


@pytest.mark.parametrize(
    ("said", "named"),
    [
        (b"", "empty document"),
        (b"[]", "platform is one of weibo"),
        (b'{"platform": ["weibo"], "kind": "drop"}', "platform is one of weibo"),
        (b'{"platform": "weibo", "kind": {}}', "kind is one of bomb"),
        (b'{"platform": "douyin", "kind": "drop"}', "platform is one of weibo"),
        (b'{"platform": "apple", "kind": "expired_token"}', "kind is one of bomb"),
        (b'{"platform": "weibo", "kind": "drop", "times": 0}', "times is a number"),
        (b'{"platform": "weibo", "kind": "drop", "times": "3"}', "times is a number"),
        (b'{"platform": "weibo", "kind": "http_200"}', "kind is one of bomb"),
        (b'{"platform": "vendor", "kind": "drop"}', "kind is one of bad_signature"),
        (b'{"platform": "weibo", "kind": "drop", "after": -1}', "after is a number"),
        (b'{"platform": "weibo", "kind": "drop", "until": "2026-11-02T10:00"}', "until is an ISO moment"),
        (b'{"platform": "weibo", "kind": "drop", "since": 7}', "since is an ISO moment"),
    ],
)
def test_an_order_that_cannot_be_carried_out_is_refused_by_name(said: bytes, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        read_order(said)


def test_the_port_refuses_it_too(order: Any) -> None:
    answer = order(platform="apple", kind="quota")
    assert answer.status_code == 400
    assert "kind is one of" in answer.json()["error"]


def test_a_very_large_order_costs_nothing() -> None:
    orders = Orders()
    orders.add(Order(platform="weibo", kind="drop", times=10**12))
    assert orders.take("weibo", NOW) == orders.take("weibo", NOW) == "drop"


def test_a_failure_may_begin_and_end_at_a_moment_of_the_world() -> None:
    orders = Orders()
    orders.add(Order(platform="weibo", kind="expired_token", since=NOW, until=NOW + timedelta(minutes=5)))
    minutes = [orders.take("weibo", NOW + timedelta(minutes=minute)) for minute in (-1, 0, 4, 4, 5)]
    assert minutes == [None, "expired_token", "expired_token", "expired_token", None]


def test_a_failure_may_come_after_some_that_go_well() -> None:
    orders = Orders()
    orders.add(Order(platform="weibo", kind="drop", after=2))
    assert [orders.take("weibo", NOW) for _ in range(4)] == [None, None, "drop", None]


async def test_any_status_can_be_ordered(url: str, fetch: Fetcher, order: Any) -> None:
    assert order(platform="feeds", kind="http_599").json() == {"ok": True}
    with pytest.raises(FeedError, match="599"):
        await poll(fetch, connector("feeds", url))


async def test_a_cut_answer_breaks_off_in_its_middle(url: str, order: Any) -> None:
    order(platform="feeds", kind="cut")
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
        httpx.get(f"{url}/feeds/complaints.json", trust_env=False)


async def test_an_answer_in_gbk_says_so_and_is_the_same_text(url: str, order: Any) -> None:
    there = httpx.get(f"{url}/feeds/complaints.atom", trust_env=False)
    order(platform="feeds", kind="gbk")
    old = httpx.get(f"{url}/feeds/complaints.atom", trust_env=False)
    assert old.headers["content-type"].endswith("charset=GBK")
    assert old.content.decode("gb18030") == there.text.replace("UTF-8", "GBK")


def counted(url: str) -> list[tuple[str, int]]:
    asked = {"access_token": WEIBO_TOKEN, "q": "星禾", "count": "50"}
    said = httpx.get(f"{url}/weibo/2/search/statuses/limited.json", params=asked, trust_env=False).json()
    return [(status["idstr"], status["reposts_count"]) for status in said["statuses"]]


async def test_the_world_may_be_shown_wrongly(url: str, order: Any) -> None:
    true = counted(url)
    order(platform="weibo", kind="counts_down")
    less = counted(url)
    assert [one for one, _ in less] == [one for one, _ in true]
    assert sum(count for _, count in less) < 0.6 * sum(count for _, count in true)
    order(platform="weibo", kind="repeated")
    assert counted(url) == [one for one in true[:25] for _ in range(2)]
    order(platform="weibo", kind="out_of_order")
    mixed = counted(url)
    assert mixed != true
    assert len(set(mixed) & set(true)) > 40
    assert counted(url) == true
