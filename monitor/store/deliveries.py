"""Deliveries that were pushed to us, and what each was answered."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import bindparam, delete, func, literal_column, select
from sqlalchemy.dialects.sqlite import insert

from monitor.ports import Answered
from monitor.store import rows, schema
from monitor.store.part import Part

KEPT = timedelta(days=7)
"""So long a sender may repeat a delivery and get the first answer."""

_delivery, _mention = schema.delivery, schema.mention

FOUND = select(_delivery.c.sha256, _delivery.c.answer).where(
    _delivery.c.source == bindparam("source"), _delivery.c.delivery_id == bindparam("id")
)
PAST = delete(_delivery).where(_delivery.c.at < bindparam("until"))
WAITING = select(func.count()).select_from(_mention).where(_mention.c.state == literal_column("'pending'"))
_KEEP = insert(_delivery).on_conflict_do_nothing()


class DeliveriesPart(Part):
    """`monitor.ports.Deliveries`."""

    def answer_to(self, source: str, delivery_id: str) -> Answered | None:
        values = {"source": source, "id": rows.storable(delivery_id)}
        found = self._db.read(lambda connection: connection.execute(FOUND, values).first())
        return None if found is None else Answered(found.sha256, orjson.loads(found.answer))

    def keep_answer(self, source: str, delivery_id: str, sha256: str, answer: Mapping[str, Any], now: datetime) -> None:
        row = {
            "source": source,
            "delivery_id": rows.storable(delivery_id),
            "at": rows.ms(now),
            "sha256": sha256,
            "answer": rows.as_json(answer),
        }

        def write(connection: Any) -> None:
            connection.execute(PAST, {"until": rows.ms(now - KEPT)})
            connection.execute(_KEEP, row)

        self._db.write("ingest", write)

    def waiting(self) -> int:
        return int(self._db.read(lambda connection: connection.execute(WAITING).scalar_one()))
