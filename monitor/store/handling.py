"""What people and the clock do to incidents. Each step is one transaction: the incident, its event, what is told of it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update

from monitor import metrics
from monitor.errors import no_incident
from monitor.model import Act, Incident, IncidentEvent, NotificationKind, Step
from monitor.ports import Done
from monitor.store import joining, mentions, moving, rows, schema
from monitor.store.looks import Looks
from monitor.store.part import Part

_incident = schema.incident

_DUE = (
    select(_incident.c.id)
    .where(_incident.c.due_at.is_not(None), _incident.c.due_at <= bindparam("now"))
    .order_by(_incident.c.due_at)
    .limit(bindparam("n"))
)
_POSTPONE = update(_incident).where(_incident.c.id == bindparam("b_id")).values(due_at=bindparam("b_due"))


class HandlingPart(Part):
    """`monitor.ports.Handling`."""

    def handle(self, incident_id: int, step: Step) -> Done:
        return self._step(lambda connection: moving.take(connection, incident_id, step))

    def merge(self, from_id: int, into_id: int, step: Step) -> Done:
        def write(connection: Connection) -> Done:
            into, other = _read(connection, into_id, self._looks), _read(connection, from_id, self._looks)
            return joining.merge(connection, other, into, moving.storable(step))

        return self._step(write)

    def split(self, incident_id: int, mention_ids: Sequence[int], step: Step) -> Done:
        return self._step(lambda connection: joining.split(connection, incident_id, mention_ids, moving.storable(step)))

    def declare(self, mention_id: int, step: Step, tells: Sequence[tuple[str, NotificationKind]] = ()) -> Done:
        return self._step(lambda connection: joining.declare(connection, mention_id, moving.storable(step), tells))

    def due(self, now: datetime, limit: int) -> list[Incident]:
        def find(connection: Connection) -> list[Incident]:
            found = connection.execute(_DUE, {"now": rows.ms(now), "n": limit}).scalars().all()
            return [_read(connection, number, self._looks) for number in found]

        return self._db.read(find)

    def postpone(self, incident_id: int, until: datetime | None) -> None:
        values = {"b_id": incident_id, "b_due": rows.ms_or_none(until)}
        self._db.write("ingest", lambda connection: connection.execute(_POSTPONE, values))

    def _step(self, work: Callable[[Connection], Done]) -> Done:
        """What came of it, with the incident as it is shown."""

        def write(connection: Connection) -> Done:
            done = work(connection)
            return replace(done, incident=_read(connection, done.incident.id, self._looks))

        done = self._db.write("deliver", write)
        if done.fresh:
            self._announce(["outbox"])
        if done.fresh and done.event is not None:
            _count(done.event, done.incident)
        return done


def _read(connection: Connection, incident_id: int, looks: Looks) -> Incident:
    found = mentions.INCIDENT_BY_ID.find(connection, {"i": incident_id})
    for incident in mentions.read_incidents(connection, found, looks):
        return incident
    raise no_incident(incident_id)


def _count(event: IncidentEvent, incident: Incident) -> None:
    metrics.STEPS.labels(event.act.value).inc()
    if event.act is Act.ACKNOWLEDGE and incident.paged_at is not None and incident.acknowledged_at == event.at:
        metrics.ACK_SECONDS.observe(max(0.0, (event.at - incident.paged_at).total_seconds()))
