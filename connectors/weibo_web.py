"""Keyword search of m.weibo.cn with the user's own cookie: what the logged-in account sees, newest first, slowly.

Weibo's terms forbid automated collection without leave, so it runs only where somebody has written down who allowed it. No
check is solved, no visitor is invented, nothing is signed: where Weibo wants more than the cookie, the feed stops and says so.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

import httpx
from pydantic import SecretStr

from connectors.weibo_codes import number_in
from connectors.weibo_page import LOGIN_WANTED, NEW_COOKIE, answer_of, posts_in, total_of
from connectors.weibo_status import statuses
from monitor.errors import Failure, FeedError
from monitor.model import Post, Words
from monitor.ports import Batch, Cursor
from monitor.sight import Sight

FIRST_WALK = 3
"""Pages of a feed's first walk ever."""

PAGES = 10
"""Pages of a later one; what lies deeper is missed, and said to be."""

LEAST_PACE = 5.0
"""Clock seconds between two requests, whatever the configuration says."""

DOUBTED = 6
"""Blank answers in a row, behind pages that had posts, before what is known is believed to have left the list."""

LONG_AT_MOST = 20
"""Long texts of a walk that are asked for, one request each."""

_BROWSER = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 "
    "Mobile/15E148 Safari/604.1"
)


@dataclass(frozen=True, kw_only=True)
class WeiboWeb:
    """`permission` says who allowed this, and when. `cookie` is the Cookie header of the user's own logged-in browser, and
    `user_agent` that browser's name for itself."""

    query: str
    cookie: SecretStr
    permission: str = ""
    user_agent: str = _BROWSER
    base_url: str = "https://m.weibo.cn"

    def __post_init__(self) -> None:
        who, comma, when = self.permission.replace("，", ",").rpartition(",")
        if not comma or not who.strip() or not any(letter.isdigit() for letter in when):
            raise ValueError(
                "this reads Weibo's website with your account, which Weibo's terms forbid without leave; "
                'say who allowed it and when: permission = "who, when"'
            )
        if not self.query.strip():
            raise ValueError("query is empty")
        if "SUB=" not in self.cookie.get_secret_value():
            raise ValueError("cookie holds no SUB=…; copy the whole Cookie header of a logged-in browser")

    @property
    def platform(self) -> str:
        return "weibo"

    @property
    def sees(self) -> Sight:
        return Sight.KEYWORD

    @property
    def account(self) -> str:
        return f"weibo-web:{hashlib.sha256(self._cookie.encode()).hexdigest()[:10]}"

    @property
    def least_pace(self) -> float:
        return LEAST_PACE

    # {"mark": M} stands; {"mark": M, "walk": {"page": N, "top": T}} is on its way down, and only its end makes T the mark.
    # "long" are posts whose whole text is still to be asked for: each once, so that none can hold up the feed. Within the walk,
    # "blank" says that its page was empty once, "total" how many posts that page counted, "refused" that it wanted a login.

    def first(self, cursor: Cursor) -> httpx.Request:
        # The whole of "100103type=61&q=…" is one value; 61 is the real-time order.
        params = {
            "containerid": f"100103type=61&q={self.query}&t=0",
            "page_type": "searchall",
            "page": str(_page(cursor)),
        }
        return self._get("/api/container/getIndex", params)

    def parse(self, response: httpx.Response, cursor: Cursor, seen_at: datetime) -> Batch:
        path = response.request.url.path
        if path.endswith("/api/config"):
            return self._logged_in(answer_of(response, seen_at), cursor)
        if response.status_code == 400 and _page(cursor) > 1 and not path.endswith("/statuses/show"):
            return self._bottom(cursor)
        answer = answer_of(response, seen_at)
        if answer.get("ok") == LOGIN_WANTED:
            return Batch(cursor=_with(cursor, refused=1), next=self._get("/api/config", {}))
        data = answer["data"] if isinstance(answer.get("data"), dict) else {}
        if path.endswith("/statuses/show"):
            return self._whole(data, cursor, seen_at)
        sightings, posts, rejected, cut = posts_in(data, seen_at)
        if rejected and not posts:
            raise FeedError(Failure.SCHEMA_DRIFT, f"none of {len(rejected)} posts can be read: {rejected[0]}")
        if not posts:
            return self._blank(data, cursor)
        batch = self._turn(posts, cut, cursor)
        return replace(batch, sightings=tuple(sightings), rejected=tuple(rejected))

    def _turn(self, posts: list[Post], cut: list[str], cursor: Cursor) -> Batch:
        """A page with posts: further down, or at the mark."""
        mark, page = number_in(cursor, "mark"), _page(cursor)
        ids = [int(post.native_id) for post in posts]
        top = max([mark, number_in(_walk(cursor), "top"), *ids])
        long = list(dict.fromkeys([*_long(cursor), *(one for one in cut if int(one) > mark)]))[:LONG_AT_MOST]
        # The last of a page is its oldest; above it may stand what Weibo recommends, of any age.
        reached = ids[-1] <= mark
        if reached or page >= (PAGES if mark else FIRST_WALK):
            proved = {"overlap": 1} if reached else {"overrun": 1, "cap_hit": 1}
            return self._onward({"mark": str(top), "long": long}, proved if mark else {})
        walk = {"top": str(top), "page": page + 1}
        return self._onward({**({"mark": str(mark)} if mark else {}), "walk": walk, "long": long})

    def _blank(self, data: Mapping[str, Any], cursor: Cursor) -> Batch:
        """A page without posts. Weibo shows one at random, so it is asked for once more. Then it may be the end of the list; but a later
        walk ends at posts that are known, so there it is doubted, and asked for again from poll to poll, before it is believed.
        Where it is the first page, only the login tells whether there is nothing to see."""
        walk, page = _walk(cursor), _page(cursor)
        blanks = number_in(walk, "blank")
        if not blanks:
            onward = _with(cursor, blank=1, page=page, total=total_of(data) or 0, refused=0)
            return Batch(cursor=onward, next=self.first(onward))
        if page > 1 and (not number_in(cursor, "mark") or blanks >= DOUBTED):
            return self._bottom(cursor)
        noted = {"blank": blanks + 1} if page > 1 else {"total": total_of(data) or 0}
        return Batch(cursor=_with(cursor, **noted), next=self._get("/api/config", {}))

    def _bottom(self, cursor: Cursor) -> Batch:
        """There are no more pages."""
        mark = number_in(cursor, "mark")
        top = max(mark, number_in(_walk(cursor), "top"))
        settled = {"mark": str(top)} if top else {}
        return self._onward({**settled, "long": _long(cursor)}, {"overrun": 1} if mark else {})

    def _logged_in(self, answer: Mapping[str, Any], cursor: Cursor) -> Batch:
        """Why a page was refused or empty: the cookie is dead, or Weibo had enough of us, or there is nothing."""
        data, walk = answer.get("data"), _walk(cursor)
        login = data.get("login") if isinstance(data, dict) else None
        if login is False or answer.get("ok") == LOGIN_WANTED:
            raise FeedError(Failure.AUTH_EXPIRED, "the cookie is not logged in any more", fix=NEW_COOKIE)
        if login is not True:
            raise FeedError(Failure.SCHEMA_DRIFT, "Weibo does not say whether the cookie is logged in")
        if walk.get("refused"):
            raise FeedError(
                Failure.RATE_LIMITED,
                "Weibo wants a login (-100) although the cookie has one: we asked too fast, or the account may not search",
                fix=Words(
                    "降低轮询频率，并在 cookie 所在的浏览器里手动搜索一次",
                    "Poll less often; search once by hand in the cookie's browser",
                ),
            )
        if number_in(cursor, "mark") or number_in(walk, "total"):
            raise FeedError(Failure.TRANSIENT, "Weibo shows an empty page where there are posts")
        return Batch(cursor={}, facts={"empty": 1, "unchanged": 1})

    def _whole(self, data: Mapping[str, Any], cursor: Cursor, seen_at: datetime) -> Batch:
        """One post with its whole text; one that is hidden by now has none."""
        sightings, _, _ = statuses([data], seen_at)
        rejected = () if sightings else ("a long text does not come",)
        return replace(self._onward(cursor), sightings=tuple(sightings), rejected=rejected)

    def _onward(self, cursor: Cursor, facts: Mapping[str, float] = MappingProxyType({})) -> Batch:
        """What is asked for next: long texts before the next page."""
        kept = {name: cursor[name] for name in ("mark", "walk") if cursor.get(name)}
        if long := _long(cursor):
            rest = {"long": long[1:]} if long[1:] else {}
            return Batch(cursor={**kept, **rest}, next=self._get("/statuses/show", {"id": long[0]}), facts=facts)
        return Batch(cursor=kept, next=self.first(kept) if "walk" in kept else None, facts=facts)

    @property
    def _cookie(self) -> str:
        """As a header may hold it: what was copied often has line ends in it."""
        return "".join(line.strip() for line in self.cookie.get_secret_value().splitlines())

    def _get(self, path: str, params: dict[str, str]) -> httpx.Request:
        headers = {
            "user-agent": self.user_agent,
            "accept": "application/json, text/plain, */*",
            "referer": f"{self.base_url.rstrip('/')}/",
            "x-requested-with": "XMLHttpRequest",
            "mweibo-pwa": "1",
            "cookie": self._cookie,
        }
        return httpx.Request("GET", self.base_url.rstrip("/") + path, params=params, headers=headers)


def _walk(cursor: Cursor) -> Mapping[str, Any]:
    walk = cursor.get("walk")
    return walk if isinstance(walk, Mapping) else {}


def _page(cursor: Cursor) -> int:
    return max(1, number_in(_walk(cursor), "page"))


def _long(cursor: Cursor) -> list[str]:
    ids = cursor.get("long")
    return [one for one in ids if isinstance(one, str) and one.isdecimal()] if isinstance(ids, list) else []


def _with(cursor: Cursor, **noted: int) -> Cursor:
    return {**cursor, "walk": {**_walk(cursor), **noted}}
