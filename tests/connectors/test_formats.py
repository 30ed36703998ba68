"""What is pushed and brought, in any form: it becomes a sighting, or a line that says what is wrong."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import flat, headings
from connectors.formats import FORMATS, reader
from connectors.pointers import FieldMap
from monitor.model import Count, Precision, Sighting

NOON = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)
SCALAR = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
JSON = st.recursive(
    SCALAR, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)
NAMES = st.sampled_from(
    ["id", "note_id", "text", "desc", "content", "main", "sn", "user", "author", "counts", "created_at", "time", "data",
     "platform", "collected_at", "last_modify_ts", "interact_info", "note_card", "items", "status", "score", "oid", "rpid"]
)  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
@given(said=JSON | st.dictionaries(NAMES, JSON, max_size=6))
def test_whatever_stands_in_an_object_it_is_read_or_told(name: str, said: Any) -> None:
    assert isinstance(reader(name)(said, NOON), Sighting | str)


@given(st.dictionaries(st.sampled_from(flat.FIELDS), JSON, max_size=8), st.sampled_from(["", "hotline", "微博"]))
def test_whatever_stands_in_a_row_it_is_read_or_told(values: dict[str, Any], platform: str) -> None:
    assert isinstance(flat.sighting(values, NOON, platform), Sighting | str)


@given(
    JSON, st.dictionaries(st.sampled_from(flat.FIELDS), st.text(max_size=9).map(lambda text: "/" + text), max_size=4)
)
def test_whatever_a_pointer_points_at_it_is_read_or_told(said: Any, pointers: dict[str, str]) -> None:
    assert isinstance(FieldMap(pointers).read(said, NOON, "weibo"), Sighting | str)


@pytest.mark.parametrize(
    ("pointer", "found"),
    [
        ("/a~1b", "slash"),
        ("/m~0n", "tilde"),
        ("/ ", "space"),
        ("/list/1", "second"),
        ("/list/01", None),
        ("/list/-", None),
        ("/list/9", None),
        ("/deep/er", "here"),
        ("/deep/er/still", None),
        ("/absent", None),
    ],
)
def test_pointers_are_those_of_rfc_6901(pointer: str, found: str | None) -> None:
    said = {"a/b": "slash", "m~n": "tilde", " ": "space", "list": ["first", "second"], "deep": {"er": "here"}}
    read = FieldMap({"text": pointer, "id": "/ "}).read(said, NOON, "weibo")
    assert isinstance(read, Sighting)
    assert (read.post.text if read.post else None) == found


def test_a_map_that_names_no_field_or_no_pointer_is_refused() -> None:
    for pointers, says in (({"txt": "/a"}, "no field txt"), ({"text": "a"}, "no JSON pointer")):
        with pytest.raises(ValueError, match=says):
            FieldMap(pointers)
    with pytest.raises(ValueError, match="has fields of its own"):
        reader("xhs", {"text": "/a"})
    with pytest.raises(ValueError, match="there is no format csv"):
        reader("csv")


def read(**values: Any) -> Sighting:
    found = flat.sighting({"platform": "微博", "text": "星禾", **values}, NOON)
    assert isinstance(found, Sighting), found
    return found


def test_a_post_without_an_id_has_the_same_one_in_every_run() -> None:
    assert read(url="https://weibo.com/1700000009/Mb15BDYR0").key.native_id == "4826257999528718"
    assert read(url="https://news.example/1").key == read(url="https://news.example/1", text="改过").key
    assert read(created_at="2026-11-02 10:00").key == read(created_at="2026-11-02 10:00").key
    assert read(created_at="2026-11-02 10:00").key != read(created_at="2026-11-02 10:01").key


def test_what_is_not_known_stays_unknown() -> None:
    seen = read(**{"counts.likes": "--", "counts.reposts": "", "counts.comments": 0, "rating": "8/10"})
    assert (seen.counts.likes, seen.counts.reposts, seen.counts.comments) == (None, None, Count(0))
    assert seen.post is not None
    assert seen.post.rating is None


def test_numbers_from_a_workbook_are_whole_numbers_again() -> None:
    seen = read(**{"id": 5340000000000001.0, "counts.views": 12.0, "counts.likes": "3.4万", "rating": "5星"})
    assert seen.key.native_id == "5340000000000001"
    assert (seen.counts.views, seen.counts.likes) == (Count(12), Count(34_000, Precision.ROUNDED))
    assert seen.post is not None
    assert seen.post.rating == 5


def test_a_heading_is_known_however_it_is_decorated_and_one_field_is_read_from_one_column() -> None:
    found = headings.guess(["\ufeff发布时间", "标 题", "内容", "正文", "点赞数（次）", "IP属地", "情感"])
    assert found == {
        "\ufeff发布时间": "created_at",
        "标 题": "title",
        "正文": "text",
        "点赞数（次）": "counts.likes",
        "IP属地": "region",
    }
    assert headings.guess(["正文", "内容"], {"正文": ""}) == {"内容": "text"}
