"""The sandbox's hot lists, one of each site: what people talk of anyway, and what of the world's crises has become loud enough."""

from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from monitor.sandbox.boards import PATHS, Topic, written
from monitor.sandbox.stage import Endpoint, Stage
from monitor.sandbox.world import World, WorldPost

LOUD = 300
"""Reposts from which on a crisis is a topic."""

HEAT = 1_500
"""Heat for each repost."""

AT_MOST = 30

OTHERS = (
    "初雪", "国考报名", "秋天的第一杯奶茶", "某顶流官宣", "降温预警", "中超最后一轮", "地铁新线开通", "银杏大道", "年度汉字", "演唱会抢票",
    "早八人的早餐", "猫咖", "双十一预售", "高铁静音车厢", "打工人周一", "火锅还是烧烤", "羽绒服怎么洗", "月全食", "冬至吃什么", "考研倒计时",
    "新片定档", "旅行搭子", "露营装备", "半程马拉松", "奥数题", "博物馆夜场",
)  # fmt: skip
"""What people talk of anyway."""

NEW_CUP, NEW_CUP_AFTER = "星禾新品", timedelta(minutes=30)
"""What wakes nobody though it is about the brand, and when it comes up."""

_HEADLINES = (
    ("虫子", "星禾奶茶喝出虫子"),
    ("过期", "星禾门店用过期茶底"),
    ("炸", "星禾保温杯炸伤孩子"),
    ("漏底", "星禾暖杯漏底烫伤孩子"),
)


def routes(stage: Stage) -> list[BaseRoute]:
    """Each list under its site's name: `/hotlists/weibo/ajax/side/hotSearch`."""
    return [
        Route(f"/hotlists/{board}{path}", stage.guarded("hotlists", _serve(stage, board)))
        for board, path in PATHS.items()
    ]


def topics(world: World, now: datetime) -> list[Topic]:
    """What stands on every list now, the hottest first."""
    found = [
        Topic(words, 900_000 - 27_000 * place, world.start - timedelta(hours=place + 1))
        for place, words in enumerate(OTHERS)
    ]
    if now - world.start >= NEW_CUP_AFTER:
        found.append(Topic(NEW_CUP, 500_000, world.start + NEW_CUP_AFTER, "星禾今日上新，桂花乌龙回归。"))
    found += [
        Topic(_headline(post), HEAT * post.counts(now).reposts, since, post.text[:40])
        for post in world.published("weibo", now)
        if post.is_crisis and len(post.offsets) >= LOUD and (since := _loud_since(post)) <= now
    ]
    return sorted(found, key=lambda topic: -topic.heat)[:AT_MOST]


def _serve(stage: Stage, board: str) -> Endpoint:
    async def answer(_: Request) -> Response:
        return written(board, topics(stage.world, stage.now()))

    return answer


def _loud_since(post: WorldPost) -> datetime:
    return post.published_at + timedelta(seconds=float(post.offsets[LOUD - 1]))


def _headline(post: WorldPost) -> str:
    return next((headline for word, headline in _HEADLINES if word in post.text), "星禾道歉")
