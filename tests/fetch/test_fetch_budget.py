"""What an account may spend, and that a restart refills nothing."""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor import metrics
from monitor.budget import SLICES, Budget, Spending
from monitor.errors import Failure, FeedError
from monitor.fetch import Fetcher
from monitor.ports import Limits

pytestmark = pytest.mark.anyio

LimitsOf = Callable[..., Limits]
Reply = Callable[..., bytes]
Make = Callable[..., Fetcher]
Site = Any

HALVES = Budget(limit=10, window=3600.0, shares={"discover": 0.5, "revisit": 0.5})
OVERLAP = Budget(limit=10, window=3600.0, shares={"discover": 0.7, "revisit": 0.5})


class Pages:
    """A book of budgets in memory; JSON, as a store would keep it."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}

    def budget(self, account: str) -> Mapping[str, Any] | None:
        return json.loads(self.pages[account]) if account in self.pages else None

    def save_budget(self, account: str, state: Mapping[str, Any]) -> None:
        self.pages[account] = json.dumps(state)


def spend(spending: Spending, purpose: str, now: float) -> int:
    """How many requests go through at this moment."""
    count = 0
    while spending.wait(purpose, now) == 0:
        spending.charge(purpose, now)
        count += 1
    return count


def test_shares_that_add_up_to_one_keep_purposes_apart() -> None:
    spending = Spending(HALVES)
    assert spend(spending, "discover", 0.0) == 5
    assert spend(spending, "revisit", 0.0) == 5


def test_shares_that_overlap_may_borrow_that_much_and_no_more() -> None:
    first_discover, first_revisit = Spending(OVERLAP), Spending(OVERLAP)
    assert (spend(first_discover, "discover", 0.0), spend(first_discover, "revisit", 0.0)) == (7, 3)
    assert (spend(first_revisit, "revisit", 0.0), spend(first_revisit, "discover", 0.0)) == (5, 5)


def test_a_purpose_without_a_share_may_use_all_and_one_with_none_nothing() -> None:
    assert spend(Spending(Budget(limit=4, window=60.0)), "discover", 0.0) == 4
    nothing = Spending(Budget(limit=4, window=60.0, shares={"discover": 0.0}))
    assert nothing.wait("discover", 0.0) == 60.0


def test_a_small_limit_still_lets_each_purpose_ask() -> None:
    one = Spending(Budget(limit=1, window=60.0, shares={"discover": 0.5, "revisit": 0.5}))
    assert (spend(one, "revisit", 0.0), spend(one, "discover", 0.0)) == (1, 0)


def test_the_wait_is_over_when_it_says_so() -> None:
    spending = Spending(HALVES)
    assert spend(spending, "discover", 100.0) == 5
    wait = spending.wait("discover", 200.0)
    assert 3500 <= wait <= 3600 + 3600 / SLICES
    assert spending.wait("discover", 200.0 + wait - 1) == pytest.approx(1)
    assert spend(spending, "discover", 200.0 + wait) == 5


def test_what_is_a_window_old_is_forgotten() -> None:
    spending = Spending(HALVES)
    for day in range(100):
        assert spend(spending, "discover", day * 86400.0) == 5
        assert spending.left(day * 86400.0) == 5
    assert len(spending.state()["discover"]) == 1


def test_a_refund_gives_one_request_back() -> None:
    spending = Spending(HALVES)
    spend(spending, "discover", 0.0)
    spending.refund("discover")
    assert spending.left(0.0) == 6
    assert spend(spending, "discover", 1.0) == 1


def test_a_lower_limit_or_another_window_keeps_what_was_spent() -> None:
    spending = Spending(HALVES)
    spend(spending, "discover", 0.0)
    smaller = Spending(Budget(limit=3, window=7200.0), spending.state())
    assert smaller.left(10.0) == 0
    assert smaller.wait("discover", 10.0) > 7000


def test_a_wrong_clock_does_not_lock_an_account_for_ever() -> None:
    spending = Spending(HALVES)
    spend(spending, "discover", 10_000_000.0)
    wait = spending.wait("discover", 0.0)
    assert 0 < wait <= 3600 + 3600 / SLICES
    assert spending.wait("discover", wait) == 0


@settings(max_examples=60)
@given(
    steps=st.lists(st.tuples(st.floats(0, 400), st.sampled_from(["discover", "revisit"]), st.booleans()), max_size=150)
)
def test_no_window_anywhere_holds_more_than_the_limit(steps: list[tuple[float, str, bool]]) -> None:
    spending, now = Spending(OVERLAP), 1_700_000_000.0
    went: list[tuple[float, str]] = []
    for pause, purpose, restart in steps:
        now += pause
        if restart:
            spending = Spending(OVERLAP, json.loads(json.dumps(spending.state())))
        if spending.wait(purpose, now) == 0:
            spending.charge(purpose, now)
            went.append((now, purpose))
    for moment, _ in went:
        inside = [purpose for at, purpose in went if moment <= at < moment + OVERLAP.window]
        assert len(inside) <= 10
        assert inside.count("discover") <= 7
        assert inside.count("revisit") <= 5


# ── in the fetcher ──────────────────────────────────────────────────────────────────────────────────────────────────


async def failing(fetch: Fetcher, request: httpx.Request, limits: Limits) -> FeedError:
    with pytest.raises(FeedError) as caught:
        await fetch(request, limits)
    return caught.value


async def test_a_spent_budget_asks_nobody_and_says_until_when(
    make: Make, site: Site, limits: LimitsOf, clock: Any
) -> None:
    fetch = make(budgets={"weibo": HALVES}, book=Pages())
    for _ in range(5):
        await fetch(site.get(), limits(account="weibo"))
    error = await failing(fetch, site.get(), limits(account="weibo", pace=60.0))
    assert (error.failure, len(site.received)) == (Failure.OVER_BUDGET, 5)
    assert error.retry_after is not None
    assert clock.slept == []
    await fetch(site.get(), limits(account="weibo", purpose="revisit"))
    await fetch(site.get(), limits(account="unlimited"))
    clock.advance(error.retry_after)
    await fetch(site.get(), limits(account="weibo"))


async def test_a_restart_refills_nothing(make: Make, site: Site, limits: LimitsOf, clock: Any) -> None:
    book = Pages()
    for _ in range(2):
        fetch = make(budgets={"weibo": HALVES}, book=book)
        for _ in range(3):
            await asyncio.gather(fetch(site.get(), limits(account="weibo")), return_exceptions=True)
    assert len(site.received) == 5


async def test_what_is_spent_is_written_before_the_request_leaves(make: Make, site: Site, limits: LimitsOf) -> None:
    book = Pages()
    written: list[bool] = []

    async def look(_: Any, writer: asyncio.StreamWriter) -> None:
        written.append("weibo" in book.pages)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")

    site.answers = [look]
    await make(budgets={"weibo": HALVES}, book=book)(site.get(), limits(account="weibo"))
    assert written == [True]


async def test_feeds_that_share_an_account_share_its_budget(make: Make, open_site: Any, limits: LimitsOf) -> None:
    sites = [await open_site() for _ in range(4)]
    fetch = make(budgets={"weibo": HALVES})
    asked = [fetch(site.get(), limits(feed=f"f{n}", account="weibo")) for n, site in enumerate(sites) for _ in range(3)]
    await asyncio.gather(*asked, return_exceptions=True)
    assert sum(len(site.received) for site in sites) == 5


async def test_every_try_and_every_redirect_is_a_request(
    make: Make, site: Site, limits: LimitsOf, reply: Reply
) -> None:
    fetch = make(budgets={"weibo": HALVES})
    site.answers = [reply(status=503), reply(status=302, location="/b"), reply()]
    await fetch(site.get(), limits(account="weibo"))
    assert metrics.REGISTRY.get_sample_value("langyan_quota_remaining", {"account": "weibo"}) == 7


async def test_a_request_that_never_left_is_not_counted(make: Make, site: Site, limits: LimitsOf) -> None:
    fetch, nowhere = make(budgets={"weibo": HALVES}, book=Pages()), httpx.Request("GET", "http://127.0.0.1:1/")
    await failing(fetch, nowhere, limits(account="weibo"))
    await failing(fetch, site.get(), limits(account="weibo", allow_private=frozenset()))
    assert metrics.REGISTRY.get_sample_value("langyan_quota_remaining", {"account": "weibo"}) == 10
