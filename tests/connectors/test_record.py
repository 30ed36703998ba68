"""langyan.post.v1, the project's own record."""

import contextlib
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.record import sighting
from monitor.errors import RecordingError
from monitor.model import Author, Availability, Count, Counts, Post, PostKey, Precision, Sighting

LEAST: dict[str, Any] = {"platform": "weibo", "id": "5340", "collected_at": "2026-11-02T12:00:00+08:00"}
NOON = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)


def test_three_keys_are_enough() -> None:
    assert sighting(orjson.dumps(LEAST), 1) == Sighting(key=PostKey("weibo", "5340"), seen_at=NOON)


def test_a_whole_record_becomes_a_post_with_its_counts() -> None:
    record = {
        **LEAST,
        "schema": "langyan.post.v1",
        "kind": "review",
        "url": "https://example.org/1",
        "title": "漏水",
        "text": "杯盖漏水",
        "author": {"id": "9", "name": "阿梨", "followers": "1.3万", "verified": False},
        "created_at": "2026-11-02T11:00:00+08:00",
        "counts": {"reposts": 12, "likes": "1.2万", "collects": None},
        "repost_of": "5339",
        "rating": 1,
        "region": "上海",
        "product": "暖杯",
        "status": "open",
        "customer_ref": None,
        "deleted": False,
    }
    found = sighting(record, 1)
    assert found.counts == Counts(reposts=Count(12), likes=Count(12_000, Precision.ROUNDED))
    assert found.post == Post(
        platform="weibo",
        native_id="5340",
        kind="review",
        url="https://example.org/1",
        author=Author(id="9", name="阿梨", followers=13_000, verified=False),
        title="漏水",
        text="杯盖漏水",
        posted_at=datetime(2026, 11, 2, 3, 0, tzinfo=UTC),
        repost_of="5339",
        rating=1,
        region="上海",
        product="暖杯",
        status="open",
    )


def test_a_line_of_counts_alone_says_nothing_of_the_post() -> None:
    found = sighting({**LEAST, "counts": {"reposts": 3}, "text": None, "title": None}, 1)
    assert found.post is None
    assert found.counts == Counts(reposts=Count(3))


def test_an_empty_text_is_a_post_without_words() -> None:
    found = sighting({**LEAST, "text": ""}, 1)
    assert found.post is not None
    assert found.post.words == ""


def test_a_deleted_post_is_gone() -> None:
    assert sighting({**LEAST, "deleted": True}, 1).availability is Availability.GONE


WRONG = [
    (b"{", "not JSON"),
    (b"[]", "not a JSON object"),
    (b'"text"', "not a JSON object"),
    ({**LEAST, "schema": "other.v1"}, "is not langyan.post.v1"),
    ({**LEAST, "platform": None}, "platform"),
    ({**LEAST, "platform": ""}, "platform"),
    ({**LEAST, "id": 5340}, "id is missing or no text"),
    ({**LEAST, "id": "x" * 301}, "id is missing"),
    ({**LEAST, "collected_at": None}, "collected_at"),
    ({**LEAST, "collected_at": "2026-11-02T12:00:00"}, "not a time with its zone"),
    ({**LEAST, "collected_at": "0001-01-01T00:00:00+23:00"}, "not a time with its zone"),
    ({**LEAST, "text": 7}, "text is no text"),
    ({**LEAST, "text": "x", "author": "阿梨"}, "author is no object"),
    ({**LEAST, "text": "x", "author": {"verified": 1}}, "author.verified"),
    ({**LEAST, "text": "x", "author": {"followers": [1]}}, "author.followers"),
    ({**LEAST, "text": "x", "rating": 6}, "rating"),
    ({**LEAST, "rating": True}, "rating"),
    ({**LEAST, "counts": [1]}, "counts is no object"),
    ({**LEAST, "counts": {"likes": True}}, "counts.likes"),
    ({**LEAST, "counts": {"likes": -1}}, "counts.likes is -1"),
    ({**LEAST, "deleted": "no"}, "deleted"),
]


@pytest.mark.parametrize(("line", "problem"), WRONG)
def test_a_damaged_line_says_its_number_and_what_is_wrong(line: bytes | dict[str, Any], problem: str) -> None:
    with pytest.raises(RecordingError, match=r"^line 17: ") as refused:
        sighting(line, 17)
    assert problem in refused.value.problem


OTHERS = ("text", "title", "author", "counts", "rating", "created_at", "deleted")

JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3)),
    max_leaves=8,
)


@given(
    st.fixed_dictionaries(
        {},
        optional=dict.fromkeys((*LEAST, *OTHERS), JSON),
    ),
    st.booleans(),
)
def test_no_record_breaks_the_reading(record: dict[str, Any], whole: bool) -> None:
    with contextlib.suppress(RecordingError):
        sighting({**LEAST, **record} if whole else record, 1)


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reading(line: bytes) -> None:
    with pytest.raises(RecordingError):
        sighting(line, 1)
