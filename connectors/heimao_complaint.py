"""A complaint as 黑猫投诉 (tousu.sina.com.cn) writes it, in its lists and in what a vendor or an export hands on."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connectors.counts import count
from connectors.fields import first, identifier, inner, string, words
from connectors.times import moment
from monitor.model import Author, Counts, Post, Sighting

PLATFORM = "heimao"

_STATUS = {"3": "待分配", "4": "处理中", "6": "已回复", "7": "已完成"}
_TOLD = (("投诉对象", "cotitle"), ("投诉问题", "issue"), ("投诉要求", "appeal"), ("涉诉金额", "cost"))
"""What a complaint says in fields of its own. Whom it is about often stands there alone, so it is part of the text."""


def complaint(said: object, seen_at: datetime) -> Sighting | str:
    """A complaint, or what is wrong with it. `said`: `{main, author}` as the lists have it, or the `main` alone."""
    if not isinstance(said, dict):
        return "is no object"
    main = inner(said, "main") or said
    sn = identifier(main, "sn")
    if not sn.isdigit():
        return "has no number (sn)"
    author = inner(said, "author")
    post = Post(
        platform=PLATFORM,
        native_id=sn,
        kind="complaint",
        url=f"https://tousu.sina.com.cn/complaint/view/{sn}/",
        author=Author(id=_id(author, main), name=_name(author, main)),
        title=words(main, "title"),
        text=_text(main),
        posted_at=moment(first(main, "created_at", "timestamp"), seen_at),
        status=_status(main) or None,
    )
    counts = Counts(
        likes=count(main.get("upvote_amount")),
        comments=count(main.get("comment_amount")),
        shares=count(main.get("share_amount")),
    )
    return Sighting(key=post.key, seen_at=seen_at, counts=counts, post=post)


def _text(main: Mapping[str, Any]) -> str:
    told = [words(main, "summary")]
    for label, name in _TOLD:
        value = main.get(name)
        given = str(value) if type(value) in (int, float) and value else words(main, name)
        if given not in ("", "0"):
            told.append(f"{label}：{given}")
    return "\n".join(filter(None, told))


def _status(main: Mapping[str, Any]) -> str:
    """In the site's own words where it gives them."""
    return words(main, "status_name") or _STATUS.get(str(main.get("status")), "")


def _name(author: Mapping[str, Any], main: Mapping[str, Any]) -> str:
    return words(author, "title", "name") or ("匿名" if str(main.get("anonymous")) == "1" else "")


def _id(author: Mapping[str, Any], main: Mapping[str, Any]) -> str | None:
    """None of who complains anonymously: an id would tell."""
    hidden = str(main.get("anonymous")) == "1" or string(author, "title") == "匿名"
    return None if hidden else identifier(author, "uid", "wb_uid") or None
