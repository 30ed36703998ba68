"""What tells a shove that ended from a rise that people carry."""

from hypothesis import given
from hypothesis import strategies as st

from monitor.spread.shove import LEAST, shoved

MINUTE = 60.0
EVERY_FIVE = [5 * MINUTE * n for n in range(1, 13)]


def test_a_shove_is_known_once_it_has_ended() -> None:
    counts = [20, 22, 24, 124, 224, 226, 227, 228, 229, 230, 231, 232]
    told = shoved(EVERY_FIVE, counts)
    assert told[:5] == [False] * 5
    assert told[-1]


def test_a_rise_that_fades_slowly_is_peoples() -> None:
    assert not any(shoved(EVERY_FIVE, [20, 22, 24, 124, 224, 264, 294, 320, 340, 358, 374, 388]))


def test_it_no_longer_matters_once_people_bring_more() -> None:
    ended = [10, 60, 110, 110, 110, 110, 110]
    people = [250, 330, 420, 520, 630]
    told = shoved(EVERY_FIVE, ended + people)
    assert told[6]
    assert not told[-1]


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
    told = shoved(ages, counts)
    assert told == [shoved(ages[:n], counts[:n])[-1] for n in range(1, len(ages) + 1)]
    assert not any(said and count < LEAST for said, count in zip(told, counts, strict=True))
