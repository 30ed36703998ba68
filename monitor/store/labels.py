"""What people said of our judgement, kept with what it was about: the ground for fitting the next engine."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, select

from monitor.errors import StoreError
from monitor.store import rows, schema
from monitor.store.part import Part

_mention = schema.mention.c
_ABOUT = select(
    _mention.id, _mention.incident_id, bindparam("verdict"), bindparam("actor"), bindparam("at"), _mention.text_hash,
    _mention.engine, _mention.version,
).where(_mention.id == bindparam("m"))  # fmt: skip
_COLUMNS = ["mention_id", "incident_id", "verdict", "actor", "at", "text_hash", "engine", "version"]
_ADD = insert(schema.label).from_select(_COLUMNS, _ABOUT)


class LabelsPart(Part):
    """Labels, as they are given."""

    def label(self, mention_id: int, verdict: str, actor: str, now: datetime) -> None:
        """Writes down that `actor` called our judgement of a mention `verdict`. StoreError: there is no such mention."""
        said = {"m": mention_id, "verdict": rows.storable(verdict), "actor": rows.storable(actor), "at": rows.ms(now)}

        def write(connection: Connection) -> int:
            return connection.execute(_ADD, said).rowcount

        if not self._db.write("deliver", write):
            raise StoreError(f"there is no mention {mention_id} to put a label on")
