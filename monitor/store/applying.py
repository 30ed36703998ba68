"""Judgements, written down: stories, incidents, what people are to be told. All of a list in one transaction."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, case, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from monitor.model import IncidentState, Reason, Severity
from monitor.ports import Judgement
from monitor.store import notifications, rows, schema
from monitor.store.prepared import Prepared
from monitor.store.recording import COUNT_DAILY, daily_row

_mention, _story, _band, _incident = schema.mention, schema.story, schema.story_band, schema.incident

_BEGIN_STORY = upsert(_story).on_conflict_do_nothing()
_BEGAN = select(_story.c.id).where(
    _story.c.brand == bindparam("brand"),
    _story.c.platform == bindparam("platform"),
    _story.c.native_id == bindparam("native_id"),
)
_ADD_BAND = upsert(_band).on_conflict_do_nothing()
_SETTLE = (
    update(_mention)
    .where(_mention.c.id == bindparam("b_id"))
    .values(story_id=bindparam("b_story"), signature=bindparam("b_signature"))
)
_UNRESOLVED = select(_incident.c.id, _incident.c.severity, _incident.c.paged_at).where(
    _incident.c.story_id == bindparam("s"), _incident.c.state != "resolved"
)
_OPEN = insert(_incident).returning(_incident.c.id)
_SHOW = (
    update(_incident)
    .where(_incident.c.id == bindparam("b_id"))
    .values(
        severity=bindparam("b_severity"),
        changed_at=bindparam("b_now"),
        reasons=bindparam("b_reasons"),
        risk=bindparam("b_risk"),
        forecast=bindparam("b_forecast"),
        found_late=bindparam("b_found_late"),
        lead_id=bindparam("b_lead"),
        calm_since=None,
    )
)
_LOWER = (
    update(_incident)
    .where(
        _incident.c.story_id == bindparam("b_story"),
        _incident.c.state != "resolved",
        _incident.c.severity == bindparam("b_level") + 1,
    )
    .values(
        severity=bindparam("b_level"),
        changed_at=bindparam("b_now"),
        reasons=bindparam("b_reasons"),
        risk=bindparam("b_risk"),
        forecast=bindparam("b_forecast"),
        calm_since=bindparam("b_calm"),
    )
)
_PAGED = (
    update(_incident)
    .where(_incident.c.id == bindparam("b_id"), _incident.c.paged_at.is_(None))
    .values(paged_at=bindparam("b_now"))
)
_REFRESH = Prepared(
    update(_incident)
    .where(_incident.c.story_id == bindparam("b_story"), _incident.c.state != "resolved")
    .values(
        risk=bindparam("b_risk"),
        forecast=bindparam("b_forecast"),
        lead_id=bindparam("b_lead"),
        calm_since=bindparam("b_calm"),
    )
)
_MOVE = (
    update(_mention).where(_mention.c.id.in_(bindparam("ids", expanding=True))).values(story_id=bindparam("b_story"))
)
_REASONS = select(_incident.c.reasons).where(_incident.c.id == bindparam("i"))
_NOTE = update(_incident).where(_incident.c.id == bindparam("b_id")).values(reasons=bindparam("b_reasons"))
_GATHER = (
    update(_mention).where(_mention.c.story_id == bindparam("b_story")).values(incident_id=bindparam("b_incident"))
)
_JOIN = update(_mention).where(_mention.c.id == bindparam("b_id")).values(incident_id=bindparam("b_incident"))
_COUNT = (
    update(_incident)
    .where(_incident.c.id == bindparam("b_id"))
    .values(
        posts=select(func.count())
        .select_from(_mention)
        .where(_mention.c.story_id == _incident.c.story_id)
        .scalar_subquery()
    )
)
_JUDGED = Prepared(
    update(_mention)
    .where(_mention.c.id == bindparam("b_id"))
    .values(
        severity=bindparam("b_severity"),
        next_look_at=bindparam("b_next"),
        look_worth=bindparam("b_worth"),
        news=case((_mention.c.news > bindparam("b_news"), _mention.c.news - bindparam("b_news")), else_=0),
    )
)


def apply(connection: Connection, judgements: Sequence[Judgement], now: datetime) -> list[int]:
    """The incident of each judgement (0: none). What came in while it was judged stays news."""
    applied = [_one(connection, judgement, now) for judgement in judgements]
    judged = [
        {
            "b_id": judgement.mention.id,
            "b_severity": judgement.verdict.severity,
            "b_next": rows.ms_or_none(judgement.next_look),
            "b_worth": judgement.look_worth,
            "b_news": judgement.mention.news,
        }
        for judgement in judgements
    ]
    _JUDGED.each(connection, judged)
    return applied


def _one(connection: Connection, judgement: Judgement, now: datetime) -> int:
    mention = judgement.mention
    story_id = judgement.story_id or mention.story_id
    if judgement.signature is not None:
        story_id = _settle_story(connection, judgement, judgement.signature, now)
    if judgement.change in ("open", "raise") and story_id is not None:
        return _open_or_raise(connection, judgement, story_id, now)
    if judgement.change == "refresh" and story_id is not None:
        forecast = rows.forecast_json(judgement.verdict.forecast)
        values = {"b_story": story_id, "b_risk": judgement.verdict.risk, "b_forecast": forecast, "b_lead": mention.id}
        _REFRESH.each(connection, [{**values, "b_calm": rows.ms_or_none(judgement.calm_since)}])
    if judgement.change == "lower" and story_id is not None and judgement.level is not None:
        _lower(connection, judgement, story_id, judgement.level, now)
    incident_id = mention.incident_id or 0
    if judgement.signature is not None or judgement.tells:
        current = connection.execute(_UNRESOLVED, {"s": story_id}).first()
        if current is not None:
            incident_id = current.id
            connection.execute(_JOIN, {"b_id": mention.id, "b_incident": incident_id})
            connection.execute(_COUNT, {"b_id": incident_id})
            _note(connection, incident_id, judgement.notes)
            notifications.tell(connection, incident_id, Severity(current.severity), judgement.tells, now)
    return incident_id


def gather(connection: Connection, judgement: Judgement, posts: Sequence[int], now: datetime) -> int:
    """Mentions become one story, whatever stories they were; its incident (0: none) is opened, raised or noted."""
    story_id = judgement.story_id or _begin_story(connection, judgement, now)
    if posts:
        connection.execute(_MOVE, {"b_story": story_id, "ids": list(posts)})
    if judgement.change in ("open", "raise"):
        return _open_or_raise(connection, judgement, story_id, now)
    current = connection.execute(_UNRESOLVED, {"s": story_id}).first()
    if current is None:
        return 0
    connection.execute(_GATHER, {"b_story": story_id, "b_incident": current.id})
    connection.execute(_COUNT, {"b_id": current.id})
    _note(connection, current.id, judgement.notes)
    notifications.tell(connection, current.id, Severity(current.severity), judgement.tells, now)
    return int(current.id)


def _note(connection: Connection, incident_id: int, notes: Sequence[Reason]) -> None:
    """Adds to the reasons of an incident, each in place of an earlier one of its code."""
    if not notes:
        return
    known = rows.reasons_of(connection.execute(_REASONS, {"i": incident_id}).scalar_one())
    said = {note.code for note in notes}
    kept = [reason for reason in known if reason.code not in said]
    connection.execute(_NOTE, {"b_id": incident_id, "b_reasons": rows.reasons_json([*kept, *notes])})


def _begin_story(connection: Connection, judgement: Judgement, now: datetime) -> int:
    origin = rows.key_of(judgement.origin or judgement.mention.post.key)
    begins = {"brand": judgement.mention.brand, "platform": origin.platform, "native_id": origin.native_id}
    connection.execute(_BEGIN_STORY, {**begins, "began_at": rows.ms(now)})
    return int(connection.execute(_BEGAN, begins).scalar_one())


def _lower(connection: Connection, judgement: Judgement, story_id: int, level: Severity, now: datetime) -> None:
    """One step down, unless it was raised meanwhile."""
    verdict = judgement.verdict
    values = {
        "b_story": story_id,
        "b_level": int(level),
        "b_now": rows.ms(now),
        "b_reasons": rows.reasons_json(verdict.reasons),
        "b_risk": verdict.risk,
        "b_forecast": rows.forecast_json(verdict.forecast),
        "b_calm": rows.ms_or_none(judgement.calm_since),
    }
    connection.execute(_LOWER, values)


def _settle_story(connection: Connection, judgement: Judgement, signature: bytes, now: datetime) -> int:
    mention, story_id = judgement.mention, judgement.story_id
    if story_id is None:
        story_id = _begin_story(connection, judgement, now)
    connection.execute(_SETTLE, {"b_id": mention.id, "b_story": story_id, "b_signature": signature})
    if judgement.bands:
        at = {"brand": mention.brand, "post_id": mention.post_id, "at": rows.ms(now)}
        connection.execute(_ADD_BAND, [{**at, "band": band} for band in set(judgement.bands)])
    return story_id


def _open_or_raise(connection: Connection, judgement: Judgement, story_id: int, now: datetime) -> int:
    """Where somebody opened one meanwhile, that one is adopted: a story has one unresolved incident."""
    mention, verdict = judgement.mention, judgement.verdict
    severity = verdict.severity or Severity.BLUE
    counts: Counter[str] = Counter()
    current = connection.execute(_UNRESOLVED, {"s": story_id}).first()
    shown = {
        "severity": int(severity),
        "reasons": rows.reasons_json(verdict.reasons),
        "risk": verdict.risk,
        "forecast": rows.forecast_json(verdict.forecast),
        "found_late": verdict.found_late,
    }
    if current is None:
        opened = {
            "brand": mention.brand,
            "story_id": story_id,
            "state": IncidentState.OPEN.value,
            **shown,
            "opened_at": rows.ms(now),
            "changed_at": rows.ms(now),
            "paged_at": None,
            "posts": 1,
            "lead_id": mention.id,
            "calm_since": None,
            "missed": 0,
            "version": 0,
        }
        incident_id = int(connection.execute(_OPEN, opened).scalar_one())
        counts["incidents"] = 1
    else:
        incident_id = int(current.id)
        if severity > current.severity:
            values = {f"b_{name}": value for name, value in shown.items()}
            connection.execute(_SHOW, {**values, "b_id": incident_id, "b_now": rows.ms(now), "b_lead": mention.id})
        severity = max(severity, Severity(current.severity))
    connection.execute(_GATHER, {"b_story": story_id, "b_incident": incident_id})
    connection.execute(_COUNT, {"b_id": incident_id})
    if judgement.pages:
        counts["pages"] = connection.execute(_PAGED, {"b_id": incident_id, "b_now": rows.ms(now)}).rowcount
    notifications.tell(connection, incident_id, severity, judgement.tells, now)
    if counts.total():
        COUNT_DAILY.each(connection, [daily_row(now, mention.brand, mention.post.platform, **counts)])
    return incident_id
