"""Polling, from a connector's request to what stands in the store: walks, kills, failures, revisits."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from monitor import metrics
from monitor.clock import VirtualClock
from monitor.errors import NEEDS_OPERATOR, Failure, FeedError
from monitor.feeds import Watch
from monitor.model import Author, Availability, Count, Counts, Mention, Post, PostKey, Sighting, Words
from monitor.pipeline import score
from monitor.pipeline.observe import FIXES, mending
from monitor.ports import Batch, Cursor, Limits
from monitor.store import Store
from monitor.watch.query import Brand, Matcher, Query
from tests.builders import NOON, a_post
from tests.pipeline.conftest import says

pytestmark = pytest.mark.anyio

SECRET = "2.00TopSecretToken"
Answer = Batch | FeedError


@dataclass
class Site:
    """A connector whose site says what it was told to say, request by request."""

    answers: list[Answer]
    asked: list[Cursor] = field(default_factory=list)
    again: Batch | FeedError = field(default_factory=Batch)
    platform: str = "weibo"
    account: str = "weibo:abc"
    batch_size: int = 100

    def first(self, cursor: Cursor) -> httpx.Request:
        self.asked.append(dict(cursor))
        return httpx.Request("GET", f"https://site.example/{len(self.asked)}?access_token={SECRET}")

    def parse(self, response: httpx.Response, cursor: Cursor, seen_at: Any) -> Batch:
        answer = self.answers.pop(0)
        if isinstance(answer, FeedError):
            raise answer
        return answer

    def revisit(self, posts: Sequence[PostKey]) -> httpx.Request:
        return httpx.Request("GET", "https://site.example/counts")

    def parse_revisit(self, response: httpx.Response, posts: Sequence[PostKey], seen_at: Any) -> Batch:
        if isinstance(self.again, FeedError):
            raise self.again
        return self.again


@dataclass(kw_only=True)
class Feed:
    connector: Any
    name: str = "weibo-search"
    brand: str = ""
    every: float = 180.0
    account: str = "weibo:abc"
    pace: float = 1.0
    timeout: float = 30.0
    proxy: str | None = None
    ca_file: str | None = None
    allow_private: frozenset[str] = frozenset()


class Desk:
    """A feed, its site, a store and a clock that stands still."""

    def __init__(self, *answers: Answer, **given: Any) -> None:
        self.clock = VirtualClock(NOON)
        self.store = Store.memory()
        self.site = Site(list(answers))
        self.feed = Feed(connector=self.site, **given)
        self.rests: list[tuple[str, Failure]] = []
        self.sent: list[Limits] = []
        brands = [
            Brand(name="星禾", match=Query.parse("星禾"), own=frozenset({"weibo:1700000001"})),
            Brand(name="青岚", match=Query.parse("青岚")),
        ]

        async def fetch(request: httpx.Request, limits: Limits) -> httpx.Response:
            self.sent.append(limits)
            return httpx.Response(200, request=request)

        async def aside(call: Callable[[], Any]) -> Any:
            return call()

        self.watch = Watch(
            intake=self.store,
            matcher=Matcher(brands),
            fetch=fetch,
            rest=lambda key, _seconds, failure: self.rests.append((key, failure)),
            clock=self.clock,
            rng=Random(1),
            ops=("ops",),
            aside=aside,
        )

    async def poll(self, *, after: float = 0.0) -> None:
        self.clock.advance(after)
        await self.watch.poll(self.feed)

    def cursor(self) -> Cursor:
        return self.store.feed_state(self.feed.name).cursor

    def mentions(self) -> list[Mention]:
        """What the judge would read."""
        while score.score(self.store, says, {}, limit=64, now=NOON):
            continue
        return self.store.news(100)

    def ops(self) -> list[Mapping[str, Any]]:
        return [row for row in self.store.notifications() if row["kind"] == "ops"]


def page(*ids: int, cursor: Cursor, onward: bool = False, text: str = "星禾奶茶", **given: Any) -> Batch:
    """One page of a site's answer: posts, the cursor after it, and whether the walk goes on."""
    posts = [a_post(native_id=str(number), text=text, **given) for number in ids]
    following = httpx.Request("GET", f"https://site.example/next/{min(ids, default=0)}") if onward else None
    return Batch(sightings=tuple(map(_seen, posts)), cursor=cursor, next=following)


def _seen(post: Post) -> Sighting:
    return Sighting(key=post.key, seen_at=NOON, counts=Counts(reposts=Count(3)), post=post)


async def test_a_walk_is_recorded_page_by_page_and_its_mark_moves_at_its_end() -> None:
    desk = Desk(page(9, 8, cursor={"walk": 8}, onward=True), page(7, cursor={"mark": 9}))
    await desk.poll()
    assert desk.store.totals()["posts"] == 3
    assert desk.cursor() == {"mark": 9}
    assert desk.store.feed_state("weibo-search").last_ok == NOON


async def test_a_failure_between_two_pages_loses_nothing_and_counts_nothing_twice() -> None:
    limited = FeedError(Failure.RATE_LIMITED, "429", retry_after=60)
    desk = Desk(
        page(9, 8, cursor={"walk": 8}, onward=True), limited, page(8, 7, cursor={"walk": 7}, onward=True),
        page(6, cursor={"mark": 9}),
    )  # fmt: skip
    await desk.poll()
    assert desk.store.feed_state("weibo-search").last_ok is None
    assert desk.cursor() == {"walk": 8}
    await desk.poll(after=3_600)
    assert desk.site.asked[-1] == {"walk": 8}
    assert desk.store.totals()["posts"] == 4
    assert desk.cursor() == {"mark": 9}


async def test_a_resting_feed_is_not_asked() -> None:
    desk = Desk(FeedError(Failure.RATE_LIMITED, "429", retry_after=600), page(1, cursor={}))
    await desk.poll()
    await desk.poll(after=599)
    assert len(desk.site.asked) == 1
    await desk.poll(after=3_600)
    assert len(desk.site.asked) == 2
    assert desk.store.feed_state("weibo-search").failure is None


async def test_what_the_first_poll_and_the_first_after_an_outage_return_is_background() -> None:
    desk = Desk(page(1, cursor={}), page(2, cursor={}), page(3, cursor={}))
    await desk.poll()
    await desk.poll(after=180)
    await desk.poll(after=7_200)
    assert [_background(desk, number) for number in "123"] == [True, False, True]


def _background(desk: Desk, native_id: str) -> bool:
    return next(mention.background for mention in desk.mentions() if mention.post.native_id == native_id)


async def test_what_concerns_nobody_is_not_kept_and_own_posts_concern_nobody() -> None:
    own = page(2, cursor={}, author=Author(id="1700000001"))
    other = page(3, cursor={}, text="今天天气很好")
    desk = Desk(Batch(sightings=(*own.sightings, *other.sightings), cursor={}))
    await desk.poll()
    assert desk.store.totals()["posts"] == 0


async def test_a_feed_that_belongs_to_a_brand_need_not_name_it() -> None:
    desk = Desk(page(3, cursor={}, text="又闪退,客服没人理"), brand="星禾")
    await desk.poll()
    assert desk.store.totals()["mentions"] == 1


async def test_an_item_that_cannot_be_read_costs_only_itself() -> None:
    good = page(1, cursor={"mark": 1})
    desk = Desk(Batch(sightings=good.sightings, cursor=good.cursor, rejected=("status 2 has no id",)))
    with capture_logs() as logs:
        await desk.poll()
    assert desk.store.totals()["posts"] == 1
    assert any("status 2 has no id" in str(line) for line in logs)


async def test_a_connector_that_did_not_expect_the_answer_fails_its_poll_and_keeps_the_cursor() -> None:
    desk = Desk()  # parse pops from an empty list: a bug
    await desk.poll()
    state = desk.store.feed_state("weibo-search")
    assert state.failure is Failure.SCHEMA_DRIFT
    assert state.cursor == {}


@pytest.mark.parametrize("failure", Failure)
async def test_every_failure_is_noted_counted_and_told_to_operators_where_they_must_act(failure: Failure) -> None:
    desk = Desk(*[FeedError(failure, f"it said {failure}") for _ in range(3)])
    before = _polls(failure)
    for _ in range(3):
        await desk.poll(after=24 * 3_600)
    state = desk.store.feed_state("weibo-search")
    assert (state.failure, state.failures) == (failure, 3)
    assert state.rest_until is not None
    assert state.rest_until > desk.clock.now()
    assert _polls(failure) == before + 3
    told = desk.ops()
    assert len(told) == (1 if failure in NEEDS_OPERATOR else 0)
    for row in told:
        assert row["body"]["where"] == "feed weibo-search"
        assert row["body"]["fix"]


def _polls(failure: Failure) -> float:
    sample = {"feed": "weibo-search", "outcome": metrics.outcome(failure)}
    return metrics.REGISTRY.get_sample_value("langyan_feed_polls_total", sample) or 0.0


async def test_a_feed_that_recovers_is_told_and_one_that_fails_again_is_told_again() -> None:
    expired = FeedError(Failure.AUTH_EXPIRED, "expired", fix=Words("换掉它", "Renew it"))
    desk = Desk(expired, page(1, cursor={}), expired)
    for _ in range(3):
        await desk.poll(after=24 * 3_600)
    failed, recovered, again = desk.ops()
    assert (failed["body"]["what"], recovered["body"]["what"]) != (again["body"]["what"], again["body"]["what"])


def test_what_to_do_is_what_the_feed_knows_or_else_what_the_failure_says() -> None:
    advice = Words("换掉它", "Renew it")
    assert mending(FeedError(Failure.AUTH_EXPIRED, "expired", fix=advice)) == advice
    assert mending(FeedError(Failure.AUTH_EXPIRED, "expired")) == FIXES[Failure.AUTH_EXPIRED]
    assert mending(FeedError(Failure.TRANSIENT, "no answer")) is None


async def test_an_expired_token_rests_its_whole_account() -> None:
    desk = Desk(FeedError(Failure.AUTH_EXPIRED, "expired"))
    await desk.poll()
    assert desk.rests == [("weibo:abc", Failure.AUTH_EXPIRED)]


async def test_no_secret_reaches_the_store_the_log_or_the_metrics() -> None:
    desk = Desk(FeedError(Failure.AUTH_EXPIRED, "expired"), page(1, cursor={"mark": 1}))
    with capture_logs() as logs:
        await desk.poll()
        await desk.poll(after=24 * 3_600)
    said = f"{logs}{desk.store.notifications()}{desk.store.feeds()}{desk.cursor()}"
    assert SECRET not in said
    samples = [sample for metric in metrics.REGISTRY.collect() for sample in metric.samples]
    assert SECRET not in str(samples)


async def test_an_id_that_does_not_come_back_is_gone_and_gone_is_not_calmed() -> None:
    desk = Desk(page(1, 2, cursor={}))
    await desk.poll()
    one, two = PostKey("weibo", "1"), PostKey("weibo", "2")
    seen = Sighting(key=one, seen_at=NOON + timedelta(minutes=9), counts=Counts(reposts=Count(40)))
    desk.site.again = Batch(sightings=(seen,), gone=(two,))
    desk.clock.advance(540)
    assert await desk.watch.look_again(desk.feed, desk.site, [one, two]) == {one, two}
    last = {mention.post.key: mention.looks[-1] for mention in desk.mentions()}
    assert last[one].counts.reposts == Count(40)
    assert last[two].availability is Availability.GONE
    assert last[two].counts == Counts()
    assert desk.sent[-1].purpose == "revisit"


async def test_looks_that_must_wait_for_the_budget_are_no_failure() -> None:
    desk = Desk(page(1, cursor={}))
    await desk.poll()
    desk.site.again = FeedError(Failure.OVER_BUDGET, "spent", retry_after=900)
    assert await desk.watch.look_again(desk.feed, desk.site, [PostKey("weibo", "1")]) == set()
    assert desk.store.feed_state("weibo-search").failure is None


async def test_a_site_whose_next_page_is_the_same_page_does_not_hold_us_for_ever() -> None:
    def turn() -> Batch:
        return Batch(next=httpx.Request("GET", "https://site.example/same"), cursor={"walk": 1})

    desk = Desk(*[turn() for _ in range(60)])
    await desk.poll()
    assert desk.store.feed_state("weibo-search").failure is Failure.SCHEMA_DRIFT
