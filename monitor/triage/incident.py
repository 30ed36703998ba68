"""What a verdict does to the story's incident: opens it, raises it, wakes it, refreshes it, or nothing. Pure.

A level rises at once and falls slowly: by one step, after every look at the post shown has been below it for a stated time.
Falling tells nobody anew, and a level pages once. A machine ends nothing. An incident that people closed
comes back only when its story passes the level at which they closed it: within three days the same one, later a new one. What
sleeps or was snoozed wakes when it gathers speed (`due.accelerated`).
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from monitor.model import ENDED, Act, Incident, IncidentState, Reason, Severity, Verdict
from monitor.triage.due import accelerated
from monitor.triage.life import SAME_WITHIN

SETTLED = timedelta(hours=2)
"""Calm that has lasted this long lets the level fall: a feed polled every half hour has looked four times."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """`pages`: this is the first time the incident reaches the paging class, so people are woken. `calm_since`: since when the
    post shown has been below the incident's level; None: it is not. `act`: the step of its life that goes with it, `because` of
    what; `wakes`: the level pages."""

    kind: Literal["none", "open", "raise", "lower", "refresh"]
    pages: bool = False
    reasons: tuple[Reason, ...] = ()
    severity: Severity | None = None
    calm_since: datetime | None = None
    act: Act | None = None
    because: Reason | None = None
    wakes: bool = False


def decide(
    verdict: Verdict,
    incident: Incident | None,
    *,
    pages_at: Severity,
    is_lead: bool,
    visible: bool,
    now: datetime,
    settled: timedelta = SETTLED,
) -> Change:
    """The change a verdict asks of its story's newest incident (None: there is none).

    `is_lead`: the verdict is about the post the incident shows; only it (or a worse one) renews what is shown. `visible`: the
    post is still there; one that is gone is not calm. `settled`: how long calm must last before the level falls by a step.
    """
    severity = verdict.severity
    if incident is None or incident.state in ENDED:
        return _closed(verdict, incident, pages_at, now)
    wakes = severity is not None and severity >= pages_at
    woken = _woken(verdict, incident, is_lead=is_lead, wakes=wakes)
    if severity is not None and severity > incident.severity:
        raised = Reason(code="raised", facts={"from": incident.severity.word, "to": severity.word})
        first = wakes and incident.paged_at is None
        act, because = woken or (_risen(incident, severity, wakes=wakes), None)
        return Change(
            kind="raise",
            pages=first,
            reasons=(*verdict.reasons, raised),
            severity=severity,
            act=act,
            because=because,
            wakes=wakes,
        )
    change = _at_its_level_or_below(verdict, incident, is_lead=is_lead, visible=visible, now=now, settled=settled)
    if woken is None:
        return change
    act, because = woken
    return replace(change, act=act, because=because, wakes=wakes)


def _closed(verdict: Verdict, incident: Incident | None, pages_at: Severity, now: datetime) -> Change:
    """Where there is none, or people ended it: only the next level brings it back, or opens another once its thread is old."""
    severity = verdict.severity
    if severity is None or (incident is not None and severity <= incident.severity):
        return Change(kind="none")
    wakes = severity >= pages_at
    opening = Act.PAGE if wakes else Act.NOTICE if severity >= Severity.YELLOW else Act.DETECT
    opened = Change(kind="open", pages=wakes, reasons=verdict.reasons, severity=severity, act=opening, wakes=wakes)
    if incident is None or incident.state is IncidentState.MERGED:
        return opened
    by = incident.false_by
    facts = {"was": incident.state.value, "from": incident.severity.word, "to": severity.word}
    because = Reason(code="came_back", facts={**facts, **({"closed_by": by.name} if by else {})})
    if incident.resolved_at is None or now - incident.resolved_at > SAME_WITHIN:
        return replace(opened, reasons=(*verdict.reasons, because))
    return Change(
        kind="raise",
        pages=wakes and incident.paged_at is None,
        reasons=(*verdict.reasons, because),
        severity=severity,
        act=Act.REIGNITE,
        because=because,
        wakes=wakes,
    )


def _woken(verdict: Verdict, incident: Incident, *, is_lead: bool, wakes: bool) -> tuple[Act, Reason] | None:
    """What was put to rest and gathers speed. Another post than the one shown is no measure of its reach, only of its level."""
    speed = accelerated(incident, verdict.severity, verdict.forecast if is_lead else None)
    if speed is None or verdict.severity is None or verdict.severity < Severity.YELLOW:
        return None
    if incident.state is not IncidentState.DORMANT:
        return (Act.PAGE, Reason(code="snooze_broken", facts=speed)) if wakes else None
    if incident.paged_at is None:
        return (Act.PAGE if wakes else Act.NOTICE), Reason(code="reignited", facts=speed)
    return Act.REIGNITE, Reason(code="reignited", facts=speed)


def _risen(incident: Incident, severity: Severity, *, wakes: bool) -> Act | None:
    """The step that goes with a level that rose; None: people know of it already."""
    if wakes and (incident.paged_at is None or incident.state is IncidentState.TRIAGE):
        return Act.PAGE
    if incident.paged_at is None and incident.state is IncidentState.DETECTED and severity >= Severity.YELLOW:
        return Act.NOTICE
    return None


def _at_its_level_or_below(
    verdict: Verdict, incident: Incident, *, is_lead: bool, visible: bool, now: datetime, settled: timedelta
) -> Change:
    if verdict.severity == incident.severity:
        takes_over = is_lead or incident.calm_since is not None
        return Change(kind="refresh" if takes_over else "none")
    if not is_lead:
        return Change(kind="none")
    if not visible:
        return Change(kind="refresh", calm_since=incident.calm_since)
    return _calm(verdict, incident, now, settled)


def _calm(verdict: Verdict, incident: Incident, now: datetime, settled: timedelta) -> Change:
    """What a look below the incident's level asks: the calm begins, goes on, or has lasted. A clock that was set back begins it anew."""
    since = incident.calm_since
    if since is None or since > now:
        return Change(kind="refresh", calm_since=now)
    if now - since < settled or incident.severity is Severity.BLUE:
        return Change(kind="refresh", calm_since=since)
    lower = Severity(incident.severity - 1)
    facts = {"from": incident.severity.word, "to": lower.word, "calm_min": round((now - since).total_seconds() / 60)}
    lowered = Reason(code="lowered", facts=facts)
    return Change(kind="lower", reasons=(lowered, *verdict.reasons), severity=lower, calm_since=now)
