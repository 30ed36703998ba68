"""The newest complaints of 黑猫投诉, from the site's open feed: all brands' together, ours are found by their words.

The lists of one company are behind a signature, which is not forged here; a merchant's account or a vendor has them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

import httpx

from connectors.answers import is_html, json_of, place, refuse, title
from connectors.counts import number
from connectors.fields import inner, words
from connectors.heimao_complaint import complaint
from monitor.errors import Failure, FeedError
from monitor.model import Sighting, Words
from monitor.ports import Batch, Cursor
from monitor.sight import Sight

PAGE = 50
PAGES = 10
"""Of one walk at most."""

ASK_AGAIN = 2
"""Times a blank page is asked for again: on a site with hundreds of complaints an hour it is never the end."""

REMEMBERED = 200
"""Complaints of the last walk's first pages that are known again."""

TOO_DEEP = {"overlap": 0.0, "overrun": 1.0, "cap_hit": 1.0}
"""What a walk proves that ends before anything known: some complaints were listed and gone between two polls."""

_TYPES = {"latest": "1", "replied": "2", "completed": "3"}
_LOGIN = re.compile("新浪通行证|微博登录|登录|安全验证|验证码")
_JSONP = re.compile(rb"\s*[A-Za-z_$][\w$.]{0,60}\s*\((.*)\)\s*;?\s*", re.DOTALL)
IMPORT = Words(
    "从商家后台或数据商取得投诉，推送或导入文件；见 docs/sources/reviews.md",
    "Take the complaints from the merchant's account or a vendor and push them, or import a file; see docs/sources/reviews.md",
)


@dataclass(frozen=True, kw_only=True)
class Heimao:
    """`shows`: which of the site's lists. The other two tell of complaints whose state changed."""

    shows: Literal["latest", "replied", "completed"] = "latest"
    base_url: str = "https://tousu.sina.com.cn"

    @property
    def platform(self) -> str:
        return "heimao"

    @property
    def sees(self) -> Sight:
        return Sight.COMPLAINTS

    @property
    def account(self) -> str:
        return ""

    # {"known": [sn]} stands. With "walk" it is at page `page`, asked for `again` more times, and has `met` what becomes known.

    def first(self, cursor: Cursor) -> httpx.Request:
        page = min(PAGES, max(1, number(_walk(cursor).get("page")) or 1))
        params = {"type": _TYPES[self.shows], "page_size": str(PAGE), "page": str(page)}
        url = self.base_url.rstrip("/")
        return httpx.Request("GET", f"{url}/api/index/feed", params=params, headers={"referer": f"{url}/"})

    def parse(self, response: httpx.Response, cursor: Cursor, seen_at: datetime) -> Batch:
        data = self._data(response, seen_at)
        listed = next((data[name] for name in ("lists", "complaints") if isinstance(data.get(name), list)), None)
        if listed is None:
            raise FeedError(Failure.SCHEMA_DRIFT, "the answer has no list of complaints")
        read = [complaint(item, seen_at) for item in listed]
        seen = tuple(found for found in read if isinstance(found, Sighting))
        rejected = tuple(f"complaint {at} {found}" for at, found in enumerate(read) if isinstance(found, str))
        if rejected and not seen:
            raise FeedError(Failure.SCHEMA_DRIFT, f"none of {len(rejected)} complaints can be read: {rejected[0]}")
        turned = self._turn(cursor, [found.key.native_id for found in seen], _last_page(data))
        return replace(turned, sightings=seen, rejected=rejected)

    def _turn(self, cursor: Cursor, numbers: list[str], last: int | None) -> Batch:
        """Where the walk goes on: until something known, the site's own last page, or `PAGES`."""
        known, walk = _strings(cursor.get("known")), _walk(cursor)
        page, again = number(walk.get("page")) or 1, number(walk.get("again")) or 0
        met = list(dict.fromkeys((*_strings(walk.get("met")), *numbers)))[:REMEMBERED]
        if not numbers:
            if again < ASK_AGAIN:
                return self._onward({"known": known, "walk": {"page": page, "again": again + 1, "met": met}})
            # What was met stays unknown: behind the blank page there may be what nobody has seen.
            return Batch(cursor={"known": known or met}, facts={"empty": 1.0} if page == 1 else {})
        if set(numbers) & set(known):
            return Batch(cursor={"known": met}, facts={"overlap": 1.0})
        if page >= PAGES:
            return Batch(cursor={"known": met}, facts=TOO_DEEP if known else {})
        if last is not None and page >= last:
            return Batch(cursor={"known": met})
        return self._onward({"known": known, "walk": {"page": page + 1, "again": 0, "met": met}})

    def _onward(self, cursor: Cursor) -> Batch:
        return Batch(cursor=cursor, next=self.first(cursor))

    # ── answers ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _data(self, response: httpx.Response, seen_at: datetime) -> Mapping[str, Any]:
        try:
            refuse(response, seen_at)
        except FeedError as error:
            if error.failure is Failure.AUTH_EXPIRED:
                raise _wants_a_person(response) from None
            raise
        if is_html(response) and _LOGIN.search(title(response)):
            raise _wants_a_person(response)
        answer = json_of(_bare(response), credentials=False)
        result = answer.get("result") if isinstance(answer, dict) else None
        if not isinstance(result, dict):
            raise FeedError(Failure.SCHEMA_DRIFT, "the answer has no result")
        code = inner(result, "status").get("code")
        if str(code) != "0":
            said = words(inner(result, "status"), "msg")[:80]
            raise FeedError(
                Failure.BLOCKED, f"{place(response)} refuses with code {str(code)[:20]} {said}".rstrip(), fix=IMPORT
            )
        data = result.get("data")
        if not isinstance(data, dict):
            raise FeedError(Failure.SCHEMA_DRIFT, "the answer has no data")
        return data


def _bare(response: httpx.Response) -> httpx.Response:
    """The same answer without the function that JSONP wraps around it."""
    found = _JSONP.fullmatch(response.content)
    if found is None:
        return response
    return httpx.Response(response.status_code, content=found[1], request=response.request)


def _wants_a_person(response: httpx.Response) -> FeedError:
    """The open list needs no login: where it asks for one, it is the site's way of saying that it doubts who asks."""
    shown = title(response) or response.status_code
    return FeedError(
        Failure.CHALLENGE, f"{place(response)} shows a login in place of its open list ({shown})", fix=IMPORT
    )


def _last_page(data: Mapping[str, Any]) -> int | None:
    pager = data.get("pager")
    return number(pager.get("page_count")) if isinstance(pager, dict) else None


def _walk(cursor: Cursor) -> Mapping[str, Any]:
    walk = cursor.get("walk")
    return walk if isinstance(walk, Mapping) else {}


def _strings(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
