"""RSSHub serves sites as feeds; the operator runs it and it holds the sites' cookies. Here there are none.

Parameters, access control and error pages after https://docs.rsshub.app.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from urllib.parse import unquote

import httpx
import orjson
from pydantic import SecretStr

from connectors.answers import refuse, retry_after
from connectors.markup import plain
from connectors.rsshub_sites import Asked, host_of, site_of
from connectors.syndication import Item, document
from connectors.window import article, batch, headers, shown, unchanged
from monitor.errors import Failure, FeedError
from monitor.model import Post, Words
from monitor.ports import Batch, Cursor

COOKIE = Words(
    "在 RSSHub 自己的环境变量里换掉这个网站的 cookie，再重启 RSSHub",
    "Renew the site's cookie in RSSHub's own environment and restart it",
)

_EMPTY = "this route is empty"
_SAYS: tuple[tuple[re.Pattern[str], Failure, Words | None], ...] = (
    (
        re.compile("RejectError|Authentication failed"),
        Failure.AUTH_EXPIRED,
        Words("给数据源写上 RSSHub 运行时用的 access_key", "Give the feed the access_key that RSSHub runs with"),
    ),
    (re.compile("RequestInProgressError"), Failure.TRANSIENT, None),
    (
        re.compile("CaptchaError|验证码|captcha", re.IGNORECASE),
        Failure.CHALLENGE,
        Words(
            "用 RSSHub 的 cookie，由人打开网站；程序不会自动破解",
            "Open the site as a person with RSSHub's cookie; nothing is solved automatically",
        ),
    ),
    (re.compile("COOKIE|Cookies expired|已失效|无法验证", re.IGNORECASE), Failure.AUTH_EXPIRED, COOKIE),
    (
        re.compile("ConfigNotFoundError|需要配置|is required"),
        Failure.MISCONFIGURED,
        Words("在 RSSHub 自己的环境变量里配好这条路由要的东西", "Set what the route needs in RSSHub's own environment"),
    ),
    (
        re.compile("InvalidParameterError|NotFoundError|wrong path", re.IGNORECASE),
        Failure.MISCONFIGURED,
        Words("对照 RSSHub 的文档检查路由", "Check the route against RSSHub's documentation"),
    ),
    (re.compile(r"\b(?:429|418)\b"), Failure.RATE_LIMITED, None),
    (
        re.compile(r"\b(?:432|403)\b"),
        Failure.BLOCKED,
        Words(
            "先等一等，并降低这条路由的轮询频率：网站拒绝了 RSSHub",
            "Wait, and poll this route less often; the site refuses RSSHub",
        ),
    ),
)
"""What RSSHub's error page says, and who must act: the first that fits. It has one status, 503, for nearly all of them."""

_MESSAGE = re.compile(r"Error Message:\s*(.+?)\s*(?:Route:|Full Route:|Node Version:|Git Hash:|$)", re.DOTALL)
_QUERY = re.compile(r"\?[^\s\"']*")
_OTHER = {"encoded": "decoded", "decoded": "encoded"}


@dataclass(frozen=True, kw_only=True)
class RssHub:
    """A route of an RSSHub. Posts of sites that are known (`rsshub_sites`) are filed under their platforms with their own ids, so that
    they are one post with what other connectors see.
    """

    base_url: str
    route: str
    access_key: SecretStr | None = None

    def __post_init__(self) -> None:
        if not self.route.startswith("/"):
            raise ValueError('route does not begin with "/"')

    @property
    def platform(self) -> str:
        site = site_of(self.route)
        return site.platform if site else "web"

    @property
    def account(self) -> str:
        return ""

    def first(self, cursor: Cursor) -> httpx.Request:
        return self._request(cursor, _spelling(cursor))

    def parse(self, response: httpx.Response, cursor: Cursor, seen_at: datetime) -> Batch:
        if response.status_code == httpx.codes.NOT_MODIFIED:
            return self._admitted(unchanged(cursor, seen_at), response, cursor)
        message = _error_message(response)
        if message is not None:
            if _EMPTY in message:
                return self._admitted(Batch(facts={"empty": 1.0}), response, cursor)
            if response.status_code == httpx.codes.FORBIDDEN and self._may_respell(response, cursor):
                return Batch(next=self._request(cursor, _OTHER[_spelling(cursor)]))
            self._say(message, response, seen_at)
        refuse(response, seen_at)
        site, places = site_of(self.route), count(1)
        found = batch(
            document(response, seen_at),
            response,
            cursor,
            seen_at,
            lambda item: site.post(item, Asked(self.route, seen_at, next(places))) if site else self._article(item),
            site.counts if site else shown,
        )
        return self._admitted(found, response, cursor)

    def _request(self, cursor: Cursor, spelling: str) -> httpx.Request:
        route, _, query = self.route.partition("?")
        url = httpx.URL(self.base_url.rstrip("/") + route).copy_merge_params(httpx.QueryParams(query))
        # Only Atom carries likes and comments.
        params = {"format": "atom"}
        if codes := self._codes():
            params["code"] = codes[spelling]
        return httpx.Request("GET", url.copy_merge_params(params), headers=headers(cursor))

    # ── access ──────────────────────────────────────────────────────────────────────────────────────────────────────
    # RSSHub takes md5(path + key) in place of the key, which then stands in no log. Whether it hashes a Chinese path
    # percent-encoded or decoded depends on what stands before it. The cursor holds the spelling that was last admitted.

    def _codes(self) -> Mapping[str, str]:
        """The code for each spelling of the path; none without a key."""
        if self.access_key is None:
            return {}
        encoded = httpx.URL("http://x" + self.route.partition("?")[0]).raw_path.decode()
        key = self.access_key.get_secret_value()
        paths = {"encoded": encoded, "decoded": unquote(encoded)}
        return {
            name: hashlib.md5((path + key).encode(), usedforsecurity=False).hexdigest() for name, path in paths.items()
        }

    def _may_respell(self, response: httpx.Response, cursor: Cursor) -> bool:
        """Whether the question that was refused bore the cursor's spelling, and there is another: so once per poll."""
        codes = self._codes()
        return len(set(codes.values())) > 1 and _code(response) == codes[_spelling(cursor)]

    def _admitted(self, found: Batch, response: httpx.Response, cursor: Cursor) -> Batch:
        """The same, with the spelling that RSSHub has just let in. A refusal teaches nothing: the key may be wrong."""
        codes = self._codes()
        onward = dict(cursor if found.cursor is None else found.cursor)
        if len(set(codes.values())) > 1:
            onward["code"] = next((name for name, code in codes.items() if code == _code(response)), _spelling(cursor))
        return found if found.cursor is None and onward == cursor else replace(found, cursor=onward)

    # ── answers ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _say(self, message: str, response: httpx.Response, seen_at: datetime) -> None:
        said = f"RSSHub says of {self.route[:80]}: {_QUERY.sub('?…', message)[:160]}"
        for words, failure, fix in _SAYS:
            if words.search(message):
                raise FeedError(failure, said, fix=fix, retry_after=retry_after(response, seen_at))
        try:
            refuse(response, seen_at)
        except FeedError as error:
            raise FeedError(error.failure, said, fix=error.fix, retry_after=error.retry_after) from None
        raise FeedError(Failure.TRANSIENT, said)

    def _article(self, item: Item) -> Post | str:
        return article(item, "web", host_of(item.link or self.base_url))


def _spelling(cursor: Cursor) -> str:
    return "decoded" if cursor.get("code") == "decoded" else "encoded"


def _code(response: httpx.Response) -> str:
    return str(response.request.url.params.get("code", ""))


def _error_message(response: httpx.Response) -> str | None:
    """What an error page of RSSHub says; None if this is none."""
    start = response.content[:200].lstrip()
    if start.startswith(b"{"):
        return _json_message(response.content)
    if response.is_success and start[:5].lower() in (b"<?xml", b"<feed", b"<rss "):
        return None
    text = plain(response.text[:40_000])
    found = _MESSAGE.search(text)
    if found is None and (response.is_success or "RSSHub" not in text):
        return None
    return " ".join((found[1] if found else text).split())[:2000]


def _json_message(body: bytes) -> str | None:
    """Newer versions answer `{"error": {"message": "…"}}`."""
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    error = answer.get("error") if isinstance(answer, dict) else None
    message = error.get("message") if isinstance(error, dict) else error
    return plain(message)[:2000] if isinstance(message, str) and message else None
