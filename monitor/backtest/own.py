"""A recording that answers only when it is asked: what paging is worth when `spread.revisit` decides where to look.

The first line of a post is its discovery. Later lines are what its site would have shown: the answer at a moment is the
latest line at or before it, so a recording may be quiet. Nothing judged at a moment depends on a later line.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import groupby

from monitor.looking import LOOK_EVERY
from monitor.model import Post, PostKey, Sighting
from monitor.pipeline import again
from monitor.replay import Asked, Page, Stage
from monitor.spread.revisit import Purse

ROUND = timedelta(seconds=LOOK_EVERY)
EARLY = timedelta(hours=6)

BATCH = 100
"""Posts that one request asks for, where no feed says otherwise: Weibo's counts."""


UNPAID = Purse()


@dataclass(frozen=True, kw_only=True)
class Door:
    """How a platform may be asked again: posts in one request, and what pays for it."""

    size: int = BATCH
    purse: Purse = UNPAID


@dataclass
class _World:
    """What each site shows now."""

    shown: dict[PostKey, Sighting] = field(default_factory=dict)
    edited: dict[PostKey, Post] = field(default_factory=dict)

    def learn(self, line: Sighting) -> bool:
        """Takes a line in; whether it is the first that tells of its post."""
        new = line.key not in self.shown and line.post is not None
        if new or line.key in self.shown:
            if line.post is not None and not new:
                self.edited[line.key] = line.post
            self.shown[line.key] = line
        return new

    def answer(self, key: PostKey, now: datetime) -> Sighting:
        return replace(self.shown[key], seen_at=now, post=self.edited.pop(key, None))


def own_looks(sightings: Iterable[Sighting], stage: Stage, doors: Mapping[str, Door], asked: Asked) -> Iterator[Page]:
    """Plays discoveries in their order and looks again where it is worth it; yields each page at its moment."""
    world, looking = _World(), _Looking(stage=stage, doors=doors, asked=asked)
    for now, moment in groupby(sightings, lambda sighting: sighting.seen_at):
        yield from looking.until(now, world)
        found = [line for line in moment if world.learn(line)]
        if found:
            looking.meet(found, now)
            yield from stage.see(found, now)


@dataclass(kw_only=True)
class _Looking:
    """The daemon's rounds, from one moment at which something is due to the next."""

    stage: Stage
    doors: Mapping[str, Door]
    asked: Asked
    purses: dict[str, Purse] = field(default_factory=dict)
    after: dict[str, datetime] = field(default_factory=dict)
    born: dict[PostKey, datetime] = field(default_factory=dict)

    def meet(self, found: Iterable[Sighting], now: datetime) -> None:
        """Posts that were discovered."""
        for line in found:
            platform = line.key.platform
            self.purses.setdefault(platform, self.doors.get(platform, Door()).purse)
            self.after.setdefault(platform, now)
            self.born[line.key] = (line.post.posted_at if line.post else None) or now
            self.asked.early[line.key] = 1

    def until(self, end: datetime, world: _World) -> Iterator[Page]:
        """Every round before `end`, in order."""
        while rounds := [(at, platform) for platform in self.purses if (at := self._next(platform)) and at < end]:
            at, platform = min(rounds)
            yield from self._round(platform, at, world)

    def _next(self, platform: str) -> datetime | None:
        due = self.stage.store.next_look(platform)
        return None if due is None else max(due, self.after[platform])

    def _round(self, platform: str, now: datetime, world: _World) -> Iterator[Page]:
        size = self.doors.get(platform, Door()).size
        keys, purse = again.chosen(self.stage.store, platform, self.purses[platform], size, now)
        self.purses[platform] = purse
        self.after[platform] = now + max(ROUND, timedelta(seconds=0 if keys else purse.every / 16))
        if not keys:
            return
        self.asked.requests += 1
        self.asked.looks += len(keys)
        for key in keys:
            self.asked.early[key] += now - self.born[key] <= EARLY
        yield from self.stage.see([world.answer(key, now) for key in keys], now)
