"""What tells a shove that ended from a rise that people carry."""

from hypothesis import given
from hypothesis import strategies as st

from monitor.spread.shove import LEAST, SETTLED, awaited, shoved

MINUTE = 60.0
EVERY_FIVE = [5 * MINUTE * n for n in range(1, 13)]


def test_a_shove_is_known_once_it_has_ended() -> None:
    counts = [20, 22, 24, 124, 224, 226, 227, 228, 229, 230, 231, 232]
    told = shoved(EVERY_FIVE, counts)
    assert told[:5] == [0] * 5
    assert told[-1] == 204


def test_a_rise_that_fades_slowly_is_peoples() -> None:
    assert not any(shoved(EVERY_FIVE, [20, 22, 24, 124, 224, 264, 294, 320, 340, 358, 374, 388]))


def test_what_people_bring_later_is_theirs() -> None:
    ended = [10, 60, 110, 110, 110, 110, 110]
    people = [250, 330, 420, 520, 630]
    told = shoved(EVERY_FIVE, ended + people)
    assert told[6] == told[-1] == 100


AN_HOUR_LATER = [*EVERY_FIVE, *(65 * MINUTE + 5 * MINUTE * n for n in range(6))]
STEADY = [3 * n for n in range(1, 13)]
"""Three reposts every five minutes, for an hour."""


def test_a_kick_that_falls_back_to_the_pace_from_before_was_a_shove() -> None:
    assert shoved(AN_HOUR_LATER, [*STEADY, 96, 156, 162, 167, 172, 177])[-1] == 126
    assert shoved(AN_HOUR_LATER, [*STEADY, 96, 156, 164, 172, 180, 188])[-1] == 0


def test_a_rise_that_is_no_kick_must_end_altogether() -> None:
    steep = [12 * n for n in range(1, 13)]
    assert shoved(AN_HOUR_LATER, [*steep, 204, 264, 273, 282, 291, 300])[-1] == 0
    assert shoved(AN_HOUR_LATER, [*steep, 204, 264, 265, 266, 267, 268])[-1] > 0


def test_a_kick_is_awaited_until_it_can_be_known_how_it_ended() -> None:
    told = awaited(AN_HOUR_LATER, [*STEADY, 186, 336, 339, 342, 345, 348])
    assert told[12:] == [159, 306, 306, 306, 306, 306]
    assert not any(told[:12])


def test_a_young_post_that_rises_fast_is_awaited_by_nobody() -> None:
    ages = [1 * MINUTE, 6 * MINUTE, 11 * MINUTE, SETTLED - 1]
    assert awaited(ages, [1, 4, 200, 500]) == [0, 0, 0, 0]


def test_a_gap_between_looks_tells_of_no_shove() -> None:
    assert not any(shoved([5 * MINUTE, 60 * MINUTE, 75 * MINUTE, 90 * MINUTE], [5, 300, 300, 300]))


@given(st.lists(st.tuples(st.floats(1, 3000), st.integers(0, 300)), min_size=1, max_size=40))
def test_what_comes_after_a_look_never_changes_what_it_told(steps: list[tuple[float, int]]) -> None:
    ages, counts = [], []
    age, count = 0.0, 0
    for gap, gain in steps:
        age, count = age + gap, count + gain
        ages.append(age)
        counts.append(count)
    for tell in (shoved, awaited):
        told = tell(ages, counts)
        assert told == [tell(ages[:n], counts[:n])[-1] for n in range(1, len(ages) + 1)]
        assert all(0 <= said <= count for said, count in zip(told, counts, strict=True))
        assert not any(said and count < LEAST for said, count in zip(told, counts, strict=True))
