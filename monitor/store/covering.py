"""One message with a table in place of many: a storm's pages, a digest's rows. Each row says which message covers it."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, literal_column, select, update

from monitor.model import NotificationKind, Severity
from monitor.store import notifications, rows, schema
from monitor.store.notifications import COVERED, PENDING, ROOT_PRIORITY
from monitor.store.outbox import IS_PAGE, UNSETTLED
from monitor.store.part import Part

_notification = schema.notification
_n = _notification.c
_table = schema.notification.alias("covering")
_RED = ROOT_PRIORITY + Severity.RED

_IS_ROOT = _n.kind == literal_column(f"'{NotificationKind.ROOT.value}'")
_IS_COVERED = _n.state == literal_column(f"'{COVERED}'")
_WAIT = and_(
    _n.receiver == bindparam("receiver"),
    UNSETTLED,
    _n.state == literal_column(f"'{PENDING}'"),
    _IS_ROOT,
    _n.priority < literal_column(str(int(_RED))),
)
_WAITING = select(func.count(), func.max(_n.priority)).where(_WAIT)
_CAME = select(func.count()).where(
    _n.receiver == bindparam("receiver"),
    IS_PAGE,
    _IS_ROOT,
    _n.created_at > bindparam("since"),
    _n.priority >= literal_column(str(ROOT_PRIORITY)),
)
_STORM = (
    select(_n.id)
    .where(
        _n.receiver == bindparam("receiver"),
        _n.kind == NotificationKind.STORM.value,
        _n.body.is_(None),
        select(func.max(_table.c.created_at)).where(_table.c.covered_by == _n.id, _table.c.state == COVERED)
        .scalar_subquery() > bindparam("since"),
    )
    .order_by(_n.id.desc())
    .limit(1)
)  # fmt: skip
_COVER_PAGES = (
    update(_notification)
    .where(
        _n.receiver == bindparam("b_receiver"),
        _n.state == PENDING,
        _n.kind == NotificationKind.ROOT.value,
        _n.priority < int(_RED),
    )
    .values(state=COVERED, covered_by=bindparam("b_by"))
)
_LOOSE = and_(_n.receiver == bindparam("receiver"), _IS_COVERED, _n.covered_by.is_(None))
_ARE_LOOSE = select(func.count()).where(_LOOSE)
_COVER_LOOSE = (
    update(_notification)
    .where(_n.receiver == bindparam("b_receiver"), _n.state == COVERED, _n.covered_by.is_(None))
    .values(covered_by=bindparam("b_by"))
)
_OPEN_DIGEST = (
    select(_n.id)
    .where(
        _n.receiver == bindparam("receiver"),
        _n.kind == NotificationKind.DIGEST.value,
        _n.state == literal_column(f"'{PENDING}'"),
        _n.attempts == 0,
    )
    .limit(1)
)
_HELD = select(func.count()).where(_n.covered_by == bindparam("of"), _IS_COVERED)
_NOW = update(_notification).where(_n.id == bindparam("b_id")).values(not_before=bindparam("b_now"))
_BY_KEY = select(_n.id).where(_n.key == bindparam("k"))


class CoveringPart(Part):
    """The tables' share of `monitor.ports.Outbox`."""

    def brake(self, receiver: str, now: datetime, limit: int, window: timedelta) -> int:
        asked = {"receiver": receiver, "since": rows.ms(now - window)}

        def stormy(connection: Connection) -> bool:
            waiting = connection.execute(_WAITING, asked).one()[0]
            return bool(waiting) and connection.execute(_CAME, asked).scalar_one() > limit

        def write(connection: Connection) -> int:
            waiting, urgency = connection.execute(_WAITING, asked).one()
            if not waiting:
                return 0
            storm = connection.execute(_STORM, asked).scalar()
            if storm is None:
                row = notifications.row_of(f"storm:{receiver}:{rows.ms(now)}", receiver, NotificationKind.STORM, now)
                storm = _added(connection, {**row, "priority": urgency})
            covered = connection.execute(_COVER_PAGES, {"b_receiver": receiver, "b_by": storm}).rowcount
            notifications.renew_table(connection, storm, now)
            return covered

        return self._db.write("deliver", write) if self._db.read(stormy) else 0

    def collect(self, receiver: str, now: datetime, due: datetime, full: int) -> None:
        asked = {"receiver": receiver}

        def write(connection: Connection) -> None:
            digest = connection.execute(_OPEN_DIGEST, asked).scalar()
            if digest is None:
                row = notifications.row_of(f"digest:{receiver}:{rows.ms(now)}", receiver, NotificationKind.DIGEST, now)
                digest = _added(connection, {**row, "not_before": rows.ms(due)})
            connection.execute(_COVER_LOOSE, {"b_receiver": receiver, "b_by": digest})
            if connection.execute(_HELD, {"of": digest}).scalar_one() >= full:
                connection.execute(_NOW, {"b_id": digest, "b_now": rows.ms(now)})

        if self._db.read(lambda connection: connection.execute(_ARE_LOOSE, asked).scalar_one()):
            self._db.write("deliver", write)


def _added(connection: Connection, row: dict[str, Any]) -> int:
    notifications.add(connection, row)
    return int(connection.execute(_BY_KEY, {"k": row["key"]}).scalar_one())
