"""What platforms and clocks should never show: no exception, no page for nonsense, and the log says what was odd."""

from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from connectors import record
from monitor.model import Count, Counts, Match, PostKey
from tests.builders import NOON, a_post
from tests.pipeline.conftest import BRAND, Rooms

KEY = PostKey("weibo", "5340")
ODD = "what was seen is odd"


def minutes(number: float) -> datetime:
    return NOON + timedelta(minutes=number)


def odd(rooms: Rooms, now: datetime) -> list[str]:
    """Judges, and returns what the log says was odd."""
    with capture_logs() as logs:
        rooms.judge(now)
    return [what for entry in logs if entry["event"] == ODD for what in entry["odd"]]


def test_counts_as_text_are_counts(rooms: Rooms) -> None:
    line = (
        '{"platform":"weibo","id":"5340","collected_at":"2026-11-02T12:02:00+08:00","created_at":"2026-11-02T12:00:00+08:00",'
        '"text":"奶茶里喝出虫子","counts":{"reposts":"1.2万","comments":"转发","likes":"100万+"}}'
    )
    seen = record.sighting(line.encode(), 1)
    rooms.store.record("feed", [seen], {KEY: [Match(BRAND, 1.0, BRAND)]}, now=minutes(2))
    assert odd(rooms, minutes(2)) == []
    (incident,) = rooms.incidents()
    assert incident.forecast is not None
    assert incident.forecast.now == 12_000


def test_a_count_below_zero_is_said_and_pages_nobody(rooms: Rooms) -> None:
    rooms.spot(a_post(), Counts(reposts=Count(-5), views=Count(-1)), minutes(2))
    assert odd(rooms, minutes(2)) == ["reposts below zero", "views below zero"]
    assert rooms.told() == []


def test_a_million_reposts_at_first_sight_are_said_and_page_nobody_until_they_grow(rooms: Rooms) -> None:
    rooms.see(a_post(), 1_000_000, minutes(2))
    assert odd(rooms, minutes(2)) == ["more reposts at first sight than its age allows"]
    rooms.look(KEY, 1_000_000, minutes(7))
    assert odd(rooms, minutes(7)) == []
    assert rooms.told() == []
    rooms.look(KEY, 1_004_000, minutes(12))
    rooms.judge(minutes(12))
    assert len(rooms.told()) == 1


def test_a_look_from_the_future_is_said_and_pages_nobody(rooms: Rooms) -> None:
    rooms.spot(a_post(), Counts(reposts=Count(3)), minutes(2))
    rooms.judge(minutes(2))
    rooms.spot(a_post(), Counts(reposts=Count(90_000)), minutes(3), seen_at=minutes(24 * 60))
    assert odd(rooms, minutes(3)) == ["seen in the future"]
    assert rooms.told() == []


def test_a_post_from_the_future_is_said(rooms: Rooms) -> None:
    rooms.see(a_post(posted_at=NOON + timedelta(days=1)), 3, minutes(2))
    assert odd(rooms, minutes(2)) == ["published after it was seen"]
    assert rooms.told() == []
    rooms.look(KEY, 4, minutes(7))
    assert odd(rooms, minutes(7)) == []


def test_duplicates_and_looks_out_of_order_are_judged_as_if_they_came_in_order(rooms: Rooms) -> None:
    rooms.see(a_post(), 4, minutes(2))
    for at, reposts in ((22, 520), (7, 30), (17, 300), (7, 30), (12, 120), (22, 520)):
        rooms.look(KEY, reposts, minutes(at))
    assert odd(rooms, minutes(22)) == []
    assert len(rooms.told()) == 1


def test_what_was_odd_is_said_once(rooms: Rooms) -> None:
    rooms.spot(a_post(), Counts(reposts=Count(-5)), minutes(2))
    assert odd(rooms, minutes(2))
    rooms.look(KEY, 4, minutes(7))
    assert odd(rooms, minutes(7)) == []


def test_a_clock_that_jumps_back_and_forth_pages_nobody_and_keeps_the_level(rooms: Rooms) -> None:
    rooms.see(a_post(), 4, minutes(2))
    rooms.judge(minutes(2))
    for at in (7, -3_000, 12, 525_600, 17):
        rooms.look(KEY, 5, minutes(at))
        rooms.judge(minutes(at))
    assert rooms.told() == []
    rooms.look(KEY, 900, minutes(22))
    rooms.judge(minutes(22))
    before = [incident.severity for incident in rooms.incidents()]
    rooms.judge(minutes(-60))
    assert [incident.severity for incident in rooms.incidents()] == before


numbers = st.one_of(st.none(), st.integers(-(2**70), 2**70))
offsets = st.integers(-10_000, 10_000)


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(looks=st.lists(st.tuples(offsets, numbers, numbers, offsets), min_size=1, max_size=6), born=st.none() | offsets)
def test_no_counts_and_no_times_raise(looks: list[tuple[int, int | None, int | None, int]], born: int | None) -> None:
    rooms = Rooms()
    posted_at = None if born is None else minutes(born)
    for seen_at, reposts, views, now in looks:
        counts = Counts(
            reposts=None if reposts is None else Count(reposts), views=None if views is None else Count(views)
        )
        rooms.spot(a_post(posted_at=posted_at), counts, minutes(now), seen_at=minutes(seen_at))
        rooms.judge(minutes(now))
    rooms.store.close()


@pytest.mark.parametrize("reposts", [299_999, 10_000])
def test_a_fast_post_is_not_odd(rooms: Rooms, reposts: int) -> None:
    rooms.see(a_post(), reposts, minutes(29))
    assert odd(rooms, minutes(29)) == []
