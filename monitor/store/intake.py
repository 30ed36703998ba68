"""What observing needs: posts with their sightings and mentions, where feeds stand, what accounts have spent."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, func, literal_column, select
from sqlalchemy.dialects.sqlite import insert

from monitor.errors import NEEDS_OPERATOR, Failure
from monitor.model import Exhibit, Match, PostKey, Sighting
from monitor.ports import Cursor, FeedState, OpsNote, Recorded
from monitor.spread.revisit import Tracked
from monitor.store import feeds, notifications, rows, schema
from monitor.store.part import Part
from monitor.store.recording import record_chunk

ROWS_A_COMMIT = 100
"""So that no transaction keeps delivery waiting."""

_LONGEST_DETAIL = 500

_mention, _post, _budget = schema.mention, schema.post, schema.budget
_TRACKED = select(_post.c.native_id, _mention.c.next_look_at, _mention.c.look_worth, _post.c.last_seen).join_from(
    _mention, _post, _post.c.id == _mention.c.post_id
)
_SOONEST = (
    _TRACKED.where(_mention.c.platform == bindparam("p"), _mention.c.next_look_at <= bindparam("until"))
    .order_by(_mention.c.next_look_at)
    .limit(bindparam("n"))
)
# The plus keeps SQLite from narrowing by the moment and then sorting all that are due.
_WORTHIEST = (
    _TRACKED.where(
        _mention.c.platform == bindparam("p"),
        _mention.c.next_look_at.is_not(None),
        literal_column("+mention.next_look_at") <= bindparam("now"),
    )
    .order_by(_mention.c.look_worth.desc())
    .limit(bindparam("n"))
)
_NEXT = select(func.min(_mention.c.next_look_at)).where(
    _mention.c.platform == bindparam("p"), _mention.c.next_look_at.is_not(None)
)
_BUDGET = select(_budget.c.state).where(_budget.c.account == bindparam("a"))
_spent = insert(_budget)
_SAVE_BUDGET = _spent.on_conflict_do_update(index_elements=["account"], set_={"state": _spent.excluded.state})


class IntakePart(Part):
    """`monitor.ports.Intake`."""

    def feed_state(self, feed: str) -> FeedState:
        return feeds.state(self._db.read(lambda connection: feeds.find(connection, feed)))

    def record(
        self,
        feed: str,
        sightings: Sequence[Sighting],
        matches: Mapping[PostKey, Sequence[Match]],
        *,
        now: datetime,
        cursor: Cursor | None = None,
        background: bool = False,
        walk_done: bool = True,
        exhibit: Exhibit | None = None,
    ) -> Recorded:
        """At most 100 sightings a commit; cursor and health go with the last, so what a kill leaves is seen again."""
        posts = mentions = stored = 0
        ages: tuple[float, ...] = ()
        at_feed = cursor is not None or walk_done
        last = max(0, (len(sightings) - 1) // ROWS_A_COMMIT)
        for number in range(last + 1):
            chunk = sightings[number * ROWS_A_COMMIT : (number + 1) * ROWS_A_COMMIT]
            ends = number == last and at_feed
            if not chunk and not ends:
                continue

            def write(
                connection: Connection, chunk: Sequence[Sighting] = chunk, ends: bool = ends
            ) -> tuple[Recorded, set[str]]:
                done = record_chunk(
                    connection,
                    chunk,
                    matches,
                    hash_key=self._hash_key,
                    background=background,
                    now=now,
                    exhibit=exhibit if self.keeps_answers() else None,
                )
                over = ends and _polled(connection, feed, sightings, cursor, now, walk_done=walk_done)
                return (done[0], done[1] | {"outbox"}) if over else done

            recorded, topics = self._db.write("ingest", write)
            posts, mentions, stored = (
                posts + recorded.posts,
                mentions + recorded.mentions,
                stored + recorded.sightings,
            )
            ages += recorded.ages
            self._announce(topics)
        return Recorded(posts=posts, mentions=mentions, sightings=stored, ages=ages)

    def fail(
        self,
        feed: str,
        failure: Failure,
        problem: str,
        *,
        now: datetime,
        rest_until: datetime | None,
        ops: OpsNote | None,
        receivers: Sequence[str] = (),
    ) -> FeedState:
        def write(connection: Connection) -> dict[str, Any]:
            row = feeds.find(connection, feed)
            goes_on = row["failure"] == failure.value and row["failing_since"] is not None
            row.update(
                last_try=rows.ms(now),
                failure=failure.value,
                failures=row["failures"] + 1,
                failing_since=row["failing_since"] if goes_on else rows.ms(now),
                rest_until=rows.ms_or_none(rest_until),
                detail=rows.storable(problem, _LONGEST_DETAIL),
            )
            feeds.save(connection, row)
            if ops is not None:
                notifications.tell_operators(connection, ops, receivers, now)
            return row

        row = self._db.write("ingest", write)
        self._announce(["outbox"] if ops and receivers else [])
        return feeds.state(row)

    def rouse(self, feed: str) -> Failure | None:
        """Ends a feed's rest, where an operator had to act. Which failure it rested for."""
        state = self.feed_state(feed)
        if state.failure not in NEEDS_OPERATOR or state.rest_until is None:
            return None

        def write(connection: Connection) -> None:
            feeds.save(connection, {**feeds.find(connection, feed), "rest_until": None})

        self._db.write("ingest", write)
        return state.failure

    def tracked(self, platform: str, now: datetime, limit: int, ahead: timedelta) -> list[Tracked]:
        values = {"p": platform, "now": rows.ms(now), "until": rows.ms(now + ahead), "n": limit}

        def find(connection: Connection) -> list[Any]:
            soonest = connection.execute(_SOONEST, values).all()
            crowded = len(soonest) == limit and soonest[-1].next_look_at <= values["now"]
            return [*soonest, *(connection.execute(_WORTHIEST, values).all() if crowded else ())]

        return [
            Tracked(key=PostKey(platform, id_), due=rows.moment(due), worth=worth, last_seen=rows.moment(seen))
            for id_, due, worth, seen in self._db.read(find)
        ]

    def next_look(self, platform: str) -> datetime | None:
        return rows.moment_or_none(
            self._db.read(lambda connection: connection.execute(_NEXT, {"p": platform}).scalar())
        )

    def budget(self, account: str) -> Mapping[str, Any] | None:
        found = self._db.read(lambda connection: connection.execute(_BUDGET, {"a": account}).scalar())
        return None if found is None else dict(orjson.loads(found))

    def save_budget(self, account: str, state: Mapping[str, Any]) -> None:
        values = {"account": account, "state": rows.as_json(state)}
        self._db.write("ingest", lambda connection: connection.execute(_SAVE_BUDGET, values))


def _polled(
    connection: Connection,
    feed: str,
    sightings: Sequence[Sighting],
    cursor: Cursor | None,
    now: datetime,
    *,
    walk_done: bool,
) -> bool:
    """The feed answered; where that ends its walk, it is well. Whether somebody is told so."""
    row = feeds.find(connection, feed)
    newest = [rows.ms(s.post.posted_at) for s in sightings if s.post is not None and s.post.posted_at is not None]
    row.update(
        last_try=rows.ms(now),
        newest_post=max((*newest, row["newest_post"] or 0)) or None,
    )
    if cursor is not None:
        row["cursor"] = rows.as_json(cursor)
    over = walk_done and feeds.recovered(connection, row, now)
    if walk_done:
        row.update(last_ok=rows.ms(now), failure=None, failures=0, failing_since=None, rest_until=None, detail="")
    feeds.save(connection, row)
    return over
