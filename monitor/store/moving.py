"""One step of an incident, written down: how it stands now, its event, what people are told of it. Within the caller's transaction."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from monitor.errors import StoreError, no_incident
from monitor.model import MACHINE, Act, Actor, Incident, IncidentEvent, IncidentState, Reason, Step, Words
from monitor.ports import Done
from monitor.store import incident_rows, notifications, rows, schema
from monitor.triage import life
from monitor.triage.due import next_due
from monitor.triage.life import Moved, Refused

_incident, _event = schema.incident, schema.event

_STANDS = select(*incident_rows.INCIDENT).where(_incident.c.id == bindparam("i"))
_TAKEN = select(_event.c.refused, *incident_rows.EVENT).where(_event.c.key == bindparam("k"))
_LIFE = (
    "severity", "state", "changed_at", "paged_at", "calm_since", "born", "owner_id", "owner_name", "acknowledged_at",
    "responding_at", "resolved_at", "closed_from", "false_by_id", "false_by_name", "snoozed_until", "rested", "missed",
    "merged_into", "version", "due_at",
)  # fmt: skip
_WRITE = (
    update(_incident)
    .where(_incident.c.id == bindparam("b_id"), _incident.c.version == bindparam("b_read"))
    .values({name: bindparam(f"b_{name}") for name in _LIFE})
)
_ADD = insert(_event).returning(_event.c.id)

_LONGEST_REASON = 500


def stands(connection: Connection, incident_id: int) -> Incident:
    """An incident without the posts it shows. StoreError: there is none."""
    row = connection.execute(_STANDS, {"i": incident_id}).first()
    if row is None:
        raise no_incident(incident_id)
    return incident_rows.incident(row, None)


def storable(step: Step) -> Step:
    """The step in words that every database takes: names and reasons are what somebody typed."""
    return replace(
        step,
        actor=Actor(rows.storable(step.actor.id), rows.storable(step.actor.name)),
        key=rows.storable(step.key),
        source=rows.storable(step.source),
        reason=rows.storable(step.reason, _LONGEST_REASON),
        facts={name: rows.storable(fact) if isinstance(fact, str) else fact for name, fact in step.facts.items()},
    )


def taken(connection: Connection, key: str) -> tuple[IncidentEvent, Refused | None] | None:
    """What came of a step that was taken before, or refused."""
    row = connection.execute(_TAKEN, {"k": key}).first()
    if row is None:
        return None
    refused, *stored = row
    event = incident_rows.event(stored)
    return event, None if refused is None else Refused(code=refused, facts=event.facts)


def take(connection: Connection, incident_id: int, step: Step) -> Done:
    """Takes a step, or finds what came of it the first time."""
    step = storable(step)
    if known := taken(connection, step.key):
        event, refused = known
        incident = stands(connection, event.incident_id)
        return Done(incident=incident, event=None if refused else event, fresh=False, refused=refused)
    incident = stands(connection, incident_id)
    return settle(connection, incident, step, life.step(incident, step))


def settle(connection: Connection, before: Incident, step: Step, done: Moved | Refused) -> Done:
    """Writes down what came of a step. What was refused to a machine leaves no trace: it looks again by itself."""
    if isinstance(done, Refused):
        if step.actor != MACHINE:
            refusal = replace(step, facts=done.facts)
            record(connection, before.id, refusal, before.state, before.state, refused=done.code)
            notifications.lines(connection, before.id, f"{before.id}:{done.code}:{step.actor.id}", done.told, step.at)
        return Done(incident=before, refused=done)
    write(connection, before, done.incident, step.at)
    after, facts = done.incident, {**step.facts, **done.facts}
    event = record(
        connection, before.id, replace(step, facts=facts), before.state, after.state, begins=not before.version
    )
    _tell(connection, done, step)
    return Done(incident=after, event=event)


def _tell(connection: Connection, done: Moved, step: Step) -> None:
    """The message shows how it stands; its thread says what happened, or pages again with it."""
    number, severity = done.incident.id, done.incident.severity
    notifications.renew(connection, number, severity, step.at)
    if done.again:
        notifications.again(connection, number, severity, step.key, done.told, step.at)
    elif done.risen:
        notifications.risen(connection, number, severity, step.key, done.told, step.at)
    else:
        notifications.lines(connection, number, step.key, done.told, step.at)


def by_judge(
    connection: Connection, incident: Incident, act: Act, now: datetime, because: Reason | None = None, **facts: Any
) -> Done:
    """A step of the judge's, which is one for each state it finds."""
    said = {} if because is None else because.facts
    step = Step(
        act=act,
        actor=MACHINE,
        at=now,
        key=f"incident-{incident.id}:{act.value}:{incident.version}",
        source="judge",
        reason="" if because is None else because.code,
        facts={**said, **facts},
    )
    return settle(connection, incident, step, life.step(incident, step))


def write(connection: Connection, before: Incident, after: Incident, now: datetime) -> None:
    """What a step changes, if nobody else has changed it since it was read."""
    values = {
        "severity": int(after.severity),
        "state": after.state.value,
        "changed_at": rows.ms(after.changed_at),
        "paged_at": rows.ms_or_none(after.paged_at),
        "calm_since": rows.ms_or_none(after.calm_since),
        "born": rows.ms_or_none(after.born),
        **_person("owner", after.owner),
        "acknowledged_at": rows.ms_or_none(after.acknowledged_at),
        "responding_at": rows.ms_or_none(after.responding_at),
        "resolved_at": rows.ms_or_none(after.resolved_at),
        "closed_from": None if after.closed_from is None else after.closed_from.value,
        **_person("false_by", after.false_by),
        "snoozed_until": rows.ms_or_none(after.snoozed_until),
        "rested": None if after.rested is None else rows.as_json(list(after.rested)),
        "missed": after.missed,
        "merged_into": after.merged_into,
        "version": after.version,
        "due_at": rows.ms_or_none(next_due(after, now)),
    }
    bound = {f"b_{name}": value for name, value in values.items()}
    if connection.execute(_WRITE, {**bound, "b_id": before.id, "b_read": before.version}).rowcount != 1:
        raise StoreError(
            Words(
                f"事件 {before.id} 刚被另一个进程改过。请再试一次",
                f"incident {before.id} was changed by another process meanwhile. Try again",
            )
        )


def record(
    connection: Connection,
    incident_id: int,
    step: Step,
    before: IncidentState,
    after: IncidentState,
    *,
    begins: bool = False,
    refused: str | None = None,
) -> IncidentEvent:
    """One line of the timeline. `begins`: nothing was before it."""
    values: Mapping[str, Any] = {
        "incident_id": incident_id,
        "at": rows.ms(step.at),
        "act": step.act.value,
        "before": None if begins else before.value,
        "after": after.value,
        "actor_id": step.actor.id,
        "actor_name": step.actor.name,
        "source": step.source,
        "reason": step.reason,
        "facts": rows.as_json(step.facts),
        "refused": refused,
        "key": step.key,
    }
    number = connection.execute(_ADD, values).scalar_one()
    return incident_rows.event([number, *(values[column.name] for column in incident_rows.EVENT[1:])])


def _person(what: str, actor: Actor | None) -> dict[str, str | None]:
    if actor is None:
        return {f"{what}_id": None, f"{what}_name": None}
    return {f"{what}_id": actor.id, f"{what}_name": actor.name}
