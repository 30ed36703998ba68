"""Between rows and nouns: how each noun is written down and read back."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import Column

from monitor.model import (
    COUNTERS,
    Author,
    Availability,
    Count,
    Counts,
    Look,
    Mention,
    Opinion,
    Post,
    PostKey,
    Precision,
    Sentiment,
    Severity,
    Sighting,
)
from monitor.store import schema

LONGEST_TEXT = 5_000
LONGEST_WORD = 2_000
"""Characters of a title, a link, a name: longer ones are nobody's."""

LARGEST = 2**63 - 1

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_COUNTS_KEPT = 8_192
_PRECISIONS = tuple(Precision)
_AVAILABILITIES = tuple(Availability)
_AVAILABILITY_CODES = {availability: code for code, availability in enumerate(_AVAILABILITIES)}

# ── moments, JSON, text ─────────────────────────────────────────────────────────────────────────────────────────────


def ms(moment: datetime) -> int:
    return (moment - _EPOCH) // _MILLISECOND


def ms_or_none(moment: datetime | None) -> int | None:
    return None if moment is None else ms(moment)


def moment(stamp: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=stamp)


def moment_or_none(stamp: int | None) -> datetime | None:
    return None if stamp is None else moment(stamp)


def as_json(value: Any) -> str:
    return orjson.dumps(value, default=_plain, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY).decode()


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else str(value)


def json_or_none(value: Any) -> str | None:
    return None if value is None else as_json(value)


def storable(text: str, longest: int = LONGEST_WORD) -> str:
    """At most `longest` characters that every database takes: no NUL, no half of a surrogate pair."""
    text = text[:longest]
    if text.isprintable():  # the cheapest question; nearly every word is
        return text
    return text if text.isascii() and "\0" not in text else text.encode("utf-8", "replace").decode().replace("\0", "")


def _word(text: str | None) -> str | None:
    return None if text is None else storable(text)


def _number(value: int | None) -> int | None:
    return None if value is None else max(-LARGEST, min(value, LARGEST))


# ── posts ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def key_of(key: PostKey) -> PostKey:
    """The key as it is stored."""
    return PostKey(storable(key.platform), storable(key.native_id))


def hashed(hash_key: bytes, platform: str, author: str) -> str:
    """An author's id as it is stored: the same author is recognised, nobody is named."""
    return hmac.digest(hash_key, f"{platform}:{author}".encode("utf-8", "replace"), "sha256").hex()[:16]


def _ref(hash_key: bytes, kind: str, ref: str | None) -> str | None:
    """A customer or an order as it is stored: the same on every channel, so that one complaint is known wherever it comes in."""
    return hashed(hash_key, kind, ref) if ref else None


def text_hash(words: str) -> str:
    return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()[:16]


def post_row(post: Post, hash_key: bytes) -> dict[str, Any]:
    """What a post says of itself, as columns; the rest of the row is what we know of it."""
    author = post.author
    return {
        "kind": storable(post.kind),
        "url": storable(post.url),
        "author_id": None if not author.id else hashed(hash_key, post.platform, author.id),
        "author_name": storable(author.name),
        "followers": _number(author.followers),
        "verified": author.verified,
        "title": storable(post.title),
        "text": storable(post.text, LONGEST_TEXT),
        "posted_at": ms_or_none(post.posted_at),
        "edited_at": ms_or_none(post.edited_at),
        "repost_of": _word(post.repost_of),
        "parent": _word(post.parent),
        "rating": _number(post.rating),
        "region": _word(post.region),
        "product": _word(post.product),
        "status": _word(post.status),
        "customer_ref": _ref(hash_key, "customer_ref", post.customer_ref),
        "order_ref": _ref(hash_key, "order_ref", post.order_ref),
    }


def words(row: Mapping[str, Any]) -> str:
    """`Post.words` of a stored post."""
    title, text = row["title"], row["text"]
    return f"{title}\n{text}" if title and title not in text else text


def merged(known: Mapping[str, Any], seen: Mapping[str, Any]) -> dict[str, Any]:
    """The richest of what is known and what was seen now: the newest word counts, silence does not.

    A text that is only the known one cut short (a list's preview of a long post) leaves the known one. A post is published once: a
    later look may tell its time worse ("3 hours ago"), so the first one told stays, unless it was a day without an hour or to come.
    """
    row = {name: seen[name] if seen[name] not in (None, "") else known[name] for name in seen}
    if _cut_short(row["text"], known["text"]) and (row["edited_at"] or 0) <= (known["edited_at"] or 0):
        row["text"] = known["text"]
    told = known["posted_at"]
    if told is not None and told <= known["first_seen"] and (told + _EIGHT_HOURS) % _DAY:
        row["posted_at"] = told
    return row


_EIGHT_HOURS, _DAY = 8 * 3_600_000, 24 * 3_600_000
"""Midnight in Shanghai, in milliseconds of UTC, is a date whose hour nobody told."""


def _cut_short(text: str, whole: str) -> bool:
    return len(text) < len(whole) + 8 and whole.startswith(text.removesuffix("全文").rstrip(" .…"))


POST = tuple(schema.post.c)
_POST_AT = {column.name: place for place, column in enumerate(POST)}


def _post(row: Sequence[Any]) -> Post:
    (_, platform, native_id, kind, url, author_id, author_name, followers, verified, title, text, posted_at, edited_at,
     repost_of, parent, rating, region, product, status, *_, customer_ref, order_ref, _) = row  # fmt: skip
    return Post(
        platform=platform,
        native_id=native_id,
        kind=kind,
        url=url,
        author=Author(
            id=author_id, name=author_name, followers=followers, verified=None if verified is None else bool(verified)
        ),
        title=title,
        text=text,
        posted_at=moment_or_none(posted_at),
        edited_at=moment_or_none(edited_at),
        repost_of=repost_of,
        parent=parent,
        rating=rating,
        region=region,
        product=product,
        status=status,
        customer_ref=customer_ref,
        order_ref=order_ref,
    )


# ── sightings ───────────────────────────────────────────────────────────────────────────────────────────────────────


def sighting_row(post_id: int, sighting: Sighting) -> dict[str, Any]:
    counts = sighting.counts
    row: dict[str, Any] = {"post_id": post_id, "seen_at": ms(sighting.seen_at)}
    precision = 0
    for place, name in enumerate(COUNTERS):
        count: Count | None = getattr(counts, name)
        row[name] = None if count is None else max(-LARGEST, min(count[0], LARGEST))
        if count is not None:
            precision |= count[1] << 2 * place
    row["precision"] = precision
    row["availability"] = _AVAILABILITY_CODES[sighting.availability]
    return row


def heat(counts: Counts) -> int:
    """How loud a post is by what was shown: whatever people did with it, views left out. Orders work, decides nothing."""
    shown = (counts.reposts, counts.comments, counts.likes, counts.collects, counts.shares)
    return max(0, min(LARGEST, sum(count.value for count in shown if count is not None)))


LOOK = (
    schema.sighting.c.seen_at,
    *(schema.sighting.c[name] for name in COUNTERS),
    schema.sighting.c.precision,
    schema.sighting.c.availability,
)


def look(row: Sequence[Any], born: int) -> Look:
    seen_at, reposts, comments, likes, collects, shares, views, precision, availability = row
    return Look(
        seen_at=moment(seen_at),
        age=(seen_at - born) / 1000,
        counts=Counts(
            reposts=None if reposts is None else _count(reposts, precision & 3),
            comments=None if comments is None else _count(comments, precision >> 2 & 3),
            likes=None if likes is None else _count(likes, precision >> 4 & 3),
            collects=None if collects is None else _count(collects, precision >> 6 & 3),
            shares=None if shares is None else _count(shares, precision >> 8 & 3),
            views=None if views is None else _count(views, precision >> 10 & 3),
        ),
        availability=_AVAILABILITIES[availability],
    )


@lru_cache(_COUNTS_KEPT)
def _count(value: int, precision: int) -> Count:
    """Six times a look, and nearly always one that was there a moment ago."""
    return Count(value, _PRECISIONS[precision])


# ── mentions ────────────────────────────────────────────────────────────────────────────────────────────────────────

_M = schema.mention.c
MENTION: tuple[Column[Any], ...] = (
    _M.id, _M.post_id, _M.brand, _M.confidence, _M.negative, _M.aimed, _M.anger, _M.evidence, _M.engine, _M.version,
    _M.story_id, _M.incident_id, _M.severity, _M.news, _M.categories, _M.second_negative, _M.second_engine,
)  # fmt: skip
WHOLE_MENTION = (*MENTION, *POST)
"""A mention with its post, as `mention` reads it."""


def looks_known(row: Sequence[Any]) -> tuple[int, int, int, int]:
    """Of a row of WHOLE_MENTION: post id, number of sightings ever stored, when born, when last seen (ms)."""
    post = row[len(MENTION) :]
    born = post[_POST_AT["posted_at"]]
    return (
        row[1],
        post[_POST_AT["looks"]],
        post[_POST_AT["first_seen"]] if born is None else born,
        post[_POST_AT["last_seen"]],
    )


def mention(row: Sequence[Any], looks: tuple[Look, ...]) -> Mention:
    (id_, post_id, brand, confidence, negative, aimed, anger, evidence, engine, version,
     story_id, incident_id, severity, news, categories, second_negative, second_engine) = row[: len(MENTION)]  # fmt: skip
    post = row[len(MENTION) :]
    return Mention(
        id=id_,
        post_id=post_id,
        post=_post(post),
        brand=brand,
        confidence=confidence,
        first_seen=moment(post[_POST_AT["first_seen"]]),
        looks=looks,
        background=bool(post[_POST_AT["background"]]),
        sentiment=None
        if aimed is None
        else Sentiment(
            negative=negative,
            aimed=aimed,
            anger=anger,
            evidence=tuple(orjson.loads(evidence)) if evidence else (),
            categories=tuple(orjson.loads(categories)) if categories else (),
            engine=engine,
            version=version,
            second=Opinion(second_negative, second_engine) if second_engine else None,
        ),
        story_id=story_id,
        incident_id=incident_id,
        severity=None if severity is None else Severity(severity),
        news=news,
    )
