"""Words that people add: in force until they end or are taken away, each with who and when."""

from datetime import timedelta
from typing import Any

from monitor.model import Actor, Word, WordKind
from monitor.store import Store, schema
from tests.builders import NOON
from tests.store.seen import US, record, rows, saw

LI, WANG = Actor("slack:U0LI", "li"), Actor("slack:U0WANG", "wang")
WEEK = NOON + timedelta(days=7)


def a_word(query: str = "甜甜圈", **given: Any) -> Word:
    fields: dict[str, Any] = {"brand": US, "kind": WordKind.WATCH, "query": query, "actor": LI, "added_at": NOON}
    return Word(**{**fields, **given})


def queries(store: Store, at: Any = NOON) -> list[str]:
    return [word.query for word in store.words(at)]


def test_a_word_is_kept_with_who_when_and_until(store: Store) -> None:
    added = store.add_word(a_word(until=WEEK))
    assert store.words(NOON) == [added]
    assert (added.actor, added.added_at, added.until) == (LI, NOON, WEEK)


def test_adding_and_dropping_are_announced(store: Store) -> None:
    topics: list[str] = []
    store.on_commit(topics.append)
    word = store.add_word(a_word())
    store.drop_word(word.id, WANG, NOON)
    assert topics == ["words", "words"]


def test_a_word_ends_by_itself(store: Store) -> None:
    store.add_word(a_word(until=WEEK))
    assert queries(store, WEEK - timedelta(seconds=1)) == ["甜甜圈"]
    assert queries(store, WEEK) == []


def test_a_word_is_taken_away_once_and_who_did_is_known(store: Store) -> None:
    word = store.add_word(a_word())
    assert store.drop_word(word.id, WANG, NOON)
    assert not store.drop_word(word.id, LI, NOON)
    assert queries(store) == []
    assert rows(store, schema.word)[0]["dropped_by"] == WANG.id


def test_the_same_word_again_is_the_same_word_until_the_later_end(store: Store) -> None:
    first = store.add_word(a_word(until=WEEK))
    again = store.add_word(a_word(until=NOON + timedelta(days=2), actor=WANG))
    assert (again.id, again.until, again.actor) == (first.id, WEEK, LI)
    assert store.add_word(a_word()).until is None
    assert len(store.words(NOON)) == 1


def test_a_word_that_ran_out_begins_anew(store: Store) -> None:
    store.add_word(a_word(until=WEEK))
    again = store.add_word(a_word(actor=WANG, added_at=WEEK))
    assert (again.actor, again.added_at, again.until) == (WANG, WEEK, None)
    assert store.words(WEEK) == [again]


def test_what_was_said_lately_comes_with_the_brands_it_concerns(store: Store) -> None:
    record(store, saw("1", NOON - timedelta(days=2), text="前天的"), now=NOON)
    record(store, saw("2", NOON, text="两家都说了"), brands=(US, "别家"))
    record(store, saw("3", NOON, text="今天的"))
    assert store.said_since(NOON - timedelta(days=1), 10) == [("今天的", (US,)), ("两家都说了", (US, "别家"))]
    assert store.said_since(NOON - timedelta(days=1), 1) == [("今天的", (US,))]
