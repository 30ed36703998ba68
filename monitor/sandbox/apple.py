"""The sandbox's App Store: one app's reviews in one storefront, in the quirks of Apple's feed."""

import gzip
from datetime import timedelta, timezone
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from monitor.sandbox.stage import Stage
from monitor.sandbox.world import APP_ID, COUNTRY, WorldPost

PACIFIC = timezone(timedelta(hours=-8))
PAGE, PAGES = 50, 10


def routes(stage: Stage) -> list[BaseRoute]:
    """The review feed and the lookup."""

    async def reviews(request: Request) -> Response:
        asked = request.path_params
        if asked["page"] > PAGES:
            said = gzip.compress(b"CustomerReviews RSS page depth is limited to 10", mtime=0)
            return Response(said, 400, {"content-encoding": "gzip", "content-type": "text/plain"})
        if asked["app"] != APP_ID or asked["country"] != COUNTRY:
            return Response("", 404)
        found = stage.world.published("appstore", stage.now())
        return _javascript(_feed(found[(asked["page"] - 1) * PAGE : asked["page"] * PAGE]))

    async def lookup(request: Request) -> Response:
        known = APP_ID in request.query_params.get("id", "").split(",")
        app = {"trackId": int(APP_ID), "trackName": "星禾点单", "averageUserRating": 4.2, "userRatingCount": 12_034}
        return _javascript({"resultCount": int(known), "results": [app] if known else []})

    path = "/apple/{country}/rss/customerreviews/page={page:int}/id={app}/sortby=mostrecent/json"
    return [Route(path, stage.guarded("apple", reviews)), Route("/apple/lookup", stage.guarded("apple", lookup))]


def _feed(posts: list[WorldPost]) -> dict[str, Any]:
    """A list of reviews, one review as it is, or no entry at all: Apple has all three."""
    entries = [_entry(post) for post in posts]
    feed: dict[str, Any] = {
        "author": {"name": _label("iTunes Store"), "uri": _label("http://www.apple.com/itunes/")},
        "updated": _label("2026-11-02T01:00:00-08:00"),
        "title": _label("iTunes Store: Customer Reviews"),
        "link": [{"attributes": {"rel": "self", "href": "https://example.invalid/self"}}],
    }
    if entries:
        feed["entry"] = entries if len(entries) > 1 else entries[0]
    return {"feed": feed}


def _entry(post: WorldPost) -> dict[str, Any]:
    return {
        "author": {
            "uri": _label(f"https://itunes.apple.com/{COUNTRY}/reviews/id{post.writer.id}"),
            "name": _label(post.writer.name),
            "label": "",
        },
        "updated": _label(post.published_at.astimezone(PACIFIC).isoformat()),
        "im:rating": _label(str(post.rating)),
        "im:version": _label("5.3.0"),
        "id": _label(post.native_id.rpartition(":")[2]),
        "title": _label(post.title),
        "content": {**_label(post.text), "attributes": {"type": "text"}},
        "im:voteSum": _label("0"),
        "im:voteCount": _label("0"),
    }


def _label(text: str) -> dict[str, str]:
    return {"label": text}


def _javascript(answer: dict[str, Any]) -> Response:
    return Response(orjson.dumps(answer), headers={"content-type": "text/javascript; charset=utf-8"})
