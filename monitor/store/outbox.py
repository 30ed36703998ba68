"""What telling people needs: claim, send, settle. A row is written as being sent before anyone is told."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, case, func, literal_column, or_, select, update

from monitor.model import Notification, NotificationKind, Outcome, Receipt
from monitor.store import rows, schema
from monitor.store.notifications import AMBIGUOUS, BETWEEN_UPDATES_MS, DEAD, PENDING, SENDING, SENT
from monitor.store.part import Part

_notification = schema.notification
_root = schema.notification.alias("root")
_n = _notification.c
# Literal, for SQLite does not look for a partial index's condition behind parameters.
_UNSETTLED = _n.state.in_([literal_column(f"'{state}'") for state in (PENDING, SENDING, AMBIGUOUS)])
_ROOT, _UPDATE = NotificationKind.ROOT.value, NotificationKind.UPDATE.value
_LONGEST_ERROR = 500

_DUE_AT = case((_n.state == SENDING, _n.claimed_at + bindparam("settle")), else_=_n.not_before)
"""When a row may be taken up: an attempt that nobody finished has `settle` ms to show whether it arrived."""

_MAY_GO = and_(_n.receiver == bindparam("receiver"), _UNSETTLED, or_(_n.kind != _UPDATE, _root.c.state == SENT))
"""A change of a message goes out only once the message is there."""

_WITH_ROOT = and_(_root.c.incident_id == _n.incident_id, _root.c.receiver == _n.receiver, _root.c.kind == _ROOT)
_NEXT = (
    select(*_n, _root.c.handle.label("root_handle"))
    .join_from(_notification, _root, _WITH_ROOT, isouter=True)
    .where(_MAY_GO, bindparam("now") >= _DUE_AT)
    .order_by(_n.priority.desc(), _n.id)
    .limit(1)
)
_NEXT_DUE = select(func.min(_DUE_AT)).select_from(_notification).join(_root, _WITH_ROOT, isouter=True).where(_MAY_GO)
_CLAIM = (
    update(_notification)
    .where(_n.id == bindparam("b_id"))
    .values(
        state=SENDING,
        attempts=_n.attempts + 1,
        claimed=_n.wanted,
        started_at=bindparam("b_started"),
        claimed_at=bindparam("b_now"),
    )
)
_STANDS = select(_n.wanted, _n.claimed, _n.started_at).where(
    _n.id == bindparam("i"), _n.state.in_([SENDING, AMBIGUOUS])
)
_SETTLE = (
    update(_notification)
    .where(_n.id == bindparam("b_id"))
    .values(
        state=bindparam("b_state"),
        not_before=bindparam("b_not_before"),
        attempts=_n.attempts - bindparam("b_uncounted"),
        started_at=bindparam("b_started"),
        handle=func.coalesce(bindparam("b_handle"), _n.handle),
        last_error=bindparam("b_error"),
        settled_at=func.coalesce(bindparam("b_settled"), _n.settled_at),
    )
)
_BURY = (
    update(_notification)
    .where(_n.incident_id == bindparam("b_incident"), _n.receiver == bindparam("b_receiver"), _n.kind == _UPDATE)
    .values(state=DEAD, settled_at=bindparam("b_now"), last_error="the message it would change was refused")
)
_DEPTH = select(_n.receiver, func.count().label("depth")).where(_UNSETTLED).group_by(_n.receiver)


class OutboxPart(Part):
    """`monitor.ports.Outbox`; `incident` is Reading's."""

    def claim(self, receiver: str, now: datetime, settle_after: float) -> Notification | None:
        values = {"receiver": receiver, "now": rows.ms(now), "settle": round(settle_after * 1000)}

        def write(connection: Connection) -> Notification | None:
            found = connection.execute(_NEXT, values).mappings().first()
            if found is None:
                return None
            row = dict(found)
            in_doubt = row["started_at"] if row["state"] != PENDING else None
            started = rows.ms(now) if in_doubt is None else in_doubt
            connection.execute(_CLAIM, {"b_id": row["id"], "b_started": started, "b_now": rows.ms(now)})
            handle = row["root_handle"] if row["kind"] == _UPDATE else row["handle"]
            return rows.notification(row, attempts=row["attempts"] + 1, started_at=in_doubt, handle=handle)

        # Looking costs no turn at the writer: with nothing due, which is nearly always, nothing is written.
        if self._db.read(lambda connection: connection.execute(_NEXT, values).first()) is None:
            return None
        return self._db.write("deliver", write)

    def settle(self, notification: Notification, receipt: Receipt, now: datetime, not_before: datetime | None) -> None:
        """An ambiguous row stays in doubt since its first such attempt; any other outcome says that none arrived."""

        def write(connection: Connection) -> bool:
            row = connection.execute(_STANDS, {"i": notification.id}).first()
            if row is None:
                return False
            wait = rows.ms(not_before or now)
            more = row.wanted > row.claimed
            values = {
                "b_id": notification.id,
                "b_not_before": wait,
                "b_uncounted": int(receipt.outcome is Outcome.RATE_LIMITED),
                "b_started": None,
                "b_handle": rows.json_or_none(receipt.handle),
                "b_error": None if receipt.error is None else rows.storable(receipt.error, _LONGEST_ERROR),
                "b_settled": None,
            }
            match receipt.outcome:
                case Outcome.SENT:
                    values.update(b_settled=rows.ms(now), b_state=SENT)
                    if more:
                        values.update(b_state=PENDING, b_not_before=rows.ms(now) + BETWEEN_UPDATES_MS)
                case Outcome.PERMANENT:
                    values.update(b_settled=rows.ms(now), b_state=DEAD)
                case Outcome.AMBIGUOUS:
                    values.update(b_state=AMBIGUOUS, b_started=row.started_at)
                case _:
                    values.update(b_state=PENDING)
            connection.execute(_SETTLE, values)
            if values["b_state"] == DEAD and notification.kind is NotificationKind.ROOT:
                buried = {"b_incident": notification.incident_id, "b_receiver": notification.receiver}
                connection.execute(_BURY, {**buried, "b_now": rows.ms(now)})
            return True

        if self._db.write("deliver", write):
            self._announce(["outbox"])

    def next_due(self, receiver: str, settle_after: float) -> datetime | None:
        values = {"receiver": receiver, "settle": round(settle_after * 1000)}
        return rows.moment_or_none(self._db.read(lambda connection: connection.execute(_NEXT_DUE, values).scalar()))

    def outbox_depth(self) -> Mapping[str, int]:
        return self._db.read(lambda connection: {row.receiver: row.depth for row in connection.execute(_DEPTH)})
