"""`POST /ingest/{source}`: who may push, under which caps, and what a delivery is answered. Nothing is believed before it is signed."""

import asyncio
import hmac
import zlib
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Protocol

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from monitor.errors import DeliveryError, StoreError
from monitor.ports import Clock

log = structlog.get_logger()

BODY_AT_MOST = 10 * 1024 * 1024
"""Bytes of a delivery: as it comes, and after inflating."""

SKEW = 300.0
"""Seconds by which the sender's clock may differ from ours; an older signature may have been overheard."""

AT_ONCE = 4
"""Deliveries under way: so many bodies stand in memory."""

PATIENCE = 60.0
"""Real seconds that a body may take to arrive."""

LONGEST_ID = 200
_LINES = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"})
_STATUS = {
    "unreadable": HTTPStatus.BAD_REQUEST,
    "too_much": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "reused": HTTPStatus.CONFLICT,
}
_MEMBERS = 16  # a gzip body may be several in a row; thousands of empty ones only cost time
_BLOCK = 64 * 1024


class Doors(Protocol):
    """What takes deliveries in (`monitor.doors.Doors`)."""

    def secret(self, source: str) -> bytes | None: ...
    def wait(self) -> float | None: ...
    def take(self, source: str, delivery_id: str, body: bytes, *, lines: bool) -> Mapping[str, Any]: ...


class _RefusedError(Exception):
    """What is answered in place of taking it. `fix` says what the sender can do."""

    def __init__(self, status: HTTPStatus, error: str, fix: str, wait: float | None = None) -> None:
        super().__init__(error)
        self.status, self.error, self.fix, self.wait = status, error, fix, wait

    def response(self) -> Response:
        headers = {} if self.wait is None else {"retry-after": str(max(1, round(self.wait)))}
        # What is left of a body that was not read would be taken for the next request.
        headers |= {"connection": "close", "cache-control": "no-store"}
        if self.status is HTTPStatus.METHOD_NOT_ALLOWED:
            headers["allow"] = "POST"
        return JSONResponse({"error": self.error, "fix": self.fix}, self.status, headers)


def route(doors: Doors, clock: Clock) -> Route:
    """The one door; see docs/sources/ingest.md."""
    places = asyncio.Semaphore(AT_ONCE)

    async def ingest(request: Request) -> Response:
        source = request.path_params["source"]
        try:
            _welcome(doors, source, request.method, places)
            async with places:
                answer = await _take(doors, clock, source, request)
        except _RefusedError as refused:
            log.warning("delivery refused", source=source[:80], status=int(refused.status), why=refused.error)
            return refused.response()
        except ClientDisconnect:
            return Response(status_code=HTTPStatus.BAD_REQUEST)
        return JSONResponse(answer, HTTPStatus.ACCEPTED, {"cache-control": "no-store"})

    return Route("/ingest/{source}", ingest, methods=["POST", "GET", "PUT", "PATCH", "DELETE"])


def _welcome(doors: Doors, source: str, method: str, places: asyncio.Semaphore) -> None:
    if method != "POST":
        raise _RefusedError(HTTPStatus.METHOD_NOT_ALLOWED, "a delivery is a POST", "POST it here, signed")
    if doors.secret(source) is None:
        raise _RefusedError(
            HTTPStatus.NOT_FOUND, "no such source", "The address ends with the NAME of an [ingest.NAME] table"
        )
    if places.locked():
        raise _RefusedError(HTTPStatus.TOO_MANY_REQUESTS, "too many deliveries at once", "Come again", 1.0)


async def _take(doors: Doors, clock: Clock, source: str, request: Request) -> Mapping[str, Any]:
    lines = _form(request)
    packed = _packed(request)
    delivery = request.headers.get("x-delivery-id", "").strip()
    if len(delivery) > LONGEST_ID:
        raise _RefusedError(
            HTTPStatus.BAD_REQUEST, f"X-Delivery-Id is longer than {LONGEST_ID} characters", "Send a shorter one"
        )
    _in_time(request, clock)
    try:
        async with asyncio.timeout(PATIENCE):
            body = await _body(request)
    except TimeoutError:
        raise _RefusedError(
            HTTPStatus.REQUEST_TIMEOUT, f"the body took longer than {PATIENCE:g} s", "Send it again"
        ) from None
    _signed(request, doors.secret(source) or b"", body)
    wait = await run_in_threadpool(doors.wait)
    if wait is not None:
        raise _RefusedError(HTTPStatus.TOO_MANY_REQUESTS, "more waits to be read than can be read", "Come again", wait)
    whole = await run_in_threadpool(inflated, body) if packed else body
    if not whole.strip():
        raise _RefusedError(HTTPStatus.BAD_REQUEST, "the body is empty", "Send a record at least")
    try:
        return await run_in_threadpool(doors.take, source, delivery, whole, lines=lines)
    except DeliveryError as error:
        raise _RefusedError(_STATUS[error.kind], error.problem, error.fix) from None
    except StoreError:
        log.exception("a delivery could not be written down", source=source)
        raise _RefusedError(
            HTTPStatus.SERVICE_UNAVAILABLE, "it could not be written down", "Come again", 30.0
        ) from None


def _form(request: Request) -> bool:
    """Whether the body is lines of JSON; else it is one JSON."""
    form = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if form not in _LINES and form != "application/json":
        raise _RefusedError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "the Content-Type is neither of the two that are read",
            "Send application/x-ndjson (a record a line) or application/json (an object or an array)",
        )
    return form in _LINES


def _packed(request: Request) -> bool:
    coding = request.headers.get("content-encoding", "identity").strip().lower()
    if coding not in ("identity", "gzip", "x-gzip", ""):
        raise _RefusedError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "the Content-Encoding is not gzip", "Send gzip, or no encoding"
        )
    return coding in ("gzip", "x-gzip")


def _in_time(request: Request, clock: Clock) -> None:
    said = request.headers.get("x-timestamp", "")
    if not (said.isascii() and said.isdigit() and len(said) <= 12):
        raise _RefusedError(HTTPStatus.UNAUTHORIZED, "X-Timestamp is missing", "Send the seconds since 1970")
    off = int(said) - clock.now().timestamp()
    if abs(off) > SKEW:
        raise _RefusedError(
            HTTPStatus.UNAUTHORIZED,
            f"X-Timestamp is {abs(off):.0f} s {'ahead' if off > 0 else 'behind'}; at most {SKEW:.0f} s are taken",
            "Set the sender's clock, and sign anew for every try",
        )


def _signed(request: Request, secret: bytes, body: bytes) -> None:
    """`sha256=` and the hex of HMAC-SHA256 over timestamp, a full stop and the body as it was sent."""
    said = request.headers.get("x-signature", "").strip().removeprefix("sha256=").lower()
    signed = request.headers["x-timestamp"].encode() + b"." + body
    if not hmac.compare_digest(said.encode("latin-1", "replace"), hmac.digest(secret, signed, "sha256").hex().encode()):
        raise _RefusedError(
            HTTPStatus.UNAUTHORIZED,
            "X-Signature does not fit",
            "sha256= and the hex of HMAC-SHA256 over timestamp, a full stop and the body as it is sent",
        )


async def _body(request: Request) -> bytes:
    """All of it, or as soon as it is too much a refusal."""
    length = request.headers.get("content-length", "")
    if length.isdigit() and (len(length) > 12 or int(length) > BODY_AT_MOST):
        raise _too_large()
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > BODY_AT_MOST:
            raise _too_large()
    return bytes(body)


def inflated(body: bytes) -> bytes:
    """A gzip body unpacked piece by piece, so that a bomb costs no more than an honest delivery."""
    whole = bytearray()
    rest = body
    try:
        for _ in range(_MEMBERS):
            reading = zlib.decompressobj(wbits=31)
            while not reading.eof:
                piece = reading.decompress(rest, _BLOCK)
                rest = reading.unconsumed_tail
                if not piece and not rest and not reading.eof:
                    raise _broken()
                whole += piece
                if len(whole) > BODY_AT_MOST:
                    raise _too_large()
            rest = reading.unused_data
            if not rest:
                return bytes(whole)
    except zlib.error:
        pass
    raise _broken()


def _broken() -> _RefusedError:
    return _RefusedError(HTTPStatus.BAD_REQUEST, "the body is not gzip, or breaks off", "Pack it again")


def _too_large() -> _RefusedError:
    return _RefusedError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        f"the body is larger than {BODY_AT_MOST // 1024 // 1024} MB, as it comes or after inflating",
        "Send it in several deliveries",
    )
