"""The looks a judge reads: a short history whole, a long one thinned, the same from memory and from the file."""

from itertools import pairwise
from pathlib import Path

from monitor.model import Count, Look
from monitor.store import Store
from monitor.store.looks import MOST, NEWEST
from tests.builders import NOON
from tests.store.seen import a_scored_mention, after, counted, record


def watched(store: Store, looks: int) -> tuple[Look, ...]:
    """A post with this many looks, as the judge reads it."""
    a_scored_mention(store, "long", at=NOON)
    for number in range(1, looks):
        record(store, counted("long", at=after(300 * number), reposts=Count(3 + number)), walk_done=False)
    (mention,) = store.news(10)
    return mention.looks


def test_a_short_history_is_read_whole(store: Store) -> None:
    assert len(watched(store, 30)) == 30


def test_of_a_long_history_a_bounded_number_is_read_with_its_ends_as_they_are(store: Store) -> None:
    looks = watched(store, 300)
    assert len(looks) <= MOST
    assert looks[0].seen_at == NOON
    assert [look.counts.reposts for look in looks[-NEWEST:]] == [Count(3 + n) for n in range(300 - NEWEST, 300)]
    ages = [look.age for look in looks]
    assert ages == sorted(set(ages))
    assert all(later <= 1.4 * earlier + 300 for earlier, later in pairwise(ages[1:]))


def test_every_look_is_read_where_it_is_asked_for(store: Store) -> None:
    watched(store, 300)
    (mention,) = store.news(10)
    looks = store.every_look(mention)
    assert [look.counts.reposts for look in looks[1:]] == [Count(3 + n) for n in range(1, 300)]
    assert looks[0] == mention.looks[0]
    assert looks[-1] == mention.looks[-1]


def test_what_was_kept_in_memory_and_what_is_read_anew_are_the_same_looks(tmp_path: Path) -> None:
    told = Store.open(tmp_path / "langyan.db", hash_key=b"k")
    a_scored_mention(told, "long", at=NOON)
    for number in range(1, 120):
        record(told, counted("long", at=after(300 * number), reposts=Count(3 + number)), walk_done=False)
        (kept,) = told.news(10)
    reader = Store.reading(tmp_path / "langyan.db")
    (anew,) = reader.news(10)
    reader.close()
    told.close()
    assert kept.looks == anew.looks


def test_what_was_scored_lately_can_be_judged_again(store: Store) -> None:
    a_scored_mention(store, "old", at=NOON)
    a_scored_mention(store, "new", at=after(3_600))
    found = store.scored_since(after(60), 0, 10)
    assert [mention.post.native_id for mention in found] == ["new"]
    assert store.scored_since(NOON, found[0].id, 10) == []
