"""Where feeds stand: their row as it is read, changed and written back."""

from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects.sqlite import insert

from monitor.errors import Failure
from monitor.model import FeedHealth
from monitor.ports import FeedState
from monitor.store import rows, schema
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
_ALL = select(_feed).order_by(_feed.c.feed)


def find(connection: Connection, feed: str) -> dict[str, Any]:
    """The feed's row; of a feed never heard of, the row it would have."""
    for found in _FIND.find(connection, {"f": feed}):
        return dict(zip(_NAMES, found, strict=True))
    return {**dict.fromkeys(_NAMES), "feed": feed, "cursor": "{}", "failures": 0, "detail": ""}


def save(connection: Connection, row: dict[str, Any]) -> None:
    _SAVE.each(connection, [row])


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
