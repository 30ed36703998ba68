"""Parsed batch to durable row: batches of 20 on a file with synchronous=FULL, one core, beside the ORM row by row."""

import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from time import process_time
from typing import Any

import httpx
import orjson
from sqlalchemy import create_engine, event
from sqlmodel import Field, Session, SQLModel, select

from benchmarks.measure import Figure
from monitor.model import Author, Count, Counts, Match, Post, PostKey, Sighting
from monitor.pipeline import evidence
from monitor.store import Store

BATCH, BATCHES = 20, 400
START = datetime(2026, 11, 2, tzinfo=UTC)


def batches() -> Iterator[list[Sighting]]:
    """400 batches of 20 posts; every second batch sees known posts again with new counts."""
    for number in range(BATCHES):
        first = number // 2 * BATCH
        moment = START + timedelta(seconds=number)
        yield [
            Sighting(
                key=post.key,
                post=post,
                seen_at=moment,
                counts=Counts(reposts=Count(number), comments=Count(3), likes=Count(7)),
            )
            for post in (_post(first + place) for place in range(BATCH))
        ]


def _post(number: int) -> Post:
    return Post(
        platform="weibo",
        native_id=str(5_340_000_000_000_000 + number),
        text=f"第{number}条:星禾门店的奶茶等了四十分钟,客服一直不回,真的很失望,下次不会再来了。" * 2,
        author=Author(id=str(1_700_000_000 + number), name="测试用户", followers=1204),
        url=f"https://m.weibo.cn/status/{number}",
        posted_at=START,
    )


def _answer(batch: list[Sighting]) -> httpx.Response:
    """What a site says of these posts: as many fields as Weibo gives a status and its author, most of them of no use to us."""
    listed: list[dict[str, Any]] = []
    for sighting in batch:
        post = sighting.post
        assert post is not None
        author = {
            f"field_{place}_of_an_author": sha256(f"{post.native_id}{place}".encode()).hexdigest()[:16]
            for place in range(40)
        }
        said: dict[str, Any] = {
            "id": post.native_id,
            "text": post.text,
            "user": {"name": post.author.name, **author},
            "url": post.url,
        }
        said |= {f"field_{place}_of_a_status": place * int(post.native_id) % 9973 for place in range(40)}
        listed.append({**said, "at": sighting.seen_at.isoformat()})
    request = httpx.Request("GET", "https://api.site.example/2/search?access_token=2.00SecretOfOurs&page=1")
    return httpx.Response(200, content=orjson.dumps({"statuses": listed}), request=request)


def run() -> Iterator[Figure]:
    prepared = [(batch, {s.key: [Match("星禾", 1.0, "星禾")] for s in batch}) for batch in batches()]
    with tempfile.TemporaryDirectory() as folder:
        ours, bare = _recorded(Path(folder) / "bench.db", prepared, [None] * len(prepared))
        slow = _orm(Path(folder) / "orm.db")
        answers = [_answer(batch) for batch, _ in prepared]
        kept, whole = _recorded(Path(folder) / "kept.db", prepared, answers)
    yield Figure(
        name="parsed batch to durable row",
        value=round(ours),
        unit="posts/s/core",
        beside="SQLModel ORM, row by row",
        beside_value=round(slow),
        wanted=">= 10000",
    )
    yield Figure(
        name="the same, with the answer it came in kept",
        value=round(kept),
        unit="posts/s/core",
        beside="without it",
        beside_value=round(ours),
    )
    yield Figure(
        name="what keeping an answer takes on the disk",
        value=round((whole - bare) / (BATCH * BATCHES)),
        unit="bytes/look",
        beside="as it came",
        beside_value=round(sum(len(answer.content) for answer in answers) / (BATCH * BATCHES)),
    )


def _recorded(
    path: Path,
    prepared: list[tuple[list[Sighting], dict[PostKey, list[Match]]]],
    answers: Sequence[httpx.Response | None],
) -> tuple[float, int]:
    """Looks a second of one core, packing and summing up of their answers included; and how large the file is then."""
    store = Store.open(path, hash_key=b"bench")
    before = process_time()
    for number, ((batch, matches), answer) in enumerate(zip(prepared, answers, strict=True)):
        now = batch[0].seen_at
        exhibit = None if answer is None else evidence.of_answer("bench", answer, now)
        store.record("bench", batch, matches, now=now, cursor={"at": number}, exhibit=exhibit)
    speed = BATCH * BATCHES / (process_time() - before)
    kept = store.totals()
    assert kept["sightings"] == BATCH * BATCHES, kept
    store.close()
    return speed, path.stat().st_size


class OrmPost(SQLModel, table=True):
    """The same post as an ORM object."""

    __tablename__ = "orm_post"
    id: int | None = Field(default=None, primary_key=True)
    native_id: str = Field(unique=True)
    text: str
    author: str
    url: str


class OrmSighting(SQLModel, table=True):
    """The same sighting as an ORM object."""

    __tablename__ = "orm_sighting"
    id: int | None = Field(default=None, primary_key=True)
    post_id: int = Field(foreign_key="orm_post.id", index=True)
    seen_at: datetime
    reposts: int
    comments: int
    likes: int


def _orm(path: Path) -> float:
    """The same rows, one by one: look the post up, add or change it, add the sighting, commit a batch."""
    engine = create_engine(f"sqlite:///{path}")

    @event.listens_for(engine, "connect")
    def _full(connection: object, _record: object) -> None:
        connection.execute("PRAGMA journal_mode=WAL")  # type: ignore[attr-defined]
        connection.execute("PRAGMA synchronous=FULL")  # type: ignore[attr-defined]

    SQLModel.metadata.create_all(engine, tables=[OrmPost.__table__, OrmSighting.__table__])  # type: ignore[attr-defined]
    some = list(batches())[: BATCHES // 4]
    before = process_time()
    for batch in some:
        with Session(engine) as session:
            for sighting in batch:
                post = sighting.post
                assert post is not None
                row = session.exec(select(OrmPost).where(OrmPost.native_id == post.native_id)).first()
                if row is None:
                    row = OrmPost(native_id=post.native_id, text=post.text, author=post.author.name, url=post.url)
                    session.add(row)
                    session.flush()
                reposts = sighting.counts.reposts
                session.add(
                    OrmSighting(
                        post_id=row.id or 0,
                        seen_at=sighting.seen_at,
                        reposts=reposts.value if reposts else 0,
                        comments=3,
                        likes=7,
                    )
                )
            session.commit()
    taken = process_time() - before
    engine.dispose()
    return BATCH * len(some) / taken
