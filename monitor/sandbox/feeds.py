"""Posts as RSS 2.0, Atom 1.0 and JSON Feed 1.1, with validators; and a plain site that serves them."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from html import escape as as_html
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from monitor.sandbox.stage import Stage
from monitor.sandbox.world import WorldPost

WINDOW = 50
"""Items that the plain site's feed holds; what is older has left it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One item of a feed. `body` is HTML; `upvotes` is what RSSHub adds in Atom alone."""

    id: str
    link: str
    title: str
    body: str
    author: str
    published: datetime
    author_link: str = ""
    upvotes: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Feed:
    """A window of entries. `built`: when it was put together. `ttl`: minutes for which asking again is useless."""

    title: str
    home: str
    built: datetime
    entries: Sequence[Entry]
    ttl: int = 0
    generator: str = ""


def atom(feed: Feed) -> bytes:
    """Atom 1.0, with RSSHub's counts where there are any."""
    entries = "".join(
        f"<entry><title>{escape(e.title)}</title><link href={quoteattr(e.link)}/><id>{escape(e.id)}</id>"
        f"<published>{_iso(e.published)}</published><updated>{_iso(e.published)}</updated>"
        f'<author><name>{escape(e.author)}</name></author><content type="html">{escape(e.body)}</content>'
        f"{f'<rsshub:upvotes>{escape(e.upvotes)}</rsshub:upvotes>' if e.upvotes else ''}</entry>\n"
        for e in feed.entries
    )
    head = f"<title>{escape(feed.title)}</title><link href={quoteattr(feed.home)}/><id>{escape(feed.home)}</id>"
    head += f"<updated>{_iso(feed.built)}</updated><generator>{escape(feed.generator)}</generator>"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" '
        f'xmlns:rsshub="http://rsshub.app/xml/schemas">{head}\n{entries}</feed>\n'
    ).encode()


def rss(feed: Feed) -> bytes:
    """RSS 2.0."""
    items = "".join(
        f"<item><title>{escape(e.title)}</title><description>{escape(e.body)}</description><link>{escape(e.link)}</link>"
        f'<guid isPermaLink="false">{escape(e.id)}</guid><pubDate>{_rfc822(e.published)}</pubDate>'
        f"<author>{escape(e.author)}</author></item>\n"
        for e in feed.entries
    )
    head = f"<title>{escape(feed.title)}</title><link>{escape(feed.home)}</link><description/>"
    head += f'<atom:link href={quoteattr(feed.home)} rel="self" type="application/rss+xml"/>'
    head += f"<generator>{escape(feed.generator)}</generator><language>zh-CN</language>"
    head += f"<lastBuildDate>{_rfc822(feed.built)}</lastBuildDate>" + (f"<ttl>{feed.ttl}</ttl>" if feed.ttl else "")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom">'
        f"<channel>{head}\n{items}</channel></rss>\n"
    ).encode()


def json_feed(feed: Feed) -> bytes:
    """JSON Feed 1.1."""
    return orjson.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": feed.title,
            "home_page_url": feed.home,
            "language": "zh-CN",
            "items": [_json_item(entry) for entry in feed.entries],
        }
    )


def _json_item(entry: Entry) -> dict[str, Any]:
    author = {"name": entry.author, **({"url": entry.author_link} if entry.author_link else {})}
    return {
        "id": entry.id,
        "url": entry.link,
        "title": entry.title,
        "content_html": entry.body,
        "date_published": _iso(entry.published),
        "authors": [author],
    }


FORMATS = {
    "atom": (atom, "application/xml; charset=utf-8"),
    "rss": (rss, "application/xml; charset=utf-8"),
    "json": (json_feed, "application/feed+json; charset=UTF-8"),
}


def served(
    request: Request, style: str, feed: Feed, *, modified: datetime, headers: Mapping[str, str], by_date: bool
) -> Response:
    """The feed, or 304 when the reader has it: by its ETag, and `by_date` for those who send no ETag back.

    When a feed was built says nothing about whether it is another, so the ETag does not depend on it.
    """
    write, kind = FORMATS[style]
    etag = f'"{hashlib.sha256(f"{style} {feed.title} {feed.entries!r}".encode()).hexdigest()[:16]}"'
    headers = {**headers, "etag": etag}
    held = request.headers.get("if-none-match")
    same = held == etag if held else by_date and _not_since(request.headers.get("if-modified-since", ""), modified)
    if same:
        return Response(status_code=304, headers=headers)
    return Response(write(feed), headers={**headers, "last-modified": _rfc822(modified), "content-type": kind})


def routes(stage: Stage) -> list[BaseRoute]:
    """A complaint site: the angry posts of the world, as `/feeds/complaints.rss`, `.atom` and `.json`."""

    async def complaints(request: Request) -> Response:
        style = request.path_params["style"]
        if style not in FORMATS:
            return Response("Not Found", 404)
        angry = [p for p in stage.world.published("weibo", stage.now()) if p.kind in ("grumble", "crisis", "backlog")]
        entries = [_complaint(post) for post in angry[:WINDOW]]
        newest = max((entry.published for entry in entries), default=stage.world.start)
        feed = Feed(title="投诉", home="https://complaints.example.invalid/", built=newest, entries=entries)
        return served(request, style, feed, modified=newest, headers={}, by_date=True)

    return [Route("/feeds/complaints.{style}", stage.guarded("feeds", complaints))]


def _complaint(post: WorldPost) -> Entry:
    return Entry(
        id=f"complaint-{post.native_id}",
        link=f"https://complaints.example.invalid/{post.native_id}",
        title=post.text[:20],
        body=as_html(post.text).replace("\n", "<br>"),
        author=post.writer.name,
        published=post.published_at,
    )


def _not_since(said: str, modified: datetime) -> bool:
    try:
        return modified.replace(microsecond=0) <= parsedate_to_datetime(said)
    except (ValueError, TypeError):
        return False


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _rfc822(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC), usegmt=True)
