"""What holds a page probability down, and that the held-out table is judged by the same."""

import numpy as np
import pytest

from monitor.spread.doubt import FEWEST, FEWEST_SAY, UNPROVEN, doubted, held
from monitor.spread.heldout import page_rows
from tests.spread.histories import judged_post

NO, YES = np.array([False]), np.array([True])


@pytest.mark.parametrize(
    ("now", "doubt", "reached", "told"),
    [
        (FEWEST, NO, NO, 0.9),
        (FEWEST - 1, NO, NO, FEWEST_SAY),
        (FEWEST, YES, NO, UNPROVEN),
        (FEWEST - 1, YES, NO, FEWEST_SAY),
        (FEWEST - 1, NO, YES, 0.9),
        (FEWEST - 1, YES, YES, UNPROVEN),
    ],
)
def test_few_reposts_hold_it_down_until_it_has_what_hurts_and_doubt_holds_it_for_good(
    now: int, doubt: np.ndarray, reached: np.ndarray, told: float
) -> None:
    assert held(np.array([0.9]), np.array([float(now)]), doubt, reached).tolist() == [told]


@pytest.mark.parametrize(
    ("now", "sudden", "ended", "awaited", "told"),
    [
        (499, YES, 0, 0, True),
        (500, YES, 0, 0, False),
        (499, NO, 200, 0, True),
        (499, NO, 199, 0, False),
        (499, NO, 0, 400, False),
        (505, NO, 5, 0, False),
        (505, NO, 6, 0, True),
        (505, NO, 0, 201, False),
        (505, NO, 0, 202, True),
        (900, NO, 0, 400, False),
        (905, NO, 305, 400, True),
        (999, NO, 600, 0, True),
        (1000, NO, 600, 0, False),
    ],
)
def test_below_what_hurts_much_of_it_must_be_doubtful_and_from_there_on_what_it_has_beyond(
    now: int, sudden: np.ndarray, ended: int, awaited: int, *, told: bool
) -> None:
    given = (np.array([float(now)]), 500, sudden, np.array([float(ended)]), np.array([float(awaited)]))
    assert doubted(*given).tolist() == [told]


def test_doubt_never_raises_a_probability() -> None:
    assert held(np.array([0.05]), np.array([3.0]), YES, NO).tolist() == [0.05]


def test_a_post_of_few_reposts_teaches_no_page() -> None:
    few = judged_post(final=FEWEST - 1, chances=(0.9, 0.9, 0.9), viral=False)
    assert len(page_rows([few.post])[0]) == 0
