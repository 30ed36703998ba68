"""What a published feed leaves from one poll to the next: its validators, and what stood in its window.

Cursor: {"etag", "modified", "full_at", "known", "zone"}. Validators are kept byte for byte, as Latin-1.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx

from connectors.answers import place
from connectors.markup import plain
from connectors.syndication import Document, Item
from connectors.times import moment
from monitor.errors import Failure, FeedError
from monitor.model import Author, Counts, Post, PostKey, Sighting
from monitor.ports import Batch, Cursor

ACCEPT = (
    "application/feed+json, application/atom+xml, application/rss+xml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1"
)

TRUST = timedelta(days=1)
"""How long "not modified" is believed; then the whole feed is asked for once, in case a validator is stuck."""

REMEMBERED = 1000
"""Items of the last window that are known again, so that a feed which is too fast for its poll is noticed."""

AHEAD = timedelta(minutes=10)
"""Clocks differ by this much; a time further ahead of ours is wrong."""

_EAST = timedelta(hours=8)
_BEIJING = "+08:00"
_MAX_AGE = re.compile(r"max-age=(\d{1,9})")


def headers(cursor: Cursor) -> list[tuple[bytes, bytes]]:
    """The headers of a polite question: which formats are read, and what is there already."""
    said = [(b"accept", ACCEPT.encode())]
    for name, header in (("etag", b"if-none-match"), ("modified", b"if-modified-since")):
        value = cursor.get(name)
        if isinstance(value, str) and value:
            said.append((header, value.encode("latin-1", "ignore")))
    return said


def unchanged(cursor: Cursor, seen_at: datetime) -> Batch:
    """What a 304 says: nothing new. Once it has said so for `TRUST`, the next question is unconditional."""
    full_at = moment(cursor.get("full_at"), seen_at)
    if full_at is not None and seen_at - full_at < TRUST:
        return Batch(facts={"unchanged": 1.0})
    stale = {name: value for name, value in cursor.items() if name not in ("etag", "modified")}
    return Batch(facts={"unchanged": 1.0}, cursor=stale)


def shown(item: Item) -> Counts:
    """What an item shows of its engagement in elements of its own."""
    return Counts(likes=item.likes, comments=item.comments, reposts=item.reposts)


def batch(
    found: Document,
    response: httpx.Response,
    cursor: Cursor,
    seen_at: datetime,
    read: Callable[[Item], Post | str],
    counts: Callable[[Item], Counts] = shown,
) -> Batch:
    """A window's items as posts. `read` returns the post, or what is wrong with the item."""
    posts: dict[PostKey, tuple[Item, Post]] = {}
    rejected = list(found.rejected)
    for item in found.items:
        post = read(item)
        if isinstance(post, str):
            rejected.append(post)
        else:
            posts[post.key] = item, post
    if rejected and not posts:
        raise FeedError(
            Failure.SCHEMA_DRIFT, f"{place(response)}: none of {len(rejected)} items can be read: {rejected[0]}"
        )
    window = [_short(str(key)) for key in posts]
    before = cursor.get("known")
    known = [name for name in before if isinstance(name, str)] if isinstance(before, list) else []
    new = [item for item, post in posts.values() if _short(str(post.key)) not in set(known)]
    mislabelled = _says_gmt_for_beijing(new, bool(known), cursor.get("zone") == _BEIJING, seen_at)
    sightings = []
    for item, post in posts.values():
        told = _in_beijing(post, item) if mislabelled else post
        sightings.append(Sighting(key=post.key, seen_at=seen_at, counts=counts(item), post=told))
    facts = {} if (wait := _poll_after(found, response)) is None else {"poll_after": wait}
    if known and window and not set(known) & set(window):
        facts["overrun"] = 1.0
    onward: dict[str, Any] = {"full_at": seen_at.isoformat(), "known": (window or known)[:REMEMBERED]}
    for name, header in (("etag", b"etag"), ("modified", b"last-modified")):
        value = next((value for key, value in response.headers.raw if key.lower() == header), b"")
        if 0 < len(value) <= 1000:
            onward[name] = value.decode("latin-1")
    if mislabelled:
        onward["zone"] = _BEIJING
    return Batch(sightings=tuple(sightings), cursor=onward, facts=facts, rejected=tuple(rejected))


def _says_gmt_for_beijing(new: Sequence[Item], polled: bool, before: bool, seen_at: datetime) -> bool:
    """Whether the feed writes Beijing's time and calls it GMT, as many do: what is new then lies hours ahead of now.

    An item that is new since the last poll and lies in the last hours speaks against it: it would have been there long before.
    """
    dated = [item.published for item in new if item.published is not None and not item.published.utcoffset()]
    ahead = any(AHEAD < published - seen_at <= _EAST + AHEAD for published in dated)
    recent = any(-_EAST < published - seen_at <= AHEAD for published in dated)
    if recent and polled:
        return False
    return ahead or before


def _in_beijing(post: Post, item: Item) -> Post:
    """The post with its times read as Beijing's where they are those that the feed called GMT."""
    posted, edited = (
        moment - _EAST if moment is not None and moment == said and not said.utcoffset() else moment
        for moment, said in ((post.posted_at, item.published), (post.edited_at, item.updated))
    )
    return replace(post, posted_at=posted, edited_at=edited)


def _poll_after(found: Document, response: httpx.Response) -> float | None:
    """Seconds for which asking again is useless, by the feed or by HTTP; None if neither says."""
    said = _MAX_AGE.search(response.headers.get("cache-control", ""))
    wait = max(found.ttl or 0.0, float(said[1]) if said else 0.0)
    return min(wait, TRUST.total_seconds()) or None


def article(item: Item, platform: str, host: str) -> Post | str:
    """An item of no site in particular: named by its own id, or its link, or what it says."""
    name = item.id or item.link
    title, text = plain(item.title), plain(item.body)
    if not name and not title and not text:
        return "an item with neither id, link nor text"
    if not name:
        name = _short(f"{title}\n{text}")
    if len(name) > 200 or re.search(r"[\s\x00-\x1f]", name):
        name = _short(name)
    return Post(
        platform=platform,
        native_id=f"{host}:{name}",
        kind="article",
        url=item.link if item.link.startswith(("http://", "https://")) else "",
        author=Author(name=plain(item.author)),
        title=title,
        text=text,
        posted_at=item.published,
        edited_at=item.updated,
    )


def _short(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:16]
