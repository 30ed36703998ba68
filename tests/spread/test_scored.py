"""What pages are worth, beside the count rule."""

from dataclasses import replace
from math import log

from monitor.spread import scored
from monitor.spread.curves import HOUR
from monitor.spread.heldout import AGES, EXAMS
from tests.spread.histories import judged_post as post

POSTS = [
    post(final=600, chances=(0.9, 0.9, 0.9), viral=True),
    post(final=700, chances=(0.1, 0.2, 0.9), viral=True),
    post(final=100, chances=(0.1, 0.9, 0.9), viral=False),
    post(final=80, chances=(0.1, 0.1, 0.1), viral=False),
]


def test_a_post_is_paged_at_the_first_look_over_the_threshold() -> None:
    assert scored.first_pages(POSTS, scored.by_page, 0.8) == [HOUR, 20 * HOUR, 4 * HOUR, None]
    assert scored.first_pages(POSTS, scored.by_count, 200) == [4 * HOUR, 4 * HOUR, None, None]


def test_pages_are_scored_within_six_hours_and_over_the_day() -> None:
    got = scored.score(POSTS, scored.first_pages(POSTS, scored.by_page, 0.8))
    assert (got.precision, got.recall, got.early) == (1 / 2, 1 / 2, 1 / 2)
    assert (got.day_precision, got.day_recall, got.day_early) == (2 / 3, 1, 1 / 2)


def test_the_count_rule_beside_is_the_smallest_that_is_as_right() -> None:
    assert scored.count_for(POSTS, 1.0, 500) == 45
    assert scored.count_for(POSTS, 0.5, 500) == 5
    assert scored.count_for(POSTS[2:], 0.9, 500) == 500


def test_the_median_is_told_apart_for_posts_whose_pace_says_something() -> None:
    hours, sure = (0.2, 0.4, 0.9), (0.9, 0.9, 0.9)
    exact, far = (post(final=final, chances=sure, viral=True, hours=hours) for final in (600, 30))
    told = [
        replace(one, post=replace(one.post, told=dict.fromkeys(AGES, (600.0, 0.0, 1000.0)))) for one in (exact, far)
    ]
    assert [one.post.counts[2] for one in told] == [55, 3]
    only_an_hour = scored.table([(EXAMS[0], told)]).splitlines()
    all_of_them, with_ten = only_an_hour[-1].split()[-4:-2]
    assert float(all_of_them) == round(log(601 / 31) ** 2 / 2, 3)
    assert float(with_ten) == 0
