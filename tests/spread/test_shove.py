"""What tells a shove that ended from a rise that people carry."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from monitor.spread.shove import LEAST, shoves

MINUTE = 60.0
EVERY_FIVE = [5 * MINUTE * n for n in range(1, 13)]


def ended(ages: Sequence[float], counts: Sequence[int]) -> list[int]:
    return shoves(ages, counts).ended


def awaited(ages: Sequence[float], counts: Sequence[int]) -> list[int]:
    return shoves(ages, counts).awaited


def test_a_shove_is_known_once_it_has_ended() -> None:
    counts = [20, 22, 24, 124, 224, 226, 227, 228, 229, 230, 231, 232]
    told = ended(EVERY_FIVE, counts)
    assert told[:5] == [0] * 5
    assert told[-1] == 204


def test_a_rise_that_fades_slowly_is_peoples() -> None:
    assert not any(ended(EVERY_FIVE, [20, 22, 24, 124, 224, 264, 294, 320, 340, 358, 374, 388]))


def test_what_people_bring_later_is_theirs() -> None:
    over = [10, 60, 110, 110, 110, 110, 110]
    people = [250, 330, 420, 520, 630]
    told = ended(EVERY_FIVE, over + people)
    assert told[6] == told[-1] == 100


AN_HOUR_LATER = [*EVERY_FIVE, *(65 * MINUTE + 5 * MINUTE * n for n in range(6))]
STEADY = [3 * n for n in range(1, 13)]
"""Three reposts every five minutes, for an hour."""


def test_a_kick_that_falls_back_to_the_pace_from_before_was_a_shove() -> None:
    assert ended(AN_HOUR_LATER, [*STEADY, 96, 156, 162, 167, 172, 177])[-1] == 126
    assert ended(AN_HOUR_LATER, [*STEADY, 96, 156, 164, 172, 180, 188])[-1] == 0


def test_a_rise_that_is_no_kick_must_end_altogether() -> None:
    steep = [12 * n for n in range(1, 13)]
    assert ended(AN_HOUR_LATER, [*steep, 204, 264, 273, 282, 291, 300])[-1] == 0
    assert ended(AN_HOUR_LATER, [*steep, 204, 264, 265, 266, 267, 268])[-1] > 0


def test_a_kick_is_awaited_until_it_can_be_known_how_it_ended() -> None:
    told = awaited(AN_HOUR_LATER, [*STEADY, 186, 336, 339, 342, 345, 348])
    assert told[12:] == [159, 306, 306, 306, 0, 0]
    assert not any(told[:12])


def test_a_kick_that_goes_on_is_peoples_after_a_while() -> None:
    ages = [5 * MINUTE * n for n in range(1, 25)]
    told = awaited(ages, [*STEADY, *(36 + 150 * n for n in range(1, 13))])
    assert [bool(said) for said in told] == [False] * 12 + [True] * 4 + [False] * 8


def test_a_post_that_was_not_watched_for_half_an_hour_has_no_pace_to_be_kicked_from() -> None:
    ages = [3 * 60 * MINUTE + 5 * MINUTE * n for n in range(6)]
    assert not any(awaited(ages, [100, 104, 108, 300, 500, 700]))
    assert not any(awaited(EVERY_FIVE[:6], [1, 4, 8, 12, 200, 500]))


def test_a_counter_that_is_brought_up_to_date_now_and_then_is_no_shove() -> None:
    cached = [120, 120, 120, 120, 120, 120, 300, 300, 300, 300, 300, 300]
    assert shoves(EVERY_FIVE, cached) == ([0] * 12, [0] * 12)


def test_where_two_shoves_ended_the_counter_jumps_and_none_was() -> None:
    ages = [5 * MINUTE * n for n in range(1, 26)]
    counts = [*STEADY, 136, 236, 238, 240, 241, 242, 243, 244, 344, 444, 446, 447, 448]
    told = shoves(ages, counts)
    assert (told.ended[17], told.awaited[17]) == (206, 0)
    assert (told.ended[-1], told.awaited[-1]) == (0, 0)


def test_a_kick_of_bots_that_take_their_time_is_awaited_while_it_stands_still() -> None:
    ages = [5 * MINUTE * n for n in range(1, 25)]
    counts = [*STEADY, 186, 336, 486, *(487 + n for n in range(9))]
    told = shoves(ages, counts)
    assert [bool(ended or awaited) for ended, awaited in zip(*told, strict=True)] == [False] * 12 + [True] * 12


def test_a_gap_between_looks_tells_of_no_shove() -> None:
    assert not any(ended([5 * MINUTE, 60 * MINUTE, 75 * MINUTE, 90 * MINUTE], [5, 300, 300, 300]))
    watched = [5 * MINUTE, 10 * MINUTE, 15 * MINUTE]
    assert ended([*watched, 55 * MINUTE], [5, 150, 300, 300])[-1] == 295
    assert ended([*watched, 56 * MINUTE], [5, 150, 300, 300])[-1] == 0


@given(st.lists(st.tuples(st.floats(1, 3000), st.integers(0, 300)), min_size=1, max_size=40))
def test_what_comes_after_a_look_never_changes_what_it_told(steps: list[tuple[float, int]]) -> None:
    ages, counts = [], []
    age, count = 0.0, 0
    for gap, gain in steps:
        age, count = age + gap, count + gain
        ages.append(age)
        counts.append(count)
    told = shoves(ages, counts)
    for n in range(1, len(ages) + 1):
        by_then = shoves(ages[:n], counts[:n])
        assert (by_then.ended[-1], by_then.awaited[-1]) == (told.ended[n - 1], told.awaited[n - 1])
    for over, may, count in zip(*told, counts, strict=True):
        assert over >= 0
        assert may >= 0
        assert over + may <= count
        assert over + may == 0 or count >= LEAST
