"""How a trial stands: days, nights, and what most people say."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from monitor.model import Pressed
from monitor.triage.trial import begun, opinions, standing

SHANGHAI = timezone(timedelta(hours=8))
BEGUN = datetime(2026, 11, 23, 3, tzinfo=UTC)
NOW = datetime(2026, 11, 27, 1, tzinfo=UTC)


def at(day: int, hour: int) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=SHANGHAI)


def test_a_trial_counts_its_days_its_nights_and_what_was_pressed() -> None:
    paged = {7: at(24, 14), 8: at(25, 2), 9: at(26, 21)}
    presses = [Pressed(7, "slack:U1", True), Pressed(8, "slack:U1", True)]
    found = standing(BEGUN, paged, presses, NOW, SHANGHAI)
    assert found.facts == {"day": 5, "pages": 3, "night": 1, "pressed": 2, "right": 2}


def test_most_people_decide_and_a_tie_decides_nothing() -> None:
    presses = [
        Pressed(7, "a", True),
        Pressed(7, "b", True),
        Pressed(7, "c", False),
        Pressed(8, "a", True),
        Pressed(8, "b", False),
    ]
    assert opinions(presses) == {7: True}


def test_what_was_pressed_of_another_time_is_no_part_of_it() -> None:
    assert standing(BEGUN, {}, [Pressed(3, "a", True)], NOW, SHANGHAI).pressed == 0


def test_a_night_goes_from_ten_to_eight() -> None:
    hours = [21, 22, 23, 0, 7, 8]
    nights = [standing(BEGUN, {1: at(24, hour)}, [], NOW, SHANGHAI).night for hour in hours]
    assert nights == [0, 1, 1, 1, 1, 0]


def test_a_trial_goes_on_from_its_first_line_while_no_gap_is_long() -> None:
    daily = [BEGUN + timedelta(days=day) for day in (0, 1, 3, 4)]
    assert begun(daily, NOW) == BEGUN
    assert begun([], NOW) is None


def test_after_a_long_gap_it_is_another_trial() -> None:
    earlier = [BEGUN - timedelta(days=30), BEGUN - timedelta(days=29)]
    assert begun([*earlier, BEGUN], NOW - timedelta(days=2)) == BEGUN
    assert begun(earlier, NOW) is None


@given(st.lists(st.tuples(st.integers(1, 5), st.sampled_from("abc"), st.booleans())))
def test_no_more_is_right_than_was_pressed_and_no_more_was_pressed_than_paged(
    votes: list[tuple[int, str, bool]],
) -> None:
    found = standing(BEGUN, {1: BEGUN, 2: BEGUN}, [Pressed(*vote) for vote in votes], NOW, SHANGHAI)
    assert 0 <= found.right <= found.pressed <= found.pages == 2
