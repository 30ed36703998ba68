"""Hot lists: a topic is itself however it is written and wherever it stands; half a list and none are never "nothing is hot"."""

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.boards import BOARDS
from connectors.hotlist import HotList
from connectors.topics import Line, topic
from monitor.errors import Failure, FeedError
from monitor.model import Counts, Post
from monitor.ports import Batch, Connector, Cursor
from monitor.triage.topic import rank_of

NOON = datetime(2026, 11, 2, 12, 0, tzinfo=timezone(timedelta(hours=8)))
WEIBO = HotList(list="weibo")
AS_CONNECTOR: Connector = WEIBO


def answer(body: object, status: int = 200, connector: HotList = WEIBO) -> httpx.Response:
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    return httpx.Response(status, content=content, request=connector.first({}))


def hot(*words: str, **more: Any) -> dict[str, Any]:
    lines = [{"word": word, "realpos": at, "num": 1000 - at, **more} for at, word in enumerate(words, 1)]
    return {"ok": 1, "data": {"realtime": lines}}


def poll(words: Sequence[str], cursor: Cursor, now: datetime, **more: Any) -> tuple[list[Post], Cursor]:
    batch: Batch = WEIBO.parse(answer(hot(*words, **more)), cursor, now)
    posts = [seen.post for seen in batch.sightings if seen.post]
    return posts, orjson.loads(orjson.dumps(batch.cursor))


@pytest.mark.parametrize("spelling", ["#星禾异物#", "星禾 异物", " ＃星禾异物＃", "星禾异物\u200b"])
def test_a_topic_is_the_same_however_it_is_written(spelling: str) -> None:
    assert Line(words=spelling).name == Line(words="星禾异物").name


def test_the_same_topic_sighted_again_is_one_post_wherever_it_stands() -> None:
    first, cursor = poll(["星禾异物", "别的"], {}, NOON)
    later, _ = poll(["别的", "又一件", "星禾异物"], cursor, NOON + timedelta(minutes=5))
    assert first[0].key == later[2].key
    assert [rank_of(post.status) for post in (first[0], later[2])] == [1, 3]


def test_heat_is_no_reach() -> None:
    batch = WEIBO.parse(answer(hot("星禾异物")), {}, NOON)
    assert [seen.counts for seen in batch.sightings] == [Counts()]


def test_what_stood_there_at_first_is_of_an_unknown_age_and_what_came_later_came_up_since() -> None:
    first, cursor = poll(["星禾异物"], {}, NOON)
    later, _ = poll(["星禾异物", "新的"], cursor, NOON + timedelta(minutes=5))
    assert [post.posted_at for post in (*first, *later)] == [None, None, NOON + timedelta(minutes=5)]


def test_the_list_that_knows_when_a_topic_came_up_is_believed() -> None:
    (post,), _ = poll(["星禾异物"], {}, NOON, onboard_time=int(NOON.timestamp()) - 600)
    assert post.posted_at == NOON - timedelta(minutes=10)
    (early,), _ = poll(["星禾异物"], {}, NOON, onboard_time=int(NOON.timestamp()) + 9_000)
    assert early.posted_at is None


def test_a_topic_keeps_its_day_over_midnight_and_the_next_days_is_another() -> None:
    night = NOON.replace(hour=23, minute=58)
    (late,), cursor = poll(["星禾异物"], {}, night)
    (later,), cursor = poll(["星禾异物"], cursor, night + timedelta(minutes=5))
    _, cursor = poll(["别的"], cursor, night + timedelta(hours=1))
    (back,), cursor = poll(["星禾异物"], cursor, night + timedelta(hours=2))
    assert late.key == later.key == back.key
    _, cursor = poll(["别的"], cursor, night + timedelta(days=2))
    (again,), _ = poll(["星禾异物"], cursor, night + timedelta(days=2, minutes=5))
    assert again.key != late.key


def test_half_a_list_is_said_to_be_one_and_loses_nothing_it_shows() -> None:
    _, cursor = poll([f"第{n}件" for n in range(50)], {}, NOON)
    batch = WEIBO.parse(answer(hot("星禾异物", "第3件")), cursor, NOON)
    assert len(batch.sightings) == 2
    assert batch.rejected == ("half a list: 2 topics, where there were 49",)
    assert batch.facts["expected"] == 49


@pytest.mark.parametrize("name", BOARDS)
@pytest.mark.parametrize(
    ("body", "status", "failure"),
    [
        ({"data": {"realtime": [], "cards": [], "list": []}, "word_list": []}, 200, Failure.SCHEMA_DRIFT),
        ({"data": []}, 200, Failure.SCHEMA_DRIFT),
        ({}, 200, Failure.SCHEMA_DRIFT),
        ({"ok": -100}, 200, Failure.AUTH_EXPIRED),
        ({"code": -412}, 200, Failure.RATE_LIMITED),
        ({"error": {"code": 40362}}, 403, Failure.CHALLENGE),
        (b"", 200, Failure.BLOCKED),
        (b"<html><title>x</title>", 200, Failure.BLOCKED),
        ("<html><title>安全验证</title>".encode(), 200, Failure.CHALLENGE),
        (b'{"data":', 200, Failure.TRANSIENT),
        (b"", 304, Failure.TRANSIENT),
        (b"", 429, Failure.RATE_LIMITED),
        (b"", 502, Failure.TRANSIENT),
    ],
)
def test_no_list_is_never_nothing_is_hot(name: Any, body: object, status: int, failure: Failure) -> None:
    with pytest.raises(FeedError) as caught:
        HotList(list=name).parse(answer(body, status, HotList(list=name)), {}, NOON)
    assert caught.value.failure is failure


@pytest.mark.parametrize("words", ["", " # ", "##", "\u200b", "长" * 201])
def test_what_is_no_topic_is_said_to_be_none(words: str) -> None:
    assert topic("weibo", Line(words=words), NOON) == "a line without a topic"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "sinaweibo://x", ""])
def test_an_address_that_is_none_is_left_out(url: str) -> None:
    post = topic("weibo", Line(words="星禾", url=url), NOON)
    assert isinstance(post, Post)
    assert post.url == ""


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
FIELDS = ("word", "note", "word_scheme", "num", "realpos", "onboard_time", "is_ad", "hotScore", "desc", "url", "content", "isTop",
          "target", "detail_text", "title", "keyword", "show_name", "position", "heat_score", "hot_value", "Title", "HotValue", "Url")  # fmt: skip
ITEM = st.dictionaries(st.sampled_from(FIELDS), JUNK | st.just("星禾异物"), max_size=6)
LISTS = st.lists(ITEM, max_size=4) | JUNK


@given(st.sampled_from(sorted(BOARDS)), LISTS, JUNK, st.booleans(), st.sampled_from([200, 304, 403, 503]))
@settings(max_examples=200)
def test_no_answer_raises_anything_but_a_feed_error(
    name: Any, lines: object, cursor: object, cut: bool, status: int
) -> None:
    tried = HotList(list=name)
    data = lines if name in ("zhihu", "toutiao") else {"realtime": lines, "cards": lines, "list": lines}
    body = orjson.dumps({"data": data, "word_list": lines})
    body = body[: len(body) // 2] if cut else body
    try:
        batch = tried.parse(answer(body, status, tried), {"known": cursor, "usual": cursor}, NOON)
    except FeedError:
        return
    assert orjson.loads(orjson.dumps(batch.cursor)) == batch.cursor
    assert all(seen.post is not None and seen.post.title for seen in batch.sightings)


@given(st.lists(st.lists(st.sampled_from("甲乙丙丁戊己"), unique=True, min_size=1), min_size=1, max_size=12))
@settings(max_examples=80)
def test_within_a_day_every_topic_is_one_post(polls: list[list[str]]) -> None:
    cursor: Cursor = {}
    keys: dict[str, set[str]] = {}
    for number, words in enumerate(polls):
        posts, cursor = poll(words, cursor, NOON.replace(hour=1) + timedelta(minutes=5 * number))
        for post in posts:
            keys.setdefault(post.title, set()).add(post.native_id)
    assert all(len(found) == 1 for found in keys.values())
