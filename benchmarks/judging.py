"""What judging costs with 100,000 tracked posts in the file, of which 1 % have news; and whether long histories cost more."""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import process_time

from benchmarks.measure import Figure
from monitor import fittings
from monitor.memory import settle_down
from monitor.model import Count, Counts, Match, Post, PostKey, Sentiment, Severity, Sighting
from monitor.pipeline import judge
from monitor.spread.revisit import AHEAD
from monitor.store import Store
from monitor.triage.severity import Thresholds

TRACKED = 100_000
SHARE = 100
"""One post in so many has news."""

START = datetime(2026, 11, 2, tzinfo=UTC)
BRAND = "星禾"
USUAL, MANY, LONG = 15, 100, 1_000
"""Looks that a post has had: half a day of its own looks, days of them, and a history that nobody should pay for."""


def run() -> Iterator[Figure]:
    usual, many, long = _judged(USUAL), _judged(MANY), _judged(LONG)
    yield Figure(
        name=f"judge-100k: {TRACKED // SHARE:,} posts with news",
        value=round(usual[0]),
        unit="ms",
        wanted="<= 400",
    )
    yield Figure(
        name=f"judge-100k: the same after {LONG:,} looks each",
        value=round(long[0]),
        unit="ms",
        beside=f"after {MANY} looks each",
        beside_value=round(many[0]),
        wanted="<= 1.5x",
    )
    yield Figure(name="judge-100k: choosing whom to look at again", value=round(usual[1], 2), unit="ms")


def _judged(looks: int) -> tuple[float, float]:
    """CPU ms of judging those with news, and of one choice of a hundred posts to look at."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.db"
        store = Store.open(path, hash_key=b"bench")
        keys = _filled(store)
        _age(path, keys[::SHARE], looks)
        now = START + timedelta(seconds=300 * (looks + 2))
        news = [
            Sighting(key=key, seen_at=now, counts=Counts(reposts=Count(40), comments=Count(3), likes=Count(9)))
            for key in keys[::SHARE]
        ]
        store.record("bench", news, {}, now=now, walk_done=False)
        rules = judge.Rules(
            forecaster=fittings.forecaster(), thresholds=Thresholds(), pages_at=Severity.ORANGE, receivers=("crisis",)
        )
        settle_down()
        before, done = process_time(), 0
        while found := judge.judge(store, rules, limit=256, now=now):
            done += len(found)
        judged = 1000 * (process_time() - before)
        assert done == len(news), done
        before = process_time()
        for _ in range(20):
            store.tracked("weibo", now, 100, AHEAD)
        chosen = 1000 * (process_time() - before) / 20
        store.close()
    return judged, chosen


def _filled(store: Store) -> list[PostKey]:
    """The posts, scored and judged once."""
    keys = []
    said = Sentiment(negative=0.9, aimed=0.9, evidence=("失望",), engine="bench", version="1")
    for first in range(0, TRACKED, 5_000):
        seen = [
            Sighting(key=post.key, post=post, seen_at=START + timedelta(seconds=60), counts=Counts(reposts=Count(1)))
            for post in (_post(number) for number in range(first, first + 5_000))
        ]
        store.record("bench", seen, {s.key: [Match(BRAND, 1.0, BRAND)] for s in seen}, now=seen[0].seen_at)
        while waiting := store.unscored(5_000):
            store.save_sentiments([(one.mention_id, said) for one in waiting], START)
        keys += [s.key for s in seen]
    return keys


def _age(path: Path, keys: list[PostKey], looks: int) -> None:
    """Gives every post its story and some a history, and nobody news: straight into the file, for that is not measured."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE mention SET news = 0, next_look_at = ? + id % 3600000", [int(START.timestamp() * 1000)])
        db.execute(
            "INSERT INTO story (id, brand, platform, native_id, began_at) SELECT id, ?, 'weibo', id, 0 FROM post",
            [BRAND],
        )
        db.execute("UPDATE mention SET story_id = post_id, signature = x''")
        ids = [db.execute("SELECT id FROM post WHERE native_id = ?", [key.native_id]).fetchone()[0] for key in keys]
        rows = (
            (post, int((START.timestamp() + 300 * place) * 1000), 1 + place * 38 // looks, 3, 9)
            for post in ids
            for place in range(1, looks)
        )
        db.executemany(
            "INSERT INTO sighting (post_id, seen_at, reposts, comments, likes, precision, availability) "
            "VALUES (?, ?, ?, ?, ?, 0, 0)",
            rows,
        )
        db.executemany(
            "UPDATE post SET looks = ?, last_seen = ? WHERE id = ?",
            [(looks, int((START.timestamp() + 300 * (looks - 1)) * 1000), post) for post in ids],
        )
        db.commit()


def _post(number: int) -> Post:
    return Post(
        platform="weibo",
        native_id=str(5_340_000_000_000_000 + number),
        text=f"第{number}条:星禾门店的奶茶等了四十分钟,客服一直不回,真的很失望,下次不会再来了。",
        url=f"https://m.weibo.cn/status/{number}",
        posted_at=START,
    )
