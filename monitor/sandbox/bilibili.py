"""The sandbox's Bilibili: the search, a video's own page and its comments, in the envelope that refuses on status 200."""

from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from monitor.sandbox.faults import bilibili_answer
from monitor.sandbox.stage import Stage
from monitor.sandbox.world import WorldPost

PAGE, PAGES = 20, 50
WATCHED = 40
"""Views for each who passes a video on."""


def routes(stage: Stage) -> list[BaseRoute]:
    """Under `/bilibili`, with the site's own paths."""

    async def search(request: Request) -> Response:
        asked = request.query_params
        if not request.cookies.get("buvid3"):
            return bilibili_answer(-412, "request was banned", 412)
        page = _number(asked.get("page", "1"))
        if asked.get("search_type") != "video" or not asked.get("keyword") or not 1 <= page <= PAGES:
            return bilibili_answer(-400, "请求错误")
        now, word = stage.now(), asked["keyword"]
        found = [post for post in _films(stage, now) if word in post.title or word in post.text]
        data: dict[str, Any] = {
            "page": page,
            "pagesize": PAGE,
            "numResults": len(found),
            "numPages": min(PAGES, -(-len(found) // PAGE)),
        }
        if shown := found[(page - 1) * PAGE : page * PAGE]:
            data["result"] = [_result(post, word, now) for post in shown]
        return _answer(data)

    async def view(request: Request) -> Response:
        post = stage.world.find("bilibili", f"av{request.query_params.get('aid', '')}")
        if post is None or not post.shown(stage.now()):
            return bilibili_answer(-404, "啥都木有")
        return _answer(_page(post, stage.now()))

    async def replies(request: Request) -> Response:
        asked = request.query_params
        page, size = _number(asked.get("pn", "1")), _number(asked.get("ps", "20"))
        film = stage.world.find("bilibili", f"av{asked.get('oid', '')}")
        if film is None or page < 1 or not 1 <= size <= PAGE:
            return bilibili_answer(-404 if film is None else -400, "啥都木有")
        found = _said(stage, film, stage.now())
        shown = [_reply(post, stage.now()) for post in found[(page - 1) * size : page * size]]
        return _answer(
            {"page": {"num": page, "size": size, "count": len(found), "acount": len(found)}, "replies": shown or None}
        )

    async def below(request: Request) -> Response:
        asked = request.query_params
        post = stage.world.find("bilibili", f"av{asked.get('oid', '')}:{asked.get('root', '')}")
        if post is None or not post.shown(stage.now()):
            return bilibili_answer(12022, "评论已删除")
        return _answer({"root": _reply(post, stage.now()), "replies": []})

    served = {
        "/x/web-interface/search/type": search,
        "/x/web-interface/view": view,
        "/x/v2/reply": replies,
        "/x/v2/reply/reply": below,
    }
    return [Route(f"/bilibili{path}", stage.guarded("bilibili", endpoint)) for path, endpoint in served.items()]


def _films(stage: Stage, now: datetime) -> list[WorldPost]:
    return [post for post in stage.world.published("bilibili", now) if post.kind != "comment"]


def _said(stage: Stage, film: WorldPost, now: datetime) -> list[WorldPost]:
    return [post for post in stage.world.published("bilibili", now) if post.native_id.startswith(f"{film.native_id}:")]


def _result(post: WorldPost, word: str, now: datetime) -> dict[str, Any]:
    counts, aid = post.counts(now), int(post.native_id.removeprefix("av"))
    return {
        "type": "video",
        "id": aid,
        "aid": aid,
        "title": post.title.replace(word, f'<em class="keyword">{word}</em>'),
        "description": post.text,
        "author": post.writer.name,
        "mid": int(post.writer.id),
        "arcurl": f"http://www.bilibili.com/video/av{aid}",
        "pic": "//i0.example.invalid/x.jpg",
        "play": views(post, now),
        "video_review": counts.reposts,
        "favorites": counts.reposts // 2,
        "review": counts.comments,
        "like": counts.likes,
        "tag": "奶茶,测评",
        "pubdate": int(post.published_at.timestamp()),
        "duration": "3:21",
        "typename": "生活",
    }


def _page(post: WorldPost, now: datetime) -> dict[str, Any]:
    counts = post.counts(now)
    stat = {
        "view": views(post, now),
        "danmaku": counts.reposts,
        "reply": counts.comments,
        "favorite": counts.reposts // 2,
        "coin": 0,
        "share": counts.reposts,
        "like": counts.likes,
    }
    owner = {"mid": int(post.writer.id), "name": post.writer.name}
    aid = int(post.native_id.removeprefix("av"))
    pubdate = int(post.published_at.timestamp())
    return {"aid": aid, "title": post.title, "desc": post.text, "pubdate": pubdate, "owner": owner, "stat": stat}


def _reply(post: WorldPost, now: datetime) -> dict[str, Any]:
    film, _, number = post.native_id.partition(":")
    return {
        "rpid": int(number),
        "oid": int(film.removeprefix("av")),
        "type": 1,
        "mid": int(post.writer.id),
        "root": 0,
        "parent": 0,
        "ctime": int(post.published_at.timestamp()),
        "like": post.counts(now).likes,
        "rcount": 0,
        "member": {"mid": post.writer.id, "uname": post.writer.name},
        "content": {"message": post.text},
        "reply_control": {"location": "IP属地：浙江"},
    }


def views(post: WorldPost, now: datetime) -> int:
    """How often a video was watched by now."""
    return WATCHED * post.counts(now).reposts + 12


def _answer(data: dict[str, Any]) -> Response:
    return JSONResponse({"code": 0, "message": "0", "ttl": 1, "data": data})


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else 0
