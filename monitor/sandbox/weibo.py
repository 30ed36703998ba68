"""The sandbox's Weibo: the official open platform's mentions, commercial search, counts by the hundred, and quota.

Wire formats after https://open.weibo.com/wiki (mentions, search/statuses/limited, statuses/count, error codes).
"""

import html
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from monitor.sandbox.stage import Endpoint, Stage
from monitor.sandbox.world import WEIBO_UID, WorldPost

SHANGHAI = timezone(timedelta(hours=8))
MENTIONS_AT_MOST, SEARCH_AT_MOST, COUNTS_AT_MOST = 200, 50, 100
BRAND_HANDLE = "@星禾"


class Weibo:
    """One authorised user of one app. `user_limit`: its requests in an hour, generous unless a test wants otherwise."""

    def __init__(self, stage: Stage, *, token: str, user_limit: int = 100_000) -> None:
        self._stage, self._token, self._limit = stage, token, user_limit
        self._hour, self._spent = datetime.min.replace(tzinfo=UTC), 0
        self.routes: list[BaseRoute] = [
            self._route("/weibo/2/statuses/mentions.json", self._mentions),
            self._route("/weibo/2/search/statuses/limited.json", self._search),
            self._route("/weibo/2/statuses/count.json", self._count),
            self._route("/weibo/2/statuses/show.json", self._show),
            self._route("/weibo/2/account/rate_limit_status.json", self._status, free=True),
        ]

    def _route(self, path: str, endpoint: Endpoint, *, free: bool = False) -> Route:
        async def admitted(request: Request) -> Response:
            refusal = self._refusal(request, free=free)
            return refusal or await endpoint(request)

        return Route(path, self._stage.guarded("weibo", admitted))

    def _refusal(self, request: Request, *, free: bool) -> Response | None:
        if request.query_params.get("access_token") != self._token:
            return _error(request, 21332, "invalid_access_token", 400)
        if free:
            return None
        hour = self._stage.now().replace(minute=0, second=0, microsecond=0)
        self._spent = 1 if hour != self._hour else self._spent + 1
        self._hour = hour
        if self._spent > self._limit:
            return _error(request, 10023, "User requests out of rate limit!", 403)
        return None

    async def _mentions(self, request: Request) -> Response:
        """Newest first; `since_id` and `max_id` as the wiki has them: above the one, not above the other."""
        asked = request.query_params
        number = min(MENTIONS_AT_MOST, int(asked.get("count", 20)))
        since, below = int(asked.get("since_id", 0)), int(asked.get("max_id", 0))
        ours = [p for p in self._stage.world.published("weibo", self._stage.now()) if BRAND_HANDLE in p.text]
        found = [p for p in ours if int(p.native_id) > since and (not below or int(p.native_id) <= below)]
        onward = int(found[number].native_id) if len(found) > number else 0
        return self._statuses(found[:number], onward, len(ours))

    async def _search(self, request: Request) -> Response:
        """By time; it finds words in a text and in its author's name."""
        asked = request.query_params
        query = asked.get("q", "")
        if not query or set(query) & set('{}"'):
            return _error(request, 10008, "param error, see doc for more info", 400)
        number, page = min(SEARCH_AT_MOST, int(asked.get("count", 10))), max(1, int(asked.get("page", 1)))
        start = float(asked.get("starttime", 0))
        found = [
            post
            for post in self._stage.world.published("weibo", self._stage.now())
            if (query in post.text or query in post.writer.name) and post.published_at.timestamp() >= start
        ]
        return self._statuses(found[(page - 1) * number : page * number], 0, len(found))

    async def _count(self, request: Request) -> Response:
        """By the hundred; what is deleted or unknown is just missing."""
        ids = [one for one in request.query_params.get("ids", "").split(",") if one]
        if not ids or len(ids) > COUNTS_AT_MOST:
            return _error(request, 10008, "param error: ids", 400)
        found = []
        for one in ids:
            post, now = self._stage.world.find("weibo", one), self._stage.now()
            if post is not None and post.shown(now):
                counts = post.counts(now)
                found.append(
                    {"id": one, "comments": counts.comments, "reposts": counts.reposts, "attitudes": counts.likes}
                )
        if not found and len(ids) == 1:
            return _error(request, 20101, "target weibo does not exist!", 400)
        return JSONResponse(found)

    async def _show(self, request: Request) -> Response:
        post = self._stage.world.find("weibo", request.query_params.get("id", ""))
        if post is None or not post.shown(self._stage.now()):
            return _error(request, 20101, "target weibo does not exist!", 400)
        return JSONResponse(self._status_of(post))

    async def _status(self, _: Request) -> Response:
        now = self._stage.now()
        left = 3600 - (now.minute * 60 + now.second)
        spent = self._spent if self._hour == now.replace(minute=0, second=0, microsecond=0) else 0
        return JSONResponse(
            {
                "api_rate_limits": [],
                "ip_limit": 15_000,
                "limit_time_unit": "HOURS",
                "remaining_ip_hits": 15_000 - min(spent, 15_000),
                "remaining_user_hits": max(0, self._limit - spent),
                "reset_time": (now + timedelta(seconds=left)).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S"),
                "reset_time_in_seconds": left,
                "user_limit": self._limit,
            }
        )

    def _statuses(self, posts: list[WorldPost], onward: int, total: int) -> Response:
        return JSONResponse(
            {
                "statuses": [self._status_of(post) for post in posts],
                "hasvisible": False,
                "previous_cursor": 0,
                "next_cursor": onward,
                "total_number": total,
            }
        )

    def _status_of(self, post: WorldPost, *, outer: bool = True) -> dict[str, Any]:
        counts = post.counts(self._stage.now())
        status: dict[str, Any] = {
            "created_at": post.published_at.astimezone(SHANGHAI).strftime("%a %b %d %H:%M:%S %z %Y"),
            "id": int(post.native_id),
            "idstr": post.native_id,
            "mid": post.native_id,
            "text": html.escape(post.text, quote=False),
            "textLength": len(post.text),
            "isLongText": False,
            "source": '<a href="https://app.weibo.com/t/feed/x" rel="nofollow">iPhone客户端</a>',
            "reposts_count": counts.reposts,
            "comments_count": counts.comments,
            "attitudes_count": counts.likes,
            "user": {
                "id": int(post.writer.id),
                "idstr": post.writer.id,
                "screen_name": post.writer.name,
                "followers_count": post.writer.followers,
                "verified": post.writer.verified,
                "verified_type": 2 if post.writer.id == WEIBO_UID else 0 if post.writer.verified else -1,
            },
            "visible": {"type": 0, "list_id": 0},
        }
        if post.region:
            status["region_name"] = f"发布于 {post.region}"
        origin = self._stage.world.find("weibo", post.repost_of) if post.repost_of and outer else None
        if origin is not None:
            status["retweeted_status"] = self._status_of(origin, outer=False)
        return status


def _error(request: Request, code: int, said: str, status: int) -> Response:
    path = request.url.path.removeprefix("/weibo")
    return JSONResponse({"error": said, "error_code": code, "request": path}, status)
