"""When a living message is worth renewing, and when what did not go through is tried again."""

from datetime import timedelta
from random import Random

import pytest

from alerts import policy
from monitor.model import Outcome, Receipt
from tests.builders import NOON, a_forecast, an_incident


@pytest.mark.parametrize(
    ("before", "after", "renewed"),
    [(60, 60, False), (60, 99, False), (60, 101, True), (99, 100, True), (3, 4, False), (4, 5, True), (0, 1, True)],
)
def test_a_message_is_renewed_when_a_milestone_is_passed(before: int, after: int, renewed: bool) -> None:
    old = an_incident(forecast=a_forecast(now=before))
    assert policy.material(old, a_forecast(now=after), old.posts) is renewed


def test_slow_growth_passes_milestones_too() -> None:
    renewals, stored = 0, an_incident(forecast=a_forecast(now=10))
    for now in range(11, 1001):
        renewals += policy.material(stored, a_forecast(now=now), 1)
        stored = an_incident(forecast=a_forecast(now=now))
    assert renewals == len([20, 50, 100, 200, 500, 1000])


def test_a_new_expectation_renews_whether_it_rose_or_fell() -> None:
    old = an_incident(forecast=a_forecast(median=900.0))
    assert policy.material(old, a_forecast(median=1100.0), 1)
    assert policy.material(old, a_forecast(median=400.0), 1)
    assert not policy.material(old, a_forecast(median=950.0), 1)


def test_more_posts_of_the_same_story_renew_at_milestones() -> None:
    old = an_incident(posts=7)
    assert not policy.material(old, old.forecast, 9)
    assert policy.material(old, old.forecast, 10)


def test_a_forecast_that_went_missing_renews_nothing_and_a_first_one_does() -> None:
    assert not policy.material(an_incident(), None, 1)
    assert policy.material(an_incident(forecast=None), a_forecast(), 1)


def wait(receipt: Receipt, attempts: int = 1, seed: int = 0) -> float:
    again = policy.retry_at(receipt, attempts, NOON, Random(seed), settle_after=15.0)
    assert again is not None
    return (again - NOON).total_seconds()


@pytest.mark.parametrize("outcome", [Outcome.SENT, Outcome.PERMANENT])
def test_what_is_over_is_not_tried_again(outcome: Outcome) -> None:
    assert policy.retry_at(Receipt(outcome=outcome), 1, NOON, Random(0), settle_after=15.0) is None


def test_a_429_waits_as_long_as_it_says_and_a_little_more() -> None:
    waits = [wait(Receipt(outcome=Outcome.RATE_LIMITED, retry_after=30.0), seed=seed) for seed in range(50)]
    assert min(waits) >= 30.0
    assert max(waits) <= 30.5
    assert len(set(waits)) > 40


def test_a_refusal_backs_off_from_a_second_to_a_minute_and_never_longer() -> None:
    waits = [wait(Receipt(outcome=Outcome.REFUSED), attempts) for attempts in range(1, 40)]
    assert 1.0 <= waits[0] <= 1.5
    assert waits[3] >= 8.0
    assert max(waits) == policy.LONGEST_BACKOFF


def test_a_message_in_doubt_is_looked_for_only_after_it_had_time_to_settle() -> None:
    assert wait(Receipt(outcome=Outcome.AMBIGUOUS)) == 15.0
    assert wait(Receipt(outcome=Outcome.AMBIGUOUS, retry_after=40.0)) == 40.0
    assert wait(Receipt(outcome=Outcome.AMBIGUOUS), attempts=30) == policy.LONGEST_BACKOFF


def test_waiting_is_counted_from_the_end_of_the_attempt() -> None:
    late = NOON + timedelta(seconds=10)
    again = policy.retry_at(Receipt(outcome=Outcome.AMBIGUOUS), 1, late, Random(0), settle_after=15.0)
    assert again == NOON + timedelta(seconds=25)
