"""What somebody said is erased, wherever it stood, and does not come back with the next poll."""

from collections.abc import Callable
from pathlib import Path

from monitor.model import Author, Forgotten, PostKey
from monitor.store import Store, schema
from tests.store.seen import after, counted, exhibit, page, record, rows, saw
from tests.store.test_store_file import bytes_of

WORDS = "喝出虫子的那一杯是周一早上买的"


def by(name: str) -> Author:
    return Author(id=name, name=f"某{name}")


def test_words_and_author_are_gone_from_the_row_and_the_numbers_stay(store: Store) -> None:
    record(store, saw("1", reposts=7, text=WORDS, url="https://weibo.example/u/1"))
    gone = store.forget_post(PostKey("weibo", "1"), after(60), evidence=False)
    assert gone == Forgotten(posts=1, answers=0, answers_kept=0, incidents=())
    (post,) = rows(store, schema.post)
    assert {post[name] for name in ("text", "title", "author_name", "url")} == {""}
    assert post["author_id"] is None
    (mention,) = rows(store, schema.mention)
    assert (mention["why"], mention["evidence"], mention["next_look_at"]) == ("", None, None)
    assert [row["reposts"] for row in rows(store, schema.sighting)] == [7]


def test_the_next_poll_does_not_bring_it_back_and_still_counts(store: Store) -> None:
    record(store, saw("1", text=WORDS))
    store.forget_post(PostKey("weibo", "1"), after(60), evidence=False)
    record(store, saw("1", at=after(120), text=WORDS, reposts=90))
    record(store, counted("1", at=after(180)))
    assert rows(store, schema.post)[0]["text"] == ""
    assert len(rows(store, schema.sighting)) == 3


def test_an_author_is_forgotten_with_every_post_and_nobody_else_is(store: Store) -> None:
    record(store, saw("1", author=by("17")), saw("2", author=by("17")), saw("3", author=by("18")))
    assert store.forget_author("weibo", "17", after(60), evidence=False).posts == 2
    assert [row["author_name"] for row in rows(store, schema.post)] == ["", "", "某18"]
    assert store.forget_author("weibo", "17", after(60), evidence=False).posts == 0


def test_raw_answers_go_unless_an_incident_needs_them_or_it_is_asked_for(store: Store) -> None:
    record(store, saw("1", text=WORDS), exhibit=exhibit(b"one"))
    number = page(store, "2")
    record(store, saw("2", at=after(30)), exhibit=exhibit(b"two"))
    assert store.forget_post(PostKey("weibo", "1"), after(60), evidence=False).answers == 1
    kept = store.forget_post(PostKey("weibo", "2"), after(60), evidence=False)
    assert kept == Forgotten(posts=1, answers=0, answers_kept=1, incidents=(number,))
    assert store.forget_post(PostKey("weibo", "2"), after(60), evidence=True).answers == 1
    assert rows(store, schema.response) == []


def test_an_incident_of_what_was_forgotten_can_still_be_read(store: Store) -> None:
    number = page(store, "1")
    store.forget_post(PostKey("weibo", "1"), after(60), evidence=True)
    incident = store.incident(number)
    assert incident is not None
    assert incident.lead is not None
    assert incident.lead.post.text == ""


def test_nothing_of_it_is_left_on_the_disk(opened: Callable[[], Store], path: Path) -> None:
    store = opened()
    record(store, saw("1", text=WORDS, author=by("17")))
    assert WORDS.encode() in bytes_of(path)
    store.forget_author("weibo", "17", after(60), evidence=False)
    store.close()
    assert WORDS.encode() not in bytes_of(path)
    assert "某17".encode() not in bytes_of(path)
