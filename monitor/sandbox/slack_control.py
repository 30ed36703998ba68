"""How a driver of the sandbox's Slack asks what happened and orders trouble over HTTP."""

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from monitor.sandbox.slack_faults import read_order
from monitor.sandbox.slack_script import read_script
from monitor.sandbox.slack_sockets import read_trouble

if TYPE_CHECKING:
    from monitor.sandbox.slack import FakeSlack


def routes(slack: "FakeSlack") -> list[Route]:
    """`/slack/ledger`, and `/slack/control/` faults, script and socket, whose DELETE takes everything back."""

    async def ledger(_: Request) -> Response:
        posts = slack.posts_by_key()
        with slack.lock:
            entries = [asdict(entry) for entry in slack.ledger]
            deliveries = [delivery.told() for delivery in slack.sockets.deliveries]
            told = {
                "over_limit": len(slack.ledger.over_limit()),
                "inside_retry_after": len(slack.ledger.inside_retry_after()),
                "top_level": {channel: slack.ledger.top_level(channel) for channel in slack.channels},
                "edits": slack.ledger.edits(),
            }
        return _json({"entries": entries, "posts_by_key": posts, "deliveries": deliveries, **told})

    async def faults(request: Request) -> Response:
        if request.method == "DELETE":
            slack.faults.clear()
            return _json({"ok": True, "waiting": {}})

        def add(body: bytes) -> dict[str, Any]:
            method, ordered = read_order(body, slack.workspace.methods)
            slack.faults.add(method, *ordered)
            return {"waiting": slack.faults.waiting()}

        return await _ordered(request, add)

    async def socket(request: Request) -> Response:
        if request.method == "DELETE":
            slack.sockets.clear()
            return _json({"ok": True})

        def order(body: bytes) -> dict[str, Any]:
            slack.sockets.order(**read_trouble(body))
            return {"open": len(slack.sockets.open)}

        return await _ordered(request, order)

    async def script(request: Request) -> Response:
        if request.method == "DELETE":
            slack.play(None)
            return _json({"ok": True, "script": None})

        def play(body: bytes) -> dict[str, Any]:
            slack.play(read_script(body, slack.workspace.methods))
            return {"script": slack.script.told() if slack.script else None}

        return await _ordered(request, play)

    return [
        Route("/slack/control/script", script, methods=["POST", "DELETE"]),
        Route("/slack/ledger", ledger),
        Route("/slack/control/faults", faults, methods=["POST", "DELETE"]),
        Route("/slack/control/socket", socket, methods=["POST", "DELETE"]),
    ]


async def _ordered(request: Request, order: Callable[[bytes], dict[str, Any]]) -> Response:
    try:
        answer = order(await request.body())
    except ValueError as error:
        return _json({"ok": False, "error": str(error)}, status=400)
    return _json({"ok": True, **answer})


def _json(data: Any, *, status: int = 200) -> Response:
    return Response(orjson.dumps(data), status, media_type="application/json")
