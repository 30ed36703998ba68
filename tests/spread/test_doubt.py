"""What holds a page probability down, and that the held-out table is judged by the same."""

import numpy as np
import pytest

from monitor.spread.doubt import FEWEST, FEWEST_SAY, UNPROVEN, held
from monitor.spread.heldout import page_rows
from tests.spread.histories import judged_post

NO, YES = np.array([False]), np.array([True])


@pytest.mark.parametrize(
    ("now", "unproven", "reached", "told"),
    [
        (FEWEST, NO, NO, 0.9),
        (FEWEST - 1, NO, NO, FEWEST_SAY),
        (FEWEST, YES, NO, UNPROVEN),
        (FEWEST - 1, YES, NO, FEWEST_SAY),
        (FEWEST - 1, YES, YES, 0.9),
    ],
)
def test_few_reposts_and_a_sudden_rise_hold_it_down_until_it_has_what_hurts(
    now: int, unproven: np.ndarray, reached: np.ndarray, told: float
) -> None:
    assert held(np.array([0.9]), np.array([float(now)]), unproven, reached).tolist() == [told]


def test_doubt_never_raises_a_probability() -> None:
    assert held(np.array([0.05]), np.array([3.0]), YES, NO).tolist() == [0.05]


def test_a_post_of_few_reposts_teaches_no_page() -> None:
    few = judged_post(final=FEWEST - 1, chances=(0.9, 0.9, 0.9), viral=False)
    assert len(page_rows([few.post])[0]) == 0
