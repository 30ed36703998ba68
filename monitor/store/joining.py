"""Two incidents that are one, one that is two, and one that somebody brings. Within the caller's transaction."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from monitor.errors import StoreError
from monitor.model import Incident, IncidentState, NotificationKind, PostKey, Reason, Severity, Step
from monitor.ports import Done
from monitor.store import incident_rows, notifications, rows, schema, stories
from monitor.store.moving import record, settle, stands, taken, write
from monitor.triage import life, story
from monitor.triage.life import Refused

_mention, _incident, _post, _n = schema.mention, schema.incident, schema.post, schema.notification.c

_TAKES_OVER = (
    update(_incident)
    .where(_incident.c.id == bindparam("b_id"))
    .values(
        lead_id=bindparam("b_lead"),
        reasons=bindparam("b_reasons"),
        risk=bindparam("b_risk"),
        forecast=bindparam("b_forecast"),
    )
)
_SHOWS = (
    update(_incident)
    .where(_incident.c.id == bindparam("b_id"))
    .values(lead_id=bindparam("b_lead"), risk=None, forecast=None, calm_since=None)
)
_LOOK = update(_mention).where(_mention.c.id == bindparam("b_id")).values(news=_mention.c.news + 1)
_OF_STORY = (
    select(_mention.c.id, _mention.c.severity)
    .where(_mention.c.story_id == bindparam("s"))
    .order_by(_mention.c.severity.desc().nulls_last(), _mention.c.priority.desc(), _mention.c.id)
)
_LEAD = select(_incident.c.lead_id).where(_incident.c.id == bindparam("i"))
_HAVE_IT = select(_n.receiver).where(_n.incident_id == bindparam("i"), _n.kind == NotificationKind.ROOT.value)
_BROUGHT = (
    select(
        _mention.c.id, _mention.c.post_id, _mention.c.brand, _mention.c.story_id, _mention.c.severity,
        _mention.c.signature, _post.c.platform, _post.c.native_id, _post.c.title, _post.c.text,
    )
    .join_from(_mention, _post, _post.c.id == _mention.c.post_id)
    .where(_mention.c.id == bindparam("m"))
)  # fmt: skip
_SIGN = (
    update(_mention)
    .where(_mention.c.id == bindparam("b_id"))
    .values(story_id=bindparam("b_story"), signature=bindparam("b_signature"))
)
_LIVE = select(_incident.c.id).where(_incident.c.story_id == bindparam("s"), stories.LIVE)
_OPEN = insert(_incident).returning(_incident.c.id)

SPLIT, BY_HAND = "split", "by_hand"


def merge(connection: Connection, other: Incident, into: Incident, step: Step) -> Done:
    """`other` joins `into`, with its posts, at every receiver that heard of either."""
    if known := _before(connection, step):
        return known
    joined = life.absorb(into, other, step)
    if isinstance(joined, Refused):
        return settle(connection, into, step, joined)
    both = joined.incident
    ends = replace(step, key=f"{step.key}:joins", facts={**step.facts, "into": into.id})
    settle(connection, other, ends, life.step(other, ends))
    stories.merge(connection, other.story_id, into.story_id)
    done = settle(connection, into, step, joined)
    lead = both.lead.id if both.lead else connection.execute(_LEAD, {"i": into.id}).scalar_one()
    shown = {"b_reasons": incident_rows.reasons_json(both.reasons), "b_risk": both.risk, "b_lead": lead}
    connection.execute(
        _TAKES_OVER, {**shown, "b_forecast": incident_rows.forecast_json(both.forecast), "b_id": into.id}
    )
    stories.gather(connection, into.story_id, into.id)
    heard = connection.execute(_HAVE_IT, {"i": other.id}).scalars().all()
    tells = [(receiver, NotificationKind.UPDATE) for receiver in heard]
    notifications.tell(connection, into.id, both.severity, tells, step.at)
    return done


def split(connection: Connection, incident_id: int, mention_ids: Sequence[int], step: Step) -> Done:
    """These posts get a story and an incident of their own, told to whoever has the message of the first."""
    if known := _before(connection, step):
        return known
    incident = stands(connection, incident_id)
    ranked = connection.execute(_OF_STORY, {"s": incident.story_id}).all()
    going = [row for row in ranked if row.id in set(mention_ids)]
    if not going or len(going) < len(set(mention_ids)):
        missing = sorted(set(mention_ids) - {row.id for row in going})
        return settle(connection, incident, step, Refused(code="not_in_it", facts={"posts": missing}))
    staying = [row for row in ranked if row.id not in set(mention_ids)]
    if not staying:
        return settle(connection, incident, step, Refused(code="nothing_left"))
    left = life.step(incident, step)
    if isinstance(left, Refused):
        return settle(connection, incident, step, left)
    story_id = stories.at(connection, incident.brand, PostKey(SPLIT, step.key), step.at)
    stories.move(connection, [row.id for row in going], story_id)
    new = _open(
        connection,
        incident.brand,
        story_id,
        lead=going[0].id,
        severity=Severity(going[0].severity or Severity.BLUE),
        reasons=(Reason(code="split", facts={"from": incident_id, "by": step.actor.name}),),
        step=replace(step, key=f"{step.key}:new", facts={"from": incident_id}),
        paged=incident.paged_at is not None,
    )
    told = replace(step, facts={**step.facts, "into": new.id, "posts": len(going)})
    settle(connection, incident, told, life.step(incident, told))
    if connection.execute(_LEAD, {"i": incident_id}).scalar_one() in {row.id for row in going}:
        connection.execute(_SHOWS, {"b_id": incident_id, "b_lead": staying[0].id})
    stories.gather(connection, incident.story_id, incident_id)
    connection.execute(_LOOK, [{"b_id": going[0].id}, {"b_id": staying[0].id}])
    heard = connection.execute(_HAVE_IT, {"i": incident_id}).scalars().all() if new.paged_at else []
    tells = [(receiver, NotificationKind.ROOT) for receiver in heard]
    notifications.tell(connection, new.id, new.severity, tells, step.at)
    event = taken(connection, f"{step.key}:new")
    return Done(incident=new, event=event[0] if event else None)


def declare(connection: Connection, mention_id: int, step: Step, tells: Sequence[tuple[str, NotificationKind]]) -> Done:
    """A post that somebody brings: a note on its story's incident, or one in triage that says who brought it."""
    if known := _before(connection, step):
        return known
    row = connection.execute(_BROUGHT, {"m": mention_id}).first()
    if row is None:
        raise StoreError(f"there is no mention {mention_id} to open an incident for")
    story_id = row.story_id if row.story_id is not None else _story(connection, row, step.at)
    live = connection.execute(_LIVE, {"s": story_id}).scalar()
    if live is not None:
        incident = stands(connection, live)
        done = settle(connection, incident, step, life.step(incident, step))
    else:
        incident = _open(
            connection,
            row.brand,
            story_id,
            lead=mention_id,
            severity=max(Severity.YELLOW, Severity(row.severity or Severity.BLUE)),
            reasons=(Reason(code=BY_HAND, facts={"by": step.actor.name}),),
            step=step,
            paged=False,
        )
        event = taken(connection, step.key)
        done = Done(incident=incident, event=event[0] if event else None)
    notifications.tell(connection, incident.id, incident.severity, tells, step.at)
    return done


def _story(connection: Connection, row: Any, now: datetime) -> int:
    """The story of a post that has none yet, found by others that resemble it."""
    signature = story.signature(rows.words({"title": row.title, "text": row.text}))
    story_id = stories.at(connection, row.brand, PostKey(row.platform, row.native_id), now)
    connection.execute(_SIGN, {"b_id": row.id, "b_story": story_id, "b_signature": signature or b""})
    stories.remember(connection, row.brand, row.post_id, story.bands(signature) if signature else (), now)
    return story_id


def _before(connection: Connection, step: Step) -> Done | None:
    """What came of this very step the first time: of a split, the incident it made."""
    known = taken(connection, f"{step.key}:new") or taken(connection, step.key)
    if known is None:
        return None
    event, refused = known
    incident = stands(connection, event.incident_id)
    return Done(incident=incident, event=None if refused else event, fresh=False, refused=refused)


def _open(
    connection: Connection,
    brand: str,
    story_id: int,
    *,
    lead: int,
    severity: Severity,
    reasons: Sequence[Reason],
    step: Step,
    paged: bool,
) -> Incident:
    """An incident that people make: open where it was paged as part of another, else in triage."""
    opened = {
        "brand": brand,
        "story_id": story_id,
        "severity": int(severity),
        "state": IncidentState.DETECTED.value,
        "opened_at": rows.ms(step.at),
        "changed_at": rows.ms(step.at),
        "reasons": incident_rows.reasons_json(reasons),
        "found_late": False,
        "posts": 1,
        "lead_id": lead,
        "missed": 0,
        "version": 0,
    }
    number = int(connection.execute(_OPEN, opened).scalar_one())
    stories.gather(connection, story_id, number)
    begun = stands(connection, number)
    state = IncidentState.OPEN if paged else IncidentState.TRIAGE
    after = replace(begun, state=state, paged_at=step.at if paged else None, version=1)
    write(connection, begun, after, step.at)
    record(connection, number, step, begun.state, state, begins=True)
    return after
