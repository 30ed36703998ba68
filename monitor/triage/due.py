"""What the clock has to do with an incident: deadlines, the end of a snooze, sleep after long quiet, the follow-up. Pure.

All of it is absolute times that follow from the incident, so a restart forgets nothing and what is overdue is done once.
"""

from datetime import datetime, time, timedelta, tzinfo
from typing import Any

from monitor.model import ENDED, MACHINE, Act, Forecast, Incident, IncidentState, Severity, Step
from monitor.triage.deadlines import Deadline, deadlines
from monitor.triage.life import SLEEPERS

__all__ = ["Deadline", "accelerated", "deadlines", "due", "next_due", "until_morning"]

QUIET = timedelta(hours=24)
"""Nothing worth telling for this long, and what nobody has in hand goes to sleep."""

LOOKED_WITHIN = timedelta(hours=6)
"""Silence is no good news: an open incident sleeps only if its post was looked at this recently."""

FOLLOW_UP_AFTER = timedelta(days=3)
"""Then whoever complained is asked how it stands."""

ASK_AGAIN = timedelta(hours=1)
"""When what could not sleep yet is looked at again."""

MORNING = time(8)
"""早上 8 点再叫我."""

DOUBLED, SOME, A_MINUTE = 2, 10, 1.0
"""What breaks a rest: twice the reach and this many more, or twice the pace and this many a minute. A handful doubles soon."""


def until_morning(now: datetime, zone: tzinfo) -> datetime:
    """The next eight o'clock there."""
    here = now.astimezone(zone)
    morning = datetime.combine(here.date(), MORNING, zone)
    return morning if here < morning else datetime.combine(here.date() + timedelta(days=1), MORNING, zone)


def accelerated(incident: Incident, severity: Severity | None, forecast: Forecast | None) -> dict[str, Any] | None:
    """How it gathers speed against how it stood when it was put to rest: its severity rose, or its reach has doubled (by ten at
    least), or its pace is twice what it was (one a minute at least). None: it does not, or is not at rest."""
    was = incident.rested
    if was is None:
        return None
    if severity is not None and severity > was.severity:
        return {"from": was.severity.word, "to": severity.word}
    if forecast is None or forecast.unit != was.unit:
        return None
    if forecast.now >= max(DOUBLED * was.reach, was.reach + SOME):
        return {"unit": was.unit, "was": was.reach, "now": forecast.now}
    if forecast.per_minute >= max(DOUBLED * was.per_minute, A_MINUTE):
        return {"unit": was.unit, "pace_was": round(was.per_minute, 1), "pace": round(forecast.per_minute, 1)}
    return None


def due(incident: Incident, now: datetime) -> Step | None:
    """The one step that the clock takes now, the most urgent first; None: none. A clock that was set back takes none twice,
    for each step has its key and leaves its mark."""
    if incident.state is IncidentState.RESOLVED and incident.resolved_at is not None:
        over = now >= incident.resolved_at + FOLLOW_UP_AFTER
        return _step(incident, Act.FOLLOW_UP, now) if over else None
    if incident.state in ENDED:
        return None
    if incident.snoozed_until is not None and now >= incident.snoozed_until:
        return _step(incident, Act.PAGE, now, "snooze_over")
    if missed := _missed(incident, now):
        return _step(incident, Act.DEADLINE, now, hours=missed[-1].hours)
    if incident.state in SLEEPERS and incident.snoozed_until is None and now >= incident.changed_at + QUIET:
        hours = (now - incident.changed_at) // timedelta(hours=1)
        return _step(incident, Act.SLEEP, now, hours=hours) if _looked(incident, now) else None
    return None


def next_due(incident: Incident, now: datetime) -> datetime | None:
    """When the clock looks at it again, if nothing happens meanwhile; None: never."""
    if incident.state is IncidentState.RESOLVED and incident.resolved_at is not None:
        return incident.resolved_at + FOLLOW_UP_AFTER
    if incident.state in ENDED:
        return None
    moments = [deadline.moment for deadline in _open(incident) if deadline.moment > now]
    if incident.snoozed_until is not None:
        moments.append(incident.snoozed_until)
    elif incident.state in SLEEPERS:
        quiet = incident.changed_at + QUIET
        moments.append(quiet if quiet > now else now + ASK_AGAIN)
    return min(moments, default=None)


def _open(incident: Incident) -> list[Deadline]:
    """Deadlines that people could still keep when they were paged, and of which nothing was said yet."""
    paged = incident.paged_at
    if paged is None or incident.state is IncidentState.DORMANT:
        return []
    return [d for d in deadlines(incident) if d.met_at is None and d.moment > paged and d.hours > incident.missed]


def _missed(incident: Incident, now: datetime) -> list[Deadline]:
    return [deadline for deadline in _open(incident) if now >= deadline.moment]


def _looked(incident: Incident, now: datetime) -> bool:
    """Nobody was woken for it, or we have looked since."""
    looks = incident.lead.looks if incident.lead else ()
    return incident.paged_at is None or bool(looks and now - looks[-1].seen_at <= LOOKED_WITHIN)


def _step(incident: Incident, act: Act, now: datetime, reason: str = "", **facts: Any) -> Step:
    key = f"incident-{incident.id}:{act.value}:{incident.version}"
    return Step(act=act, actor=MACHINE, at=now, key=key, source="clock", reason=reason, facts=facts)
