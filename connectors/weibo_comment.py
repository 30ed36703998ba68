"""Weibo's comment object: a post of kind "comment" under the post that it answers. One form on all of Weibo's hosts."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connectors.counts import count
from connectors.markup import plain
from connectors.times import moment
from connectors.weibo_status import author_of, id_of, string_of, whole_posts
from monitor.model import Counts, Post, PostKey, Sighting


def comments(listed: list[Any], seen_at: datetime) -> tuple[list[Sighting], list[Post], list[str]]:
    """Every comment, and every post that one stands under; the comments' own posts; the lines that could not be read."""
    sightings: dict[PostKey, Sighting] = {}
    posts: list[Post] = []
    rejected: list[str] = []
    for place, said in enumerate(listed):
        seen = comment(said, seen_at) if isinstance(said, dict) else None
        if seen is None or seen.post is None:
            rejected.append(f"comment {place} has no id")
            continue
        posts.append(seen.post)
        sightings[seen.key] = seen
        for below in whole_posts(said.get("status"), seen_at):
            sightings.setdefault(below.key, below)
    return list(sightings.values()), posts, rejected


def comment(said: Mapping[str, Any], seen_at: datetime) -> Sighting | None:
    """One comment; None: it has no id. Its own count is its likes, where the host shows them."""
    native_id = id_of(said)
    if native_id is None:
        return None
    status = said.get("status")
    parent = id_of(status) if isinstance(status, dict) else None
    post = Post(
        platform="weibo",
        native_id=native_id,
        kind="comment",
        url=f"https://m.weibo.cn/status/{parent}" if parent else "",
        author=author_of(said.get("user")),
        text=plain(string_of(said, "text")),
        posted_at=moment(said.get("created_at"), seen_at),
        parent=parent,
        region=_region(string_of(said, "source")),
    )
    likes = next((found for name in ("like_count", "like_counts") if (found := count(said.get(name)))), None)
    return Sighting(key=post.key, seen_at=seen_at, counts=Counts(likes=likes), post=post)


def _region(source: str) -> str | None:
    """`来自上海` is a place; a link is the app it was written with."""
    place = source.removeprefix("来自").strip()
    return place if source.startswith("来自") and 0 < len(place) <= 20 and "<" not in place else None
