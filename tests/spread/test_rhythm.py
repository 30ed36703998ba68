"""How active people are through the day."""

import pytest

from monitor.spread.rhythm import Rhythm
from tests.builders import NOON


def test_the_rhythm_counts_the_hours_of_china_across_midnight() -> None:
    rhythm = Rhythm.of([2.0] * 12 + [0.5] * 12)
    noon = NOON.timestamp()
    assert rhythm.at(noon) == 0.5
    assert rhythm.until(noon + 3_600) - rhythm.until(noon - 3_600) == pytest.approx(2.5)
    assert rhythm.until(noon + 86_400) - rhythm.until(noon) == pytest.approx(30)
    assert rhythm.until(noon + 12.5 * 3_600) - rhythm.until(noon + 11.5 * 3_600) == pytest.approx(0.25 + 1.0)


@pytest.mark.parametrize("hours", [[], [1.0] * 23, [1.0] * 25, [1.0] * 23 + [0.0]])
def test_a_day_has_24_hours_and_somebody_is_always_awake(hours: list[float]) -> None:
    with pytest.raises(ValueError, match="24 hours above 0"):
        Rhythm.of(hours)
