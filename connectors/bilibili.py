"""Bilibili's open JSON: videos that a search finds, or the comments on one video; and both looked at again by their ids.

Endpoints, fields and codes as in MediaCrawler and RSSHub; nothing is signed here, so what asks for a signature is not asked for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import httpx
from pydantic import SecretStr

from connectors.answers import json_of, place, refuse
from connectors.bilibili_ids import aid_of
from connectors.bilibili_video import comment, counts_of_comment, counts_of_video, found_video
from connectors.markup import plain
from monitor.errors import Failure, FeedError
from monitor.model import PostKey, Sighting, Words
from monitor.ports import Batch, Cursor
from monitor.sight import Sight

PAGES = 10
"""Of one walk at most; the site shows fifty."""

FIRST_WALK = 2
"""Pages that a new feed reads: what is older is background anyway."""

PAGE = 20

_CODES: Mapping[int, Failure] = {
    -101: Failure.AUTH_EXPIRED,
    -111: Failure.AUTH_EXPIRED,
    -352: Failure.CHALLENGE,
    -400: Failure.MISCONFIGURED,
    -403: Failure.BLOCKED,
    -404: Failure.MISCONFIGURED,
    -412: Failure.RATE_LIMITED,
    -500: Failure.TRANSIENT,
    -503: Failure.TRANSIENT,
    -504: Failure.TRANSIENT,
    -509: Failure.RATE_LIMITED,
    -799: Failure.RATE_LIMITED,
}
_FIXES: Mapping[int, Words] = {
    -352: Words(
        "用浏览器打开 bilibili.com，通过验证，把那个浏览器的 buvid3 写进数据源；程序不会自动破解",
        "Open bilibili.com in a browser, pass its check, and give the feed that browser's buvid3; nothing is solved automatically",
    ),
    -412: Words(
        "降低这个数据源的轮询频率；B 站会拦截本机地址一段时间",
        "Poll this feed less often; Bilibili intercepts requests from this address for a while",
    ),
}
_GONE = frozenset({-404, 62002, 62004, 62012, 12022})
_CLOSED = frozenset({12002, 12009, 12061})
"""Comments that the uploader closed: there are none, and that is all."""

FIX_BUVID = Words(
    "给数据源写上 buvid3：任何打开过 bilibili.com 的浏览器里都有这个 cookie",
    "Give the feed buvid3: the cookie of that name in any browser that has opened bilibili.com",
)


@dataclass(frozen=True, kw_only=True)
class Bilibili:
    """`mode` search: the newest videos for `query`, which needs `buvid3`, the cookie that any browser is given by the site. `mode`
    comments: those on `video` (BV… or av…), newest first.
    """

    mode: Literal["search", "comments"] = "search"
    query: str = ""
    video: str = ""
    buvid3: SecretStr | None = None
    base_url: str = "https://api.bilibili.com"

    def __post_init__(self) -> None:
        if self.mode == "search" and not self.query.strip():
            raise ValueError("mode search needs a query")
        if self.mode == "search" and self.buvid3 is None:
            raise ValueError(
                "mode search needs buvid3, the cookie of that name in any browser that has opened bilibili.com"
            )
        if self.mode == "comments":
            aid_of(self.video)

    @property
    def platform(self) -> str:
        return "bilibili"

    @property
    def sees(self) -> Sight:
        return Sight.KEYWORD if self.mode == "search" else Sight.COMMENTS

    @property
    def account(self) -> str:
        return ""

    @property
    def batch_size(self) -> int:
        return 1

    # {"mark": M} stands; {"mark": M, "top": T, "page": N} is on its way down, and only its end makes T the mark.

    def first(self, cursor: Cursor) -> httpx.Request:
        page = _number(cursor, "page") or 1
        if self.mode == "comments":
            params = {"type": 1, "oid": aid_of(self.video), "sort": 0, "pn": page, "ps": PAGE}
            return self._get("/x/v2/reply", params)
        asked = {"search_type": "video", "keyword": self.query, "order": "pubdate", "page": page}
        return self._get("/x/web-interface/search/type", asked)

    def parse(self, response: httpx.Response, cursor: Cursor, seen_at: datetime) -> Batch:
        data = self._data(response, seen_at, none=_CLOSED if self.mode == "comments" else frozenset())
        items, last = _comments(data) if self.mode == "comments" else _results(data)
        read = comment if self.mode == "comments" else found_video
        found = [read(item, seen_at) for item in items]
        seen = {sighting.key: sighting for sighting in found if isinstance(sighting, Sighting)}
        rejected = tuple(line for line in found if isinstance(line, str))
        if rejected and not seen:
            raise FeedError(
                Failure.SCHEMA_DRIFT, f"{place(response)}: none of {len(rejected)} items can be read: {rejected[0]}"
            )
        onward, done, capped = _turn(tuple(seen.values()), cursor, last=last)
        return Batch(
            sightings=tuple(seen.values()),
            next=None if done else self.first(onward),
            cursor=onward,
            facts={"cap_hit": 1.0} if capped else {},
            rejected=rejected,
        )

    def revisit(self, posts: Sequence[PostKey]) -> httpx.Request:
        video, _, reply = posts[0].native_id.partition(":")
        aid = aid_of(video)
        if reply:
            return self._get("/x/v2/reply/reply", {"type": 1, "oid": aid, "root": reply, "pn": 1, "ps": 1})
        return self._get("/x/web-interface/view", {"aid": aid})

    def parse_revisit(self, response: httpx.Response, posts: Sequence[PostKey], seen_at: datetime) -> Batch:
        (key,) = posts
        data = self._data(response, seen_at, none=_GONE | _CLOSED)
        if data is None:
            return Batch(gone=(key,))
        root = data.get("root") if ":" in key.native_id else data
        counts = counts_of_comment(root) if ":" in key.native_id else counts_of_video(root)
        if counts is None:
            raise FeedError(Failure.SCHEMA_DRIFT, f"{place(response)}: the answer shows no counts")
        return Batch(sightings=(Sighting(key=key, seen_at=seen_at, counts=counts),))

    def _get(self, path: str, params: Mapping[str, Any]) -> httpx.Request:
        headers = {"referer": "https://search.bilibili.com" if self.mode == "search" else "https://www.bilibili.com"}
        if self.buvid3 is not None:
            headers["cookie"] = f"buvid3={self.buvid3.get_secret_value()}"
        return httpx.Request("GET", self.base_url.rstrip("/") + path, params=dict(params), headers=headers)

    def _data(self, response: httpx.Response, seen_at: datetime, *, none: frozenset[int]) -> Any:
        """What an answer holds; None where its code is one of `none`. An error stands in the body, on whatever status it comes."""
        try:
            answer = json_of(response, credentials=False)
        except FeedError:
            if response.status_code == httpx.codes.PRECONDITION_FAILED:
                raise FeedError(Failure.RATE_LIMITED, f"{place(response)} answered 412", fix=_FIXES[-412]) from None
            refuse(response, seen_at)
            raise
        code = answer.get("code") if isinstance(answer, dict) else None
        if type(code) is not int:
            refuse(response, seen_at)
            raise FeedError(Failure.SCHEMA_DRIFT, f"{place(response)}: the answer has no code")
        if code in none:
            return None
        if code:
            said = f"Bilibili says {code} {plain(str(answer.get('message') or ''))[:80]}".strip()
            fix = _FIXES.get(code) or (FIX_BUVID if self.buvid3 is None and code in (-101, -403) else None)
            raise FeedError(_CODES.get(code, Failure.SCHEMA_DRIFT), said, fix=fix)
        refuse(response, seen_at)
        if not isinstance(answer.get("data"), dict):
            raise FeedError(Failure.SCHEMA_DRIFT, f"{place(response)}: the answer has no data")
        return answer["data"]


def _results(data: Mapping[str, Any]) -> tuple[Sequence[Any], bool]:
    """What a search found, and whether it is its last page. Without a result there must be none in number either."""
    found, total = data.get("result"), _number(data, "numResults")
    if not isinstance(found, list):
        if found is not None or total:
            raise FeedError(Failure.SCHEMA_DRIFT, f"the answer speaks of {total} videos and shows none")
        return (), True
    if not found and total and _number(data, "page") <= 1:
        raise FeedError(Failure.SCHEMA_DRIFT, f"the answer speaks of {total} videos and shows none")
    videos = [item for item in found if not isinstance(item, dict) or item.get("type", "video") == "video"]
    return videos, _number(data, "page") >= _number(data, "numPages")


def _comments(data: Mapping[str, Any] | None) -> tuple[Sequence[Any], bool]:
    """The comments of a page, and whether it is the last."""
    if data is None:
        return (), True
    replies, page = data.get("replies"), data.get("page")
    if replies is not None and not isinstance(replies, list):
        raise FeedError(Failure.SCHEMA_DRIFT, "the answer's replies are no list")
    told = page if isinstance(page, dict) else {}
    total, number = _number(told, "count"), _number(told, "num") or 1
    if not replies and total and number == 1:
        raise FeedError(Failure.SCHEMA_DRIFT, f"the answer speaks of {total} comments and shows none")
    return replies or (), not replies or number * (_number(told, "size") or PAGE) >= total


def _turn(seen: Sequence[Sighting], cursor: Cursor, *, last: bool) -> tuple[Cursor, bool, bool]:
    """The next cursor; whether the walk is done: at the last page, or at what was there before; and whether it ended too early."""
    mark, page = _number(cursor, "mark"), _number(cursor, "page") or 1
    times = [int(s.post.posted_at.timestamp()) for s in seen if s.post is not None and s.post.posted_at is not None]
    top = max([mark, _number(cursor, "top"), *times])
    if last or not times or min(times) <= mark:
        return {"mark": top}, True, False
    if page >= (PAGES if mark else FIRST_WALK):
        return {"mark": top}, True, mark > 0
    return {"mark": mark, "top": top, "page": page + 1}, False, False


def _number(said: Mapping[str, Any], name: str) -> int:
    value = said.get(name)
    return value if type(value) is int and 0 <= value < 2**53 else 0
