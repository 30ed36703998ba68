"""An incident's life: which step leads where, and which is refused. Pure.

    detected ─▶ triage ─▶ open ◀──▶ acknowledged ──▶ responding ──▶ resolved ──▶ follow_up ──▶ reviewed
        └─────────┴────────┤▲                            (any that is live ──▶ false_alarm, merged)
                   dormant ◀┘└─ re-ignites; so does what people closed, while its thread is young

Severity stands beside the state. A machine opens, raises, puts to sleep and wakes; it never ends an incident, for quiet is not
resolved. Who comes second is told who has it. A step that is refused changes nothing and says why.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from monitor.model import (
    ENDED,
    MACHINE,
    Act,
    Actor,
    Incident,
    IncidentState,
    Reason,
    Severity,
    Standing,
    Step,
)

UNDO_WITHIN = timedelta(minutes=10)
"""What people closed by mistake is open again without a trace of harm for this long."""

SAME_WITHIN = timedelta(hours=72)
"""What people closed and what flares up again within this time goes on as it was, in the same thread; later it is news."""

MACHINES = frozenset({
    Act.DETECT, Act.NOTICE, Act.PAGE, Act.RAISE, Act.LOWER, Act.DEADLINE, Act.FOLLOW_UP, Act.SLEEP, Act.REIGNITE, Act.NOTE,
})  # fmt: skip
"""What a machine may do. Nothing here ends an incident; FOLLOW_UP goes on with what people ended."""

MACHINE_ALONE = frozenset({Act.DETECT, Act.NOTICE, Act.RAISE, Act.LOWER, Act.DEADLINE, Act.SLEEP})
"""What nobody does by hand."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Moved:
    """A step that was taken. `incident` is the new value; `facts` go into its event beside those of the step; `told` are lines for
    its thread. `again`: it pages again, with these lines, whoever is on call."""

    incident: Incident
    facts: Mapping[str, Any] = field(default_factory=dict)
    told: tuple[Reason, ...] = ()
    again: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused:
    """A step that was not taken, and why: a code and its facts. `told`: what the others in the thread should know of it."""

    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    told: tuple[Reason, ...] = ()


def step(incident: Incident, step: Step) -> Moved | Refused:
    """What becomes of an incident by one step, taken at `step.at`. MERGE here is the end of the one that joins
    (`facts` say `into`); `absorb` is the other side of it."""
    by_machine = step.actor == MACHINE
    if by_machine and step.act not in MACHINES:
        return Refused(code="people_only")
    if not by_machine and step.act in MACHINE_ALONE:
        return Refused(code="machine_only")
    done = _STEPS[step.act](incident, step)
    return done if isinstance(done, Refused) else _numbered(done)


def _numbered(moved: Moved) -> Moved:
    return replace(moved, incident=replace(moved.incident, version=moved.incident.version + 1))


# ── the machine's ───────────────────────────────────────────────────────────────────────────────────────────────────


def _detect(incident: Incident, _: Step) -> Moved | Refused:
    return Refused(code="known_already") if incident.version else Moved(incident=incident)


def _notice(incident: Incident, step: Step) -> Moved | Refused:
    """From seen to told quietly. What was paged is told already."""
    if incident.paged_at is not None or incident.state not in (IncidentState.DETECTED, IncidentState.DORMANT):
        return Refused(code="told_already")
    return Moved(incident=replace(_awake(incident, step), state=IncidentState.TRIAGE))


def _page(incident: Incident, step: Step) -> Moved | Refused:
    """The first page, or, where it was snoozed, the end of that: nobody who has it is woken again."""
    if incident.state in ENDED:
        return _ended(incident)
    if incident.snoozed_until is not None:
        told = (Reason(code=step.reason or "snooze_over", facts=step.facts),)
        woken = replace(incident, snoozed_until=None, rested=None, changed_at=step.at)
        again = incident.owner is None
        return Moved(incident=woken, told=told if again or step.reason == "snooze_broken" else (), again=again)
    if incident.paged_at is not None:
        return Refused(code="paged_already")
    state = IncidentState.OPEN if incident.owner is None else incident.state
    return Moved(incident=replace(_awake(incident, step), state=state, paged_at=step.at))


def _raise(incident: Incident, step: Step) -> Moved | Refused:
    to = Severity[str(step.facts["to"]).upper()]
    if incident.state in ENDED:
        return _ended(incident)
    if to <= incident.severity:
        return Refused(code="no_higher")
    facts = {"from": incident.severity.word, "to": to.word}
    told = () if incident.paged_at is None else (Reason(code="raised", facts=facts),)
    return Moved(incident=replace(incident, severity=to, changed_at=step.at), facts=facts, told=told)


def _lower(incident: Incident, step: Step) -> Moved | Refused:
    to = Severity[str(step.facts["to"]).upper()]
    if incident.state in ENDED:
        return _ended(incident)
    if to >= incident.severity:
        return Refused(code="no_lower")
    facts = {"from": incident.severity.word, "to": to.word}
    return Moved(incident=replace(incident, severity=to, changed_at=step.at), facts=facts)


def _deadline(incident: Incident, step: Step) -> Moved | Refused:
    hours = int(step.facts["hours"])
    if incident.state in ENDED:
        return _ended(incident)
    if hours <= incident.missed:
        return Refused(code="told_already")
    told = (Reason(code="deadline_missed", facts={**step.facts, **_owned(incident)}),)
    return Moved(incident=replace(incident, missed=hours), told=told)


def _sleep(incident: Incident, step: Step) -> Moved | Refused:
    """What somebody has in hand is theirs to close; what nobody has goes to sleep, and asks."""
    if incident.state not in SLEEPERS:
        return _ended(incident) if incident.state in ENDED else Refused(code="in_hand", facts=_owned(incident))
    told = () if incident.paged_at is None else (Reason(code="dormant", facts=step.facts),)
    asleep = replace(incident, state=IncidentState.DORMANT, rested=standing(incident), snoozed_until=None)
    return Moved(incident=asleep, told=told)


SLEEPERS = frozenset({IncidentState.DETECTED, IncidentState.TRIAGE, IncidentState.OPEN})


def _reignite(incident: Incident, step: Step) -> Moved | Refused:
    """Back to open, with nobody's name on it, and paged again in the thread it has. The facts name who had closed it."""
    if incident.state is IncidentState.MERGED:
        return _ended(incident)
    if incident.state not in ENDED and incident.state is not IncidentState.DORMANT:
        return Refused(code="not_at_rest")
    facts: dict[str, Any] = {}
    if incident.state in ENDED:
        if incident.resolved_at is None or step.at - incident.resolved_at > SAME_WITHIN:
            return Refused(code="too_late")
        facts["was"] = incident.state.value
        facts |= {"closed_by": incident.false_by.name} if incident.false_by else _owned(incident)
    code = "came_back" if facts else "reignited"
    opened = replace(
        _awake(incident, step),
        state=IncidentState.OPEN,
        paged_at=incident.paged_at or step.at,
        owner=None,
        resolved_at=None,
        closed_from=None,
        false_by=None,
        calm_since=None,
    )
    return Moved(incident=opened, facts=facts, told=(Reason(code=code, facts={**step.facts, **facts}),), again=True)


def _awake(incident: Incident, step: Step) -> Incident:
    return replace(incident, snoozed_until=None, rested=None, changed_at=step.at)


# ── people's ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _acknowledge(incident: Incident, step: Step) -> Moved | Refused:
    if incident.state in ENDED:
        return _ended(incident)
    if incident.owner is not None:
        if incident.owner.id == step.actor.id:
            return Refused(code="already_yours")
        told = (Reason(code="taken", facts={"by": step.actor.name, "owner": incident.owner.name}),)
        return Refused(code="taken", facts=_owned(incident), told=told)
    taken = _taken(incident, step.actor, step.at)
    return Moved(incident=taken, told=(Reason(code="acknowledged", facts={"by": step.actor.name}),))


def _taken(incident: Incident, owner: Actor, at: datetime) -> Incident:
    state = incident.state if incident.state is IncidentState.RESPONDING else IncidentState.ACKNOWLEDGED
    return replace(
        incident,
        state=state,
        owner=owner,
        acknowledged_at=incident.acknowledged_at or at,
        rested=incident.rested if incident.snoozed_until else None,
    )


def _release(incident: Incident, step: Step) -> Moved | Refused:
    """Nobody has it any more, so it pages again."""
    if incident.state in ENDED:
        return _ended(incident)
    if incident.owner is None:
        return Refused(code="nobody_has_it")
    facts = {"by": step.actor.name, "owner": incident.owner.name}
    freed = replace(incident, state=_unowned(incident), owner=None)
    return Moved(
        incident=freed, facts={"owner": incident.owner.name}, told=(Reason(code="released", facts=facts),),
        again=freed.state is IncidentState.OPEN,
    )  # fmt: skip


def _unowned(incident: Incident) -> IncidentState:
    if incident.paged_at is not None:
        return IncidentState.OPEN
    return IncidentState.TRIAGE if incident.severity >= Severity.YELLOW else IncidentState.DETECTED


def _reassign(incident: Incident, step: Step) -> Moved | Refused:
    if incident.state in ENDED:
        return _ended(incident)
    to = Actor(str(step.facts["to_id"]), str(step.facts["to_name"]))
    if incident.owner is not None and incident.owner.id == to.id:
        return Refused(code="already_theirs", facts=_owned(incident))
    facts = {"by": step.actor.name, "to": to.name, **({"from": incident.owner.name} if incident.owner else {})}
    return Moved(incident=_taken(incident, to, step.at), told=(Reason(code="owner_changed", facts=facts),))


def _respond(incident: Incident, step: Step) -> Moved | Refused:
    """Who begins to respond to what nobody has, has it."""
    if incident.state in ENDED:
        return _ended(incident)
    if incident.state is IncidentState.RESPONDING:
        return Refused(code="responding_already", facts=_owned(incident))
    owned = incident if incident.owner is not None else _taken(incident, step.actor, step.at)
    begun = replace(owned, state=IncidentState.RESPONDING, responding_at=incident.responding_at or step.at)
    return Moved(incident=begun, told=(Reason(code="responding", facts={"by": step.actor.name}),))


def _resolve(incident: Incident, step: Step) -> Moved | Refused:
    if incident.state in ENDED:
        return _ended(incident)
    closed = _closed(incident, IncidentState.RESOLVED, step.at)
    return Moved(incident=closed, told=(_said("resolved", step),))


def _false_alarm(incident: Incident, step: Step) -> Moved | Refused:
    if incident.state in ENDED:
        return _ended(incident)
    closed = replace(_closed(incident, IncidentState.FALSE_ALARM, step.at), false_by=step.actor)
    return Moved(incident=closed, told=(_said("false_alarm", step),))


def _closed(incident: Incident, state: IncidentState, at: datetime) -> Incident:
    at_rest = replace(incident, snoozed_until=None, rested=None)
    return replace(at_rest, state=state, resolved_at=at, closed_from=incident.state)


def _undo(incident: Incident, step: Step) -> Moved | Refused:
    """What was closed a moment ago stands as it stood, with its owner."""
    closed = incident.state in (IncidentState.FALSE_ALARM, IncidentState.RESOLVED)
    if not closed or incident.resolved_at is None or incident.closed_from is None:
        return Refused(code="nothing_to_undo")
    if step.at - incident.resolved_at > UNDO_WITHIN:
        return Refused(code="too_late", facts={"minutes": UNDO_WITHIN // timedelta(minutes=1)})
    facts = {"was": incident.state.value}
    back = replace(incident, state=incident.closed_from, resolved_at=None, closed_from=None, false_by=None)
    return Moved(incident=back, facts=facts, told=(Reason(code="undone", facts={"by": step.actor.name, **facts}),))


def _snooze(incident: Incident, step: Step) -> Moved | Refused:
    """Quiet until then, unless it gathers speed. How it stands now is what its speed is held against."""
    if incident.state in ENDED:
        return _ended(incident)
    if incident.paged_at is None or incident.state is IncidentState.DORMANT:
        return Refused(code="quiet_already")
    until = datetime.fromisoformat(str(step.facts["until"]))
    if until <= step.at:
        return Refused(code="in_the_past")
    rested = standing(incident)
    facts = {"severity": rested.severity.word, "unit": rested.unit, "reach": rested.reach, "pace": rested.per_minute}
    told = (Reason(code="snoozed", facts={"by": step.actor.name, "until": until.isoformat()}),)
    return Moved(incident=replace(incident, snoozed_until=until, rested=rested), facts=facts, told=told)


def _follow_up(incident: Incident, _: Step) -> Moved | Refused:
    if incident.state is not IncidentState.RESOLVED:
        return Refused(code="not_resolved", facts={"state": incident.state.value})
    told = (Reason(code="follow_up", facts=_owned(incident)),)
    return Moved(incident=replace(incident, state=IncidentState.FOLLOW_UP), told=told)


def _review(incident: Incident, step: Step) -> Moved | Refused:
    if incident.state not in (IncidentState.RESOLVED, IncidentState.FOLLOW_UP):
        return Refused(code="not_resolved", facts={"state": incident.state.value})
    return Moved(incident=replace(incident, state=IncidentState.REVIEWED), told=(_said("reviewed", step),))


def _note(incident: Incident, _: Step) -> Moved | Refused:
    return Moved(incident=incident)


# ── two that are one, one that is two ───────────────────────────────────────────────────────────────────────────────


def _merge(incident: Incident, step: Step) -> Moved | Refused:
    """The end of the one that joins another."""
    if incident.state in ENDED:
        return _ended(incident)
    into = int(step.facts["into"])
    ends = replace(_closed(incident, IncidentState.MERGED, step.at), merged_into=into)
    return Moved(incident=ends, told=(Reason(code="merged_into", facts={"by": step.actor.name, "into": into}),))


def absorb(incident: Incident, other: Incident, step: Step) -> Moved | Refused:
    """`incident` goes on for both: at the higher level, paged if either was, with the owner that one of them has."""
    if incident.id == other.id:
        return Refused(code="itself")
    if incident.brand != other.brand:
        return Refused(code="other_brand", facts={"brand": other.brand})
    if incident.state in ENDED:
        return _ended(incident)
    if other.state in ENDED:
        return _ended(other)
    worse = other if other.severity > incident.severity else incident
    both = replace(
        _awake(incident, step),
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
        both = replace(both, state=_unowned(both))
    else:
        at = _earlier(incident.acknowledged_at, other.acknowledged_at) or step.at
        both = replace(_taken(both, owner, at), acknowledged_at=at)
    facts = {"from": other.id}
    told = (Reason(code="merged", facts={"by": step.actor.name, **facts}),)
    return _numbered(Moved(incident=both, facts=facts, told=told))


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((moment for moment in (one, other) if moment is not None), default=None)


def _split(incident: Incident, step: Step) -> Moved | Refused:
    """Some of its posts go; it stays as it is."""
    if incident.state in ENDED:
        return _ended(incident)
    told = (Reason(code="split", facts={"by": step.actor.name, **step.facts}),)
    return Moved(incident=incident, told=told)


# ── what it is made of ──────────────────────────────────────────────────────────────────────────────────────────────


def standing(incident: Incident) -> Standing:
    """How it stands now, to hold its later speed against."""
    forecast = incident.forecast
    if forecast is None:
        return Standing(incident.severity)
    return Standing(incident.severity, forecast.unit, forecast.now, forecast.per_minute)


def _owned(incident: Incident) -> dict[str, Any]:
    return {"owner": incident.owner.name} if incident.owner else {}


def _said(code: str, step: Step) -> Reason:
    return Reason(code=code, facts={"by": step.actor.name, **({"reason": step.reason} if step.reason else {})})


def _ended(incident: Incident) -> Refused:
    facts: dict[str, Any] = {"state": incident.state.value}
    if incident.merged_into is not None:
        facts["into"] = incident.merged_into
    if incident.false_by is not None:
        facts["by"] = incident.false_by.name
    return Refused(code="ended", facts=facts)


_STEPS: Mapping[Act, Callable[[Incident, Step], Moved | Refused]] = {
    Act.DETECT: _detect,
    Act.NOTICE: _notice,
    Act.PAGE: _page,
    Act.RAISE: _raise,
    Act.LOWER: _lower,
    Act.DEADLINE: _deadline,
    Act.SLEEP: _sleep,
    Act.REIGNITE: _reignite,
    Act.ACKNOWLEDGE: _acknowledge,
    Act.RELEASE: _release,
    Act.REASSIGN: _reassign,
    Act.RESPOND: _respond,
    Act.RESOLVE: _resolve,
    Act.FALSE_ALARM: _false_alarm,
    Act.UNDO: _undo,
    Act.SNOOZE: _snooze,
    Act.FOLLOW_UP: _follow_up,
    Act.REVIEW: _review,
    Act.MERGE: _merge,
    Act.SPLIT: _split,
    Act.NOTE: _note,
}
