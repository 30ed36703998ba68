"""Which story a complaint belongs to that came in another way before: by its order, or else by who complains."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, literal_column, select

from monitor.store import rows, schema

SHARED_AT_MOST = 20
"""Posts that name one customer or order; more of them, and it names nobody: a test account, a shop's own number."""

_mention, _post = schema.mention, schema.post


def _stories(ref: Any) -> Select[Any]:
    """The newest stories of posts that name this ref. The pluses keep SQLite from going through all of a brand's mentions."""
    named = select(_post.c.id).where(ref == bindparam("ref"), _post.c.first_seen >= bindparam("since"))
    return (
        select(_mention.c.story_id)
        .where(_mention.c.post_id.in_(named), literal_column("+mention.brand") == bindparam("brand"))
        .order_by(literal_column("+mention.id").desc())
        .limit(SHARED_AT_MOST + 1)
    )


BY_ORDER, BY_CUSTOMER = _stories(_post.c.order_ref), _stories(_post.c.customer_ref)


def find(
    connection: Connection, brand: str, order_ref: str | None, customer_ref: str | None, since: datetime
) -> int | None:
    """The story that the first such post belongs to. Refs as they are stored."""
    for statement, ref in ((BY_ORDER, order_ref), (BY_CUSTOMER, customer_ref)):
        if ref is None:
            continue
        values = {"brand": brand, "ref": ref, "since": rows.ms(since)}
        told = connection.execute(statement, values).scalars().all()
        stories = [story for story in told if story is not None]
        if stories and len(told) <= SHARED_AT_MOST:
            return int(stories[-1])
    return None
