"""The looks of a post, read from its sightings and kept decoded while they are asked for again and again.

A forecast reads counts at fractions of the age and the last few looks, so of a long history a bounded number is read: the
first look, the last one in each cell of a grid that widens with the age, and the newest. What a post costs does not grow
with how long it has been watched; every sighting stays in its table.
"""

import threading
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Sequence

import orjson
from sqlalchemy import Connection, bindparam, func, literal_column, select, union_all

from monitor.model import Look
from monitor.store import rows, schema
from monitor.store.prepared import Prepared

WITHIN_MS = 7 * 24 * 3_600_000

NEWEST = 8
"""Looks that are always kept, counted from the last."""

CELLS = tuple(round(120_000 * 1.35**n) for n in range(30))
"""Where the cells of the grid end: ages in ms, from two minutes to a week; the first reaches back before birth."""

MOST = 1 + len(CELLS) + NEWEST
"""Looks of one post, at most."""

_S = schema.sighting.c
_OF_POST = _S.post_id == bindparam("post"), _S.seen_at > bindparam("after")
_ALL = Prepared(select(*rows.LOOK).where(*_OF_POST).order_by(_S.seen_at.desc()).limit(bindparam("n")))
_cell = func.json_each(bindparam("ends")).table_valued("value", name="cell")
_earlier = schema.sighting.alias("earlier")
_ends_of_cells = select(
    select(func.max(_earlier.c.seen_at))
    .where(
        _earlier.c.post_id == bindparam("post"),
        _earlier.c.seen_at > bindparam("after"),
        _earlier.c.seen_at <= literal_column("cell.value"),
    )
    .scalar_subquery()
).select_from(_cell)
_first = select(_S.seen_at).where(*_OF_POST).order_by(_S.seen_at).limit(1)
_last = select(_S.seen_at).where(*_OF_POST).order_by(_S.seen_at.desc()).limit(NEWEST)
_kept = union_all(_ends_of_cells, *(select(some.subquery().c.seen_at) for some in (_first, _last)))
_THINNED = Prepared(
    select(*rows.LOOK).where(_S.post_id == bindparam("post"), _S.seen_at.in_(_kept)).order_by(_S.seen_at)
)


class Looks:
    """At most `keep` decoded looks stay in memory, those of the posts asked for last.

    What is kept is valid exactly as long as the post's number of sightings, which only grows, says so: nothing has to
    be told that something changed, and another process may write.
    """

    def __init__(self, keep: int) -> None:
        self._keep, self._size = keep, 0
        self._lock = threading.Lock()
        self._known: OrderedDict[int, tuple[int, int, tuple[Look, ...]]] = OrderedDict()

    def of(self, connection: Connection, post_id: int, count: int, born: int, last_seen: int) -> tuple[Look, ...]:
        """The looks of the last week before the post was last seen, thinned, ordered by time. Moments in ms."""
        since = last_seen - WITHIN_MS
        with self._lock:
            known = self._known.pop(post_id, None)
            self._size -= len(known[2]) if known else 0
        if known is not None and known[:2] == (count, born):
            looks = known[2]
        else:
            looks = self._more(connection, known, post_id, count, born) or _read(
                connection, post_id, count, since, born, last_seen
            )
        self._remember(post_id, count, born, looks)
        return looks if not looks or rows.ms(looks[0].seen_at) > since else _after(looks, since)

    def _remember(self, post_id: int, count: int, born: int, looks: tuple[Look, ...]) -> None:
        with self._lock:
            before = self._known.pop(post_id, None)
            self._known[post_id] = (count, born, looks)
            self._size += len(looks) - (len(before[2]) if before else 0)
            while self._size > self._keep and len(self._known) > 1:
                self._size -= len(self._known.popitem(last=False)[1][2])

    def _more(
        self,
        connection: Connection,
        known: tuple[int, int, tuple[Look, ...]] | None,
        post_id: int,
        count: int,
        born: int,
    ) -> tuple[Look, ...] | None:
        """What is known and what came after it; None unless every new sighting did come after it."""
        if known is None or known[1] != born or not known[2] or not 0 < count - known[0] <= MOST:
            return None
        newer = _newest(connection, post_id, rows.ms(known[2][-1].seen_at), born)
        return thinned((*known[2], *newer), count) if len(newer) == count - known[0] else None


def thinned(looks: tuple[Look, ...], count: int) -> tuple[Look, ...]:
    """The looks worth keeping of a history of `count`: the first, the last of each cell, the newest. By time.

    Thinning what was thinned before, with newer looks behind it, gives the same as thinning everything.
    """
    if count <= MOST:
        return looks
    kept = {0, *range(max(0, len(looks) - NEWEST), len(looks))}
    kept.update({bisect_left(CELLS, round(look.age * 1000)): place for place, look in enumerate(looks)}.values())
    return tuple(looks[place] for place in sorted(kept))


def _read(connection: Connection, post_id: int, count: int, after: int, born: int, last_seen: int) -> tuple[Look, ...]:
    if count <= MOST:
        return _newest(connection, post_id, after, born)
    ends = [born + cell for cell in CELLS[: bisect_left(CELLS, last_seen - born)]]
    values = {"post": post_id, "after": after, "ends": orjson.dumps(ends)}
    return tuple(rows.look(row, born) for row in _THINNED.find(connection, values))


def _newest(connection: Connection, post_id: int, after: int, born: int) -> tuple[Look, ...]:
    found: Sequence[Sequence[object]] = _ALL.find(connection, {"post": post_id, "after": after, "n": MOST})
    return tuple(rows.look(row, born) for row in reversed(found))


EVERY = 2_500
"""Looks of one post that are read where every one is asked for: more than a week of one every five minutes."""


def every(connection: Connection, post_id: int, born: int, last_seen: int) -> tuple[Look, ...]:
    """All looks of the last week before the post was last seen. Moments in ms."""
    found = _ALL.find(connection, {"post": post_id, "after": last_seen - WITHIN_MS, "n": EVERY})
    return tuple(rows.look(row, born) for row in reversed(found))


def _after(looks: tuple[Look, ...], since: int) -> tuple[Look, ...]:
    return tuple(look for look in looks if rows.ms(look.seen_at) > since)
