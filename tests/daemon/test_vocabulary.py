"""The matcher of a running house: words count as soon as they are added, and until they end."""

from datetime import timedelta

from monitor.clock import VirtualClock
from monitor.model import Actor, Word, WordKind
from monitor.store import Store
from monitor.vocabulary import Vocabulary
from monitor.watch.query import Brand, Query
from tests.builders import NOON, a_post

BRAND = Brand(name="星禾", match=Query.parse("星禾"))
POST = a_post(text="甜甜圈吃坏肚子")


def opened() -> tuple[Store, Vocabulary, VirtualClock]:
    store, clock = Store.memory(), VirtualClock(NOON)
    vocabulary = Vocabulary([BRAND], store, clock)
    store.on_commit(vocabulary.heard)
    return store, vocabulary, clock


def a_word(kind: WordKind = WordKind.WATCH, days: int | None = None) -> Word:
    until = None if days is None else NOON + timedelta(days=days)
    return Word(brand="星禾", kind=kind, query="甜甜圈", actor=Actor("slack:U0LI", "li"), added_at=NOON, until=until)


def test_a_word_counts_from_the_next_post_on() -> None:
    store, vocabulary, _ = opened()
    assert vocabulary.match(POST) == []
    added = store.add_word(a_word())
    assert [match.brand for match in vocabulary.match(POST)] == ["星禾"]
    store.drop_word(added.id, added.actor, NOON)
    assert vocabulary.match(POST) == []


def test_a_word_that_ends_needs_nobody_to_take_it_away() -> None:
    store, vocabulary, clock = opened()
    store.add_word(a_word(days=7))
    assert vocabulary.match(POST)
    clock.move_to(NOON + timedelta(days=7))
    assert vocabulary.match(POST) == []


def test_a_feed_of_one_brand_minds_the_words_that_are_left_out() -> None:
    store, vocabulary, _ = opened()
    reviews = vocabulary.assuming("星禾")
    assert reviews.match(POST)
    store.add_word(a_word(WordKind.EXCEPT))
    assert reviews.match(POST) == []


def test_another_commit_changes_nothing() -> None:
    store, vocabulary, _ = opened()
    before = vocabulary._current()
    vocabulary.heard("news")
    assert vocabulary._current() is before
    store.close()
