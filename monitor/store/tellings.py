"""What a brand's posts of late tell: the candidates for one event, and what else the brand's posts say."""

from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any

import orjson
from sqlalchemy import Connection, Select, bindparam, func, select

from monitor.store import rows, schema
from monitor.store.prepared import Prepared
from monitor.triage.event import Telling
from monitor.triage.topic import TOPIC

_SETTLED, _OTHERS = 500, 100
"""Posts that have a story, and the newest whatever they are."""

_TOLD_LENGTH = 600

_mention, _post = schema.mention, schema.post
_OF_BRAND = select(_mention.c.id).where(_mention.c.brand == bindparam("brand")).order_by(_mention.c.id.desc())


def _told_by(of_brand: Select[Any]) -> Prepared:
    return Prepared(
        select(
            _mention.c.id,
            _mention.c.product,
            _mention.c.categories,
            _mention.c.story_id,
            _post.c.first_seen,
            _post.c.posted_at,
            _post.c.kind,
            _post.c.title,
            func.substr(_post.c.text, 1, _TOLD_LENGTH),
        )
        .join_from(_mention, _post, _post.c.id == _mention.c.post_id)
        .where(_mention.c.id.in_(of_brand), _post.c.first_seen >= bindparam("since"))
    )


TOLD_BY_SETTLED = _told_by(_OF_BRAND.where(_mention.c.story_id.is_not(None)).limit(_SETTLED))
TOLD_BY_NEWEST = _told_by(_OF_BRAND.limit(_OTHERS))


def find(connection: Connection, brand: str, since: datetime) -> list[Telling]:
    """Of posts first seen since then, the newest first."""
    values = {"brand": brand, "since": rows.ms(since)}
    found = {*TOLD_BY_SETTLED.find(connection, values), *TOLD_BY_NEWEST.find(connection, values)}
    return [_telling(row) for row in sorted(found, key=itemgetter(0), reverse=True)]


@lru_cache(2048)
def _telling(row: tuple[Any, ...]) -> Telling:
    mention_id, product, categories, story_id, first_seen, posted_at, kind, title, text = row
    return Telling(
        mention_id=mention_id,
        at=rows.moment(first_seen if posted_at is None else posted_at),
        words=rows.words({"title": title, "text": text}),
        product=product,
        categories=tuple(orjson.loads(categories)) if categories and categories != "[]" else (),
        story_id=story_id,
        topic=kind == TOPIC,
    )
