"""What each hot list answers: where its lines stand and what they are called. A function a list; None where an answer is no list. Pure.

Fields as the sites' own pages read them. None of these is documented, so nothing but a topic's words is required of a line.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import quote

from connectors.times import moment
from connectors.topics import Line
from monitor.errors import Failure

Lines = list[Line | None]
"""A line that is no topic is None; adverts are left out."""


class Board(NamedTuple):
    """Where a list is asked for, and how it is read. `platform`: what its topics are filed under."""

    platform: str
    host: str
    path: str
    lines: Callable[[Any, datetime], Lines | None]
    params: Mapping[str, str] = {}
    referer: str = ""


def weibo(answer: Any, seen_at: datetime) -> Lines | None:
    """`/ajax/side/hotSearch`: `realpos` is the place among what is no advert."""
    found = _items(answer, "data", "realtime")
    if found is None:
        return None
    lines: Lines = []
    for item in found:
        words = _text(item, "word") or _text(item, "note")
        if not words:
            lines.append(None)
        elif not item.get("is_ad"):
            scheme = _text(item, "word_scheme") or words
            lines.append(
                Line(
                    words=words,
                    rank=_rank(item.get("realpos")),
                    heat=_shown(item.get("num")),
                    label=_text(item, "label_name"),
                    url=f"https://s.weibo.com/weibo?q={quote(scheme[:200])}",
                    since=moment(item.get("onboard_time"), seen_at),
                )
            )
    return lines


def baidu(answer: Any, _: datetime) -> Lines | None:
    """`/api/board`: cards within cards, as deep as today's page has them. What is pinned on top has no place."""
    cards = _items(answer, "data", "cards")
    if cards is None:
        return None
    lines: Lines = []
    rank = 0
    for item in _worded(cards):
        pinned = bool(item.get("isTop"))
        rank += not pinned
        lines.append(
            Line(
                words=_text(item, "word"),
                rank=None if pinned else rank,
                heat=_shown(item.get("hotScore")),
                url=_text(item, "url"),
                said=_text(item, "desc"),
            )
        )
    return lines


def zhihu(answer: Any, _: datetime) -> Lines | None:
    """`/topstory/hot-lists/total`: questions. When one was asked says nothing of when it came up."""
    found = _items(answer, "data")
    if found is None:
        return None
    lines: Lines = []
    for rank, item in enumerate(found, 1):
        target = item["target"] if isinstance(item.get("target"), dict) else {}
        words, number = _text(target, "title"), _shown(target.get("id"))
        if not words:
            lines.append(None)
            continue
        lines.append(
            Line(
                words=words,
                rank=rank,
                heat=_text(item, "detail_text").removesuffix("热度").strip(),
                url=f"https://www.zhihu.com/question/{number}" if number else "",
                said=_text(target, "excerpt"),
            )
        )
    return lines


def bilibili(answer: Any, _: datetime) -> Lines | None:
    """`/x/v2/search/trending/ranking`, in the envelope of all of Bilibili."""
    return _plain(
        _items(answer, "data", "list"),
        lambda item: _text(item, "show_name") or _text(item, "keyword"),
        lambda item, words, rank: Line(
            words=words,
            rank=_rank(item.get("position")) or rank,
            heat=_shown(item.get("heat_score")),
            url=f"https://search.bilibili.com/all?keyword={quote(words[:200])}",
        ),
    )


def douyin(answer: Any, _: datetime) -> Lines | None:
    """`/web/api/v2/hotsearch/billboard/word/`."""
    return _plain(
        _items(answer, "word_list"),
        lambda item: _text(item, "word"),
        lambda item, words, rank: Line(
            words=words,
            rank=_rank(item.get("position")) or rank,
            heat=_shown(item.get("hot_value")),
            url=f"https://www.douyin.com/search/{quote(words[:200], safe='')}",
        ),
    )


def toutiao(answer: Any, _: datetime) -> Lines | None:
    """`/hot-event/hot-board/`."""
    return _plain(
        _items(answer, "data"),
        lambda item: _text(item, "Title"),
        lambda item, words, rank: Line(
            words=words,
            rank=rank,
            heat=_shown(item.get("HotValue")),
            label=_text(item, "Label"),
            url=_text(item, "Url").partition("?")[0],
        ),
    )


BOARDS: Mapping[str, Board] = {
    "weibo": Board("weibo", "https://weibo.com", "/ajax/side/hotSearch", weibo, referer="https://weibo.com/"),
    "baidu": Board(
        "baidu", "https://top.baidu.com", "/api/board", baidu, params={"platform": "wise", "tab": "realtime"}
    ),
    "zhihu": Board("zhihu", "https://api.zhihu.com", "/topstory/hot-lists/total", zhihu, params={"limit": "50"}),
    "bilibili": Board(
        "bilibili", "https://app.bilibili.com", "/x/v2/search/trending/ranking", bilibili, params={"limit": "50"}
    ),
    "douyin": Board("douyin", "https://www.iesdouyin.com", "/web/api/v2/hotsearch/billboard/word/", douyin),
    "toutiao": Board(
        "toutiao", "https://www.toutiao.com", "/hot-event/hot-board/", toutiao, params={"origin": "toutiao_pc"}
    ),
}
"""Every list: its name in the configuration -> how it is asked for and read."""

_REFUSALS: Mapping[int, Failure] = {
    -100: Failure.AUTH_EXPIRED,
    -101: Failure.AUTH_EXPIRED,
    -352: Failure.CHALLENGE,
    -412: Failure.RATE_LIMITED,
    -799: Failure.RATE_LIMITED,
    40352: Failure.CHALLENGE,
    40362: Failure.CHALLENGE,
}


def refusal(answer: Any) -> tuple[int, Failure] | None:
    """The code of an answer that refuses, and who must act: Weibo's `ok`, Bilibili's `code`, Zhihu's `error.code`."""
    if not isinstance(answer, dict):
        return None
    error = answer.get("error")
    for code in (answer.get("ok"), answer.get("code"), error.get("code") if isinstance(error, dict) else None):
        if type(code) is int and code in _REFUSALS:
            return code, _REFUSALS[code]
    return None


DEEPEST = 6


def _plain(
    found: list[dict[str, Any]] | None,
    words: Callable[[dict[str, Any]], str],
    line: Callable[[dict[str, Any], str, int], Line],
) -> Lines | None:
    """A list whose every object is a line, in the order of its places."""
    if found is None:
        return None
    return [line(item, said, rank) if (said := words(item)) else None for rank, item in enumerate(found, 1)]


def _items(answer: Any, *path: str) -> list[dict[str, Any]] | None:
    """The objects of the list at a path; what else stands in it is an empty one. None: there is no list."""
    for name in path:
        answer = answer.get(name) if isinstance(answer, dict) else None
    return [item if isinstance(item, dict) else {} for item in answer] if isinstance(answer, list) else None


def _worded(found: list[dict[str, Any]], depth: int = 0) -> Iterator[dict[str, Any]]:
    """What has a word, in the order of the page, however deep it lies."""
    for item in found:
        if _text(item, "word"):
            yield item
        elif depth < DEEPEST:
            yield from _worded(_items(item, "content") or [], depth + 1)


def _rank(value: object) -> int | None:
    return value if type(value) is int and 1 <= value <= 999 else None


def _shown(value: object) -> str:
    """A number or a text as the list shows it."""
    return str(value) if type(value) is int or isinstance(value, str) else ""


def _text(item: Mapping[str, Any], name: str) -> str:
    value = item.get(name)
    return value if isinstance(value, str) else ""
