"""How an app is rated in one App Store storefront: most who give stars write nothing, and Apple's lookup alone counts those."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import httpx

from connectors.answers import json_of, place, refuse
from connectors.counts import number
from connectors.fields import inner, words
from connectors.storefront import NO_SUCH_APP, Storefront
from monitor.errors import Failure, FeedError
from monitor.model import Counts, Post, Sighting
from monitor.ports import Batch, Cursor

SOME = 10
"""New ratings that are worth a word; fewer wait for the next look."""

SURE = 0.25
"""Stars by which the average of the new ratings may be off. Apple rounds that of all, so where they are many it takes more new ones."""

ASK_AGAIN = 2
"""Times an app that was there and is not is asked for again."""


@dataclass(frozen=True, kw_only=True)
class AppStoreRatings(Storefront):
    """Each look that finds new ratings is one post of kind "ratings", with the stars that they give on average: so a fall of the
    rating counts where bad reviews are counted.
    """

    # {"rated", "average", "digits"} is what the next look is held against; "again": so often nothing was found since.

    def first(self, cursor: Cursor) -> httpx.Request:  # noqa: ARG002 - every question is the same
        params = {"id": self.app_id, "country": self.country.lower()}
        return httpx.Request("GET", self.base_url.rstrip("/") + "/lookup", params=params)

    def parse(self, response: httpx.Response, cursor: Cursor, seen_at: datetime) -> Batch:
        app = self._app(response, seen_at)
        if app is None:
            return self._nothing(response, cursor)
        average, rated = _stars(app.get("averageUserRating")), number(app.get("userRatingCount"))
        if rated is None or average is None:
            raise FeedError(Failure.SCHEMA_DRIFT, "the app has no rating and no count of ratings")
        now = _Total(rated=rated, average=average, digits=max(_digits(average), number(cursor.get("digits")) or 0))
        before = _before(cursor)
        if before is None or now.rated < before.rated:
            # First sight is not news; and where ratings were taken away nobody knows which.
            return Batch(cursor=now.as_cursor())
        stars = now.since(before)
        if stars is None:
            return Batch(cursor=before.as_cursor() if cursor.get("again") else None)
        post = self._post(app, before, now, stars, seen_at)
        return Batch(
            sightings=(Sighting(key=post.key, seen_at=seen_at, counts=Counts(), post=post),), cursor=now.as_cursor()
        )

    def _app(self, response: httpx.Response, seen_at: datetime) -> Mapping[str, Any] | None:
        refuse(response, seen_at, credentials=False)
        answer = json_of(response, credentials=False)
        results = answer.get("results") if isinstance(answer, dict) else None
        if not isinstance(results, list):
            raise FeedError(Failure.SCHEMA_DRIFT, "the answer has no list of results")
        apps = (inner({"app": result}, "app") for result in results)
        return next((app for app in apps if str(app.get("trackId")) == self.app_id), None)

    def _nothing(self, response: httpx.Response, cursor: Cursor) -> Batch:
        """An app that was never there is a mistake of ours; one that was is asked for again."""
        if _before(cursor) is None:
            raise FeedError(
                Failure.MISCONFIGURED,
                f"{place(response)} knows no such app in this storefront",
                fix=NO_SUCH_APP,
            )
        again = number(cursor.get("again")) or 0
        if again >= ASK_AGAIN:
            return Batch(cursor={**cursor, "again": 0}, facts={"empty": 1.0})
        onward = {**cursor, "again": again + 1}
        return Batch(cursor=onward, next=self.first(onward))

    def _post(self, app: Mapping[str, Any], before: "_Total", now: "_Total", stars: float, seen_at: datetime) -> Post:
        shop = f"{self.country.lower()}:{self.app_id}"
        return Post(
            platform="appstore",
            native_id=f"{shop}:ratings:{int(seen_at.timestamp())}",
            kind="ratings",
            url=f"https://apps.apple.com/{self.country.lower()}/app/id{self.app_id}?see-all=reviews",
            title=f"{words(app, 'trackName')[:60]} 新增 {now.rated - before.rated} 个评分，平均 {stars:.1f} 星",
            text=f"总评 {before.average:.2f} → {now.average:.2f}，共 {now.rated} 个评分",
            posted_at=seen_at,
            rating=min(5, max(1, round(stars))),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Total:
    """All ratings at one look. `digits`: behind the point, as many as were ever shown."""

    rated: int
    average: float
    digits: int

    def since(self, before: "_Total") -> float | None:
        """What the ratings since then give on average; None: too few to say."""
        new = self.rated - before.rated
        if new < SOME or 0.5 * 10**-self.digits * (self.rated + before.rated) / new > SURE:
            return None
        return min(5.0, max(1.0, (self.average * self.rated - before.average * before.rated) / new))

    def as_cursor(self) -> Cursor:
        return {"rated": self.rated, "average": self.average, "digits": self.digits}


def _before(cursor: Cursor) -> _Total | None:
    rated, average = number(cursor.get("rated")), _stars(cursor.get("average"))
    if rated is None or average is None:
        return None
    return _Total(rated=rated, average=average, digits=number(cursor.get("digits")) or 0)


def _stars(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and type(value) is not bool and 0 <= value <= 5 else None


def _digits(average: float) -> int:
    exponent = Decimal(str(average)).as_tuple().exponent
    return min(9, max(0, -exponent)) if isinstance(exponent, int) else 0
