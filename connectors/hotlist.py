"""Hot lists of six sites, a topic a line: what is searched for and talked of most, seen before most posts about it are."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import httpx

from connectors.answers import json_of, place, refuse
from connectors.boards import BOARDS, Board, Lines, refusal
from connectors.topics import Line, day_of, topic
from monitor.errors import Failure, FeedError
from monitor.model import Post, Sighting, Words
from monitor.ports import Batch, Cursor
from monitor.sight import Sight

HALF = 0.5
"""With less of what the list usually shows it is half a list, and that is said; with fewer lines readable it is another one."""

KEPT = timedelta(days=1)
"""What has left the list is known for so long: a topic that comes back the same day is the same one."""

MOST = 1000
"""Lines of the longest list there can be."""

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_CLOSED = frozenset({Failure.AUTH_EXPIRED, Failure.CHALLENGE, Failure.BLOCKED})
_ELSEWHERE: Mapping[str, Words] = {
    "weibo": Words(
        '改用自己的 RSSHub 取这个榜：route = "/weibo/search/hot"',
        'Ask for the list through your own RSSHub: route = "/weibo/search/hot"',
    ),
    "zhihu": Words(
        '改用自己的 RSSHub 取这个榜：route = "/zhihu/hot"',
        'Ask for the list through your own RSSHub: route = "/zhihu/hot"',
    ),
    "baidu": Words(
        '改用自己的 RSSHub 取这个榜：route = "/baidu/top"',
        'Ask for the list through your own RSSHub: route = "/baidu/top"',
    ),
    "bilibili": Words(
        '改用自己的 RSSHub 取这个榜：route = "/bilibili/hot-search"',
        'Ask for the list through your own RSSHub: route = "/bilibili/hot-search"',
    ),
}


@dataclass(frozen=True, kw_only=True)
class HotList:
    """`list` names one; its topics are filed under its site. `base_url` stands in for the site's own address."""

    list: Literal["weibo", "baidu", "zhihu", "bilibili", "douyin", "toutiao"]
    base_url: str = ""

    @property
    def platform(self) -> str:
        return self._board.platform

    @property
    def sees(self) -> Sight:
        return Sight.TOPICS

    @property
    def account(self) -> str:
        return ""

    @property
    def _board(self) -> Board:
        return BOARDS[self.list]

    # {"known": {day: [names of topics that came up then]}, "usual": lines of a whole list}. What is not known came up since the last poll.

    def first(self, cursor: Cursor) -> httpx.Request:  # noqa: ARG002 - every poll asks for the whole list
        board = self._board
        headers = {"accept": "application/json", **({"referer": board.referer} if board.referer else {})}
        address = (self.base_url or board.host).rstrip("/") + board.path
        return httpx.Request("GET", address, params=dict(board.params), headers=headers)

    def parse(self, response: httpx.Response, cursor: Cursor, seen_at: datetime) -> Batch:
        found = self._lines(response, seen_at)
        before, usual = _known(cursor), cursor.get("usual")
        seen: dict[str, Post] = {}
        rejected: list[str] = []
        for line in found:
            read = "a line without a topic" if line is None else self._topic(line, before, seen_at)
            if line is None or isinstance(read, str):
                rejected.append(str(read))
            else:
                seen.setdefault(line.name, read)
        if not seen or len(rejected) > HALF * len(found):
            said = f"{place(response)}: {len(rejected)} of {len(found)} lines of the list cannot be read"
            raise FeedError(Failure.SCHEMA_DRIFT, said)
        # A list that has become shorter for good is whole again after a while.
        whole = max(len(seen), usual - 1 if type(usual) is int and usual < MOST else 0)
        half = len(seen) < HALF * whole
        if half:
            rejected.append(f"half a list: {len(seen)} topics, where there were {whole}")
        return Batch(
            sightings=tuple(Sighting(key=post.key, seen_at=seen_at, post=post) for post in seen.values()),
            cursor={"known": _days(before, seen, seen_at), "usual": whole},
            facts={"expected": float(whole)} if half else {},
            rejected=tuple(rejected),
        )

    def _topic(self, line: Line, before: Mapping[str, str], seen_at: datetime) -> Post | str:
        """One that is known keeps its day over midnight; one that is not came up since the last poll, if there was one."""
        day = before.get(line.name, "")
        since = seen_at if before and not day else None
        return topic(self.platform, line, seen_at, day=day, since=since)

    def _lines(self, response: httpx.Response, seen_at: datetime) -> Lines:
        try:
            answer = self._answer(response, seen_at)
        except FeedError as error:
            if error.failure in _CLOSED and self.list in _ELSEWHERE:
                raise FeedError(error.failure, error.problem, fix=_ELSEWHERE[self.list]) from None
            raise
        found = self._board.lines(answer, seen_at)
        if found is None:
            raise FeedError(Failure.SCHEMA_DRIFT, f"{place(response)}: the answer has no list")
        if not found:
            raise FeedError(Failure.SCHEMA_DRIFT, f"{place(response)}: the list is empty, which it never is")
        return found

    def _answer(self, response: httpx.Response, seen_at: datetime) -> object:
        """The JSON of an answer that refuses nothing, neither by its status nor in its own words."""
        try:
            answer = json_of(response, credentials=False)
        except FeedError:
            refuse(response, seen_at)
            raise
        if refused := refusal(answer):
            raise FeedError(refused[1], f"{place(response)} says {refused[0]}")
        refuse(response, seen_at)
        return answer


def _known(cursor: Cursor) -> dict[str, str]:
    """Topics with the day they came up."""
    days = cursor.get("known")
    return {
        name: day
        for day, names in (days.items() if isinstance(days, Mapping) else ())
        if isinstance(names, list) and _DAY.fullmatch(day)
        for name in names
        if isinstance(name, str)
    }


def _days(before: Mapping[str, str], seen: Mapping[str, Post], seen_at: datetime) -> dict[str, list[str]]:
    """What is known from now on, by day: what stands there, and what left it a short while ago."""
    last = day_of(seen_at - KEPT)
    days = {name: day for name, day in before.items() if day >= last}
    days |= {name: post.native_id.split(":")[1] for name, post in seen.items()}
    known: dict[str, list[str]] = {}
    for name, day in days.items():
        known.setdefault(day, []).append(name)
    return known
