"""The sandbox's Weibo: the official open platform's mentions, commercial search, counts by the hundred, and quota.

Wire formats after https://open.weibo.com/wiki (mentions, search/statuses/limited, statuses/count, error codes).
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from monitor.sandbox import weibo_oauth
from monitor.sandbox.faults import weibo_error, weibo_expired
from monitor.sandbox.stage import Endpoint, Stage
from monitor.sandbox.weibo_comments import Comment, comments_to, form_of
from monitor.sandbox.weibo_forms import DELETED, NO_MORE, SHANGHAI, named, text_of, user_of, weibo_time
from monitor.sandbox.world import WEIBO_UID, WorldPost

MENTIONS_AT_MOST, SEARCH_AT_MOST, COUNTS_AT_MOST, BATCH_AT_MOST, COMMENTS_AT_MOST = 200, 50, 100, 50, 50
BRAND_HANDLE = "@星禾官方"


class Weibo:
    """One authorised user of one app, alone behind one address.

    `user_limit` and `ip_limit`: requests in an hour of the stage, generous unless a test wants otherwise.
    `expires_at`: the token's last moment; None: it outlives the world.
    """

    def __init__(
        self,
        stage: Stage,
        *,
        token: str,
        user_limit: int = 100_000,
        ip_limit: int = 100_000,
        expires_at: datetime | None = None,
    ) -> None:
        self._stage, self._token, self._expires_at = stage, token, expires_at
        self._user_limit, self._ip_limit = user_limit, ip_limit
        self._hour, self._spent = datetime.min.replace(tzinfo=UTC), 0
        self.routes: list[BaseRoute] = [
            self._route("/weibo/2/statuses/mentions.json", self._mentions),
            self._route("/weibo/2/search/statuses/limited.json", self._search),
            self._route("/weibo/2/statuses/count.json", self._count),
            self._route("/weibo/2/statuses/show.json", self._show),
            self._route("/weibo/2/statuses/show_batch/biz.json", self._show_batch),
            self._route("/weibo/2/comments/to_me.json", self._comments),
            self._route("/weibo/2/comments/mentions.json", self._comment_mentions),
            self._route("/weibo/2/account/rate_limit_status.json", self._status, free=True),
            *weibo_oauth.routes(stage, token=token, expires_at=expires_at),
        ]

    def _route(self, path: str, endpoint: Endpoint, *, free: bool = False) -> Route:
        async def admitted(request: Request) -> Response:
            refusal = self._refusal(request, free=free)
            if refusal:
                return refusal
            try:
                return await endpoint(request)
            except _BadParameterError as bad:
                return weibo_error(request, 10017, f"parameter ({bad})'s value invalid, see doc for more info")

        return Route(path, self._stage.guarded("weibo", admitted))

    def _refusal(self, request: Request, *, free: bool) -> Response | None:
        given = request.query_params.get("access_token") or _bearer(request)
        if not given:
            return weibo_error(request, 10006, "source paramter(appkey) is missing")
        if given != self._token:
            return weibo_error(request, 21332, "invalid_access_token")
        now = self._stage.now()
        if self._expires_at is not None and now >= self._expires_at:
            return weibo_expired(request)
        if free:
            return None
        hour = _hour(now)
        self._spent = 1 if hour != self._hour else self._spent + 1
        self._hour = hour
        if self._spent > self._ip_limit:
            return weibo_error(request, 10022, "IP requests out of rate limit!", 403)
        if self._spent > self._user_limit:
            return weibo_error(request, 10023, "User requests out of rate limit!", 403)
        return None

    async def _mentions(self, request: Request) -> Response:
        """Newest first; `since_id` and `max_id` as the wiki has them: above the one, not above the other."""
        size, page = min(MENTIONS_AT_MOST, _number(request, "count", 20)), max(1, _number(request, "page", 1))
        since, below = _number(request, "since_id", 0), _number(request, "max_id", 0)
        ours = [p for p in self._stage.world.published("weibo", self._stage.now()) if BRAND_HANDLE in p.text]
        found = [p for p in ours if int(p.native_id) > since and (not below or int(p.native_id) <= below)]
        return self._page(found, page, size, total=len(ours))

    async def _search(self, request: Request) -> Response:
        """Newest first; every word of the query stands in the text or in the author's name."""
        words = tuple(request.query_params.get("q", "").split())
        if not words or set("".join(words)) & set('{}"'):
            return weibo_error(request, 10008, "param error, see doc for more info")
        if request.query_params.get("sort", "time") != "time":
            raise _BadParameterError("sort")  # the platform knows more orders, this sandbox only the one by time
        size, page = min(SEARCH_AT_MOST, _number(request, "count", 10)), max(1, _number(request, "page", 1))
        start, end = _number(request, "starttime", 0), _number(request, "endtime", 0)
        found = self._stage.world.published("weibo", self._stage.now(), words)
        if start:
            found = [post for post in found if start <= post.published_at.timestamp()]
        if end:
            found = [post for post in found if post.published_at.timestamp() <= end]
        return self._page(found, page, size, total=len(found))

    async def _count(self, request: Request) -> Response:
        """By the hundred; what is deleted or unknown is just missing."""
        ids = [one for one in request.query_params.get("ids", "").split(",") if one]
        if not ids or len(ids) > COUNTS_AT_MOST:
            return weibo_error(request, 10008, "param error: ids")
        found = []
        for one in ids:
            post, now = self._stage.world.find("weibo", one), self._stage.now()
            if post is not None and post.shown(now):
                counts = post.counts(now)
                found.append(
                    {"id": one, "comments": counts.comments, "reposts": counts.reposts, "attitudes": counts.likes}
                )
        if not found and len(ids) == 1:
            return weibo_error(request, 20101, "target weibo does not exist!")
        return JSONResponse(found)

    async def _show(self, request: Request) -> Response:
        post = self._stage.world.find("weibo", request.query_params.get("id", ""))
        if post is None or not post.shown(self._stage.now()):
            return weibo_error(request, 20101, "target weibo does not exist!")
        return JSONResponse(self.status_of(post, whole=request.query_params.get("isGetLongText") == "1"))

    async def _show_batch(self, request: Request) -> Response:
        """By the fifty; a deleted post is a notice, an unknown one is not there."""
        ids = [one for one in request.query_params.get("ids", "").split(",") if one]
        if not ids or len(ids) > BATCH_AT_MOST:
            return weibo_error(request, 10008, "param error: ids")
        now, whole = self._stage.now(), request.query_params.get("isGetLongText") == "1"
        known = [post for one in ids if (post := self._stage.world.find("weibo", one)) and post.published_at <= now]
        if not known:
            return weibo_error(request, 20101, "target weibo does not exist!")
        listed = [
            self.status_of(post, whole=whole) if post.shown(now) else {**named(post), "text": NO_MORE} for post in known
        ]
        return JSONResponse({"statuses": listed, "total_number": len(listed)})

    async def _comments(self, request: Request) -> Response:
        """What people said under the authorised account's own posts, newest first."""
        own = [p for p in self._stage.world.published("weibo", self._stage.now()) if p.writer.id == WEIBO_UID]
        return self._comment_page(request, comments_to(own, self._stage.now()))

    async def _comment_mentions(self, request: Request) -> Response:
        """Comments that @ the authorised account, wherever they stand."""
        posts = self._stage.world.published("weibo", self._stage.now())
        found = comments_to(posts, self._stage.now())
        return self._comment_page(request, [one for one in found if BRAND_HANDLE in one.text])

    def _comment_page(self, request: Request, ours: list[Comment]) -> Response:
        size, page = min(COMMENTS_AT_MOST, _number(request, "count", 50)), max(1, _number(request, "page", 1))
        since, below = _number(request, "since_id", 0), _number(request, "max_id", 0)
        found = [one for one in ours if one.number > since and (not below or one.number <= below)]
        begins, ends = (page - 1) * size, page * size
        return JSONResponse(
            {
                "comments": [form_of(one, self.status_of(one.post)) for one in found[begins:ends]],
                "previous_cursor": 0,
                "next_cursor": found[ends].number if len(found) > ends else 0,
                "total_number": len(ours),
            }
        )

    async def _status(self, _: Request) -> Response:
        now = self._stage.now()
        left = 3600 - (now.minute * 60 + now.second)
        spent = self._spent if self._hour == _hour(now) else 0
        return JSONResponse(
            {
                "api_rate_limits": [],
                "ip_limit": self._ip_limit,
                "limit_time_unit": "HOURS",
                "remaining_ip_hits": max(0, self._ip_limit - spent),
                "remaining_user_hits": max(0, self._user_limit - spent),
                "reset_time": (now + timedelta(seconds=left)).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S"),
                "reset_time_in_seconds": left,
                "user_limit": self._user_limit,
            }
        )

    def _page(self, found: list[WorldPost], page: int, size: int, *, total: int) -> Response:
        """One page of what was found; `next_cursor` is the id with which the next one begins."""
        begins, ends = (page - 1) * size, page * size
        return JSONResponse(
            {
                "statuses": [self.status_of(post) for post in found[begins:ends]],
                "hasvisible": False,
                "previous_cursor": 0,
                "next_cursor": int(found[ends].native_id) if len(found) > ends else 0,
                "total_number": total,
            }
        )

    def status_of(self, post: WorldPost, *, outer: bool = True, whole: bool = False) -> dict[str, Any]:
        """A post as all of Weibo's hosts write it."""
        now = self._stage.now()
        if not post.shown(now):
            return {**named(post), "text": DELETED, "deleted": "1", "created_at": weibo_time(post.published_at)}
        counts = post.counts(now)
        status: dict[str, Any] = {
            "created_at": weibo_time(post.published_at),
            **named(post),
            **text_of(post, whole=whole),
            "source": '<a href="http://app.weibo.com/t/feed/x" rel="nofollow">iPhone客户端</a>',
            "favorited": False,
            "truncated": False,
            "in_reply_to_status_id": "",
            "geo": None,
            "pic_urls": [],
            "reposts_count": counts.reposts,
            "comments_count": counts.comments,
            "attitudes_count": counts.likes,
            "user": user_of(post.writer),
            "visible": {"type": 0, "list_id": 0},
        }
        if post.region:
            status["region_name"] = f"发布于 {post.region}"
        origin = self._stage.world.find("weibo", post.repost_of) if post.repost_of and outer else None
        if origin is not None:
            status["retweeted_status"] = self.status_of(origin, outer=False)
        return status


class _BadParameterError(Exception):
    """A parameter's value is none; the text is its name."""


def _number(request: Request, name: str, default: int) -> int:
    said = request.query_params.get(name, str(default))
    if not (said.isascii() and said.isdigit()):
        raise _BadParameterError(name)
    return int(said)


def _bearer(request: Request) -> str:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token if kind == "OAuth2" else ""


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
