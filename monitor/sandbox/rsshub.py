"""The sandbox's RSSHub: the Weibo keyword route and a Xiaohongshu account's notes, behind its cache and its access key.

After https://docs.rsshub.app (parameters, access control, cache) and its routes' own output.
"""

import hashlib
import html
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from monitor.sandbox.faults import rsshub_empty, rsshub_error
from monitor.sandbox.feeds import FORMATS, Entry, Feed, served
from monitor.sandbox.rsshub_sites import SITES, Served
from monitor.sandbox.stage import Endpoint, Stage
from monitor.sandbox.world import XHS_USER, World, WorldPost

CACHE = 300
"""Seconds for which a route answers the same: asking more often is useless."""

AT_ONCE = 20
"""Items that a route holds: the first page of what the site shows."""

TITLE = 150
"""Half widths after which a title is cut off."""

_BASE62 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Cached:
    """What a route said at `at`, of the world there was."""

    world: World
    at: datetime
    entries: list[Entry]


class RssHub:
    """`access_key`: asked for as `?key=` or `?code=`, as RSSHub's ACCESS_KEY does; empty: open."""

    def __init__(self, stage: Stage, *, access_key: str = "") -> None:
        self._stage, self._access_key = stage, access_key
        self._cache: dict[tuple[str, str, int], _Cached] = {}
        self.routes: list[BaseRoute] = [
            self._route("/rsshub/healthz", self._healthz),
            *self._site("/weibo/keyword/{keyword}", self._weibo),
            *self._site("/xiaohongshu/user/{user}/notes", self._notes),
            *(route for path, served in SITES.items() for route in self._site(path, self._serving(served))),
            self._route("/rsshub/{rest:path}", self._unknown),
        ]

    def _site(self, path: str, endpoint: Endpoint) -> list[BaseRoute]:
        """A route, with and without parameters of its own, which change nothing here."""
        return [self._route(f"/rsshub{path}", endpoint), self._route(f"/rsshub{path}/{{params}}", endpoint)]

    def _route(self, path: str, endpoint: Endpoint) -> Route:
        async def admitted(request: Request) -> Response:
            if not self._admits(request):
                return rsshub_error("RejectError: Authentication failed. Access denied.", request.url.path, 403)
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
        world = self._stage.world

        def entries(now: datetime) -> list[Entry]:
            found = [post for post in world.published("weibo", now) if keyword in post.text]
            return [_status(post, world, now) for post in found[:AT_ONCE]]

        home = f"http://s.weibo.com/weibo/{quote(keyword)}"
        route = "/weibo/keyword/:keyword/:routeParams?"
        return self._feed(request, route, f"又有人在微博提到{keyword}了", home, entries)

    async def _notes(self, request: Request) -> Response:
        user, world = request.path_params["user"], self._stage.world
        if user != XHS_USER:
            return rsshub_error("InvalidParameterError: no such user", request.url.path)

        def entries(now: datetime) -> list[Entry]:
            own = [post for post in world.published("xiaohongshu", now) if post.writer.id == user]
            return [_note(post, now) for post in own[:AT_ONCE]]

        home = f"https://www.xiaohongshu.com/user/profile/{user}"
        route = "/xiaohongshu/user/:user_id/:category/:routeParams?"
        return self._feed(request, route, "喝茶的阿禾 - 小红书 笔记", home, entries)

    def _serving(self, served: Served) -> Endpoint:
        """The endpoint of a route that needs nothing but the word in its address."""

        async def answer(request: Request) -> Response:
            word, world = request.path_params["word"], self._stage.world
            if served.entries(world, word, self._stage.now()) is None:
                return rsshub_error("InvalidParameterError: no such word", request.url.path)

            def entries(now: datetime) -> list[Entry]:
                return (served.entries(world, word, now) or [])[:AT_ONCE]

            return self._feed(
                request, served.route, f"{word} - {served.title}", "https://rsshub.example.invalid/", entries
            )

        return answer

    def _feed(
        self, request: Request, route: str, title: str, home: str, fill: Callable[[datetime], list[Entry]]
    ) -> Response:
        style, limit = request.query_params.get("format", "rss"), request.query_params.get("limit", str(AT_ONCE))
        if style not in FORMATS or not limit.isdecimal():
            return rsshub_error(f"InvalidParameterError: format={style}, limit={limit}", request.url.path)
        cached, hit = self._cached((request.url.path, style, int(limit)), fill)
        if not cached.entries:
            return rsshub_empty(request)
        headers = {"cache-control": f"public, max-age={CACHE}", "x-rsshub-route": route, "rsshub-node": "sandbox"}
        if hit:
            headers["rsshub-cache-status"] = "HIT"
        entries = cached.entries[: int(limit)]
        feed = Feed(title=title, home=home, built=cached.at, entries=entries, ttl=CACHE // 60, generator="RSSHub")
        return served(request, style, feed, modified=cached.at, headers=headers, by_date=False)

    def _cached(self, key: tuple[str, str, int], fill: Callable[[datetime], list[Entry]]) -> tuple[_Cached, bool]:
        """What is kept of a route, or is now; and whether it was kept. An empty route is an error, and those are not."""
        now, kept = self._stage.now(), self._cache.get(key)
        if kept is not None and kept.world is self._stage.world and 0 <= (now - kept.at).total_seconds() < CACHE:
            return kept, True
        fresh = _Cached(world=self._stage.world, at=now, entries=fill(now))
        if fresh.entries:
            self._cache[key] = fresh
        return fresh, False


def _status(post: WorldPost, world: World, now: datetime) -> Entry:
    link = _link(post)
    body = f'<a href="{_profile(post)}" target="_blank">{html.escape(post.writer.name)}</a>:&ensp;{_html(post.text)}'
    origin = world.find("weibo", post.repost_of) if post.repost_of else None
    if origin is not None and origin.shown(now):
        name = html.escape(origin.writer.name)
        body += f'<br><blockquote> - 转发 <a href="{_profile(origin)}">@{name}</a>: {_html(origin.text)}</blockquote>'
    return Entry(
        id=link,
        link=link,
        title=_cut(f"{post.writer.name}: {post.text}"),
        body=body,
        author=post.writer.name,
        author_link=_profile(post),
        published=post.published_at,
    )


def _note(post: WorldPost, now: datetime) -> Entry:
    """Its guid is its title, in one code path of the route at least: only the link tells notes apart."""
    return Entry(
        id=post.title,
        link=f"https://www.xiaohongshu.com/user/profile/{post.writer.id}/{post.native_id}",
        title=_cut(post.title),
        body=_html(post.text),
        author=post.writer.name,
        published=post.published_at,
        upvotes=displayed(post.counts(now).likes),
    )


def displayed(number: int) -> str:
    """A count as Xiaohongshu shows it: 9999, 1万, 1.1万."""
    return str(number) if number < 10_000 else f"{number / 10_000:.1f}".removesuffix(".0") + "万"


def _profile(post: WorldPost) -> str:
    return f"https://weibo.com/{post.writer.id}"


def _link(post: WorldPost) -> str:
    return f"{_profile(post)}/{_bid(post.native_id)}"


def _html(text: str) -> str:
    return html.escape(text, quote=False).replace("\n", "<br>")


def _cut(title: str) -> str:
    """A title as long as RSSHub lets it be; what is not ASCII counts twice."""
    width = 0
    for at, sign in enumerate(title):
        width += 1 if sign.isascii() else 2
        if width > TITLE:
            return title[:at] + "..."
    return title


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
