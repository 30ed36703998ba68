"""What is put into the outbox: an incident's one living message, what goes onto it, words to the operators."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, case, func, select, update
from sqlalchemy.dialects.sqlite import insert

from monitor.model import NotificationKind, Reason, Severity
from monitor.ports import OpsNote
from monitor.store import rows, schema

BETWEEN_UPDATES_MS = 30_000
"""A living message changes at most this often; what comes faster is one change."""

BETWEEN_CHARTS_MS = 600_000
"""A picture is drawn anew at most this often: it takes a process and a second."""

PENDING, SENDING, AMBIGUOUS, SENT, DEAD = "pending", "sending", "ambiguous", "sent", "dead"
COVERED, WITHDRAWN = "covered", "withdrawn"
"""Told by another row's table; needed by nobody any more."""

ROOT_PRIORITY = 100
PRIORITY = {
    NotificationKind.ROOT: ROOT_PRIORITY,
    NotificationKind.STORM: ROOT_PRIORITY,
    NotificationKind.REPEAT: 60,
    NotificationKind.OPS: 50,
    NotificationKind.THREAD: 30,
    NotificationKind.TRIAL: 20,
    NotificationKind.UPDATE: 10,
    NotificationKind.CHART: 8,
    NotificationKind.DIGEST: 5,
}
"""A page goes before everything, the reddest first (its severity is added); then a page repeated; what operators must do before
lines and changes of what is already told."""

_n = schema.notification.c
_add = insert(schema.notification).on_conflict_do_nothing(index_elements=["key"])
_change = insert(schema.notification).values(
    {column.name: bindparam(column.name) for column in _n if column.name != "id"}
)
_LAST_TOLD = func.coalesce(_n.settled_at, 0)
_COALESCE = _change.on_conflict_do_update(
    index_elements=["key"],
    set_={
        "wanted": _n.wanted + 1,
        "priority": bindparam("priority"),
        "onto": bindparam("onto"),
        "state": case((_n.state.in_((SENDING, AMBIGUOUS)), _n.state), else_=PENDING),
        "attempts": case((_n.state.in_((SENT, DEAD)), 0), else_=_n.attempts),
        "not_before": case(
            # Not for a moment that the clock, set back, has still to come to.
            (and_(_n.state == SENT, bindparam("not_before") < _LAST_TOLD), bindparam("not_before")),
            (_n.state == SENT, _LAST_TOLD + BETWEEN_UPDATES_MS),
            (_n.state == DEAD, bindparam("not_before")),
            else_=_n.not_before,
        ),
    },
)
_AT_ONCE = (
    update(schema.notification)
    .where(_n.key == bindparam("b_key"), _n.state == PENDING, _n.not_before > bindparam("b_now"))
    .values(not_before=bindparam("b_now"))
)
_ROOTS = select(_n.id, _n.key, _n.receiver, _n.state, _n.covered_by, _n.priority).where(
    _n.incident_id == bindparam("i"), _n.kind == NotificationKind.ROOT.value
)
_COVER = select(_n.id, _n.key, _n.receiver, _n.kind, _n.state, _n.priority).where(_n.id == bindparam("i"))
_HURRY = (
    update(schema.notification)
    .where(
        _n.incident_id == bindparam("b_incident"),
        _n.kind == NotificationKind.ROOT.value,
        _n.state.in_((PENDING, SENDING, AMBIGUOUS, DEAD)),
        _n.priority < bindparam("b_priority"),
    )
    .values(priority=bindparam("b_priority"))
)
_REVIVE = (
    update(schema.notification)
    .where(_n.id == bindparam("b_id"))
    .values(
        state=PENDING,
        attempts=0,
        not_before=bindparam("b_now"),
        created_at=bindparam("b_now"),
        settled_at=None,
        covered_by=None,
        priority=bindparam("b_priority"),
    )
)
_REDRAW = (
    update(schema.notification)
    .where(_n.key == bindparam("b_key"), _n.state == SENT)
    .values(state=PENDING, attempts=0, wanted=_n.wanted + 1, not_before=_n.settled_at + BETWEEN_CHARTS_MS)
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
    is tried once more: the operator may have mended it. One that has it and is to be paged is woken in its thread. DIGEST: a
    row of the next digest, unless the receiver has the message already.
    """
    there = {row.receiver: row for row in connection.execute(_ROOTS, {"i": incident_id})} if tells else {}
    for receiver, kind in tells:
        root = there.get(receiver)
        if root is None:
            _begin(connection, incident_id, severity, receiver, now, digest=kind is NotificationKind.DIGEST)
        elif kind is NotificationKind.DIGEST:
            continue
        elif root.state == DEAD:
            _revive(connection, root.id, severity, now)
        elif root.state == COVERED:
            _uncover(connection, root, severity, now)
        elif kind is NotificationKind.UPDATE:
            _renew(connection, root, incident_id, severity, now)
            connection.execute(_REDRAW, {"b_key": f"{_stem(root.key)}:chart"})
        elif root.state == SENT:
            _wake(connection, root, incident_id, _level(severity), (), now)
            _renew(connection, root, incident_id, severity, now)
    if tells:
        connection.execute(_HURRY, {"b_incident": incident_id, "b_priority": ROOT_PRIORITY + severity})


def renew(connection: Connection, incident_id: int, severity: Severity, now: datetime) -> None:
    """Whoever has the message, or a storm's table with it, sees how it stands now, and at once: somebody did something to it, and
    looks whether it took effect."""
    for root in connection.execute(_ROOTS, {"i": incident_id}).all():
        if root.state in (PENDING, SENDING, AMBIGUOUS, SENT):
            _renew(connection, root, incident_id, severity, now)
            connection.execute(_AT_ONCE, {"b_key": f"{_stem(root.key)}:update", "b_now": rows.ms(now)})
        elif root.state == COVERED and root.covered_by is not None:
            renew_table(connection, root.covered_by, now)


def lines(connection: Connection, incident_id: int, key: str, told: Sequence[Reason], now: datetime) -> None:
    """Lines for the thread of whoever has the message, or is about to. The same `key` again adds nothing."""
    for root in connection.execute(_ROOTS, {"i": incident_id}).all() if told else ():
        _lines(connection, root, incident_id, key, told, now)


def risen(
    connection: Connection, incident_id: int, severity: Severity, key: str, told: Sequence[Reason], now: datetime
) -> None:
    """Whoever was paged at a lower level is woken once more, also where somebody has it, but once for each level; to whom that level
    is no page or no news, it is a line."""
    for root in connection.execute(_ROOTS, {"i": incident_id}).all() if told else ():
        lower = root.state == SENT and root.priority < ROOT_PRIORITY + severity
        if not (lower and _wake(connection, root, incident_id, _level(severity), told, now)):
            _lines(connection, root, incident_id, key, told, now)


def again(
    connection: Connection, incident_id: int, severity: Severity, key: str, told: Sequence[Reason], now: datetime
) -> None:
    """Whoever has the page is woken once more, now, and hears the first of `told`; the usual repeats begin anew."""
    for root in connection.execute(_ROOTS, {"i": incident_id}).all():
        if root.state == DEAD:
            _revive(connection, root.id, severity, now)
        elif root.state == COVERED:
            _uncover(connection, root, severity, now)
        else:
            _wake(connection, root, incident_id, key, told, now)


def renew_table(connection: Connection, of: int, now: datetime) -> None:
    """The table of a storm that is out, or on its way, is brought up to date; a digest stays as it was sent."""
    table = connection.execute(_COVER, {"i": of}).one()
    if table.kind == NotificationKind.STORM.value and table.state in (SENT, SENDING, AMBIGUOUS):
        row = row_of(f"{table.key}:update", table.receiver, NotificationKind.UPDATE, now)
        urgency = PRIORITY[NotificationKind.UPDATE] + table.priority - ROOT_PRIORITY
        connection.execute(_COALESCE, {**row, "onto": table.id, "priority": urgency})


def tell_operators(connection: Connection, note: OpsNote, receivers: Sequence[str], now: datetime) -> None:
    """One message per receiver, however often it is said."""
    said = {"what": note.what, "where": note.where, "fix": note.fix}
    body = rows.as_json({
        **{key: words.en for key, words in said.items()}, "zh": {key: words.zh for key, words in said.items()},
    })  # fmt: skip
    for receiver in receivers:
        row = row_of(f"{note.key}:{receiver}", receiver, NotificationKind.OPS, now)
        connection.execute(_add, {**row, "body": body})


def add(connection: Connection, row: dict[str, Any]) -> bool:
    """A row, unless its key is there already. Whether it was new."""
    return connection.execute(_add, row).rowcount == 1


def coalesce(connection: Connection, row: dict[str, Any]) -> None:
    """A row that stands for every change wanted since it was last told."""
    connection.execute(_COALESCE, row)


def row_of(key: str, receiver: str, kind: NotificationKind, now: datetime) -> dict[str, Any]:
    """A row that may go out now."""
    return {
        **dict.fromkeys(name for name in schema.notification.c.keys() if name != "id"),  # noqa: SIM118 - column names
        "key": key,
        "receiver": receiver,
        "kind": kind.value,
        "priority": PRIORITY[kind],
        "state": PENDING,
        "wanted": 1,
        "claimed": 0,
        "not_before": rows.ms(now),
        "attempts": 0,
        "created_at": rows.ms(now),
    }


def _begin(
    connection: Connection, incident_id: int, severity: Severity, receiver: str, now: datetime, *, digest: bool
) -> None:
    row = row_of(f"incident-{incident_id}:{receiver}:root", receiver, NotificationKind.ROOT, now)
    row |= {"incident_id": incident_id, "priority": ROOT_PRIORITY + severity}
    if digest:
        row |= {"state": COVERED, "priority": PRIORITY[NotificationKind.DIGEST]}
    connection.execute(_add, row)


def _revive(connection: Connection, root: int, severity: Severity, now: datetime) -> None:
    connection.execute(_REVIVE, {"b_id": root, "b_now": rows.ms(now), "b_priority": ROOT_PRIORITY + severity})


def _uncover(connection: Connection, root: Any, severity: Severity, now: datetime) -> None:
    """A row of a digest that grew has a message of its own; one of a storm only when it is red."""
    table = None if root.covered_by is None else connection.execute(_COVER, {"i": root.covered_by}).one()
    if table is not None and table.kind == NotificationKind.STORM.value and severity < Severity.RED:
        renew_table(connection, table.id, now)
        return
    _revive(connection, root.id, severity, now)


def _level(severity: Severity) -> str:
    return f"level-{severity.word}"


def _lines(
    connection: Connection, root: Any, incident_id: int, key: str, told: Sequence[Reason], now: datetime
) -> None:
    if root.state not in (PENDING, SENDING, AMBIGUOUS, SENT):
        return
    for number, reason in enumerate(told):
        line = row_of(f"{_stem(root.key)}:line:{key}:{number}", root.receiver, NotificationKind.THREAD, now)
        body = rows.as_json({"code": reason.code, "facts": reason.facts})
        connection.execute(_add, {**line, "incident_id": incident_id, "onto": root.id, "body": body})


def _wake(connection: Connection, root: Any, incident_id: int, key: str, told: Sequence[Reason], now: datetime) -> bool:
    """Whether that was new."""
    row = row_of(f"{_stem(root.key)}:wake:{key}", root.receiver, NotificationKind.REPEAT, now)
    body = rows.as_json({"code": told[0].code, "facts": told[0].facts}) if told else None
    return add(connection, {**row, "incident_id": incident_id, "onto": root.id, "body": body})


def _renew(connection: Connection, root: Any, incident_id: int, severity: Severity, now: datetime) -> None:
    row = row_of(f"{_stem(root.key)}:update", root.receiver, NotificationKind.UPDATE, now)
    urgency = PRIORITY[NotificationKind.UPDATE] + severity
    connection.execute(_COALESCE, {**row, "incident_id": incident_id, "onto": root.id, "priority": urgency})


def _stem(root_key: str) -> str:
    return root_key.removesuffix(":root")
