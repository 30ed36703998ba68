"""App Store reviews: nothing is lost between two pages, an empty page is not the end, an edited review is a new one."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from connectors.appstore import ASK_AGAIN, PAGES, REMEMBERED, AppStore
from monitor.errors import Failure, FeedError
from monitor.model import Author, Count, Counts, PostKey
from monitor.ports import Connector, Cursor

NOW = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)
FEED = AppStore(app_id="999000111")
AS_CONNECTOR: Connector = FEED
PAGE = 50


def review(number: int, **more: object) -> dict[str, Any]:
    """A review as Apple writes it; the higher its number, the newer it is."""
    written = datetime(2026, 10, 1, tzinfo=UTC) + timedelta(minutes=number)
    said = {
        "id": str(number),
        "updated": written.isoformat(),
        "im:rating": "1",
        "title": "闪退",
        "content": f"第{number}条",
        "im:voteSum": "2",
        **more,
    }
    author = {"uri": {"label": "https://itunes.apple.com/cn/reviews/id100200300"}, "name": {"label": "茶客"}}
    return {"author": author, **{name: {"label": value} for name, value in said.items()}}


def answer(entry: object = None, status: int = 200, body: bytes | None = None) -> httpx.Response:
    feed = {"updated": {"label": "2026-11-01T20:00:00-07:00"}, **({} if entry is None else {"entry": entry})}
    content = orjson.dumps({"feed": feed}) if body is None else body
    return httpx.Response(status, content=content, request=FEED.first({}))


class Store:
    """Reviews by number, newest first, fifty a page. `empty` holds the questions, counted from 0, that find nothing."""

    def __init__(self, numbers: range, empty: frozenset[int] = frozenset()) -> None:
        self.numbers, self.empty = list(numbers), empty
        self.asked: list[int] = []

    def ask(self, request: httpx.Request) -> httpx.Response:
        page = int(request.url.path.partition("page=")[2].partition("/")[0])
        self.asked.append(page)
        found = sorted(self.numbers, reverse=True)[(page - 1) * PAGE : page * PAGE]
        nothing = not found or len(self.asked) - 1 in self.empty
        return answer(None if nothing else [review(number) for number in found])

    def walk(self, cursor: Cursor, kill_after: int = 1000) -> tuple[set[int], Cursor]:
        """What one poll sees, and the cursor it leaves; killed after so many pages."""
        seen: set[int] = set()
        request = FEED.first(cursor)
        for _ in range(kill_after):
            batch = FEED.parse(self.ask(request), cursor, NOW)
            seen |= {int(sighting.key.native_id.rpartition(":")[2]) for sighting in batch.sightings}
            cursor = cursor if batch.cursor is None else orjson.loads(orjson.dumps(batch.cursor))
            if batch.next is None:
                break
            request = batch.next
        return seen, cursor


def knowing(numbers: range) -> Cursor:
    """The cursor after a walk over these."""
    return Store(numbers).walk({})[1]


def failure_of(response: httpx.Response) -> FeedError:
    with pytest.raises(FeedError) as caught:
        FEED.parse(response, {}, NOW)
    return caught.value


# ── walking ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_first_walk_sees_all_ten_pages_and_never_asks_for_an_eleventh() -> None:
    store = Store(range(600))
    seen, cursor = store.walk({})
    assert seen == set(range(100, 600))
    assert store.asked == list(range(1, PAGES + 1))
    assert len(cursor["known"]) == REMEMBERED


def test_a_later_walk_ends_at_the_first_page_with_a_known_review() -> None:
    cursor = knowing(range(200))
    store = Store(range(270))
    assert store.walk(cursor)[0] >= set(range(200, 270))
    assert store.asked == [1, 2]


@pytest.mark.parametrize("kill_after", [1, 2, 3])
def test_a_kill_between_two_pages_loses_nothing(kill_after: int) -> None:
    cursor, store = knowing(range(100)), Store(range(330))
    begun, cursor = store.walk(cursor, kill_after)
    store.numbers += range(330, 360)  # written while nobody watched
    resumed, cursor = store.walk(cursor)
    newest, cursor = store.walk(cursor)
    assert begun | resumed | newest >= set(range(100, 360))


def test_what_was_met_is_known_only_at_the_walks_end() -> None:
    cursor, store = knowing(range(100)), Store(range(330))
    _, begun = store.walk(cursor, kill_after=2)
    assert begun["known"] == cursor["known"]
    _, ended = store.walk(begun)
    assert f"cn:999000111:{329}" in ended["known"]


def test_a_429_between_two_pages_is_waited_out_and_the_walk_goes_on_there() -> None:
    cursor, store = knowing(range(100)), Store(range(330))
    begun, onward = store.walk(cursor, kill_after=2)
    with pytest.raises(FeedError) as caught:
        FEED.parse(answer(status=429), onward, NOW)
    assert caught.value.failure is Failure.RATE_LIMITED
    assert begun | store.walk(onward)[0] >= set(range(100, 330))
    assert store.asked[:3] == [1, 2, 3]


@pytest.mark.parametrize("empty", [{0}, {1}, {0, 1}, {1, 2}, {0, 2, 4}])
def test_an_empty_page_now_and_then_is_asked_for_again(empty: set[int]) -> None:
    cursor = knowing(range(100))
    seen, _ = Store(range(180), frozenset(empty)).walk(cursor)
    assert seen >= set(range(100, 180))


def test_an_end_that_stays_empty_is_the_end() -> None:
    store = Store(range(3))
    seen, cursor = store.walk({})
    assert seen == {0, 1, 2}
    assert store.asked == [1] + [2] * (1 + ASK_AGAIN)
    assert len(cursor["known"]) == 3


def test_more_reviews_than_ten_pages_are_told_as_a_gap_and_fewer_as_proof() -> None:
    def proves(numbers: range) -> dict[str, float]:
        store, cursor = Store(numbers), knowing(range(100))
        request: httpx.Request | None = FEED.first({})
        told: dict[str, float] = {}
        while request is not None:
            batch = FEED.parse(store.ask(request), cursor, NOW)
            cursor, request, told = batch.cursor or cursor, batch.next, dict(batch.facts)
        return told

    assert proves(range(150)) == {"overlap": 1.0}
    assert proves(range(900)) == {"overlap": 0.0, "overrun": 1.0, "cap_hit": 1.0}


def test_a_page_that_stays_empty_before_what_is_known_hides_nothing_behind_it() -> None:
    cursor, store = knowing(range(100)), Store(range(300), frozenset({1, 2, 3}))
    begun, broken_off = store.walk(cursor)
    assert begun == set(range(250, 300))
    assert broken_off == cursor
    assert store.walk(broken_off)[0] >= set(range(100, 300))


def test_an_app_without_reviews_is_no_failure() -> None:
    seen, cursor = Store(range(0)).walk({})
    assert (seen, cursor) == (set(), {"known": {}})


def test_an_edited_review_comes_back_and_does_not_end_the_walk() -> None:
    cursor = knowing(range(60))
    edited = review(3, updated="2026-11-02T03:00:00+00:00", content="改了：还是闪退")
    batch = FEED.parse(answer([edited, *(review(n) for n in range(199, 150, -1))]), cursor, NOW)
    assert batch.sightings[0].post is not None
    assert batch.sightings[0].post.text == "改了：还是闪退"
    assert batch.next is not None


# ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_a_review_says() -> None:
    (seen,) = FEED.parse(answer(review(7, content="漏水 &amp; 没人管")), {}, NOW).sightings
    assert seen.key == PostKey("appstore", "cn:999000111:7")
    assert seen.counts == Counts(likes=Count(2))
    assert seen.post is not None
    assert (seen.post.kind, seen.post.rating, seen.post.title) == ("review", 1, "闪退")
    assert seen.post.text == "漏水 & 没人管"
    assert seen.post.author == Author(id="100200300", name="茶客")
    assert seen.post.posted_at == datetime(2026, 10, 1, 0, 7, tzinfo=UTC)


def test_the_apps_own_entry_of_older_feeds_is_no_review() -> None:
    itself = {"id": {"label": "https://apps.apple.com/cn/app/id999000111"}, "title": {"label": "星禾点单"}}
    batch = FEED.parse(answer([itself, review(1)]), {}, NOW)
    assert [seen.key.native_id for seen in batch.sightings] == ["cn:999000111:1"]
    assert batch.rejected == ()


def test_one_broken_review_costs_only_itself() -> None:
    batch = FEED.parse(answer([review(2), "junk", review(1, id="x"), review(0)]), {}, NOW)
    assert len(batch.sightings) == 2
    assert batch.rejected == ("entry 1 is no object", "entry 2 has no id")


@pytest.mark.parametrize(
    "text", ["<!channel> 快看", "\u202e倒着写的\u202c", "[点我](https://evil.example)", "漏" * 40_000]
)
def test_hostile_text_is_kept_as_text(text: str) -> None:
    (seen,) = FEED.parse(answer(review(1, content=text)), {}, NOW).sightings
    assert seen.post is not None
    assert seen.post.text == text


@pytest.mark.parametrize(
    ("status", "body", "failure"),
    [
        (200, "<!DOCTYPE html><title>登录</title>".encode(), Failure.BLOCKED),
        (200, "<html><title>验证码</title>".encode(), Failure.CHALLENGE),
        (200, b"", Failure.BLOCKED),
        (200, b'{"feed":{"entry":[{"id', Failure.TRANSIENT),
        (200, b"{}", Failure.SCHEMA_DRIFT),
        (200, b'{"feed":{"entry":"none"}}', Failure.SCHEMA_DRIFT),
        (200, b'{"feed":{"entry":[{"im:rating":{"label":"1"}}]}}', Failure.SCHEMA_DRIFT),
        (400, b"page depth", Failure.MISCONFIGURED),
        (404, b"", Failure.MISCONFIGURED),
        (403, b"", Failure.BLOCKED),
        (429, b"", Failure.RATE_LIMITED),
        (503, b"", Failure.TRANSIENT),
    ],
)
def test_what_is_no_answer_is_never_no_reviews(status: int, body: bytes, failure: Failure) -> None:
    assert failure_of(answer(status=status, body=body)).failure is failure


@pytest.mark.parametrize("options", [{"app_id": "id999"}, {"app_id": "1", "country": "china"}, {"app_id": "１"}])
def test_options_that_cannot_work_stop_the_start(options: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(AppStore).validate_python(options)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text("a1漏<&", max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["label", "uri"]), inner, max_size=2),
    max_leaves=5,
)
FIELDS = ("id", "im:rating", "updated", "author", "content", "title", "im:voteSum")
ENTRY = st.dictionaries(st.sampled_from(FIELDS), JUNK | st.fixed_dictionaries({"label": JUNK}), max_size=7)


def hostile_cursors() -> Iterator[st.SearchStrategy[dict[str, Any]]]:
    yield st.just({})
    yield st.dictionaries(st.sampled_from(["known", "walk"]), JUNK)
    yield st.fixed_dictionaries({"walk": st.fixed_dictionaries({"page": JUNK, "again": JUNK, "met": JUNK})})


@given(JUNK | ENTRY | st.lists(ENTRY | JUNK, max_size=3), st.one_of(*hostile_cursors()))
@settings(max_examples=150)
def test_no_answer_raises_anything_but_a_feed_error(entry: object, cursor: dict[str, Any]) -> None:
    try:
        batch = FEED.parse(answer(entry), cursor, NOW)
    except FeedError:
        return
    assert orjson.loads(orjson.dumps(batch.cursor)) == batch.cursor
