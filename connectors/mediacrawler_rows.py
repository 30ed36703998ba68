"""MediaCrawler's rows, in both generations of its columns: a post or a comment as it stood when the row was last changed.

The columns differ by platform and by what a row is, so each has a shape here. Since July 2026 the crawler writes a hash and a masked
name of an author; before, the id and the name. Both are read.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from connectors.counts import count
from connectors.markup import plain
from connectors.times import moment
from monitor.model import Author, Counts, Post, PostKey, Sighting

STAMP = "last_modify_ts"

FOLDERS: Mapping[str, str] = {
    "xhs": "xiaohongshu", "weibo": "weibo", "wb": "weibo", "douyin": "douyin", "dy": "douyin", "kuaishou": "kuaishou",
    "ks": "kuaishou", "bili": "bilibili", "bilibili": "bilibili", "tieba": "tieba", "zhihu": "zhihu",
}  # fmt: skip
"""How the crawler calls the platforms in its folders and its tables."""

_NO_PARENT = frozenset({"", "0", "None", "null"})


@dataclass(frozen=True, kw_only=True)
class _Shape:
    """Where in a row of one kind each thing stands; `counts` by our names."""

    id: str
    text: str
    at: str
    kind: str
    title: str = ""
    url: str = ""
    name: str = "nickname"
    of: str = ""
    """A comment: the column that names the post."""
    counts: Mapping[str, str] = field(default_factory=dict)


_COMMENT = {"id": "comment_id", "text": "content", "kind": "comment", "counts": {"comments": "sub_comment_count", "likes": "like_count"}}  # fmt: skip

_SHAPES: Mapping[str, tuple[_Shape, ...]] = {
    "xiaohongshu": (
        _Shape(id="note_id", title="title", text="desc", at="time", url="note_url", kind="note",
               counts={"likes": "liked_count", "collects": "collected_count", "comments": "comment_count", "shares": "share_count"}),
        _Shape(at="create_time", of="note_id", **_COMMENT),  # type: ignore[arg-type]
    ),
    "weibo": (
        _Shape(id="note_id", text="content", at="create_time", url="note_url", kind="post",
               counts={"likes": "liked_count", "comments": "comments_count", "reposts": "shared_count"}),
        _Shape(id="comment_id", text="content", at="create_time", of="note_id", kind="comment",
               counts={"comments": "sub_comment_count", "likes": "comment_like_count"}),
    ),
    "douyin": (
        _Shape(id="aweme_id", title="title", text="desc", at="create_time", url="aweme_url", kind="video",
               counts={"likes": "liked_count", "collects": "collected_count", "comments": "comment_count", "shares": "share_count"}),
        _Shape(at="create_time", of="aweme_id", **_COMMENT),  # type: ignore[arg-type]
    ),
    "kuaishou": (
        _Shape(id="video_id", title="title", text="desc", at="create_time", url="video_url", kind="video",
               counts={"likes": "liked_count", "views": "viewd_count"}),
        _Shape(at="create_time", of="video_id", **_COMMENT),  # type: ignore[arg-type]
    ),
    "bilibili": (
        _Shape(id="video_id", title="title", text="desc", at="create_time", url="video_url", kind="video",
               counts={"likes": "liked_count", "views": "video_play_count", "collects": "video_favorite_count",
                       "shares": "video_share_count", "comments": "video_comment"}),
        _Shape(at="create_time", of="video_id", **_COMMENT),  # type: ignore[arg-type]
        _Shape(id="dynamic_id", text="text", at="pub_ts", kind="post", name="user_name",
               counts={"comments": "total_comments", "reposts": "total_forwards", "likes": "total_liked"}),
    ),
    "tieba": (
        _Shape(id="note_id", title="title", text="desc", at="publish_time", url="note_url", kind="thread",
               name="user_nickname", counts={"comments": "total_replay_num"}),
        _Shape(id="comment_id", text="content", at="publish_time", of="note_id", kind="comment", name="user_nickname",
               counts={"comments": "sub_comment_count"}),
    ),
    "zhihu": (
        _Shape(id="content_id", title="title", text="content_text", at="created_time", url="content_url", kind="answer",
               name="user_nickname", counts={"likes": "voteup_count", "comments": "comment_count"}),
        _Shape(id="comment_id", text="content", at="publish_time", of="content_id", kind="comment", name="user_nickname",
               counts={"comments": "sub_comment_count", "likes": "like_count"}),
    ),
}  # fmt: skip
"""By platform: posts, comments, and Bilibili's 动态. A row is of the first shape whose columns it has, comments first."""


_IN_ORDER = {
    platform: tuple(sorted(shapes, key=lambda shape: shape.kind != "comment")) for platform, shapes in _SHAPES.items()
}


def row(
    said: Mapping[str, Any], place: str, seen_at: datetime, platform: str = "", *, told: bool = True
) -> Sighting | str:
    """What a row says, or what is wrong with it. `place`: the file's path or the table's name, which may name the platform.

    The look is of the row's own moment; `seen_at` is now, before which that must lie. `told` False: its counts alone are wanted.
    """
    platform = platform or platform_of(place, said)
    if platform not in _SHAPES:
        return "the platform is known neither by the folder nor by the columns"
    shape = _shape(platform, said)
    if shape is None:
        return f"no row of {platform}: neither {' nor '.join(one.id for one in _SHAPES[platform])} is there"
    native_id = _native_id(platform, shape, said)
    if native_id is None:
        return f"{shape.id} is missing"
    at = moment(_number(said.get(STAMP)), seen_at)
    if at is None:
        return f"{STAMP} is missing or no time"
    key = PostKey(platform, native_id)
    return Sighting(
        key=key, seen_at=at, counts=_counts(shape, said), post=_post(key, shape, said, at) if told else None
    )


_CHANGING = frozenset({STAMP, *(name for shapes in _SHAPES.values() for one in shapes for name in one.counts.values())})


def fingerprint(said: Mapping[str, Any]) -> int | None:
    """A number for all that a row says beside its counts and its moment: the same for the same. None where there is none."""
    try:
        return hash(tuple(value for name, value in said.items() if name not in _CHANGING))
    except TypeError:
        return None


def is_row(said: Mapping[str, Any]) -> bool:
    """Whether these columns are the crawler's."""
    return STAMP in said


def platform_of(place: str, said: Mapping[str, Any]) -> str:
    """By the nearest folder, or the table's first word; else by columns that only one platform has."""
    return _of_place(place) or next((platform for column, platform in _ONLY.items() if column in said), "")


@lru_cache(maxsize=1024)
def _of_place(place: str) -> str:
    for word in reversed(re.split(r"[/\\]", place)):
        name = word.lower()
        known = FOLDERS.get(name) or FOLDERS.get(name.partition("_")[0])
        if known:
            return known
    return ""


_ONLY: Mapping[str, str] = {
    "aweme_id": "douyin", "video_play_count": "bilibili", "dynamic_id": "bilibili", "viewd_count": "kuaishou",
    "tieba_name": "tieba", "tieba_id": "tieba", "content_id": "zhihu", "comments_count": "weibo", "comment_like_count": "weibo",
    "create_date_time": "weibo", "collected_count": "xiaohongshu", "pictures": "xiaohongshu",
}  # fmt: skip


def _shape(platform: str, said: Mapping[str, Any]) -> _Shape | None:
    return next((shape for shape in _IN_ORDER[platform] if shape.id in said), None)


def _native_id(platform: str, shape: _Shape, said: Mapping[str, Any]) -> str | None:
    own = _id(said.get(shape.id))
    if own is None or not shape.of:
        return None if own is None else _post_id(platform, own, said)
    return _comment_id(platform, own, _id(said.get(shape.of)), said)


def _comment_id(platform: str, own: str, post: str | None, said: Mapping[str, Any]) -> str:
    """The name that other ways in give the same comment."""
    if platform in ("bilibili", "tieba") and post is not None:
        return f"{_post_id(platform, post, said)}:{own}"
    return f"comment:{own}" if platform == "zhihu" else own


def _post_id(platform: str, own: str, said: Mapping[str, Any]) -> str:
    """The name that other ways in give the same post."""
    if platform == "bilibili" and own.isdigit() and "dynamic_id" not in said:
        return f"av{own}"
    if platform == "zhihu":
        return f"{_text(said.get('content_type')) or 'answer'}:{own}"
    return own


def _post(key: PostKey, shape: _Shape, said: Mapping[str, Any], at: datetime) -> Post:
    text = plain(_text(said.get(shape.text)))
    title = plain(_text(said.get(shape.title))) if shape.title else ""
    post = _id(said.get(shape.of)) if shape.of else None
    above = _text(said.get("parent_comment_id")) if shape.of else ""
    own = _text(said.get(shape.id))
    if above and above not in _NO_PARENT and above != own:
        parent = _comment_id(key.platform, above, post, said)
    else:
        parent = _post_id(key.platform, post, said) if post else ""
    return Post(
        platform=key.platform,
        native_id=key.native_id,
        kind=shape.kind if key.platform != "zhihu" or shape.of else _text(said.get("content_type")) or shape.kind,
        url=_text(said.get(shape.url))[:2000] if shape.url else "",
        author=Author(
            id=_id(said.get("user_id")) or _id(said.get("creator_hash")), name=plain(_text(said.get(shape.name)))
        ),
        title=title,
        text=text,
        posted_at=moment(_number(said.get(shape.at)), at),
        parent=parent or None,
        region=_text(said.get("ip_location")).removeprefix("发布于").removeprefix("来自").strip() or None,
    )


def _counts(shape: _Shape, said: Mapping[str, Any]) -> Counts:
    return Counts(**{ours: count(said.get(theirs)) for ours, theirs in shape.counts.items()})


def _text(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return "" if value == "None" else str(value)


def _id(value: object) -> str | None:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = _text(value).strip()
    return text if 0 < len(text) <= 200 else None


def _number(value: object) -> object:
    """A moment that a table wrote as text of digits, or a spreadsheet as a fraction, as a number."""
    if isinstance(value, str) and value.isascii() and value.strip().isdigit() and len(value) < 16:
        return int(value)
    return value
