"""Which posts tell one story: how a story begins, what joins it, what people merge and split."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, case, func, literal_column, or_, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from monitor.model import PostKey
from monitor.ports import Judgement
from monitor.store import rows, schema

_mention, _story, _band, _incident, _post = (
    schema.mention,
    schema.story,
    schema.story_band,
    schema.incident,
    schema.post,
)

_BEGIN = upsert(_story).on_conflict_do_nothing()
_BEGAN = select(func.coalesce(_story.c.into_id, _story.c.id)).where(
    _story.c.brand == bindparam("brand"),
    _story.c.platform == bindparam("platform"),
    _story.c.native_id == bindparam("native_id"),
)
_INTO = select(_story.c.into_id).where(_story.c.id == bindparam("s"))
_ADD_BAND = upsert(_band).on_conflict_do_nothing()
_SETTLE = (
    update(_mention)
    .where(_mention.c.id == bindparam("b_id"))
    .values(story_id=bindparam("b_story"), signature=bindparam("b_signature"))
)
_MOVE = (
    update(_mention).where(_mention.c.id.in_(bindparam("ids", expanding=True))).values(story_id=bindparam("b_story"))
)
_MERGE = update(_mention).where(_mention.c.story_id == bindparam("b_from")).values(story_id=bindparam("b_into"))
_POINT = (
    update(_story)
    .where(or_(_story.c.id == bindparam("b_from"), _story.c.into_id == bindparam("b_from")))
    .values(into_id=bindparam("b_into"))
)
_GATHER = (
    update(_mention).where(_mention.c.story_id == bindparam("b_story")).values(incident_id=bindparam("b_incident"))
)
_JOIN = update(_mention).where(_mention.c.id == bindparam("b_id")).values(incident_id=bindparam("b_incident"))
_POSTS = select(func.count()).select_from(_mention).where(_mention.c.story_id == _incident.c.story_id)
_COUNT = update(_incident).where(_incident.c.id == bindparam("b_id")).values(posts=_POSTS.scalar_subquery())
_BIRTH = case((_post.c.posted_at < _post.c.first_seen, _post.c.posted_at), else_=_post.c.first_seen)
_BORN = (
    select(func.min(_BIRTH))
    .join_from(_mention, _post, _post.c.id == _mention.c.post_id)
    .where(_mention.c.story_id == _incident.c.story_id)
)
_REMEMBER = update(_incident).where(_incident.c.id == bindparam("b_id")).values(born=_BORN.scalar_subquery())
_OLDER = (
    update(_incident)
    .where(_incident.c.id == bindparam("b_id"), _incident.c.born > bindparam("b_born"))
    .values(born=bindparam("b_born"))
)
LIVE = _incident.c.state.not_in([literal_column(f"'{state}'") for state in schema.ENDED_STATES])
"""Literal, so that SQLite finds the partial index."""


def settle(connection: Connection, judgement: Judgement, signature: bytes, now: datetime) -> int:
    """The story a mention belongs to from now on; what was merged meanwhile is the story it was merged into."""
    mention, story_id = judgement.mention, judgement.story_id
    story_id = begin(connection, judgement, now) if story_id is None else into(connection, story_id)
    connection.execute(_SETTLE, {"b_id": mention.id, "b_story": story_id, "b_signature": signature})
    remember(connection, mention.brand, mention.post_id, judgement.bands, now)
    return story_id


def remember(connection: Connection, brand: str, post_id: int, bands: Sequence[int], now: datetime) -> None:
    """Where near-duplicates of a post will look for it."""
    if bands:
        at = {"brand": brand, "post_id": post_id, "at": rows.ms(now)}
        connection.execute(_ADD_BAND, [{**at, "band": band} for band in set(bands)])


def begin(connection: Connection, judgement: Judgement, now: datetime) -> int:
    return at(connection, judgement.mention.brand, judgement.origin or judgement.mention.post.key, now)


def at(connection: Connection, brand: str, origin: PostKey, now: datetime) -> int:
    """The story of a brand that began there, which may begin now."""
    origin = rows.key_of(origin)
    begins = {"brand": brand, "platform": origin.platform, "native_id": origin.native_id}
    connection.execute(_BEGIN, {**begins, "began_at": rows.ms(now), "into_id": None})
    return int(connection.execute(_BEGAN, begins).scalar_one())


def into(connection: Connection, story_id: int) -> int:
    """The story that this one was merged into, or itself."""
    return int(connection.execute(_INTO, {"s": story_id}).scalar() or story_id)


def move(connection: Connection, posts: Sequence[int], story_id: int) -> None:
    """Mentions become this story's, whatever they were."""
    if posts:
        connection.execute(_MOVE, {"b_story": story_id, "ids": list(posts)})


def merge(connection: Connection, story_id: int, into_id: int) -> None:
    """All of one story becomes the other's, and what will be told of it too."""
    connection.execute(_MERGE, {"b_from": story_id, "b_into": into_id})
    connection.execute(_POINT, {"b_from": story_id, "b_into": into_id})


def gather(connection: Connection, story_id: int, incident_id: int) -> None:
    """Every post of a story is its incident's; which counts them, and knows when the first was published."""
    connection.execute(_GATHER, {"b_story": story_id, "b_incident": incident_id})
    connection.execute(_COUNT, {"b_id": incident_id})
    connection.execute(_REMEMBER, {"b_id": incident_id})


def join(connection: Connection, mention_id: int, born: datetime, incident_id: int) -> None:
    """One more post of an incident."""
    connection.execute(_JOIN, {"b_id": mention_id, "b_incident": incident_id})
    connection.execute(_COUNT, {"b_id": incident_id})
    connection.execute(_OLDER, {"b_id": incident_id, "b_born": rows.ms(born)})
