"""Values for tests: sensible defaults, overridden by keyword."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.model import Count, Counts, Forecast, Incident, Look, Mention, Post, Sentiment, Severity

NOON = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)
"""Noon in Shanghai."""


def a_post(**given: Any) -> Post:
    return Post(**{"platform": "weibo", "native_id": "5340", "text": "奶茶里喝出虫子", "posted_at": NOON, **given})


def looks(*reposts: int, every: float = 300.0, first: float = 60.0) -> tuple[Look, ...]:
    """One look per count, `every` seconds apart, the first `first` seconds after noon."""
    return tuple(
        Look(
            seen_at=NOON + timedelta(seconds=first + every * i),
            age=first + every * i,
            counts=Counts(reposts=Count(n)),
        )
        for i, n in enumerate(reposts)
    )


def a_sentiment(aimed: float = 0.95, **given: Any) -> Sentiment:
    fields = {"negative": aimed, "aimed": aimed, "evidence": ("虫子",), "engine": "test", "version": "1"}
    return Sentiment(**{**fields, **given})


def a_mention(*, seen: Sequence[Look] = (), **given: Any) -> Mention:
    fields: dict[str, Any] = {
        "id": 1,
        "post_id": 1,
        "post": a_post(),
        "brand": "星禾",
        "confidence": 1.0,
        "first_seen": NOON + timedelta(minutes=1),
        "looks": tuple(seen) or looks(3, 20, 60),
        "sentiment": a_sentiment(),
    }
    return Mention(**{**fields, **given})


def a_forecast(**given: Any) -> Forecast:
    fields: dict[str, Any] = {
        "unit": "reposts",
        "now": 60,
        "per_minute": 8.0,
        "median": 900.0,
        "low": 300.0,
        "high": 2500.0,
        "horizon": timedelta(days=7),
        "p_viral": 0.8,
        "sentence": "按现在的速度,预计 900 次转发",
    }
    fields |= given
    return Forecast(**{"p_page": fields["p_viral"], **fields})


def an_incident(**given: Any) -> Incident:
    fields: dict[str, Any] = {
        "id": 12,
        "brand": "星禾",
        "story_id": 7,
        "severity": Severity.ORANGE,
        "opened_at": NOON + timedelta(minutes=11),
        "changed_at": NOON + timedelta(minutes=11),
        "forecast": a_forecast(),
        "lead": a_mention(),
    }
    return Incident(**{**fields, **given})
