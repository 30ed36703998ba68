"""What a verdict does to the story's incident: opens it, raises it, refreshes it, or nothing. Pure.

A machine opens and raises; it never lowers nor resolves. An incident that people resolved comes back only when its
story passes the level at which they closed it: each post pages once, and again only on the next level.
"""

from dataclasses import dataclass
from typing import Literal

from monitor.model import Incident, IncidentState, Reason, Severity, Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """`pages`: this is the first time the incident reaches the paging class, so people are woken."""

    kind: Literal["none", "open", "raise", "refresh"]
    pages: bool = False
    reasons: tuple[Reason, ...] = ()


def decide(verdict: Verdict, incident: Incident | None, *, pages_at: Severity, is_lead: bool) -> Change:
    """The change a verdict asks of its story's newest incident (None: there is none).

    `is_lead`: the verdict is about the post the incident shows; only it (or a worse one) renews what is shown.
    """
    severity = verdict.severity
    if incident is None or incident.state is IncidentState.RESOLVED:
        if severity is None or (incident is not None and severity <= incident.severity):
            return Change(kind="none")
        return Change(kind="open", pages=severity >= pages_at, reasons=verdict.reasons)
    if severity is not None and severity > incident.severity:
        raised = Reason(code="raised", facts={"from": incident.severity.word, "to": severity.word})
        pages = severity >= pages_at and incident.paged_at is None
        return Change(kind="raise", pages=pages, reasons=(*verdict.reasons, raised))
    return Change(kind="refresh" if is_lead else "none")
