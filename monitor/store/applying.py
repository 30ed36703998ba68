"""Judgements, written down: stories, incidents, what people are to be told. All of a list in one transaction."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, case, func, insert, select, update

from monitor.model import ENDED, Act, Incident, IncidentState, Reason, Severity
from monitor.ports import Judgement
from monitor.store import incident_rows, moving, notifications, rows, schema, stories
from monitor.store.prepared import Prepared
from monitor.store.recording import COUNT_DAILY, daily_row

_mention, _incident = schema.mention, schema.incident

_LIVE = select(*incident_rows.INCIDENT).where(_incident.c.story_id == bindparam("s"), stories.LIVE)
_OPEN = insert(_incident).returning(_incident.c.id)
_SHOW = (
    update(_incident)
    .where(_incident.c.id == bindparam("b_id"))
    .values(
        reasons=bindparam("b_reasons"),
        risk=bindparam("b_risk"),
        forecast=bindparam("b_forecast"),
        found_late=bindparam("b_found_late"),
        lead_id=bindparam("b_lead"),
        calm_since=bindparam("b_calm"),
    )
)
_REFRESH = Prepared(
    update(_incident)
    .where(_incident.c.story_id == bindparam("b_story"), stories.LIVE)
    .values(
        risk=bindparam("b_risk"),
        forecast=bindparam("b_forecast"),
        lead_id=bindparam("b_lead"),
        calm_since=bindparam("b_calm"),
        changed_at=func.coalesce(bindparam("b_stirred"), _incident.c.changed_at),
    )
)
_STIR = update(_incident).where(_incident.c.id == bindparam("b_id")).values(changed_at=bindparam("b_now"))
_NOTE = update(_incident).where(_incident.c.id == bindparam("b_id")).values(reasons=bindparam("b_reasons"))
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
        story_id = stories.settle(connection, judgement, judgement.signature, now)
    if story_id is None:
        return mention.incident_id or 0
    if judgement.change in ("open", "raise"):
        return _open_or_raise(connection, judgement, stories.into(connection, story_id), now)
    if judgement.change == "refresh":
        _refresh(connection, judgement, story_id, now)
    if judgement.change == "lower" and judgement.level is not None:
        _lower(connection, judgement, story_id, judgement.level, now)
    incident_id = mention.incident_id or 0
    if judgement.signature is not None or judgement.tells or judgement.act is not None:
        current = _live(connection, story_id)
        if current is not None:
            incident_id = current.id
            stories.join(connection, mention.id, min(mention.born, mention.first_seen), incident_id)
            _beside(connection, current, judgement, now)
    return incident_id


def gather(connection: Connection, judgement: Judgement, posts: Sequence[int], now: datetime) -> int:
    """Mentions become one story, whatever stories they were; its incident (0: none) is opened, raised or noted."""
    begun = judgement.story_id or stories.begin(connection, judgement, now)
    story_id = stories.into(connection, begun)
    stories.move(connection, posts, story_id)
    if judgement.change in ("open", "raise"):
        return _open_or_raise(connection, judgement, story_id, now)
    current = _live(connection, story_id)
    if current is None:
        return 0
    stories.gather(connection, story_id, current.id)
    _beside(connection, current, judgement, now)
    return current.id


def _live(connection: Connection, story_id: int) -> Incident | None:
    row = connection.execute(_LIVE, {"s": story_id}).first()
    return None if row is None else incident_rows.incident(row, None)


def _beside(connection: Connection, current: Incident, judgement: Judgement, now: datetime) -> None:
    """What a judgement says of an incident beside its level: notes, that it stirs, that it wakes, who hears of it."""
    _note(connection, current, judgement.notes)
    if judgement.stirs:
        connection.execute(_STIR, {"b_id": current.id, "b_now": rows.ms(now)})
    if judgement.act is Act.REIGNITE:
        _wake(connection, judgement, current, current.severity, now)
    elif judgement.act is not None:
        moving.by_judge(connection, current, judgement.act, now, judgement.because)
    notifications.tell(connection, current.id, current.severity, judgement.tells, now)


def _note(connection: Connection, current: Incident, notes: Sequence[Reason]) -> None:
    """Adds to the reasons of an incident, each in place of an earlier one of its code."""
    if not notes:
        return
    said = {note.code for note in notes}
    kept = [reason for reason in current.reasons if reason.code not in said]
    connection.execute(_NOTE, {"b_id": current.id, "b_reasons": incident_rows.reasons_json([*kept, *notes])})


def _refresh(connection: Connection, judgement: Judgement, story_id: int, now: datetime) -> None:
    values = {
        "b_story": story_id,
        "b_risk": judgement.verdict.risk,
        "b_forecast": incident_rows.forecast_json(judgement.verdict.forecast),
        "b_lead": judgement.mention.id,
        "b_calm": rows.ms_or_none(judgement.calm_since),
        "b_stirred": rows.ms(now) if judgement.stirs else None,
    }
    _REFRESH.each(connection, [values])


def _lower(connection: Connection, judgement: Judgement, story_id: int, level: Severity, now: datetime) -> None:
    """One step down, unless it was raised or closed meanwhile."""
    current = _live(connection, story_id)
    if current is None or current.severity != level + 1:
        return
    moving.by_judge(connection, current, Act.LOWER, now, to=level.word)
    shown = {**_shown(judgement), "b_found_late": current.found_late, "b_lead": judgement.mention.id}
    connection.execute(_SHOW, {**shown, "b_id": current.id, "b_calm": rows.ms_or_none(judgement.calm_since)})


def _shown(judgement: Judgement) -> dict[str, Any]:
    verdict = judgement.verdict
    return {
        "b_reasons": incident_rows.reasons_json(verdict.reasons),
        "b_risk": verdict.risk,
        "b_forecast": incident_rows.forecast_json(verdict.forecast),
        "b_found_late": verdict.found_late,
    }


def _open_or_raise(connection: Connection, judgement: Judgement, story_id: int, now: datetime) -> int:
    """Where somebody opened one meanwhile, that one is adopted: a story has one that has not ended. What people closed comes back,
    if the judge raised what they were just closing too."""
    severity = judgement.verdict.severity or Severity.BLUE
    counts: Counter[str] = Counter()
    current = _live(connection, story_id)
    if current is None and judgement.change == "raise" and judgement.incident_id is not None:
        current = moving.stands(connection, judgement.incident_id)
    if current is None:
        current = _open(connection, judgement, story_id, severity, now)
        counts["incidents"] = 1
    unpaged = current.paged_at is None
    higher = severity > current.severity
    if current.state in ENDED or judgement.act is Act.REIGNITE:
        current = _wake(connection, judgement, current, severity, now)
    else:
        if higher:
            current = moving.by_judge(connection, current, Act.RAISE, now, to=severity.word).incident
        if judgement.act is not None:
            current = moving.by_judge(connection, current, judgement.act, now, judgement.because).incident
    if current.state in ENDED:
        return current.id
    if higher:
        connection.execute(
            _SHOW, {**_shown(judgement), "b_id": current.id, "b_lead": judgement.mention.id, "b_calm": None}
        )
    stories.gather(connection, story_id, current.id)
    notifications.tell(connection, current.id, current.severity, judgement.tells, now)
    if unpaged and current.paged_at is not None:
        counts["pages"] = 1
    if counts.total():
        mention = judgement.mention
        COUNT_DAILY.each(connection, [daily_row(now, mention.brand, mention.post.platform, **counts)])
    return current.id


def _wake(
    connection: Connection, judgement: Judgement, current: Incident, severity: Severity, now: datetime
) -> Incident:
    """What slept or was closed is back, at its new level; quietly where nobody is to be woken for that."""
    quietly = {} if judgement.wakes else {"quietly": True}
    back = moving.by_judge(
        connection, current, Act.REIGNITE, now, judgement.because, to=max(severity, current.severity).word, **quietly
    )
    return back.incident


def _open(connection: Connection, judgement: Judgement, story_id: int, severity: Severity, now: datetime) -> Incident:
    """As it begins: seen, and nobody told. The judge's step says what follows."""
    verdict, mention = judgement.verdict, judgement.mention
    opened = {
        "brand": mention.brand,
        "story_id": story_id,
        "severity": int(severity),
        "state": IncidentState.DETECTED.value,
        "opened_at": rows.ms(now),
        "changed_at": rows.ms(now),
        "reasons": incident_rows.reasons_json(verdict.reasons),
        "risk": verdict.risk,
        "forecast": incident_rows.forecast_json(verdict.forecast),
        "found_late": verdict.found_late,
        "posts": 1,
        "lead_id": mention.id,
        "born": rows.ms(mention.born),
        "missed": 0,
        "version": 0,
    }
    return moving.stands(connection, int(connection.execute(_OPEN, opened).scalar_one()))
