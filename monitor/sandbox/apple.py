"""The sandbox's App Store: one app's reviews in each storefront, in the quirks of Apple's feed, and its rating as a lookup tells it."""

import gzip
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from monitor.sandbox.everywhere import SILENT
from monitor.sandbox.stage import Stage
from monitor.sandbox.world import APP_ID, COUNTRY, World, WorldPost

PAGE, PAGES = 50, 10
ALREADY_RATED, RATED_AT = 12_034, 4.2
"""Ratings from before the world began, and their average."""


def routes(stage: Stage) -> list[BaseRoute]:
    """The review feed and the lookup."""

    async def reviews(request: Request) -> Response:
        asked = _asked(request.path_params["segments"])
        country = request.path_params["country"]
        if asked is None or asked.get("id") != APP_ID or country not in _storefronts(stage.world):
            return Response("", 404)
        page = int(asked.get("page", "1"))
        if page > PAGES:
            said = gzip.compress(b"CustomerReviews RSS page depth is limited to 10", mtime=0)
            return Response(said, 400, {"content-encoding": "gzip", "content-type": "text/plain"})
        found = [post for post in stage.world.published("appstore", stage.now()) if _country(post) == country]
        # An edited review comes back to the top.
        found.sort(key=lambda post: post.changed(stage.now()), reverse=True)
        return _javascript(_feed(found, page, stage.now(), country))

    async def lookup(request: Request) -> Response:
        country = request.query_params.get("country", COUNTRY)
        known = APP_ID in request.query_params.get("id", "").split(",") and country in _storefronts(stage.world)
        average, rated = _rating(stage.world, country, stage.now())
        app = {
            "trackId": int(APP_ID),
            "trackName": "星禾点单",
            "averageUserRating": average,
            "userRatingCount": rated,
            "version": "5.3.0",
            "trackViewUrl": f"https://apps.apple.com/{country}/app/id{APP_ID}",
        }
        return _javascript({"resultCount": int(known), "results": [app] if known else []})

    path = "/apple/{country}/rss/customerreviews/{segments:path}"
    return [Route(path, stage.guarded("apple", reviews)), Route("/apple/lookup", stage.guarded("apple", lookup))]


def _country(post: WorldPost) -> str:
    return post.native_id.partition(":")[0]


def _storefronts(world: World) -> set[str]:
    return {COUNTRY, *(_country(post) for post in world.posts if post.platform == "appstore")}


def _rating(world: World, country: str, now: datetime) -> tuple[float, int]:
    """The average, to Apple's five digits, and how many gave stars: those who wrote, and those who did not."""
    wrote = [post.rating or 0 for post in world.published("appstore", now) if _country(post) == country]
    silent = [post.rating or 0 for post in world.published(SILENT, now)] if country == COUNTRY else []
    before = ALREADY_RATED if country == COUNTRY else 0
    rated = before + len(wrote) + len(silent)
    stars = RATED_AT * before + sum(wrote) + sum(silent)
    return (round(stars / rated, 5) if rated else 0.0), rated


def _asked(path: str) -> dict[str, str] | None:
    """`page=2/id=999000111/sortby=mostrecent/json`, in whatever order and case; None: nothing that is served here."""
    *segments, style = path.split("/")
    asked = {name.lower(): value for name, _, value in (segment.partition("=") for segment in segments)}
    wanted = style == "json" and asked.get("sortby", "mostrecent").lower() == "mostrecent"
    page = asked.get("page", "1")
    return asked if wanted and page.isascii() and page.isdigit() and int(page) else None


def _feed(posts: list[WorldPost], page: int, now: datetime, country: str) -> dict[str, Any]:
    """A list of reviews, one review as it is, or no entry at all: Apple has all three."""
    entries = [_entry(post, now, country) for post in posts[(page - 1) * PAGE : page * PAGE]]
    last = min(PAGES, max(1, -(-len(posts) // PAGE)))
    pages = {"first": 1, "last": last, "previous": max(1, page - 1), "next": min(last, page + 1)}
    links = {name: _address(number, country) for name, number in {"self": page, **pages}.items()}
    feed: dict[str, Any] = {"author": {"name": _label("iTunes Store"), "uri": _label("http://www.apple.com/itunes/")}}
    if entries:
        feed["entry"] = entries if len(entries) > 1 else entries[0]
    return {
        "feed": {
            **feed,
            "updated": _label(_pacific(now)),
            "rights": _label("Copyright 2008 Apple Inc."),
            "title": _label("iTunes Store: Customer Reviews"),
            "icon": _label("http://itunes.apple.com/favicon.ico"),
            "link": [{"attributes": {"rel": name, "href": address}} for name, address in links.items()],
            "id": _label(links["self"]),
        }
    }


def _entry(post: WorldPost, now: datetime, country: str) -> dict[str, Any]:
    votes = str(post.counts(now).likes)
    app = f"https://itunes.apple.com/{country}/review?id={APP_ID}&type=Purple%20Software"
    return {
        "author": {
            "uri": _label(f"https://itunes.apple.com/{country}/reviews/id{post.writer.id}"),
            "name": _label(post.writer.name),
            "label": "",
        },
        "updated": _label(_pacific(post.changed(now))),
        "im:rating": _label(str(post.rating)),
        "im:version": _label("5.3.0"),
        "id": _label(post.native_id.rpartition(":")[2]),
        "title": _label(post.title),
        "content": {**_label(post.says(now)), "attributes": {"type": "text"}},
        "link": {"attributes": {"rel": "related", "href": app}},
        "im:voteSum": _label(votes),
        "im:contentType": {"attributes": {"term": "Application", "label": "Application"}},
        "im:voteCount": _label(votes),
    }


def _address(page: int, country: str) -> str:
    return f"https://itunes.apple.com/{country}/rss/customerreviews/page={page}/id={APP_ID}/sortby=mostrecent/json"


def _label(text: str) -> dict[str, str]:
    return {"label": text}


def _pacific(moment: datetime) -> str:
    """Apple's own time, to the second: one feed holds two offsets when the clocks have just changed."""
    summer = _sunday(moment.year, 3, 2, 10) <= moment < _sunday(moment.year, 11, 1, 9)
    zone = timezone(timedelta(hours=-7 if summer else -8))
    return moment.astimezone(zone).isoformat(timespec="seconds")


def _sunday(year: int, month: int, nth: int, hour: int) -> datetime:
    """Two in the morning there, in UTC: the moment of the change on the nth Sunday of a month."""
    first = datetime(year, month, 1, hour, tzinfo=UTC)
    return first + timedelta(days=(6 - first.weekday()) % 7 + 7 * (nth - 1))


def _javascript(answer: dict[str, Any]) -> Response:
    return Response(orjson.dumps(answer), headers={"content-type": "text/javascript; charset=utf-8"})
