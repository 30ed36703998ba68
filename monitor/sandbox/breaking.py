"""How an answer is broken, whoever gives it: on its way, in its bytes, in its charset."""

import asyncio
import gzip
import io
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from functools import cache

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

Endpoint = Callable[[Request], Awaitable[Response]]

BOMB = 512 * 1024 * 1024
"""What half a megabyte of gzip inflates to."""

SLOW = 5.0
"""Real seconds before an answer that was ordered to be slow."""

DRIP = 0.05
"""Real seconds between two bytes of an answer that trickles."""

_CHARSET = re.compile(r"utf-?8", re.IGNORECASE)


async def _slow(request: Request, endpoint: Endpoint) -> Response:
    await asyncio.sleep(SLOW)
    return await endpoint(request)


async def _slow_bytes(request: Request, endpoint: Endpoint) -> Response:
    whole = await endpoint(request)

    async def drops() -> AsyncIterator[bytes]:
        for byte in bytes(whole.body):
            yield bytes((byte,))
            await asyncio.sleep(DRIP)

    return StreamingResponse(drops(), whole.status_code, media_type=whole.headers.get("content-type"))


async def _truncated(request: Request, endpoint: Endpoint) -> Response:
    whole = await endpoint(request)
    return Response(whole.body[: len(whole.body) // 2], whole.status_code, media_type=whole.media_type)


async def _cut(request: Request, endpoint: Endpoint) -> Response:
    return CutOff(await endpoint(request))


async def _empty_body(_: Request, __: Endpoint) -> Response:
    return Response(b"")


async def _gbk(request: Request, endpoint: Endpoint) -> Response:
    """The answer as an old server would send it: in GBK, and saying so."""
    whole = await endpoint(request)
    text = bytes(whole.body).decode()
    if text.startswith("<?xml"):
        head, end, rest = text.partition("?>")
        text = _CHARSET.sub("GBK", head) + end + rest
    kind = whole.headers.get("content-type", "application/json").partition(";")[0]
    return Response(text.encode("gb18030"), whole.status_code, {"content-type": f"{kind}; charset=GBK"})


async def _bomb(_: Request, __: Endpoint) -> Response:
    packed = await asyncio.to_thread(bomb)
    return Response(packed, headers={"content-encoding": "gzip", "content-type": "application/json"})


BREAKS: Mapping[str, Callable[[Request, Endpoint], Awaitable[Response]]] = {
    "slow": _slow,
    "slow_bytes": _slow_bytes,
    "truncated": _truncated,
    "cut": _cut,
    "empty_body": _empty_body,
    "gbk": _gbk,
    "bomb": _bomb,
}
"""By what is ordered."""


class HangUp(Response):
    """Closes the connection where the answer should be."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        # Uvicorn offers no way to hang up; its `receive` is bound to the request's cycle, which has the transport.
        transport = getattr(getattr(receive, "__self__", None), "transport", None)
        if transport is None:
            raise ConnectionResetError("the sandbox dropped the connection, as ordered")
        transport.abort()
        await asyncio.sleep(0)


class CutOff(HangUp):
    """Promises a whole answer, gives half of it, and closes the connection."""

    def __init__(self, whole: Response) -> None:
        super().__init__(bytes(whole.body), whole.status_code, dict(whole.headers))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body[: len(self.body) // 2], "more_body": True})
        # The half is on its way before the connection goes.
        await asyncio.sleep(0.01)
        await super().__call__(scope, receive, send)


@cache
def bomb() -> bytes:
    """Half a megabyte of gzip."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=9, mtime=0) as file:
        block = bytes(1 << 20)
        for _ in range(BOMB >> 20):
            file.write(block)
    return packed.getvalue()
