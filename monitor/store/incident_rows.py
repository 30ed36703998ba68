"""Between rows and nouns: incidents, what happened to them, and what is told of them."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import orjson

from monitor.model import (
    Act,
    Actor,
    Forecast,
    Incident,
    IncidentEvent,
    IncidentState,
    Mention,
    Notification,
    NotificationKind,
    Reach,
    Reason,
    Severity,
    Standing,
)
from monitor.store import rows, schema

INCIDENT = tuple(schema.incident.c[name] for name in (
    "id", "brand", "story_id", "severity", "state", "opened_at", "changed_at", "paged_at", "reasons", "risk",
    "forecast", "found_late", "posts", "calm_since", "born", "owner_id", "owner_name", "acknowledged_at", "responding_at",
    "resolved_at", "closed_from", "false_by_id", "false_by_name", "snoozed_until", "rested", "missed", "merged_into",
    "version",
))  # fmt: skip


def incident(row: Sequence[Any], lead: Mention | None) -> Incident:
    (id_, brand, story_id, severity, state, opened_at, changed_at, paged_at, reasons, risk, forecast, found_late,
     posts, calm_since, born, owner_id, owner_name, acknowledged_at, responding_at, resolved_at, closed_from, false_by_id,
     false_by_name, snoozed_until, rested, missed, merged_into, version) = row  # fmt: skip
    return Incident(
        id=id_,
        brand=brand,
        story_id=story_id,
        severity=Severity(severity),
        state=IncidentState(state),
        opened_at=rows.moment(opened_at),
        changed_at=rows.moment(changed_at),
        paged_at=rows.moment_or_none(paged_at),
        reasons=reasons_of(reasons),
        risk=risk,
        forecast=None if forecast is None else _forecast(orjson.loads(forecast)),
        found_late=bool(found_late),
        posts=posts,
        calm_since=rows.moment_or_none(calm_since),
        born=rows.moment_or_none(born),
        owner=None if owner_id is None else Actor(owner_id, owner_name or ""),
        acknowledged_at=rows.moment_or_none(acknowledged_at),
        responding_at=rows.moment_or_none(responding_at),
        resolved_at=rows.moment_or_none(resolved_at),
        closed_from=None if closed_from is None else IncidentState(closed_from),
        false_by=None if false_by_id is None else Actor(false_by_id, false_by_name or ""),
        snoozed_until=rows.moment_or_none(snoozed_until),
        rested=None if rested is None else _standing(orjson.loads(rested)),
        missed=missed,
        merged_into=merged_into,
        version=version,
        lead=lead,
    )


def _standing(stored: list[Any]) -> Standing:
    severity, *rest = stored
    return Standing(Severity(severity), *rest)


EVENT = tuple(schema.event.c[name] for name in (
    "id", "incident_id", "at", "act", "before", "after", "actor_id", "actor_name", "source", "reason", "facts", "key",
))  # fmt: skip


def event(row: Sequence[Any]) -> IncidentEvent:
    id_, incident_id, at, act, before, after, actor_id, actor_name, source, reason, facts, key = row
    return IncidentEvent(
        id=id_,
        incident_id=incident_id,
        at=rows.moment(at),
        act=Act(act),
        before=None if before is None else IncidentState(before),
        after=IncidentState(after),
        actor=Actor(actor_id, actor_name),
        source=source,
        reason=reason,
        facts=orjson.loads(facts),
        key=key,
    )


def reasons_of(stored: str) -> tuple[Reason, ...]:
    return tuple(Reason(code=one["code"], facts=one["facts"]) for one in orjson.loads(stored))


def reasons_json(reasons: Sequence[Reason]) -> str:
    return rows.as_json([{"code": reason.code, "facts": reason.facts} for reason in reasons])


def forecast_json(forecast: Forecast | None) -> str | None:
    if forecast is None:
        return None
    return rows.as_json({
        "unit": forecast.unit,
        "now": forecast.now,
        "per_minute": forecast.per_minute,
        "median": forecast.median,
        "low": forecast.low,
        "high": forecast.high,
        "horizon": forecast.horizon.total_seconds(),
        "p_viral": forecast.p_viral,
        "sentence": forecast.sentence,
        "early": forecast.early,
        "p_page": forecast.p_page,
        "unproven": forecast.unproven,
        "shoved": forecast.shoved,
        "reaches": [[r.ahead.total_seconds(), r.median, r.low, r.high] for r in forecast.reaches],
    })  # fmt: skip


def _forecast(stored: dict[str, Any]) -> Forecast:
    reaches = tuple(Reach(timedelta(seconds=ahead), *reach) for ahead, *reach in stored.get("reaches", ()))
    return Forecast(**{**stored, "horizon": timedelta(seconds=stored["horizon"]), "reaches": reaches})


# ── notifications ───────────────────────────────────────────────────────────────────────────────────────────────────


def notification(
    row: Mapping[str, Any], *, attempts: int, started_at: int | None, handle: str | None, **said: Any
) -> Notification:
    return Notification(
        id=row["id"],
        key=row["key"],
        receiver=row["receiver"],
        kind=NotificationKind(row["kind"]),
        incident_id=row["incident_id"],
        body=None if row["body"] is None else orjson.loads(row["body"]),
        handle=None if handle is None else orjson.loads(handle),
        attempts=attempts,
        started_at=rows.moment_or_none(started_at),
        **said,
    )
