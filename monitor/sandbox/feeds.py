"""Posts as RSS 2.0, Atom 1.0 and JSON Feed 1.1, with validators; and a plain site that serves them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from monitor.sandbox.stage import Stage
from monitor.sandbox.world import WorldPost


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One item of a feed. `body` is HTML; `upvotes` is what RSSHub adds in Atom alone."""

    id: str
    link: str
    title: str
    body: str
    author: str
    published: datetime
    upvotes: str = ""


def atom(title: str, entries: Sequence[Entry]) -> bytes:
    """Atom 1.0, with RSSHub's counts where there are any."""
    items = "".join(
        f"<entry><title>{escape(e.title)}</title><link href={_attribute(e.link)}/><id>{escape(e.id)}</id>"
        f"<published>{_iso(e.published)}</published><updated>{_iso(e.published)}</updated>"
        f'<author><name>{escape(e.author)}</name></author><content type="html">{escape(e.body)}</content>'
        f"{f'<rsshub:upvotes>{escape(e.upvotes)}</rsshub:upvotes>' if e.upvotes else ''}</entry>\n"
        for e in entries
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" '
        f'xmlns:rsshub="http://rsshub.app/xml/schemas"><title>{escape(title)}</title>\n{items}</feed>\n'
    ).encode()


def rss(title: str, entries: Sequence[Entry]) -> bytes:
    """RSS 2.0."""
    items = "".join(
        f"<item><title>{escape(e.title)}</title><description>{escape(e.body)}</description><link>{escape(e.link)}</link>"
        f'<guid isPermaLink="false">{escape(e.id)}</guid><pubDate>{format_datetime(e.published)}</pubDate>'
        f"<author>{escape(e.author)}</author></item>\n"
        for e in entries
    )
    head = f"<title>{escape(title)}</title><link>https://example.invalid/</link><description/><ttl>5</ttl>"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel>{head}\n{items}</channel></rss>\n'.encode()


def json_feed(title: str, entries: Sequence[Entry]) -> bytes:
    """JSON Feed 1.1."""
    items = [
        {
            "id": e.id,
            "url": e.link,
            "title": e.title,
            "content_html": e.body,
            "date_published": _iso(e.published),
            "authors": [{"name": e.author}],
        }
        for e in entries
    ]
    return orjson.dumps({"version": "https://jsonfeed.org/version/1.1", "title": title, "items": items})


FORMATS = {
    "atom": (atom, "application/xml; charset=utf-8"),
    "rss": (rss, "application/xml; charset=utf-8"),
    "json": (json_feed, "application/feed+json; charset=UTF-8"),
}


def served(request: Request, style: str, title: str, entries: Sequence[Entry], *, max_age: int = 0) -> Response:
    """The feed, or 304 when the reader has it."""
    write, kind = FORMATS[style]
    body = write(title, entries)
    etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    headers = {"etag": etag, **({"cache-control": f"public, max-age={max_age}"} if max_age else {})}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    if entries:
        headers["last-modified"] = format_datetime(max(e.published for e in entries), usegmt=True)
    return Response(body, headers={**headers, "content-type": kind})


def routes(stage: Stage) -> list[BaseRoute]:
    """A complaint site: the angry posts of the world, as `/feeds/complaints.rss`, `.atom` and `.json`."""

    async def complaints(request: Request) -> Response:
        style = request.path_params["style"]
        if style not in FORMATS:
            return Response("Not Found", 404)
        angry = [p for p in stage.world.published("weibo", stage.now()) if p.kind in ("grumble", "crisis", "backlog")]
        entries = [_complaint(post) for post in angry[:50]]
        return served(request, style, "投诉", entries)

    return [Route("/feeds/complaints.{style}", stage.guarded("feeds", complaints))]


def _complaint(post: WorldPost) -> Entry:
    return Entry(
        id=f"complaint-{post.native_id}",
        link=f"https://example.invalid/complaints/{post.native_id}",
        title=post.text[:20],
        body=escape(post.text),
        author=post.writer.name,
        published=post.published_at,
    )


def _attribute(value: str) -> str:
    return '"' + escape(value, {'"': "&quot;"}) + '"'


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")
