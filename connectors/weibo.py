"""Weibo's official API: posts and comments that reach the authorised account, commercial search, and known posts again."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

import httpx
from pydantic import SecretStr

from connectors import weibo_again
from connectors.counts import count
from connectors.weibo_codes import NoSuchPostError, answer_of, number_in
from connectors.weibo_comment import comments
from connectors.weibo_status import cut, statuses
from monitor.errors import Failure, FeedError
from monitor.model import Post, PostKey
from monitor.ports import Batch, Cursor
from monitor.sight import Sight

FIRST_WALK = 10
"""Pages of a feed's first walk ever: a backlog of thousands is seen, and no history lesson is asked for."""

MENTIONS_PAGE = 200
COMMENTS_PAGE = 50
SEARCH_PAGE = 50

OVERLAP = 600
"""Seconds before the newest post seen that a search asks for again: the index is late by minutes."""

OVERLAP_EVERY = 60
"""Seconds between two walks through the overlap. One that follows sooner ends where it meets what the last one saw: what is indexed
late is late by minutes."""

OVERLAP_PAGES = 20
"""Pages after which a walk that has met what the last one saw leaves the rest of the overlap: that of a search which brings more than
a hundred posts a minute would keep the newest waiting."""

_PATHS = {
    "mentions": "/2/statuses/mentions.json",
    "comments": "/2/comments/to_me.json",
    "comment-mentions": "/2/comments/mentions.json",
    "search": "/2/search/statuses/limited.json",
}
_BATCH = "/2/statuses/show_batch/biz.json"
_AGAIN = {"count": ("/2/statuses/count.json", 100), "show_batch": (_BATCH, 50)}


@dataclass(frozen=True, kw_only=True)
class Weibo:
    """`mode`, with a normal token (100 requests a day): "mentions" are posts that @ the authorised account, "comments" those it
    receives, "comment-mentions" those that @ it. "search" needs a commercial contract and asks another host.

    `again`: how known posts are looked at: "count" brings counts alone, with any token; "show_batch" the whole posts, under
    the contract. `token_expires_at`, with its zone: when the token ends, where Weibo does not say so itself.
    """

    token: SecretStr
    token_expires_at: datetime | None = None
    mode: Literal["mentions", "comments", "comment-mentions", "search"] = "mentions"
    query: str = ""
    again: Literal["count", "show_batch"] = "count"
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
        return {"search": Sight.KEYWORD, "comments": Sight.COMMENTS}.get(self.mode, Sight.MENTIONS)

    @property
    def account(self) -> str:
        digest = hashlib.sha256(self.token.get_secret_value().encode()).hexdigest()
        return f"weibo:{digest[:10]}"

    @property
    def batch_size(self) -> int:
        return _AGAIN[self.again][1]

    def first(self, cursor: Cursor) -> httpx.Request:
        if self.mode != "search":
            return self._listing(cursor)
        return self._whole(ids) if (ids := _cut_ids(cursor)) else self._search(cursor)

    def parse(self, response: httpx.Response, cursor: Cursor, seen_at: datetime) -> Batch:
        if response.request.url.path.endswith(_BATCH):
            return self._long_texts(response, cursor, seen_at)
        answer = self._answer(response, seen_at)
        what = "comments" if self.mode in ("comments", "comment-mentions") else "statuses"
        listed = answer.get(what) if isinstance(answer, dict) else None
        if not isinstance(listed, list):
            raise FeedError(Failure.SCHEMA_DRIFT, f"the answer has no list of {what}")
        sightings, posts, rejected = (comments if what == "comments" else statuses)(listed, seen_at)
        if rejected and not posts:
            raise FeedError(Failure.SCHEMA_DRIFT, f"none of {len(rejected)} {what} can be read: {rejected[0]}")
        turn = self._turn_search if self.mode == "search" else self._turn_listing
        onward, done = turn(answer, posts, cursor, seen_at)
        if self.mode == "search" and (ids := cut(listed)):
            onward, done = {**onward, "cut": ids, "over": done}, False
        return Batch(
            sightings=tuple(sightings),
            next=None if done else self.first(onward),
            cursor=onward,
            facts=self._facts(),
            rejected=tuple(rejected),
        )

    def revisit(self, posts: Sequence[PostKey]) -> httpx.Request:
        ids = [post.native_id for post in posts]
        if self.again == "show_batch":
            return self._whole(ids)
        return self._get(self.base_url, _AGAIN["count"][0], {"ids": ",".join(ids)})

    def parse_revisit(self, response: httpx.Response, posts: Sequence[PostKey], seen_at: datetime) -> Batch:
        try:
            answer = self._answer(response, seen_at)
        except NoSuchPostError as nothing:
            return replace(weibo_again.denied(posts, nothing.problem), facts=self._facts())
        read = weibo_again.posts_of if self.again == "show_batch" else weibo_again.counts_of
        return replace(read(answer, posts, seen_at), facts=self._facts())

    # ── how the account stands ──────────────────────────────────────────────────────────────────────────────────────

    def standing(self) -> Sequence[httpx.Request]:
        """What is left of the quota, and when the token ends. Neither counts as a request for data."""
        token = {"access_token": self.token.get_secret_value()}
        base = self.base_url.rstrip("/")
        return (
            self._get(self.base_url, "/2/account/rate_limit_status.json", {}),
            httpx.Request("POST", base + "/oauth2/get_token_info", data=token),
        )

    def parse_standing(self, response: httpx.Response, seen_at: datetime) -> Mapping[str, float]:
        """`quota_remaining` and `token_expires_at`, each where the answer has it."""
        answer = self._answer(response, seen_at)
        if not isinstance(answer, dict):
            raise FeedError(Failure.SCHEMA_DRIFT, "the answer does not say how the account stands")
        facts = dict(self._facts())
        if (left := count(answer.get("remaining_user_hits"))) is not None:
            facts["quota_remaining"] = left.value
        # Seconds that are left; below zero it is over.
        ends_in = answer.get("expire_in")
        if isinstance(ends_in, int | str) and str(ends_in).removeprefix("-").isdecimal() and len(str(ends_in)) <= 12:
            facts["token_expires_at"] = seen_at.timestamp() + int(ends_in)
        return facts

    def _facts(self) -> Mapping[str, float]:
        return {} if self.token_expires_at is None else {"token_expires_at": self.token_expires_at.timestamp()}

    # ── walking ─────────────────────────────────────────────────────────────────────────────────────────────────────
    # {"mark": M} stands; {"mark": M, "walk": {…, "top": T}} is on its way down from T, and only its end makes T the mark.
    # {…, "overlap": O} of a search: when, by the epoch's seconds, a walk last went through the overlap.
    # {…, "cut": [ids], "over": B} still asks for the whole texts of the last page; with B they were all that was left.

    def _listing(self, cursor: Cursor) -> httpx.Request:
        params = {"count": str(self._page)}
        if mark := number_in(cursor, "mark"):
            params["since_id"] = str(mark)
        if below := number_in(_walk(cursor), "max_id"):
            params["max_id"] = str(below)
        return self._get(self.base_url, _PATHS[self.mode], params)

    @property
    def _page(self) -> int:
        return MENTIONS_PAGE if self.mode == "mentions" else COMMENTS_PAGE

    def _turn_listing(
        self, answer: Mapping[str, Any], posts: list[Post], cursor: Cursor, _: datetime
    ) -> tuple[dict[str, Any], bool]:
        mark, walk = number_in(cursor, "mark"), _walk(cursor)
        ids = [int(post.native_id) for post in posts]
        below, pages = number_in(walk, "max_id"), number_in(walk, "pages") + 1
        top = max([mark, number_in(walk, "top"), *ids])
        if below and ids and min(ids) > below:
            raise FeedError(Failure.SCHEMA_DRIFT, "the next page holds only posts of the page before")
        more = len(ids) >= self._page or answer.get("next_cursor") not in (None, 0, "0", "")
        if not ids or not more or min(ids) <= mark + 1 or (not mark and pages >= FIRST_WALK):
            return ({"mark": str(top)} if top else {}), True
        return {
            **({"mark": str(mark)} if mark else {}),
            "walk": {"top": str(top), "max_id": str(min(ids) - 1), "pages": pages},
        }, False

    def _search(self, cursor: Cursor) -> httpx.Request:
        page = max(1, number_in(_walk(cursor), "page"))
        params = {"q": self.query, "sort": "time", "count": str(SEARCH_PAGE), "page": str(page)}
        if mark := number_in(cursor, "mark"):
            params["starttime"] = str(mark - OVERLAP)
        return self._get(self.search_base_url, _PATHS["search"], params)

    def _turn_search(
        self, answer: Mapping[str, Any], posts: list[Post], cursor: Cursor, seen_at: datetime
    ) -> tuple[dict[str, Any], bool]:
        mark, walk = number_in(cursor, "mark"), _walk(cursor)
        page = max(1, number_in(walk, "page"))
        times = [int(post.posted_at.timestamp()) for post in posts if post.posted_at]
        top = min(max([mark, number_in(walk, "top"), *times]), int(seen_at.timestamp()))
        total = count(answer.get("total_number"))
        more = len(posts) >= SEARCH_PAGE or (total is not None and total.value > page * SEARCH_PAGE)
        now, before = int(seen_at.timestamp()), number_in(cursor, "overlap")
        before = before if before <= now else 0  # the clock went back, or it is none of ours
        short = now - before < OVERLAP_EVERY
        meets = mark if short or page >= OVERLAP_PAGES else mark - OVERLAP
        past = bool(times) and min(times) < meets
        if not posts or not more or past or (not mark and page >= FIRST_WALK):
            return ({"mark": top, "overlap": before if short else now} if top else {}), True
        kept = {name: number for name, number in (("mark", mark), ("overlap", before)) if number}
        return {**kept, "walk": {"top": top, "page": page + 1}}, False

    def _long_texts(self, response: httpx.Response, cursor: Cursor, seen_at: datetime) -> Batch:
        """The whole texts of a page's long posts. Where the contract has none, the walk goes on with what the page showed."""
        ids = _cut_ids(cursor)
        onward: Cursor = {key: value for key, value in cursor.items() if key not in ("cut", "over")}
        try:
            asked = [PostKey("weibo", one) for one in ids]
            batch = weibo_again.posts_of(self._answer(response, seen_at), asked, seen_at)
        except NoSuchPostError as nothing:
            batch = Batch(rejected=(f"long texts: {nothing.problem}",))
        except FeedError as error:
            if error.failure is not Failure.MISCONFIGURED:
                raise
            batch = Batch(rejected=(f"long texts stay cut: {error.problem}",))
        over = cursor.get("over") is not False
        return replace(batch, cursor=onward, facts=self._facts(), next=None if over else self.first(onward))

    # ── asking ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _whole(self, ids: Sequence[str]) -> httpx.Request:
        return self._get(self.search_base_url, _BATCH, {"ids": ",".join(ids), "isGetLongText": "1"})

    def _get(self, base_url: str, path: str, params: dict[str, str]) -> httpx.Request:
        params = {"access_token": self.token.get_secret_value(), **params}
        return httpx.Request("GET", base_url.rstrip("/") + path, params=params)

    def _answer(self, response: httpx.Response, seen_at: datetime) -> Any:
        return answer_of(response, seen_at, self.token.get_secret_value())


def _walk(cursor: Cursor) -> Mapping[str, Any]:
    walk = cursor.get("walk")
    return walk if isinstance(walk, Mapping) else {}


def _cut_ids(cursor: Cursor) -> list[str]:
    ids = cursor.get("cut")
    return [one for one in ids if isinstance(one, str) and one.isdecimal()][:50] if isinstance(ids, list) else []
