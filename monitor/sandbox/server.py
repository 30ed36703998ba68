"""The sandbox as one application on one port: platforms, a Slack, orders for faults, and the truth."""

import math
from datetime import datetime

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from monitor.sandbox import (
    apple,
    bilibili,
    crawler,
    feeds,
    heimao,
    hotlists,
    short_links,
    site_forms,
    weibo_push,
    weibo_web,
)
from monitor.sandbox.faults import read_order
from monitor.sandbox.rsshub import RssHub
from monitor.sandbox.slack import FakeSlack
from monitor.sandbox.stage import Stage
from monitor.sandbox.vendor import Vendor
from monitor.sandbox.weibo import Weibo

WEIBO_TOKEN = "2.00sandbox"  # noqa: S105 - opens nothing but this sandbox
SLACK_TOKEN = "xoxb-sandbox"  # noqa: S105 - likewise
SLACK_APP_TOKEN = "xapp-sandbox"  # noqa: S105 - likewise


def moment(text: str) -> datetime:
    """A moment that everybody understands. Raises ValueError for one without a zone."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("a moment without a zone")
    return found


def rate(value: str | float) -> float:
    """How many seconds of the world a second is. Raises ValueError where it would stand still, run backwards or never end."""
    found = float(value)
    if not 0 < found < math.inf:
        raise ValueError("a world that does not run")
    return found


def app(stage: Stage, seed: int) -> Starlette:
    """Every platform under its prefix; `/control` starts the clock and takes orders for faults; `/truth` tells all."""

    async def start(request: Request) -> Response:
        try:
            said = orjson.loads(await request.body())
            begins, speed = moment(said["start"]), rate(said["rate"])
        except (ValueError, KeyError, TypeError) as error:
            return JSONResponse(
                {"error": f"start is an ISO moment with its zone, rate a number above 0 ({error})"}, 400
            )
        stage.begin(begins, speed)
        return JSONResponse({"now": stage.now().isoformat()})

    async def now(_: Request) -> Response:
        return JSONResponse({"now": stage.now().isoformat()})

    async def order(request: Request) -> Response:
        if request.method == "DELETE":
            stage.faults.clear()
            return JSONResponse({"ok": True})
        try:
            stage.faults.add(read_order(await request.body()))
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)
        return JSONResponse({"ok": True})

    async def requests(_: Request) -> Response:
        asked = [{"platform": platform, "at": at.isoformat()} for platform, at in stage.ledger]
        return Response(orjson.dumps(asked), headers={"content-type": "application/json"})

    async def truth(_: Request) -> Response:
        return Response(orjson.dumps(stage.world.truth()), headers={"content-type": "application/json"})

    weibo = Weibo(stage, token=WEIBO_TOKEN)
    return Starlette(
        routes=[
            *weibo.routes,
            *weibo_push.routes(stage, weibo.status_of),
            *weibo_web.routes(stage, weibo.status_of),
            *RssHub(stage).routes,
            *apple.routes(stage),
            *heimao.routes(stage),
            *bilibili.routes(stage),
            *hotlists.routes(stage),
            *site_forms.routes(stage),
            *short_links.routes(stage),
            *feeds.routes(stage),
            *crawler.routes(stage),
            *Vendor(stage).routes,
            *FakeSlack(stage.clock, token=SLACK_TOKEN, app_token=SLACK_APP_TOKEN, seed=seed).routes,
            Route("/control/start", start, methods=["POST"]),
            Route("/control/now", now),
            Route("/control/faults", order, methods=["POST", "DELETE"]),
            Route("/control/requests", requests),
            Route("/truth", truth),
        ]
    )
