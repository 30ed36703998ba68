"""Weibo's push: items by line, resumed by their own numbers; what is deleted is gone; a refusal is never silence."""

from datetime import UTC, datetime
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.weibo_push import WeiboPush
from monitor.errors import Failure, FeedError
from monitor.model import PostKey
from monitor.ports import Connector, Streaming

NOW = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)
PUSH = WeiboPush(subscription="10542")
AS_CONNECTOR: Connector = PUSH
AS_STREAMING: Streaming = PUSH


def line(number: object, native_id: object, event: str = "add", kind: str = "status", **more: Any) -> bytes:
    said = {"id": native_id, "text": "星禾的杯子又漏了", "user": {"id": 17, "screen_name": "甲"}, **more}
    return orjson.dumps({"id": number, "text": {"type": kind, "event": event, kind: said}}) + b"\r\n"


def failure_of(data: bytes) -> FeedError:
    with pytest.raises(FeedError) as caught:
        PUSH.feed(data, {"since": "7"}, NOW)
    return caught.value


def test_a_stream_goes_on_behind_the_greatest_item_and_not_behind_a_post() -> None:
    batch = PUSH.feed(line(1002, 5340000000000055) + b"\r\n" + line(1001, 5340000000000054), {"since": "9"}, NOW)
    assert [str(one.key) for one in batch.sightings] == ["weibo:5340000000000055", "weibo:5340000000000054"]
    assert batch.cursor == {"since": "1002"}
    assert PUSH.open(batch.cursor).url.params["since_id"] == "1002"
    assert "since_id" not in PUSH.open({}).url.params


@pytest.mark.parametrize("event", ["del", "delete", "remove", "DELETE"])
def test_what_is_deleted_is_gone_also_where_it_came_a_line_before(event: str) -> None:
    data = line(1, 55) + orjson.dumps({"id": 2, "text": {"type": "status", "event": event, "status": {"id": 55}}})
    batch = PUSH.feed(data, {}, NOW)
    assert (batch.sightings, batch.gone) == ((), (PostKey("weibo", "55"),))


def test_a_late_repeat_of_what_was_deleted_does_not_bring_it_back() -> None:
    batch = PUSH.feed(line(2, 55, "delete") + line(1, 55), {}, NOW)
    assert (batch.sightings, batch.gone) == ((), (PostKey("weibo", "55"),))


def test_a_comment_knows_the_post_it_stands_under() -> None:
    (seen,) = PUSH.feed(line(3, 900, kind="comment", status={"id": 55}), {}, NOW).sightings
    assert seen.post is not None
    assert (seen.post.kind, seen.post.parent) == ("comment", "55")


def test_blank_lines_say_nothing_and_move_nothing() -> None:
    batch = PUSH.feed(b"\r\n\r\n", {"since": "7"}, NOW)
    assert (batch.sightings, batch.cursor) == ((), {"since": "7"})


def test_a_line_that_cannot_be_read_costs_only_itself() -> None:
    batch = PUSH.feed(b'{"id":8,"text":{"sta\r\n' + line(9, 55) + b'{"id":10,"text":{"type":"status"}}\r\n', {}, NOW)
    assert len(batch.sightings) == 1
    assert batch.rejected == ("a line of 21 bytes is no JSON object", "item 10 is neither a post nor a comment")
    assert batch.cursor == {"since": "10"}


def test_lines_that_are_all_unreadable_are_a_changed_format_and_the_cursor_stays() -> None:
    assert failure_of(b'{"id":8,"text":{"post":1}}\r\n').failure is Failure.SCHEMA_DRIFT


@pytest.mark.parametrize("status", [200, 403])
def test_an_address_that_is_not_in_the_contract_is_told_with_what_to_do(status: int) -> None:
    refusal = httpx.Response(status, content=b'{"error":"Ip is limited"}', request=PUSH.open({}))
    with pytest.raises(FeedError, match="does not push to this address") as caught:
        PUSH.parse(refusal, {}, NOW)
    assert caught.value.failure is Failure.MISCONFIGURED
    assert "address" in str(caught.value)


@pytest.mark.parametrize(
    ("status", "body", "failure"),
    [
        (200, b"<html><title>\xe7\x99\xbb\xe5\xbd\x95</title></html>", Failure.BLOCKED),
        (200, b'{"error":"system is busy"}\r\n', Failure.TRANSIENT),
        (403, b'{"error":"no","error_code":10014}', Failure.MISCONFIGURED),
        (503, b"", Failure.TRANSIENT),
        (400, b"{}", Failure.MISCONFIGURED),
    ],
)
def test_a_stream_that_is_none_says_why(status: int, body: bytes, failure: Failure) -> None:
    with pytest.raises(FeedError) as caught:
        PUSH.parse(httpx.Response(status, content=body, request=PUSH.open({})), {}, NOW)
    assert caught.value.failure is failure


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
ITEM = st.fixed_dictionaries(
    {},
    optional={
        "id": JUNK,
        "error": JUNK,
        "text": JUNK
        | st.fixed_dictionaries(
            {"type": st.sampled_from(["status", "comment"]) | JUNK, "event": st.sampled_from(["add", "del"]) | JUNK},
            optional={
                name: JUNK | st.dictionaries(st.sampled_from(["id", "text", "user", "status", "created_at"]), JUNK)
                for name in ("status", "comment")
            },
        ),
    },
)


@given(st.lists(ITEM | JUNK, max_size=4), st.integers(0, 300), st.dictionaries(st.just("since"), JUNK))
def test_no_line_however_damaged_raises_anything_but_a_feed_error(
    items: list[object], cut: int, cursor: dict[str, Any]
) -> None:
    data = b"".join(orjson.dumps(item) + b"\r\n" for item in items)
    for tried in (data, data[:cut], data[cut:]):
        try:
            PUSH.feed(tried, cursor, NOW)
            PUSH.parse(httpx.Response(403, content=tried, request=PUSH.open({})), cursor, NOW)
        except FeedError:
            continue
