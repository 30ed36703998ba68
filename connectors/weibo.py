"""Weibo's official API: posts that @ the authorised account, commercial keyword search, and counts of known posts."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

import httpx
from pydantic import SecretStr

from connectors.answers import json_of, refuse, retry_after
from connectors.counts import count, number
from connectors.markup import plain
from connectors.times import moment
from monitor.errors import Failure, FeedError
from monitor.model import Author, Availability, Count, Counts, Post, PostKey, Precision, Sighting
from monitor.ports import Batch, Cursor

FIRST_WALK = 4
"""Pages of a feed's first walk ever: a start is not a history lesson."""

MENTIONS_PAGE = 100
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
_DELETED = "此微博已被原作者删除"


@dataclass(frozen=True, kw_only=True)
class Weibo:
    """`mode` "mentions": a normal token, 100 requests a day. "search": a commercial contract, on another host."""

    token: SecretStr
    mode: Literal["mentions", "search"] = "mentions"
    query: str = ""
    base_url: str = "https://api.weibo.com"
    search_base_url: str = "https://c.api.weibo.com"

    def __post_init__(self) -> None:
        if self.mode == "search" and not self.query.strip():
            raise ValueError('mode "search" needs a query')
        if set(self.query) & set('{}"'):
            raise ValueError("a query of Weibo's search cannot hold { } or quotes")

    @property
    def platform(self) -> str:
        return "weibo"

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
        statuses = answer["statuses"]
        sightings, posts, rejected = _statuses(statuses, seen_at)
        if rejected and not posts:
            raise FeedError(Failure.SCHEMA_DRIFT, f"none of {len(rejected)} statuses can be read: {rejected[0]}")
        turn = self._turn_search if self.mode == "search" else self._turn_mentions
        onward, done = turn(answer, posts, cursor, seen_at)
        return Batch(
            sightings=tuple(sightings),
            next=None if done else self.first(onward),
            cursor=onward,
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
            return Batch(gone=tuple(posts))
        if not isinstance(answer, list):
            raise FeedError(Failure.SCHEMA_DRIFT, "the answer is not a list of counts")
        asked = {post.native_id: post for post in posts}
        sightings: list[Sighting] = []
        rejected: list[str] = []
        for item in answer:
            native_id = _native_id(item) if isinstance(item, dict) else None
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
            sightings=tuple(sightings), gone=() if rejected else tuple(asked.values()), rejected=tuple(rejected)
        )

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


def _statuses(statuses: list[Any], seen_at: datetime) -> tuple[list[Sighting], list[Post], list[str]]:
    """Every status and every original that one carries; the statuses' own posts; the lines that could not be read."""
    sightings: dict[PostKey, Sighting] = {}
    posts: list[Post] = []
    rejected: list[str] = []
    for place, status in enumerate(statuses):
        seen = _sighting(status, seen_at) if isinstance(status, dict) else None
        if seen is None:
            rejected.append(f"status {place} has no id")
            continue
        original = status.get("retweeted_status")
        below = _original(original, seen_at) if isinstance(original, dict) else None
        post = seen.post or Post(platform="weibo", native_id=seen.key.native_id)
        if seen.post and below:
            post = replace(seen.post, kind="repost", repost_of=below.key.native_id)
            seen = replace(seen, post=post)
        posts.append(post)
        sightings[seen.key] = seen
        if below:
            sightings.setdefault(below.key, below)
    return list(sightings.values()), posts, rejected


def _sighting(status: Mapping[str, Any], seen_at: datetime) -> Sighting | None:
    native_id = _native_id(status)
    if native_id is None:
        return None
    key = PostKey("weibo", native_id)
    text = _text(status)
    if str(status.get("deleted")) in ("1", "True") or text.startswith(_DELETED):
        return Sighting(key=key, seen_at=seen_at, availability=Availability.GONE)
    shown = status.get("visible")
    hidden = isinstance(shown, dict) and shown.get("type") not in (None, 0)
    return Sighting(
        key=key,
        seen_at=seen_at,
        counts=_counts(status),
        availability=Availability.RESTRICTED if hidden else Availability.VISIBLE,
        post=Post(
            platform="weibo",
            native_id=native_id,
            url=f"https://m.weibo.cn/status/{native_id}",
            author=_author(status.get("user")),
            text=text,
            posted_at=moment(status.get("created_at"), seen_at),
            region=_string(status, "region_name").removeprefix("发布于").strip() or None,
        ),
    )


def _original(status: Mapping[str, Any], seen_at: datetime) -> Sighting | None:
    """A repost's original. One without its author is hidden: its text is the platform's notice, not a post."""
    seen = _sighting(status, seen_at)
    if seen is None or seen.post is None or isinstance(status.get("user"), dict):
        return seen
    return Sighting(key=seen.key, seen_at=seen_at, availability=Availability.RESTRICTED)


def _text(status: Mapping[str, Any]) -> str:
    long = status.get("longText")
    if isinstance(long, dict) and _string(long, "content"):
        return plain(_string(long, "content"))
    return plain(_string(status, "text"))


def _counts(status: Mapping[str, Any]) -> Counts:
    """Counts as shown; where the site says that it caps them, a capped one is a lower bound."""
    strategy = status.get("number_display_strategy")
    cap = count(strategy.get("display_text_min_number")) if isinstance(strategy, dict) else None

    def shown(name: str) -> Count | None:
        found = count(status.get(name))
        capped = found is not None and cap is not None and found.value >= cap.value > 0
        return Count(found.value, Precision.LOWER_BOUND) if found and capped else found

    return Counts(reposts=shown("reposts_count"), comments=shown("comments_count"), likes=shown("attitudes_count"))


def _author(user: object) -> Author:
    if not isinstance(user, dict):
        return Author()
    kind, verified = user.get("verified_type"), user.get("verified")
    if type(kind) is int:
        verified = verified is True or 0 <= kind <= 7
    return Author(
        id=_native_id(user),
        name=plain(_string(user, "screen_name") or _string(user, "name")),
        followers=number(user.get("followers_count")),
        verified=verified if isinstance(verified, bool) else None,
    )


def _native_id(item: Mapping[str, Any]) -> str | None:
    """The id as a string of digits: JSON numbers of this size lose digits in other languages, never here."""
    for name in ("idstr", "id", "mid"):
        value = item.get(name)
        if type(value) is int and value > 0:
            value = str(value)
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 20 and int(value):
            return str(int(value))
    return None


def _string(item: Mapping[str, Any], name: str) -> str:
    value = item.get(name)
    return value if isinstance(value, str) else ""


def _walk(cursor: Cursor) -> Mapping[str, Any]:
    walk = cursor.get("walk")
    return walk if isinstance(walk, Mapping) else {}


def _number(item: Mapping[str, Any], name: str) -> int:
    """A whole number given as one or as its digits; 0 where there is none."""
    value = item.get(name)
    if type(value) is int:
        return value
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 20 else 0
