"""What observing writes down: posts, looks, mentions, cursors, budgets."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from monitor.errors import Failure
from monitor.model import Author, Availability, Count, Counts, Match, PostKey, Precision, Sighting, Words
from monitor.ports import OpsNote, Recorded
from monitor.spread.revisit import AHEAD
from monitor.store import Store, schema
from tests.builders import NOON, a_post, a_sentiment
from tests.store.seen import (
    CRISIS,
    RIVAL,
    SENT,
    SETTLE,
    US,
    Breaks,
    a_scored_mention,
    a_whole_post,
    after,
    counted,
    operators_hear,
    pages,
    record,
    refreshes,
    rows,
    saw,
    score_all,
)

KEY = PostKey("weibo", "5340")
MIDNIGHT = NOON - timedelta(hours=12)
"""In Shanghai."""


# ── posts and mentions ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_post_is_one_post_however_often_and_wherever_it_is_seen(store: Store) -> None:
    assert record(store, saw(), feed="search") == Recorded(posts=1, mentions=1, sightings=1, ages=(0.0,))
    assert record(store, saw(at=after(60)), feed="mentions") == Recorded(posts=0, mentions=0, sightings=1)
    assert (store.totals()["posts"], store.totals()["mentions"], store.totals()["sightings"]) == (1, 1, 2)


def test_the_same_id_on_another_platform_is_another_post(store: Store) -> None:
    other = replace(saw(platform="appstore"), key=PostKey("appstore", "5340"))
    assert record(store, saw(), other).posts == 2


def test_one_post_may_concern_several_brands_each_is_judged_for_itself(store: Store) -> None:
    assert record(store, saw(), brands=[US, RIVAL]) == Recorded(posts=1, mentions=2, sightings=1, ages=(0.0,))
    score_all(store)
    assert {mention.brand for mention in store.news(10)} == {US, RIVAL}


def test_a_brand_named_twice_is_one_mention(store: Store) -> None:
    store.record("search", [saw()], {KEY: [Match(US, 0.5, "a"), Match(US, 1.0, "b")]}, now=NOON)
    assert store.totals()["mentions"] == 1


def test_a_known_post_that_is_found_for_another_brand_gets_a_mention_more(store: Store) -> None:
    record(store, saw())
    assert record(store, saw(at=after(60)), brands=[US, RIVAL]).mentions == 1


def test_everything_a_post_says_comes_back(store: Store) -> None:
    said = a_whole_post()
    record(store, replace(saw(), post=said))
    score_all(store)
    read = store.news(1)[0].post
    assert replace(read, author=replace(read.author, id=said.author.id)) == said


def test_silence_takes_nothing_back(store: Store) -> None:
    record(store, replace(saw(), post=a_whole_post()))
    record(store, replace(saw(at=after(60)), post=a_post(text="", posted_at=None)))
    score_all(store)
    read = store.news(1)[0].post
    assert (read.text, read.title, read.author.followers, read.posted_at) == (
        "星禾的奶茶里喝出虫子",
        "一杯奶茶",
        1204,
        NOON,
    )


@pytest.mark.parametrize(
    ("first", "later", "stays"),
    [
        (NOON, NOON - timedelta(minutes=40), NOON),  # "3 minutes ago", then "1 hour ago"
        (MIDNIGHT, NOON - timedelta(hours=2), NOON - timedelta(hours=2)),  # a day, then its hour
        (NOON + timedelta(days=3), NOON, NOON),  # a clock that was wrong
        (None, NOON, NOON),
    ],
)
def test_the_first_time_that_is_told_stays_where_it_can_be_true(
    store: Store, first: datetime | None, later: datetime, stays: datetime
) -> None:
    record(store, saw(at=after(60), posted_at=first))
    record(store, saw(at=after(120), posted_at=later))
    score_all(store)
    assert store.news(1)[0].post.posted_at == stays


def test_a_preview_of_a_long_text_does_not_cut_the_known_one_short(store: Store) -> None:
    whole = "星禾的奶茶里喝出虫子,店员说这很正常,然后把我赶了出来"
    record(store, saw(text=whole))
    score_all(store)
    record(store, saw(at=after(60), text=whole[:12] + "...全文"))
    assert store.unscored(10) == []
    assert store.news(1)[0].post.text == whole


def test_a_text_that_changed_waits_for_the_scorer_again(store: Store) -> None:
    mention = a_scored_mention(store)
    record(store, saw(at=after(60), text="更新:星禾把我打了", edited_at=after(50)))
    assert store.news(10) == []
    [waiting] = store.unscored(10)
    assert (waiting.mention_id, waiting.text) == (mention.id, "更新:星禾把我打了")


def test_a_text_the_database_cannot_hold_costs_only_what_it_cannot_hold(store: Store) -> None:
    record(store, saw(text="坏\x00掉\ud800的" + "长" * 9_000, title="t" * 9_000))
    score_all(store)
    post = store.news(1)[0].post
    assert post.text.startswith("坏掉?的长长")
    assert len(post.text) < 5_001
    assert len(post.title) == 2_000


def test_numbers_beyond_all_measure_are_kept_as_the_largest(store: Store) -> None:
    record(store, saw(reposts=10**30, author=Author(id="1", followers=10**30)))
    score_all(store)
    mention = store.news(1)[0]
    assert mention.post.author.followers == 2**63 - 1
    assert mention.looks[0].counts.reposts == Count(2**63 - 1)


def test_an_author_is_known_again_but_not_who_it_is(store: Store) -> None:
    record(store, saw("1"), saw("2"), saw("3", author=Author(id="1700000002")))
    score_all(store)
    first, second, other = (mention.post.author.id for mention in sorted(store.news(3), key=lambda m: m.id))
    assert first is not None
    assert "1700000001" not in first
    assert first == second
    assert other != first


def test_the_same_author_under_another_key_is_somebody_else() -> None:
    ids = set()
    for key in (b"one", b"two"):
        with_key = Store.memory(hash_key=key)
        ids.add(a_scored_mention(with_key).post.author.id)
        with_key.close()
    assert len(ids) == 2


# ── looks ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_look_keeps_how_far_each_count_may_be_trusted(store: Store) -> None:
    counts = Counts(
        reposts=Count(1732),
        comments=Count(12_000, Precision.ROUNDED),
        likes=Count(100_000, Precision.LOWER_BOUND),
        views=Count(0),
    )
    record(store, replace(saw(), counts=counts))
    score_all(store)
    assert store.news(1)[0].looks[0].counts == counts


def test_a_count_that_was_not_shown_is_unknown_and_not_zero(store: Store) -> None:
    record(store, saw(reposts=None))
    score_all(store)
    assert store.news(1)[0].looks[0].counts == Counts()


def test_counts_alone_count_for_a_known_post_and_are_nothing_for_an_unknown_one(store: Store) -> None:
    record(store, saw())
    assert record(store, counted(at=after(60), reposts=Count(9)), walk_done=False) == Recorded(sightings=1)
    assert record(store, counted("9999", at=after(60), reposts=Count(9)), walk_done=False) == Recorded()
    assert store.totals()["posts"] == 1


def test_looks_come_in_the_order_of_time_however_they_were_written(store: Store) -> None:
    record(store, saw(at=after(600), reposts=60))
    record(store, counted(at=after(60), reposts=Count(3)), counted(at=after(300), reposts=Count(20)))
    score_all(store)
    looks = store.news(1)[0].looks
    assert [look.counts.reposts for look in looks] == [Count(3), Count(20), Count(60)]
    assert [look.age for look in looks] == [60, 300, 600]


def test_the_same_look_twice_is_one(store: Store) -> None:
    record(store, saw(at=after(60)))
    again = record(store, saw(at=after(60)), counted(at=after(60), reposts=Count(4)))
    assert again.sightings == 0
    assert store.totals()["sightings"] == 1


def test_a_look_that_saw_no_change_is_kept_for_calm_is_known_by_it(store: Store) -> None:
    record(store, saw())
    assert record(store, counted(at=after(60), reposts=Count(3))).sightings == 1


def test_a_look_between_two_readings_is_not_missed_by_the_looks_kept_in_memory(store: Store) -> None:
    mention = a_scored_mention(store, at=after(600))
    assert len(mention.looks) == 1
    record(store, counted(at=after(60), reposts=Count(1)))
    record(store, counted(at=after(900), reposts=Count(90)))
    assert [look.age for look in store.news(1)[0].looks] == [60, 600, 900]


def test_a_look_that_comes_late_does_not_turn_back_what_is_known(store: Store) -> None:
    a_scored_mention(store)
    record(store, Sighting(key=KEY, seen_at=after(600), availability=Availability.GONE))
    record(store, counted(at=after(60), reposts=Count(4)))
    [post] = rows(store, schema.post)
    assert (post["availability"], post["last_seen"] - post["first_seen"]) == ("gone", 600_000)


def test_every_look_is_news_until_it_was_judged(store: Store) -> None:
    assert a_scored_mention(store).news == 1
    record(store, counted(at=after(60), reposts=Count(4)), counted(at=after(90), reposts=Count(5)))
    assert store.news(1)[0].news == 3


def test_looks_kept_in_memory_grow_old_too(store: Store) -> None:
    assert len(a_scored_mention(store).looks) == 1
    record(store, counted(at=after(days=8), reposts=Count(10)))
    assert [look.age for look in store.news(1)[0].looks] == [8 * 86_400]


def test_at_most_a_week_of_looks_comes_with_a_mention(store: Store) -> None:
    record(store, saw(at=after(0)), counted(at=after(days=6), reposts=Count(9)))
    record(store, counted(at=after(days=8), reposts=Count(10)))
    score_all(store)
    assert [look.age for look in store.news(1)[0].looks] == [6 * 86_400, 8 * 86_400]


def test_a_post_that_is_gone_says_so_in_its_looks(store: Store) -> None:
    a_scored_mention(store)
    record(store, Sighting(key=KEY, seen_at=after(60), availability=Availability.GONE))
    assert [look.availability for look in store.news(1)[0].looks] == [Availability.VISIBLE, Availability.GONE]


def test_a_post_without_a_date_was_born_when_it_was_first_seen(store: Store) -> None:
    record(store, saw(at=after(60), posted_at=None))
    record(store, counted(at=after(90), reposts=Count(5)))
    score_all(store)
    mention = store.news(1)[0]
    assert mention.born == mention.first_seen == after(60)
    assert [look.age for look in mention.looks] == [0, 30]


# ── background, feeds ───────────────────────────────────────────────────────────────────────────────────────────────


def test_what_a_backlog_brought_stays_background(store: Store) -> None:
    record(store, saw("1"), background=True)
    record(store, saw("1", at=after(60)), saw("2", at=after(60)), background=False)
    record(store, saw("2", at=after(120)), background=True)
    score_all(store)
    assert {mention.post.native_id: mention.background for mention in store.news(10)} == {"1": True, "2": False}


def test_a_feed_nobody_polled_was_never_well(store: Store) -> None:
    state = store.feed_state("new")
    assert (state.last_ok, state.cursor, state.failures) == (None, {}, 0)


def test_a_feed_is_well_only_when_its_walk_is_done(store: Store) -> None:
    record(store, saw(), cursor={"page": 2, "mark": [1, "a"]}, walk_done=False, now=after(1))
    assert store.feed_state("search").last_ok is None
    assert store.feed_state("search").cursor == {"page": 2, "mark": [1, "a"]}
    record(store, cursor={"mark": 7}, now=after(2))
    assert (store.feed_state("search").last_ok, store.feed_state("search").cursor) == (after(2), {"mark": 7})


def test_a_page_without_a_cursor_leaves_it_as_it_is(store: Store) -> None:
    record(store, saw(), cursor={"mark": 7})
    record(store, saw(at=after(60)))
    assert store.feed_state("search").cursor == {"mark": 7}


def test_a_revisit_says_nothing_of_the_feeds_health(store: Store) -> None:
    record(store, saw(), now=after(1))
    record(store, counted(at=after(600), reposts=Count(5)), walk_done=False)
    assert store.feed_state("search").last_ok == after(1)


def test_a_long_batch_is_whole_and_its_cursor_goes_with_the_last_piece(store: Store) -> None:
    done = record(store, *(saw(str(number)) for number in range(450)), cursor={"mark": 450})
    assert (done.posts, done.mentions, done.sightings, len(done.ages)) == (450, 450, 450, 450)
    assert store.totals()["posts"] == 450
    assert store.feed_state("search").cursor == {"mark": 450}


def test_a_batch_that_breaks_off_leaves_the_cursor_so_that_it_is_seen_again(store: Store) -> None:
    class BreaksLate(dict[PostKey, list[Match]]):
        def get(self, key: PostKey, default: object = None) -> Any:
            if key.native_id == "300":
                raise RuntimeError("in the midst of it")
            return super().get(key, [])

    with pytest.raises(RuntimeError, match="in the midst"):
        store.record("search", [saw(str(n)) for n in range(450)], BreaksLate(), now=NOON, cursor={"mark": 450})
    assert store.totals()["posts"] == 300
    assert store.feed_state("search").cursor == {}
    assert store.feed_state("search").last_ok is None


def test_a_failing_feed_counts_its_failures_and_since_when(store: Store) -> None:
    record(store, saw(), cursor={"mark": 1}, now=after(0))
    for minute in (1, 2, 3):
        state = store.fail(
            "search", Failure.BLOCKED, "403", now=after(minutes=minute), rest_until=after(hours=1), ops=None
        )
    assert (state.failure, state.failures, state.failing_since) == (Failure.BLOCKED, 3, after(minutes=1))
    assert (state.rest_until, state.last_ok, state.cursor) == (after(hours=1), NOON, {"mark": 1})
    assert store.feed_state("search") == state


def test_another_kind_of_failure_begins_another_streak_and_the_count_goes_on(store: Store) -> None:
    store.fail("search", Failure.TRANSIENT, "503", now=after(1), rest_until=None, ops=None)
    state = store.fail("search", Failure.AUTH_EXPIRED, "21327", now=after(2), rest_until=None, ops=None)
    assert (state.failure, state.failures, state.failing_since) == (Failure.AUTH_EXPIRED, 2, after(2))


def test_a_feed_that_answers_again_is_well_again(store: Store) -> None:
    store.fail("search", Failure.BLOCKED, "403", now=after(1), rest_until=after(900), ops=None)
    record(store, now=after(2))
    state = store.feed_state("search")
    assert (state.failure, state.failures, state.failing_since, state.rest_until) == (None, 0, None, None)
    [health] = store.feeds()
    assert (health.last_ok, health.failure, health.detail) == (after(2), None, "")


def test_the_operators_hear_once_of_a_streak_each_receiver_for_itself(store: Store) -> None:
    note = OpsNote(
        key="ops:search:blocked:1",
        what=Words("被拒绝：403", "blocked: 403"),
        where=Words("数据源 search", "feed search"),
        fix=Words("等", "Wait"),
    )
    for minute in (1, 2, 3):
        store.fail(
            "search",
            Failure.BLOCKED,
            "403",
            now=after(minutes=minute),
            rest_until=None,
            ops=note,
            receivers=["ops", CRISIS],
        )
    told = store.notifications()
    assert [(row["receiver"], row["kind"], row["incident_id"]) for row in told] == [
        ("ops", "ops", None),
        (CRISIS, "ops", None),
    ]
    assert told[0]["body"] == {
        "what": "blocked: 403",
        "where": "feed search",
        "fix": "Wait",
        "zh": {"what": "被拒绝：403", "where": "数据源 search", "fix": "等"},
    }
    assert len({row["key"] for row in told}) == 2


def test_what_the_operators_were_told_is_not_told_again(store: Store) -> None:
    operators_hear(store)
    told = store.claim(CRISIS, NOON, SETTLE)
    assert told is not None
    store.settle(told, SENT, NOON, None)
    operators_hear(store, at=after(600))
    assert store.claim(CRISIS, after(600), SETTLE) is None


def test_another_streak_is_another_message(store: Store) -> None:
    operators_hear(store, "ops:search:blocked:1")
    operators_hear(store, "ops:search:blocked:2")
    assert len(store.notifications()) == 2


def test_a_failed_feed_and_its_message_are_one_transaction(store: Store) -> None:
    note = OpsNote(key="k", what=Words("w", "w"), where=Words("x", "x"), fix=Words("f", "f"))
    with pytest.raises(RuntimeError, match="in the midst"):
        store.fail("search", Failure.BLOCKED, "403", now=NOON, rest_until=None, ops=note, receivers=Breaks(["ops"]))
    assert store.feed_state("search").failures == 0
    assert store.notifications() == []


# ── looking again, budgets ──────────────────────────────────────────────────────────────────────────────────────────


def track(store: Store, native_id: str, seconds: float | None, worth: float = 0.0) -> None:
    mention = a_scored_mention(store, native_id)
    following = None if seconds is None else after(seconds)
    store.apply([refreshes(mention, change="none", tells=(), next_look=following, look_worth=worth)], NOON)


def tracked(store: Store, seconds: float, limit: int = 10, platform: str = "weibo") -> list[str]:
    return [post.key.native_id for post in store.tracked(platform, after(seconds), limit, AHEAD)]


def test_the_post_that_is_due_longest_comes_first(store: Store) -> None:
    for native_id, seconds in (("b", 200), ("a", 100), ("late", 900), ("never", None)):
        track(store, native_id, seconds)
    assert tracked(store, 500) == ["a", "b"]
    assert tracked(store, 500, platform="appstore") == []
    assert store.next_look("weibo") == after(100)
    assert store.next_look("appstore") is None


def test_a_post_that_is_nearly_due_is_offered_too_with_when_it_was_last_seen(store: Store) -> None:
    track(store, "a", 700, worth=0.25)
    (post,) = store.tracked("weibo", after(500), 10, AHEAD)
    assert (post.due, post.worth, post.last_seen) == (after(700), 0.25, NOON)
    assert tracked(store, 300) == []
    assert [one.due for one in store.tracked("weibo", after(300), 10, timedelta(seconds=400))] == [after(700)]


def test_where_more_are_due_than_fit_those_worth_most_are_offered_beside_those_that_wait(store: Store) -> None:
    for number in range(6):
        track(store, str(number), 100 + number, worth=number / 10)
    assert tracked(store, 500, limit=2) == ["0", "1", "5", "4"]
    assert tracked(store, 103, limit=2) == ["0", "1", "3", "2"]


def test_a_post_of_two_brands_is_offered_for_each(store: Store) -> None:
    record(store, saw(), brands=[US, RIVAL])
    assert tracked(store, 60) == ["5340", "5340"]


def test_a_post_just_seen_is_not_due_again_before_it_was_judged(store: Store) -> None:
    track(store, "a", 100)
    record(store, counted("a", at=after(150), reposts=Count(8)), walk_done=False)
    (post,) = store.tracked("weibo", after(200), 10, AHEAD)
    assert post.due == after(270)


def test_a_post_nobody_tracks_is_not_tracked_because_it_is_seen(store: Store) -> None:
    track(store, "a", None)
    record(store, counted("a", at=after(150), reposts=Count(8)), walk_done=False)
    assert store.next_look("weibo") is None
    assert store.totals()["tracked"] == 0


def test_what_an_account_has_spent_is_remembered(store: Store) -> None:
    assert store.budget("weibo:app") is None
    store.save_budget("weibo:app", {"left": 3})
    store.save_budget("weibo:app", {"left": 2, "until": "2026-11-02T05:00:00Z"})
    assert store.budget("weibo:app") == {"left": 2, "until": "2026-11-02T05:00:00Z"}


# ── what is kept for ever ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_days_numbers_are_kept_by_brand_and_platform(store: Store) -> None:
    record(store, saw("1"), saw("2"), brands=[US])
    record(store, saw("3"), brands=[RIVAL])
    first, second, _ = store.unscored(10)
    store.save_sentiments([(first.mention_id, a_sentiment(0.9)), (second.mention_id, a_sentiment(0.1))], NOON)
    mention = next(mention for mention in store.news(10) if mention.id == first.mention_id)
    store.apply([pages(mention)], NOON)
    ours = next(row for row in rows(store, schema.daily) if row["brand"] == US)
    assert ours == {
        "day": "2026-11-02", "brand": US, "platform": "weibo", "posts": 2, "scored": 2, "negative": 1, "incidents": 1,
        "pages": 1,
    }  # fmt: skip


def test_a_day_begins_at_midnight_in_shanghai(store: Store) -> None:
    midnight = NOON + timedelta(hours=12)
    record(store, saw("1"), now=midnight - timedelta(seconds=1))
    record(store, saw("2"), now=midnight)
    assert {row["day"]: row["posts"] for row in rows(store, schema.daily)} == {"2026-11-02": 1, "2026-11-03": 1}


def test_a_text_scored_anew_is_no_second_mention_of_the_day(store: Store) -> None:
    a_scored_mention(store)
    record(store, saw(at=after(60), text="更新:星禾把我打了"))
    score_all(store)
    assert [row["scored"] for row in rows(store, schema.daily)] == [1]


def test_a_score_that_came_too_late_counts_when_the_text_is_really_scored(store: Store) -> None:
    record(store, saw())
    [waiting] = store.unscored(1)
    record(store, saw(at=after(60), text="更新:星禾把我打了"))
    store.save_sentiments([(waiting.mention_id, a_sentiment())], NOON)
    assert [row["scored"] for row in rows(store, schema.daily)] == [0]
    score_all(store)
    assert [row["scored"] for row in rows(store, schema.daily)] == [1]
