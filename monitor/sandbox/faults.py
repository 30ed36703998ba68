"""Failures on order, each in the form in which the platform really fails; and those forms."""

import asyncio
import html
import re
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse

from monitor.sandbox.boards import Topic, written
from monitor.sandbox.breaking import BREAKS, Endpoint, HangUp
from monitor.sandbox.lenses import LENSES

WAIT = 120
"""The Retry-After, in seconds, of those who send one."""


# ── how each platform words a refusal ───────────────────────────────────────────────────────────────────────────────


def weibo_error(request: Request, code: int, said: str, status: int = 400) -> Response:
    """The open platform's refusal."""
    return JSONResponse({"error": said, "error_code": code, "request": _weibo_path(request)}, status)


def weibo_expired(request: Request) -> Response:
    """Its other shape, which is OAuth's."""
    said = {"error": "expired_token", "error_code": 21327, "error_description": "token过期"}
    return JSONResponse({**said, "error_uri": _weibo_path(request)}, 403)


def weibo_mobile(request: Request, said: dict[str, Any]) -> Response:
    """The mobile site's refusal, by an account that is logged in all the same."""
    alive = {"preferQuickapp": 0, "data": {"login": True, "st": "ab12cd", "uid": "1700000001"}, "ok": 1}
    return JSONResponse(alive if request.url.path.endswith("/api/config") else said)


def rsshub_error(said: str, route: str, status: int = 503) -> Response:
    """RSSHub's error page; it has this one status for nearly everything."""
    return HTMLResponse(_RSSHUB.format(said=html.escape(said, quote=False), route=html.escape(route)), status)


def rsshub_empty(request: Request) -> Response:
    """To RSSHub a route without items is an error."""
    return rsshub_error(_EMPTY, request.url.path)


def apple_empty(request: Request) -> Response:
    """The feed without an entry, which Apple serves for a full page now and then; a lookup that finds nothing."""
    if request.url.path.endswith("/lookup"):
        return Response(b'{"resultCount":0,"results":[]}', media_type="text/javascript; charset=utf-8")
    feed = {"author": {"name": {"label": "iTunes Store"}}, "title": {"label": "iTunes Store: Customer Reviews"}}
    return Response(orjson.dumps({"feed": feed}), media_type="text/javascript; charset=utf-8")


def heimao_answer(code: int, said: str, data: Mapping[str, Any]) -> Response:
    """The complaint site's envelope; a refusal has a code of its own on status 200."""
    return JSONResponse({"result": {"status": {"code": code, "msg": said}, "data": data}})


def heimao_blank(_: Request) -> Response:
    """A page without complaints, of hundreds."""
    return heimao_answer(0, "", {"lists": [], "pager": {"current": 1, "page_count": 20, "item_count": 999}})


def bilibili_answer(code: int, said: str, status: int = 200) -> Response:
    """Bilibili's envelope when it refuses."""
    return JSONResponse({"code": code, "message": said, "ttl": 1}, status)


def bilibili_blank(_: Request) -> Response:
    """A search that speaks of hundreds of videos and shows none."""
    data = {"page": 1, "pagesize": 20, "numResults": 320, "numPages": 16}
    return JSONResponse({"code": 0, "message": "0", "ttl": 1, "data": data})


def hot_list(request: Request, words: Sequence[str]) -> Response:
    """A hot list with these topics alone, in its site's own form."""
    board = request.url.path.split("/")[2]
    return written(board, [Topic(word, 900_000, datetime.fromtimestamp(0, UTC)) for word in words])


def _weibo_path(request: Request) -> str:
    return request.url.path.removeprefix("/weibo")


async def _nothing() -> AsyncIterator[bytes]:
    """An answer that goes on and says nothing."""
    yield b""
    await asyncio.Event().wait()


_LOGIN = """<!DOCTYPE html><html><head><title>登录 - 新浪通行证</title></head>
<body><form action="https://passport.example.invalid/signin"><input name="username"></form></body></html>"""

_RSSHUB = """<!DOCTYPE html><html><head><title>Welcome to RSSHub!</title></head><body><h1>Looks like something went wrong</h1>
<div>Error Message:<br/><code>{said}</code></div><div>Route: {route}</div></body></html>"""

_ORIGIN = 'FetchError: [GET] "https://m.weibo.cn/api/container/getIndex": {} '
_EMPTY = "Error: this route is empty, please check the original site or create an issue"
_COOKIE = "Error: 当前配置的 XIAOHONGSHU_COOKIE 已失效，请更新后再抓取"

Answer = Callable[[Request], Response]

STATUSES = (400, 401, 403, 404, 418, 432, 451, 500, 502, 503, 504)
"""Refusals by status alone that are tried of everybody; any other from 400 to 599 can be ordered too."""


def refused(status: int) -> Answer:
    """A refusal that says nothing but its status."""
    return lambda _: HTMLResponse(f"<html><head><title>{status}</title></head></html>", status)


_ANYWHERE: Mapping[str, Answer] = {
    **{f"http_{status}": refused(status) for status in STATUSES},
    "rate_limit": lambda _: Response("Too Many Requests", 429, {"retry-after": str(WAIT)}),
    "login_page": lambda _: HTMLResponse(_LOGIN),
    "login_redirect": lambda _: Response(status_code=302, headers={"location": "https://passport.example.invalid/sso"}),
    "captcha_headers": lambda _: Response(status_code=461, headers={"verifytype": "102", "verifyuuid": "sandbox"}),
    "not_modified": lambda _: Response(status_code=304),
    "drop": lambda _: HangUp(),
}

_OWN: Mapping[str, Mapping[str, Answer]] = {
    "weibo": {
        "expired_token": weibo_expired,
        "quota": lambda request: weibo_error(request, 10023, "User requests out of rate limit!", 403),
        "rate_limit": lambda request: weibo_error(request, 10022, "IP requests out of rate limit!", 403),
    },
    "weibo-push": {
        "ip_limited": lambda _: JSONResponse({"error": "Ip is limited"}, 403),
        "silent": lambda _: StreamingResponse(_nothing()),
    },
    "weibo-web": {
        "login_wanted": lambda _: JSONResponse(
            {"ok": -100, "url": "https://passport.weibo.com/sso/signin?entry=wapsso"}
        ),
        "too_fast": lambda request: weibo_mobile(request, {"ok": -100, "url": "https://passport.weibo.com/sso/signin"}),
        "firewall": lambda _: Response(status_code=432),
        "many_requests": lambda _: Response(status_code=418),
        "banned": lambda _: HTMLResponse("<html><head><title>414 Request-URI Too Large</title></head></html>", 414),
        "throttled": lambda _: Response(status_code=403),
        "captcha": lambda _: JSONResponse({"ok": 0, "url": "https://m.weibo.cn/p/captcha?type=slide"}),
        "visitor": lambda _: HTMLResponse("<html><head><title>Sina Visitor System</title></head></html>"),
        "blank": lambda request: weibo_mobile(request, {"ok": 0, "msg": "这里还没有内容", "data": {"cards": []}}),
    },
    "rsshub": {
        "rate_limit": lambda request: rsshub_error(_ORIGIN.format(429), request.url.path),
        "blocked": lambda request: rsshub_error(_ORIGIN.format(432), request.url.path),
        "cookie_expired": lambda request: rsshub_error(_COOKIE, request.url.path),
        "empty": rsshub_empty,
    },
    "apple": {"empty": apple_empty},
    "heimao": {
        "blank": heimao_blank,
        "signature": lambda _: heimao_answer(10102, "参数错误", {}),
        "challenge": lambda _: HTMLResponse("<!DOCTYPE html><html><head><title>安全验证</title></head></html>"),
    },
    "bilibili": {
        "rate_limit": lambda _: bilibili_answer(-412, "request was banned", 412),
        "risk_control": lambda _: bilibili_answer(-352, "风控校验失败"),
        "not_logged_in": lambda _: bilibili_answer(-101, "账号未登录"),
        "blank": bilibili_blank,
    },
    "hotlists": {
        "blank": lambda request: hot_list(request, ()),
        "half": lambda request: hot_list(request, ("初雪", "国考报名")),
        "not_logged_in": lambda _: JSONResponse({"ok": -100, "url": "https://weibo.com/login.php"}),
        "challenge": lambda _: HTMLResponse("<!DOCTYPE html><html><head><title>安全验证</title></head></html>"),
    },
    "feeds": {},
}

SENDS: Mapping[str, tuple[str, ...]] = {
    "vendor": ("bad_signature", "bomb", "clock_skew", "cut", "damaged", "out_of_order", "repeat"),
}
"""What goes wrong with what the sandbox itself sends; `monitor.sandbox.vendor` does it."""

_SHOWS: Mapping[str, tuple[str, ...]] = {
    "weibo": tuple(LENSES),
    "weibo-push": ("out_of_order", "repeated"),
    "weibo-web": ("clock_skew", "counts_down", "out_of_order", "repeated"),
    "rsshub": ("clock_skew", "counts_down", "out_of_order", "repeated"),
    "apple": ("clock_skew", "counts_down", "repeated"),
    "heimao": ("clock_skew", "counts_down", "out_of_order", "repeated"),
    "bilibili": tuple(LENSES),
    "hotlists": ("counts_down",),
    "feeds": ("clock_skew", "out_of_order", "repeated"),
}
"""What a platform can show wrongly, of what it shows."""

_WHOLE = frozenset({"cut", "gbk", "slow_bytes"})
"""Breaks that want an answer with an end."""

KINDS: Mapping[str, tuple[str, ...]] = {
    platform: tuple(
        sorted({*_ANYWHERE, *BREAKS, *own, *_SHOWS[platform]} - (_WHOLE if platform == "weibo-push" else frozenset()))
    )
    for platform, own in _OWN.items()
}
"""What can be ordered of each platform, beside any other status."""

_STATUS = re.compile(r"http_[45]\d\d", re.ASCII)


# ── orders ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """The next `times` requests to a platform fail like this; with `since` or `until`, in the world's time, all from the one on
    and before the other. `after` so many that go well."""

    platform: str
    kind: str
    times: int = 1
    after: int = 0
    since: datetime | None = None
    until: datetime | None = None


class Orders:
    """What was ordered and has not happened yet, first come first served."""

    def __init__(self) -> None:
        self._open: defaultdict[str, deque[Order]] = defaultdict(deque)

    def add(self, order: Order) -> None:
        self._open[order.platform].append(order)

    def clear(self) -> None:
        self._open.clear()

    def take(self, platform: str, now: datetime) -> str | None:
        """The kind of fault this request meets."""
        waiting = self._open[platform]
        for over in [order for order in waiting if order.until is not None and order.until <= now]:
            waiting.remove(over)
        order = next((order for order in waiting if order.since is None or order.since <= now), None)
        if order is None:
            return None
        at = waiting.index(order)
        if order.after:
            waiting[at] = replace(order, after=order.after - 1)
            return None
        if order.since is None and order.until is None:
            if order.times > 1:
                waiting[at] = replace(order, times=order.times - 1)
            else:
                del waiting[at]
        return order.kind


def read_order(body: bytes) -> Order:
    """`{"platform": "weibo", "kind": "quota", "times": 2, "after": 1}`, or in place of `times` a moment `since` or `until`. A
    ValueError says what is wrong with it."""
    said: Any = orjson.loads(body)
    known = {**KINDS, **SENDS}
    if not isinstance(said, dict) or said.get("platform") not in list(known):
        raise ValueError(f"platform is one of {', '.join(known)}")
    platform, kind = said["platform"], said.get("kind")
    if not (kind in known[platform] or (platform in KINDS and isinstance(kind, str) and _STATUS.fullmatch(kind))):
        raise ValueError(f"kind is one of {', '.join(known[platform])}")
    times, after = said.get("times", 1), said.get("after", 0)
    if type(times) is not int or times < 1:
        raise ValueError("times is a number, 1 or more")
    if type(after) is not int or after < 0:
        raise ValueError("after is a number, 0 or more")
    since, until = (_moment(said, name) for name in ("since", "until"))
    return Order(platform=platform, kind=kind, times=times, after=after, since=since, until=until)


def _moment(said: Mapping[str, Any], name: str) -> datetime | None:
    if name not in said:
        return None
    try:
        found = datetime.fromisoformat(said[name])
    except (ValueError, TypeError):
        found = None
    if found is None or found.tzinfo is None:
        raise ValueError(f"{name} is an ISO moment with its zone")
    return found


async def respond(platform: str, kind: str, request: Request, endpoint: Endpoint) -> Response:
    """What a request meets that was ordered to fail."""
    if own := _OWN[platform].get(kind):
        return own(request)
    if kind in LENSES:
        return await endpoint(request)
    if breaks := BREAKS.get(kind):
        return await breaks(request, endpoint)
    return (_ANYWHERE.get(kind) or refused(int(kind.removeprefix("http_"))))(request)
