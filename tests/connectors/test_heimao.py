"""The complaint site's open list: nothing is lost between two pages, a blank page is not the end, a login is never no results."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.heimao import ASK_AGAIN, PAGE, PAGES, Heimao
from monitor.errors import Failure, FeedError
from monitor.ports import Connector, Cursor

NOW = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)
FEED = Heimao()
AS_CONNECTOR: Connector = FEED


def envelope(listed: object, pager: object = None, code: object = 0) -> httpx.Response:
    data = {"lists": listed, "pager": pager}
    body = orjson.dumps({"result": {"status": {"code": code, "msg": ""}, "data": data}})
    return httpx.Response(200, content=body, request=FEED.first({}))


class Site:
    """Complaints by number, newest first, fifty a page. `blank` holds the questions, counted from 0, that find nothing."""

    def __init__(self, numbers: range, blank: frozenset[int] = frozenset()) -> None:
        self.numbers, self.blank = list(numbers), blank
        self.asked: list[int] = []

    def ask(self, request: httpx.Request) -> httpx.Response:
        page = int(request.url.params["page"])
        self.asked.append(page)
        shown = sorted(self.numbers, reverse=True)[(page - 1) * PAGE : page * PAGE]
        listed = [] if len(self.asked) - 1 in self.blank else [{"main": {"sn": str(100_000 + n)}} for n in shown]
        return envelope(listed, {"page_count": -(-len(self.numbers) // PAGE)})

    def walk(self, cursor: Cursor, kill_after: int = 1000) -> tuple[set[int], Cursor, float]:
        """What one poll sees, the cursor it leaves, whether it was overrun; killed after so many pages."""
        seen: set[int] = set()
        request, overrun = FEED.first(cursor), 0.0
        for _ in range(kill_after):
            batch = FEED.parse(self.ask(request), cursor, NOW)
            seen |= {int(sighting.key.native_id) - 100_000 for sighting in batch.sightings}
            cursor = cursor if batch.cursor is None else json.loads(json.dumps(batch.cursor))
            overrun = batch.facts.get("overrun", 0.0)
            if batch.next is None:
                break
            request = batch.next
        return seen, cursor, overrun


def test_the_first_walk_ends_at_the_sites_last_page_or_at_ours() -> None:
    site = Site(range(120))
    assert site.walk({})[0] == set(range(120))
    assert site.asked == [1, 2, 3]
    deep = Site(range(900))
    assert deep.walk({})[0] == set(range(900 - PAGES * PAGE, 900))


def test_a_later_walk_ends_at_the_first_page_with_a_known_complaint() -> None:
    site = Site(range(400))
    cursor = site.walk({})[1]
    site.numbers += range(400, 470)
    site.asked.clear()
    assert site.walk(cursor)[0] >= set(range(400, 470))
    assert site.asked == [1, 2]


@pytest.mark.parametrize("kill_after", [1, 2, 3])
def test_a_kill_between_two_pages_loses_nothing(kill_after: int) -> None:
    site = Site(range(100))
    cursor = site.walk({})[1]
    site.numbers += range(100, 330)
    begun, cursor, _ = site.walk(cursor, kill_after)
    site.numbers += range(330, 360)  # filed while nobody watched
    resumed, cursor, _ = site.walk(cursor)
    newest, cursor, _ = site.walk(cursor)
    assert begun | resumed | newest >= set(range(100, 360))


@pytest.mark.parametrize("blank", [{0}, {1}, {0, 1}, {1, 2}, {0, 2, 4}])
def test_a_blank_page_now_and_then_is_asked_for_again(blank: set[int]) -> None:
    site = Site(range(100))
    cursor = site.walk({})[1]
    assert Site(range(240), frozenset(blank)).walk(cursor)[0] >= set(range(100, 240))


def test_a_page_that_stays_blank_before_what_is_known_hides_nothing_behind_it() -> None:
    cursor = Site(range(100)).walk({})[1]
    site = Site(range(300), frozenset(range(1, 2 + ASK_AGAIN)))
    begun, broken_off, _ = site.walk(cursor)
    assert begun == set(range(250, 300))
    assert site.walk(broken_off)[0] >= set(range(100, 300))


def test_more_complaints_than_a_walk_is_deep_are_told_as_an_overrun() -> None:
    cursor = Site(range(100)).walk({})[1]
    assert Site(range(5_000)).walk(cursor)[2] == 1.0


def test_another_list_is_asked_for_by_its_number() -> None:
    assert [Heimao(shows=shows).first({}).url.params["type"] for shows in ("latest", "replied", "completed")] == [
        "1", "2", "3",
    ]  # fmt: skip


@pytest.mark.parametrize("code", [1, "10102", None, True, ""])
def test_an_answer_without_a_good_code_is_a_refusal_whatever_it_holds(code: object) -> None:
    with pytest.raises(FeedError) as caught:
        FEED.parse(envelope([{"main": {"sn": "1"}}], code=code), {}, NOW)
    assert caught.value.failure is Failure.BLOCKED


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text("a1漏<&(", max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["main", "sn", "page_count", "author"]), inner)
    ),
    max_leaves=6,
)
CURSORS = st.dictionaries(st.sampled_from(["known", "walk"]), JUNK) | st.fixed_dictionaries(
    {"walk": st.fixed_dictionaries({"page": JUNK, "again": JUNK, "met": JUNK}), "known": st.lists(JUNK, max_size=2)}
)


@given(JUNK, JUNK, st.just(0) | JUNK, CURSORS)
def test_no_answer_raises_anything_but_a_feed_error(listed: object, pager: object, code: object, cursor: Any) -> None:
    try:
        batch = FEED.parse(envelope(listed, pager, code), cursor, NOW)
    except FeedError:
        return
    assert orjson.loads(orjson.dumps(batch.cursor)) == batch.cursor


WHOLE = Site(range(3)).ask(FEED.first({})).content


@given(st.integers(0, len(WHOLE)), st.binary(max_size=4), st.sampled_from([200, 302, 403, 404, 429, 500]))
def test_no_damaged_answer_does_either(at: int, noise: bytes, status: int) -> None:
    body = WHOLE[:at] + noise + WHOLE[at + len(noise) :]
    try:
        FEED.parse(httpx.Response(status, content=body, request=FEED.first({})), {}, NOW)
    except FeedError:
        return
