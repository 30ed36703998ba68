"""What is put into the outbox: an incident's one living message, its changes, words to the operators."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, case, func, select, update
from sqlalchemy.dialects.sqlite import insert

from monitor.model import NotificationKind, Reason, Severity
from monitor.ports import OpsNote
from monitor.store import rows, schema

BETWEEN_UPDATES_MS = 30_000
"""A living message changes at most this often; what comes faster is one change."""

PENDING, SENDING, AMBIGUOUS, SENT, DEAD = "pending", "sending", "ambiguous", "sent", "dead"

_ROOT_PRIORITY, _OPS_PRIORITY, _UPDATE_PRIORITY = 100, 50, 10
"""A page goes before everything, the reddest first; what operators must do before changes of what is already told."""

_n = schema.notification.c
_add = insert(schema.notification).on_conflict_do_nothing(index_elements=["key"])
_update = insert(schema.notification).values(
    {column.name: bindparam(column.name) for column in _n if column.name != "id"}
)
_COALESCE = _update.on_conflict_do_update(
    index_elements=["key"],
    set_={
        "wanted": _n.wanted + 1,
        "priority": bindparam("priority"),
        "state": case((_n.state.in_((SENDING, AMBIGUOUS)), _n.state), else_=PENDING),
        "attempts": case((_n.state.in_((SENT, DEAD)), 0), else_=_n.attempts),
        "not_before": case(
            (_n.state == SENT, func.coalesce(_n.settled_at, 0) + BETWEEN_UPDATES_MS),
            (_n.state == DEAD, bindparam("not_before")),
            else_=_n.not_before,
        ),
    },
)
_ROOT_STATE = select(_n.state).where(_n.key == bindparam("k"))
_RECEIVERS = (
    select(_n.receiver).where(_n.incident_id == bindparam("i"), _n.kind == NotificationKind.ROOT.value).order_by(_n.id)
)
_HURRY = (
    update(schema.notification)
    .where(
        _n.incident_id == bindparam("b_incident"),
        _n.kind == NotificationKind.ROOT.value,
        _n.state != SENT,
        _n.priority < bindparam("b_priority"),
    )
    .values(priority=bindparam("b_priority"))
)
_REVIVE = (
    update(schema.notification)
    .where(_n.key == bindparam("b_key"), _n.state == DEAD)
    .values(state=PENDING, attempts=0, not_before=bindparam("b_now"), settled_at=None)
)


def tell(
    connection: Connection,
    incident_id: int,
    severity: Severity,
    tells: Sequence[tuple[str, NotificationKind]],
    now: datetime,
) -> None:
    """What an incident's change says to each receiver.

    A receiver that never had the message gets it in place of a change of it, and one whose message was refused for good
    is tried once more: the operator may have mended it.
    """
    for receiver, kind in tells:
        root = f"incident-{incident_id}:{receiver}:root"
        known = connection.execute(_ROOT_STATE, {"k": root}).scalar()
        if known is None:
            urgency = _ROOT_PRIORITY + severity
            connection.execute(_add, _row(root, receiver, NotificationKind.ROOT, urgency, now, incident_id))
        elif known == DEAD:
            connection.execute(_REVIVE, {"b_key": root, "b_now": rows.ms(now)})
        elif kind is NotificationKind.UPDATE:
            key, urgency = f"incident-{incident_id}:{receiver}:update", _UPDATE_PRIORITY + severity
            connection.execute(_COALESCE, _row(key, receiver, NotificationKind.UPDATE, urgency, now, incident_id))
    if tells:
        connection.execute(_HURRY, {"b_incident": incident_id, "b_priority": _ROOT_PRIORITY + severity})


def renew(connection: Connection, incident_id: int, severity: Severity, now: datetime) -> None:
    """Whoever has the message sees how it stands now."""
    receivers = connection.execute(_RECEIVERS, {"i": incident_id}).scalars().all()
    tell(connection, incident_id, severity, [(receiver, NotificationKind.UPDATE) for receiver in receivers], now)


def lines(connection: Connection, incident_id: int, key: str, told: Sequence[Reason], now: datetime) -> None:
    """Lines for the thread of whoever has the message. The same `key` again adds nothing."""
    _onto(connection, incident_id, key, NotificationKind.THREAD, 30, told, now)


def again(
    connection: Connection, incident_id: int, severity: Severity, key: str, told: Sequence[Reason], now: datetime
) -> None:
    """A page again, in the thread of whoever has the message."""
    _onto(connection, incident_id, key, NotificationKind.REPEAT, 60 + severity, told, now)


def _onto(
    connection: Connection,
    incident_id: int,
    key: str,
    kind: NotificationKind,
    priority: int,
    told: Sequence[Reason],
    now: datetime,
) -> None:
    for receiver in connection.execute(_RECEIVERS, {"i": incident_id}).scalars().all():
        for number, reason in enumerate(told):
            row = _row(f"{key}:{receiver}:{kind.value}:{number}", receiver, kind, priority, now, incident_id)
            body = rows.as_json({"code": reason.code, "facts": reason.facts})
            connection.execute(_add, {**row, "body": body})


def tell_operators(connection: Connection, note: OpsNote, receivers: Sequence[str], now: datetime) -> None:
    """One message per receiver, however often it is said."""
    body = rows.as_json({"what": note.what, "where": note.where, "fix": note.fix})
    for receiver in receivers:
        row = _row(f"{note.key}:{receiver}", receiver, NotificationKind.OPS, _OPS_PRIORITY, now)
        connection.execute(_add, {**row, "body": body})


def _row(
    key: str, receiver: str, kind: NotificationKind, priority: int, now: datetime, incident_id: int | None = None
) -> dict[str, Any]:
    return {
        **dict.fromkeys(name for name in schema.notification.c.keys() if name != "id"),  # noqa: SIM118 - column names
        "key": key,
        "receiver": receiver,
        "kind": kind.value,
        "incident_id": incident_id,
        "priority": priority,
        "state": PENDING,
        "wanted": 1,
        "claimed": 0,
        "not_before": rows.ms(now),
        "attempts": 0,
        "created_at": rows.ms(now),
    }
