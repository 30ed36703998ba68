"""The sandbox's m.weibo.cn: real-time search in cards of both layouts, one post whole, and whether a cookie is logged in."""

import html
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from monitor.sandbox.stage import Endpoint, Stage
from monitor.sandbox.world import WorldPost

COOKIE = "SUB=sandbox; SUBP=0033sandbox"
PLATFORM = "weibo-web"
PAGE, PAGES = 10, 50

LOGIN = {"ok": -100, "errno": "100005", "url": "https://passport.weibo.com/sso/signin?entry=wapsso&source=wapssowb"}
NOTHING = {"ok": 0, "msg": "这里还没有内容", "data": {"cards": []}}

Status = Callable[..., dict[str, Any]]


def routes(stage: Stage, status_of: Status) -> list[BaseRoute]:
    """`status_of` writes a post as the open platform does; here its text is HTML and its counts are what people see."""

    async def config(request: Request) -> Response:
        login = "SUB=sandbox" in request.headers.get("cookie", "")
        data = {"login": login, **({"st": "ab12cd", "uid": "1700000001"} if login else {})}
        return JSONResponse({"preferQuickapp": 0, "data": data, "ok": 1})

    async def search(request: Request) -> Response:
        wants = parse_qs(request.query_params.get("containerid", ""))
        page = int(request.query_params.get("page", "1"))
        words = (wants.get("q") or [""])[0].split()
        if wants.get("100103type") != ["61"] or not words:
            return JSONResponse({"ok": 0, "msg": "参数错误"})
        if page > PAGES:
            return Response(status_code=400)
        shown = stage.world.published("weibo", stage.now())
        found = [post for post in shown if all(word in post.text for word in words)]
        posts = found[(page - 1) * PAGE : page * PAGE]
        if not posts:
            return JSONResponse(NOTHING)
        info = {"containerid": request.query_params["containerid"], "page": page + 1, "total": len(found)}
        return JSONResponse({"ok": 1, "data": {"cardlistInfo": info, "cards": _cards([_blog(p) for p in posts], page)}})

    async def show(request: Request) -> Response:
        post = stage.world.find("weibo", request.query_params.get("id", ""))
        if post is None or not post.shown(stage.now()):
            return JSONResponse({"ok": 0, "msg": "微博不存在或暂无查看权限!"})
        return JSONResponse({"ok": 1, "data": {**_blog(post), "text": _html(post.text)}})

    def _blog(post: WorldPost) -> dict[str, Any]:
        blog = status_of(post)
        cut = blog.get("isLongText") is True
        more = f'...<a href="/status/{post.native_id}">全文</a>' if cut else ""
        text = post.text[:140] if cut else post.text
        counts = {name: _seen(blog[name]) for name in ("reposts_count", "comments_count", "attitudes_count")}
        return {**blog, **counts, "bid": "", "text": _html(text) + more}

    def logged_in(endpoint: Endpoint) -> Endpoint:
        async def admitted(request: Request) -> Response:
            cookie = request.headers.get("cookie", "")
            if "SUB=" not in cookie:
                return Response(status_code=432)
            return await endpoint(request) if "SUB=sandbox" in cookie else JSONResponse(LOGIN)

        return admitted

    return [
        Route("/mweibo/api/config", stage.guarded(PLATFORM, config)),
        Route("/mweibo/api/container/getIndex", stage.guarded(PLATFORM, logged_in(search))),
        Route("/mweibo/statuses/show", stage.guarded(PLATFORM, logged_in(show))),
    ]


def _cards(blogs: list[dict[str, Any]], page: int) -> list[dict[str, Any]]:
    """On the first page something that is no post, and the first half of the posts within a group; the rest on their own."""
    cards = [
        {"card_type": 9, "itemid": f"seqid:1|type:61|pos:{place}", "mblog": blog} for place, blog in enumerate(blogs)
    ]
    if page > 1:
        return cards
    half = len(cards) // 2
    related = {"card_type": 11, "show_type": 1, "card_group": [{"card_type": 4, "desc": "相关搜索"}]}
    return [related, {"card_type": 11, "card_group": cards[:half]}, *cards[half:], {"card_type": 9, "title": "广告"}]


def _html(text: str) -> str:
    return html.escape(text, quote=False).replace("\n", "<br />")


def _seen(count: int) -> int | str:
    """From ten thousand on people see 1.2万."""
    return count if count < 10_000 else f"{count / 10_000:.1f}万"
