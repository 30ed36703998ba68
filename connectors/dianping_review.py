"""A review on 大众点评 as its own pages write it, for whoever may hand it on: the merchant's export, a vendor. Nobody asks the site."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connectors.counts import count
from connectors.fields import first, identifier, inner, words
from connectors.times import moment
from monitor.model import Author, Counts, Post, Sighting

PLATFORM = "dianping"

_REVIEW = "101"
"""Of the kinds in a member's feed (check-ins, posts, guides); ids of the others are another series."""


def review(said: object, seen_at: datetime) -> Sighting | str:
    """A review of a shop, or what is wrong with it. `said`: an entry of a member's feed, or a row of the merchant's reviews."""
    if not isinstance(said, dict):
        return "is no object"
    number = identifier(said, "reviewId", "review_id", "mainId", "id")
    if not number:
        return "has no review id"
    kind = str(said.get("feedType") or _REVIEW)[:10]
    shop = inner(said, "poi", "shop") or said
    shop_id = identifier(shop, "shopId", "shop_id", "shopUuid")
    user = inner(said, "user") or said
    post = Post(
        platform=PLATFORM,
        native_id=number if kind == _REVIEW else f"{kind}:{number}",
        kind="review" if kind == _REVIEW else "post",
        url=_address(number, kind, shop_id),
        author=Author(
            id=identifier(user, "userId", "user_id") or None,
            name=words(user, "userNickName", "userName", "user_name", "nickname"),
        ),
        title=words(shop, "shopName", "shop_name", "name"),
        text=words(said, "content", "reviewBody", "review_body"),
        posted_at=moment(first(said, "addTime", "add_time", "time", "reviewTime"), seen_at),
        rating=_stars(first(said, "star", "score", "rating")),
        region=words(shop, "cityName", "city") or None,
        product=words(shop, "shopName", "shop_name", "name") or None,
    )
    return Sighting(key=post.key, seen_at=seen_at, counts=_counts(said), post=post)


def _address(number: str, kind: str, shop_id: str) -> str:
    if kind == _REVIEW:
        return f"https://www.dianping.com/review/{number}"
    return f"https://www.dianping.com/shop/{shop_id}" if shop_id else ""


def _stars(shown: object) -> int | None:
    """Stars are shown in tenths (10, 35, 50) or whole (1 to 5); half a star falls to the side of the complaint. 0: none given."""
    found = count(shown)
    if found is None or not 1 <= found.value <= 50:
        return None
    return found.value if found.value <= 5 else max(1, found.value // 10)


def _counts(said: Mapping[str, Any]) -> Counts:
    return Counts(
        likes=count(first(said, "likeCount", "flowerTotal", "like_count")),
        comments=count(first(said, "commentCount", "followNoteNo", "comment_count")),
        views=count(first(said, "viewCount", "browseCount", "view_count")),
    )
