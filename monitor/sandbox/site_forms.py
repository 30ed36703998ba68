"""What a vendor hands on of the sandbox: notes, reviews and complaints a line each, in the form in which each site writes them.

`GET /forms/xhs`, `/forms/jd`, `/forms/dianping`, `/forms/heimao`: NDJSON of what is published now, newest first; `?limit=`. Of notes
`?shape=` is `search` (no body, no exact time, bucketed counts), `note` (the answer for one note) or `flat` (a vendor's own row); or what
the vendor was refused with itself: `logged_out`, `flagged`, `throttled`, `gone`.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from monitor.sandbox import heimao
from monitor.sandbox.rsshub import displayed
from monitor.sandbox.stage import Stage
from monitor.sandbox.world import WorldPost

AT_ONCE = 200
"""Lines of an answer, where nobody asks for fewer."""

_SHANGHAI = timezone(timedelta(hours=8))

Line = Callable[[WorldPost, datetime], Mapping[str, Any]]


def routes(stage: Stage) -> list[BaseRoute]:
    """Every form under its name."""

    async def lines(request: Request) -> Response:
        form, asked = request.path_params["form"], request.query_params
        found = _FORMS.get((form, asked.get("shape", "note") if form == "xhs" else ""))
        limit = asked.get("limit", str(AT_ONCE))
        if found is None or not limit.isdecimal():
            return PlainTextResponse("no such form", 404)
        platform, line = found
        now = stage.now()
        shown = stage.world.published(platform, now)[: int(limit)]
        body = b"".join(orjson.dumps(line(post, now)) + b"\n" for post in shown)
        return Response(body, media_type="application/x-ndjson")

    return [Route("/forms/{form}", lines)]


def bucketed(number: int) -> str:
    """A count as Xiaohongshu shows it to strangers: 7, 10+, 100+, 1千+, 1万+."""
    steps = ((10_000, f"{number // 10_000}万+"), (1_000, f"{number // 1_000}千+"), (100, "100+"), (10, "10+"))
    return next((shown for least, shown in steps if number >= least), str(number))


def _search_item(post: WorldPost, now: datetime) -> Mapping[str, Any]:
    """An item of a search."""
    counts = post.counts(now)
    return {
        "id": post.native_id,
        "model_type": "note",
        "xsec_token": _token(post, now),
        "note_card": {
            "type": "normal",
            "display_title": post.title,
            "user": {"user_id": post.writer.id, "nickname": post.writer.name, "nick_name": post.writer.name},
            "interact_info": {
                "liked_count": bucketed(counts.likes),
                "collected_count": bucketed(counts.likes // 4),
                "comment_count": bucketed(counts.comments),
                "shared_count": bucketed(counts.likes // 9),
            },
            "corner_tag_info": [{"type": "publish_time", "text": _ago(now - post.published_at)}],
        },
    }


def _note_answer(post: WorldPost, now: datetime) -> Mapping[str, Any]:
    """The site's answer for one note."""
    counts, at = post.counts(now), int(post.published_at.timestamp() * 1000)
    card = {
        "note_id": post.native_id,
        "type": "normal",
        "title": post.title,
        "desc": post.text,
        "time": at,
        "last_update_time": at,
        "ip_location": post.region or "浙江",
        "user": {"user_id": post.writer.id, "nickname": post.writer.name, "xsec_token": "AB"},
        "interact_info": {
            "liked_count": displayed(counts.likes),
            "collected_count": displayed(counts.likes // 4),
            "comment_count": displayed(counts.comments),
            "share_count": displayed(counts.likes // 9),
        },
        "tag_list": [{"id": "5f00", "name": "星禾", "type": "topic"}],
    }
    item = {"id": post.native_id, "model_type": "note", "note_card": card}
    data = {"cursor_score": "", "current_time": int(now.timestamp() * 1000), "items": [item]}
    return {"code": 0, "success": True, "msg": "成功", "data": data}


def _note_row(post: WorldPost, now: datetime) -> Mapping[str, Any]:
    """A note as a vendor flattens it."""
    counts = post.counts(now)
    return {
        "id": post.native_id,
        "title": post.title,
        "desc": post.text,
        "timestamp": int(post.published_at.timestamp()),
        "user": {"userid": post.writer.id, "nickname": post.writer.name},
        "liked_count": counts.likes,
        "collected_count": counts.likes // 4,
        "comments_count": counts.comments,
        "shared_count": counts.likes // 9,
        "images_list": [],
    }


def _refusal(code: int, said: str, *, success: bool) -> Mapping[str, Any]:
    return {"code": code, "success": success, "msg": said}


def _jd(post: WorldPost, now: datetime) -> Mapping[str, Any]:
    return {
        "id": int(post.native_id),
        "guid": f"g-{post.native_id}",
        "content": post.text,
        "creationTime": _local(post.published_at),
        "referenceId": "100000000001",
        "referenceName": "星禾 暖杯",
        "score": post.rating,
        "nickname": "j***5",
        "usefulVoteCount": post.counts(now).likes,
        "replyCount": post.counts(now).comments,
        "productColor": "白色",
        "afterUserComment": None,
        "location": post.region or "上海",
    }


def _dianping(post: WorldPost, now: datetime) -> Mapping[str, Any]:
    return {
        "reviewId": post.native_id,
        "shopId": "H1invented",
        "shopName": "星禾(湖滨店)",
        "userName": post.writer.name,
        "star": (post.rating or 0) * 10,
        "reviewBody": post.text,
        "addTime": _local(post.published_at),
        "likeCount": post.counts(now).likes,
        "commentCount": post.counts(now).comments,
    }


_FORMS: Mapping[tuple[str, str], tuple[str, Line]] = {
    ("xhs", "search"): ("xiaohongshu", _search_item),
    ("xhs", "note"): ("xiaohongshu", _note_answer),
    ("xhs", "flat"): ("xiaohongshu", _note_row),
    ("xhs", "logged_out"): ("xiaohongshu", lambda *_: _refusal(-100, "登录已过期", success=False)),
    ("xhs", "flagged"): ("xiaohongshu", lambda *_: _refusal(300011, "检测到账号异常", success=True)),
    ("xhs", "throttled"): (
        "xiaohongshu",
        lambda *_: {"code": 0, "success": True, "msg": "成功", "data": {"items": []}},
    ),
    ("xhs", "gone"): (
        "xiaohongshu",
        lambda post, _: {**_refusal(-510001, "笔记状态异常", success=False), "note_id": post.native_id},
    ),
    ("jd", ""): ("jd", _jd),
    ("dianping", ""): ("dianping", _dianping),
    ("heimao", ""): ("heimao", heimao.item),
}


def _token(post: WorldPost, now: datetime) -> str:
    """Another one every hour: they age."""
    return f"AB{post.native_id[-4:]}{int(now.timestamp()) // 3600}="


def _ago(age: timedelta) -> str:
    minutes = int(age.total_seconds() // 60)
    if minutes < 60:
        return f"{minutes}分钟前" if minutes else "刚刚"
    return f"{minutes // 60}小时前" if minutes < 1440 else f"{minutes // 1440}天前"


def _local(moment: datetime) -> str:
    return f"{moment.astimezone(_SHANGHAI):%Y-%m-%d %H:%M:%S}"
