"""Reviews of one app in one App Store storefront, from Apple's published review feed: at most the 500 newest."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import httpx

from connectors.answers import json_of, place, refuse
from connectors.counts import count, number
from connectors.markup import plain
from connectors.storefront import NO_SUCH_APP, Storefront
from connectors.times import moment
from monitor.errors import Failure, FeedError
from monitor.model import Author, Counts, Post, PostKey, Sighting
from monitor.ports import Batch, Cursor

PAGES = 10
"""The feed's depth; the eleventh page is refused."""

TOO_DEEP = {"overlap": 0.0, "overrun": 1.0, "cap_hit": 1.0}
"""What a walk proves whose ten pages end before anything known: reviews were pushed out between two polls."""

ASK_AGAIN = 2
"""Times an empty page is asked for again: Apple serves empty pages now and then, so one is not the end."""

REMEMBERED = 100
"""Newest reviews whose id and time of writing the cursor keeps."""


@dataclass(frozen=True, kw_only=True)
class AppStore(Storefront):
    """A feed is a storefront."""

    # {"known": {id: updated}} stands. With "walk" it is at page `page`, asked for `again` more times, and has
    # `met` on its way what becomes known when it has come to its end.

    def first(self, cursor: Cursor) -> httpx.Request:
        page = min(PAGES, max(1, number(_mapping(cursor.get("walk")).get("page")) or 1))
        path = f"/{self.country.lower()}/rss/customerreviews/page={page}/id={self.app_id}/sortby=mostrecent/json"
        return httpx.Request("GET", self.base_url.rstrip("/") + path)

    def parse(self, response: httpx.Response, cursor: Cursor, seen_at: datetime) -> Batch:
        entries = self._entries(response, seen_at)
        seen: list[Sighting] = []
        updated: dict[str, str] = {}
        rejected: list[str] = []
        known = {**_mapping(cursor.get("known")), **_mapping(_mapping(cursor.get("walk")).get("met"))}
        for place_, entry in enumerate(entries):
            found = self._review(entry, seen_at)
            if isinstance(found, str):
                rejected.append(f"entry {place_} {found}")
            elif found is not None:
                written = _label(entry, "updated")
                seen.append(_edited(found) if known.get(found.key.native_id, written) != written else found)
                updated[found.key.native_id] = written
        if rejected and not seen:
            raise FeedError(Failure.SCHEMA_DRIFT, f"none of {len(rejected)} reviews can be read: {rejected[0]}")
        onward, done, facts = _turn(cursor, updated)
        return Batch(
            sightings=tuple(seen),
            next=None if done else self.first(onward),
            cursor=onward,
            facts=facts,
            rejected=tuple(rejected),
        )

    def _entries(self, response: httpx.Response, seen_at: datetime) -> list[Any]:
        if response.status_code in (400, 404):
            raise FeedError(
                Failure.MISCONFIGURED,
                f"{place(response)} answered {response.status_code}: no such app in this storefront",
                fix=NO_SUCH_APP,
            )
        refuse(response, seen_at, credentials=False)
        answer = json_of(response, credentials=False)
        feed = answer.get("feed") if isinstance(answer, dict) else None
        if not isinstance(feed, dict):
            raise FeedError(Failure.SCHEMA_DRIFT, "the answer has no feed")
        entry = feed.get("entry", [])
        if not isinstance(entry, list | dict):
            raise FeedError(Failure.SCHEMA_DRIFT, "the feed's entry is neither one review nor a list")
        return entry if isinstance(entry, list) else [entry]

    def _review(self, entry: object, seen_at: datetime) -> Sighting | str | None:
        """A review; None: the entry that describes the app, as old feeds have it; or what is wrong."""
        if not isinstance(entry, dict):
            return "is no object"
        if "im:rating" not in entry:
            return None
        review_id, rating = _label(entry, "id"), number(_label(entry, "im:rating"))
        if not (review_id.isascii() and review_id.isdigit()):
            return "has no id"
        native_id = f"{self.country.lower()}:{self.app_id}:{review_id}"
        author = _mapping(entry.get("author"))
        written = moment(_label(entry, "updated"), seen_at)
        post = Post(
            platform="appstore",
            native_id=native_id,
            kind="review",
            url=f"https://apps.apple.com/{self.country.lower()}/app/id{self.app_id}?see-all=reviews",
            author=Author(
                id=_label(author, "uri").rpartition("/id")[2] or None,
                name=plain(_label(author, "name")),
            ),
            title=plain(_label(entry, "title")),
            text=plain(_label(entry, "content")),
            posted_at=written,
            rating=rating if rating is not None and 1 <= rating <= 5 else None,
        )
        counts = Counts(likes=count(_label(entry, "im:voteSum")))
        return Sighting(key=PostKey("appstore", native_id), seen_at=seen_at, counts=counts, post=post)


def _edited(seen: Sighting) -> Sighting:
    """Apple tells one time, that of the last change. Of a known review it is no publication: it stays where it was."""
    if seen.post is None:
        return seen
    return replace(seen, post=replace(seen.post, posted_at=None, edited_at=seen.post.posted_at))


_EPOCH = datetime.fromtimestamp(0, UTC)
"""Apple writes whole times, so no day is needed to read them."""


def _turn(cursor: Cursor, updated: Mapping[str, str]) -> tuple[Cursor, bool, Mapping[str, float]]:
    """The next cursor; whether the walk is done: at the last page, at a known review, at an end that stays empty; what that proves."""
    known, walk = _mapping(cursor.get("known")), _mapping(cursor.get("walk"))
    page, again = number(walk.get("page")) or 1, number(walk.get("again")) or 0
    met = {**_mapping(walk.get("met")), **updated}
    if not updated and again < ASK_AGAIN:
        return {"known": known, "walk": {"page": page, "again": again + 1, "met": met}}, False, {}
    # An edited review comes back to the top with a new time: only one that is known as it is ends the walk.
    reached = any(known.get(review) == written for review, written in updated.items())
    if updated and not reached and page < PAGES:
        return {"known": known, "walk": {"page": page + 1, "again": 0, "met": met}}, False, {}
    if known and not updated:
        # A walk that broke off before what is known: learning what it met would hide the reviews that lie between.
        return {"known": known}, True, {}
    newest = sorted({**known, **met}.items(), key=lambda item: _sortable(item[1]), reverse=True)
    facts = {"overlap": 1.0} if reached else TOO_DEEP if known and updated else {}
    return {"known": dict(newest[:REMEMBERED])}, True, facts


def _sortable(updated: object) -> float:
    found = moment(updated, _EPOCH)
    return found.timestamp() if found else 0.0


def _mapping(value: object) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}


def _label(entry: Mapping[str, Any], name: str) -> str:
    """Apple wraps every value, numbers too, as `{"label": "…"}`."""
    wrapped = entry.get(name)
    value = wrapped.get("label") if isinstance(wrapped, dict) else None
    return value if isinstance(value, str) else ""
