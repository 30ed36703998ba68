"""m.weibo.cn with the user's own cookie: only with leave, slowly, and never mistaking a refusal for silence."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, TypeAdapter, ValidationError

from connectors.weibo_web import DOUBTED, FIRST_WALK, LONG_AT_MOST, PAGES, WeiboWeb
from monitor import config
from monitor.errors import ConfigError, FeedError
from monitor.feeds import limits
from monitor.ports import Batch, Connector, Cursor, Paced

NOW = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)
COOKIE = "SUB=_2Ainvented; SUBP=0033"
WEB = WeiboWeb(query="星禾", cookie=SecretStr(COOKIE), permission="法务 李雷, 2026-11-01")
AS_CONNECTOR: Connector = WEB
AS_PACED: Paced = WEB


def card(number: int, **more: Any) -> dict[str, Any]:
    return {"card_type": 9, "mblog": {"id": str(number), "text": f"星禾{number}", "user": {"id": 17}, **more}}


def page(*cards: dict[str, Any], total: int | None = None) -> dict[str, Any]:
    return {"ok": 1, "data": {"cards": list(cards), "cardlistInfo": {"total": total}}}


def read(body: object, cursor: Cursor, request: httpx.Request | None = None, status: int = 200) -> Batch:
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    return WEB.parse(httpx.Response(status, content=content, request=request or WEB.first(cursor)), cursor, NOW)


class Site:
    """Posts by number, newest first, ten a page, now and then a blank page."""

    def __init__(self, numbers: range, blank: tuple[int, ...] = (), long: tuple[int, ...] = ()) -> None:
        self.numbers, self.blank, self.long, self.asked = sorted(numbers, reverse=True), blank, long, 0

    def ask(self, request: httpx.Request) -> dict[str, Any]:
        self.asked += 1
        if request.url.path.endswith("/api/config"):
            return {"ok": 1, "data": {"login": True}}
        if request.url.path.endswith("/statuses/show"):
            return {"ok": 1, "data": card(int(request.url.params["id"]), text="的全文")["mblog"]}
        if self.asked in self.blank:
            return {"ok": 0, "data": {"cards": []}}
        at = int(request.url.params["page"]) * 10
        return page(*(card(one, isLongText=one in self.long) for one in self.numbers[at - 10 : at]))

    def walk(self, cursor: Cursor, kill_after: int = 100) -> tuple[list[str], Cursor, float]:
        """What one poll sees, the cursor it leaves, and whether some was missed; killed after so many answers."""
        seen: list[str] = []
        overrun = 0.0
        request = WEB.first(cursor)
        for _ in range(kill_after):
            batch = read(self.ask(request), cursor, request)
            seen += [one.key.native_id for one in batch.sightings]
            overrun = max(overrun, batch.facts.get("overrun", 0))
            cursor = cursor if batch.cursor is None else orjson.loads(orjson.dumps(batch.cursor))
            if batch.next is None:
                break
            request = batch.next
        return seen, cursor, overrun


def test_it_asks_for_the_real_time_order_as_the_browser_of_the_cookie() -> None:
    request = WEB.first({})
    assert request.url.params["containerid"] == "100103type=61&q=星禾&t=0"
    assert b"containerid=100103type%3D61%26q%3D%E6%98%9F%E7%A6%BE%26t%3D0" in request.url.raw_path
    assert request.headers["cookie"] == COOKIE


@pytest.mark.parametrize("kill_after", [1, 2, 3, 4])
def test_a_kill_or_a_blank_page_anywhere_loses_nothing(kill_after: int) -> None:
    site = Site(range(91, 146), blank=(2, 4))
    begun, cursor, _ = site.walk({"mark": "100"}, kill_after)
    resumed, cursor, _ = site.walk(cursor)
    assert set(begun + resumed) >= {str(one) for one in range(101, 146)}
    assert cursor["mark"] == "145"


def test_pages_that_stay_blank_before_what_is_known_are_doubted_until_they_come() -> None:
    cursor: Cursor = {"mark": "100", "walk": {"page": 2, "top": "145"}}
    for _ in range(2):
        doubted = read({"ok": 0, "data": {"cards": []}}, cursor)
        cursor = doubted.cursor or cursor
    assert doubted.next is not None
    with pytest.raises(FeedError, match="an empty page where there are posts"):
        read({"ok": 1, "data": {"login": True}}, cursor, doubted.next)
    seen, cursor, _ = Site(range(91, 146)).walk(cursor)
    assert set(seen) >= {str(one) for one in range(101, 136)}
    assert cursor["mark"] == "145"


def test_what_is_known_may_have_left_the_list_for_good() -> None:
    cursor: Cursor = {"mark": "100", "walk": {"page": 2, "top": "145"}}
    request = WEB.first(cursor)
    for _ in range(2 * DOUBTED):
        batch = read({"ok": 0, "data": {"cards": []}}, cursor, request)
        cursor = batch.cursor or cursor
        if "walk" not in cursor:
            break
        request = WEB.first(cursor)
    assert (cursor, batch.facts) == ({"mark": "145"}, {"overrun": 1})


def test_a_walk_ends_at_the_mark_though_an_old_post_stands_on_top() -> None:
    first = read(page(card(5), card(200), card(199)), {"mark": "100"})
    assert first.next is not None
    last = read(page(card(198), card(99)), first.cursor or {}, first.next)
    assert (last.next, last.cursor, last.facts) == (None, {"mark": "200"}, {"overlap": 1})


def test_a_first_walk_is_short_and_a_later_one_that_misses_some_says_so() -> None:
    site = Site(range(1, 1000))
    seen, cursor, missed = site.walk({})
    assert (len(seen), cursor, missed) == (FIRST_WALK * 10, {"mark": "999"}, 0)
    seen, cursor, missed = site.walk({"mark": "1"})
    assert (len(seen), missed) == (PAGES * 10, 1)


def test_long_texts_are_asked_for_once_each_and_only_of_what_is_new() -> None:
    site = Site(range(101, 111), long=(103, 104, 105))
    seen, cursor, _ = site.walk({"mark": "103"})
    assert seen[-2:] == ["105", "104"]
    assert len(seen) == 12
    assert cursor == {"mark": "110"}
    many = Site(range(1, 31), long=tuple(range(1, 31)))
    seen, _, _ = many.walk({})
    assert len(seen) <= 30 + FIRST_WALK * LONG_AT_MOST


def test_a_long_text_that_fails_does_not_hold_up_the_feed() -> None:
    batch = read(page(card(104, isLongText=True)), {"mark": "103"})
    assert batch.next is not None
    with pytest.raises(FeedError):
        read(b"", batch.cursor or {}, batch.next, status=418)
    assert WEB.first(batch.cursor or {}).url.path.endswith("/getIndex")


def test_the_end_of_what_weibo_shows_is_an_end_and_on_the_first_page_a_mistake() -> None:
    deep = {"mark": "5", "walk": {"page": 51, "top": "900"}}
    batch = read(b"", deep, status=400)
    assert (batch.cursor, batch.facts) == ({"mark": "900"}, {"overrun": 1})
    with pytest.raises(FeedError):
        read(b"", {"mark": "5"}, status=400)


def test_posts_that_weibo_counts_but_does_not_show_are_no_empty_result() -> None:
    related = {"card_type": 11, "card_group": [{"card_type": 4}]}
    once = read(page(related, total=739), {})
    twice = read(page(related, total=739), once.cursor or {}, once.next)
    assert twice.next is not None
    with pytest.raises(FeedError, match="where there are posts"):
        read({"ok": 1, "data": {"login": True}}, twice.cursor or {}, twice.next)


def test_the_cookie_is_in_no_error_and_in_no_account_and_line_ends_in_it_do_no_harm() -> None:
    broken = WeiboWeb(query="x", cookie=SecretStr("SUB=_2Ainvented;\r\n SUBP=0033\n"), permission="a, 2026")
    assert broken.first({}).headers["cookie"] == "SUB=_2Ainvented;SUBP=0033"
    with pytest.raises(FeedError) as caught:
        read(b"", {}, status=432)
    assert "_2Ainvented" not in f"{caught.value} {WEB.account} {WEB!r}"


def test_it_is_never_faster_than_five_seconds(tmp_path: Path) -> None:
    (tmp_path / "weibo.cookie").write_text(COOKIE)
    feed = {"name": "web", "type": "weibo-web", "query": "星禾", "cookie": {"file": "weibo.cookie"}, "pace": "0s"}
    settings = config.build({"feed": [{**feed, "permission": "法务, 2026-11-01"}]}, tmp_path / "langyan.toml")
    assert limits(settings.feeds[0]).pace == 5.0
    for wrong in ({}, {"permission": "yes"}, {"permission": ", 2026"}, {"permission": "法务, neulich"}):
        with pytest.raises(ConfigError, match="who allowed it and when") as caught:
            config.build({"feed": [{**feed, **wrong}]}, tmp_path / "langyan.toml")
        assert "_2Ainvented" not in str(caught.value)


@pytest.mark.parametrize("options", [{"query": " "}, {"cookie": SecretStr("_T_WM=1")}])
def test_options_that_cannot_work_stop_the_start(options: dict[str, Any]) -> None:
    given = {"query": "x", "cookie": SecretStr(COOKIE), "permission": "a, 2026", **options}
    with pytest.raises(ValidationError):
        TypeAdapter(WeiboWeb).validate_python(given)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
BLOG = st.dictionaries(
    st.sampled_from(["id", "text", "user", "isLongText", "retweeted_status", "created_at", "reposts_count"]), JUNK
)
CARD = st.fixed_dictionaries(
    {"card_type": st.sampled_from([9, 11]) | JUNK}, optional={"mblog": BLOG | JUNK, "card_group": st.lists(JUNK)}
)
ANSWER = st.fixed_dictionaries(
    {},
    optional={
        "ok": st.sampled_from([0, 1, -100]) | JUNK,
        "url": JUNK,
        "data": JUNK
        | st.fixed_dictionaries(
            {}, optional={"cards": st.lists(CARD | JUNK, max_size=3) | JUNK, "cardlistInfo": JUNK, "login": JUNK}
        ),
    },
)


@given(
    ANSWER | JUNK,
    st.integers(0, 400),
    st.sampled_from([200, 302, 400, 403, 414, 418, 432, 502]),
    st.sampled_from(["/api/container/getIndex", "/api/config", "/statuses/show?id=5"]),
    st.dictionaries(st.sampled_from(["mark", "walk", "long"]), JUNK),
)
def test_no_answer_however_damaged_raises_anything_but_a_feed_error(
    body: object, cut: int, status: int, path: str, cursor: dict[str, Any]
) -> None:
    request = httpx.Request("GET", f"https://m.weibo.cn{path}")
    data = orjson.dumps(body)
    for tried in (data, data[:cut]):
        try:
            batch = WEB.parse(httpx.Response(status, content=tried, request=request), cursor, NOW)
        except FeedError:
            continue
        orjson.dumps(batch.cursor)
