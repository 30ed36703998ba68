"""Xiaohongshu's note and comment as its own app and pages write them, for whoever may hand them on: a data vendor, a file.

The site is never asked. Names come in two styles (`note_id`, `noteId`) and two shapes (counts in `interact_info`, or beside the
text); a search item has no body and no exact time.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from connectors import xhs_ids
from connectors.counts import count
from connectors.fields import first, identifier, inner, string, words
from connectors.times import moment
from monitor.errors import Failure
from monitor.model import Author, Availability, Counts, Post, PostKey, Sighting

PLATFORM = "xiaohongshu"

_REFUSALS = {
    -100: Failure.AUTH_EXPIRED,
    -101: Failure.AUTH_EXPIRED,
    -104: Failure.AUTH_EXPIRED,
    -1: Failure.BLOCKED,
    300011: Failure.BLOCKED,
    300012: Failure.BLOCKED,
    300013: Failure.RATE_LIMITED,
    300015: Failure.BLOCKED,
}
_GONE = {-510000: Availability.GONE, -510001: Availability.GONE, 300031: Availability.RESTRICTED}
"""Codes that speak of one note, not of who asked."""


def note(said: object, seen_at: datetime) -> Sighting | str:
    """A note, or what is wrong with it. `said`: a note, an item of a search, or an answer of the site that holds one note."""
    if not isinstance(said, dict):
        return "is no object"
    if (code := _code(said)) is not None:
        return _refused(code, said, seen_at)
    if isinstance(said.get("data"), dict) and "note_card" not in said:
        items = said["data"].get("items")
        if not isinstance(items, list) or len(items) > 1:
            return "is an answer of several notes; hand on its items one by one"
        if not items:
            return "is an answer without a note: throttled, or its xsec_token is too old"
        return note(items[0], seen_at)
    kind = string(said, "model_type", "modelType")
    if kind not in ("", "note"):
        return f"is no note but {kind[:40]!r}"
    card = inner(said, "note_card", "noteCard") or said
    note_id = identifier(card, "note_id", "noteId", "id") or identifier(said, "id", "note_id")
    if not xhs_ids.is_id(note_id):
        return "has no note id"
    token = string(card, "xsec_token", "xsecToken") or string(said, "xsec_token", "xsecToken")
    post = Post(
        platform=PLATFORM,
        native_id=note_id,
        kind="video" if string(card, "type") == "video" else "note",
        url=_address(card, note_id, token),
        author=_author(card),
        title=words(card, "title", "display_title", "displayTitle"),
        text=words(card, "desc", "content"),
        posted_at=_published(card, note_id, seen_at),
        edited_at=_edited(card, seen_at),
        region=words(card, "ip_location", "ipLocation") or None,
    )
    return Sighting(key=post.key, seen_at=seen_at, counts=_counts(card), post=post)


def comment(said: object, seen_at: datetime) -> Sighting | str:
    """A comment on a note, or what is wrong with it. Its answers (`sub_comments`) are comments of their own."""
    if not isinstance(said, dict):
        return "is no object"
    comment_id, under = identifier(said, "id", "comment_id"), identifier(said, "note_id", "noteId")
    if not xhs_ids.is_id(comment_id):
        return "has no comment id"
    if not xhs_ids.is_id(under):
        return "does not say which note it belongs to"
    above = identifier(said, "parent_comment_id")
    post = Post(
        platform=PLATFORM,
        native_id=f"comment:{comment_id}",
        kind="comment",
        url=xhs_ids.link(under),
        author=_author(said),
        text=words(said, "content"),
        posted_at=moment(first(said, "create_time", "createTime"), seen_at),
        parent=f"comment:{above}" if xhs_ids.is_id(above) and above != comment_id else under,
        region=words(said, "ip_location", "ipLocation") or None,
    )
    counts = Counts(
        likes=count(first(said, "like_count", "likeCount")),
        comments=count(first(said, "sub_comment_count", "subCommentCount")),
    )
    return Sighting(key=post.key, seen_at=seen_at, counts=counts, post=post)


# ── what a note says ────────────────────────────────────────────────────────────────────────────────────────────────


def _address(card: Mapping[str, Any], note_id: str, token: str) -> str:
    """With the freshest token there is: it is no part of the id, so the next one simply takes its place."""
    given = string(card, "note_url", "url")
    known = xhs_ids.of_link(given)
    return given if known and known[0] == note_id else xhs_ids.link(note_id, quote(token, safe=""))


def _author(card: Mapping[str, Any]) -> Author:
    user = inner(card, "user", "user_info", "userInfo") or card
    return Author(
        id=identifier(user, "user_id", "userId", "userid", "creator_hash") or None,
        name=words(user, "nickname", "nick_name", "nickName"),
    )


def _published(card: Mapping[str, Any], note_id: str, seen_at: datetime) -> datetime | None:
    """An exact time where there is one. The id's is as good; what a search shows ("3天前") is the last resort."""
    exact = moment(first(card, "time", "timestamp", "create_time"), seen_at)
    return exact or xhs_ids.born(note_id) or moment(_shown(card), seen_at)


def _shown(card: Mapping[str, Any]) -> str:
    tags = first(card, "corner_tag_info", "cornerTagInfo")
    found = (tag for tag in tags if isinstance(tag, dict)) if isinstance(tags, list) else ()
    return next((string(tag, "text") for tag in found if tag.get("type") == "publish_time"), "")


def _edited(card: Mapping[str, Any], seen_at: datetime) -> datetime | None:
    """Every note has a time of its last change; it was edited only where that is not its publication."""
    changed = moment(first(card, "last_update_time", "lastUpdateTime"), seen_at)
    written = moment(first(card, "time", "timestamp"), seen_at)
    return changed if changed and written and changed > written else None


def _counts(card: Mapping[str, Any]) -> Counts:
    """`shared_count` in a search, `share_count` in a note; from 10,000 on, and to strangers from 10 on, they are rounded."""
    shown = inner(card, "interact_info", "interactInfo") or card
    return Counts(
        likes=count(first(shown, "liked_count", "likedCount", "likes")),
        collects=count(first(shown, "collected_count", "collectedCount")),
        comments=count(first(shown, "comment_count", "comments_count", "commentCount")),
        shares=count(first(shown, "share_count", "shared_count", "shareCount", "sharedCount")),
        views=count(first(shown, "view_count", "viewCount")),
    )


# ── what is no note ─────────────────────────────────────────────────────────────────────────────────────────────────


def _code(said: Mapping[str, Any]) -> int | None:
    """The code of a refusal, a number or its digits. It counts whatever `success` says beside it."""
    code = said.get("code")
    if isinstance(code, str) and code.lstrip("-").isascii() and code.lstrip("-").isdigit() and len(code) < 12:
        code = int(code)
    if type(code) is int and code != 0:
        return code
    return 0 if said.get("success") is False else None


def _refused(code: int, said: Mapping[str, Any], seen_at: datetime) -> Sighting | str:
    """What an answer of the site says instead of a note; of a note that it names, that it is gone."""
    about = identifier(said, "note_id", "noteId", "id", "source_note_id")
    if code in _GONE and xhs_ids.is_id(about):
        return Sighting(key=PostKey(PLATFORM, about), seen_at=seen_at, availability=_GONE[code])
    message = words(said, "msg", "message")[:60]
    failure = _REFUSALS.get(code)
    meaning = f" ({failure.value})" if failure else " (a note that is gone)" if code in _GONE else ""
    return f"is a refusal of Xiaohongshu: {code}{meaning} {message}".rstrip()
