"""What a step of an incident's life comes to, and what every step is made of. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from monitor.model import Actor, Incident, IncidentState, Reason, Severity, Standing, Step


@dataclass(frozen=True, kw_only=True, slots=True)
class Moved:
    """A step that was taken. `incident` is the new value; `facts` go into its event beside those of the step; `told` are lines for
    its thread. `again`: it pages again, with these lines, whoever is on call; `risen`: only whoever was paged at a lower level."""

    incident: Incident
    facts: Mapping[str, Any] = field(default_factory=dict)
    told: tuple[Reason, ...] = ()
    again: bool = False
    risen: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused:
    """A step that was not taken, and why: a code and its facts. `told`: what the others in the thread should know of it."""

    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    told: tuple[Reason, ...] = ()


def standing(incident: Incident) -> Standing:
    """How it stands now, to hold its later speed against."""
    forecast = incident.forecast
    if forecast is None:
        return Standing(incident.severity)
    return Standing(incident.severity, forecast.unit, forecast.now, forecast.per_minute)


def owned(incident: Incident) -> dict[str, Any]:
    return {"owner": incident.owner.name} if incident.owner else {}


def said(code: str, step: Step) -> Reason:
    return Reason(code=code, facts={"by": step.actor.name, **({"reason": step.reason} if step.reason else {})})


def ended(incident: Incident) -> Refused:
    facts: dict[str, Any] = {"state": incident.state.value}
    if incident.merged_into is not None:
        facts["into"] = incident.merged_into
    if incident.false_by is not None:
        facts["by"] = incident.false_by.name
    return Refused(code="ended", facts=facts)


def awake(incident: Incident, step: Step) -> Incident:
    return replace(incident, snoozed_until=None, rested=None, changed_at=step.at)


def taken(incident: Incident, owner: Actor, at: datetime) -> Incident:
    state = incident.state if incident.state is IncidentState.RESPONDING else IncidentState.ACKNOWLEDGED
    return replace(
        incident,
        state=state,
        owner=owner,
        acknowledged_at=incident.acknowledged_at or at,
        rested=incident.rested if incident.snoozed_until else None,
    )


def unowned(incident: Incident) -> IncidentState:
    if incident.paged_at is not None:
        return IncidentState.OPEN
    return IncidentState.TRIAGE if incident.severity >= Severity.YELLOW else IncidentState.DETECTED


def closed(incident: Incident, state: IncidentState, at: datetime) -> Incident:
    at_rest = replace(incident, snoozed_until=None, rested=None)
    return replace(at_rest, state=state, resolved_at=at, closed_from=incident.state)
