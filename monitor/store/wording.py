"""Words that people add to brands, with who and when; and what posts of late say, to try them on."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, or_, select, update

from monitor.model import Actor, Word, WordKind
from monitor.store import rows, schema
from monitor.store.part import Part

_word, _post, _mention = schema.word, schema.post, schema.mention
_NOT_DROPPED = _word.c.dropped_at.is_(None)
_IN_FORCE = (
    select(_word)
    .where(_NOT_DROPPED, or_(_word.c.until.is_(None), _word.c.until > bindparam("now")))
    .order_by(_word.c.id)
)
_SAME = select(_word).where(
    _NOT_DROPPED,
    _word.c.brand == bindparam("brand"),
    _word.c.kind == bindparam("kind"),
    _word.c.query == bindparam("query"),
)
_ADD = insert(_word).returning(_word.c.id)
_DROP = (
    update(_word)
    .where(_word.c.id == bindparam("b_id"), _NOT_DROPPED)
    .values(dropped_at=bindparam("b_now"), dropped_by=bindparam("b_by"))
)
_LENGTHEN = update(_word).where(_word.c.id == bindparam("b_id")).values(until=bindparam("b_until"))
_NEWEST = select(_post.c.id).order_by(_post.c.id.desc()).limit(bindparam("n")).scalar_subquery()
_SAID = (
    select(_post.c.id, _post.c.title, _post.c.text, _mention.c.brand)
    .join_from(_post, _mention, _mention.c.post_id == _post.c.id)
    .where(_post.c.id.in_(_NEWEST), _post.c.first_seen >= bindparam("since"))
    .order_by(_post.c.id.desc(), _mention.c.id)
)


class WordingPart(Part):
    """`monitor.ports.Wording`."""

    def words(self, now: datetime) -> list[Word]:
        found = self._db.read(lambda connection: connection.execute(_IN_FORCE, {"now": rows.ms(now)}).mappings().all())
        return [_read(dict(row)) for row in found]

    def add_word(self, word: Word) -> Word:
        row = {
            "brand": rows.storable(word.brand),
            "kind": word.kind.value,
            "query": rows.storable(word.query),
            "actor_id": rows.storable(word.actor.id),
            "actor_name": rows.storable(word.actor.name),
            "added_at": rows.ms(word.added_at),
            "until": rows.ms_or_none(word.until),
        }

        def write(connection: Connection) -> Word:
            known = connection.execute(_SAME, row).mappings().first()
            if known is not None and (known["until"] is None or known["until"] > row["added_at"]):
                until = None if None in (known["until"], row["until"]) else max(known["until"], row["until"])
                connection.execute(_LENGTHEN, {"b_id": known["id"], "b_until": until})
                return _read({**known, "until": until})
            if known is not None:
                gone = {"b_id": known["id"], "b_now": row["added_at"], "b_by": ""}
                connection.execute(_DROP, gone)  # it had run out; the new one begins anew, with its own name to it
            return _read({**row, "id": connection.execute(_ADD, row).scalar_one()})

        added = self._db.write("deliver", write)
        self._announce(["words"])
        return added

    def drop_word(self, word_id: int, actor: Actor, now: datetime) -> bool:
        gone = {"b_id": word_id, "b_now": rows.ms(now), "b_by": rows.storable(actor.id)}
        dropped = self._db.write("deliver", lambda connection: connection.execute(_DROP, gone).rowcount > 0)
        self._announce(["words"])
        return dropped

    def said_since(self, since: datetime, limit: int) -> list[tuple[str, tuple[str, ...]]]:
        values = {"since": rows.ms(since), "n": limit}
        said: dict[int, tuple[str, tuple[str, ...]]] = {}
        for id_, title, text, brand in self._db.read(lambda connection: connection.execute(_SAID, values).all()):
            words, brands = said.get(id_) or (rows.words({"title": title, "text": text}), ())
            said[id_] = (words, (*brands, brand))
        return list(said.values())


def _read(row: Mapping[str, Any]) -> Word:
    return Word(
        id=row["id"],
        brand=row["brand"],
        kind=WordKind(row["kind"]),
        query=row["query"],
        actor=Actor(row["actor_id"], row["actor_name"]),
        added_at=rows.moment(row["added_at"]),
        until=rows.moment_or_none(row["until"]),
    )
