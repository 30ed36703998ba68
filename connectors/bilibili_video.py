"""Bilibili's objects as sightings: a video among a search's results, and a comment; and the counts of their own pages. Pure."""

from datetime import datetime

from connectors.bilibili_ids import aid_of, bvid_of
from connectors.counts import count
from connectors.markup import plain
from connectors.times import moment
from monitor.model import Author, Counts, Post, Sighting


def found_video(said: object, seen_at: datetime) -> Sighting | str:
    """A video among a search's results, or what is wrong with it."""
    if not isinstance(said, dict):
        return "a result that is no object"
    aid = _aid(said.get("aid") or said.get("id") or said.get("bvid"))
    if aid is None:
        return "a video without its number"
    counts = Counts(
        views=count(said.get("play")),
        comments=count(said.get("review")),
        likes=count(said.get("like")),
        collects=count(said.get("favorites")),
    )
    author = Author(id=_id(said.get("mid")), name=plain(_text(said.get("author"))))
    post = Post(
        platform="bilibili",
        native_id=f"av{aid}",
        kind="video",
        url=f"https://www.bilibili.com/video/{bvid_of(aid)}",
        author=author,
        title=plain(_text(said.get("title"))),
        text=plain(_text(said.get("description"))),
        posted_at=moment(said.get("pubdate"), seen_at),
    )
    return Sighting(key=post.key, seen_at=seen_at, counts=counts, post=post)


def counts_of_video(said: object) -> Counts | None:
    """The counts of a video's own page; None where it shows none."""
    stat = said.get("stat") if isinstance(said, dict) else None
    if not isinstance(stat, dict):
        return None
    return Counts(
        views=count(stat.get("view")),
        comments=count(stat.get("reply")),
        likes=count(stat.get("like")),
        collects=count(stat.get("favorite")),
        shares=count(stat.get("share")),
    )


def comment(said: object, seen_at: datetime) -> Sighting | str:
    """A comment on a video, or what is wrong with it."""
    if not isinstance(said, dict):
        return "a comment that is no object"
    reply, aid, counts = _id(said.get("rpid_str") or said.get("rpid")), _aid(said.get("oid")), counts_of_comment(said)
    if reply is None or aid is None or counts is None:
        return "a comment without its number"
    member = said["member"] if isinstance(said.get("member"), dict) else {}
    content = said["content"] if isinstance(said.get("content"), dict) else {}
    control = said["reply_control"] if isinstance(said.get("reply_control"), dict) else {}
    root = _id(said.get("root"))
    post = Post(
        platform="bilibili",
        native_id=f"av{aid}:{reply}",
        kind="comment",
        url=f"https://www.bilibili.com/video/{bvid_of(aid)}/#reply{reply}",
        author=Author(id=_id(said.get("mid")), name=plain(_text(member.get("uname")))),
        text=plain(_text(content.get("message"))),
        posted_at=moment(said.get("ctime"), seen_at),
        parent=f"av{aid}" if root in (None, "0") else f"av{aid}:{root}",
        region=_text(control.get("location")).removeprefix("IP属地：").strip() or None,
    )
    return Sighting(key=post.key, seen_at=seen_at, counts=counts, post=post)


def counts_of_comment(said: object) -> Counts | None:
    """The counts that a comment shows; None where it is none."""
    if not isinstance(said, dict) or "like" not in said:
        return None
    return Counts(likes=count(said.get("like")), comments=count(said.get("rcount")))


def _aid(value: object) -> int | None:
    try:
        return aid_of(str(value)) if type(value) is int or isinstance(value, str) else None
    except ValueError:
        return None


def _id(value: object) -> str | None:
    text = str(value) if type(value) is int or isinstance(value, str) else ""
    return text if text.isascii() and text.isdigit() and len(text) <= 25 else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
