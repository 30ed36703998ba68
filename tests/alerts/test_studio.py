"""Pictures are drawn beside the loop that tells people: no page waits for one."""

import threading
from datetime import datetime

import pytest

from alerts.studio import Studio, Unfinished
from monitor.model import Incident
from tests.builders import NOON, an_incident


def test_a_picture_that_takes_its_time_is_asked_for_again_and_drawn_once() -> None:
    ready, asked = threading.Event(), []

    def slowly(incident: Incident, now: datetime) -> bytes:
        asked.append(now)
        ready.wait(10)
        return b"png"

    studio = Studio(slowly, patience=0.01)
    for _ in range(3):
        with pytest.raises(Unfinished):
            studio.draw(an_incident(), NOON)
    ready.set()
    studio.patience = 10
    assert studio.draw(an_incident(), NOON) == b"png"
    assert asked == [NOON]


def test_the_next_picture_of_an_incident_is_drawn_anew() -> None:
    drawn = iter([b"first", b"second"])
    studio = Studio(lambda incident, now: next(drawn), patience=10)
    assert [studio.draw(an_incident(), NOON) for _ in range(2)] == [b"first", b"second"]


def test_what_fails_is_said_to_whoever_asks_and_tried_anew() -> None:
    answers = iter([ZeroDivisionError(), None])

    def draw(incident: Incident, now: datetime) -> bytes | None:
        answer = next(answers)
        if answer is not None:
            raise answer
        return None

    studio = Studio(draw, patience=10)
    with pytest.raises(ZeroDivisionError):
        studio.draw(an_incident(), NOON)
    assert studio.draw(an_incident(), NOON) is None


def test_a_drawing_that_ran_out_of_time_is_not_taken_for_one_under_way() -> None:
    def too_slow(incident: Incident, now: datetime) -> bytes | None:
        raise TimeoutError("the drawing itself")

    with pytest.raises(TimeoutError, match="the drawing itself"):
        Studio(too_slow, patience=10).draw(an_incident(), NOON)
