"""The sandbox's commercial push: an answer that never ends, with a line for each post of the subscription as it is published.

Format after the wiki's 订阅服务手册: lines end in CR LF, an empty one says that the connection lives, `since_id` replays.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from monitor.sandbox import faults
from monitor.sandbox.breaking import HangUp
from monitor.sandbox.lenses import NEAR
from monitor.sandbox.stage import Stage
from monitor.sandbox.weibo_forms import named
from monitor.sandbox.world import WorldPost

SUBSCRIPTION = "10542"
KEYWORD = "星禾"

LATELY = 100
"""Items that come to whoever does not say since when."""

KEPT = timedelta(days=3)
ALIVE = 30.0
"""Clock seconds after which an empty line says that the connection lives."""

PLATFORM = "weibo-push"
_WRITTEN = ("out_of_order", "repeated", "truncated")
"""Faults of the lines themselves."""

Status = Callable[[WorldPost], dict[str, Any]]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Item:
    number: int
    at: datetime
    post: WorldPost
    event: str


def routes(stage: Stage, status_of: Status) -> list[BaseRoute]:
    """`status_of` writes a post as the open platform does."""

    async def push(request: Request) -> Response:
        fault = stage.faults.take(PLATFORM, stage.now())
        if fault is not None and fault not in _WRITTEN:
            return await faults.respond(PLATFORM, fault, request, push)
        if request.query_params.get("subid") != SUBSCRIPTION:
            return JSONResponse({"error": "subid is invalid", "error_code": 10008}, 400)
        since = request.query_params.get("since_id", "")
        return _Endless(_lines(stage, status_of, int(since) if since.isdecimal() else None, fault))

    return [Route("/weibo/datapush/status", push), Route("/weibo/commercial/push", push)]


def _items(stage: Stage) -> list[_Item]:
    """Everything that was or will be pushed, in its order; an item's number is not its post's."""
    happens: list[tuple[datetime, str, WorldPost]] = []
    for post in stage.world.posts:
        if post.platform == "weibo" and KEYWORD in post.text:
            happens.append((post.published_at, "add", post))
            if post.gone_at is not None:
                happens.append((post.gone_at, "delete", post))
    happens.sort(key=lambda one: (one[0], one[2].native_id, one[1]))
    return [
        _Item(number=int(at.timestamp()) * 1_000_000 + place, at=at, post=post, event=event)
        for place, (at, event, post) in enumerate(happens)
    ]


async def _lines(stage: Stage, status_of: Status, since: int | None, fault: str | None) -> AsyncIterator[bytes]:
    items = _items(stage)
    now = stage.now()
    past = [item for item in items if item.at <= now and item.at > now - KEPT]
    due = past[-LATELY:] if since is None else [item for item in past if item.number > since]
    coming = (item for item in items if item.at > now)
    if fault == "repeated":
        due = [item for item in due for _ in range(2)]
    if fault == "out_of_order":
        due = [item for at in range(0, len(due), NEAR) for item in reversed(due[at : at + NEAR])]
    for sent, item in enumerate(due):
        line = _line(item, status_of)
        if fault == "truncated" and sent == min(3, len(due) - 1):
            yield line[: len(line) // 2]
            raise _CutError
        yield line
    async for line in _live(stage, status_of, coming):
        yield line


async def _live(stage: Stage, status_of: Status, coming: Iterator[_Item]) -> AsyncIterator[bytes]:
    upcoming = next(coming, None)
    while True:
        left = ALIVE if upcoming is None else (upcoming.at - stage.now()).total_seconds()
        if upcoming is not None and left <= 0:
            yield _line(upcoming, status_of)
            upcoming = next(coming, None)
            continue
        await stage.clock.sleep(min(left, ALIVE))
        if left >= ALIVE:
            yield b"\r\n"


def _line(item: _Item, status_of: Status) -> bytes:
    status: dict[str, Any] = named(item.post)
    if item.event == "add":
        # What is pushed has just been published.
        born = {"reposts_count": 0, "comments_count": 0, "attitudes_count": 0, "state": 0}
        status = {**status_of(item.post), **born}
    said = {"id": item.number, "text": {"type": "status", "event": item.event, "status": status}}
    return orjson.dumps(said) + b"\r\n"


class _CutError(Exception):
    """The connection breaks in the middle of a line, as ordered."""


class _Endless(StreamingResponse):
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        except* _CutError:
            await HangUp()(scope, receive, send)
