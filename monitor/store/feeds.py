"""Where feeds stand: their row as it is read, changed and written back."""

from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects.sqlite import insert

from monitor.errors import NEEDS_OPERATOR, Failure
from monitor.model import NOTHING_TO_DO, FeedHealth, Words
from monitor.ports import FeedState, OpsNote, all_clear, of_feed
from monitor.store import notifications, rows, schema
from monitor.store.prepared import Prepared

_feed = schema.feed_state
_NAMES = tuple(_feed.c.keys())
_FIND = Prepared(select(_feed).where(_feed.c.feed == bindparam("f")))
_added = insert(_feed).values({name: bindparam(name) for name in _NAMES})
_SAVE = Prepared(
    _added.on_conflict_do_update(
        index_elements=["feed"], set_={column.name: _added.excluded[column.name] for column in _feed.c}
    )
)
_TOLD = (
    select(schema.notification.c.receiver)
    .where(schema.notification.c.key >= bindparam("begins"), schema.notification.c.key < bindparam("ends"))
    .distinct()
)
_ALL = select(_feed).order_by(_feed.c.feed)


def find(connection: Connection, feed: str) -> dict[str, Any]:
    """The feed's row; of a feed never heard of, the row it would have."""
    for found in _FIND.find(connection, {"f": feed}):
        return dict(zip(_NAMES, found, strict=True))
    return {**dict.fromkeys(_NAMES), "feed": feed, "cursor": "{}", "failures": 0, "detail": ""}


def save(connection: Connection, row: dict[str, Any]) -> None:
    _SAVE.each(connection, [row])


def recovered(connection: Connection, row: dict[str, Any], now: datetime) -> bool:
    """The feed answers again: whoever was told that an operator must act hears that it is over. Whether anybody was."""
    if row["failure"] not in NEEDS_OPERATOR or row["failing_since"] is None:
        return False
    key = f"ops:{row['feed']}:{row['failure']}:{row['failing_since'] // 1000}"
    told = connection.execute(_TOLD, {"begins": f"{key}:", "ends": f"{key}:\U0010ffff"}).scalars().all()
    note = OpsNote(
        key=f"{key}:over",
        what=all_clear(Words("又能正常返回了", "it answers again")),
        where=of_feed(row["feed"]),
        fix=NOTHING_TO_DO,
    )
    notifications.tell_operators(connection, note, told, now)
    return bool(told)


def state(row: dict[str, Any]) -> FeedState:
    return FeedState(
        feed=row["feed"],
        cursor=orjson.loads(row["cursor"]),
        last_ok=rows.moment_or_none(row["last_ok"]),
        failure=None if row["failure"] is None else Failure(row["failure"]),
        failures=row["failures"],
        failing_since=rows.moment_or_none(row["failing_since"]),
        rest_until=rows.moment_or_none(row["rest_until"]),
    )


def healths(connection: Connection) -> list[FeedHealth]:
    return [
        FeedHealth(
            feed=row["feed"],
            last_ok=rows.moment_or_none(row["last_ok"]),
            last_try=rows.moment_or_none(row["last_try"]),
            failure=row["failure"],
            failing_since=rows.moment_or_none(row["failing_since"]),
            failures=row["failures"],
            newest_post=rows.moment_or_none(row["newest_post"]),
            detail=row["detail"],
        )
        for row in connection.execute(_ALL).mappings()
    ]
