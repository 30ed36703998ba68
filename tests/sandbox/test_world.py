"""The sandbox's world: known beforehand, the same for the same seed, and with the traps it promises."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest

from monitor.sandbox.cascade import cascade
from monitor.sandbox.world import WORLDS, World, build
from monitor.triage import story

START = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def demo() -> World:
    return build("demo", 7, START)


@pytest.mark.parametrize("name", WORLDS)
def test_the_same_seed_gives_the_same_world_and_another_seed_another(name: str) -> None:
    assert build(name, 7, START).truth() == build(name, 7, START).truth()
    assert build(name, 7, START).truth() != build(name, 8, START).truth()


@pytest.mark.parametrize("name", WORLDS)
def test_ids_are_unique_and_weibo_ids_follow_time(name: str) -> None:
    posts = build(name, 3, START).posts
    assert len({(post.platform, post.native_id) for post in posts}) == len(posts)
    weibo = sorted((post for post in posts if post.platform == "weibo"), key=lambda post: int(post.native_id))
    assert all(len(post.native_id) == 16 for post in weibo)
    assert all(early.published_at <= late.published_at for early, late in pairwise(weibo))


@pytest.mark.parametrize("seed", range(5))
def test_the_demo_has_one_crisis_that_grows_large_after_the_team_could_have_known(seed: int) -> None:
    world = build("demo", seed, START)
    (crisis,) = [post for post in world.posts if post.is_crisis]
    assert timedelta(minutes=10) < crisis.published_at - START < timedelta(minutes=20)
    half_an_hour_in = crisis.counts(crisis.published_at + timedelta(minutes=25)).reposts
    assert 3_000 <= len(crisis.offsets) <= 6_500
    assert half_an_hour_in < 0.1 * len(crisis.offsets)


def test_the_demo_has_hundreds_of_harmless_posts_and_its_decoys(demo: World) -> None:
    kinds = [post.kind for post in demo.posts]
    assert kinds.count("happy") + kinds.count("neutral") >= 300
    sizes = {post.kind: len(post.offsets) for post in demo.posts}
    assert sizes["lottery"] > 2_000
    assert sizes["rival"] > 500
    assert sizes["viral-happy"] > 500
    assert sizes["anger-fades"] < 150
    assert {post.platform for post in demo.posts} == {"weibo", "xiaohongshu", "appstore"}


def test_the_copies_tell_the_story_of_the_crisis(demo: World) -> None:
    (crisis,) = [post for post in demo.posts if post.is_crisis]
    told = story.signature(crisis.text)
    assert told
    copies = [post for post in demo.posts if post.kind == "copy"]
    assert len(copies) > 5
    for copy in copies:
        again = story.signature(copy.text)
        assert copy.copy_of == crisis.native_id
        assert copy.repost_of == crisis.native_id or (again and story.similarity(told, again) >= story.SAME)


@pytest.mark.parametrize("name", ["backlog", "busy"])
def test_posts_made_in_numbers_are_each_a_story_of_their_own(name: str) -> None:
    texts = [post.text for post in build(name, 5, START).posts[:150]]
    signatures = [signature for text in texts if (signature := story.signature(text))]
    alike = [story.similarity(a, b) for number, a in enumerate(signatures) for b in signatures[:number]]
    assert max(alike) < story.SAME


def test_a_new_feed_finds_two_thousand_old_posts_of_which_one_viral_one_still_grows() -> None:
    world = build("backlog", 7, START)
    assert len(world.published("weibo", START)) == 2_000
    viral = [post for post in world.posts if len(post.offsets) >= 500]
    growing = [post for post in viral if len(post.offsets) > post.counts(START).reposts]
    assert len(viral) == 3
    assert [post.is_crisis for post in growing] == [True]


def test_only_what_is_published_and_not_taken_down_is_shown(demo: World) -> None:
    now = START + timedelta(hours=1)
    shown = demo.published("weibo", now)
    assert shown
    assert all(post.published_at <= now for post in shown)
    assert shown == sorted(shown, key=lambda post: post.published_at, reverse=True)
    late = next(post for post in demo.posts if post.published_at > now)
    assert late not in shown
    assert demo.find(late.platform, late.native_id) is late


def test_counts_never_fall_and_end_with_every_repost(demo: World) -> None:
    crisis = next(post for post in demo.posts if post.is_crisis)
    counts = [crisis.counts(START + timedelta(minutes=m)).reposts for m in range(0, 3_000, 60)]
    assert counts == sorted(counts)
    assert counts[0] == 0
    assert counts[-1] == len(crisis.offsets)


def test_a_cascade_slows_down_at_night() -> None:
    midnight, noon = (datetime(2026, 11, 2, hour, tzinfo=UTC).timestamp() for hour in (17, 4))
    first_hour = [
        np.mean(
            [(cascade(np.random.default_rng(seed), born, direct=200, branching=0.5) < 3600).sum() for seed in range(9)]
        )
        for born in (midnight + 7200, noon)
    ]
    assert first_hour[0] < first_hour[1]
