"""What a store is told in these tests, and a look behind its ports at the rows themselves."""

import hashlib
import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table, select

from monitor.errors import Failure
from monitor.model import (
    Act,
    Author,
    Count,
    Counts,
    Exhibit,
    Match,
    Mention,
    NotificationKind,
    Outcome,
    Post,
    PostKey,
    Reason,
    Receipt,
    Sentiment,
    Severity,
    Sighting,
    Verdict,
    Words,
)
from monitor.ports import Judgement, OpsNote, Recorded
from monitor.store import Store
from tests.builders import NOON, a_forecast, a_post, a_sentiment

US = "星禾"
RIVAL = "青岚"
CRISIS = "crisis"
SETTLE = 15.0
ROOT, UPDATE = NotificationKind.ROOT, NotificationKind.UPDATE
SENT = Receipt(outcome=Outcome.SENT, handle={"ts": "1.5"})


class Breaks(tuple[Any, ...]):
    """Gives what it holds, then fails: the middle of a transaction."""

    def __iter__(self) -> Iterator[Any]:
        yield from super().__iter__()
        raise RuntimeError("in the midst of it")


def after(seconds: float = 0, **given: float) -> datetime:
    return NOON + timedelta(seconds=seconds, **given)


def saw(native_id: str = "5340", at: datetime = NOON, reposts: int | None = 3, **said: Any) -> Sighting:
    """One look at a whole post."""
    return Sighting(
        key=PostKey("weibo", native_id),
        seen_at=at,
        counts=Counts(reposts=None if reposts is None else Count(reposts)),
        post=a_post(**{"native_id": native_id, "author": Author(id="1700000001", name="小周"), **said}),
    )


def counted(native_id: str = "5340", at: datetime = NOON, **counts: Any) -> Sighting:
    """One look at the counts alone."""
    return Sighting(key=PostKey("weibo", native_id), seen_at=at, counts=Counts(**counts))


def exhibit(body: bytes = b'{"statuses":[]}', at: datetime = NOON, **given: Any) -> Exhibit:
    """A site's answer."""
    return Exhibit(
        sha256=hashlib.sha256(body).hexdigest(),
        packed=zlib.compress(body),
        size=len(body),
        feed="search",
        at=at,
        **{"url": "https://site.example/search", "status": 200, "content_type": "application/json", **given},
    )


def record(store: Store, *sightings: Sighting, brands: Sequence[str] = (US,), **given: Any) -> Recorded:
    """Every post that is whole concerns `brands`."""
    found = [Match(brand, 1.0, f"{brand} is named") for brand in brands]
    matches = {sighting.key: found for sighting in sightings if sighting.post is not None}
    now = given.pop("now", max((sighting.seen_at for sighting in sightings), default=NOON))
    return store.record(given.pop("feed", "search"), sightings, matches, now=now, **given)


def score_all(store: Store, sentiment: Sentiment | None = None, now: datetime = NOON) -> int:
    waiting = store.unscored(1_000)
    store.save_sentiments([(one.mention_id, sentiment or a_sentiment()) for one in waiting], now)
    return len(waiting)


def a_scored_mention(store: Store, native_id: str = "5340", **said: Any) -> Mention:
    record(store, saw(native_id, **said))
    score_all(store)
    return next(mention for mention in store.news(100) if mention.post.native_id == native_id)


def verdict(severity: Severity | None = Severity.ORANGE, **given: Any) -> Verdict:
    reasons = (Reason(code="risk", facts={"risk": 0.8}),)
    return Verdict(**{"severity": severity, "risk": 0.8, "forecast": a_forecast(), "reasons": reasons, **given})


def pages(mention: Mention, **given: Any) -> Judgement:
    """Opens an incident and pages one receiver."""
    fields: dict[str, Any] = {
        "mention": mention,
        "verdict": verdict(),
        "signature": b"signature",
        "bands": (1, 2),
        "origin": mention.post.key,
        "change": "open",
        "act": Act.PAGE if given.get("pages", True) else Act.NOTICE,
        "pages": True,
        "tells": ((CRISIS, ROOT),),
    }
    return Judgement(**{**fields, **given})


def refreshes(mention: Mention, **given: Any) -> Judgement:
    """Brings the living message of its story up to date."""
    fields = {"mention": mention, "verdict": verdict(), "change": "refresh", "tells": ((CRISIS, UPDATE),)}
    return Judgement(**{**fields, **given})


def page(store: Store, native_id: str = "5340", now: datetime = NOON, **given: Any) -> int:
    """The number of a new incident, with its page in the outbox."""
    mention = a_scored_mention(store, native_id, text=f"奶茶里喝出虫子 {native_id}")
    return store.apply([pages(mention, **given)], now)[0]


def judged_again(store: Store, incident: int) -> Mention:
    return store.incident_posts(incident)[0]


def operators_hear(store: Store, key: str = "ops:search:blocked", receiver: str = CRISIS, at: datetime = NOON) -> None:
    note = OpsNote(
        key=key,
        what=Words("blocked: 403", "blocked: 403"),
        where=Words("feed search", "feed search"),
        fix=Words("Wait, and poll less often", "Wait, and poll less often"),
    )
    store.fail("search", Failure.BLOCKED, "403", now=at, rest_until=None, ops=note, receivers=[receiver])


def rows(store: Store, table: Table) -> list[dict[str, Any]]:
    """What stands in a table."""
    return store._db.read(lambda connection: [dict(row) for row in connection.execute(select(table)).mappings()])


def a_whole_post(**given: Any) -> Post:
    """A post that says everything a post can say."""
    fields: dict[str, Any] = {
        "kind": "review",
        "url": "https://m.weibo.cn/status/5340",
        "author": Author(id="1700000001", name="小周", followers=1204, verified=False),
        "title": "一杯奶茶",
        "text": "星禾的奶茶里喝出虫子",
        "edited_at": after(5),
        "repost_of": "5000",
        "parent": "5001",
        "rating": 1,
        "region": "上海",
        "product": "四季春",
        "status": "处理中",
    }
    return a_post(**{**fields, **given})
