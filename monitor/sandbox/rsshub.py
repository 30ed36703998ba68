"""The sandbox's RSSHub: the Weibo keyword route and a Xiaohongshu account's notes, behind its cache and its access key."""

import hashlib
import html
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from monitor.sandbox.faults import rsshub_error
from monitor.sandbox.feeds import FORMATS, Entry, served
from monitor.sandbox.stage import Endpoint, Stage
from monitor.sandbox.world import XHS_USER, WorldPost

CACHE = 300
"""Seconds for which a route answers the same: asking more often is useless."""

AT_ONCE = 20
_BASE62 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


class RssHub:
    """`access_key`: asked for as `?key=` or `?code=`, as RSSHub's ACCESS_KEY does; empty: open."""

    def __init__(self, stage: Stage, *, access_key: str = "") -> None:
        self._stage, self._access_key = stage, access_key
        self.routes: list[BaseRoute] = [
            Route("/rsshub/healthz", self._healthz),
            self._route("/rsshub/weibo/keyword/{keyword}", self._weibo),
            self._route("/rsshub/xiaohongshu/user/{user}/notes", self._notes),
            self._route("/rsshub/{rest:path}", self._unknown),
        ]

    def _route(self, path: str, endpoint: Endpoint) -> Route:
        async def admitted(request: Request) -> Response:
            if not self._admits(request):
                said = "RejectError: Authentication failed. Access denied."
                return rsshub_error(said, request.url.path, 403)
            return await endpoint(request)

        return Route(path, self._stage.guarded("rsshub", admitted))

    def _admits(self, request: Request) -> bool:
        if not self._access_key:
            return True
        path = request.scope["raw_path"].decode().partition("?")[0].removeprefix("/rsshub")
        code = hashlib.md5((path + self._access_key).encode(), usedforsecurity=False).hexdigest()
        return request.query_params.get("key") == self._access_key or request.query_params.get("code") == code

    async def _healthz(self, _: Request) -> Response:
        return PlainTextResponse("ok")

    async def _unknown(self, request: Request) -> Response:
        return rsshub_error("NotFoundError: wrong path", request.url.path, 404)

    async def _weibo(self, request: Request) -> Response:
        keyword = request.path_params["keyword"]
        found = [p for p in self._stage.world.published("weibo", self._cached_at()) if keyword in p.text]
        entries = [_status(post) for post in found[:AT_ONCE]]
        return self._feed(request, f"又有人在微博提到{keyword}了", entries)

    async def _notes(self, request: Request) -> Response:
        if request.path_params["user"] != XHS_USER:
            return rsshub_error("InvalidParameterError: no such user", request.url.path)
        now = self._cached_at()
        entries = [_note(post, now) for post in self._stage.world.published("xiaohongshu", now)[:AT_ONCE]]
        return self._feed(request, "喝茶的阿禾 - 小红书 笔记", entries)

    def _feed(self, request: Request, title: str, entries: list[Entry]) -> Response:
        style = request.query_params.get("format", "rss")
        if style not in FORMATS:
            return rsshub_error(f"InvalidParameterError: {style} is no format", request.url.path)
        if not entries:
            return rsshub_error("Error: this route is empty, please check the original site", request.url.path)
        return served(request, style, title, entries, max_age=CACHE)

    def _cached_at(self) -> datetime:
        """The moment the cache was filled."""
        start, now = self._stage.world.start, self._stage.now()
        return start + timedelta(seconds=(now - start).total_seconds() // CACHE * CACHE)


def _status(post: WorldPost) -> Entry:
    name, user = html.escape(post.writer.name), f"https://weibo.com/{post.writer.id}"
    return Entry(
        id=f"{user}/{_bid(post.native_id)}",
        link=f"{user}/{_bid(post.native_id)}",
        title=f"{post.writer.name}: {post.text[:60]}{'...' if len(post.text) > 60 else ''}",
        body=f'<a href="{user}" target="_blank">{name}</a>:&ensp;{html.escape(post.text)}',
        author=post.writer.name,
        published=post.published_at,
    )


def _note(post: WorldPost, now: datetime) -> Entry:
    likes = post.counts(now).likes
    shown = f"{likes / 10_000:.1f}万" if likes >= 10_000 else str(likes)
    return Entry(
        id=post.title,
        link=f"https://www.xiaohongshu.com/user/profile/{post.writer.id}/{post.native_id}",
        title=post.title,
        body=html.escape(post.text),
        author=post.writer.name,
        published=post.published_at,
        upvotes=shown,
    )


def _bid(mid: str) -> str:
    """A post's id as it stands in its address: from the right, seven digits in four base-62 signs."""
    pieces = []
    while mid:
        mid, piece = mid[:-7], int(mid[-7:])
        signs = ""
        while piece:
            piece, sign = divmod(piece, 62)
            signs = _BASE62[sign] + signs
        pieces.append(signs.rjust(4, "0") if mid else signs)
    return "".join(reversed(pieces))
