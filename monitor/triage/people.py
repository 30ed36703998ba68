"""What people do to an incident: take it, give it away, answer, close it, make two of one. Pure."""

from dataclasses import replace
from datetime import datetime, timedelta

from monitor.model import ENDED, Actor, Incident, IncidentState, Reason, Step
from monitor.triage.moves import Moved, Refused, awake, closed, ended, owned, said, standing, taken, unowned

UNDO_WITHIN = timedelta(minutes=10)
"""What people closed by mistake is open again without a trace of harm for this long."""

LONGEST_SNOOZE = timedelta(hours=24)
"""Nobody looks away from a crisis for longer."""


def acknowledge(incident: Incident, step: Step) -> Moved | Refused:
    if incident.state in ENDED:
        return ended(incident)
    if incident.owner is not None:
        if incident.owner.id == step.actor.id:
            return Refused(code="already_yours")
        told = (Reason(code="taken", facts={"by": step.actor.name, "owner": incident.owner.name}),)
        return Refused(code="taken", facts=owned(incident), told=told)
    theirs = taken(incident, step.actor, step.at)
    return Moved(incident=theirs, told=(Reason(code="acknowledged", facts={"by": step.actor.name}),))


def release(incident: Incident, step: Step) -> Moved | Refused:
    """Nobody has it any more, so it pages again."""
    if incident.state in ENDED:
        return ended(incident)
    if incident.owner is None:
        return Refused(code="nobody_has_it")
    facts = {"by": step.actor.name, "owner": incident.owner.name}
    freed = replace(incident, state=unowned(incident), owner=None)
    return Moved(
        incident=freed, facts={"owner": incident.owner.name}, told=(Reason(code="released", facts=facts),),
        again=freed.state is IncidentState.OPEN,
    )  # fmt: skip


def reassign(incident: Incident, step: Step) -> Moved | Refused:
    if incident.state in ENDED:
        return ended(incident)
    to = Actor(str(step.facts["to_id"]), str(step.facts["to_name"]))
    if incident.owner is not None and incident.owner.id == to.id:
        return Refused(code="already_theirs", facts=owned(incident))
    facts = {"by": step.actor.name, "to": to.name, **({"from": incident.owner.name} if incident.owner else {})}
    return Moved(incident=taken(incident, to, step.at), told=(Reason(code="owner_changed", facts=facts),))


def respond(incident: Incident, step: Step) -> Moved | Refused:
    """Who begins to respond to what nobody has, has it."""
    if incident.state in ENDED:
        return ended(incident)
    if incident.state is IncidentState.RESPONDING:
        return Refused(code="responding_already", facts=owned(incident))
    theirs = incident if incident.owner is not None else taken(incident, step.actor, step.at)
    begun = replace(theirs, state=IncidentState.RESPONDING, responding_at=incident.responding_at or step.at)
    return Moved(incident=begun, told=(Reason(code="responding", facts={"by": step.actor.name}),))


def resolve(incident: Incident, step: Step) -> Moved | Refused:
    if incident.state in ENDED:
        return ended(incident)
    over = closed(incident, IncidentState.RESOLVED, step.at)
    return Moved(incident=over, told=(said("resolved", step),))


def false_alarm(incident: Incident, step: Step) -> Moved | Refused:
    if incident.state in ENDED:
        return ended(incident)
    over = replace(closed(incident, IncidentState.FALSE_ALARM, step.at), false_by=step.actor)
    return Moved(incident=over, told=(said("false_alarm", step),))


def undo(incident: Incident, step: Step) -> Moved | Refused:
    """What was closed a moment ago stands as it stood, with its owner."""
    just = incident.state in (IncidentState.FALSE_ALARM, IncidentState.RESOLVED)
    if not just or incident.resolved_at is None or incident.closed_from is None:
        return Refused(code="nothing_to_undo")
    if step.at - incident.resolved_at > UNDO_WITHIN:
        return Refused(code="too_late", facts={"minutes": UNDO_WITHIN // timedelta(minutes=1)})
    facts = {"was": incident.state.value}
    back = replace(incident, state=incident.closed_from, resolved_at=None, closed_from=None, false_by=None)
    return Moved(incident=back, facts=facts, told=(Reason(code="undone", facts={"by": step.actor.name, **facts}),))


def snooze(incident: Incident, step: Step) -> Moved | Refused:
    """Quiet until then, unless it gathers speed. How it stands now is what its speed is held against."""
    if incident.state in ENDED:
        return ended(incident)
    if incident.paged_at is None or incident.state is IncidentState.DORMANT:
        return Refused(code="quiet_already")
    until = datetime.fromisoformat(str(step.facts["until"]))
    if until <= step.at:
        return Refused(code="in_the_past")
    if until - step.at > LONGEST_SNOOZE:
        return Refused(code="too_long", facts={"hours": LONGEST_SNOOZE // timedelta(hours=1)})
    rested = standing(incident)
    facts = {"severity": rested.severity.word, "unit": rested.unit, "reach": rested.reach, "pace": rested.per_minute}
    told = (Reason(code="snoozed", facts={"by": step.actor.name, "until": until.isoformat()}),)
    return Moved(incident=replace(incident, snoozed_until=until, rested=rested), facts=facts, told=told)


def review(incident: Incident, step: Step) -> Moved | Refused:
    if incident.state not in (IncidentState.RESOLVED, IncidentState.FOLLOW_UP):
        return Refused(code="not_resolved", facts={"state": incident.state.value})
    return Moved(incident=replace(incident, state=IncidentState.REVIEWED), told=(said("reviewed", step),))


def note(incident: Incident, _: Step) -> Moved | Refused:
    return Moved(incident=incident)


def merge(incident: Incident, step: Step) -> Moved | Refused:
    """The end of the one that joins another."""
    if incident.state in ENDED:
        return ended(incident)
    into = int(step.facts["into"])
    ends = replace(closed(incident, IncidentState.MERGED, step.at), merged_into=into)
    return Moved(incident=ends, told=(Reason(code="merged_into", facts={"by": step.actor.name, "into": into}),))


def absorb(incident: Incident, other: Incident, step: Step) -> Moved | Refused:
    """`incident` goes on for both: at the higher level, paged if either was, with the owner that one of them has."""
    if incident.id == other.id:
        return Refused(code="itself")
    if incident.brand != other.brand:
        return Refused(code="other_brand", facts={"brand": other.brand})
    if incident.state in ENDED:
        return ended(incident)
    if other.state in ENDED:
        return ended(other)
    worse = other if other.severity > incident.severity else incident
    both = replace(
        awake(incident, step),
        severity=worse.severity,
        lead=worse.lead,
        reasons=worse.reasons,
        risk=worse.risk,
        forecast=worse.forecast,
        calm_since=worse.calm_since,
        paged_at=_earlier(incident.paged_at, other.paged_at),
        born=_earlier(incident.born, other.born),
    )
    owner = incident.owner or other.owner
    if owner is None:
        both = replace(both, state=unowned(both))
    else:
        at = _earlier(incident.acknowledged_at, other.acknowledged_at) or step.at
        both = replace(taken(both, owner, at), acknowledged_at=at)
    facts = {"from": other.id}
    told = (Reason(code="merged", facts={"by": step.actor.name, **facts}),)
    return Moved(incident=both, facts=facts, told=told)


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((moment for moment in (one, other) if moment is not None), default=None)


def split(incident: Incident, step: Step) -> Moved | Refused:
    """Some of its posts go; it stays as it is."""
    if incident.state in ENDED:
        return ended(incident)
    told = (Reason(code="split", facts={"by": step.actor.name, **step.facts}),)
    return Moved(incident=incident, told=told)
