"""What looks rest on: a site's answer as it came, made fit to be kept and shown; and how long it is kept."""

import hashlib
import re
import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta

import httpx
import orjson

from monitor.model import Exhibit
from monitor.ports import Keeping

PLAIN = frozenset({
    "containerid", "count", "country", "endtime", "filter", "filter_by_author", "filter_by_source", "filterout", "format", "id", "ids",
    "isgetlongtext", "keyword", "lang", "limit", "max_id", "mode", "order", "page", "page_type", "q", "query", "since_id", "sort",
    "starttime", "subid",
})  # fmt: skip
"""Names in a query whose values are no secret. A value of any other name may be one, and is not shown."""

HIDDEN = "…"

SECRET_AT_LEAST = 6
"""Characters of a hidden value that is struck out of a body too: shorter ones stand in any text."""

PACKED_AT = 1
"""zlib's fastest: half again as large as its best on a site's JSON, in a fraction of the time."""

_LONGEST_URL = 2_000
_NAMED = re.compile(rb'"(?:customer|order)_ref"\s*:\s*"')


def of_answer(feed: str, response: httpx.Response, now: datetime) -> Exhibit:
    """A site's answer. A secret that the site repeats in it, as feeds do that name their own address, is struck out."""
    return of_stream(feed, response, response.content, now)


def of_stream(feed: str, response: httpx.Response, body: bytes, now: datetime) -> Exhibit:
    """Lines of an answer that goes on, of which `response` is the head."""
    address, secrets = shown(response.request.url)
    clean = body
    for secret in secrets:
        clean = clean.replace(secret, b"*" * len(secret))
    return _exhibit(
        feed,
        address,
        clean,
        now,
        status=response.status_code,
        content_type=response.headers.get("content-type", "")[:200],
        withheld=clean != body,
    )


def of_file(feed: str, path: str, block: bytes, now: datetime) -> Exhibit:
    """Lines of a local file, those that were read now."""
    return _exhibit(feed, f"file:{path}"[:_LONGEST_URL], block, now)


def of_rows(feed: str, path: str, rows: Sequence[object], now: datetime) -> Exhibit:
    """Rows of a local file, written as lines of JSON whatever its form."""
    body = b"\n".join(orjson.dumps(row, default=str) for row in rows)
    return _exhibit(feed, f"file:{path}"[:_LONGEST_URL], body, now, content_type="application/x-ndjson")


def of_push(feed: str, body: bytes, now: datetime) -> Exhibit:
    """What somebody pushed, inflated."""
    return _exhibit(feed, f"push:{feed}", body, now)


def names_people(body: bytes) -> bool:
    """Whether records in it, read or not, name a customer or an order."""
    return bool(_NAMED.search(body))


def shown(url: httpx.URL) -> tuple[str, list[bytes]]:
    """An address as it may be written down: without user, fragment, and values that may be secret. Those, as a body may hold
    them, come second, the longest first."""
    asked, hidden = [], set()
    if url.userinfo:
        hidden.update({url.userinfo, url.username.encode(), url.password.encode()})
    for name, value in url.params.multi_items():
        known = name.lower() in PLAIN
        asked.append((name, value if known else HIDDEN))
        if not known:
            hidden.update({value.encode(), str(httpx.QueryParams({"": value})).partition("=")[2].encode()})
    plain = url.copy_with(username=None, password=None, fragment=None, query=None)
    text = str(plain) + ("?" + "&".join(f"{name}={value}" for name, value in asked) if asked else "")
    secrets = sorted((value for value in hidden if len(value) >= SECRET_AT_LEAST), key=lambda v: (-len(v), v))
    return text[:_LONGEST_URL], secrets


def drop(keeping: Keeping, keep: timedelta, now: datetime) -> bool:
    """One small step of letting go what no incident needs. Whether there is more to do."""
    return keeping.drop_exhibits(now, keep)


def _exhibit(feed: str, url: str, body: bytes, now: datetime, **given: object) -> Exhibit:
    return Exhibit(
        sha256=hashlib.sha256(body).hexdigest(),
        packed=zlib.compress(body, PACKED_AT),
        size=len(body),
        feed=feed,
        url=url,
        at=now,
        **given,  # type: ignore[arg-type]
    )
