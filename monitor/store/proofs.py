"""What each hour proved of a feed."""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.dialects.sqlite import insert

from monitor.ports import FeedHour
from monitor.store import schema
from monitor.store.part import Part
from monitor.store.prepared import Prepared

_hour = schema.feed_hour
_NUMBERS = ("polls", "items", "gaps", "caps", "blanks")
_added = insert(_hour).values({name: bindparam(name) for name in ("feed", "hour", *_NUMBERS)})
_ADD = Prepared(
    _added.on_conflict_do_update(
        index_elements=["feed", "hour"], set_={name: _hour.c[name] + _added.excluded[name] for name in _NUMBERS}
    )
)
_DROP = delete(_hour).where(_hour.c.hour < bindparam("before"))
_OF_FEED = Prepared(select(*_hour.c).where(_hour.c.feed == bindparam("f")).order_by(_hour.c.hour))


class ProofsPart(Part):
    """`monitor.ports.Proofs`."""

    def add_feed_hours(self, hours: Sequence[FeedHour], *, drop_before: int) -> None:
        if not hours:
            return

        def write(connection: Connection) -> None:
            _ADD.each(connection, [one._asdict() for one in hours])
            connection.execute(_DROP, {"before": drop_before})

        self._db.write("ingest", write)

    def feed_hours(self, feed: str) -> list[FeedHour]:
        return [FeedHour(*row) for row in self._db.read(lambda connection: _OF_FEED.find(connection, {"f": feed}))]
