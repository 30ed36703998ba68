"""Weibo's official API: posts that @ the authorised account, commercial keyword search, and counts of known posts."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import httpx
from pydantic import SecretStr

from connectors.answers import json_of, refuse, retry_after
from connectors.counts import count
from connectors.markup import plain
from connectors.weibo_status import id_of, statuses
from monitor.errors import Failure, FeedError
from monitor.model import Counts, Post, PostKey, Sighting
from monitor.ports import Batch, Cursor
from monitor.sight import Sight

FIRST_WALK = 10
"""Pages of a feed's first walk ever: a backlog of thousands is seen, and no history lesson is asked for."""

MENTIONS_PAGE = 200
SEARCH_PAGE = 50
BATCH = 100

OVERLAP = 600
"""Seconds before the newest post seen that a search asks for again: the index is late by minutes."""

MANY = 10
"""If not one of so many posts comes back, the answer is doubted, not the posts."""

RENEW = "Authorise the app again and put the new token where the feed's token comes from; langyan check proves it"
ASK_WEIBO = "Look at the app's permissions and contract at open.weibo.com; asking again changes nothing"

_AUTH = frozenset({21301, *range(21314, 21320), *range(21322, 21331), 21332})
_QUOTA = frozenset({10004, 10022, 10023, 10024})
_TROUBLE = frozenset({10001, 10002, 10003, 10009, 10010, 10011, 21331})
_CONFIG = frozenset({10005, 10006, 10008, 10012, 10013, 10014, 10016, 10017, 10020, 21321})
_NO_POST = frozenset({20003, 20101, 20112, *range(20130, 20136)})


@dataclass(frozen=True, kw_only=True)
class Weibo:
    """`mode` "mentions": a normal token, 100 requests a day. "search": a commercial contract, on another host.

    `token_expires_at`, with its zone: what Weibo said when it gave the token; a gauge tells of it before it ends.
    """

    token: SecretStr
    token_expires_at: datetime | None = None
    mode: Literal["mentions", "search"] = "mentions"
    query: str = ""
    base_url: str = "https://api.weibo.com"
    search_base_url: str = "https://c.api.weibo.com"

    def __post_init__(self) -> None:
        if self.mode == "search" and not self.query.strip():
            raise ValueError('mode "search" needs a query')
        if set(self.query) & set('{}"'):
            raise ValueError("a query of Weibo's search cannot hold { } or quotes")
        if self.token_expires_at is not None and self.token_expires_at.tzinfo is None:
            raise ValueError("token_expires_at is a time without its zone (2027-01-31T12:00:00+08:00)")

    @property
    def platform(self) -> str:
        return "weibo"

    @property
    def sees(self) -> Sight:
        return Sight.KEYWORD if self.mode == "search" else Sight.MENTIONS

    @property
    def account(self) -> str:
        digest = hashlib.sha256(self.token.get_secret_value().encode()).hexdigest()
        return f"weibo:{digest[:10]}"

    @property
    def batch_size(self) -> int:
        return BATCH

    def first(self, cursor: Cursor) -> httpx.Request:
        return self._search(cursor) if self.mode == "search" else self._mentions(cursor)

    def parse(self, response: httpx.Response, cursor: Cursor, seen_at: datetime) -> Batch:
        answer = self._answer(response, seen_at)
        if not isinstance(answer, dict) or not isinstance(answer.get("statuses"), list):
            raise FeedError(Failure.SCHEMA_DRIFT, "the answer has no list of statuses")
        sightings, posts, rejected = statuses(answer["statuses"], seen_at)
        if rejected and not posts:
            raise FeedError(Failure.SCHEMA_DRIFT, f"none of {len(rejected)} statuses can be read: {rejected[0]}")
        turn = self._turn_search if self.mode == "search" else self._turn_mentions
        onward, done = turn(answer, posts, cursor, seen_at)
        return Batch(
            sightings=tuple(sightings),
            next=None if done else self.first(onward),
            cursor=onward,
            facts=self._facts(),
            rejected=tuple(rejected),
        )

    def revisit(self, posts: Sequence[PostKey]) -> httpx.Request:
        return self._get(self.base_url, "/2/statuses/count.json", {"ids": ",".join(post.native_id for post in posts)})

    def parse_revisit(self, response: httpx.Response, posts: Sequence[PostKey], seen_at: datetime) -> Batch:
        try:
            answer = self._answer(response, seen_at)
        except _NoSuchPostError as nothing:
            if len(posts) >= MANY:
                raise FeedError(
                    Failure.TRANSIENT, f"Weibo denies {len(posts)} posts at once: {nothing.problem}"
                ) from None
            return Batch(gone=tuple(posts), facts=self._facts())
        if not isinstance(answer, list):
            raise FeedError(Failure.SCHEMA_DRIFT, "the answer is not a list of counts")
        asked = {post.native_id: post for post in posts}
        sightings: list[Sighting] = []
        rejected: list[str] = []
        for item in answer:
            native_id = id_of(item) if isinstance(item, dict) else None
            if native_id is None:
                rejected.append("a count without an id")
            elif (key := asked.pop(native_id, None)) is not None:
                counts = Counts(
                    reposts=count(item.get("reposts")),
                    comments=count(item.get("comments")),
                    likes=count(item.get("attitudes")),
                )
                sightings.append(Sighting(key=key, seen_at=seen_at, counts=counts))
        if not sightings and len(posts) >= MANY:
            raise FeedError(Failure.TRANSIENT, f"Weibo returned no counts for any of {len(posts)} posts")
        # An entry nobody could read may be the very one that seems to be missing.
        return Batch(
            sightings=tuple(sightings),
            gone=() if rejected else tuple(asked.values()),
            facts=self._facts(),
            rejected=tuple(rejected),
        )

    def _facts(self) -> Mapping[str, float]:
        return {} if self.token_expires_at is None else {"token_expires_at": self.token_expires_at.timestamp()}

    # ── walking ─────────────────────────────────────────────────────────────────────────────────────────────────────
    # {"mark": M} stands; {"mark": M, "walk": {…, "top": T}} is on its way down from T, and only its end makes T the mark.

    def _mentions(self, cursor: Cursor) -> httpx.Request:
        params = {"count": str(MENTIONS_PAGE)}
        if mark := _number(cursor, "mark"):
            params["since_id"] = str(mark)
        if below := _number(_walk(cursor), "max_id"):
            params["max_id"] = str(below)
        return self._get(self.base_url, "/2/statuses/mentions.json", params)

    def _turn_mentions(
        self, answer: Mapping[str, Any], posts: list[Post], cursor: Cursor, _: datetime
    ) -> tuple[Cursor, bool]:
        mark, walk = _number(cursor, "mark"), _walk(cursor)
        ids = [int(post.native_id) for post in posts]
        below, pages = _number(walk, "max_id"), _number(walk, "pages") + 1
        top = max([mark, _number(walk, "top"), *ids])
        if below and ids and min(ids) > below:
            raise FeedError(Failure.SCHEMA_DRIFT, "the next page holds only posts of the page before")
        more = len(ids) >= MENTIONS_PAGE or answer.get("next_cursor") not in (None, 0, "0", "")
        if not ids or not more or min(ids) <= mark + 1 or (not mark and pages >= FIRST_WALK):
            return ({"mark": str(top)} if top else {}), True
        return {
            **({"mark": str(mark)} if mark else {}),
            "walk": {"top": str(top), "max_id": str(min(ids) - 1), "pages": pages},
        }, False

    def _search(self, cursor: Cursor) -> httpx.Request:
        page = max(1, _number(_walk(cursor), "page"))
        params = {"q": self.query, "sort": "time", "count": str(SEARCH_PAGE), "page": str(page)}
        if mark := _number(cursor, "mark"):
            params["starttime"] = str(mark - OVERLAP)
        return self._get(self.search_base_url, "/2/search/statuses/limited.json", params)

    def _turn_search(
        self, answer: Mapping[str, Any], posts: list[Post], cursor: Cursor, seen_at: datetime
    ) -> tuple[Cursor, bool]:
        mark, walk = _number(cursor, "mark"), _walk(cursor)
        page = max(1, _number(walk, "page"))
        times = [int(post.posted_at.timestamp()) for post in posts if post.posted_at]
        top = min(max([mark, _number(walk, "top"), *times]), int(seen_at.timestamp()))
        total = count(answer.get("total_number"))
        more = len(posts) >= SEARCH_PAGE or (total is not None and total.value > page * SEARCH_PAGE)
        past = bool(times) and min(times) < mark - OVERLAP
        if not posts or not more or past or (not mark and page >= FIRST_WALK):
            return ({"mark": top} if top else {}), True
        return {**({"mark": mark} if mark else {}), "walk": {"top": top, "page": page + 1}}, False

    # ── asking ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _get(self, base_url: str, path: str, params: dict[str, str]) -> httpx.Request:
        params = {"access_token": self.token.get_secret_value(), **params}
        return httpx.Request("GET", base_url.rstrip("/") + path, params=params)

    def _answer(self, response: httpx.Response, seen_at: datetime) -> Any:
        """The JSON of an answer. An error stands in the body, on whatever status it comes."""
        try:
            answer = json_of(response)
        except FeedError:
            refuse(response, seen_at)
            raise
        if isinstance(answer, dict) and "error_code" in answer:
            self._refused(answer, response, seen_at)
        refuse(response, seen_at)
        return answer

    def _refused(self, answer: Mapping[str, Any], response: httpx.Response, seen_at: datetime) -> None:
        code = _number(answer, "error_code")
        said = plain(str(answer.get("error") or answer.get("error_description") or ""))[:120]
        problem = f"Weibo says {code} {said}".strip().replace(self.token.get_secret_value(), "…")
        if code in _AUTH:
            raise FeedError(Failure.AUTH_EXPIRED, problem, fix=RENEW)
        if code in _QUOTA:
            raise FeedError(Failure.RATE_LIMITED, problem, retry_after=retry_after(response, seen_at))
        if code in _CONFIG:
            raise FeedError(Failure.MISCONFIGURED, problem, fix=ASK_WEIBO)
        if code in _NO_POST:
            raise _NoSuchPostError(Failure.SCHEMA_DRIFT, problem)
        if code in _TROUBLE:
            raise FeedError(Failure.TRANSIENT, problem)
        refuse(response, seen_at)
        raise FeedError(Failure.SCHEMA_DRIFT, problem)


class _NoSuchPostError(FeedError):
    """The whole answer is that there is no such post; to a walk that is an answer it does not understand."""


def _walk(cursor: Cursor) -> Mapping[str, Any]:
    walk = cursor.get("walk")
    return walk if isinstance(walk, Mapping) else {}


def _number(item: Mapping[str, Any], name: str) -> int:
    """A whole number given as one or as its digits; 0 where there is none."""
    value = item.get(name)
    if type(value) is int:
        return value
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 20 else 0
