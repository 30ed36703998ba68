"""Posts that are over, with every look at them: what an installation's own forecast learns from."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, exists, func, or_, select

from monitor.model import Act, Lived, Look
from monitor.store import rows, schema
from monitor.store.part import Part
from monitor.store.prepared import Prepared

_mention, _post, _incident, _event = schema.mention.c, schema.post.c, schema.incident.c, schema.event.c
_S = schema.sighting.c

_OVER = Prepared(
    select(_post.id, _post.posted_at, func.coalesce(_post.author_id, _post.native_id))
    .where(
        _post.platform == bindparam("platform"),
        _post.posted_at <= bindparam("until"),
        exists().where(_mention.post_id == _post.id),
    )
    .order_by(_post.posted_at.desc(), _post.id.desc())
    .limit(bindparam("n"))
)
_LOOKS = Prepared(select(*rows.LOOK).where(_S.post_id == bindparam("post")).order_by(_S.seen_at))
_BETWEEN = Prepared(
    select(_S.post_id, func.coalesce(_post.posted_at, _post.first_seen), *rows.LOOK)
    .join_from(schema.sighting, schema.post, _post.id == _S.post_id)
    .where(
        _S.seen_at >= bindparam("begin"),
        _S.seen_at < bindparam("end"),
        _post.first_seen >= bindparam("since"),
        exists().where(_mention.post_id == _post.id),
    )
    .order_by(_S.seen_at, _S.post_id)
)
_ANSWERED = Prepared(
    select(func.min(_event.at))
    .select_from(schema.mention)
    .join(schema.incident, _incident.story_id == _mention.story_id)
    .join(schema.event, _event.incident_id == _incident.id)
    .where(
        _mention.post_id == bindparam("post"),
        or_(_event.act == Act.RESPOND.value, _event.act == Act.RESOLVE.value),
        _event.refused.is_(None),
    )
)


class HistoriesPart(Part):
    """`monitor.ports.Histories`."""

    def lived(self, platform: str, until: datetime, limit: int) -> list[Lived]:
        values = {"platform": platform, "until": rows.ms(until), "n": limit}

        def find(connection: Connection) -> list[Lived]:
            return [_lived(connection, platform, *row) for row in reversed(_OVER.find(connection, values))]

        return self._db.read(find)

    def looks_between(self, begin: datetime, end: datetime, since: datetime) -> list[tuple[int, Look]]:
        """Every look from `begin` to before `end` at posts first seen since then that concern a brand, in order, each with its post's
        number. It reads the whole table of sightings."""
        values = {"begin": rows.ms(begin), "end": rows.ms(end), "since": rows.ms(since)}
        found = self._db.read(lambda connection: _BETWEEN.find(connection, values))
        return [(post_id, rows.look(look, born)) for post_id, born, *look in found]

    def answered_at(self, post_id: int) -> datetime | None:
        return self._db.read(lambda connection: _answered_at(connection, post_id))


def _lived(connection: Connection, platform: str, post_id: int, born: int, author: Any) -> Lived:
    return Lived(
        platform=platform,
        born=rows.moment(born),
        author=str(author),
        looks=tuple(rows.look(row, born) for row in _LOOKS.find(connection, {"post": post_id})),
        answered_at=_answered_at(connection, post_id),
    )


def _answered_at(connection: Connection, post_id: int) -> datetime | None:
    found = _ANSWERED.find(connection, {"post": post_id})
    return rows.moment_or_none(found[0][0])
