"""What holds a page probability down, and that the held-out table is judged by the same."""

from dataclasses import replace
from math import log

import numpy as np
import pytest

from monitor.spread.doubt import FEWEST, FEWEST_SAY, UNPROVEN, doubted, held, weighed
from monitor.spread.heldout import judged, page_rows
from monitor.spread.nets import AS_IT_IS
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


@pytest.mark.parametrize(
    ("page", "usual", "told"),
    [
        (0.9, 40, 0.9),
        (0.9, 250, 0.9),
        (0.9, 500, 9 / 11),
        (0.9, 400, 5.625 / 6.625),
        (0.9, 5_000, 9 / 11),
        (0.0, 500, 0.0),
        (1.0, 500, 1.0),
    ],
)
def test_where_most_posts_come_to_what_hurts_a_page_must_be_surer(page: float, usual: float, told: float) -> None:
    assert weighed(np.array([page]), log(usual), 500).tolist() == pytest.approx([told])


def test_the_held_out_table_weighs_pages_as_the_daemon_does() -> None:
    post = judged_post(final=600, chances=(0.9, 0.9, 0.9), viral=True).post
    where = post.where.copy()
    where[:, 0] = log(500)
    told = judged([replace(post, where=where)], {0: (AS_IT_IS, AS_IT_IS)})[0]
    assert told.chance.tolist() == pytest.approx([0.9] * 3)
    assert told.page.tolist() == pytest.approx([9 / 11] * 3)
