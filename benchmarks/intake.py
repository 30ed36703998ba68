"""Parsed batch to durable row: batches of 20 on a file with synchronous=FULL, one core, beside the ORM row by row."""

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import process_time

from sqlalchemy import create_engine, event
from sqlmodel import Field, Session, SQLModel, select

from benchmarks.measure import Figure
from monitor.model import Author, Count, Counts, Match, Post, Sighting
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


def run() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(Path(folder) / "bench.db", hash_key=b"bench")
        prepared = [(batch, {s.key: [Match("星禾", 1.0, "星禾")] for s in batch}) for batch in batches()]
        before = process_time()
        for number, (batch, matches) in enumerate(prepared):
            store.record("bench", batch, matches, now=batch[0].seen_at, cursor={"at": number})
        ours = BATCH * BATCHES / (process_time() - before)
        kept = store.totals()
        assert kept["sightings"] == BATCH * BATCHES, kept
        store.close()
        slow = _orm(Path(folder) / "orm.db")
    yield Figure(
        name="parsed batch to durable row",
        value=round(ours),
        unit="posts/s/core",
        beside="SQLModel ORM, row by row",
        beside_value=round(slow),
        wanted=">= 10000",
    )


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
