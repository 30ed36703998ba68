"""A fortnight around one brand, known beforehand: 4,800 posts a day, six crises of the brand, and what only looks like one.

Sizes are heavy-tailed, about one post in n comes to n reposts; nights are quiet; big accounts pass old posts on; some reposts are
bought; some posts are deleted. The seed decides all.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import exp, log
from typing import Any

import numpy as np

from benchmarks.fortnight import crises, sayings
from benchmarks.fortnight.sayings import AT_US, Parts, fill, pick
from monitor.model import Author, Availability, Count, Counts, Post, PostKey, Sighting
from monitor.sandbox.cascade import DAY, Moments, active, cascade, walled
from monitor.sandbox.world import NOBODY, WEIBO_UID

DAYS, A_DAY = 14, 4_800
WEEK = 7.0 * DAY

DAILY: Mapping[str, tuple[Parts, int]] = {
    "happy": (sayings.HAPPY, 170),
    "neutral": (sayings.NEUTRAL, 100),
    "joke": (sayings.JOKES, 30),
    "sad": (sayings.SAD, 15),
    "advert": (sayings.ADVERTS, 35),
    "lottery": (sayings.LOTTERIES, 25),
    "fans": (sayings.FANS, 25),
    "beside-rival": (sayings.BESIDE_RIVAL, 2),
    "news": (sayings.NEWS, 4),
    "grumble": (sayings.GRUMBLES, 40),
}
"""What names the brand on an ordinary day, and how much of it. The rest of the day's posts are everyday life."""

NOTES, BAD_NOTES, REVIEWS = 25, 0.1, 20
BAD = frozenset({"grumble"})
"""Kinds that are bad for the brand without being a crisis of ours: one that grows large is worth a page."""

FOLLOWERS = ((0.70, log(800), 1.6), (0.95, log(6e4), 1.2), (1.0, log(1.5e6), 1.0))
"""Seven of ten authors are small, one of twenty is large: ln followers, by where the draw lies."""

NONE, MOST_DIRECT = 0.7, 3_000.0
"""P(somebody reposts it at all), and how many repost the post itself at most."""

KICKED, BOUGHT, DELETED, HUSHED = 0.06, 0.03, 0.03, 0.15
"""Shares of posts that a big account passes on later, that are pushed by bought reposts, that are deleted; and of those that are bad
and loud."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class FieldPost:
    """A post and its whole future. `offsets`: seconds after publication of what counts as reach there (reposts; likes on Xiaohongshu);
    `bought`: of reposts nobody meant, which bring no comment and no like. `crisis`: which one it tells of; "" none."""

    post: Post
    born: datetime
    kind: str
    crisis: str = ""
    offsets: Moments = field(default_factory=lambda: NOBODY)
    bought: Moments = field(default_factory=lambda: NOBODY)
    comments: float = 0.6
    likes: float = 3.0
    gone_at: datetime | None = None

    @property
    def bad(self) -> bool:
        """Whether it hurts the brand if many read it."""
        return bool(self.crisis) or self.kind in BAD

    def reach(self, now: datetime) -> int:
        """What people gave it by now."""
        return int(np.searchsorted(self.offsets, (now - self.born).total_seconds(), "right"))

    def reached(self, count: int) -> datetime | None:
        """When it came to so much; None: never."""
        return self.born + timedelta(seconds=float(self.offsets[count - 1])) if len(self.offsets) >= count else None

    def shown(self, now: datetime) -> bool:
        return self.born <= now and (self.gone_at is None or now < self.gone_at)

    def seen(self, now: datetime, *, whole: bool) -> Sighting:
        """What a look shows. `whole`: with the post itself."""
        post = self.post if whole else None
        if not self.shown(now):
            return Sighting(key=self.post.key, seen_at=now, availability=Availability.GONE, post=post)
        return Sighting(key=self.post.key, seen_at=now, counts=self._counts(now), post=post)

    def _counts(self, now: datetime) -> Counts:
        reach = self.reach(now)
        if self.post.platform == "appstore":
            return Counts()
        if self.post.platform == "xiaohongshu":
            return Counts(likes=Count(reach), comments=Count(int(0.2 * reach)))
        bought = int(np.searchsorted(self.bought, (now - self.born).total_seconds(), "right"))
        return Counts(
            reposts=Count(reach + bought),
            comments=Count(int(self.comments * reach)),
            likes=Count(int(self.likes * reach)),
        )


@dataclass(frozen=True, kw_only=True)
class World:
    """Every post, oldest first. `crises`: each by its kind, with the post it began with first."""

    start: datetime
    posts: Sequence[FieldPost]

    @property
    def end(self) -> datetime:
        return self.start + timedelta(days=DAYS)

    @property
    def crises(self) -> dict[str, list[FieldPost]]:
        told: dict[str, list[FieldPost]] = {kind: [] for kind in crises.KINDS}
        for post in self.posts:
            if post.crisis:
                told[post.crisis].append(post)
        return told


def build(seed: int, start: datetime, *, a_day: int = A_DAY) -> World:
    """The world of a seed. `start`: a midnight in Shanghai. `a_day`: posts on an ordinary day, those about the brand at least."""
    hand = _Hand(np.random.default_rng(seed), start)
    _everyday(hand, a_day)
    _loud(hand)
    _crises(hand)
    return World(start=start, posts=sorted(hand.posts, key=lambda post: (post.born, post.post.native_id)))


class _Hand:
    """Writes posts into a world. Moments are hours after its start."""

    def __init__(self, chance: np.random.Generator, start: datetime) -> None:
        self.chance, self.start = chance, start
        self.posts: list[FieldPost] = []

    def moments(self, first: float, last: float, number: int) -> list[float]:
        """So many hours between two, as people are awake."""
        at = self.start.timestamp()
        begins, ends = (active(at + 3600 * hour) for hour in (first, last))
        wall = walled(self.chance.uniform(begins, ends, number))
        return [float(hour) for hour in (wall - at) / 3600]

    def between(self, first: float, last: float) -> float:
        return float(self.chance.uniform(first, last))

    def spread(
        self, at: float, *, direct: float, branching: float, kicks: Sequence[tuple[float, float]] = ()
    ) -> Moments:
        """`kicks`: hours after publication, and how many repost because of it."""
        return cascade(
            self.chance,
            self.start.timestamp() + 3600 * at,
            direct=int(direct),
            branching=branching,
            kicks=[(3600 * later, int(more)) for later, more in kicks],
            lasts=WEEK,
        )

    def ordinary(self, at: float) -> Moments:
        """How far a post goes that nobody planned."""
        direct = int(min(MOST_DIRECT, NONE / max(self.chance.random(), 1e-9)))
        kicks = []
        if self.chance.random() < KICKED:
            kicks.append((exp(self.between(log(2), log(36))), min(MOST_DIRECT, 3 / max(self.chance.random(), 1e-9))))
        if not direct and not kicks:
            return NOBODY
        branching = float(np.clip(self.chance.normal(0.3, 0.12), 0.05, 0.8))
        return self.spread(at, direct=direct, branching=branching, kicks=kicks)

    def weibo(self, kind: str, text: str, at: float, offsets: Moments | None = None, **facts: Any) -> FieldPost:
        offsets = self.ordinary(at) if offsets is None else offsets
        bought = NOBODY
        crisis = str(facts.get("crisis", ""))
        if self.chance.random() < BOUGHT and not crisis:
            begins, number = self.between(0, 3 * 3600), int(self.chance.integers(50, 400))
            bought = begins + np.sort(self.chance.uniform(0, self.between(240, 900), number))
        gone = None
        loud = len(offsets) > 300 and kind in BAD
        if self.chance.random() < (HUSHED if loud else DELETED) and not crisis:
            gone = (offsets[299] / 3600 if loud else 0.0) + float(self.chance.exponential(8))
        return self._add("weibo", kind, text, at, offsets=offsets, bought=bought, gone=gone, **facts)

    def _add(
        self,
        platform: str,
        kind: str,
        text: str,
        at: float,
        *,
        title: str = "",
        offsets: Moments = NOBODY,
        bought: Moments = NOBODY,
        gone: float | None = None,
        crisis: str = "",
        repost_of: PostKey | None = None,
        author: Author | None = None,
        rating: int | None = None,
    ) -> FieldPost:
        born = (self.start + timedelta(hours=at)).replace(microsecond=0)
        number = 5_300_000_000_000_000 + len(self.posts)
        post = Post(
            platform=platform,
            native_id=str(number),
            text=text,
            title=title,
            posted_at=born,
            author=author or self._author(),
            repost_of=None if repost_of is None else repost_of.native_id,
            rating=rating,
        )
        made = FieldPost(
            post=post,
            born=born,
            kind=kind,
            crisis=crisis,
            offsets=offsets,
            bought=bought,
            comments=0.6 * exp(0.7 * float(self.chance.normal())),
            likes=3.0 * exp(0.9 * float(self.chance.normal())),
            gone_at=None if gone is None else born + timedelta(hours=gone),
        )
        self.posts.append(made)
        return made

    def note(self, kind: str, title: str, text: str, at: float, likes: Moments | None = None, crisis: str = "") -> None:
        if likes is None:
            likes = self.spread(at, direct=min(4e3, 3 / max(self.chance.random(), 1e-9)), branching=0.3)
        self._add("xiaohongshu", kind, text, at, title=title, offsets=likes, crisis=crisis)

    def review(self, rating: int, title: str, text: str, at: float) -> None:
        self._add("appstore", "review", text, at, title=title, rating=rating)

    def _author(self) -> Author:
        kind = self.chance.random()
        mean, spread = next((mean, spread) for below, mean, spread in FOLLOWERS if kind < below)
        followers = int(min(5e7, exp(self.chance.normal(mean, spread))))
        name = f"{pick(self.chance, sayings.NAMES)}{self.chance.integers(10, 9999)}"
        return Author(id=str(self.chance.integers(2_000_000_000, 7_900_000_000)), name=name, followers=followers)


def _everyday(hand: _Hand, a_day: int) -> None:
    ours = sum(number for _, number in DAILY.values()) + NOTES + REVIEWS
    for day in range(DAYS):
        first, last = 24.0 * day, 24.0 * (day + 1)
        for kind, (parts, number) in DAILY.items():
            for at in hand.moments(first, last, int(hand.chance.poisson(number))):
                hand.weibo(kind, parts.write(hand.chance), at)
        for at in hand.moments(first, last, max(0, a_day - ours)):
            hand.weibo("everyday", sayings.EVERYDAY.write(hand.chance), at, NOBODY)
        for at in hand.moments(first, last, int(hand.chance.poisson(NOTES))):
            _note(hand, at)
        for at in hand.moments(first, last, int(hand.chance.poisson(REVIEWS))):
            _review(hand, at)


def _note(hand: _Hand, at: float) -> None:
    bad = hand.chance.random() < BAD_NOTES
    titles = sayings.NOTE_TITLES_BAD if bad else sayings.NOTE_TITLES_GOOD
    parts = sayings.GRUMBLES if bad else sayings.HAPPY
    title = fill(hand.chance, pick(hand.chance, titles))
    hand.note("grumble" if bad else "happy", title, parts.write(hand.chance), at)


def _review(hand: _Hand, at: float) -> None:
    rating, title, text = sayings.REVIEWS[int(hand.chance.integers(len(sayings.REVIEWS)))]
    hand.review(rating, title, fill(hand.chance, text), at)


# ── loud, and no crisis of ours ──────────────────────────────────────────────────────────────────────────────────────


def _loud(hand: _Hand) -> None:
    own = Author(id=WEIBO_UID, name="星禾官方", followers=1_860_000, verified=True)
    for at in _some(hand, 3):
        _shout(hand, "lottery", sayings.LOTTERIES, at, 2_600, author=own)
    for kind, parts, number, direct in (
        ("lottery", sayings.LOTTERIES, 2, 1_500),
        ("joke", sayings.JOKES, 4, 700),
        ("sad", sayings.SAD, 3, 500),
        ("happy", sayings.HAPPY, 3, 500),
        ("advert", sayings.ADVERTS, 2, 400),
        ("news", sayings.NEWS, 2, 300),
    ):
        for at in _some(hand, number):
            _shout(hand, kind, parts, at, direct)
    for at in _some(hand, 2):
        _storm(hand, at, "fans", sayings.FANS, posts=160, hours=5, loud=3)
    (at,) = _some(hand, 1)
    _storm(hand, at, "rival", sayings.RIVAL_CRISIS, posts=320, hours=30, loud=4)
    _storm(hand, at + 1, "beside-rival", sayings.BESIDE_RIVAL, posts=40, hours=20, loud=2)


def _some(hand: _Hand, number: int) -> list[float]:
    return hand.moments(20, 24 * (DAYS - 1), number)


def _shout(hand: _Hand, kind: str, parts: Parts, at: float, direct: float, author: Author | None = None) -> None:
    kick = (hand.between(0.3, 6), direct * hand.between(0.2, 0.8))
    far = hand.spread(at, direct=direct * hand.between(0.6, 1.8), branching=0.5, kicks=[kick])
    hand.weibo(kind, parts.write(hand.chance), at, far, author=author)


def _storm(hand: _Hand, at: float, kind: str, parts: Parts, *, posts: int, hours: float, loud: int) -> None:
    """Many post about one thing, most of them early, and a few are heard far."""
    for number in range(posts):
        later = at + hours * float(hand.chance.beta(1.2, 3))
        if number < loud:
            _shout(hand, kind, parts, later, 900)
        else:
            hand.weibo(kind, parts.write(hand.chance), later)


# ── the six crises ───────────────────────────────────────────────────────────────────────────────────────────────────


def _crises(hand: _Hand) -> None:
    days = hand.chance.permutation(np.arange(2, DAYS - 2))
    hours = {
        "kitchen": 24 * days[0] + hand.between(9, 19),
        "slow": 24 * days[1] + hand.between(8, 22),
        "red-line": 24 * days[2] + hand.between(0, 24),
        "many-small": 24 * days[3] + hand.between(10, 20),
        "note": 24 * days[4] + hand.between(10, 24),
    }
    hours["staff"] = hours["kitchen"] + hand.between(0.2, 0.8)
    for kind, happens in _HAPPENS.items():
        scenario = pick_scenario(hand, crises.KINDS[kind])
        facts = {name: pick(hand.chance, sayings.SLOTS[name]) for name in ("city", "shop", "drink", "num")}
        happens(hand, float(hours[kind]), scenario, facts)


def pick_scenario(hand: _Hand, among: Sequence[crises.Scenario]) -> crises.Scenario:
    return among[int(hand.chance.integers(len(among)))]


Facts = Mapping[str, str]


def _began(hand: _Hand, scenario: crises.Scenario, facts: Facts) -> str:
    return fill(hand.chance, pick(hand.chance, scenario.began), facts)


def _follow(
    hand: _Hand, crisis: str, at: float, scenario: crises.Scenario, facts: Facts, first: FieldPost | None, *,
    tellings: int, copies: int, reposts: int, shouts: int, hours: float,
) -> None:  # fmt: skip
    """What others make of it within so many hours."""

    def later() -> float:
        return at + 0.1 + hours * float(hand.chance.beta(1.2, 3))

    for _ in range(tellings):
        text = fill(hand.chance, pick(hand.chance, scenario.tellings), facts)
        opening = pick(hand.chance, sayings.GRUMBLES.openings)
        text = f"{fill(hand.chance, opening)},{text}" if opening else text
        hand.weibo("telling", text + pick(hand.chance, _ENDS), later(), crisis=crisis)
    for _ in range(shouts):
        hand.weibo("shout", pick(hand.chance, scenario.shouts) + pick(hand.chance, _ENDS), later(), crisis=crisis)
    if first is None:
        return
    for _ in range(copies):
        text = pick(hand.chance, crises.COPIES).format(text=first.post.text)
        hand.weibo("copy", text, later(), crisis=crisis)
    for _ in range(reposts):
        hand.weibo(
            "repost", pick(hand.chance, crises.REPOSTS), later(), NOBODY, crisis=crisis, repost_of=first.post.key
        )


_ENDS = ("", "", "", "!", "!!", f" {AT_US}", "[怒]", " #星禾#", "[吐]", "。。。", " 扩散")


def _kitchen(hand: _Hand, at: float, scenario: crises.Scenario, facts: Facts) -> None:
    size = hand.between(0.7, 1.8)
    kicks = [(hand.between(0.2, 0.6), 150 * size), (hand.between(1, 2), 700 * size), (hand.between(3, 7), 600 * size)]
    far = hand.spread(at, direct=70 * size, branching=0.55, kicks=kicks)
    first = hand.weibo("crisis", _began(hand, scenario, facts), at, far, crisis="kitchen")
    _follow(hand, "kitchen", at, scenario, facts, first, tellings=28, copies=10, reposts=30, shouts=14, hours=14)


def _staff(hand: _Hand, at: float, scenario: crises.Scenario, facts: Facts) -> None:
    size = hand.between(0.7, 1.8)
    kicks = [(hand.between(0.3, 1), 120 * size), (hand.between(2, 4), 400 * size)]
    far = hand.spread(at, direct=60 * size, branching=0.5, kicks=kicks)
    first = hand.weibo("crisis", _began(hand, scenario, facts), at, far, crisis="staff")
    _follow(hand, "staff", at, scenario, facts, first, tellings=20, copies=6, reposts=20, shouts=10, hours=12)


def _slow(hand: _Hand, at: float, scenario: crises.Scenario, facts: Facts) -> None:
    """Hardly anybody for hours; bigger and bigger accounts over two days."""
    size = hand.between(0.8, 1.6)
    kicks = [(8.0, 40 * size), (20, 150 * size), (30, 300 * size), (44, 350 * size)]
    kicks = [(later * hand.between(0.85, 1.15), more) for later, more in kicks]
    far = hand.spread(at, direct=10 * size, branching=0.45, kicks=kicks)
    first = hand.weibo("crisis", _began(hand, scenario, facts), at, far, crisis="slow")
    _follow(hand, "slow", at, scenario, facts, first, tellings=14, copies=3, reposts=12, shouts=4, hours=56)


def _red_line(hand: _Hand, at: float, scenario: crises.Scenario, facts: Facts) -> None:
    far = hand.spread(at, direct=hand.between(2, 12), branching=0.2)
    hand.weibo("crisis", _began(hand, scenario, facts), at, far, crisis="red-line")


def _many_small(hand: _Hand, at: float, scenario: crises.Scenario, facts: Facts) -> None:
    """Nobody is heard far; it happened everywhere at once, so places and drinks differ."""
    del facts
    posts = int(hand.chance.integers(70, 130))
    for later in hand.chance.beta(1.3, 2.5, posts):
        then = at + 3.5 * float(later)
        opening = pick(hand.chance, sayings.GRUMBLES.openings)
        text = fill(hand.chance, f"{opening},{pick(hand.chance, scenario.tellings)}".lstrip(","))
        small = hand.spread(then, direct=min(8, int(hand.chance.geometric(0.5)) - 1), branching=0.15)
        hand.weibo("small", text + pick(hand.chance, _ENDS), then, small, crisis="many-small")


def _note_crisis(hand: _Hand, at: float, scenario: crises.Scenario, facts: Facts) -> None:
    size = hand.between(0.8, 1.6)
    kicks = [(hand.between(1, 2), 900 * size), (hand.between(4, 6), 1_400 * size)]
    likes = hand.spread(at, direct=400 * size, branching=0.5, kicks=kicks)
    title = fill(hand.chance, scenario.title, facts)
    hand.note("crisis", title, _began(hand, scenario, facts), at, likes, crisis="note")
    _follow(hand, "note", at + 2, scenario, facts, None, tellings=8, copies=0, reposts=0, shouts=0, hours=20)


_HAPPENS: Mapping[str, Callable[[_Hand, float, crises.Scenario, Facts], None]] = {
    "kitchen": _kitchen,
    "staff": _staff,
    "slow": _slow,
    "red-line": _red_line,
    "many-small": _many_small,
    "note": _note_crisis,
}
