"""A comment on a product as JD's own pages write it, for whoever may hand it on: the shop's export, a vendor. JD is never asked."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connectors.counts import count
from connectors.fields import first, identifier, inner, string, words
from connectors.times import moment
from monitor.model import Author, Counts, Post, Sighting

PLATFORM = "jd"


def comment(said: object, seen_at: datetime) -> Sighting | str:
    """A product's comment, or what is wrong with it. What was added days later (追评) is part of its text."""
    if not isinstance(said, dict):
        return "is no object"
    comment_id = identifier(said, "id", "commentId", "comment_id")
    if not comment_id:
        return "has no comment id"
    sku = identifier(said, "referenceId", "productId", "sku")
    post = Post(
        platform=PLATFORM,
        native_id=comment_id,
        kind="review",
        url=f"https://item.jd.com/{sku}.html" if sku.isdigit() else "",
        author=Author(name=words(said, "nickname")),
        text=_text(said),
        posted_at=moment(first(said, "creationTime", "creation_time"), seen_at),
        rating=_stars(said.get("score")),
        region=words(said, "location") or None,
        product=_product(said) or None,
    )
    counts = Counts(likes=count(said.get("usefulVoteCount")), comments=count(said.get("replyCount")))
    return Sighting(key=post.key, seen_at=seen_at, counts=counts, post=post)


def _text(said: Mapping[str, Any]) -> str:
    later = inner(said, "afterUserComment")
    more = words(later, "content") or words(inner(later, "hAfterUserComment"), "content")
    text = words(said, "content")
    return f"{text}\n追评：{more}" if more else text


def _stars(score: object) -> int | None:
    found = count(score)
    return found.value if found and 1 <= found.value <= 5 else None


def _product(said: Mapping[str, Any]) -> str:
    """The product with what was chosen of it: 示例牌 充电宝 白色."""
    chosen = (string(said, name) for name in ("productColor", "productSize"))
    return " ".join(filter(None, (words(said, "referenceName"), *chosen)))[:120]
