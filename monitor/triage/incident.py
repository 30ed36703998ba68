"""What a verdict does to the story's incident: opens it, raises it, refreshes it, or nothing. Pure.

A level rises at once and falls slowly: by one step, after every look at the post shown has been below it for a stated time.
Falling tells nobody anew, and what rises again was paged already. A machine never resolves. An incident that people resolved
comes back only when its story passes the level at which they closed it: each post pages once, and again only on the next level.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from monitor.model import Incident, IncidentState, Reason, Severity, Verdict

SETTLED = timedelta(hours=2)
"""Calm that has lasted this long lets the level fall: a feed polled every half hour has looked four times."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """`pages`: this is the first time the incident reaches the paging class, so people are woken. `calm_since`: since when the
    post shown has been below the incident's level; None: it is not."""

    kind: Literal["none", "open", "raise", "lower", "refresh"]
    pages: bool = False
    reasons: tuple[Reason, ...] = ()
    severity: Severity | None = None
    calm_since: datetime | None = None


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
    if incident is None or incident.state is IncidentState.RESOLVED:
        if severity is None or (incident is not None and severity <= incident.severity):
            return Change(kind="none")
        return Change(kind="open", pages=severity >= pages_at, reasons=verdict.reasons, severity=severity)
    if severity is not None and severity > incident.severity:
        raised = Reason(code="raised", facts={"from": incident.severity.word, "to": severity.word})
        pages = severity >= pages_at and incident.paged_at is None
        return Change(kind="raise", pages=pages, reasons=(*verdict.reasons, raised), severity=severity)
    if severity == incident.severity:
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
