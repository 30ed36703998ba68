"""The sandbox's data vendor and customer desk: on demand it pushes signed deliveries of what happened since, to this machine alone."""

import gzip
import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from monitor.sandbox.breaking import bomb
from monitor.sandbox.stage import Stage
from monitor.sandbox.world import WorldPost

LINES = 40
"""Records of a delivery."""

PLATFORMS = ("hotline", "wechat_service", "app_feedback", "email", "xiaohongshu")
_HERE = frozenset({"127.0.0.1", "localhost", "::1"})
_FAST = 1_200
"""Seconds by which a clock that is off is off."""


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One POST."""

    id: str
    body: bytes
    headers: Mapping[str, str]


class Vendor:
    """`POST /vendor/push` with `{"url": "http://127.0.0.1:9733/ingest/vendor", "secret": "…"}` sends what is new since the last push there."""

    def __init__(self, stage: Stage, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._stage, self._transport = stage, transport
        self._pushed: dict[str, datetime] = {}
        self._number = 0

    @property
    def routes(self) -> list[BaseRoute]:
        return [Route("/vendor/push", self._push, methods=["POST"])]

    async def _push(self, request: Request) -> Response:
        try:
            said = orjson.loads(await request.body())
            url, secret = said["url"], said["secret"].encode()
            host = urlsplit(url).hostname
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return JSONResponse({"error": f"url and secret are texts ({error})"}, 400)
        if host not in _HERE:
            return JSONResponse({"error": "the sandbox pushes to this machine alone"}, 400)
        kind = self._stage.faults.take("vendor", self._stage.now()) or ""
        answers = []
        async with httpx.AsyncClient(transport=self._transport, trust_env=False) as client:
            for delivery in self.deliveries(url, secret, kind):
                answer = await client.post(url, content=delivery.body, headers=dict(delivery.headers))
                answers.append({"delivery": delivery.id, "status": answer.status_code, "answer": answer.text})
        return JSONResponse({"fault": kind, "answers": answers})

    def deliveries(self, url: str, secret: bytes, kind: str = "") -> list[Delivery]:
        """What is new for this address, as it is sent; `kind`: what goes wrong (`faults.SENDS`)."""
        now = self._stage.now()
        lines = list(self._lines(self._pushed.get(url), now))
        sent = [self._delivery(lines[at : at + LINES], secret, kind, now) for at in range(0, len(lines), LINES)]
        if kind not in ("bad_signature", "clock_skew", "bomb", "cut"):
            self._pushed[url] = now
        if kind == "repeat":
            return [one for one in sent for _ in range(2)]
        return sent[::-1] if kind == "out_of_order" else sent

    def _lines(self, since: datetime | None, now: datetime) -> Iterator[bytes]:
        """Records, the oldest post first; of one that was pushed before its counts, where it has any."""
        for platform in PLATFORMS:
            for post in reversed(self._stage.world.published(platform, now)):
                if since is None or post.published_at > since:
                    yield orjson.dumps(record(post, now))
                elif len(post.offsets):
                    yield orjson.dumps({"platform": platform, "id": post.native_id, **_seen(post, now)})

    def _delivery(self, lines: Sequence[bytes], secret: bytes, kind: str, now: datetime) -> Delivery:
        self._number += 1
        whole = b"\n".join([lines[0][: len(lines[0]) // 2], *lines[1:]] if kind == "damaged" else lines)
        body = bomb() if kind == "bomb" else gzip.compress(whole, mtime=0)
        body = body[: len(body) // 2] if kind == "cut" else body
        stamp = str(int(now.timestamp()) - (_FAST if kind == "clock_skew" else 0))
        key = b"not the secret" if kind == "bad_signature" else secret
        signature = hmac.digest(key, stamp.encode() + b"." + body, "sha256").hex()
        return Delivery(
            id=f"sandbox-{self._number}",
            body=body,
            headers={
                "content-type": "application/x-ndjson",
                "content-encoding": "gzip",
                "x-timestamp": stamp,
                "x-signature": f"sha256={signature}",
                "x-delivery-id": f"sandbox-{self._number}",
            },
        )


def record(post: WorldPost, now: datetime) -> dict[str, Any]:
    """A post as `langyan.post.v1`."""
    return {
        "schema": "langyan.post.v1",
        "platform": post.platform,
        "id": post.native_id,
        "title": post.title or None,
        "text": post.text,
        "author": {"id": post.writer.id, "name": post.writer.name, "followers": post.writer.followers},
        "created_at": post.published_at.isoformat(),
        "customer_ref": post.facts.get("customer_ref"),
        "order_ref": post.facts.get("order_ref"),
        **_seen(post, now),
    }


def _seen(post: WorldPost, now: datetime) -> dict[str, Any]:
    counts = post.counts(now)
    shown = {"likes": counts.likes, "comments": counts.comments} if len(post.offsets) else {}
    return {"collected_at": now.isoformat(), "counts": shown}
