"""One plain list of open incidents and feeds, the metrics, and two health checks. Read-only."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Any, Literal

from jinja2 import Environment, PackageLoader, select_autoescape
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from alerts import card, links, masking, post
from alerts import words as said
from alerts.masking import Shows
from monitor import metrics
from monitor.model import AWAKE, FeedHealth, Incident
from monitor.ports import Clock, Reading, Refusal
from monitor.triage import complaint
from monitor.web.words import WORDS

SHANGHAI = timezone(timedelta(hours=8))
REMEMBERED = 500
"""Texts that are not masked anew for every look at the board."""

HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


def app(
    *,
    reading: Reading,
    clock: Clock,
    language: Literal["zh", "en"],
    intervals: Mapping[str, float],
    unwell: Callable[[], Sequence[str]],
    ready: Callable[[], bool],
    also: Sequence[Route] = (),
    sights: Sequence[tuple[str, str]] = (),
    coverage: Sequence[Mapping[str, Any]] = (),
    shows: Shows = "masked",
) -> Starlette:
    """The web application. `unwell` names loops that hang; `intervals` are the feeds' in clock seconds. `also`: what else is
    served at this door. `sights`: each platform with what is seen of it, in words; `coverage`: the same as objects.
    `shows`: what is shown of what strangers wrote."""
    pages = Environment(loader=PackageLoader("monitor.web"), autoescape=select_autoescape(), trim_blocks=True)
    pages.filters["clock"] = lambda moment: moment.astimezone(SHANGHAI).strftime("%m-%d %H:%M") if moment else "—"
    pages.filters["clean"] = said.clean
    pages.filters["cut"] = said.cut
    pages.filters["platform"] = lambda name: said.platform(name, language)
    pages.filters["sentence"] = lambda reason: card.sentence(reason, language, shows)
    pages.filters["told"] = lru_cache(REMEMBERED)(
        lambda text, limit, lines=False: post.said(text, limit, shows, lines=lines)
    )
    pages.filters["named"] = lambda author: masking.name(author, shows)
    pages.filters["address"] = lambda url: links.web_address(masking.address(url, shows))
    words = WORDS[language]

    async def page(template: str, **given: Any) -> Response:
        # Masking a long post takes milliseconds, which the loop has not.
        html = await run_in_threadpool(pages.get_template(template).render, w=words, language=language, **given)
        return HTMLResponse(html, headers=HEADERS)

    async def board(_: Request) -> Response:
        incidents, refusals, feeds, totals = await run_in_threadpool(_gather, reading)
        now = clock.now()
        return await page(
            "board.html",
            incidents=incidents,
            refusals=refusals,
            feeds=[_row(feed, intervals, now) for feed in feeds],
            totals=totals,
            sights=sights,
            now=now,
        )

    async def incident(request: Request) -> Response:
        number = request.path_params["id"]
        found = await run_in_threadpool(reading.incident, number)
        if found is None:
            return PlainTextResponse(f"no incident {number}\n", 404)
        posts = await run_in_threadpool(reading.incident_posts, number)
        events = await run_in_threadpool(reading.events, number)
        refusals = await run_in_threadpool(reading.refusals, [number])
        return await page(
            "incident.html",
            incident=found,
            refusals=refusals,
            posts=posts,
            complaints=complaint.threads(posts),
            events=events,
            now=clock.now(),
        )

    async def numbers(_: Request) -> Response:
        return Response(generate_latest(metrics.REGISTRY), headers={"content-type": CONTENT_TYPE_LATEST})

    async def healthz(_: Request) -> Response:
        ill = list(unwell())
        return JSONResponse({"ok": not ill, "unwell": ill}, 503 if ill else 200)

    async def readyz(request: Request) -> Response:
        more = {"coverage": list(coverage)} if "verbose" in request.query_params else {}
        return JSONResponse({"ready": ready(), **more}, 200 if ready() else 503)

    return Starlette(
        routes=[
            Route("/", board),
            Route("/incidents/{id:int}", incident),
            Route("/metrics", numbers),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            *also,
        ]
    )


def _gather(
    reading: Reading,
) -> tuple[list[Incident], Mapping[int, Refusal], list[FeedHealth], Mapping[str, int]]:
    incidents = reading.incidents(AWAKE, 100)
    refusals = reading.refusals([incident.id for incident in incidents])
    return incidents, refusals, reading.feeds(), reading.totals()


def _row(feed: FeedHealth, intervals: Mapping[str, float], now: datetime) -> dict[str, Any]:
    """A feed as the board shows it: silence is never good news, so a feed that is late says so."""
    every = intervals.get(feed.feed)
    if every is None:
        standing = "retired"
    elif feed.failure:
        standing = "failing"
    elif feed.last_ok is None:
        standing = "waiting"
    else:
        standing = "late" if (now - feed.last_ok).total_seconds() > 3 * every + 60 else "fine"
    return {"feed": feed, "standing": standing}
