"""What people did in a channel: taken in once, worked on in order, forgotten when it is done."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from monitor.model import Envelope, Outcome, PostKey, Receipt, Words
from monitor.ports import OpsNote, Thread
from monitor.store import Store, schema
from tests.builders import NOON
from tests.store.seen import CRISIS, SETTLE, US, a_scored_mention, page, rows

NOTE = OpsNote(
    key="inbox-aside-1",
    what=Words("it crashed twice", "it crashed twice"),
    where=Words("inbox", "inbox"),
    fix=Words("Press again", "Press again"),
)


def came(key: str = "e1", press: str = "p1", **given: Any) -> Envelope:
    fields: dict[str, Any] = {"receiver": CRISIS, "kind": "interactive", "payload": {"secret": "星禾的客户电话"}}
    return Envelope(**{**fields, "key": key, "press": press, "received_at": NOON, **given})


def begun(store: Store, *but: int) -> Envelope:
    found = store.begin(but)
    assert found is not None
    return found


def test_what_was_taken_in_waits_until_somebody_begins(store: Store) -> None:
    assert store.begin() is None
    assert store.take_in(came(subject="U0LI:7", pressed=5))
    found = begun(store)
    assert (found.key, found.press, found.kind, found.receiver) == ("e1", "p1", "interactive", CRISIS)
    assert found.payload == {"secret": "星禾的客户电话"}
    assert (found.subject, found.pressed, found.attempts, found.overtaken) == ("U0LI:7", 5, 1, False)


def test_taking_in_wakes_whoever_works_on_it(store: Store) -> None:
    topics: list[str] = []
    store.on_commit(topics.append)
    store.take_in(came())
    store.take_in(came())
    assert topics == ["inbox"]


@pytest.mark.parametrize(("key", "press"), [("e1", "p2"), ("e2", "p1"), ("e1", "p1")])
def test_the_same_envelope_and_the_same_press_come_in_once(store: Store, key: str, press: str) -> None:
    assert store.take_in(came("e1", "p1"))
    assert not store.take_in(came(key, press))
    store.finish(begun(store).id, "ack", NOON)
    assert not store.take_in(came(key, press))
    assert store.begin() is None


def test_the_oldest_goes_first_and_what_is_under_way_is_left_out(store: Store) -> None:
    for number in range(3):
        store.take_in(came(f"e{number}", f"p{number}"))
    first = begun(store)
    second = begun(store, first.id)
    assert (first.key, second.key) == ("e0", "e1")


def test_what_was_begun_and_not_finished_is_found_after_a_restart(opened: Callable[[], Store]) -> None:
    store = opened()
    store.take_in(came())
    assert begun(store).attempts == 1
    store.close()
    assert begun(opened()).attempts == 2


def test_what_is_done_is_forgotten_but_for_that_it_came(store: Store) -> None:
    store.take_in(came())
    store.finish(begun(store).id, "ack", NOON)
    (row,) = rows(store, schema.inbox)
    assert (row["state"], row["outcome"], row["payload"]) == ("done", "ack", "{}")


def test_that_it_came_is_known_for_a_week(store: Store) -> None:
    store.take_in(came("old", "old"))
    store.finish(begun(store).id, "ack", NOON)
    store.take_in(came("new", "new", received_at=NOON + timedelta(days=8)))
    store.finish(begun(store).id, "ack", NOON + timedelta(days=8))
    assert [row["key"] for row in rows(store, schema.inbox)] == ["new"]


def test_what_the_same_person_did_later_overtakes(store: Store) -> None:
    store.take_in(came("later", "later", subject="U0LI:7", pressed=20))
    store.finish(begun(store).id, "resolve", NOON)
    store.take_in(came("late", "late", subject="U0LI:7", pressed=10))
    store.take_in(came("other", "other", subject="U0LI:8", pressed=10))
    store.take_in(came("unordered", "unordered"))
    late = begun(store)
    other = begun(store, late.id)
    unordered = begun(store, late.id, other.id)
    assert [one.overtaken for one in (late, other, unordered)] == [True, False, False]


def test_what_is_set_aside_is_told_to_operators_and_never_begun_again(store: Store) -> None:
    store.take_in(came())
    store.set_aside(begun(store).id, "begun twice", NOTE, [CRISIS], NOON)
    assert store.begin() is None
    assert rows(store, schema.inbox)[0]["state"] == "aside"
    (told,) = [row for row in store.notifications() if row["kind"] == "ops"]
    assert told["body"]["what"] == "it crashed twice"


def test_a_thread_is_where_an_incidents_message_stands(store: Store) -> None:
    number = page(store)
    assert store.threads(NOON) == []
    claimed = store.claim(CRISIS, NOON, SETTLE)
    assert claimed is not None
    sent = Receipt(outcome=Outcome.SENT, handle={"channel": "C0CRISIS01", "ts": "1764000000.000100"})
    store.settle(claimed, sent, NOON, None)
    assert store.threads(NOON) == [Thread(CRISIS, "C0CRISIS01", "1764000000.000100", number)]


def test_a_mention_is_found_by_its_post_and_brand(store: Store) -> None:
    mention = a_scored_mention(store, "5340")
    assert store.mention_of(PostKey("weibo", "5340"), US) == mention.id
    assert store.mention_of(PostKey("weibo", "5341"), US) is None
    assert store.mention_of(PostKey("weibo", "5340"), "别人") is None
