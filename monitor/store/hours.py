"""What looking for surges needs: what each hour brought, the posts of the hour past, and stories made of many posts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, or_, select
from sqlalchemy.dialects.sqlite import insert

from monitor.model import Mention
from monitor.ports import Judgement
from monitor.spread.surge import BAD, LOW_STARS, Stars, hour_of
from monitor.store import applying, mentions, rows, schema, stories
from monitor.store.part import Part
from monitor.store.prepared import Prepared

SURGE = "surge"
"""The platform of a story that no single post began."""

_HOUR_MS = 3_600_000
_LATELY, _NEWEST = 500, 2_000
_WATCHED = ""

_incident, _mention, _post, _story, _hourly = (
    schema.incident,
    schema.mention,
    schema.post,
    schema.story,
    schema.hourly,
)
_NUMBERS = ("posts", "negative", "rated", "low")
_added = insert(_hourly).values({name: bindparam(name) for name in ("brand", "hour", "platform", *_NUMBERS)})
COUNT = Prepared(
    _added.on_conflict_do_update(
        index_elements=["brand", "hour", "platform"],
        set_={name: _hourly.c[name] + _added.excluded[name] for name in _NUMBERS},
    )
)
"""Adds to an hour's numbers."""

_reached = insert(_hourly).values({name: bindparam(name) for name in ("brand", "hour", "platform", *_NUMBERS, "reach")})
_MEASURED = Prepared(
    _reached.on_conflict_do_update(
        index_elements=["brand", "hour", "platform"], set_={"reach": _reached.excluded.reach}
    )
)

_IN_HOURS = (
    _hourly.c.brand == bindparam("brand"),
    _hourly.c.hour >= bindparam("since"),
    _hourly.c.hour < bindparam("until"),
)
_HOURS = Prepared(select(_hourly.c.hour, func.sum(_hourly.c.negative)).where(*_IN_HOURS).group_by(_hourly.c.hour))
_STARS = Prepared(
    select(_hourly.c.platform, func.sum(_hourly.c.rated), func.sum(_hourly.c.low))
    .where(*_IN_HOURS, _hourly.c.rated > 0)
    .group_by(_hourly.c.platform)
)
_whole = _hourly.alias("whole")
_there = and_(
    _hourly.c.brand == _whole.c.brand, _hourly.c.hour == _whole.c.hour, _hourly.c.platform == bindparam("platform")
)
_REACH = Prepared(
    select(_whole.c.hour, func.coalesce(_hourly.c.negative, 0), func.coalesce(_hourly.c.reach, 0))
    .join_from(_whole, _hourly, _there, isouter=True)
    .where(
        _whole.c.brand == bindparam("brand"),
        _whole.c.platform == _WATCHED,
        _whole.c.reach.is_not(None),
        _whole.c.hour >= bindparam("since"),
        _whole.c.hour < bindparam("until"),
    )
)
"""An hour that was measured has its mark beside the platforms' own: where one of them has none, nothing came."""
_NEWEST_OF_BRAND = (
    select(_mention.c.id).where(_mention.c.brand == bindparam("brand")).order_by(_mention.c.id.desc()).limit(_NEWEST)
)
_BAD = or_(
    _mention.c.aimed >= BAD,
    and_(_mention.c.aimed.is_not(None), _post.c.rating <= LOW_STARS),
)
LATELY_SEEN = Prepared(
    mentions.WITH_POST.where(
        _mention.c.id.in_(_NEWEST_OF_BRAND),
        _post.c.first_seen >= bindparam("since"),
        _post.c.background == 0,
        _BAD,
    )
    .order_by(_mention.c.id.desc())
    .limit(_LATELY)
)
_GOES_ON = func.coalesce(_story.c.into_id, _story.c.id)
_TOLD_AS_ONE = (
    select(_incident.c.story_id, func.max(_post.c.first_seen))
    .join_from(_incident, _mention, _mention.c.story_id == _incident.c.story_id)
    .join(_post, _post.c.id == _mention.c.post_id)
    .where(_incident.c.brand == bindparam("brand"), stories.LIVE, _incident.c.reasons.contains('"code":"surge"'))
    .group_by(_incident.c.story_id)
)
"""Surges that began with a post that had an incident."""
_AT_ONCE = 8
"""Surges of a brand that may go on side by side."""
_SURGE_STORIES = (
    select(_GOES_ON, func.max(_post.c.first_seen))
    .join_from(_story, _mention, _mention.c.story_id == _GOES_ON)
    .join(_post, _post.c.id == _mention.c.post_id)
    .where(_story.c.brand == bindparam("brand"), _story.c.platform == SURGE)
    .group_by(_story.c.id)
    .order_by(_story.c.id.desc())
    .limit(_AT_ONCE)
)


def row(brand: str, platform: str, first_seen: int, *, bad: bool, rating: int | None) -> dict[str, Any]:
    """What one scored post adds to its hour."""
    low = rating is not None and rating <= LOW_STARS
    where = {"brand": brand, "hour": first_seen // _HOUR_MS, "platform": platform}
    return {**where, "posts": 1, "negative": int(bad), "rated": int(rating is not None), "low": int(low)}


class HoursPart(Part):
    """What `monitor.ports.Crowds` has beside Judging."""

    def watched(self, brands: Sequence[str], now: datetime) -> None:
        at = {"hour": hour_of(now), "platform": _WATCHED, **dict.fromkeys(_NUMBERS, 0)}
        values = [{"brand": brand, **at} for brand in brands]
        if values:
            self._db.write("ingest", lambda connection: COUNT.each(connection, values))

    def hours(self, brand: str, since: int, until: int) -> Mapping[int, int]:
        values = {"brand": brand, "since": since, "until": until}
        return dict(self._db.read(lambda connection: _HOURS.find(connection, values)))

    def measured(self, brand: str, hour: int, reached: Mapping[str, int]) -> None:
        at = {"brand": brand, "hour": hour, **dict.fromkeys(_NUMBERS, 0)}
        values = [{**at, "platform": name, "reach": reach} for name, reach in {_WATCHED: 0, **reached}.items()]
        self._db.write("ingest", lambda connection: _MEASURED.each(connection, values))

    def reach(self, brand: str, platform: str, since: int, until: int) -> Mapping[int, tuple[int, int]]:
        values = {"brand": brand, "platform": platform, "since": since, "until": until}
        found = self._db.read(lambda connection: _REACH.find(connection, values))
        return {hour: (posts, reach) for hour, posts, reach in found}

    def stars(self, brand: str, since: int, until: int) -> Mapping[str, Stars]:
        values = {"brand": brand, "since": since, "until": until}
        found = self._db.read(lambda connection: _STARS.find(connection, values))
        return {platform: Stars(rated, low) for platform, rated, low in found}

    def lately(self, brand: str, since: datetime) -> list[Mention]:
        values = {"brand": brand, "since": rows.ms(since)}
        return self._db.read(
            lambda connection: mentions.read(connection, LATELY_SEEN.find(connection, values), self._looks)
        )

    def surge_stories(self, brand: str, since: datetime) -> list[int]:
        def find(connection: Connection) -> list[tuple[int, int]]:
            return [
                (int(story), int(last))
                for surges in (_SURGE_STORIES, _TOLD_AS_ONE)
                for story, last in connection.execute(surges, {"brand": brand}).all()
            ]

        found = sorted(set(self._db.read(find)), reverse=True)
        return list(dict.fromkeys(story for story, last in found if last >= rows.ms(since)))

    def gather(self, judgement: Judgement, posts: Sequence[int], now: datetime) -> int:
        def write(connection: Connection) -> int:
            return applying.gather(connection, judgement, posts, now)

        incident = self._db.write("deliver", write)
        self._announce(["outbox"] if judgement.tells else [])
        return incident
