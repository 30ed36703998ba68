"""RSS 2.0, RDF, Atom and JSON Feed as one kind of item. Knows what stands where, and nothing of any site."""

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from xml.etree.ElementTree import Element, ParseError

import httpx
from defusedxml.common import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]

from connectors.answers import is_html, json_of, page, place, text_of
from connectors.counts import count, number
from connectors.times import moment
from monitor.errors import Failure, FeedError
from monitor.model import Count

JSON_FEED = "https://jsonfeed.org/version/"

_DC = "{http://purl.org/dc/elements/1.1/}"
_CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
_RSSHUB = "{http://rsshub.app/xml/schemas}"
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_SLASH = "{http://purl.org/rss/1.0/modules/slash/}"
_BASE = "{http://www.w3.org/XML/1998/namespace}base"
_THREAD = "{http://purl.org/syndication/thread/1.0}"

_ROOT = re.compile(rb"<(?:\w+:)?(?:rss|feed|rdf)[\s>]", re.IGNORECASE)
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)([A-Za-z][A-Za-z0-9]{1,30});")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_WHOLE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_MAIL_AUTHOR = re.compile(r"\S+@\S+\s*\((.+)\)")


@dataclass(frozen=True, kw_only=True)
class Item:
    """One entry as its feed wrote it: `title` and `body` may hold HTML. Empty or None: the feed does not say."""

    id: str = ""
    link: str = ""
    title: str = ""
    body: str = ""
    author: str = ""
    published: datetime | None = None
    updated: datetime | None = None
    likes: Count | None = None
    comments: Count | None = None
    reposts: Count | None = None


@dataclass(frozen=True, kw_only=True)
class Document:
    """A feed's window. `ttl`: seconds for which the publisher says it will not change."""

    items: tuple[Item, ...] = ()
    ttl: float | None = None
    rejected: tuple[str, ...] = ()


def document(response: httpx.Response, seen_at: datetime) -> Document:
    """The feed in a body, whatever its content type. Raises FeedError where there is none."""
    body = response.content
    if _ROOT.search(body[:4000].replace(b"\0", b"")):
        return _xml(text_of(response), response, seen_at)
    if is_html(response):
        raise page(response, credentials=False)
    if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{" or not body.strip():
        return _json(json_of(response, credentials=False), response, seen_at)
    raise FeedError(Failure.SCHEMA_DRIFT, f"{place(response)} answered something that is no feed")


def _xml(text: str, response: httpx.Response, seen_at: datetime) -> Document:
    text = _ENTITY.sub(_character, _NOT_XML.sub("", text)).lstrip()
    try:
        root = fromstring(text, forbid_dtd=True)
    except DefusedXmlException as error:
        raise FeedError(Failure.SCHEMA_DRIFT, f"{place(response)} declares entities ({type(error).__name__})") from None
    except (ParseError, ValueError, LookupError) as error:
        if re.search(r"</(?:\w+:)?(?:rss|feed|RDF)\s*>\s*\Z", text):
            raise FeedError(Failure.SCHEMA_DRIFT, f"{place(response)} is not well-formed XML ({error})") from None
        raise FeedError(Failure.TRANSIENT, f"{place(response)} breaks off in the middle of its XML") from None
    atom = _local(root) == "feed"
    # Below the root (Atom, RDF) or its channel (RSS), no deeper: items within items would be read as often as they nest.
    entries = [node for parent in (root, *root) for node in parent if _local(node) == ("entry" if atom else "item")]
    read = _atom_item if atom else _rss_item
    home = _joined(str(response.request.url), root.get(_BASE, ""))
    ttl = next((number(_inner(node)) for node in root.iter("ttl")), None)
    items = (_at_home(read(node, seen_at), _joined(home, node.get(_BASE, ""))) for node in entries)
    return Document(items=tuple(items), ttl=ttl * 60.0 if ttl else None)


def _at_home(item: Item, home: str) -> Item:
    """The same, with a whole address: a relative one counts from where the feed is, or from the `xml:base` it names."""
    return replace(item, link=_joined(home, item.link)) if item.link else item


def _joined(home: str, link: str) -> str:
    if not link or _WHOLE.match(link):
        return link or home
    try:
        return str(httpx.URL(home).join(link))
    except (httpx.InvalidURL, ValueError):
        return link


def _character(entity: re.Match[str]) -> str:
    """XML knows five names, HTML two thousand, and feeds do not care which they may use."""
    return html.escape(html.unescape(entity[0]), quote=False) if entity[0] != html.unescape(entity[0]) else ""


def _rss_item(node: Element, seen_at: datetime) -> Item:
    author = _first(node, f"{_DC}creator", "author")
    mail = _MAIL_AUTHOR.fullmatch(author)
    stats = next((child for child in node if _local(child) == "stats"), Element("stats"))
    return Item(
        id=_first(node, "guid") or node.get(f"{_RDF}about", ""),
        link=_plain_name(node, "link") or _permanent(node),
        title=_plain_name(node, "title"),
        body=_first(node, f"{_CONTENT}encoded") or _plain_name(node, "description"),
        author=mail[1] if mail else author,
        published=moment(_first(node, "pubDate", f"{_DC}date"), seen_at),
        likes=count(_first(node, f"{_RSSHUB}upvotes") or _first(stats, "attitudes_count")),
        comments=count(
            _first(node, f"{_RSSHUB}comments", f"{_SLASH}comments", f"{_THREAD}total")
            or _first(stats, "comments_count")
        ),
        reposts=count(_first(stats, "reposts_count")),
    )


def _permanent(node: Element) -> str:
    """The guid, where it is the item's address, as it is unless it says otherwise."""
    guid = next(iter(node.findall("guid")), None)
    said = "" if guid is None or guid.get("isPermaLink", "true") == "false" else _inner(guid)
    return said if said.startswith(("http://", "https://")) else ""


def _atom_item(node: Element, seen_at: datetime) -> Item:
    links = [child for child in node if _local(child) == "link"]
    link = next((child.get("href", "") for child in links if child.get("rel", "alternate") == "alternate"), "")
    authors = [child for child in node if _local(child) == "author"]
    published, updated = _plain_name(node, "published"), _plain_name(node, "updated")
    return Item(
        id=_plain_name(node, "id"),
        link=link.strip(),
        title=_plain_name(node, "title"),
        body=_plain_name(node, "content") or _plain_name(node, "summary"),
        author=_plain_name(authors[0], "name") if authors else "",
        published=moment(published or updated, seen_at),
        updated=moment(updated, seen_at) if published and updated != published else None,
        likes=count(_first(node, f"{_RSSHUB}upvotes")),
        comments=count(_first(node, f"{_RSSHUB}comments", f"{_THREAD}total")),
    )


def _first(node: Element, *tags: str) -> str:
    """The text of the first child with one of these full names, in their order."""
    return next((text for tag in tags for child in node.findall(tag) if (text := _inner(child))), "")


def _plain_name(node: Element, name: str) -> str:
    """The text of the first child of that name in the format's own namespace: an RSS item may hold an `atom:link` too."""
    home = node.tag.rpartition("}")[0]
    home = home + "}" if home else ""
    return next((text for child in node if child.tag == home + name and (text := _inner(child))), "")


def _inner(node: Element) -> str:
    return (_markup(node) if len(node) else node.text or "").strip()


def _markup(node: Element) -> str:
    """What a node holds, as HTML: Atom's xhtml, whose paragraphs are nodes. However deep, it takes no deep stack."""
    pieces = [html.escape(node.text or "", quote=False)]
    unfinished = [(iter(node), "")]
    while unfinished:
        children, end = unfinished[-1]
        child = next(children, None)
        if child is None:
            pieces.append(end)
            unfinished.pop()
            continue
        name = _local(child)
        said = "".join(f' {key}="{html.escape(value)}"' for key, value in child.items() if key[:1].isalpha())
        pieces += [f"<{name}{said}>", html.escape(child.text or "", quote=False)]
        unfinished.append((iter(child), f"</{name}>" + html.escape(child.tail or "", quote=False)))
    return "".join(pieces)


def _local(node: Element) -> str:
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""


def _json(answer: Any, response: httpx.Response, seen_at: datetime) -> Document:
    items = answer.get("items") if isinstance(answer, dict) else None
    if not isinstance(items, list) or not str(answer.get("version", "")).startswith(JSON_FEED):
        raise FeedError(Failure.SCHEMA_DRIFT, f"{place(response)} answered JSON that is no JSON Feed")
    rejected = [f"item {at} is no object" for at, item in enumerate(items) if not isinstance(item, dict)]
    home = str(response.request.url)
    read = (_at_home(_json_item(item, seen_at), home) for item in items if isinstance(item, dict))
    return Document(items=tuple(read), rejected=tuple(rejected))


def _json_item(item: Mapping[str, Any], seen_at: datetime) -> Item:
    item_id = item.get("id")
    return Item(
        id=str(item_id) if isinstance(item_id, str | int | float) else "",
        link=_said(item, "url", "external_url"),
        title=_said(item, "title"),
        body=_said(item, "content_html", "content_text", "summary"),
        author=next(_names(item), ""),
        published=moment(item.get("date_published") or item.get("date_modified"), seen_at),
        updated=moment(item.get("date_modified"), seen_at) if item.get("date_published") else None,
    )


def _names(item: Mapping[str, Any]) -> Iterator[str]:
    authors = item.get("authors")
    for author in authors if isinstance(authors, list) else [item.get("author")]:
        if isinstance(author, dict) and _said(author, "name"):
            yield _said(author, "name")


def _said(item: Mapping[str, Any], *names: str) -> str:
    return next((value for name in names if isinstance(value := item.get(name), str) and value), "")
