"""The looks of a post, read from its sightings and kept decoded while they are asked for again and again."""

import threading
from collections import OrderedDict

from sqlalchemy import Connection, bindparam, select

from monitor.model import Look
from monitor.store import rows, schema
from monitor.store.prepared import Prepared

NEWEST = 256
WITHIN_MS = 7 * 24 * 3_600_000

_S = schema.sighting.c
_LOOKS = Prepared(
    select(*rows.LOOK)
    .where(_S.post_id == bindparam("post"), _S.seen_at > bindparam("after"))
    .order_by(_S.seen_at.desc())
    .limit(NEWEST)
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
        """The newest looks of the last week before the post was last seen, ordered by time. Moments in ms."""
        since = last_seen - WITHIN_MS
        with self._lock:
            known = self._known.pop(post_id, None)
            self._size -= len(known[2]) if known else 0
        if known is not None and known[:2] == (count, born):
            looks = known[2]
        else:
            looks = self._more(connection, known, post_id, count, born) or self._read(connection, post_id, since, born)
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
        if known is None or known[1] != born or not known[2] or not 0 < count - known[0] < NEWEST:
            return None
        newer = self._read(connection, post_id, rows.ms(known[2][-1].seen_at), born)
        return (*known[2], *newer)[-NEWEST:] if len(newer) == count - known[0] else None

    def _read(self, connection: Connection, post_id: int, after: int, born: int) -> tuple[Look, ...]:
        found = _LOOKS.find(connection, {"post": post_id, "after": after})
        return tuple(rows.look(row, born) for row in reversed(found))


def _after(looks: tuple[Look, ...], since: int) -> tuple[Look, ...]:
    return tuple(look for look in looks if rows.ms(look.seen_at) > since)
