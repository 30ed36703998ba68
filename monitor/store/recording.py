"""One chunk of sightings, written down in one transaction: posts, sightings, mentions."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, Connection, Table, bindparam, case, select, update
from sqlalchemy.dialects.sqlite import insert

from monitor.model import Availability, Exhibit, Match, MentionState, PostKey, Sighting
from monitor.ports import Recorded
from monitor.spread.revisit import ONCE
from monitor.store import exhibits, rows, schema
from monitor.store.prepared import Prepared

SOON_MS = 120_000
"""A tracked post that was just seen is not due again before this, until the judge says when."""

UNJUDGED = 0.5
"""What a look at a post is worth before the judge has said: it may be the one."""

_SHANGHAI = timedelta(hours=8)

_post, _mention, _sighting, _daily = schema.post, schema.mention, schema.sighting, schema.daily

_SEEN = (_post.c.id, _post.c.last_seen, _post.c.availability)
"""Enough to know of a post where only counts were seen, which is nearly always."""


def _finding(columns: Sequence[Any]) -> Prepared:
    """One post by its key. Asked for each: a list of keys is a new statement for every length."""
    this = _post.c.platform == bindparam("p"), _post.c.native_id == bindparam("n")
    return Prepared(select(*columns).where(*this))


_FIND, _FIND_SEEN = _finding(rows.POST), _finding(_SEEN)
_IS_THERE = Prepared(
    select(_sighting.c.seen_at).where(_sighting.c.post_id == bindparam("post"), _sighting.c.seen_at == bindparam("at"))
)
_BRANDS = select(_mention.c.post_id, _mention.c.brand).where(_mention.c.post_id.in_(bindparam("posts", expanding=True)))


def _adding(table: Table, *columns: str) -> Prepared:
    return Prepared(insert(table).values({name: bindparam(name) for name in columns}).on_conflict_do_nothing())


_ADD_POST = _adding(_post, *(column.name for column in _post.c if column.name != "id"))
_ADD_SIGHTING = _adding(_sighting, *_sighting.c.keys())
_ADD_MENTION = _adding(
    _mention, "post_id", "brand", "platform", "confidence", "why", "product", "state", "text_hash", "news", "priority",
    "next_look_at", "look_worth",
)  # fmt: skip
_SAYS = ("kind", "url", "author_id", "author_name", "followers", "verified", "title", "text", "posted_at", "edited_at",
         "repost_of", "parent", "rating", "region", "product", "status", "customer_ref", "order_ref")  # fmt: skip
_CHANGE_POST = (
    update(_post).where(_post.c.id == bindparam("b_id")).values({name: bindparam(f"b_{name}") for name in _SAYS})
)
_SEE_POST = Prepared(
    update(_post)
    .where(_post.c.id == bindparam("b_id"))
    .values(
        last_seen=bindparam("b_seen"), looks=_post.c.looks + bindparam("b_n"), availability=bindparam("b_availability")
    )
)
_SEE_MENTIONS = Prepared(
    update(_mention)
    .where(_mention.c.post_id == bindparam("b_post"))
    .values(
        news=_mention.c.news + bindparam("b_n"),
        priority=bindparam("b_heat"),
        next_look_at=case(
            (_mention.c.next_look_at <= bindparam("b_seen"), bindparam("b_seen") + SOON_MS),
            else_=_mention.c.next_look_at,
        ),
    )
)
_RETHINK = (
    update(_mention)
    .where(_mention.c.post_id == bindparam("b_post"))
    .values(state=MentionState.PENDING.value, text_hash=bindparam("b_hash"), news=_mention.c.news + 1)
)
_REMATCH = (
    update(_mention)
    .where(_mention.c.post_id == bindparam("b_post"), _mention.c.brand == bindparam("b_brand"))
    .values(confidence=bindparam("b_confidence"), why=bindparam("b_why"), product=bindparam("b_product"))
)
_NUMBERS = ("posts", "scored", "negative", "incidents", "pages")
_added = insert(_daily).values({name: bindparam(name) for name in ("day", "brand", "platform", *_NUMBERS)})
COUNT_DAILY = Prepared(
    _added.on_conflict_do_update(
        index_elements=["day", "brand", "platform"],
        set_={name: _daily.c[name] + _added.excluded[name] for name in _NUMBERS},
    )
)
"""Adds to a day's numbers."""


def daily_row(now: datetime, brand: str, platform: str, **counts: int) -> dict[str, Any]:
    day = (now + _SHANGHAI).strftime("%Y-%m-%d")
    return {"day": day, "brand": brand, "platform": platform, **dict.fromkeys(_NUMBERS, 0), **counts}


@dataclass(slots=True, kw_only=True)
class _Post:
    """A post as this transaction knows it. `stored` None: it is new. `row` is what will stand there.

    `told`: it was seen with its text and author, not its counts alone.
    """

    key: PostKey
    stored: Mapping[str, Any] | None
    row: dict[str, Any]
    id: int = 0
    told: bool = False
    matches: Sequence[Match] = ()
    sightings: dict[int, Sighting] = field(default_factory=dict)

    @property
    def reworded(self) -> bool:
        return self.told and self.stored is not None and rows.words(self.stored) != rows.words(self.row)

    @property
    def changed(self) -> bool:
        return self.told and self.stored is not None and self.row != self.stored

    @property
    def age(self) -> float:
        """Seconds from its publication to its first sight."""
        return float(max(0, self.row["first_seen"] - self.row["posted_at"]) / 1000)

    @property
    def heat(self) -> int:
        """Of the newest look."""
        return rows.heat(self.sightings[max(self.sightings)].counts) if self.sightings else 0


def record_chunk(
    connection: Connection,
    sightings: Sequence[Sighting],
    matches: Mapping[PostKey, Sequence[Match]],
    *,
    hash_key: bytes,
    background: bool,
    now: datetime,
    exhibit: Exhibit | None = None,
) -> tuple[Recorded, set[str]]:
    """What it changed, and whose work that is (`mentions`, `news`)."""
    posts = _gathered(connection, sightings, matches, hash_key, background)
    new = [post for post in posts if post.stored is None]
    known = [post for post in posts if post.stored is not None]
    _drop_known_sightings(connection, known)
    _add_posts(connection, new)
    looked = _see(connection, known)
    _add_sightings(connection, posts)
    if exhibit is not None and (looks := [(post.id, at) for post in posts for at in post.sightings]):
        exhibits.keep(connection, exhibit, looks)
    rethought = _rethink(connection, known)
    fresh = _add_mentions(connection, new, known, now)
    recorded = Recorded(
        posts=len(new),
        mentions=fresh,
        sightings=sum(len(post.sightings) for post in posts),
        ages=() if background else tuple(post.age for post in new if post.row["posted_at"] is not None),
    )
    work = {"mentions": bool(fresh) or rethought, "news": looked}
    return recorded, {topic for topic, some in work.items() if some}


def _gathered(
    connection: Connection,
    sightings: Sequence[Sighting],
    matches: Mapping[PostKey, Sequence[Match]],
    hash_key: bytes,
    background: bool,
) -> list[_Post]:
    """The posts that were seen, each with the richest of what was ever said and its sightings by moment."""
    keyed = [(rows.key_of(sighting.key), sighting) for sighting in sightings]
    whole = {key for key, sighting in keyed if sighting.post is not None}
    posts = _known(connection, _FIND, rows.POST, whole)
    posts |= _known(connection, _FIND_SEEN, _SEEN, {key for key, _ in keyed} - whole)
    for key, sighting in keyed:
        at = rows.ms(sighting.seen_at)
        post = posts.get(key)
        if sighting.post is not None:
            seen = rows.post_row(sighting.post, hash_key)
            if post is None:
                row = {
                    "platform": key.platform,
                    "native_id": key.native_id,
                    **seen,
                    "first_seen": at,
                    "last_seen": at,
                    "background": background,
                    "looks": 0,
                    "availability": Availability.UNKNOWN.value,
                    "forgotten_at": None,
                }
                post = posts[key] = _Post(key=key, stored=None, row=row)
            elif post.row["forgotten_at"] is not None:
                post.sightings.setdefault(at, sighting)
                continue  # it was erased: what it says is not taken in again
            else:
                post.row.update(rows.merged(post.row, seen))
            post.told = True
            post.matches = matches.get(sighting.key, ())
        if post is not None:
            post.sightings.setdefault(at, sighting)
    return [post for post in posts.values() if post.sightings]


def _known(
    connection: Connection, find: Prepared, columns: Sequence[Column[Any]], keys: set[PostKey]
) -> dict[PostKey, _Post]:
    names = [column.name for column in columns]
    found = {}
    for key in keys:
        for row in find.find(connection, {"p": key.platform, "n": key.native_id}):
            stored = dict(zip(names, row, strict=True))
            found[key] = _Post(key=key, stored=stored, row=dict(stored), id=stored["id"])
    return found


def _drop_known_sightings(connection: Connection, posts: Sequence[_Post]) -> None:
    """A look that is already stored is no look; only those no newer than the newest stored one can be."""
    for post in posts:
        newest = post.row["last_seen"]
        for at in [at for at in post.sightings if at <= newest]:
            if _IS_THERE.find(connection, {"post": post.id, "at": at}):
                del post.sightings[at]


def _add_posts(connection: Connection, posts: Sequence[_Post]) -> None:
    if not posts:
        return
    for post in posts:
        _move_on(post)
        post.row.update(looks=len(post.sightings), first_seen=min(post.sightings))
    _ADD_POST.each(connection, [post.row for post in posts])
    for post in posts:
        ((post.id, *_),) = _FIND_SEEN.find(connection, {"p": post.key.platform, "n": post.key.native_id})


def _move_on(post: _Post) -> None:
    """The newest look says when the post was last seen and whether it is still shown; an older one does not."""
    newest = max(post.sightings)
    if newest < post.row["last_seen"]:
        return
    post.row["last_seen"] = newest
    if post.sightings[newest].availability is not Availability.UNKNOWN:
        post.row["availability"] = post.sightings[newest].availability.value


def _see(connection: Connection, posts: Sequence[_Post]) -> bool:
    """Known posts: what they say now, when they were seen, and news for their mentions. Whether there is any."""
    changed = [post for post in posts if post.changed]
    if changed:
        values = [{"b_id": post.id, **{f"b_{name}": post.row[name] for name in _SAYS}} for post in changed]
        connection.execute(_CHANGE_POST, values)
    looked = [post for post in posts if post.sightings]
    if not looked:
        return False
    for post in looked:
        _move_on(post)
    seen = [
        {
            "b_id": post.id,
            "b_seen": post.row["last_seen"],
            "b_n": len(post.sightings),
            "b_availability": post.row["availability"],
        }
        for post in looked
    ]
    _SEE_POST.each(connection, seen)
    heard = [
        {"b_post": post.id, "b_n": len(post.sightings), "b_heat": post.heat, "b_seen": post.row["last_seen"]}
        for post in looked
    ]
    return _SEE_MENTIONS.each(connection, heard) > 0


def _add_sightings(connection: Connection, posts: Sequence[_Post]) -> None:
    values = [rows.sighting_row(post.id, sighting) for post in posts for sighting in post.sightings.values()]
    if values:
        _ADD_SIGHTING.each(connection, values)


def _rethink(connection: Connection, posts: Sequence[_Post]) -> bool:
    """A text that changed waits for the scorer again, and concerns its brands for other words."""
    reworded = [post for post in posts if post.reworded]
    if not reworded:
        return False
    hashes = [{"b_post": post.id, "b_hash": rows.text_hash(rows.words(post.row))} for post in reworded]
    connection.execute(_RETHINK, hashes)
    rematched = [
        {
            "b_post": post.id,
            "b_brand": match.brand,
            "b_confidence": match.confidence,
            "b_why": match.why,
            "b_product": match.product,
        }
        for post in reworded
        for match in post.matches
    ]
    if rematched:
        connection.execute(_REMATCH, rematched)
    return True


def _add_mentions(connection: Connection, new: Sequence[_Post], known: Sequence[_Post], now: datetime) -> int:
    matched = [post.id for post in known if post.matches]
    there = (
        {(post_id, brand) for post_id, brand in connection.execute(_BRANDS, {"posts": matched})} if matched else set()
    )
    values = [
        _mention_row(post, match, now)
        for post in (*new, *known)
        for match in {match.brand: match for match in post.matches}.values()
        if (post.id, match.brand) not in there
    ]
    if not values:
        return 0
    _ADD_MENTION.each(connection, values)
    counts = Counter((value["brand"], value["platform"]) for value in values)
    COUNT_DAILY.each(connection, [daily_row(now, *where, posts=number) for where, number in counts.items()])
    return len(values)


def _mention_row(post: _Post, match: Match, now: datetime) -> dict[str, Any]:
    return {
        "post_id": post.id,
        "brand": match.brand,
        "platform": post.key.platform,
        "confidence": match.confidence,
        "why": match.why,
        "product": match.product,
        "state": MentionState.PENDING.value,
        "text_hash": rows.text_hash(rows.words(post.row)),
        "news": 1,
        "priority": post.heat,
        "next_look_at": None if post.row["kind"] in ONCE else rows.ms(now),
        "look_worth": UNJUDGED,
    }
