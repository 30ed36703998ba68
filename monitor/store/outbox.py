"""What telling people needs: claim, send, settle. A row is written as being sent before anyone is told."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection, and_, bindparam, case, func, literal_column, not_, or_, select, update

from monitor.model import Notification, NotificationKind, Outcome, Receipt
from monitor.ports import PAGE_LASTS, Following, OpsNote
from monitor.store import incident_rows, mentions, notifications, rows, schema
from monitor.store.notifications import (
    AMBIGUOUS,
    BETWEEN_UPDATES_MS,
    COVERED,
    DEAD,
    PENDING,
    SENDING,
    SENT,
    WITHDRAWN,
)
from monitor.store.part import Part

HANDED_OVER = timedelta(seconds=5)
"""Refused pages are sent again so long after their receiver is mended, not by the loop that still speaks with the old token."""

SHOWN_IN_A_TABLE = 20
"""Rows of a storm or a digest that are read; the rest is a number."""

_notification, _incident = schema.notification, schema.incident
_root = schema.notification.alias("root")
_n = _notification.c
# Literal, for SQLite does not look for a partial index's condition behind parameters.
UNSETTLED = _n.state.in_([literal_column(f"'{state}'") for state in (PENDING, SENDING, AMBIGUOUS)])
IS_PAGE = _n.kind.in_([literal_column(f"'{kind.value}'") for kind in (NotificationKind.ROOT, NotificationKind.STORM)])
REFUSED = and_(_n.state == DEAD, _n.handle.is_(None))
"""Never taken. What has an address arrived once: people took it out of the channel, and know of it."""
_LONGEST_ERROR = 500

_DUE_AT = case((_n.state == SENDING, _n.claimed_at + bindparam("settle")), else_=_n.not_before)
"""When a row may be taken up: an attempt that nobody finished has `settle` ms to show whether it arrived."""

_MAY_GO = and_(_n.receiver == bindparam("receiver"), UNSETTLED, or_(_n.onto.is_(None), _root.c.state == SENT))
"""What goes onto a message goes out only once the message is there."""

_ONTO = _root.c.id == _n.onto
_KINDS: Any = bindparam("kinds", value=[kind.value for kind in NotificationKind], expanding=True)
_NEXT = (
    select(*_n, _root.c.handle.label("root_handle"))
    .join_from(_notification, _root, _ONTO, isouter=True)
    .where(_MAY_GO, or_(_n.kind.in_(_KINDS), _n.state != PENDING), bindparam("now") >= _DUE_AT)
    .order_by(_n.priority.desc(), _n.id)
    .limit(1)
)
_NEXT_DUE = select(func.min(_DUE_AT)).select_from(_notification).join(_root, _ONTO, isouter=True).where(_MAY_GO)
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
_STANDS = select(_n.wanted, _n.claimed, _n.started_at, _n.onto).where(
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
_WITHDRAW = (
    update(_notification)
    .where(_n.id == bindparam("b_id"))
    .values(state=WITHDRAWN, started_at=None, settled_at=bindparam("b_now"), last_error=bindparam("b_why"))
)
_BURY = (
    update(_notification)
    .where(_n.onto == bindparam("b_onto"), UNSETTLED, _n.receiver == bindparam("b_receiver"))
    .values(state=DEAD, settled_at=bindparam("b_now"), last_error=bindparam("b_why"))
)
_ANEW = (
    update(_notification)
    .where(_n.id == bindparam("b_onto"), _n.wanted == 1)
    .values(
        state=PENDING,
        wanted=2,
        attempts=0,
        started_at=None,
        not_before=bindparam("b_now"),
        created_at=bindparam("b_now"),
        settled_at=None,
        last_error="the message is not in the channel any more, so it is begun anew",
    )
)
"""A message of its own is wanted a second time only by this."""
_GONE = (
    update(_notification)
    .where(_n.id == bindparam("b_onto"))
    .values(state=DEAD, last_error="the message is not in the channel any more")
)
_NO_SOONER = (
    update(_notification)
    .where(_n.key == bindparam("b_key"), _n.state == PENDING, _n.not_before < bindparam("b_at"))
    .values(not_before=bindparam("b_at"))
)
_LATER = (NotificationKind.REPEAT, NotificationKind.DIGEST, NotificationKind.UPDATE, NotificationKind.CHART)
_WAITS_FOR_ITS_HOUR = and_(_n.kind.in_([kind.value for kind in _LATER]), _n.state == PENDING, _n.attempts == 0)
_DEPTH = (
    select(_n.receiver, func.count().label("depth")).where(UNSETTLED, not_(_WAITS_FOR_ITS_HOUR)).group_by(_n.receiver)
)
_ELSEWHERE = select(_n.receiver, _n.settled_at, _n.body).where(
    _n.incident_id == bindparam("i"),
    _n.kind == NotificationKind.ROOT.value,
    _n.state == SENT,
    _n.body.is_not(None),
)
_PICTURE = select(_n.handle).where(
    _n.incident_id == bindparam("i"), _n.onto == bindparam("onto"), _n.kind == NotificationKind.CHART.value
)
_COVERED_BY = _n.covered_by == bindparam("of"), _n.state == literal_column(f"'{COVERED}'")
_COVERS = (
    mentions.INCIDENT.join(_notification, _n.incident_id == _incident.c.id)
    .where(*_COVERED_BY)
    .order_by(_incident.c.severity.desc(), _incident.c.risk.desc(), _incident.c.id)
    .limit(SHOWN_IN_A_TABLE)
)
_COVERED = select(func.count()).where(*_COVERED_BY)
_RESTING = (
    select(_n.kind, func.max(_n.not_before))
    .where(
        _n.receiver == bindparam("receiver"),
        UNSETTLED,
        _n.not_before > bindparam("now"),
        _n.last_error.contains(literal_column("'ratelimited'")),
    )
    .group_by(_n.kind)
)
_MENDED = (
    update(schema.notification)
    .where(
        _n.receiver == bindparam("b_receiver"),
        _n.kind == NotificationKind.ROOT.value,
        REFUSED,
        _n.settled_at > bindparam("b_since"),
        _n.incident_id.in_(select(schema.incident.c.id).where(schema.incident.c.state.not_in(schema.ENDED_STATES))),
    )
    .values(state=PENDING, attempts=0, not_before=bindparam("b_at"), settled_at=None)
)
_LAST_TRY = select(func.max(_n.claimed_at))


class OutboxPart(Part):
    """`monitor.ports.Outbox`; `incident` is Reading's, `brake` and `collect` are the tables'."""

    def claim(
        self,
        receiver: str,
        now: datetime,
        settle_after: float,
        kinds: Collection[NotificationKind] = tuple(NotificationKind),
    ) -> Notification | None:
        values = {
            "receiver": receiver,
            "now": rows.ms(now),
            "settle": round(settle_after * 1000),
            "kinds": [kind.value for kind in kinds],
        }

        def write(connection: Connection) -> Notification | None:
            found = connection.execute(_NEXT, values).mappings().first()
            if found is None:
                return None
            row = dict(found)
            in_doubt = row["started_at"] if row["state"] != PENDING else None
            started = rows.ms(now) if in_doubt is None else in_doubt
            connection.execute(_CLAIM, {"b_id": row["id"], "b_started": started, "b_now": rows.ms(now)})
            return self._in_full(connection, row, in_doubt)

        # Looking costs no turn at the writer: with nothing due, which is nearly always, nothing is written.
        if self._db.read(lambda connection: connection.execute(_NEXT, values).first()) is None:
            return None
        return self._db.write("deliver", write)

    def _in_full(self, connection: Connection, row: Mapping[str, Any], in_doubt: int | None) -> Notification:
        """A row with what else it takes to tell it."""
        body = {} if row["body"] is None else orjson.loads(row["body"])
        kind, incident, onto = NotificationKind(row["kind"]), row["incident_id"], row["onto"]
        said: dict[str, Any] = {}
        if incident is None and kind not in (NotificationKind.OPS, NotificationKind.TRIAL):
            table = body.get("of") or (row["id"] if onto is None else onto)
            found = connection.execute(_COVERS, {"of": table}).all()
            said["covers"] = tuple(mentions.read_incidents(connection, found, self._looks))
            said["covered"] = connection.execute(_COVERED, {"of": table}).scalar_one()
        elif kind is NotificationKind.ROOT:
            said["elsewhere"] = _elsewhere(connection, incident, row["receiver"])
            said["anew"] = row["wanted"] > 1
        elif kind is NotificationKind.UPDATE:
            drawn = connection.execute(_PICTURE, {"i": incident, "onto": onto}).scalar()
            said["picture"] = None if drawn is None else orjson.loads(drawn).get("file")
        said["changes"] = max(1, row["wanted"] - row["claimed"])
        return incident_rows.notification(
            row, attempts=row["attempts"] + 1, started_at=in_doubt, handle=row["root_handle"], **said
        )

    def settle(
        self,
        notification: Notification,
        receipt: Receipt,
        now: datetime,
        not_before: datetime | None,
        following: Sequence[Following] = (),
    ) -> None:
        """An ambiguous row stays in doubt since its first such attempt; any other outcome says that none arrived.

        What was said to a message that is gone begins that message anew, once; a line that was taken back follows it.
        """

        def write(connection: Connection) -> bool:
            row = connection.execute(_STANDS, {"i": notification.id}).first()
            if row is None:
                return False
            values = _settled(notification, receipt, now, not_before, row)
            connection.execute(_SETTLE, values)
            if values["b_state"] == DEAD:
                _bury(connection, notification.id, notification.receiver, now, "the message it goes onto was refused")
            lost = receipt.gone and row.onto is not None and not _begun_anew(connection, row.onto, receipt, now)
            if lost:
                connection.execute(_GONE, {"b_onto": row.onto})
                why = "the message it goes onto is not in the channel any more"
                _bury(connection, row.onto, notification.receiver, now, why)
            if receipt.outcome is Outcome.SENT and not lost:
                for one in following:
                    _follow(connection, notification, one, row.onto or notification.id)
            return True

        if self._db.write("deliver", write):
            self._announce(["outbox"])

    def mended(self, receiver: str, now: datetime) -> int:
        """The receiver's token or address is another: pages of this day that it refused for good, and whose incidents are not over,
        are sent again. How many."""
        values = {"b_receiver": receiver, "b_at": rows.ms(now + HANDED_OVER), "b_since": rows.ms(now - PAGE_LASTS)}
        revived = self._db.write("deliver", lambda connection: int(connection.execute(_MENDED, values).rowcount))
        self._announce(["outbox"] if revived else [])
        return revived

    def withdraw(self, notification: Notification, now: datetime, why: str) -> None:
        values = {"b_id": notification.id, "b_now": rows.ms(now), "b_why": why}
        self._db.write("deliver", lambda connection: connection.execute(_WITHDRAW, values))

    def next_due(self, receiver: str, settle_after: float) -> datetime | None:
        values = {"receiver": receiver, "settle": round(settle_after * 1000)}
        return rows.moment_or_none(self._db.read(lambda connection: connection.execute(_NEXT_DUE, values).scalar()))

    def last_try(self) -> datetime | None:
        return rows.moment_or_none(self._db.read(lambda connection: connection.execute(_LAST_TRY).scalar()))

    def resting(self, receiver: str, now: datetime) -> Mapping[NotificationKind, datetime]:
        asked = {"receiver": receiver, "now": rows.ms(now)}
        found = self._db.read(lambda connection: connection.execute(_RESTING, asked).all())
        return {NotificationKind(kind): rows.moment(until) for kind, until in found}

    def outbox_depth(self) -> Mapping[str, int]:
        return self._db.read(lambda connection: {row.receiver: row.depth for row in connection.execute(_DEPTH)})

    def note(self, note: OpsNote, receivers: Sequence[str], now: datetime) -> None:
        """A word to the operators, once for each key."""
        self._db.write("deliver", lambda connection: notifications.tell_operators(connection, note, receivers, now))
        self._announce(["outbox"])


def _settled(
    notification: Notification, receipt: Receipt, now: datetime, not_before: datetime | None, row: Any
) -> dict[str, Any]:
    values = {
        "b_id": notification.id,
        "b_not_before": rows.ms(not_before or now),
        "b_uncounted": int(receipt.outcome is Outcome.RATE_LIMITED),
        "b_started": None,
        "b_handle": rows.json_or_none(receipt.handle),
        "b_error": None if receipt.error is None else rows.storable(receipt.error, _LONGEST_ERROR),
        "b_settled": None,
    }
    match receipt.outcome:
        case Outcome.SENT:
            values.update(b_settled=rows.ms(now), b_state=SENT)
            if receipt.gone and receipt.handle is None and notification.kind is NotificationKind.THREAD:
                values.update(b_settled=None, b_state=PENDING)
            elif row.wanted > row.claimed:
                values.update(b_state=PENDING, b_not_before=rows.ms(now) + BETWEEN_UPDATES_MS)
        case Outcome.PERMANENT:
            values.update(b_settled=rows.ms(now), b_state=DEAD)
        case Outcome.AMBIGUOUS:
            values.update(b_state=AMBIGUOUS, b_started=row.started_at)
        case _:
            values.update(b_state=PENDING)
    return values


def _begun_anew(connection: Connection, onto: int, receipt: Receipt, now: datetime) -> bool:
    """A change of a message that is gone begins nothing: what changes next in the incident does (`notifications.tell`)."""
    if receipt.outcome is not Outcome.SENT:
        return False
    return connection.execute(_ANEW, {"b_onto": onto, "b_now": rows.ms(now)}).rowcount == 1


def _bury(connection: Connection, onto: int, receiver: str, now: datetime, why: str) -> None:
    values = {"b_onto": onto, "b_receiver": receiver, "b_now": rows.ms(now), "b_why": why}
    connection.execute(_BURY, values)


def _follow(connection: Connection, told: Notification, one: Following, onto: int) -> None:
    """What follows a message that arrived. A change and a picture are one row however often they are wanted."""
    stem = told.key.split(":repeat:")[0]
    if one.kind is NotificationKind.REPEAT:
        key = f"{stem}:repeat:{one.number}"
    else:
        key = f"{stem.removesuffix(':root').removesuffix(':chart')}:{one.kind.value}"
    row = notifications.row_of(key, told.receiver, one.kind, one.not_before)
    row |= {"incident_id": told.incident_id, "onto": onto}
    if one.kind is NotificationKind.UPDATE:
        notifications.coalesce(connection, row)
        connection.execute(_NO_SOONER, {"b_key": key, "b_at": row["not_before"]})
    else:
        notifications.add(connection, row)


def _elsewhere(connection: Connection, incident: int, receiver: str) -> tuple[tuple[str, datetime], ...]:
    """Where this page was confirmed in place of the receiver."""
    found = connection.execute(_ELSEWHERE, {"i": incident}).all()
    stood_in = [one for one in found if orjson.loads(one.body).get("fallback_for") == receiver]
    return tuple((one.receiver, rows.moment(one.settled_at)) for one in stood_in)
