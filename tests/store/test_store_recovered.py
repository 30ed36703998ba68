"""Who was told that a feed needs them hears when it answers again, and nobody else does."""

from monitor.errors import Failure
from monitor.model import Words
from monitor.ports import OpsNote
from monitor.store import Store
from tests.builders import NOON
from tests.store.seen import after, record, saw

OPS = ("ops", "night")


def fail(store: Store, failure: Failure, seconds: float) -> None:
    key = f"ops:search:{failure}:{int(NOON.timestamp())}"
    note = OpsNote(
        key=key,
        what=Words(f"{failure}: no", f"{failure}: no"),
        where=Words("feed search", "feed search"),
        fix=Words("Renew it", "Renew it"),
    )
    store.fail("search", failure, "no", now=after(seconds), rest_until=None, ops=note, receivers=OPS)


def said(store: Store) -> list[tuple[str, str]]:
    return [(row["receiver"], row["body"]["what"]) for row in store.notifications()]


def test_the_all_clear_goes_to_whoever_was_told_once(store: Store) -> None:
    fail(store, Failure.AUTH_EXPIRED, 0)
    fail(store, Failure.AUTH_EXPIRED, 60)
    woken: list[str] = []
    store.on_commit(woken.append)
    record(store, saw("1", at=after(120)))
    record(store, saw("1", at=after(180)))
    assert sorted(said(store)[2:]) == [(who, "all clear: it answers again") for who in sorted(OPS)]
    assert "outbox" in woken


def test_a_page_in_the_midst_of_a_walk_is_no_all_clear(store: Store) -> None:
    fail(store, Failure.CHALLENGE, 0)
    record(store, saw("1", at=after(60)), walk_done=False)
    assert len(said(store)) == 2


def test_what_nobody_was_told_of_needs_no_all_clear(store: Store) -> None:
    store.fail("search", Failure.TRANSIENT, "no", now=NOON, rest_until=None, ops=None)
    record(store, saw("1", at=after(60)))
    assert said(store) == []
