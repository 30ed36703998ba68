"""Failures on order, each in the form in which the platform really fails; and those forms."""

import asyncio
import gzip
import html
import io
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from monitor.sandbox.boards import Topic, written

Endpoint = Callable[[Request], Awaitable[Response]]

BOMB = 512 * 1024 * 1024
"""What half a megabyte of gzip inflates to."""

SLOW = 5.0
"""Real seconds before an answer that was ordered to be slow."""

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

_ANYWHERE: Mapping[str, Answer] = {
    "http_500": lambda _: HTMLResponse("<html><head><title>500 Internal Server Error</title></head></html>", 500),
    "rate_limit": lambda _: Response("Too Many Requests", 429, {"retry-after": str(WAIT)}),
    "login_page": lambda _: HTMLResponse(_LOGIN),
    "drop": lambda _: HangUp(),
}
_SPECIAL = ("slow", "truncated", "bomb")

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

KINDS: Mapping[str, tuple[str, ...]] = {
    platform: tuple(sorted({*_ANYWHERE, *_SPECIAL, *own})) for platform, own in _OWN.items()
}
"""What can be ordered of each platform."""


# ── orders ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """The next `times` requests to a platform fail like this."""

    platform: str
    kind: str
    times: int = 1


class Orders:
    """What was ordered and has not happened yet, first come first served."""

    def __init__(self) -> None:
        self._open: defaultdict[str, deque[Order]] = defaultdict(deque)

    def add(self, order: Order) -> None:
        self._open[order.platform].append(order)

    def clear(self) -> None:
        self._open.clear()

    def take(self, platform: str) -> str | None:
        """The kind of fault this request meets."""
        waiting = self._open[platform]
        if not waiting:
            return None
        order = waiting.popleft()
        if order.times > 1:
            waiting.appendleft(replace(order, times=order.times - 1))
        return order.kind


def read_order(body: bytes) -> Order:
    """`{"platform": "weibo", "kind": "quota", "times": 2}`. A ValueError says what is wrong with it."""
    said: Any = orjson.loads(body)
    known = {**KINDS, **SENDS}
    if not isinstance(said, dict) or said.get("platform") not in list(known):
        raise ValueError(f"platform is one of {', '.join(known)}")
    if said.get("kind") not in known[said["platform"]]:
        raise ValueError(f"kind is one of {', '.join(KINDS[said['platform']])}")
    times = said.get("times", 1)
    if type(times) is not int or times < 1:
        raise ValueError("times is a number, 1 or more")
    return Order(platform=said["platform"], kind=said["kind"], times=times)


async def respond(platform: str, kind: str, request: Request, endpoint: Endpoint) -> Response:
    """What a request meets that was ordered to fail."""
    match kind:
        case "slow":
            await asyncio.sleep(SLOW)
            return await endpoint(request)
        case "truncated":
            whole = await endpoint(request)
            return Response(whole.body[: len(whole.body) // 2], whole.status_code, media_type=whole.media_type)
        case "bomb":
            packed = await asyncio.to_thread(bomb)
            return Response(packed, headers={"content-encoding": "gzip", "content-type": "application/json"})
        case _:
            return (_OWN[platform].get(kind) or _ANYWHERE[kind])(request)


class HangUp(Response):
    """Closes the connection where the answer should be."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        # Uvicorn offers no way to hang up; its `receive` is bound to the request's cycle, which has the transport.
        transport = getattr(getattr(receive, "__self__", None), "transport", None)
        if transport is None:
            raise ConnectionResetError("the sandbox dropped the connection, as ordered")
        transport.abort()
        await asyncio.sleep(0)


@cache
def bomb() -> bytes:
    """Half a megabyte of gzip."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=9, mtime=0) as file:
        block = bytes(1 << 20)
        for _ in range(BOMB >> 20):
            file.write(block)
    return packed.getvalue()
