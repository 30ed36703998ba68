"""Ratings without a word: first sight is no news, an average is only told where it can be known, a fall is a bad review."""

from datetime import UTC, datetime
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from connectors.appstore_ratings import ASK_AGAIN, SOME, AppStoreRatings
from monitor.errors import FeedError
from monitor.model import Post
from monitor.ports import Batch, Connector, Cursor

NOW = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)
FEED = AppStoreRatings(app_id="999000111")
AS_CONNECTOR: Connector = FEED


def answer(results: object, status: int = 200) -> httpx.Response:
    body = orjson.dumps({"resultCount": 1, "results": results})
    return httpx.Response(status, content=body, request=FEED.first({}))


def looked(cursor: Cursor, average: float, rated: int, digits: int = 5) -> Batch:
    app = {"trackId": 999000111, "averageUserRating": round(average, digits), "userRatingCount": rated}
    return FEED.parse(answer([app]), cursor, NOW)


def only(batch: Batch) -> Post:
    (seen,) = batch.sightings
    assert seen.post
    return seen.post


def base(average: float = 4.6, rated: int = 12_000, digits: int = 5) -> Cursor:
    cursor = looked({}, average, rated, digits).cursor
    assert cursor is not None
    return {**cursor, "digits": digits}


@given(st.integers(100, 60_000), st.floats(1, 5), st.lists(st.integers(1, 5), min_size=SOME, max_size=300))
def test_what_is_told_is_what_was_given_to_within_a_quarter_of_a_star(
    rated: int, average: float, stars: list[int]
) -> None:
    after = (average * rated + sum(stars)) / (rated + len(stars))
    batch = looked(base(average, rated), after, rated + len(stars))
    if batch.sightings:
        told = float(only(batch).title.partition("平均 ")[2].removesuffix(" 星"))
        assert abs(told - sum(stars) / len(stars)) <= 0.25 + 0.05


def test_few_new_ratings_wait_until_they_are_some() -> None:
    waiting = looked(base(), 4.59, 12_000 + SOME - 1)
    assert (waiting.sightings, waiting.cursor) == ((), None)


def test_where_the_average_is_rounded_many_new_ratings_are_needed() -> None:
    cursor = base(digits=2)
    assert not looked(cursor, 4.58, 12_200, digits=2).sightings
    assert looked(cursor, 4.44, 12_700, digits=2).sightings


def test_ratings_that_were_taken_away_say_nothing() -> None:
    batch = looked(base(), 4.9, 11_000)
    assert not batch.sightings
    assert batch.cursor == {"rated": 11_000, "average": 4.9, "digits": 5}


def test_an_app_that_is_gone_for_a_moment_is_asked_for_again_and_then_told_as_empty() -> None:
    cursor = base()
    for _ in range(ASK_AGAIN):
        batch = FEED.parse(answer([]), cursor, NOW)
        assert batch.next is not None
        assert batch.cursor is not None
        cursor = batch.cursor
    batch = FEED.parse(answer([]), cursor, NOW)
    assert (batch.next, batch.facts) == (None, {"empty": 1.0})
    assert batch.cursor is not None
    assert only(looked(batch.cursor, 4.57, 12_100)).rating == 1


@pytest.mark.parametrize("options", [{"app_id": "id999"}, {"app_id": "1", "country": "china"}])
def test_options_that_cannot_work_stop_the_start(options: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(AppStoreRatings).validate_python(options)


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats()
    | st.text("a1漏<&", max_size=6)
    | st.just(999000111),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["trackId", "trackName", "averageUserRating", "userRatingCount"]), inner)
    ),
    max_leaves=6,
)
APP = st.fixed_dictionaries({"trackId": st.just(999000111), "averageUserRating": JUNK, "userRatingCount": JUNK})
CURSORS = st.dictionaries(st.sampled_from(["rated", "average", "digits", "again"]), JUNK)


@given(JUNK | st.lists(APP | JUNK, max_size=2), CURSORS)
def test_no_answer_raises_anything_but_a_feed_error(results: Any, cursor: dict[str, Any]) -> None:
    try:
        FEED.parse(answer(results), cursor, NOW)
    except FeedError:
        return
