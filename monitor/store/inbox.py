"""What people did in a channel: taken in once, worked on once, known for a week; and what it may be about."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import orjson
from sqlalchemy import Connection, bindparam, delete, exists, literal_column, select, update
from sqlalchemy.dialects.sqlite import insert

from monitor.model import ENDED, Envelope, NotificationKind, PostKey
from monitor.ports import OpsNote, Thread
from monitor.store import notifications, rows, schema
from monitor.store.notifications import SENT
from monitor.store.part import Part

WAITING, DONE, ASIDE = "waiting", "done", "aside"
KEPT = timedelta(days=7)
_LONGEST_OUTCOME = 300

_inbox, _incident, _notification = schema.inbox, schema.incident, schema.notification
_later = schema.inbox.alias("later")
_WAITS = _inbox.c.state == literal_column(f"'{WAITING}'")
_TAKE_IN = insert(_inbox).on_conflict_do_nothing()
_OVERTAKEN = exists().where(
    _later.c.subject == _inbox.c.subject, _later.c.pressed > _inbox.c.pressed, _later.c.state == DONE
)
_NEXT = (
    select(*_inbox.c, (_OVERTAKEN & (_inbox.c.subject != "")).label("overtaken"))
    .where(_WAITS, _inbox.c.id.not_in(bindparam("but", expanding=True)))
    .order_by(_inbox.c.id)
    .limit(1)
)
_BEGIN = update(_inbox).where(_inbox.c.id == bindparam("b_id")).values(attempts=_inbox.c.attempts + 1)
_SETTLE = (
    update(_inbox)
    .where(_inbox.c.id == bindparam("b_id"), _WAITS)
    .values(state=bindparam("b_state"), outcome=bindparam("b_outcome"), settled_at=bindparam("b_now"))
)
_EMPTY = update(_inbox).where(_inbox.c.id == bindparam("b_id")).values(payload="{}")
_FORGET = delete(_inbox).where(_inbox.c.received_at < bindparam("b_before"), _inbox.c.state != WAITING)
_MENTION = (
    select(schema.mention.c.id)
    .join_from(schema.mention, schema.post, schema.post.c.id == schema.mention.c.post_id)
    .where(
        schema.post.c.platform == bindparam("platform"),
        schema.post.c.native_id == bindparam("native_id"),
        schema.mention.c.brand == bindparam("brand"),
    )
)
_ANSWERED = select(_inbox.c.press).where(_inbox.c.press.like(bindparam("like"))).limit(1)
_THREADS = (
    select(_notification.c.receiver, _notification.c.handle, _notification.c.incident_id)
    .join_from(_notification, _incident, _incident.c.id == _notification.c.incident_id)
    .where(
        _notification.c.kind == NotificationKind.ROOT.value,
        _notification.c.state == SENT,
        (_incident.c.state.not_in([state.value for state in ENDED])) | (_incident.c.changed_at >= bindparam("since")),
    )
    .order_by(_incident.c.id.desc(), _notification.c.id)
    .limit(500)
)


class InboxPart(Part):
    """`monitor.ports.Inbox`."""

    def take_in(self, envelope: Envelope) -> bool:
        row = {
            "receiver": rows.storable(envelope.receiver),
            "key": rows.storable(envelope.key),
            "press": rows.storable(envelope.press),
            "kind": rows.storable(envelope.kind),
            "subject": rows.storable(envelope.subject),
            "pressed": envelope.pressed,
            "payload": rows.as_json(envelope.payload),
            "received_at": rows.ms(envelope.received_at),
            "state": WAITING,
            "attempts": 0,
        }
        new = self._db.write("deliver", lambda connection: connection.execute(_TAKE_IN, row).rowcount > 0)
        self._announce(["inbox"] if new else [])
        return new

    def begin(self, but: Collection[int] = ()) -> Envelope | None:
        values = {"but": list(but)}

        def write(connection: Connection) -> Envelope | None:
            found = connection.execute(_NEXT, values).mappings().first()
            if found is None:
                return None
            connection.execute(_BEGIN, {"b_id": found["id"]})
            return Envelope(
                id=found["id"],
                receiver=found["receiver"],
                key=found["key"],
                press=found["press"],
                kind=found["kind"],
                payload=orjson.loads(found["payload"]),
                received_at=rows.moment(found["received_at"]),
                subject=found["subject"],
                pressed=found["pressed"],
                overtaken=bool(found["overtaken"]),
                attempts=found["attempts"] + 1,
            )

        if self._db.read(lambda connection: connection.execute(_NEXT, values).first()) is None:
            return None
        return self._db.write("deliver", write)

    def finish(self, envelope_id: int, outcome: str, now: datetime) -> None:
        def write(connection: Connection) -> None:
            _settle(connection, envelope_id, DONE, outcome, now)
            connection.execute(_EMPTY, {"b_id": envelope_id})
            connection.execute(_FORGET, {"b_before": rows.ms(now - KEPT)})

        self._db.write("deliver", write)

    def set_aside(self, envelope_id: int, problem: str, note: OpsNote, receivers: Sequence[str], now: datetime) -> None:
        def write(connection: Connection) -> None:
            _settle(connection, envelope_id, ASIDE, problem, now)
            notifications.tell_operators(connection, note, receivers, now)

        self._db.write("deliver", write)
        self._announce(["outbox"])

    def mention_of(self, key: PostKey, brand: str) -> int | None:
        """The mention of a brand by a post; None: there is none."""
        found = rows.key_of(key)
        values = {"platform": found.platform, "native_id": found.native_id, "brand": rows.storable(brand)}
        return self._db.read(lambda connection: connection.execute(_MENTION, values).scalar())

    def answered(self, answer: str) -> str | None:
        """Who pressed a button with this value ("slack:U…"); None: nobody yet."""
        values = {"like": f"%:received:0:{answer}:%"}
        found = self._db.read(lambda connection: connection.execute(_ANSWERED, values).scalar())
        return None if found is None else ":".join(str(found).split(":")[:2])

    def threads(self, since: datetime) -> list[Thread]:
        found = self._db.read(lambda connection: connection.execute(_THREADS, {"since": rows.ms(since)}).all())
        threads = []
        for row in found:
            handle = orjson.loads(row.handle or "{}")
            if handle.get("channel") and handle.get("ts"):
                threads.append(Thread(row.receiver, str(handle["channel"]), str(handle["ts"]), row.incident_id))
        return threads


def _settle(connection: Connection, envelope_id: int, state: str, outcome: str, now: datetime) -> None:
    said = rows.storable(outcome, _LONGEST_OUTCOME)
    connection.execute(_SETTLE, {"b_id": envelope_id, "b_state": state, "b_outcome": said, "b_now": rows.ms(now)})
