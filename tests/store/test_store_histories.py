"""Posts that are over, as the forecast learns from them: every look, and when people took them in hand."""

from datetime import timedelta

from monitor.model import Act, Actor, Availability, Count, PostKey, Sighting, Step
from monitor.store import Store
from tests.builders import NOON, a_post
from tests.store.seen import after, counted, page, record, saw

WEEK_LATER = NOON + timedelta(days=7)


def did(store: Store, number: int, act: Act, seconds: float) -> None:
    step = Step(act=act, actor=Actor("slack:U0LI", "小李"), at=after(seconds), key=f"{act}-{seconds}", source="slack")
    assert store.handle(number, step).refused is None


def test_a_post_that_is_over_comes_with_every_look_at_it(store: Store) -> None:
    record(store, saw(at=after(60), reposts=2))
    for minute in range(2, 120):
        record(store, counted(at=after(60 * minute), reposts=Count(2 * minute)))
    [post] = store.lived("weibo", NOON, 10)
    assert (post.platform, post.born, post.answered_at) == ("weibo", NOON, None)
    assert [look.age for look in post.looks] == [60.0 * minute for minute in range(1, 120)]
    assert post.looks[-1].counts.reposts == Count(238)


def test_the_newest_come_oldest_first_and_younger_ones_and_strangers_not_at_all(store: Store) -> None:
    for day in range(4):
        record(store, saw(str(day), at=after(days=day), posted_at=after(days=day)))
    record(store, saw("nobody's"), brands=())
    found = store.lived("weibo", after(days=2), 2)
    assert [post.born for post in found] == [after(days=1), after(days=2)]
    assert store.lived("xiaohongshu", WEEK_LATER, 10) == []


def test_authors_are_told_apart_and_never_named(store: Store) -> None:
    record(store, saw("1"), saw("2"))
    record(store, Sighting(key=PostKey("weibo", "3"), seen_at=NOON, post=a_post(native_id="3")))
    authors = [post.author for post in store.lived("weibo", NOON, 10)]
    assert authors[0] == authors[1] != authors[2]
    assert "1700000001" not in authors[0]


def test_a_post_is_answered_when_people_begin_to_respond_not_when_they_take_it_in_hand(store: Store) -> None:
    number = page(store)
    did(store, number, Act.ACKNOWLEDGE, 300)
    [post] = store.lived("weibo", NOON, 10)
    assert post.answered_at is None
    did(store, number, Act.RESPOND, 600)
    did(store, number, Act.RESOLVE, 900)
    [post] = store.lived("weibo", NOON, 10)
    assert post.answered_at == store.answered_at(1) == after(600)


def test_a_post_that_was_taken_away_says_so_in_its_last_look(store: Store) -> None:
    record(store, saw())
    gone = Sighting(key=PostKey("weibo", "5340"), seen_at=after(900), availability=Availability.GONE)
    record(store, gone)
    [post] = store.lived("weibo", NOON, 10)
    assert post.looks[-1].availability is Availability.GONE
