"""Published feeds, asked politely (validators, the publisher's own pace), and RSSHub, which serves sites as such feeds."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
from pydantic import SecretStr

from connectors.answers import place, refuse, retry_after
from connectors.markup import plain
from connectors.syndication import Document, Item, document
from connectors.times import moment
from connectors.weibo_ids import bid_to_mid
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

_MAX_AGE = re.compile(r"max-age=(\d{1,9})")


@dataclass(frozen=True, kw_only=True)
class Rss:
    """Any RSS, Atom or JSON Feed. `platform` is what its posts are filed under."""

    url: str
    platform: str = "web"

    @property
    def account(self) -> str:
        return ""

    def first(self, cursor: Cursor) -> httpx.Request:
        return httpx.Request("GET", self.url, headers=_headers(cursor))

    def parse(self, response: httpx.Response, cursor: Cursor, seen_at: datetime) -> Batch:
        if response.status_code == httpx.codes.NOT_MODIFIED:
            return _unchanged(cursor, seen_at)
        refuse(response, seen_at)
        return _batch(document(response, seen_at), response, cursor, seen_at, self._post)

    def _post(self, item: Item) -> Post | str:
        return _article(item, self.platform, httpx.URL(self.url).host)


# ── RSSHub ──────────────────────────────────────────────────────────────────────────────────────────────────────────

COOKIE = "Renew the site's cookie in RSSHub's own environment and restart it"
RESPELL = timedelta(minutes=5)
"""How long one attempt at the other spelling counts; longer than a walk, shorter than the rest after a refusal."""

_EMPTY = "this route is empty"
_SAYS: tuple[tuple[re.Pattern[str], Failure, str], ...] = (
    (
        re.compile("RejectError|Authentication failed"),
        Failure.AUTH_EXPIRED,
        "Give the feed the access_key that RSSHub runs with",
    ),
    (re.compile("RequestInProgressError"), Failure.TRANSIENT, ""),
    (
        re.compile("CaptchaError|验证码|captcha", re.IGNORECASE),
        Failure.CHALLENGE,
        "Open the site as a person with RSSHub's cookie; nothing is solved automatically",
    ),
    (re.compile("COOKIE|Cookies expired|已失效|无法验证", re.IGNORECASE), Failure.AUTH_EXPIRED, COOKIE),
    (
        re.compile("ConfigNotFoundError|需要配置|is required"),
        Failure.MISCONFIGURED,
        "Set what the route needs in RSSHub's own environment",
    ),
    (
        re.compile("InvalidParameterError|NotFoundError|wrong path", re.IGNORECASE),
        Failure.MISCONFIGURED,
        "Check the route against RSSHub's documentation",
    ),
    (re.compile(r"\b(?:429|418)\b"), Failure.RATE_LIMITED, ""),
    (re.compile(r"\b(?:432|403)\b"), Failure.BLOCKED, "Wait, and poll this route less often; the site refuses RSSHub"),
)
"""What RSSHub's error page says, and who must act: the first that fits. It has one status, 503, for nearly all of them."""

_ERROR_PAGE = re.compile(r"Error Message:|Welcome to RSSHub|RSSHub")
_MESSAGE = re.compile(r"Error Message:\s*(.+?)\s*(?:Route:|Full Route:|Node Version:|Git Hash:|$)", re.DOTALL)
_QUERY = re.compile(r"\?[^\s\"']*")
_WEIBO_LINK = re.compile(r"https?://(?:www\.)?weibo\.com/(\d{4,12})/([0-9a-zA-Z]{5,12})(?:[/?#].*)?")
_WEIBO_MOBILE = re.compile(r"https?://m\.weibo\.cn/(?:status|detail)/(\d{10,20})(?:[/?#].*)?")
_NOTE_LINK = re.compile(
    r"https?://(?:www\.)?xiaohongshu\.com/(?:explore|discovery/item|user/profile/([0-9a-f]{24}))/([0-9a-f]{24})(?:[/?#].*)?"
)


@dataclass(frozen=True, kw_only=True)
class RssHub:
    """A route of an RSSHub that the operator runs. It holds the sites' cookies; here there are none.

    Posts of `/weibo/…` and `/xiaohongshu/…` are filed under those platforms with their own ids, so that they are one
    post with what other connectors see.
    """

    base_url: str
    route: str
    access_key: SecretStr | None = None

    def __post_init__(self) -> None:
        if not self.route.startswith("/"):
            raise ValueError('route does not begin with "/"')

    @property
    def platform(self) -> str:
        site = self.route.split("/")[1]
        return site if site in _SITES else "web"

    @property
    def account(self) -> str:
        return ""

    def first(self, cursor: Cursor) -> httpx.Request:
        route, _, query = self.route.partition("?")
        url = httpx.URL(self.base_url.rstrip("/") + route).copy_merge_params(httpx.QueryParams(query))
        # Only Atom carries likes and comments.
        params = {"format": "atom"}
        if self.access_key is not None:
            asked = route if cursor.get("code") == "decoded" else httpx.URL("http://x" + route).raw_path.decode()
            secret = asked + self.access_key.get_secret_value()
            params["code"] = hashlib.md5(secret.encode(), usedforsecurity=False).hexdigest()
        return httpx.Request("GET", url.copy_merge_params(params), headers=_headers(cursor))

    def parse(self, response: httpx.Response, cursor: Cursor, seen_at: datetime) -> Batch:
        if response.status_code == httpx.codes.NOT_MODIFIED:
            return _unchanged(cursor, seen_at)
        message = _error_message(response)
        if message is not None:
            if _EMPTY in message:
                return Batch(facts={"empty": 1.0})
            if response.status_code == httpx.codes.FORBIDDEN and self._may_respell(cursor, seen_at):
                spelling = "encoded" if cursor.get("code") == "decoded" else "decoded"
                onward = {**cursor, "code": spelling, "respelt_at": seen_at.isoformat()}
                return Batch(cursor=onward, next=self.first(onward))
            self._say(message, response, seen_at)
        refuse(response, seen_at)
        return _batch(document(response, seen_at), response, cursor, seen_at, self._post)

    def _may_respell(self, cursor: Cursor, seen_at: datetime) -> bool:
        """Which spelling of a Chinese path RSSHub hashes depends on what stands before it: a poll may try the other one."""
        if self.access_key is None or self.route.isascii():
            return False
        respelt_at = moment(cursor.get("respelt_at"), seen_at)
        return respelt_at is None or seen_at - respelt_at > RESPELL

    def _say(self, message: str, response: httpx.Response, seen_at: datetime) -> None:
        said = _QUERY.sub("?…", message)[:160]
        for words, failure, fix in _SAYS:
            if words.search(message):
                wait = retry_after(response, seen_at)
                raise FeedError(failure, f"RSSHub says of {self.route[:80]}: {said}", fix=fix, retry_after=wait)
        if response.is_success:
            raise FeedError(Failure.TRANSIENT, f"RSSHub says of {self.route[:80]}: {said}")

    def _post(self, item: Item) -> Post | str:
        reader = _SITES.get(self.platform)
        if reader is None:
            return _article(item, "web", httpx.URL(item.link or self.base_url).host or "rsshub")
        return reader(item)


def _error_message(response: httpx.Response) -> str | None:
    """What an error page of RSSHub says; None if this is none."""
    start = response.content[:200].lstrip()
    if start.startswith(b'{"error"'):
        return plain(response.text[:4000])
    if response.is_success and start[:5].lower() in (b"<?xml", b"<feed", b"<rss "):
        return None
    text = plain(response.text[:40_000])
    if not _ERROR_PAGE.search(text):
        return None
    found = _MESSAGE.search(text)
    return " ".join((found[1] if found else text).split())[:2000]


def _weibo(item: Item) -> Post | str:
    link, mobile = _WEIBO_LINK.fullmatch(item.link), _WEIBO_MOBILE.fullmatch(item.link)
    try:
        mid = bid_to_mid(link[2]) if link else mobile[1] if mobile else ""
    except ValueError:
        mid = ""
    if not mid:
        return f"has no address of a Weibo post ({item.link[:80]!r})"
    author = plain(item.author)
    text = plain(item.body) or plain(item.title)
    return Post(
        platform="weibo",
        native_id=mid,
        kind="repost" if re.search(r"<blockquote>\s*-\s*转发", item.body) else "post",
        url=f"https://m.weibo.cn/status/{mid}",
        author=Author(id=link[1] if link else None, name=author),
        text=re.sub(rf"\A{re.escape(author)}\s*[:：]\s*", "", text) if author else text,
        posted_at=item.published,
    )


def _note(item: Item) -> Post | str:
    link = _NOTE_LINK.fullmatch(item.link)
    if not link:
        return f"has no address of a note ({item.link[:80]!r})"
    return Post(
        platform="xiaohongshu",
        native_id=link[2],
        kind="note",
        url=item.link,
        author=Author(id=link[1], name=plain(item.author)),
        title=plain(item.title),
        text=plain(item.body),
        posted_at=item.published,
        edited_at=item.updated,
    )


_SITES: Mapping[str, Callable[[Item], Post | str]] = {"weibo": _weibo, "xiaohongshu": _note}


# ── what both share ─────────────────────────────────────────────────────────────────────────────────────────────────
# Cursor: {"etag", "modified", "full_at", "known"}. Validators are kept byte for byte, as Latin-1.


def _headers(cursor: Cursor) -> list[tuple[bytes, bytes]]:
    headers = [(b"accept", ACCEPT.encode())]
    for name, header in (("etag", b"if-none-match"), ("modified", b"if-modified-since")):
        value = cursor.get(name)
        if isinstance(value, str) and value:
            headers.append((header, value.encode("latin-1", "ignore")))
    return headers


def _unchanged(cursor: Cursor, seen_at: datetime) -> Batch:
    full_at = moment(cursor.get("full_at"), seen_at)
    if full_at is not None and seen_at - full_at < TRUST:
        return Batch(facts={"unchanged": 1.0})
    stale = {name: value for name, value in cursor.items() if name not in ("etag", "modified")}
    return Batch(facts={"unchanged": 1.0}, cursor=stale)


def _batch(
    found: Document, response: httpx.Response, cursor: Cursor, seen_at: datetime, read: Callable[[Item], Post | str]
) -> Batch:
    sightings: dict[PostKey, Sighting] = {}
    rejected = list(found.rejected)
    for item in found.items:
        post = read(item)
        if isinstance(post, str):
            rejected.append(post)
            continue
        counts = Counts(likes=item.likes, comments=item.comments, reposts=item.reposts)
        sightings[post.key] = Sighting(key=post.key, seen_at=seen_at, counts=counts, post=post)
    if rejected and not sightings:
        raise FeedError(
            Failure.SCHEMA_DRIFT, f"{place(response)}: none of {len(rejected)} items can be read: {rejected[0]}"
        )
    window = [_short(str(key)) for key in sightings]
    known = cursor.get("known")
    known = known if isinstance(known, list) else []
    facts = {} if (wait := _poll_after(found, response)) is None else {"poll_after": wait}
    if known and window and not set(known) & set(window):
        facts["overrun"] = 1.0
    onward: dict[str, Any] = {"full_at": seen_at.isoformat(), "known": (window or known)[:REMEMBERED]}
    for name, header in (("etag", b"etag"), ("modified", b"last-modified")):
        value = next((value for key, value in response.headers.raw if key.lower() == header), b"")
        if 0 < len(value) <= 1000:
            onward[name] = value.decode("latin-1")
    if "code" in cursor:
        onward["code"] = cursor["code"]
    return Batch(sightings=tuple(sightings.values()), cursor=onward, facts=facts, rejected=tuple(rejected))


def _poll_after(found: Document, response: httpx.Response) -> float | None:
    """Seconds for which asking again is useless, by the feed or by HTTP; None if neither says."""
    said = _MAX_AGE.search(response.headers.get("cache-control", ""))
    wait = max(found.ttl or 0.0, float(said[1]) if said else 0.0)
    return min(wait, TRUST.total_seconds()) or None


def _article(item: Item, platform: str, host: str) -> Post | str:
    name = item.id or item.link
    title, text = plain(item.title), plain(item.body)
    if not name and not title and not text:
        return "an item with neither id, link nor text"
    if not name:
        name = _short(f"{title}\n{item.published}")
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
