"""What the board, the metrics and the command line read."""

from collections.abc import Callable
from datetime import UTC
from pathlib import Path

import pytest

from monitor.errors import Failure, StoreError
from monitor.model import Count, FeedHealth, IncidentState, Severity
from monitor.store import Store
from tests.builders import NOON, a_sentiment
from tests.store.seen import (
    CRISIS,
    RIVAL,
    SENT,
    SETTLE,
    US,
    a_scored_mention,
    after,
    counted,
    operators_hear,
    page,
    pages,
    record,
    refreshes,
    saw,
    verdict,
)


def test_the_reddest_incident_comes_first_and_the_newest_of_a_colour(store: Store) -> None:
    numbers = [
        page(store, str(place), verdict=verdict(severity), bands=(place,), now=after(place))
        for place, severity in enumerate((Severity.ORANGE, Severity.BLUE, Severity.RED, Severity.ORANGE))
    ]
    assert [incident.id for incident in store.incidents()] == [numbers[2], numbers[3], numbers[0], numbers[1]]
    assert [incident.id for incident in store.incidents(limit=1)] == [numbers[2]]
    assert store.incidents([IncidentState.RESOLVED]) == []
    assert store.incidents([]) == []
    assert store.incident(999) is None


def test_an_incident_shows_its_posts_the_leading_one_first_then_the_loudest(store: Store) -> None:
    number = page(store, "lead")
    story = store.incident_posts(number)[0].story_id
    for native_id, reposts in (("quiet", 1), ("loud", 900)):
        mention = a_scored_mention(store, native_id)
        record(store, counted(native_id, at=after(10), reposts=Count(reposts)))
        store.apply([pages(mention, story_id=story, change="none", tells=(), pages=False)], NOON)
    posts = store.incident_posts(number)
    assert [mention.post.native_id for mention in posts] == ["lead", "loud", "quiet"]
    assert all(mention.looks for mention in posts)
    assert store.incident_posts(999) == []


def test_the_totals_are_what_is_there(store: Store) -> None:
    assert store.totals() == {"posts": 0, "mentions": 0, "pending": 0, "failed": 0, "tracked": 0, "sightings": 0}
    record(store, saw("1"), saw("2"), brands=[US, RIVAL])
    record(store, counted("1", at=after(60), reposts=Count(5)))
    scored, poison, *_ = store.unscored(10)
    store.save_sentiments([(scored.mention_id, a_sentiment()), (poison.mention_id, None)], NOON)
    assert store.totals() == {"posts": 2, "mentions": 4, "pending": 2, "failed": 1, "tracked": 2, "sightings": 3}


def test_a_feed_tells_how_it_fares(store: Store) -> None:
    record(store, saw(posted_at=after(-60)), saw("2", posted_at=after(-3600)), feed="b", now=after(1))
    store.fail("a", Failure.AUTH_EXPIRED, "token" + "!" * 900, now=after(2), rest_until=None, ops=None)
    sick, well = store.feeds()
    assert well == FeedHealth(feed="b", last_ok=after(1), last_try=after(1), newest_post=after(-60))
    assert (sick.feed, sick.failure, sick.failures, sick.failing_since) == ("a", Failure.AUTH_EXPIRED, 1, after(2))
    assert (sick.last_ok, sick.last_try, len(sick.detail)) == (None, after(2), 500)


def test_the_newest_post_of_a_feed_stays_the_newest(store: Store) -> None:
    record(store, saw("1", posted_at=after(-60)))
    record(store, saw("2", posted_at=after(-3600)), now=after(60))
    assert store.feeds()[0].newest_post == after(-60)


def test_messages_are_read_with_their_times_as_moments(store: Store) -> None:
    number = page(store, now=after(1))
    operators_hear(store)
    root = store.claim(CRISIS, after(2), SETTLE)
    assert root is not None
    store.settle(root, SENT, after(3), None)
    [row] = store.notifications(number)
    assert (row["kind"], row["state"], row["attempts"], row["key"]) == ("root", "sent", 1, root.key)
    assert (row["created_at"], row["settled_at"]) == (after(1), after(3))
    assert row["created_at"].tzinfo is UTC
    assert row["receiver"] == CRISIS
    assert [one["kind"] for one in store.notifications()] == ["root", "ops"]
    assert store.notifications(999) == []


def test_a_mention_that_was_judged_again_is_read_with_its_newest_looks(store: Store) -> None:
    number = page(store)
    store.incident(number)
    record(store, counted(at=after(60), reposts=Count(44)))
    incident = store.incident(number)
    assert incident is not None
    assert incident.lead is not None
    assert incident.lead.looks[-1].counts.reposts == Count(44)


# ── another process reads ───────────────────────────────────────────────────────────────────────────────────────────


def test_what_one_process_writes_another_may_read_at_once(opened: Callable[[], Store], path: Path) -> None:
    writing = opened()
    reading = Store.reading(path)
    number = page(writing)
    assert [incident.id for incident in reading.incidents()] == [number]
    [mention] = reading.incident_posts(number)
    record(writing, counted(at=after(60), reposts=Count(44)))
    writing.apply([refreshes(mention, change="none", tells=())], NOON)
    assert [look.counts.reposts for look in reading.incident_posts(number)[0].looks] == [Count(3), Count(44)]
    reading.close()


def test_who_came_to_read_cannot_write(opened: Callable[[], Store], path: Path) -> None:
    opened()
    reading = Store.reading(path)
    with pytest.raises(StoreError, match="reading alone"):
        reading.save_budget("weibo", {})
    assert reading.writer_stuck() == 0.0
    reading.close()


def test_who_came_to_read_is_told_that_nothing_is_there_yet(path: Path) -> None:
    with pytest.raises(StoreError, match=r"langyan\.db: there is no database yet\. Start langyan run once"):
        Store.reading(path)
    path.touch()
    with pytest.raises(StoreError, match="holds nothing yet"):
        Store.reading(path)
