"""Bilibili: a walk loses nothing, an error is an error in its own words, and a look again tells gone from unknown."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from connectors.bilibili import FIRST_WALK, PAGES, Bilibili
from monitor.errors import Failure, FeedError
from monitor.model import PostKey
from monitor.ports import Batch, Connector, Cursor, Revisiting

NOW = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)
SEARCH = Bilibili(query="星禾", buvid3=SecretStr("INVENTED-BUVID"))
COMMENTS = Bilibili(mode="comments", video="BV17x411w7KC")
AS_CONNECTOR: Connector = SEARCH
AS_REVISITING: Revisiting = SEARCH


def answer(body: object, status: int = 200, connector: Bilibili = SEARCH) -> httpx.Response:
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    return httpx.Response(status, content=content, request=connector.first({}))


class Site:
    """Videos by number, one a minute, newest first, as the search pages show them."""

    def __init__(self, size: int = 20) -> None:
        self.size, self.newest, self.asked = size, 0, 0

    def ask(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        page = int(request.url.params["page"])
        numbers = range(self.newest, 0, -1)[(page - 1) * self.size : page * self.size]
        start = NOW - timedelta(days=10)
        result = [
            {"type": "video", "aid": n, "title": f"星禾{n}", "pubdate": int((start + timedelta(minutes=n)).timestamp())}
            for n in numbers
        ]
        pages = min(50, -(-self.newest // self.size))
        data = {"page": page, "numResults": self.newest, "numPages": pages, "result": result or None}
        return httpx.Response(200, content=orjson.dumps({"code": 0, "data": data}), request=request)

    def pages(self, cursor: Cursor) -> Iterator[Batch]:
        request: httpx.Request | None = SEARCH.first(cursor)
        while request is not None:
            batch = SEARCH.parse(self.ask(request), cursor, NOW)
            assert batch.cursor is not None
            cursor = orjson.loads(orjson.dumps(batch.cursor))
            request = batch.next
            yield batch


def numbers(batches: list[Batch]) -> set[int]:
    return {int(seen.key.native_id.removeprefix("av")) for batch in batches for seen in batch.sightings}


@given(st.integers(1, 30), st.lists(st.integers(0, 60), max_size=2), st.data())
@settings(max_examples=60)
def test_a_kill_between_two_pages_loses_no_video(first: int, later: list[int], data: st.DataObject) -> None:
    site, cursor, seen = Site(), {}, set()
    site.newest = first
    for batch in site.pages({}):
        seen |= numbers([batch])
        cursor = dict(batch.cursor or {})
    for more in later:
        site.newest += more
        for batch in site.pages(cursor):
            seen |= numbers([batch])
            cursor = dict(batch.cursor or {})
            if data.draw(st.booleans()):
                break
    for _ in range(2):  # the walk that was cut short, and one from the top
        for batch in site.pages(cursor):
            seen |= numbers([batch])
            cursor = dict(batch.cursor or {})
    assert seen >= set(range(first + 1, site.newest + 1))


def test_a_new_feed_reads_two_pages_and_a_later_walk_ten() -> None:
    site = Site()
    site.newest = 2_000
    assert len(list(site.pages({}))) == FIRST_WALK
    later = list(site.pages({"mark": 1}))
    assert len(later) == PAGES
    # What lies below was never seen, and that is said.
    assert [batch.facts for batch in later if batch.facts] == [{"cap_hit": 1.0}]


def test_the_cookie_is_no_part_of_what_is_said() -> None:
    with pytest.raises(FeedError) as caught:
        SEARCH.parse(answer({"code": -101, "message": "账号未登录"}), {}, NOW)
    assert "INVENTED-BUVID" not in f"{caught.value} {SEARCH!r} {SEARCH.first({}).url}"
    assert SEARCH.first({}).headers["cookie"] == "buvid3=INVENTED-BUVID"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"query": " "}, "needs a query"),
        ({"query": "茶"}, "needs buvid3"),
        ({"mode": "comments", "video": "x"}, "not a video"),
    ],
)
def test_what_cannot_work_is_said_at_the_start(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Bilibili(**options)


@pytest.mark.parametrize(
    ("key", "asked"), [("av170001", "/x/web-interface/view"), ("av170001:2300", "/x/v2/reply/reply")]
)
def test_a_video_and_a_comment_are_looked_at_where_they_are_shown(key: str, asked: str) -> None:
    assert SEARCH.revisit([PostKey("bilibili", key)]).url.path == asked


@pytest.mark.parametrize("code", [-352, -412, -799, -101, -403, -400, -500, 87001])
def test_a_refusal_makes_no_post_gone(code: int) -> None:
    key = PostKey("bilibili", "av170001")
    with pytest.raises(FeedError):
        SEARCH.parse_revisit(answer({"code": code}), [key], NOW)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
FIELDS = ("aid", "id", "bvid", "rpid", "oid", "title", "author", "mid", "play", "like", "pubdate", "ctime", "member", "content",
          "reply_control", "root", "type")  # fmt: skip
ITEM = st.dictionaries(st.sampled_from(FIELDS), JUNK | st.sampled_from([170001, "BV17x411w7KC"]), max_size=8)
DATA = st.dictionaries(
    st.sampled_from(["result", "replies", "page", "numPages", "numResults", "root", "stat"]),
    JUNK | st.lists(ITEM, max_size=3),
)


@given(
    DATA | JUNK,
    st.sampled_from([0, -404, -412, 12002, 5, "0", None]),
    st.sampled_from([200, 304, 412, 502]),
    st.booleans(),
)
@settings(max_examples=200)
def test_no_answer_raises_anything_but_a_feed_error(data: object, code: object, status: int, cut: bool) -> None:
    body = orjson.dumps({"code": code, "data": data})
    body = body[: len(body) // 2] if cut else body
    for connector in (SEARCH, COMMENTS):
        for key in ("", "av170001", "av170001:2300"):
            try:
                if key:
                    connector.parse_revisit(answer(body, status), [PostKey("bilibili", key)], NOW)
                else:
                    batch = connector.parse(answer(body, status), {}, NOW)
                    assert orjson.loads(orjson.dumps(batch.cursor)) == batch.cursor
            except FeedError:
                continue


@given(st.dictionaries(st.sampled_from(["mark", "top", "page"]), JUNK))
@settings(max_examples=60)
def test_no_cursor_keeps_it_from_asking(cursor: dict[str, object]) -> None:
    assert SEARCH.first(cursor).url.params["keyword"] == "星禾"


def test_failures_are_told_apart() -> None:
    told = {}
    for code in (-412, -799, -352, -101, -403, -400, -500):
        with pytest.raises(FeedError) as caught:
            SEARCH.parse(answer({"code": code}), {}, NOW)
        told[code] = caught.value.failure
    assert told == {
        -412: Failure.RATE_LIMITED, -799: Failure.RATE_LIMITED, -352: Failure.CHALLENGE, -101: Failure.AUTH_EXPIRED,
        -403: Failure.BLOCKED, -400: Failure.MISCONFIGURED, -500: Failure.TRANSIENT,
    }  # fmt: skip
