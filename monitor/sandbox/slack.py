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
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from monitor.ports import Clock
from monitor.sandbox import slack_control, slack_deeds, slack_page
from monitor.sandbox.breaking import HangUp
from monitor.sandbox.slack_faults import Fault, FaultKind, SlackFaults
from monitor.sandbox.slack_files import Files
from monitor.sandbox.slack_grants import Grants
from monitor.sandbox.slack_hands import Hands
from monitor.sandbox.slack_ledger import Ledger, LedgerEntry
from monitor.sandbox.slack_limits import RULES, Bucket, Rule, Window
from monitor.sandbox.slack_link import Link
from monitor.sandbox.slack_message import Args, Message, Refused, arguments, key
from monitor.sandbox.slack_script import FaultScript
from monitor.sandbox.slack_sockets import Sockets
from monitor.sandbox.slack_views import Views
from monitor.sandbox.slack_workspace import Done, Workspace

SCOPES = (
    "chat:write", "commands", "files:write", "files:read", "channels:history", "groups:history", "channels:read",
    "groups:read", "channels:join", "usergroups:read", "users:read",
)  # fmt: skip


class FakeSlack:
    """A workspace with channels the app was invited to, and some (`uninvited`) it was not; `private` ones ask for other scopes.

    How large a burst Slack takes before a 429 is unpublished: here 1 to 3 a channel, drawn by `seed`, unless `burst`
    says. `scan`: clock seconds until a completed file shows. `language` is the reader's, for dates on the page. Safe to ask from another thread while it serves.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        token: str = "xoxb-sandbox",  # noqa: S107 - opens nothing but this sandbox
        app_token: str = "xapp-sandbox",  # noqa: S107 - likewise
        channels: Iterable[str] = ("C0CRISIS01", "C0OPS"),
        uninvited: Iterable[str] = ("C0LOUNGE",),
        private: Iterable[str] = (),
        scopes: Iterable[str] = SCOPES,
        app_scopes: Iterable[str] = ("connections:write",),
        burst: int | None = None,
        language: str = "zh",
        scan: float = 2.0,
        seed: int = 0,
    ) -> None:
        self.clock, self.token, self.app_token, self.language = clock, token, app_token, language
        self.scopes, self.app_scopes = tuple(scopes), tuple(app_scopes)
        self.lock = threading.RLock()
        self.ledger = Ledger()
        self.faults = SlackFaults()
        self.script: FaultScript | None = None
        self.workspace = Workspace(channels, uninvited, private)
        self.sockets = Sockets(clock, self.lock, seed)
        self.grants = Grants(clock, seed)
        self.views = Views(self.grants)
        self.files = Files(self.workspace, scan)
        self.workspace.usable = self.files.usable
        self.hands = Hands(clock, self.lock, self.workspace, self.sockets, self.grants, self.views, scopes=self.scopes)
        self.workspace.methods |= {
            **self.views.methods,
            **self.files.methods,
            "apps.connections.open": self._connections_open,
        }
        every = (*self.workspace.rooms, *self.workspace.uninvited)
        self._buckets = {c: Bucket(burst or Random(f"{seed}:{c}").randint(1, 3)) for c in every}
        self._windows = {method: Window(RULES[method].per_minute) for method in self.workspace.methods}
        self._late: list[tuple[datetime, int, int, str, Args]] = []
        self._order = itertools.count()
        self.routes: list[BaseRoute] = [
            Route("/slack/api/{method}", self._api, methods=["GET", "POST"]),
            WebSocketRoute("/link", Link(self.sockets)),
            Route("/slack/upload/{name}", self._upload, methods=["POST"]),
            Route("/slack/actions/{team}/{name}", self._answer_url, methods=["POST"]),
            *slack_control.routes(self),
            *slack_deeds.routes(self),
            *slack_page.routes(self),
        ]
        self.app = Starlette(routes=self.routes)

    # ── what tests and the demo ask ──

    @property
    def channels(self) -> tuple[str, ...]:
        return tuple(self.workspace.rooms)

    def messages(self, channel: str) -> list[Message]:
        """What stands in the channel itself now, oldest first."""
        with self.lock:
            self._settle(self.clock.now())
            found = [message for message in self.workspace.rooms[channel].values() if message.top_level]
            return sorted(found, key=lambda message: message.order)

    def thread(self, channel: str, ts: str) -> list[Message]:
        """The replies that stand under a message now, oldest first."""
        with self.lock:
            self._settle(self.clock.now())
            return self.workspace.thread(channel, ts)

    def posts_by_key(self) -> dict[str, list[str]]:
        """`Ledger.posts_by_key` as of now."""
        with self.lock:
            self._settle(self.clock.now())
            return self.ledger.posts_by_key()

    def pings(self) -> list[str]:
        """Everyone who was really mentioned, in order."""
        return self.ledger.pings()

    def over_limit(self) -> list[LedgerEntry]:
        """Requests that came faster than Slack allows; those met by an ordered 429 are not among them."""
        return self.ledger.over_limit()

    def play(self, script: FaultScript | None) -> None:
        """From now on trouble comes by this script, or by none; what was ordered comes first."""
        with self.lock:
            self.script, self.sockets.trouble = script, script.trouble if script else lambda: None
            if script is None:
                self.faults.clear()

    # ── HTTP ──

    async def _api(self, request: Request) -> Response:
        body = await request.body()
        with self.lock:
            self.workspace.url = str(request.base_url)
            response, pause = self._answer(request, body)
        if pause:
            await asyncio.sleep(pause)
        return response

    async def _upload(self, request: Request) -> Response:
        body = await request.body()
        with self.lock:
            try:
                self.files.upload(request.path_params["name"], body)
            except Refused as refused:
                return Response(refused.error, 404 if refused.error == "file_not_found" else 400)
        return Response(f"OK - {len(body)}", media_type="text/plain")

    async def _answer_url(self, request: Request) -> Response:
        """A response_url: no token, no scope, five times in half an hour."""
        body = await request.body()
        with self.lock:
            self.ledger.append(LedgerEntry(at=self.clock.now(), method="response_url"))
            try:
                hook = self.grants.use(request.path_params["name"])
                said = arguments("application/json", "", "", body)
                message = self.hands.answer(hook.channel, hook.user, hook.ts, said)
            except Refused as refused:
                self._note(outcome=refused.error)
                gone = refused.error in ("expired_url", "used_url")
                return _json({"ok": False, "error": refused.error, **refused.extra}, status=404 if gone else 400)
            self._note(channel=hook.channel, stored=True, ts=message.ts if message else hook.ts)
            return Response("ok", media_type="text/plain")

    # ── one request ──

    def _answer(self, request: Request, body: bytes) -> tuple[Response, float]:
        """The answer, and how many real seconds it takes. Always leaves one line in the ledger."""
        method, now = request.path_params["method"], self.clock.now()
        self._settle(now)
        self.ledger.append(LedgerEntry(at=now, method=method))
        rule = RULES.get(method, Rule())
        scopes = self.app_scopes if rule.app_level else self.scopes
        headers = {"x-oauth-scopes": ",".join(scopes), "x-accepted-oauth-scopes": rule.scope}
        try:
            heard = request.headers
            query, kind, who = request.url.query, heard.get("content-type", ""), heard.get("authorization", "")
            args = arguments(kind, query, who, body)
            self._note(channel=args.get("channel"), key=key(args))
            if rule.app_level and not who:
                args.pop("token", None)  # as Slack documents, it counts in the header alone
            self._admit(method, args, rule)
            self._limit(method, args, now)
            response, pause = self._carry_out(method, args, now, self._fault(method, now))
        except Refused as refused:
            self._note(outcome=refused.error, retry_after=refused.retry_after)
            response, pause = _json({"ok": False, "error": refused.error, **refused.extra}), 0.0
            if refused.retry_after is not None:
                response.status_code, headers["retry-after"] = 429, str(refused.retry_after)
        response.headers.update(headers)
        return response, pause

    def _admit(self, method: str, args: Args, rule: Rule) -> None:
        if method not in self.workspace.methods:
            raise Refused("unknown_method", req_method=method)
        if not args.get("token"):
            raise Refused("not_authed")
        if args["token"] not in (self.token, self.app_token):
            raise Refused("invalid_auth")
        if (args["token"] == self.app_token) is not rule.app_level:
            raise Refused("not_allowed_token_type")
        scopes = self.app_scopes if rule.app_level else self.scopes
        needed = rule.scope
        if args.get("channel") in self.workspace.private and needed != "channels:join":
            needed = needed.replace("channels:", "groups:")
        if needed and needed not in scopes:
            raise Refused("missing_scope", needed=needed, provided=",".join(scopes))

    def _limit(self, method: str, args: Args, now: datetime) -> None:
        bucket = self._buckets.get(str(args.get("channel"))) if method == "chat.postMessage" else None
        wait = (bucket.wait(now) if bucket else 0) or self._windows[method].wait(now)
        if wait:
            raise Refused("ratelimited", retry_after=wait)

    def _connections_open(self, _: Args, __: datetime) -> Done:
        return Done({"ok": True, "url": self.sockets.address(self.workspace.url)})

    def _fault(self, method: str, now: datetime) -> Fault | None:
        """What was ordered for this call, or else what the script draws."""
        fault = self.faults.take(method, now)
        drawn = self.script.decide(method) if fault is None and self.script else None
        if drawn is not None:
            self.faults.add(method, drawn)
            fault = self.faults.take(method, now)
        return fault

    def _carry_out(self, method: str, args: Args, now: datetime, fault: Fault | None) -> tuple[Response, float]:
        """Does what was asked, with whatever was ordered to go wrong."""
        if fault is None:
            return _json(self._record(self.workspace.call(method, args, now))), 0.0
        self._note(fault=fault.kind, fault_seconds=fault.seconds)
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
        self.sockets.tick()
        while self._late and self._late[0][0] <= now:
            due, _, line, method, args = heapq.heappop(self._late)
            try:
                self._record(self.workspace.call(method, args, due), line)
            except Refused as refused:
                self._note(line, outcome=refused.error)
        for file in self.files.due(now):
            self.ledger.append(LedgerEntry(at=now, method="files.share", channel=file.channel))
            self._record(Done({}, file.message))

    def _record(self, done: Done, line: int = -1) -> dict[str, Any]:
        message = done.message
        if message is not None:
            before = self.workspace.rooms[message.channel].get(message.ts)
            (self.workspace.take_away if done.gone else self.workspace.keep)(message)
            self._note(line, ts=message.ts, thread=message.thread, stored=True, mentions=done.mentions)
            self.hands.echo(done, before)
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
