"""What scoring and judging need: texts that wait, mentions with news, and the stories and incidents they belong to."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, literal_column, select, update

from monitor.model import (
    COUNTERS,
    Incident,
    Look,
    Mention,
    MentionState,
    NotificationKind,
    Opinion,
    PostKey,
    Sentiment,
    Severity,
    Unscored,
)
from monitor.ports import Candidate, Judgement
from monitor.spread.surge import BAD
from monitor.store import applying, complaints, hours, looks, mentions, notifications, rows, schema, tellings
from monitor.store.part import Part
from monitor.store.prepared import Prepared
from monitor.store.recording import COUNT_DAILY, daily_row
from monitor.triage.event import Telling

_OLDEST_SHARE = 5
"""One text in so many goes to those that wait longest, so that a flood of loud posts starves nobody."""

_NEGATIVE = 0.5
_CANDIDATES = 200
_DAY_MS: Any = literal_column("86400000")

_mention, _post, _story, _band = schema.mention, schema.post, schema.story, schema.story_band
_incident, _note = schema.incident, schema.notification

# What a partial index asks for stands in the statement itself: SQLite does not look for it behind a parameter.
_TEXTS = (
    select(_mention.c.id, _mention.c.brand, _mention.c.platform, _mention.c.text_hash, _post.c.title, _post.c.text)
    .join_from(_mention, _post, _post.c.id == _mention.c.post_id)
    .limit(bindparam("n"))
)
_PENDING = _TEXTS.where(_mention.c.state == literal_column("'pending'"))
DOUBTFUL = _TEXTS.where(
    _mention.c.state == literal_column("'scored'"),
    _mention.c.severity >= literal_column("2"),
    _mention.c.second_engine.is_(None),
).order_by(_mention.c.priority.desc())
"""Yellow or above, and read by one engine alone."""
_OPINION = (
    update(_mention)
    .where(_mention.c.id == bindparam("b_id"))
    .values(second_negative=bindparam("b_negative"), second_engine=bindparam("b_engine"))
)
_TOLD = (
    select(_note.c.incident_id, _incident.c.severity, _note.c.receiver)
    .join_from(_note, _incident, _incident.c.id == _note.c.incident_id)
    .where(_note.c.kind == NotificationKind.ROOT.value, _incident.c.lead_id.in_(bindparam("ids", expanding=True)))
)
"""Who has a message that shows one of these mentions."""
_HOTTEST = _PENDING.order_by(_mention.c.priority.desc(), _mention.c.id)
_OLDEST = _PENDING.order_by(_mention.c.id)
_ASKED = (
    select(
        _mention.c.id,
        _mention.c.brand,
        _mention.c.platform,
        _mention.c.text_hash,
        _mention.c.engine,
        _post.c.first_seen,
        _post.c.background,
        _post.c.rating,
    )
    .join_from(_mention, _post, _post.c.id == _mention.c.post_id)
    .where(_mention.c.id.in_(bindparam("ids", expanding=True)))
)
_STILL = (
    _mention.c.id == bindparam("b_id"),
    _mention.c.text_hash == func.coalesce(bindparam("b_hash"), _mention.c.text_hash),
)
_SAID = ("negative", "aimed", "anger", "evidence", "categories", "engine", "version")
_SCORED = (
    update(_mention)
    .where(*_STILL)
    .values(
        state=MentionState.SCORED.value,
        scored_at=bindparam("b_now"),
        second_negative=None,
        second_engine=None,
        **{name: bindparam(f"b_{name}") for name in _SAID},
    )
)
_FAILED = update(_mention).where(*_STILL).values(state=MentionState.FAILED.value, next_look_at=None)
_LEAVE_OUT = (
    update(_mention)
    .where(_mention.c.id == bindparam("b_id"))
    .values(state=MentionState.FAILED.value, next_look_at=None, news=0)
)
_NEWS = Prepared(
    mentions.WITH_POST.where(_mention.c.state == literal_column("'scored'"), _mention.c.news > literal_column("0"))
    .order_by(_mention.c.priority.desc(), _mention.c.id)
    .limit(bindparam("n"))
)
_FINISHED = {
    unit: Prepared(
        select(
            select(func.max(schema.sighting.c[unit]))
            .where(schema.sighting.c.post_id == _post.c.id, schema.sighting.c.seen_at <= _post.c.posted_at + _DAY_MS)
            .scalar_subquery()
        )
        .where(
            _post.c.platform == bindparam("platform"),
            _post.c.posted_at > bindparam("after"),
            _post.c.posted_at <= bindparam("until"),
        )
        .order_by(_post.c.posted_at.desc())
        .limit(bindparam("n"))
    )
    for unit in COUNTERS
}
_ALIKE = (
    select(_mention.c.post_id, _mention.c.story_id, _mention.c.signature)
    .where(
        _mention.c.brand == bindparam("brand"),
        _mention.c.story_id.is_not(None),
        _mention.c.signature.is_not(None),
        _mention.c.post_id.in_(
            select(_band.c.post_id).where(
                _band.c.brand == bindparam("brand"),
                _band.c.band.in_(bindparam("bands", expanding=True)),
                _band.c.at >= bindparam("since"),
            )
        ),
    )
    .order_by(_mention.c.post_id.desc())
    .limit(_CANDIDATES)
)
_BEGAN_AT = (
    select(_story.c.id)
    .where(
        _story.c.brand == bindparam("brand"),
        _story.c.platform == bindparam("platform"),
        _story.c.native_id == bindparam("native_id"),
    )
    .scalar_subquery()
)
_BELONGS_TO = (
    select(_mention.c.story_id)
    .join_from(_mention, _post, _post.c.id == _mention.c.post_id)
    .where(
        _mention.c.brand == bindparam("brand"),
        _post.c.platform == bindparam("platform"),
        _post.c.native_id == bindparam("native_id"),
    )
    .scalar_subquery()
)
_STORY_OF = select(func.coalesce(_BELONGS_TO, _BEGAN_AT))
_PASSED_ON = (
    select(func.count(func.distinct(func.coalesce(_post.c.author_id, ""))))
    .join_from(_mention, _post, _post.c.id == _mention.c.post_id)
    .where(
        _mention.c.story_id == bindparam("story"),
        _mention.c.aimed >= BAD,
        _post.c.platform == bindparam("platform"),
        _post.c.repost_of == bindparam("native_id"),
    )
)


class JudgingPart(Part):
    """`monitor.ports.Judging`."""

    def unscored(self, limit: int) -> list[Unscored]:
        def find(connection: Connection) -> list[Any]:
            hottest = list(connection.execute(_HOTTEST, {"n": limit}))
            if len(hottest) < limit:
                return hottest
            oldest = connection.execute(_OLDEST, {"n": limit // _OLDEST_SHARE}).all()
            chosen = {row.id: row for row in (*hottest[: limit - len(oldest)], *oldest, *hottest)}
            return list(chosen.values())[:limit]

        found = self._db.read(find)
        self._asked.update((row.id, row.text_hash) for row in found)
        return [_unscored(row) for row in found]

    def doubtful(self, limit: int) -> list[Unscored]:
        return [_unscored(row) for row in self._db.read(lambda it: it.execute(DOUBTFUL, {"n": limit}).all())]

    def save_opinions(self, opinions: Sequence[tuple[int, Opinion]], now: datetime) -> None:
        values = [{"b_id": id_, "b_negative": said.negative, "b_engine": said.engine} for id_, said in opinions]
        if not values:
            return

        def write(connection: Connection) -> None:
            connection.execute(_OPINION, values)
            for incident_id, severity, receiver in connection.execute(
                _TOLD, {"ids": [id_ for id_, _ in opinions]}
            ).all():
                renewed = ((receiver, NotificationKind.UPDATE),)
                notifications.tell(connection, incident_id, Severity(severity), renewed, now)

        self._db.write("ingest", write)
        self._announce(["outbox"])

    def save_sentiments(self, results: Sequence[tuple[int, Sentiment | None]], now: datetime) -> None:
        """A mention whose text changed while it was scored stays pending: its answer is about another text."""
        if not results:
            return
        scored, failed = [], []
        asked = {id_: self._asked.pop(id_, None) for id_, _ in results}
        for id_, sentiment in results:
            same = {"b_id": id_, "b_hash": asked[id_]}
            if sentiment is None:
                failed.append(same)
            else:
                scored.append({**same, "b_now": rows.ms(now), **_sentiment_values(sentiment)})

        def write(connection: Connection) -> None:
            _count_scored(connection, results, asked, now)
            if scored:
                connection.execute(_SCORED, scored)
            if failed:
                connection.execute(_FAILED, failed)

        self._db.write("ingest", write)
        self._announce(["news"] if scored else [])

    def leave_out(self, mention_id: int) -> None:
        """It is neither judged nor looked at again."""
        self._db.write("deliver", lambda connection: connection.execute(_LEAVE_OUT, {"b_id": mention_id}))

    def news(self, limit: int) -> list[Mention]:
        """The loudest first."""
        return self._db.read(
            lambda connection: mentions.read(connection, _NEWS.find(connection, {"n": limit}), self._looks)
        )

    def every_look(self, mention: Mention) -> tuple[Look, ...]:
        born, last = rows.ms(mention.born), rows.ms(mention.looks[-1].seen_at)
        return self._db.read(lambda connection: looks.every(connection, mention.post_id, born, last))

    def candidates(self, brand: str, bands: Sequence[int], since: datetime) -> list[Candidate]:
        """The newest 200 at most: more would only tell the same story."""
        values = {"brand": brand, "bands": list(bands), "since": rows.ms(since)}
        found = self._db.read(lambda connection: connection.execute(_ALIKE, values).all())
        return [Candidate(post_id=post_id, story_id=story, signature=signature) for post_id, story, signature in found]

    def finished(self, platform: str, unit: str, after: datetime, until: datetime, limit: int) -> list[int]:
        values = {"platform": platform, "after": rows.ms(after), "until": rows.ms(until), "n": limit}
        found = self._db.read(lambda connection: _FINISHED[unit].find(connection, values))
        return [int(row[0]) for row in reversed(found) if row[0] is not None]

    def story_of(self, brand: str, key: PostKey) -> int | None:
        key = rows.key_of(key)
        values = {"brand": brand, "platform": key.platform, "native_id": key.native_id}
        found = self._db.read(lambda connection: connection.execute(_STORY_OF, values).scalar())
        return None if found is None else int(found)

    def passed_on(self, story_id: int, key: PostKey) -> int:
        key = rows.key_of(key)
        values = {"story": story_id, "platform": key.platform, "native_id": key.native_id}
        return int(self._db.read(lambda connection: connection.execute(_PASSED_ON, values).scalar()) or 0)

    def story_of_complaint(
        self, brand: str, order_ref: str | None, customer_ref: str | None, since: datetime
    ) -> int | None:
        return self._db.read(lambda connection: complaints.find(connection, brand, order_ref, customer_ref, since))

    def incident_of(self, story_id: int) -> Incident | None:
        def find(connection: Connection) -> list[Incident]:
            found = mentions.INCIDENT_OF_STORY.find(connection, {"s": story_id})
            return mentions.read_incidents(connection, found, self._looks)

        return next(iter(self._db.read(find)), None)

    def tellings(self, brand: str, since: datetime) -> list[Telling]:
        return self._db.read(lambda connection: tellings.find(connection, brand, since))

    def apply(self, judgements: Sequence[Judgement], now: datetime) -> list[int]:
        """What opens or raises an incident overtakes ingest."""
        if not judgements:
            return []
        urgent = any(judgement.change in ("open", "raise") for judgement in judgements)
        applied = self._db.write(
            "deliver" if urgent else "ingest", lambda connection: applying.apply(connection, judgements, now)
        )
        self._announce(["outbox"] if any(judgement.tells for judgement in judgements) else [])
        return applied


def _unscored(row: Any) -> Unscored:
    words = rows.words({"title": row.title, "text": row.text})
    return Unscored(mention_id=row.id, brand=row.brand, platform=row.platform, text=words)


def _sentiment_values(sentiment: Sentiment) -> dict[str, Any]:
    return {
        "b_negative": sentiment.negative,
        "b_aimed": sentiment.aimed,
        "b_anger": sentiment.anger,
        "b_evidence": rows.as_json([rows.storable(span) for span in sentiment.evidence]),
        "b_categories": rows.as_json(list(sentiment.categories)),
        "b_engine": sentiment.engine,
        "b_version": sentiment.version,
    }


def _count_scored(
    connection: Connection,
    results: Sequence[tuple[int, Sentiment | None]],
    asked: Mapping[int, str | None],
    now: datetime,
) -> None:
    """Into the day's and the hour's numbers, each mention once: an edited text that is scored again is no second mention."""
    said = {id_: sentiment for id_, sentiment in results if sentiment is not None}
    scored: Counter[tuple[str, str]] = Counter()
    negative: Counter[tuple[str, str]] = Counter()
    came: list[dict[str, Any]] = []
    for row in connection.execute(_ASKED, {"ids": list(said)}) if said else ():
        if row.engine is not None or asked[row.id] not in (None, row.text_hash):
            continue
        scored[row.brand, row.platform] += 1
        negative[row.brand, row.platform] += said[row.id].negative >= _NEGATIVE
        if not row.background:
            bad = said[row.id].aimed >= BAD
            came.append(hours.row(row.brand, row.platform, row.first_seen, bad=bad, rating=row.rating))
    if scored:
        counts = [daily_row(now, *where, scored=n, negative=negative[where]) for where, n in scored.items()]
        COUNT_DAILY.each(connection, counts)
    if came:
        hours.COUNT.each(connection, came)
