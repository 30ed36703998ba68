"""A door: when a post is first seen there, and how often its counts are read again. The daemon's own pipeline behind it, on a virtual clock."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

import numpy as np

from benchmarks.fortnight.sayings import AT_US, BRAND
from benchmarks.fortnight.world import FieldPost, World
from monitor import app, fittings
from monitor.config import Config, build
from monitor.looking import LOOK_EVERY
from monitor.model import Passage, PostKey, Reason, Sentiment, Sighting
from monitor.pipeline import again, judge, score
from monitor.pipeline.surges import Patrol
from monitor.pipeline.usual import Experience
from monitor.ports import Judgement
from monitor.scoring import about
from monitor.sentiment import load
from monitor.spread.revisit import Purse
from monitor.store import Store
from monitor.watch.query import Matcher

STEP = timedelta(seconds=LOOK_EVERY)
MINUTE, NOTES_EVERY, REVIEWS_EVERY = timedelta(minutes=1), timedelta(minutes=10), timedelta(minutes=30)
NOTES_SHOWN = 20
"""Notes that a feed of Xiaohongshu shows, with their likes: the only way to read those again."""

A_REQUEST = 100
"""Posts whose counts one request brings."""

PUSHED = 20.0
"""Seconds a vendor needs, in the mean."""

CONFIG = {
    "state": "state",
    "brand": [{"name": BRAND, "match": f"{BRAND} OR xinghe", "except": "抽奖 OR 招聘", "own": ["weibo:1700000001"]}],
}
"""The README's smallest file, and the brand's own account."""


UNPAID = Purse()


@dataclass(frozen=True, kw_only=True)
class Door:
    """`every` None: posts are pushed. `mentions`: only those that address the brand are found. `purse` pays for looks."""

    name: str
    every: timedelta | None
    mentions: bool = False
    purse: Purse = UNPAID

    def first_seen(self, post: FieldPost, world: World, chance: np.random.Generator) -> datetime | None:
        """When it finds a post; None: never."""
        if self.mentions and post.post.platform == "weibo" and AT_US not in post.post.text:
            return None
        every = {"xiaohongshu": NOTES_EVERY, "appstore": REVIEWS_EVERY}.get(post.post.platform, self.every)
        if every is None or (self.every is None and post.post.platform == "xiaohongshu"):
            at = post.born + timedelta(seconds=2 + float(chance.exponential(PUSHED)))
            every = STEP
        else:
            at = post.born
        polls = -((world.start - at) // every)
        found = world.start + polls * every
        return found if found < world.end and post.shown(found) else None


DOORS = (
    Door(name="free token", every=timedelta(minutes=36), mentions=True, purse=Purse.of(50, 86_400.0)),
    Door(name="contract search", every=timedelta(minutes=3)),
    Door(name="push", every=None),
)


@dataclass(frozen=True, kw_only=True)
class Page:
    """An incident's first page. `posts`: those it had then, the one shown first."""

    at: datetime
    incident: int
    posts: Sequence[PostKey]
    reasons: Sequence[Reason]
    severity: str


@dataclass(kw_only=True)
class Watched:
    """A world as one door saw it. `incidents`: the posts of each in the end; `messages`: how many a channel got for each."""

    world: World
    door: Door
    pages: list[Page] = field(default_factory=list)
    found: set[PostKey] = field(default_factory=set)
    incidents: dict[int, list[PostKey]] = field(default_factory=dict)
    messages: dict[int, int] = field(default_factory=dict)
    requests: int = 0
    looks: int = 0


def config() -> Config:
    """The shipped defaults, with one brand."""
    return build(CONFIG, Path("fortnight.toml"))


def watch(world: World, door: Door, *, seed: int) -> Watched:
    """The whole fortnight through one door."""
    store = Store.memory()
    try:
        house = _House(store, Watched(world=world, door=door))
        house.play(seed)
        return house.watched
    finally:
        store.close()


class _House:
    """The daemon's loops, one after another: observe, score, judge; the patrol each minute; looks as they are due."""

    def __init__(self, store: Store, watched: Watched) -> None:
        going_by = config()
        self.store, self.watched = store, watched
        self.matcher = Matcher(going_by.brands)
        self.rules = judge.Rules(
            forecaster=fittings.forecaster(),
            thresholds=going_by.thresholds,
            pages_at=going_by.page_at,
            receivers=("crisis",),
            brands=tuple(brand.name for brand in going_by.brands),
            surges=going_by.surge,
            redlines=fittings.red_lines(going_by),
        )
        self.about = about(going_by.brands)
        self.scorer = load(going_by.engine, going_by.scoring)
        self.patrol, self.usual = Patrol(crowds=store, rules=self.rules), Experience(store)
        self.purse, self.after = watched.door.purse, watched.world.start
        self.known = {post.post.key: post for post in watched.world.posts}
        self.notes: list[FieldPost] = []

    def play(self, seed: int) -> None:
        world, chance = self.watched.world, np.random.default_rng(seed)
        found = [(at, post) for post in world.posts if (at := self.watched.door.first_seen(post, world, chance))]
        found.sort(key=lambda one: one[0])
        place, now = 0, world.start
        while now < world.end:
            until = place
            while until < len(found) and found[until][0] <= now:
                until += 1
            new = [post for _, post in found[place:until]]
            place = until
            self._take([*self._discovered(new, now), *self._again(now), *self._liked(new, now)], now)
            if not (now - world.start) % MINUTE:
                self._paged(self.patrol.step(now), now)
            now += STEP
        for incident in {page.incident for page in self.watched.pages}:
            self.watched.incidents[incident] = self._posts(incident)
            told = self.store.notifications(incident)
            self.watched.messages[incident] = sum(row["kind"] == "root" for row in told)

    def _discovered(self, new: Sequence[FieldPost], now: datetime) -> Iterator[Sighting]:
        for post in new:
            yield post.seen(now, whole=True)

    def _again(self, now: datetime) -> list[Sighting]:
        """A request for the posts that are worth one."""
        due = self.store.next_look("weibo")
        if due is None or max(due, self.after) > now:
            return []
        keys, self.purse = again.chosen(self.store, "weibo", self.purse, A_REQUEST, now)
        self.after = now + max(STEP, timedelta(seconds=0 if keys else self.purse.every / 16))
        self.watched.requests += bool(keys)
        self.watched.looks += len(keys)
        return [self.known[key].seen(now, whole=False) for key in keys]

    def _liked(self, new: Sequence[FieldPost], now: datetime) -> list[Sighting]:
        """The newest notes are shown with their likes at every poll."""
        if (now - self.watched.world.start) % NOTES_EVERY:
            return []
        shown = [note for note in islice(reversed(self.notes), NOTES_SHOWN) if note not in new and note.shown(now)]
        return [note.seen(now, whole=False) for note in shown]

    def _take(self, looks: Sequence[Sighting], now: datetime) -> None:
        if not looks:
            return
        matches = {look.key: self.matcher.match(look.post) for look in looks if look.post is not None}
        ours = [look for look in looks if look.post is None or matches[look.key]]
        if not ours:
            return
        found = {key: match for key, match in matches.items() if match}
        self.watched.found |= found.keys()
        self.notes += [self.known[key] for key in found if key.platform == "xiaohongshu"]
        recorded = self.store.record("fortnight", ours, found, now=now)
        if recorded.mentions:
            while score.score(self.store, self._ask, self.about, limit=64, now=now):
                continue
        while True:
            sizes, others = self.usual.sizes(now), self.usual.others(now)
            done = judge.judge(self.store, self.rules, limit=app.JUDGE_AT_ONCE, now=now, sizes=sizes, others=others)
            self._paged(done, now)
            if len(done) < app.JUDGE_AT_ONCE:
                return

    def _ask(self, passages: Sequence[Passage]) -> list[Sentiment | None]:
        return list(self.scorer.score(passages))

    def _paged(self, done: Sequence[tuple[Judgement, int]], now: datetime) -> None:
        for judgement, incident in done:
            if judgement.pages and judgement.verdict.severity is not None:
                posts = [judgement.mention.post.key, *self._posts(incident)]
                self.watched.pages.append(
                    Page(
                        at=now,
                        incident=incident,
                        posts=list(dict.fromkeys(posts)),
                        reasons=judgement.verdict.reasons,
                        severity=judgement.verdict.severity.word,
                    )
                )

    def _posts(self, incident: int) -> list[PostKey]:
        return [mention.post.key for mention in self.store.incident_posts(incident)]
