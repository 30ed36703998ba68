"""The sandbox's 黑猫投诉: the open list of the newest complaints, of which nearly all are about others."""

from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from monitor.sandbox.faults import heimao_answer
from monitor.sandbox.stage import Stage
from monitor.sandbox.world import WorldPost

MOST = 50
"""Complaints of a page at most."""

_STATES = ((timedelta(minutes=10), 3), (timedelta(minutes=40), 4), (timedelta(minutes=90), 6), (timedelta.max, 7))
"""How a complaint goes on: 待分配, 处理中, 已回复, 已完成, each until that age."""

_SHOWN = {"1": (3, 4, 6, 7), "2": (6,), "3": (7,)}


def routes(stage: Stage) -> list[BaseRoute]:
    """The list, by type and page; with `callback` as JSONP."""

    async def feed(request: Request) -> Response:
        asked = request.query_params
        shown, page, size = _SHOWN.get(asked.get("type", "1")), asked.get("page", "1"), asked.get("page_size", "10")
        if shown is None or not (page.isdecimal() and size.isdecimal() and int(page) and 0 < int(size) <= MOST):
            return heimao_answer(10001, "参数错误", {})
        now, each = stage.now(), int(size)
        found = [post for post in stage.world.published("heimao", now) if state(post, now) in shown]
        start, count = (int(page) - 1) * each, -(-len(found) // each)
        pager = {"next": int(page) + 1, "current": int(page), "page_count": count, "page_amount": each}
        data = {
            "lists": [item(post, now) for post in found[start : start + each]],
            "pager": {**pager, "item_count": len(found)},
        }
        answer = heimao_answer(0, "", data)
        name = asked.get("callback", "")
        if not (name.isascii() and name.isidentifier()):
            return answer
        return Response(name.encode() + b"(" + bytes(answer.body) + b");", media_type="application/javascript")

    return [Route("/heimao/api/index/feed", stage.guarded("heimao", feed))]


def state(post: WorldPost, now: datetime) -> int:
    """Where a complaint stands by now."""
    return next(code for until, code in _STATES if now - post.published_at < until)


def item(post: WorldPost, now: datetime) -> dict[str, Any]:
    """A complaint as the site's lists have it."""
    counts, company = post.counts(now), str(post.facts["company"])
    main = {
        "sn": post.native_id,
        "title": f'<span class="code-red">{company}</span>{post.title.removeprefix(company)}',
        "cotitle": f"{company}官方旗舰店",
        "couid": "6300000001",
        "appeal": post.facts["appeal"],
        "issue": post.facts["issue"],
        "summary": post.text,
        "cost": str(post.facts["cost"]),
        "status": state(post, now),
        "url": f"//tousu.sina.com.cn/complaint/view/{post.native_id}/",
        "timestamp": int(post.published_at.timestamp()),
        "created_at": str(int(post.published_at.timestamp())),
        "upvote_amount": counts.likes,
        "share_amount": 0,
        "comment_amount": counts.comments,
        "anonymous": 1,
        "attaches": [],
    }
    return {"main": main, "author": {"title": "匿名", "avatar": "", "gender": ""}}
