"""The sandbox's Slack: a workspace on loopback that speaks the real Web API, fails on order, and writes down every call.

Point `slack_sdk.WebClient(base_url=f"{url}/slack/api/", token=...)` at it. What it does is what
https://docs.slack.dev/reference/methods says; where Slack publishes nothing, it takes the careful end.
"""

import asyncio
import heapq
import itertools
import math
import threading
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from monitor.ports import Clock
from monitor.sandbox import slack_page
from monitor.sandbox.faults import HangUp
from monitor.sandbox.slack_faults import Fault, FaultKind, SlackFaults, read_order
from monitor.sandbox.slack_limits import Bucket, Window
from monitor.sandbox.slack_message import Args, Message, Refused, arguments, key
from monitor.sandbox.slack_workspace import Done, Workspace

SCOPES = ("chat:write", "channels:history", "groups:history", "channels:read", "groups:read")
_NEEDS = {
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "conversations.history": "channels:history",
    "conversations.info": "channels:read",
}
_TIER_3 = ("chat.update", "conversations.history", "conversations.info")


@dataclass(frozen=True, kw_only=True, slots=True)
class LedgerEntry:
    """One request, as the other side saw it.

    `outcome` is `ok`, Slack's error, or the fault that hid the answer. `stored`: it changed the channel, whatever the
    client was told. `key` is metadata.event_payload.key. `mentions`: whom it pinged. `fault`: what was ordered for it.
    """

    at: datetime
    method: str
    channel: str | None = None
    outcome: str = "ok"
    ts: str | None = None
    key: str | None = None
    stored: bool = False
    mentions: tuple[str, ...] = ()
    retry_after: int | None = None
    fault: FaultKind | None = None


class FakeSlack:
    """A workspace with channels the app was invited to, and some (`uninvited`) it was not.

    How large a burst Slack takes before a 429 is unpublished: here 1 to 3 a channel, drawn by `seed`, unless `burst`
    says. `language` is the reader's, for dates on the page. Safe to ask from another thread while it serves.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        token: str = "xoxb-sandbox",  # noqa: S107 - opens nothing but this sandbox
        channels: Iterable[str] = ("C0CRISIS01", "C0OPS"),
        uninvited: Iterable[str] = ("C0LOUNGE",),
        scopes: Iterable[str] = SCOPES,
        burst: int | None = None,
        language: str = "zh",
        seed: int = 0,
    ) -> None:
        self.clock, self.token, self.language, self.scopes = clock, token, language, tuple(scopes)
        self.ledger: list[LedgerEntry] = []
        self.faults = SlackFaults()
        self.workspace = Workspace(channels, uninvited)
        self._buckets = {c: Bucket(burst or Random(f"{seed}:{c}").randint(1, 3)) for c in self.workspace.rooms}
        self._windows = {method: Window() for method in _TIER_3}
        self._late: list[tuple[datetime, int, int, str, Args]] = []
        self._order = itertools.count()
        self._lock = threading.RLock()
        self.routes: list[BaseRoute] = [
            Route("/slack/api/{method}", self._api, methods=["GET", "POST"]),
            Route("/slack/ledger", self._show_ledger),
            Route("/slack/control/faults", self._order_faults, methods=["POST", "DELETE"]),
            *slack_page.routes(self),
        ]
        self.app = Starlette(routes=self.routes)

    # ── what tests and the demo ask ──

    @property
    def channels(self) -> tuple[str, ...]:
        return tuple(self.workspace.rooms)

    def messages(self, channel: str) -> list[Message]:
        """What stands in the channel now, oldest first."""
        with self._lock:
            self._settle(self.clock.now())
            return sorted(self.workspace.rooms[channel].values(), key=lambda message: message.order)

    def posts_by_key(self) -> dict[str, list[str]]:
        """The ts of every message posted under an idempotency key. A key with two of them is a page sent twice."""
        with self._lock:
            self._settle(self.clock.now())
            found: dict[str, list[str]] = {}
            for entry in self.ledger:
                if entry.method == "chat.postMessage" and entry.stored and entry.key and entry.ts:
                    found.setdefault(entry.key, []).append(entry.ts)
            return found

    def pings(self) -> list[str]:
        """Everyone who was really mentioned, in order."""
        return [mention for entry in list(self.ledger) if entry.stored for mention in entry.mentions]

    def over_limit(self) -> list[LedgerEntry]:
        """Requests that came faster than Slack allows; those met by an ordered 429 are not among them."""
        return [entry for entry in list(self.ledger) if entry.outcome == "ratelimited" and entry.fault is None]

    # ── HTTP ──

    async def _api(self, request: Request) -> Response:
        body = await request.body()
        with self._lock:
            self.workspace.url = str(request.base_url)
            response, pause = self._answer(request, body)
        if pause:
            await asyncio.sleep(pause)
        return response

    async def _show_ledger(self, _: Request) -> Response:
        posts = self.posts_by_key()
        return _json({"entries": [asdict(entry) for entry in list(self.ledger)], "posts_by_key": posts})

    async def _order_faults(self, request: Request) -> Response:
        if request.method == "DELETE":
            self.faults.clear()
            return _json({"ok": True, "waiting": {}})
        try:
            method, faults = read_order(await request.body(), self.workspace.methods)
        except ValueError as error:
            return _json({"ok": False, "error": str(error)}, status=400)
        self.faults.add(method, *faults)
        return _json({"ok": True, "waiting": self.faults.waiting()})

    # ── one request ──

    def _answer(self, request: Request, body: bytes) -> tuple[Response, float]:
        """The answer, and how many real seconds it takes. Always leaves one line in the ledger."""
        method, now = request.path_params["method"], self.clock.now()
        self._settle(now)
        self.ledger.append(LedgerEntry(at=now, method=method))
        headers = {"x-oauth-scopes": ",".join(self.scopes), "x-accepted-oauth-scopes": _NEEDS.get(method, "")}
        try:
            heard = request.headers
            query, kind, who = request.url.query, heard.get("content-type", ""), heard.get("authorization", "")
            args = arguments(kind, query, who, body)
            self._note(channel=args.get("channel"), key=key(args))
            self._admit(method, args)
            self._limit(method, args, now)
            response, pause = self._carry_out(method, args, now, self.faults.take(method, now))
        except Refused as refused:
            self._note(outcome=refused.error, retry_after=refused.retry_after)
            response, pause = _json({"ok": False, "error": refused.error, **refused.extra}), 0.0
            if refused.retry_after is not None:
                response.status_code, headers["retry-after"] = 429, str(refused.retry_after)
        response.headers.update(headers)
        return response, pause

    def _admit(self, method: str, args: Args) -> None:
        if method not in self.workspace.methods:
            raise Refused("unknown_method", req_method=method)
        if not args.get("token"):
            raise Refused("not_authed")
        if args["token"] != self.token:
            raise Refused("invalid_auth")
        if _NEEDS.get(method, "") not in ("", *self.scopes):
            raise Refused("missing_scope", needed=_NEEDS[method], provided=",".join(self.scopes))

    def _limit(self, method: str, args: Args, now: datetime) -> None:
        limit: Bucket | Window | None = self._windows.get(method)
        if method == "chat.postMessage":
            limit = self._buckets.get(str(args.get("channel")))
        wait = limit.wait(now) if limit else 0
        if wait:
            raise Refused("ratelimited", retry_after=wait)

    def _carry_out(self, method: str, args: Args, now: datetime, fault: Fault | None) -> tuple[Response, float]:
        """Does what was asked, with whatever was ordered to go wrong."""
        if fault is None:
            return _json(self._record(self.workspace.call(method, args, now))), 0.0
        self._note(fault=fault.kind)
        if fault.kind == "ratelimited":
            raise Refused("ratelimited", retry_after=max(1, math.ceil(fault.seconds)))
        if fault.kind == "late":
            due = now + timedelta(seconds=fault.seconds)
            heapq.heappush(self._late, (due, next(self._order), len(self.ledger) - 1, method, args))
            self._note(outcome="late")
            return HangUp(), 0.0
        payload: dict[str, Any] = {"ok": True}
        if fault.stored or fault.kind == "slow":
            payload = self._record(self.workspace.call(method, args, now))
        if fault.kind == "slow":
            return _json(payload), fault.seconds
        self._note(outcome=fault.kind)
        return _spoilt(fault.kind, payload), 0.0

    def _settle(self, now: datetime) -> None:
        """Carries out what was ordered to come late and is due."""
        while self._late and self._late[0][0] <= now:
            due, _, line, method, args = heapq.heappop(self._late)
            try:
                self._record(self.workspace.call(method, args, due), line)
            except Refused as refused:
                self._note(line, outcome=refused.error)

    def _record(self, done: Done, line: int = -1) -> dict[str, Any]:
        if done.message is not None:
            self.workspace.keep(done.message)
            self._note(line, ts=done.message.ts, stored=True, mentions=done.mentions)
        return done.payload

    def _note(self, line: int = -1, **changes: Any) -> None:
        self.ledger[line] = replace(self.ledger[line], **changes)


def _spoilt(kind: FaultKind, payload: dict[str, Any]) -> Response:
    if kind == "http_500":
        return Response("Internal Server Error", 500)
    if kind == "fatal_error":
        return _json({"ok": False, "error": "fatal_error"})
    if kind == "truncated":
        whole = orjson.dumps(payload)
        return Response(whole[: len(whole) // 2], media_type="application/json")
    return HangUp()


def _json(data: Any, *, status: int = 200) -> Response:
    return Response(orjson.dumps(data), status, media_type="application/json")
