"""Erasing what somebody said: words and author go, numbers stay, and nothing of it is taken in again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, delete, exists, select, update

from monitor.model import Forgotten, PostKey
from monitor.store import rows, schema
from monitor.store.part import Part

AT_ONCE = 20
"""Posts erased in one transaction: some rows hang on each."""

_post, _mention, _band, _proof, _response = (
    schema.post, schema.mention, schema.story_band, schema.proof, schema.response,
)  # fmt: skip
_incident = schema.incident

_IDS: BindParameter[int] = bindparam("ids", expanding=True)
_BY_AUTHOR = select(_post.c.id).where(
    _post.c.platform == bindparam("platform"), _post.c.author_id == bindparam("author"), _post.c.forgotten_at.is_(None)
)
_BY_KEY = select(_post.c.id).where(
    _post.c.platform == bindparam("platform"), _post.c.native_id == bindparam("native_id")
)
_BLANK = {
    **dict.fromkeys(("url", "author_name", "title", "text"), ""),
    **dict.fromkeys(("author_id", "followers", "verified", "region", "status", "customer_ref", "order_ref")),
}
_ERASE = update(_post).where(_post.c.id.in_(_IDS)).values(**_BLANK, forgotten_at=bindparam("b_now"))
_SILENCE = (
    update(_mention)
    .where(_mention.c.post_id.in_(_IDS))
    .values(evidence=None, why="", signature=None, text_hash=rows.text_hash(""), next_look_at=None)
)
_UNBAND = delete(_band).where(_band.c.post_id.in_(_IDS))
_NEEDED = exists().where(
    _proof.c.response_id == _response.c.id,
    _mention.c.post_id == _proof.c.post_id,
    _incident.c.story_id == _mention.c.story_id,
)
_SEEN_IN = (
    select(_response.c.id, _NEEDED)
    .where(exists().where(_proof.c.response_id == _response.c.id, _proof.c.post_id.in_(_IDS)))
    .order_by(_response.c.id)
)
_DROP = delete(_response).where(_response.c.id == bindparam("b_id"))
_INCIDENTS = (
    select(_incident.c.id)
    .join_from(_incident, _mention, _mention.c.story_id == _incident.c.story_id)
    .where(_mention.c.post_id.in_(_IDS))
    .distinct()
    .order_by(_incident.c.id)
)


class ForgettingPart(Part):
    """`langyan forget`."""

    def forget_author(self, platform: str, author: str, now: datetime, *, evidence: bool) -> Forgotten:
        values = {"platform": platform, "author": rows.hashed(self._hash_key, platform, author)}
        return self._forget(list(self._db.read(lambda c: c.execute(_BY_AUTHOR, values).scalars())), now, evidence)

    def forget_post(self, key: PostKey, now: datetime, *, evidence: bool) -> Forgotten:
        found = rows.key_of(key)
        values = {"platform": found.platform, "native_id": found.native_id}
        return self._forget(list(self._db.read(lambda c: c.execute(_BY_KEY, values).scalars())), now, evidence)

    def _forget(self, ids: Sequence[int], now: datetime, evidence: bool) -> Forgotten:
        """`evidence`: raw answers go too which an incident needs."""
        answers, kept, incidents = 0, 0, set[int]()
        for begin in range(0, len(ids), AT_ONCE):
            some = {"ids": list(ids[begin : begin + AT_ONCE])}
            seen_in = self._db.read(lambda c, some=some: c.execute(_SEEN_IN, some).all())  # type: ignore[misc]
            going = [number for number, needed in seen_in if evidence or not needed]
            for number in going:  # a large one each: delivery waits for none
                self._db.write("ingest", lambda c, number=number: _drop(c, number))  # type: ignore[misc]
            answers, kept = answers + len(going), kept + len(seen_in) - len(going)
            incidents |= set(self._db.read(lambda c, some=some: c.execute(_INCIDENTS, some).scalars().all()))  # type: ignore[misc]
            self._db.write("ingest", lambda c, some=some: _erase(c, some, now))  # type: ignore[misc]
        return Forgotten(posts=len(ids), answers=answers, answers_kept=kept, incidents=tuple(sorted(incidents)))


def _drop(connection: Connection, answer: int) -> None:
    _for_good(connection)
    connection.execute(_DROP, {"b_id": answer})


def _for_good(connection: Connection) -> None:
    """What is deleted is overwritten: otherwise it stands in free pages of the file until they are used again."""
    connection.exec_driver_sql("PRAGMA secure_delete = ON").close()


def _erase(connection: Connection, some: dict[str, Any], now: datetime) -> None:
    _for_good(connection)
    connection.execute(_ERASE, {**some, "b_now": rows.ms(now)})
    connection.execute(_SILENCE, some)
    connection.execute(_UNBAND, some)
