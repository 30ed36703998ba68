"""How each site writes its hot list."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from starlette.responses import Response


class Topic(NamedTuple):
    """One line: its words, how hot it is, when it came up, what happened in a sentence."""

    words: str
    heat: int
    since: datetime
    said: str = ""


Topics = Sequence[Topic]


def written(board: str, topics: Topics) -> Response:
    """The list as its site answers it, the hottest first."""
    return Response(orjson.dumps(_BOARDS[board](topics)), media_type="application/json; charset=utf-8")


def _weibo(topics: Topics) -> dict[str, Any]:
    advert = {"word": "双十一好物", "note": "双十一好物", "is_ad": 1, "num": 0, "realpos": 3, "icon_desc": "荐"}
    lines = [
        {
            "word": topic.words,
            "note": topic.words,
            "word_scheme": f"#{topic.words}#",
            "num": topic.heat,
            "raw_hot": topic.heat,
            "realpos": place,
            "rank": place - 1,
            "label_name": "沸" if topic.heat > 1_000_000 else "热",
            "onboard_time": int(topic.since.timestamp()),
            "is_ad": 0,
        }
        for place, topic in enumerate(topics, 1)
    ]
    pinned = {"word": "#置顶#", "name": "置顶", "url": "https://weibo.example.invalid", "icon_desc": "热"}
    return {
        "ok": 1,
        "data": {"hotgov": pinned, "realtime": [*lines[:2], advert, *lines[2:]] if lines else [], "hotgovs": []},
    }


def _baidu(topics: Topics) -> dict[str, Any]:
    lines = [
        {
            "word": t.words,
            "query": t.words,
            "desc": t.said,
            "hotScore": str(t.heat),
            "url": "https://www.baidu.com/s?wd=1",
            "index": n,
        }
        for n, t in enumerate(topics)
    ]
    return {"success": True, "data": {"cards": [{"component": "tabTextList", "content": [{"content": lines}]}]}}


def _zhihu(topics: Topics) -> dict[str, Any]:
    lines = [
        {
            "type": "hot_list_feed",
            "target": {
                "id": 700_000_000 + n,
                "title": f"如何看待{t.words}？",
                "excerpt": t.said,
                "created": int(t.since.timestamp()),
            },
            "detail_text": f"{t.heat // 10_000} 万热度",
        }
        for n, t in enumerate(topics)
    ]
    return {"data": lines, "paging": {"is_end": True}}


def _bilibili(topics: Topics) -> dict[str, Any]:
    lines = [
        {"position": n, "keyword": t.words, "show_name": t.words, "heat_score": t.heat} for n, t in enumerate(topics, 1)
    ]
    return {"code": 0, "message": "0", "ttl": 1, "data": {"trackid": "1", "list": lines}}


def _douyin(topics: Topics) -> dict[str, Any]:
    lines = [{"word": t.words, "hot_value": t.heat, "label": 0, "position": n} for n, t in enumerate(topics, 1)]
    return {"status_code": 0, "word_list": lines}


def _toutiao(topics: Topics) -> dict[str, Any]:
    lines = [
        {
            "Title": t.words,
            "HotValue": str(t.heat),
            "Label": "hot",
            "Url": f"https://www.toutiao.com/trending/{7_430_000_000_000_000_000 + n}/?rank={n}",
            "ClusterIdStr": str(7_430_000_000_000_000_000 + n),
        }
        for n, t in enumerate(topics)
    ]
    return {"data": lines, "status": "success"}


_BOARDS: Mapping[str, Callable[[Topics], dict[str, Any]]] = {
    "weibo": _weibo,
    "baidu": _baidu,
    "zhihu": _zhihu,
    "bilibili": _bilibili,
    "douyin": _douyin,
    "toutiao": _toutiao,
}

PATHS: Mapping[str, str] = {
    "weibo": "/ajax/side/hotSearch",
    "baidu": "/api/board",
    "zhihu": "/topstory/hot-lists/total",
    "bilibili": "/x/v2/search/trending/ranking",
    "douyin": "/web/api/v2/hotsearch/billboard/word/",
    "toutiao": "/hot-event/hot-board/",
}
"""Where each list stands on its site."""
