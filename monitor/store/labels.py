"""What people said of our judgement, kept with what it was about: the ground for fitting the next engine."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, exists, func, insert, select

from monitor.errors import StoreError
from monitor.model import Labelled, Said
from monitor.store import rows, schema
from monitor.store.part import Part
from monitor.store.trials import LAST_PRESSES, WRONG

_mention, _label, _post, _event = schema.mention.c, schema.label.c, schema.post.c, schema.event.c
_ABOUT = select(
    _mention.id, _mention.incident_id, bindparam("verdict"), bindparam("actor"), bindparam("at"), _mention.text_hash,
    _mention.engine, _mention.version,
).where(_mention.id == bindparam("m"))  # fmt: skip
_COLUMNS = ["mention_id", "incident_id", "verdict", "actor", "at", "text_hash", "engine", "version"]
_ADD = insert(schema.label).from_select(_COLUMNS, _ABOUT)
_LAST_OF_EACH = select(func.max(_label.id)).group_by(_label.mention_id, _label.actor)
_TAKEN_BACK = exists().where(
    _event.incident_id == _label.incident_id,
    _event.actor_id == _label.actor,
    _event.id.in_(LAST_PRESSES),
    _event.reason == WRONG,
    _event.at >= _label.at,
)
"""Who says that a page was right and then that it was not has said nothing of the text until a reason is chosen."""
_STANDS = (_label.verdict != Said.CONFIRMED.value) | ~_TAKEN_BACK
_LAST = select(func.max(_label.id)).where(_label.id.in_(_LAST_OF_EACH), _STANDS).group_by(_label.mention_id)
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
"""The last word on each mention whose text is still the one that was labelled; of each person only the last word counts."""


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
        """The last label of each mention, oldest first, with the text it was about; an edited text has lost its label, and who presses
        不该 after 该叫醒我 has taken theirs back."""
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
