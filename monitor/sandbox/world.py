"""A world with a past and a future: every post, and every repost of it, is known beforehand. The seed decides all."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from monitor.sandbox import drills, everywhere, texts
from monitor.sandbox.cascade import Moments, cascade

XHS_USER = "5e0000000000000000000001"
APP_ID, COUNTRY = "999000111", "cn"
WEIBO_UID = "1700000001"
"""The brand's own account on Weibo."""

WEIBO_EPOCH = 515_483_463
"""Weibo's ids hold the moment of publication: (unix s - this) in the bits from 22 on."""

NOBODY: Moments = np.zeros(0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Writer:
    """Who publishes."""

    id: str
    name: str
    followers: int
    verified: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class WorldCounts:
    """A post's true engagement at one moment."""

    reposts: int
    comments: int
    likes: int


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class WorldPost:
    """One post and its whole future. `offsets`: the seconds after publication of each repost, in order.

    `copy_of`: the native id of the post whose story this one tells. `comments` and `likes` are per repost. From `edited_at` on it
    says `edited_text`. `facts`: what one platform alone shows.
    """

    platform: str
    native_id: str
    kind: str
    writer: Writer
    text: str
    published_at: datetime
    title: str = ""
    offsets: Moments = field(default_factory=lambda: NOBODY)
    is_crisis: bool = False
    copy_of: str | None = None
    repost_of: str | None = None
    rating: int | None = None
    region: str | None = None
    gone_at: datetime | None = None
    edited_at: datetime | None = None
    edited_text: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    comments: float = 0.6
    likes: float = 3.0

    def counts(self, now: datetime) -> WorldCounts:
        """What it has gathered by now."""
        age = (now - self.published_at).total_seconds()
        reposts = int(np.searchsorted(self.offsets, age, "right"))
        return WorldCounts(reposts=reposts, comments=int(self.comments * reposts), likes=int(self.likes * reposts))

    def says(self, now: datetime) -> str:
        """Its text by now."""
        return self.edited_text if self.edited_at is not None and self.edited_at <= now else self.text

    def changed(self, now: datetime) -> datetime:
        """When it was last written."""
        return self.edited_at if self.edited_at is not None and self.edited_at <= now else self.published_at

    def has(self, words: Sequence[str]) -> bool:
        """Whether every word stands in its text or in its author's name."""
        return all(word in self.text or word in self.writer.name for word in words)

    def shown(self, now: datetime) -> bool:
        """Whether the platform shows it: published, and not taken down."""
        return self.published_at <= now and (self.gone_at is None or now < self.gone_at)

    def truth(self) -> dict[str, Any]:
        """What only the world knows."""
        return {
            "key": f"{self.platform}:{self.native_id}",
            "kind": self.kind,
            "is_crisis": self.is_crisis,
            "copy_of": None if self.copy_of is None else f"{self.platform}:{self.copy_of}",
            "text": self.text,
            "published_at": self.published_at.isoformat(),
            "final": len(self.offsets),
            "offsets": [round(float(offset), 1) for offset in self.offsets],
        }


class World:
    """All that happens, from `start` on and before it."""

    def __init__(self, start: datetime, posts: Sequence[WorldPost]) -> None:
        self.start = start
        self.posts = sorted(posts, key=lambda post: (post.published_at, post.native_id), reverse=True)
        self._by_key = {(post.platform, post.native_id): post for post in posts}
        self._shelves: dict[tuple[str, tuple[str, ...]], list[WorldPost]] = {}

    def published(self, platform: str, now: datetime, words: tuple[str, ...] = ()) -> list[WorldPost]:
        """What the platform shows now, newest first; of that only what has every word in its text or its author's name."""
        shelf = self._shelves.get((platform, words))
        if shelf is None:
            # Kept, for a world of twenty thousand posts is asked the same several times a second.
            shelf = [post for post in self.posts if post.platform == platform and post.has(words)]
            self._shelves[platform, words] = shelf
        return [post for post in shelf if post.shown(now)]

    def find(self, platform: str, native_id: str) -> WorldPost | None:
        """A post by its id, shown or not."""
        return self._by_key.get((platform, native_id))

    def shown_as(self, posts: Sequence[WorldPost], *, found: Sequence[WorldPost]) -> "World":
        """The same world as somebody shows it: these posts in this order, and by their ids those that are `found`."""
        shown = World(self.start, found)
        shown.posts = list(posts)
        return shown

    def truth(self) -> list[dict[str, Any]]:
        """Every post with its whole future, oldest first."""
        return [post.truth() for post in reversed(self.posts)]


class Hand:
    """Writes posts into a world."""

    def __init__(self, chance: np.random.Generator, start: datetime) -> None:
        self.chance, self.start = chance, start
        self.posts: list[WorldPost] = []

    def at(self, after: timedelta) -> datetime:
        return self.start + after

    def minutes(self, first: float, last: float) -> timedelta:
        return timedelta(minutes=float(self.chance.uniform(first, last)))

    def writer(self) -> Writer:
        followers = int(min(3e6, np.exp(self.chance.normal(6.5, 1.4))))
        name = f"{texts.pick(self.chance, texts.NAMES)}{self.chance.integers(10, 9999)}"
        return Writer(id=str(self.chance.integers(2_000_000_000, 7_900_000_000)), name=name, followers=followers)

    def noter(self) -> Writer:
        """Who publishes notes; an account there is named by 24 hexadecimal digits."""
        name = f"{texts.pick(self.chance, texts.NAMES)}{self.chance.integers(10, 9999)}"
        return Writer(id=f"5e{int(self.chance.integers(1 << 60)):022x}", name=name, followers=0)

    def weibo(self, kind: str, text: str, after: timedelta, offsets: Moments = NOBODY, **facts: Any) -> WorldPost:
        at = self.start + after
        number = ((int(at.timestamp()) - WEIBO_EPOCH) << 22) + int(self.chance.integers(1 << 22))
        return self.add("weibo", str(number), kind, text, at, offsets=offsets, **facts)

    def note(
        self, kind: str, title: str, text: str, after: timedelta, liked: Moments | None = None, **facts: Any
    ) -> WorldPost:
        at = self.start + after
        tail = "".join(f"{part:04x}" for part in self.chance.integers(0, 1 << 16, 4))
        writer = Writer(id=XHS_USER, name="喝茶的阿禾", followers=8_200)
        native_id = f"{int(at.timestamp()):08x}{tail}"
        if liked is None:
            liked = self.spread(after, direct=int(self.chance.integers(5, 60)), branching=0.3)
        facts = {"title": title, "writer": writer, "offsets": liked, "likes": 1.0, **facts}
        return self.add("xiaohongshu", native_id, kind, text, at, **facts)

    def review(
        self, rating: int, title: str, text: str, after: timedelta, country: str = COUNTRY, **facts: Any
    ) -> WorldPost:
        at = self.start + after
        kind = "grumble" if rating <= 2 else "happy"
        number = 10_000_000_000 + int(at.timestamp()) * 4 % 9_000_000_000 + int(self.chance.integers(4))
        native_id = f"{country}:{APP_ID}:{number}"
        return self.add("appstore", native_id, kind, text, at, title=title, rating=rating, **facts)

    def small(self, after: timedelta, most: int = 12) -> Moments:
        """A few reposts that come to nothing."""
        direct = min(most, int(self.chance.geometric(0.35)) - 1)
        return self.spread(after, direct=direct, branching=0.15)

    def spread(
        self, after: timedelta, *, direct: int, branching: float, kicks: Sequence[tuple[float, int]] = ()
    ) -> Moments:
        born = (self.start + after).timestamp()
        return cascade(self.chance, born, direct=direct, branching=branching, kicks=kicks)

    def add(self, platform: str, native_id: str, kind: str, text: str, at: datetime, **facts: Any) -> WorldPost:
        facts.setdefault("writer", self.writer())
        post = WorldPost(
            platform=platform,
            native_id=native_id,
            kind=kind,
            text=text,
            published_at=at.replace(microsecond=0),
            **facts,
        )
        self.posts.append(post)
        return post


def build(name: str, seed: int, start: datetime) -> World:
    """One of WORLDS, the same for the same seed and start."""
    hand = Hand(np.random.default_rng(seed), start.astimezone(UTC))
    _WORLDS[name](hand)
    return World(hand.start, hand.posts)


def _demo(hand: Hand) -> None:
    """A complaint catches fire among hundreds of harmless posts, decoys, copies, and a past with a cooled storm in it."""
    _crowd(hand)
    _decoys(hand)
    _past(hand)
    _elsewhere(hand)
    _crisis(hand)


def _crowd(hand: Hand) -> None:
    for line, kind, number in (
        (texts.one_of(texts.HAPPY), "happy", 190),
        (texts.one_of(texts.NEUTRAL), "neutral", 110),
        (texts.one_of(texts.GRUMBLE), "grumble", 24),
    ):
        for _ in range(number):
            after = hand.minutes(0, 118)
            hand.weibo(kind, line(hand.chance), after, hand.small(after))


def _decoys(hand: Hand) -> None:
    own = Writer(id=WEIBO_UID, name="星禾官方", followers=1_860_000, verified=True)
    after = hand.minutes(4, 8)
    lottery = hand.spread(after, direct=2_600, branching=0.3, kicks=((1_200, 900),))
    hand.weibo("lottery", texts.fill(hand.chance, texts.LOTTERY), after, lottery, writer=own)

    # The platform's search also finds an author by name: the post itself does not speak of us.
    fan = Writer(id="2955001117", name="星禾奶茶脑袋", followers=41_000)
    after = hand.minutes(10, 14)
    fury = hand.spread(after, direct=420, branching=0.6, kicks=((900, 500),))
    hand.weibo("rival", texts.fill(hand.chance, texts.RIVAL), after, fury, writer=fan)

    after = hand.minutes(25, 35)
    hand.weibo("rival-passing", texts.RIVAL_PASSING, after, hand.spread(after, direct=14, branching=0.3))

    after = hand.minutes(18, 30)
    warm = hand.spread(after, direct=300, branching=0.6, kicks=((600, 420),))
    hand.weibo("viral-happy", texts.fill(hand.chance, texts.VIRAL_HAPPY), after, warm)

    for first, direct in ((12, 26), (40, 38)):
        after = hand.minutes(first, first + 8)
        anger = texts.fill(hand.chance, texts.pick(hand.chance, texts.GRUMBLE)) + ",真的很生气,气得一晚上没睡着"
        hand.weibo("anger-fades", anger, after, hand.spread(after, direct=direct, branching=0.25))


def _past(hand: Hand) -> None:
    for _ in range(60):
        after = -hand.minutes(30, 3 * 24 * 60)
        line = texts.one_of(texts.GRUMBLE if hand.chance.random() < 0.3 else texts.HAPPY)
        hand.weibo("backlog", line(hand.chance), after, hand.small(after))
    after = -hand.minutes(2 * 24 * 60, 3 * 24 * 60)
    old = hand.spread(after, direct=240, branching=0.6)
    hand.weibo("old-storm", "星禾去年的杯子掉漆掉得厉害,嘴里都是漆渣,客服推来推去,投诉了也没用,太坑人了", after, old)


def _elsewhere(hand: Hand) -> None:
    for first in (-2_000, -700, -90, 12, 33, 61, 94):
        title, text = texts.NOTES[int(hand.chance.integers(len(texts.NOTES)))]
        bad = title.startswith("避雷")
        after = hand.minutes(first, first + 10)
        hand.note("grumble" if bad else "happy", texts.fill(hand.chance, title), texts.fill(hand.chance, text), after)
    for number in range(30):
        rating, title, text = texts.REVIEWS[int(hand.chance.integers(len(texts.REVIEWS)))]
        after = hand.minutes(-3_000, -10) if number < 22 else hand.minutes(5, 110)
        hand.review(rating, title, texts.fill(hand.chance, text), after)


def _crisis(hand: Hand) -> None:
    after = hand.minutes(14, 18)
    text = texts.fill(hand.chance, texts.pick(hand.chance, texts.CRISES))
    size = float(hand.chance.uniform(1.1, 1.7))
    # Of 598 real posts that came to 500 reposts half had 30 after 5 minutes, 100 after 20 and 300 after 155, a quarter 300
    # within 56. This is a fast one: the large accounts find it after three quarters of an hour.
    kicks = ((6 * 60, int(150 * size)), (48 * 60, int(900 * size)), (75 * 60, int(750 * size)))
    fire = hand.spread(after, direct=int(90 * size), branching=0.55, kicks=kicks)
    mother = Writer(id="3411020077", name="豆豆妈妈在路上", followers=1_204)
    crisis = hand.weibo("crisis", text, after, fire, writer=mother, is_crisis=True, region="浙江")
    for template, late in zip(texts.COPIES, (12, 22, 34, 47, 70), strict=True):
        then = after + hand.minutes(late, late + 4)
        spread = hand.spread(then, direct=int(hand.chance.integers(3, 40)), branching=0.3)
        hand.weibo("copy", template.format(text=text), then, spread, copy_of=crisis.native_id)
    for comment, late in zip(texts.COMMENTS, (8, 17, 30, 52), strict=True):
        then = after + hand.minutes(late, late + 4)
        origin = crisis.native_id
        hand.weibo("copy", comment, then, hand.small(then), copy_of=origin, repost_of=origin)


_WORLDS: dict[str, Callable[[Hand], None]] = {
    "demo": _demo,
    "everywhere": everywhere.fill,
    "backlog": drills.backlog,
    "busy": drills.busy,
    "hurry": drills.hurry,
    "day": drills.day,
}
WORLDS = tuple(_WORLDS)
