"""What people said of our judgement, kept with what it was about: the ground for fitting the next engine."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, func, insert, select

from monitor.errors import StoreError
from monitor.model import Labelled
from monitor.store import rows, schema
from monitor.store.part import Part

_mention, _label, _post = schema.mention.c, schema.label.c, schema.post.c
_ABOUT = select(
    _mention.id, _mention.incident_id, bindparam("verdict"), bindparam("actor"), bindparam("at"), _mention.text_hash,
    _mention.engine, _mention.version,
).where(_mention.id == bindparam("m"))  # fmt: skip
_COLUMNS = ["mention_id", "incident_id", "verdict", "actor", "at", "text_hash", "engine", "version"]
_ADD = insert(schema.label).from_select(_COLUMNS, _ABOUT)
_LAST = select(func.max(_label.id)).group_by(_label.mention_id)
_LABELLED = (
    select(
        _post.title, _post.text, _mention.brand, _mention.platform, _label.verdict, _mention.aimed, _label.engine,
        _label.version,
    )
    .join_from(schema.label, schema.mention, _mention.id == _label.mention_id)
    .join(schema.post, _post.id == _mention.post_id)
    .where(_label.id.in_(_LAST), _label.text_hash == _mention.text_hash)
    .order_by(_label.id)
)  # fmt: skip
"""The last word on each mention whose text is still the one that was labelled."""


class LabelsPart(Part):
    """Labels, as they are given."""

    def label(self, mention_id: int, verdict: str, actor: str, now: datetime) -> None:
        """Writes down that `actor` called our judgement of a mention `verdict`. StoreError: there is no such mention."""
        said = {"m": mention_id, "verdict": rows.storable(verdict), "actor": rows.storable(actor), "at": rows.ms(now)}

        def write(connection: Connection) -> int:
            return connection.execute(_ADD, said).rowcount

        if not self._db.write("deliver", write):
            raise StoreError(f"there is no mention {mention_id} to put a label on")

    def labelled(self) -> list[Labelled]:
        """The last label of each mention, oldest first, with the text it was about; an edited text has lost its label."""
        found = self._db.read(lambda connection: connection.execute(_LABELLED).all())
        return [
            Labelled(
                text=rows.words({"title": row.title, "text": row.text}),
                brand=row.brand,
                platform=row.platform,
                said=row.verdict,
                aimed=row.aimed,
                engine=row.engine or "",
                version=row.version or "",
            )
            for row in found
        ]
