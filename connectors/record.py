"""`langyan.post.v1`: one JSON object a line, the project's own record. Recordings, imports and ingest read it here.

Strict on types, tolerant on what is missing: `platform`, `id` and `collected_at` alone make a sighting.
"""

from datetime import datetime
from typing import Any

import orjson

from connectors.counts import count, number
from connectors.markup import plain
from monitor.errors import RecordingError
from monitor.model import COUNTERS, Author, Availability, Count, Counts, Post, PostKey, Sighting, utc
from monitor.platforms import UNITS

SCHEMA = "langyan.post.v1"

_UNHEARD = frozenset(name for name, unit in UNITS.items() if unit is None)
"""What is said there is said to the brand alone, so it has no reach, whatever counts somebody gives it."""

_NOBODY = frozenset(
    {"", "-", "--", "0", "无", "空", "匿名", "未知", "none", "null", "nil", "n/a", "na", "unknown", "anonymous"}
)
"""What stands where no customer and no order is known; it must not make strangers one."""

_TELLING = ("text", "title", "created_at", "rating")
"""A line with none of these says nothing of the post but its counts."""

_UNKNOWN = Counts()


def sighting(line: bytes | dict[str, Any], number: int) -> Sighting:
    """What one line says. `number` is its place, for the error. Raises RecordingError and nothing else."""
    try:
        record = line if isinstance(line, dict) else orjson.loads(line)
        return _sighting(record)
    except orjson.JSONDecodeError as error:
        raise RecordingError(number, f"not JSON ({error.msg})") from None
    except (ValueError, TypeError, OverflowError) as error:
        raise RecordingError(number, str(error)) from None


def _sighting(record: Any) -> Sighting:
    if not isinstance(record, dict):
        raise TypeError("not a JSON object")
    if record.get("schema", SCHEMA) != SCHEMA:
        raise ValueError(f"schema {str(record['schema'])[:40]!r} is not {SCHEMA}")
    platform, native_id = record.get("platform"), record.get("id")
    if not isinstance(platform, str) or not platform or len(platform) > 40:
        raise ValueError("platform is missing or no text")
    if not isinstance(native_id, str) or not native_id or len(native_id) > 300:
        raise ValueError("id is missing or no text (numbers are written in quotes)")
    deleted = record.get("deleted")
    if deleted is not None and not isinstance(deleted, bool):
        raise TypeError("deleted is neither true nor false")
    tells = any(record.get(key) is not None for key in _TELLING)
    return Sighting(
        key=PostKey(platform, native_id),
        seen_at=_moment(record, "collected_at"),
        counts=_UNKNOWN if platform in _UNHEARD else _counts(record.get("counts")),
        availability=Availability.GONE if deleted else Availability.VISIBLE,
        post=_post(record, platform, native_id) if tells else None,
    )


def _counts(given: Any) -> Counts:
    if given is None:
        return _UNKNOWN
    if not isinstance(given, dict):
        raise TypeError("counts is no object")
    found: dict[str, Count | None] = {}
    for name in COUNTERS:
        value = given.get(name)
        if value is None:
            continue
        if type(value) is not int and not isinstance(value, str | float):
            raise TypeError(f"counts.{name} is neither a number nor a text")
        found[name] = count(value)
        if found[name] is None and not isinstance(value, str):
            raise ValueError(f"counts.{name} is {value}, which no post has")
    return Counts(**found)


def _post(record: dict[str, Any], platform: str, native_id: str) -> Post:
    rating = record.get("rating")
    if rating is not None and (type(rating) is not int or not 1 <= rating <= 5):
        raise ValueError("rating is not a whole number from 1 to 5")
    return Post(
        platform=platform,
        native_id=native_id,
        kind=_text(record, "kind") or "post",
        url=_text(record, "url"),
        author=_author(record.get("author")),
        title=plain(_text(record, "title")),
        text=plain(_text(record, "text")),
        posted_at=_moment(record, "created_at") if record.get("created_at") is not None else None,
        repost_of=_text(record, "repost_of") or None,
        rating=rating,
        region=_text(record, "region") or None,
        product=_text(record, "product") or None,
        status=_text(record, "status") or None,
        customer_ref=_ref(record, "customer_ref"),
        order_ref=_ref(record, "order_ref"),
    )


def _ref(record: dict[str, Any], key: str) -> str | None:
    """A mark of the brand's own, its outer blanks and its case aside, for channels write the same one differently."""
    ref = _text(record, key).strip().casefold()
    if len(ref) > 200:
        raise ValueError(f"{key} is longer than 200 characters")
    return None if ref in _NOBODY else ref


def _author(given: Any) -> Author:
    if given is None:
        return Author()
    if not isinstance(given, dict):
        raise TypeError("author is no object")
    followers, verified = given.get("followers"), given.get("verified")
    if followers is not None and type(followers) is not int and not isinstance(followers, str):
        raise TypeError("author.followers is neither a number nor a text")
    if verified is not None and not isinstance(verified, bool):
        raise TypeError("author.verified is neither true nor false")
    return Author(
        id=_text(given, "id", "author.") or None,
        name=plain(_text(given, "name", "author.")),
        followers=number(followers),
        verified=verified,
    )


def _text(record: dict[str, Any], key: str, prefix: str = "") -> str:
    value = record.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError(f"{prefix}{key} is no text")
    return value


def _moment(record: dict[str, Any], key: str) -> datetime:
    value = record.get(key)
    if not isinstance(value, str):
        raise TypeError(f"{key} is missing or no text")
    try:
        return utc(datetime.fromisoformat(value))
    except (ValueError, OverflowError):
        raise ValueError(f"{key} {value[:40]!r} is not a time with its zone (2026-11-02T09:21:00+08:00)") from None
