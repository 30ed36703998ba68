"""What a machine does to an incident: sees it, tells of it, raises it, lets it sleep and wakes it. It ends none. Pure."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from monitor.model import ENDED, Incident, IncidentState, Reason, Severity, Step
from monitor.triage.deadlines import deadlines
from monitor.triage.moves import Moved, Refused, awake, ended, owned, standing

SAME_WITHIN = timedelta(hours=72)
"""What people closed and what flares up again within this time goes on as it was, in the same thread; later it is news."""


def detect(incident: Incident, _: Step) -> Moved | Refused:
    return Refused(code="known_already") if incident.version else Moved(incident=incident)


def notice(incident: Incident, step: Step) -> Moved | Refused:
    """From seen to told quietly. What was paged is told already."""
    if incident.paged_at is not None or incident.state not in (IncidentState.DETECTED, IncidentState.DORMANT):
        return Refused(code="told_already")
    return Moved(incident=replace(awake(incident, step), state=IncidentState.TRIAGE))


def _level(step: Step, incident: Incident) -> Severity:
    """The level that the step speaks of; the incident's own where it speaks of none."""
    return Severity[str(step.facts["to"]).upper()] if "to" in step.facts else incident.severity


def page(incident: Incident, step: Step) -> Moved | Refused:
    """The first page, or, where it was snoozed, the end of that: nobody who has it is woken again."""
    if incident.state in ENDED:
        return ended(incident)
    if incident.snoozed_until is not None:
        told = (Reason(code=step.reason or "snooze_over", facts=step.facts),)
        woken = replace(incident, snoozed_until=None, rested=None, changed_at=step.at)
        again = incident.owner is None
        return Moved(incident=woken, told=told if again or step.reason == "snooze_broken" else (), again=again)
    paged = replace(awake(incident, step), state=IncidentState.OPEN if incident.owner is None else incident.state)
    if incident.paged_at is None:
        return Moved(incident=replace(paged, paged_at=step.at))
    if incident.state is IncidentState.TRIAGE:
        return Moved(incident=paged, told=(Reason(code="reignited", facts=step.facts),), again=True)
    return Refused(code="paged_already")


def rise(incident: Incident, step: Step) -> Moved | Refused:
    to = _level(step, incident)
    if incident.state in ENDED:
        return ended(incident)
    if to <= incident.severity:
        return Refused(code="no_higher")
    facts = {"from": incident.severity.word, "to": to.word}
    told = () if incident.paged_at is None else (Reason(code="raised", facts=facts),)
    return Moved(incident=replace(incident, severity=to, changed_at=step.at), facts=facts, told=told, risen=True)


def lower(incident: Incident, step: Step) -> Moved | Refused:
    """What sleeps sleeps at its new level: what rises above that wakes it."""
    to = _level(step, incident)
    if incident.state in ENDED:
        return ended(incident)
    if to >= incident.severity:
        return Refused(code="no_lower")
    rested = incident.rested
    if rested is not None and incident.state is IncidentState.DORMANT:
        rested = rested._replace(severity=to)
    facts = {"from": incident.severity.word, "to": to.word}
    return Moved(incident=replace(incident, severity=to, rested=rested, changed_at=step.at), facts=facts)


def deadline(incident: Incident, step: Step) -> Moved | Refused:
    hours = int(step.facts["hours"])
    if incident.state in ENDED:
        return ended(incident)
    if hours <= incident.missed:
        return Refused(code="told_already")
    told = (Reason(code="deadline_missed", facts={**step.facts, **owned(incident)}),)
    return Moved(incident=replace(incident, missed=hours), told=told)


def sleep(incident: Incident, step: Step) -> Moved | Refused:
    """What somebody has in hand is theirs to close; what nobody has goes to sleep, and asks."""
    if incident.state not in SLEEPERS:
        return ended(incident) if incident.state in ENDED else Refused(code="in_hand", facts=owned(incident))
    told = () if incident.paged_at is None else (Reason(code="dormant", facts=step.facts),)
    asleep = replace(incident, state=IncidentState.DORMANT, rested=standing(incident), snoozed_until=None)
    return Moved(incident=asleep, told=told)


SLEEPERS = frozenset({IncidentState.DETECTED, IncidentState.TRIAGE, IncidentState.OPEN})


def reignite(incident: Incident, step: Step) -> Moved | Refused:
    """Back in the thread it has, with nobody's name on it: open and paged again, or, where the level does not page (`quietly`), in
    triage. The facts name who had closed it."""
    if incident.state is IncidentState.MERGED:
        return ended(incident)
    if incident.state not in ENDED and incident.state is not IncidentState.DORMANT:
        return Refused(code="not_at_rest")
    facts: dict[str, Any] = {}
    if incident.state in ENDED:
        if incident.resolved_at is None or step.at - incident.resolved_at > SAME_WITHIN:
            return Refused(code="too_late")
        facts["was"] = incident.state.value
        facts |= {"closed_by": incident.false_by.name} if incident.false_by else owned(incident)
    quietly = bool(step.facts.get("quietly"))
    back = replace(
        awake(incident, step),
        state=IncidentState.TRIAGE if quietly else IncidentState.OPEN,
        paged_at=incident.paged_at if quietly else incident.paged_at or step.at,
        owner=None,
        responding_at=incident.responding_at or (None if incident.false_by else incident.resolved_at),
        resolved_at=None,
        closed_from=None,
        false_by=None,
        calm_since=None,
        severity=_level(step, incident),
        missed=max((d.hours for d in deadlines(incident) if d.moment <= step.at), default=incident.missed),
    )
    told = (Reason(code="came_back" if "was" in facts else "reignited", facts={**step.facts, **facts}),)
    known = incident.paged_at is not None
    return Moved(incident=back, facts=facts, told=told if known else (), again=known and not quietly)


def follow_up(incident: Incident, _: Step) -> Moved | Refused:
    if incident.state is not IncidentState.RESOLVED:
        return Refused(code="not_resolved", facts={"state": incident.state.value})
    told = (Reason(code="follow_up", facts=owned(incident)),)
    return Moved(incident=replace(incident, state=IncidentState.FOLLOW_UP), told=told)
