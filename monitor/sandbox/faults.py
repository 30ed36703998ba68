"""Failures on order, each in the form in which the platform really fails."""

import asyncio
import gzip
import io
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, get_args

import orjson
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Receive, Scope, Send

Platform = Literal["weibo", "rsshub", "apple", "feeds"]
Kind = Literal[
    "http_500", "drop", "truncated", "login_page", "bomb", "slow", "rate_limit", "empty",
    "expired_token", "quota", "cookie_expired",
]  # fmt: skip
Endpoint = Callable[[Request], Awaitable[Response]]

BOMB = 512 * 1024 * 1024
"""What half a megabyte of gzip inflates to."""

SLOW = 5.0
"""Real seconds before an answer that was ordered to be slow."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """The next `times` requests to a platform fail like this."""

    platform: Platform
    kind: Kind
    times: int = 1


class Orders:
    """What was ordered and has not happened yet, first come first served."""

    def __init__(self) -> None:
        self._open: list[tuple[Platform, Kind]] = []

    def add(self, order: Order) -> None:
        self._open += [(order.platform, order.kind)] * order.times

    def clear(self) -> None:
        self._open.clear()

    def take(self, platform: str) -> Kind | None:
        """The fault this request meets."""
        for number, (where, kind) in enumerate(self._open):
            if where == platform:
                del self._open[number]
                return kind
        return None


def read_order(body: bytes) -> Order:
    """The order in a request's body; ValueError says what is wrong with it."""
    said: Any = orjson.loads(body)
    if not isinstance(said, dict) or said.get("platform") not in get_args(Platform):
        raise ValueError(f"platform is one of {', '.join(get_args(Platform))}")
    if said.get("kind") not in get_args(Kind):
        raise ValueError(f"kind is one of {', '.join(get_args(Kind))}")
    return Order(platform=said["platform"], kind=said["kind"], times=int(said.get("times", 1)))


class HangUp(Response):
    """Closes the connection where the answer should be."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        # Uvicorn offers no way to hang up; its `receive` is bound to the request's cycle, which has the transport.
        transport = getattr(getattr(receive, "__self__", None), "transport", None)
        if transport is None:
            raise ConnectionResetError("the sandbox dropped the connection, as ordered")
        transport.abort()
        await asyncio.sleep(0)


_LOGIN = """<!DOCTYPE html><html><head><title>登录 - 新浪通行证</title></head>
<body><form action="https://passport.example.invalid/signin"><input name="username"></form></body></html>"""

_RSSHUB = """<!DOCTYPE html><html><head><title>Welcome to RSSHub!</title></head><body><h1>Looks like something went wrong</h1>
<div>Error Message:<br/><code>{said}</code></div><div>Route: {route}</div></body></html>"""


async def respond(kind: Kind, request: Request, endpoint: Endpoint) -> Response:
    """What a request meets that was ordered to fail."""
    match kind:
        case "http_500":
            return Response("<html><head><title>500 Internal Server Error</title></head></html>", 500)
        case "drop":
            return HangUp()
        case "login_page":
            return HTMLResponse(_LOGIN)
        case "empty":
            return Response(b"")
        case "bomb":
            return Response(bomb(), headers={"content-encoding": "gzip", "content-type": "application/json"})
        case "rate_limit":
            return Response("Too Many Requests", 429, {"retry-after": "120"})
        case "expired_token":
            return JSONResponse({"error": "expired_token", "error_code": 21327, "request": request.url.path}, 400)
        case "quota":
            said = {"error": "User requests out of rate limit!", "error_code": 10023, "request": request.url.path}
            return JSONResponse(said, 403)
        case "cookie_expired":
            return rsshub_error("Error: 当前配置的 XIAOHONGSHU_COOKIE 已失效，请更新后再抓取", request.url.path)
        case "slow":
            await asyncio.sleep(SLOW)
            return await endpoint(request)
        case "truncated":
            whole = await endpoint(request)
            return Response(whole.body[: len(whole.body) // 2], whole.status_code, media_type=whole.media_type)


def rsshub_error(said: str, route: str, status: int = 503) -> Response:
    """RSSHub's error page."""
    return HTMLResponse(_RSSHUB.format(said=said, route=route), status)


@cache
def bomb() -> bytes:
    """Half a megabyte of gzip."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=9, mtime=0) as file:
        block = bytes(1 << 20)
        for _ in range(BOMB >> 20):
            file.write(block)
    return packed.getvalue()
