"""Operators hear a day before a credential ends, once for each account, and again when another has taken its place."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import httpx
import pytest

from monitor.accounts import ASK, Accounts
from monitor.clock import VirtualClock
from monitor.config import Feed
from monitor.errors import Failure, FeedError
from monitor.feeds import Watch
from monitor.ports import Batch, Cursor, Limits
from monitor.store import Store
from monitor.watch.query import Matcher

pytestmark = pytest.mark.anyio

START = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@dataclass(frozen=True, kw_only=True)
class Site:
    """A site whose account says how it stands."""

    token: str

    platform = "weibo"

    @property
    def account(self) -> str:
        return f"site:{self.token}"

    def first(self, cursor: Cursor) -> httpx.Request:
        return httpx.Request("GET", "https://site.example/posts")

    def parse(self, response: httpx.Response, cursor: Cursor, seen_at: datetime) -> Batch:
        return Batch()

    def standing(self) -> Sequence[httpx.Request]:
        return (httpx.Request("GET", f"https://site.example/standing?token={self.token}"),)

    def parse_standing(self, response: httpx.Response, seen_at: datetime) -> Mapping[str, float]:
        return dict(response.json())


def feed(name: str, token: str) -> Feed:
    return Feed(
        name=name,
        type="site",
        brand="",
        connector=Site(token=token),
        every=60.0,
        account=f"site:{token}",
        pace=0.0,
        timeout=5.0,
        proxy=None,
        ca_file=None,
        allow_private=frozenset(),
    )


@dataclass(kw_only=True)
class House:
    """A store, a clock, and what the site says of each token."""

    clock: VirtualClock = field(default_factory=lambda: VirtualClock(START))
    store: Store = field(default_factory=lambda: Store.memory())
    ends: dict[str, datetime] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def fetch(self, request: httpx.Request, limits: Limits) -> httpx.Response:
        token = request.url.params["token"]
        self.asked.append(token)
        if token not in self.ends:
            raise FeedError(Failure.TRANSIENT, "nobody answers")
        return httpx.Response(200, json={"token_expires_at": self.ends[token].timestamp()}, request=request)

    def accounts(self, *feeds: Feed) -> Accounts:
        """As after a start."""

        async def aside(call: Callable[[], Any]) -> Any:
            return call()

        here: Callable[[Callable[[], Any]], Awaitable[Any]] = aside
        watch = Watch(
            intake=self.store,
            matcher=Matcher([]),
            fetch=self.fetch,
            rest=lambda *_: None,
            clock=self.clock,
            rng=Random(1),
            ops=("ops",),
            aside=here,
        )
        return Accounts(feeds, self.store, watch)

    def told(self) -> list[str]:
        return [str(row["key"]) for row in self.store.notifications()]


@pytest.fixture
def house() -> House:
    return House()


async def test_two_feeds_of_one_account_are_one_alarm_a_day_ahead_and_none_before(house: House) -> None:
    house.ends["a"] = START + timedelta(hours=30)
    accounts = house.accounts(feed("mentions", "a"), feed("search", "a"))
    await accounts.round()
    assert house.told() == []
    house.clock.advance(6.5 * 3600)
    await accounts.round()
    await accounts.round()
    assert house.told() == ["credential:mentions:ends:site:a:ops"]


async def test_a_restart_repeats_no_alarm_and_a_new_token_is_the_all_clear_once(house: House) -> None:
    house.ends |= {"a": START + timedelta(hours=20), "b": START + timedelta(days=30)}
    await house.accounts(feed("mentions", "a")).round()
    await house.accounts(feed("mentions", "a")).round()
    assert len(house.told()) == 1
    for _ in range(2):
        await house.accounts(feed("mentions", "b")).round()
    assert house.told()[-1].startswith("credential:mentions:fine:site:b")
    assert len(house.told()) == 2


async def test_a_token_renewed_in_time_after_an_all_clear_is_nothing_to_tell(house: House) -> None:
    house.ends |= {"a": START + timedelta(hours=2), "b": START + timedelta(days=30), "c": START + timedelta(days=60)}
    for token in ("a", "b", "c"):
        await house.accounts(feed("mentions", token)).round()
    assert len(house.told()) == 2


async def test_a_credential_that_never_was_in_danger_is_nothing_to_tell(house: House) -> None:
    house.ends |= {"a": START + timedelta(days=30), "b": START + timedelta(days=60)}
    await house.accounts(feed("mentions", "a")).round()
    await house.accounts(feed("mentions", "b")).round()
    assert house.told() == []


async def test_an_account_is_asked_rarely_and_its_silence_costs_nothing(house: House) -> None:
    accounts = house.accounts(feed("mentions", "a"))
    await accounts.round()
    await accounts.round()
    assert house.asked == ["a"]
    house.clock.advance(ASK.total_seconds())
    house.ends["a"] = START + timedelta(hours=8)
    await accounts.round()
    assert house.asked == ["a", "a"]
    assert len(house.told()) == 1


async def test_it_goes_on_for_as_long_as_it_is_awaited(house: House) -> None:
    house.ends["a"] = START + timedelta(hours=2)
    running = asyncio.ensure_future(house.accounts(feed("mentions", "a")).run())
    for _ in range(10):
        await asyncio.sleep(0)
        house.clock.advance(60)
    running.cancel()
    assert house.told()
