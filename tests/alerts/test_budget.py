"""What one account may ask: never faster than it is allowed, one place kept for pages, one lane's rest is no other's."""

from hypothesis import given
from hypothesis import strategies as st

from alerts.budget import Allowance, Budget, Lane
from monitor.clock import VirtualClock
from monitor.sandbox.slack_limits import Bucket, Window
from tests.builders import NOON

POST, CHANGE = Lane("post", "C1"), Lane("change")
ALLOWED = {"post": Allowance(every=1.0), "change": Allowance(every=1.5, burst=5)}


def a_budget(clock: VirtualClock, **given: bool) -> Budget:
    return Budget(clock.elapsed, ALLOWED, **given)


def test_a_message_a_second_and_pages_find_every_other_place_free() -> None:
    clock = VirtualClock(NOON)
    budget = a_budget(clock)
    assert budget.take(POST, page=True) == 0
    clock.advance(1)
    assert budget.wait(POST, page=False) == 1
    assert budget.take(POST, page=True) == 0


def test_the_next_message_keeps_its_distance_from_the_end_of_the_one_before() -> None:
    clock = VirtualClock(NOON)
    budget = a_budget(clock)
    budget.take(POST, page=True)
    clock.advance(3)
    budget.ended(POST)
    assert budget.wait(POST, page=True) == 1


def test_changes_may_come_in_a_burst_whose_last_place_is_a_pages() -> None:
    clock = VirtualClock(NOON)
    budget = a_budget(clock)
    assert [budget.take(CHANGE, page=False) for _ in range(5)] == [0, 0, 0, 0, 1.5]
    assert budget.take(CHANGE, page=True) == 0


def test_rest_is_the_lanes_that_was_asked_for_it() -> None:
    clock = VirtualClock(NOON)
    budget = a_budget(clock)
    budget.rest(POST, 30)
    assert budget.wait(POST, page=True) == 30
    assert budget.wait(Lane("post", "C2"), page=True) == 0
    assert budget.wait(CHANGE, page=False) == 0
    budget.rest(POST, -1)
    assert budget.wait(POST, page=True) == 30


def test_what_is_spent_fills_again() -> None:
    clock = VirtualClock(NOON)
    budget = a_budget(clock, spent=True)
    assert budget.wait(POST, page=True) == 1
    assert budget.wait(CHANGE, page=True) == 1.5
    clock.advance(60)
    assert [budget.take(CHANGE, page=True) for _ in range(5)] == [0] * 5


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.floats(0, 4)), max_size=80))
def test_whatever_is_asked_and_when_slack_never_has_to_refuse(asked: list[tuple[bool, bool, float]]) -> None:
    clock = VirtualClock(NOON)
    budget, bucket, window = a_budget(clock), Bucket(1), Window(50)
    for is_post, page, later in asked:
        lane = POST if is_post else CHANGE
        if budget.take(lane, page=page) == 0:
            assert (bucket if is_post else window).wait(clock.now()) == 0
        clock.advance(later)
