"""Posts as Xiaohongshu, JD, Dianping and Heimao write them, whoever hands them on: lines with golden answers, and hostile ones.

`LANGYAN_ACCEPT=1 pytest tests/connectors/test_site_formats.py` writes the golden files.
"""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import dianping_review, heimao_complaint, xhs_note
from connectors.formats import FORMATS
from monitor.model import Availability, Count, Counts, Precision, Sighting
from tests.connectors.playback import _short

NOON = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)
LINES = Path(__file__).parent / "formats"

Read = Callable[[object, datetime], Sighting | str]
OURS: dict[str, Read] = {name: FORMATS[name] for name in ("xhs", "xhs-comment", "jd", "dianping", "heimao")}


@pytest.mark.parametrize("name", OURS)
def test_a_format_is_read_as_its_golden_file_says(name: str) -> None:
    said = [json.loads(line) for line in (LINES / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
    read = [_short(OURS[name](one, NOON)) for one in said]
    golden = LINES / f"{name}.expected.json"
    if os.environ.get("LANGYAN_ACCEPT"):
        golden.write_text(json.dumps(read, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    assert read == json.loads(golden.read_text(encoding="utf-8"))


# ── Xiaohongshu ─────────────────────────────────────────────────────────────────────────────────────────────────────

NOTE = "690000000000000012000abc"


def note(**said: object) -> Sighting:
    found = xhs_note.note({"note_id": NOTE, **said}, NOON)
    assert isinstance(found, Sighting)
    return found


@pytest.mark.parametrize(
    ("shown", "count"),
    [
        ("9999", Count(9_999)),
        ("1万", Count(10_000, Precision.ROUNDED)),
        ("1.1万", Count(11_000, Precision.ROUNDED)),
        ("1万+", Count(10_000, Precision.LOWER_BOUND)),
        ("10+", Count(10, Precision.LOWER_BOUND)),
        ("赞", None),
        ("None", None),
        ("", None),
    ],
)
def test_a_count_is_taken_as_far_as_it_is_shown(shown: str, count: Count | None) -> None:
    assert note(interact_info={"liked_count": shown}).counts == Counts(likes=count)


@pytest.mark.parametrize("name", ["share_count", "shared_count", "shareCount"])
def test_shares_have_more_than_one_name(name: str) -> None:
    assert note(interact_info={name: "12"}).counts.shares == Count(12)


def test_a_token_is_no_part_of_the_name_and_the_newest_one_stands_in_the_address() -> None:
    first, later = note(xsec_token="AB="), note(xsec_token="CD/+")
    assert first.key == later.key
    assert first.post
    assert later.post
    assert first.post.url == f"https://www.xiaohongshu.com/explore/{NOTE}?xsec_token=AB%3D&xsec_source=pc_search"
    assert "xsec_token=CD%2F%2B" in later.post.url


def test_an_address_of_another_note_or_another_site_is_not_followed() -> None:
    for url in ("https://evil.example/explore/" + NOTE, "https://www.xiaohongshu.com/explore/" + "0" * 24):
        seen = note(note_url=url)
        assert seen.post
        assert seen.post.url == f"https://www.xiaohongshu.com/explore/{NOTE}"


def test_what_a_search_shows_of_time_never_replaces_what_the_id_says() -> None:
    shown = {"corner_tag_info": [{"type": "publish_time", "text": "3天前"}]}
    early, late = (xhs_note.note({"note_id": NOTE, **shown}, at) for at in (NOON, NOON.replace(hour=9)))
    assert isinstance(early, Sighting)
    assert isinstance(late, Sighting)
    assert early.post
    assert late.post
    assert early.post.posted_at == late.post.posted_at


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        (-100, "auth_expired"),
        ("-101", "auth_expired"),
        (-104, "auth_expired"),
        (300011, "blocked"),
        ("300012", "blocked"),
        (300013, "rate_limited"),
        (300015, "blocked"),
        (-1, "blocked"),
    ],
)
def test_a_refusal_is_told_by_its_class_whatever_success_says(code: object, meaning: str) -> None:
    said = xhs_note.note({"code": code, "success": True, "msg": "<b>异常</b>", "data": {"items": []}}, NOON)
    assert isinstance(said, str)
    assert f"({meaning})" in said
    assert "<b>" not in said


@pytest.mark.parametrize(
    ("code", "shown"),
    [(-510000, Availability.GONE), (-510001, Availability.GONE), (300031, Availability.RESTRICTED)],
)
def test_a_note_that_is_gone_is_gone_where_the_answer_names_it(code: int, shown: Availability) -> None:
    said = xhs_note.note({"code": code, "success": False, "note_id": NOTE}, NOON)
    assert isinstance(said, Sighting)
    assert (said.availability, said.post) == (shown, None)
    assert isinstance(xhs_note.note({"code": code, "success": False}, NOON), str)


def test_an_answer_without_a_note_is_not_a_note_that_is_gone() -> None:
    assert isinstance(xhs_note.note({"code": 0, "success": True, "data": {"items": []}, "note_id": NOTE}, NOON), str)


# ── the others ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("star", "rating"), [(0, None), (10, 1), (15, 1), (25, 2), (35, 3), (50, 5), (4, 4), (60, None)]
)
def test_dianpings_stars_come_in_tenths_or_whole(star: int, rating: int | None) -> None:
    found = dianping_review.review({"reviewId": "1", "star": star}, NOON)
    assert isinstance(found, Sighting)
    assert found.post
    assert found.post.rating == rating


def test_whom_a_complaint_is_about_stands_in_its_text() -> None:
    found = heimao_complaint.complaint({"main": {"sn": "17300000001", "title": "拒绝退款", "cotitle": "星禾"}}, NOON)
    assert isinstance(found, Sighting)
    assert found.post
    assert "星禾" in found.post.words


def test_who_complains_anonymously_has_no_id() -> None:
    main = {"sn": "17300000001", "anonymous": 1}
    found = heimao_complaint.complaint({"main": main, "author": {"title": "匿名", "uid": "6400000001"}}, NOON)
    assert isinstance(found, Sighting)
    assert found.post
    assert found.post.author.id is None


# ── hostile ─────────────────────────────────────────────────────────────────────────────────────────────────────────

NAMES = (
    "id", "note_id", "noteId", "note_card", "interact_info", "liked_count", "time", "last_update_time", "corner_tag_info", "user",
    "data", "items", "code", "success", "msg", "title", "desc", "content", "xsec_token", "note_url", "model_type",
    "comment_id", "create_time", "main", "sn", "author", "created_at", "status", "cost", "anonymous", "score", "star",
    "creationTime", "referenceId", "afterUserComment", "feedType", "mainId", "poi", "shopId", "name",
)  # fmt: skip
JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text("a1漏<&万+-#", max_size=8)
    | st.just(NOTE),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6),
    max_leaves=12,
)


@given(JUNK, st.sampled_from(sorted(OURS)))
def test_whatever_is_handed_on_is_a_post_or_a_line(said: object, name: str) -> None:
    found = OURS[name](said, NOON)
    assert isinstance(found, str | Sighting)
    assert not isinstance(found, str) or len(found) < 300
