"""All that is known of one incident, read on one snapshot, piece by piece: a case may be longer than memory is large."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import orjson
from sqlalchemy import BindParameter, Connection, bindparam, func, or_, select

from monitor.errors import no_incident
from monitor.model import Count, Exhibit, Incident, IncidentEvent, Mention, PostKey
from monitor.ports import Case, Passed, Seen
from monitor.store import incident_rows, mentions, reading, rows, schema
from monitor.store.looks import Looks
from monitor.store.part import Part
from monitor.store.prepared import Prepared

T = TypeVar("T")

_mention, _post, _incident, _sighting, _proof, _response, _label, _n = (
    schema.mention, schema.post, schema.incident, schema.sighting, schema.proof, schema.response, schema.label,
    schema.notification,
)  # fmt: skip

_THIS: BindParameter[int] = bindparam("s")
_ITS = ("sha256", "body", "size", "feed", "url", "at", "status", "content_type", "withheld")
_POSTS = (
    select(_mention.c.id)
    .join_from(_mention, _post, _post.c.id == _mention.c.post_id)
    .where(_mention.c.story_id == _THIS)
    .order_by(func.coalesce(_post.c.posted_at, _post.c.first_seen), _mention.c.id)
)
"""Their numbers alone are put in order, here and below: what is sorted is held in memory."""
_POST = Prepared(mentions.WITH_POST.where(_mention.c.id == bindparam("m")))
_LOOKS = (
    select(*rows.LOOK, _response.c.sha256)
    .outerjoin_from(
        _sighting, _proof, (_proof.c.post_id == _sighting.c.post_id) & (_proof.c.seen_at == _sighting.c.seen_at)
    )
    .outerjoin(_response, _response.c.id == _proof.c.response_id)
    .where(_sighting.c.post_id == bindparam("post"))
    .order_by(_sighting.c.seen_at)
)
_KEPT = (
    select(_proof.c.response_id)
    .join_from(_proof, _mention, _mention.c.post_id == _proof.c.post_id)
    .where(_mention.c.story_id == _THIS)
)
_EXHIBITS = select(_response.c.id).where(_response.c.id.in_(_KEPT)).order_by(_response.c.at, _response.c.sha256)
_EXHIBIT = Prepared(select(*(_response.c[name] for name in _ITS)).where(_response.c.id == bindparam("r")))
_LABELS = (
    select(_label, _post.c.platform, _post.c.native_id)
    .outerjoin_from(_label, _mention, _mention.c.id == _label.c.mention_id)
    .outerjoin(_post, _post.c.id == _mention.c.post_id)
    .where(or_(_label.c.incident_id == bindparam("i"), _mention.c.story_id == _THIS))
    .order_by(_label.c.id)
)
_TOLD = select(_n).where(_n.c.incident_id == bindparam("i")).order_by(_n.c.id)
_MOMENTS = frozenset({"not_before", "started_at", "claimed_at", "created_at", "settled_at", "at"})


class CasePart(Part):
    """`monitor.ports.Evidence`."""

    def case(self, incident_id: int, use: Callable[[Case], T]) -> T:
        def read(connection: Connection) -> T:
            found = mentions.read_incidents(
                connection, mentions.INCIDENT_BY_ID.find(connection, {"i": incident_id}), self._looks
            )
            if not found:
                raise no_incident(incident_id)
            return use(_Case(connection, found[0], self._looks))

        return self._db.read(read)


class _Case:
    """`monitor.ports.Case`, while its snapshot lasts."""

    def __init__(self, connection: Connection, incident: Incident, looks: Looks) -> None:
        self.incident = incident
        self._connection, self._looks = connection, looks
        self._values = {"i": incident.id, "s": incident.story_id}

    def events(self) -> Iterator[IncidentEvent]:
        return map(incident_rows.event, self._connection.execute(reading.EVENTS, self._values))

    def posts(self) -> Iterator[Mention]:
        for number in self._connection.execute(_POSTS, self._values).scalars().all():
            for row in _POST.find(self._connection, {"m": number}):
                yield rows.mention(row, ())

    def looks(self, mention: Mention) -> Iterator[Seen]:
        born = rows.ms(mention.born)
        found = self._connection.execute(_LOOKS, {"post": mention.post_id})
        return (Seen(look=rows.look(row[:-1], born), exhibit=row[-1]) for row in found)

    def exhibits(self) -> Iterator[Exhibit]:
        for number in self._connection.execute(_EXHIBITS, self._values).scalars().all():
            for row in _EXHIBIT.find(self._connection, {"r": number}):
                yield _exhibit(*row)

    def labels(self) -> Iterator[Mapping[str, Any]]:
        return map(_plain, self._connection.execute(_LABELS, self._values).mappings())

    def notifications(self) -> Iterator[Mapping[str, Any]]:
        return map(_plain, self._connection.execute(_TOLD, self._values).mappings())

    def passed(self, counter: str, threshold: int) -> Passed | None:
        first = (
            select(_post.c.platform, _post.c.native_id, *rows.LOOK)
            .join_from(_mention, _post, _post.c.id == _mention.c.post_id)
            .join(_sighting, _sighting.c.post_id == _post.c.id)
            .where(_mention.c.story_id == _THIS, _sighting.c[counter] >= threshold)
            .order_by(_sighting.c.seen_at, _post.c.id)
            .limit(1)
        )
        for platform, native_id, *look in self._connection.execute(first, self._values):
            seen = rows.look(look, 0)
            count: Count = getattr(seen.counts, counter)
            return Passed(
                counter=counter, threshold=threshold, post=PostKey(platform, native_id), at=seen.seen_at, count=count
            )
        return None


def _exhibit(
    sha256: str,
    body: bytes,
    size: int,
    feed: str,
    url: str,
    at: int,
    status: int | None,
    content_type: str,
    withheld: int,
) -> Exhibit:
    return Exhibit(
        sha256=sha256,
        packed=body,
        size=size,
        feed=feed,
        url=url,
        at=rows.moment(at),
        status=status,
        content_type=content_type,
        withheld=bool(withheld),
    )


def _plain(row: Mapping[Any, Any]) -> Mapping[str, Any]:
    """A row with its moments as such and its JSON read."""
    return {
        name: rows.moment_or_none(value)
        if name in _MOMENTS
        else orjson.loads(value)
        if name in ("handle", "body") and value is not None
        else value
        for name, value in row.items()
    }
