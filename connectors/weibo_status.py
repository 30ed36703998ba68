"""Weibo's status object: whose post it is, what it says, how far it went. One form on all of Weibo's hosts."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from connectors.counts import count, number
from connectors.markup import plain
from connectors.times import moment
from monitor.model import Author, Availability, Count, Counts, Post, PostKey, Precision, Sighting

_DELETED = "此微博已被原作者删除"
_CUT = re.compile(r"(?:\.\.\.|…)? ?全文[:：] ?https?://\S{1,200}$")
"""What the API writes at the end of a text that it breaks off."""


def statuses(listed: list[Any], seen_at: datetime) -> tuple[list[Sighting], list[Post], list[str]]:
    """Every status and every original that one carries; the statuses' own posts; the lines that could not be read."""
    sightings: dict[PostKey, Sighting] = {}
    posts: list[Post] = []
    rejected: list[str] = []
    for place, status in enumerate(listed):
        seen = _sighting(status, seen_at) if isinstance(status, dict) else None
        if seen is None:
            rejected.append(f"status {place} has no id")
            continue
        original = status.get("retweeted_status")
        below = _original(original, seen_at) if isinstance(original, dict) else None
        post = seen.post or Post(platform="weibo", native_id=seen.key.native_id)
        if seen.post and below:
            post = replace(seen.post, kind="repost", repost_of=below.key.native_id)
            seen = replace(seen, post=post)
        posts.append(post)
        sightings[seen.key] = seen
        if below:
            sightings.setdefault(below.key, below)
    return list(sightings.values()), posts, rejected


def _sighting(status: Mapping[str, Any], seen_at: datetime) -> Sighting | None:
    native_id = id_of(status)
    if native_id is None:
        return None
    key = PostKey("weibo", native_id)
    text = _text(status)
    if str(status.get("deleted")) in ("1", "True") or text.startswith(_DELETED):
        return Sighting(key=key, seen_at=seen_at, availability=Availability.GONE)
    shown = status.get("visible")
    hidden = isinstance(shown, dict) and shown.get("type") not in (None, 0)
    return Sighting(
        key=key,
        seen_at=seen_at,
        counts=_counts(status),
        availability=Availability.RESTRICTED if hidden else Availability.VISIBLE,
        post=Post(
            platform="weibo",
            native_id=native_id,
            url=f"https://m.weibo.cn/status/{native_id}",
            author=author_of(status.get("user")),
            text=text,
            posted_at=moment(status.get("created_at"), seen_at),
            region=string_of(status, "region_name").removeprefix("发布于").strip() or None,
        ),
    )


def _original(status: Mapping[str, Any], seen_at: datetime) -> Sighting | None:
    """A repost's original. One without its author is hidden: its text is the platform's notice, not a post."""
    seen = _sighting(status, seen_at)
    if seen is None or seen.post is None or isinstance(status.get("user"), dict):
        return seen
    return Sighting(key=seen.key, seen_at=seen_at, availability=Availability.RESTRICTED)


def _text(status: Mapping[str, Any]) -> str:
    long = status.get("longText")
    if isinstance(long, dict) and string_of(long, "content"):
        return plain(string_of(long, "content"))
    return _CUT.sub("", plain(string_of(status, "text")))


def cut(listed: list[Any]) -> list[str]:
    """The posts of a list, originals too, of whose long text only the beginning is there: fifty at most, each once."""
    ids: dict[str, None] = {}
    for status in listed:
        for one in (status, status.get("retweeted_status")) if isinstance(status, dict) else ():
            if isinstance(one, dict) and is_cut(one) and (native_id := id_of(one)):
                ids[native_id] = None
    return list(ids)[:50]


def is_cut(status: Mapping[str, Any]) -> bool:
    """Whether the text of a status is only the beginning of a long one."""
    long = status.get("longText")
    whole = isinstance(long, dict) and string_of(long, "content")
    return status.get("isLongText") is True and not whole


def whole_posts(status: object, seen_at: datetime) -> list[Sighting]:
    """A status that stands inside something else, with its original; nothing where only its number is given."""
    if not isinstance(status, dict) or "text" not in status:
        return []
    return statuses([status], seen_at)[0]


def _counts(status: Mapping[str, Any]) -> Counts:
    """Counts as shown; where the site says that it caps them, a capped one is a lower bound."""
    strategy = status.get("number_display_strategy")
    cap = count(strategy.get("display_text_min_number")) if isinstance(strategy, dict) else None

    def shown(name: str) -> Count | None:
        found = count(status.get(name))
        capped = found is not None and cap is not None and found.value >= cap.value > 0
        return Count(found.value, Precision.LOWER_BOUND) if found and capped else found

    return Counts(reposts=shown("reposts_count"), comments=shown("comments_count"), likes=shown("attitudes_count"))


def author_of(user: object) -> Author:
    """Who wrote it."""
    if not isinstance(user, dict):
        return Author()
    kind, verified = user.get("verified_type"), user.get("verified")
    if type(kind) is int:
        verified = verified is True or 0 <= kind <= 7
    return Author(
        id=id_of(user),
        name=plain(string_of(user, "screen_name") or string_of(user, "name")),
        followers=number(user.get("followers_count")),
        verified=verified if isinstance(verified, bool) else None,
    )


def id_of(item: Mapping[str, Any]) -> str | None:
    """The id as a string of digits: JSON numbers of this size lose digits in other languages, never here."""
    for name in ("idstr", "id", "mid"):
        value = item.get(name)
        if type(value) is int and value > 0:
            value = str(value)
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 20 and int(value):
            return str(int(value))
    return None


def string_of(item: Mapping[str, Any], name: str) -> str:
    """A text of that name; "" where there is none."""
    value = item.get(name)
    return value if isinstance(value, str) else ""
