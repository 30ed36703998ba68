"""The fortnight's world: the same for the same seed, and with the crises and the traps it promises; and how its pages are counted."""

import itertools
from collections import Counter
from datetime import timedelta

import pytest

from benchmarks.fortnight import START, crises, sayings
from benchmarks.fortnight.doors import DOORS, Page, Watched
from benchmarks.fortnight.reckoning import at_night, reckon
from benchmarks.fortnight.world import DAYS, FieldPost, World, build
from monitor.model import Availability
from monitor.triage import story

A_DAY = 1_000
"""Hardly any everyday life: it is the same sentences over and over, and no test asks for it."""


@pytest.fixture(scope="module")
def world() -> World:
    return build(7, START, a_day=A_DAY)


def _told(world: World) -> list[tuple[object, ...]]:
    return [(post.post, post.kind, post.crisis, post.offsets.tolist(), post.gone_at) for post in world.posts]


def test_the_same_seed_gives_the_same_fortnight_and_another_seed_another(world: World) -> None:
    assert _told(world) == _told(build(7, START, a_day=A_DAY))
    assert _told(world) != _told(build(8, START, a_day=A_DAY))


def test_an_ordinary_fortnight_brings_as_many_posts_as_it_says() -> None:
    everyday = build(7, START).posts
    assert 4_600 < len(everyday) / DAYS < 5_200
    assert len({post.post.key for post in everyday}) == len(everyday)


def test_six_crises_break_out_and_two_of_them_within_one_hour(world: World) -> None:
    began = {kind: told[0].born for kind, told in world.crises.items()}
    assert set(began) == set(crises.KINDS)
    assert abs(began["kitchen"] - began["staff"]) <= timedelta(hours=1)
    apart = sorted(began[kind] for kind in began if kind != "staff")
    assert all(later.date() > early.date() for early, later in itertools.pairwise(apart))
    assert all(at - START > timedelta(days=1) for at in apart), "nobody is paged for a surge on a brand's first day"


def test_each_crisis_is_what_it_is_called(world: World) -> None:
    told = world.crises
    (red_line,) = told["red-line"]
    assert len(red_line.offsets) < 100
    slow = told["slow"][0]
    assert slow.reach(slow.born + timedelta(hours=4)) < 0.1 * len(slow.offsets)
    assert len(slow.offsets) >= 500
    assert len(told["many-small"]) >= 70
    assert max(len(post.offsets) for post in told["many-small"]) < 60
    assert told["note"][0].post.platform == "xiaohongshu"
    assert len(told["note"][0].offsets) >= 2_000


def test_what_only_looks_like_a_crisis_is_there_and_goes_far(world: World) -> None:
    farthest: Counter[str] = Counter()
    for post in world.posts:
        farthest[post.kind] = max(farthest[post.kind], len(post.offsets))
    for kind in ("lottery", "fans", "advert", "rival", "beside-rival", "sad", "joke", "happy"):
        assert farthest[kind] >= 500, kind


def test_sizes_are_heavy_tailed_and_mostly_nothing(world: World) -> None:
    sizes = sorted(len(post.offsets) for post in world.posts if post.kind in ("happy", "grumble", "neutral"))
    assert sizes[len(sizes) // 2] <= 3
    assert sizes[int(0.99 * len(sizes))] >= 60


def test_few_complaints_are_alike(world: World) -> None:
    told = [signed for post in world.posts if post.kind == "grumble" if (signed := story.signature(post.post.text))][
        :150
    ]
    alike = sum(story.similarity(a, b) >= story.SAME for at, a in enumerate(told) for b in told[:at])
    assert alike < 0.02 * len(told) ** 2 / 2
    assert sum(len(getattr(sayings.GRUMBLES, part)) for part in ("openings", "cores", "details", "endings")) > 50


def test_bought_reposts_bring_no_likes_and_a_deleted_post_is_gone(world: World) -> None:
    bot = next(post for post in world.posts if len(post.bought) > 50 and not post.gone_at)
    late = bot.born + timedelta(days=3)
    counts = bot.seen(late, whole=False).counts
    assert counts.reposts is not None
    assert counts.likes is not None
    assert counts.reposts.value == bot.reach(late) + len(bot.bought)
    assert counts.likes.value == int(bot.likes * bot.reach(late))
    gone = next(post for post in world.posts if post.gone_at)
    assert gone.gone_at is not None
    assert gone.seen(gone.gone_at, whole=False).availability is Availability.GONE


# ── doors ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_free_token_finds_only_what_addresses_the_brand_and_finds_it_late(world: World) -> None:
    import numpy as np

    free, search, push = DOORS
    weibo = [post for post in world.posts if post.post.platform == "weibo"][:2_000]

    def delays(door: object) -> list[float]:
        chance = np.random.default_rng(1)
        found = ((post, door.first_seen(post, world, chance)) for post in weibo)  # type: ignore[attr-defined]
        return [(at - post.born).total_seconds() for post, at in found if at is not None]

    assert len(delays(free)) < 0.2 * len(delays(search))
    assert max(delays(search)) <= 180
    assert 180 < max(delays(free)) <= 36 * 60
    assert sum(delays(push)) < sum(delays(search))


# ── what pages were worth ────────────────────────────────────────────────────────────────────────────────────────────


def _page(post: FieldPost, incident: int, **more: object) -> Page:
    at = post.born + timedelta(minutes=5)
    return Page(at=at, incident=incident, posts=[post.post.key], reasons=(), severity="orange")


def test_pages_are_counted_as_right_false_or_of_a_post_that_grew_by_itself(world: World) -> None:
    kitchen = world.crises["kitchen"][0]
    joke = next(post for post in world.posts if post.kind == "joke")
    watched = Watched(world=world, door=DOORS[2])
    watched.found = {post.post.key for post in world.posts if post.crisis in ("kitchen", "staff")}
    watched.pages = [_page(kitchen, 1), _page(joke, 2)]
    watched.messages = {1: 1, 2: 1}
    counted = reckon(watched)
    assert (counted.pages, counted.right, len(counted.false)) == (2, 1, 1)
    assert [one.kind for one in counted.missed] == ["staff"], "what was never collected was not missed"


def test_posts_of_two_crises_in_one_incident_are_strays(world: World) -> None:
    kitchen, staff = world.crises["kitchen"], world.crises["staff"]
    watched = Watched(world=world, door=DOORS[2])
    watched.incidents = {1: [post.post.key for post in (*kitchen[:5], *staff[:2])]}
    assert reckon(watched).strays == 2


def test_the_night_is_that_of_shanghai() -> None:
    assert at_night(START)
    assert not at_night(START + timedelta(hours=12))
