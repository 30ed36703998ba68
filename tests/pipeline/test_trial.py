"""A trial says daily how it stands, once, and goes by what people pressed last."""

from datetime import UTC, datetime, time, timedelta

import pytest

from alerts.lines import trial as told
from monitor.model import NotificationKind
from monitor.pipeline.trial import Lines, stands
from monitor.store import Store
from tests.builders import NOON

NINE = time(9)
MORNING = datetime(2026, 11, 28, 1, tzinfo=UTC)
"""Nine o'clock in Shanghai."""


@pytest.fixture
def store() -> Store:
    return Store.memory()


def lines_of(store: Store) -> list[dict[str, object]]:
    return [row["body"] for row in store.notifications() if row["kind"] == NotificationKind.TRIAL.value]


def test_the_first_day_says_that_it_begins_whatever_the_hour(store: Store) -> None:
    Lines(store, ["quiet"], NINE).step(MORNING + timedelta(hours=9))
    assert lines_of(store) == [{"begun": True}]


def test_each_morning_says_how_it_stands_once_after_restarts_too(store: Store) -> None:
    Lines(store, ["quiet"], NINE).step(MORNING - timedelta(hours=6))
    for minutes in (-60, 0, 1, 300):
        Lines(store, ["quiet"], NINE).step(MORNING + timedelta(days=1, minutes=minutes))
    assert lines_of(store) == [{"begun": True}, {"day": 2, "pages": 0, "night": 0, "pressed": 0, "right": 0}]


def test_a_morning_that_nobody_ran_is_made_up_for_later_that_day(store: Store) -> None:
    lines = Lines(store, ["quiet"], NINE)
    lines.step(MORNING)
    lines.step(MORNING + timedelta(days=1, hours=3))
    assert [line.get("day") for line in lines_of(store)] == [None, 2]


def test_without_a_line_no_trial_goes_on(store: Store) -> None:
    assert stands(store, NOON) is None


@pytest.mark.parametrize(
    ("facts", "zh", "en"),
    [
        (
            {"day": 5, "pages": 3, "night": 1, "pressed": 2, "right": 2},
            "试运行第 5 天：会叫醒 3 次（夜里 1 次），按过的 2 次里 2 次该叫醒。",
            "Trial, day 5: 3 pages (1 at night); of 2 that somebody pressed, 2 should have.",
        ),
        (
            {"day": 2, "pages": 0, "night": 0, "pressed": 0, "right": 0},
            "试运行第 2 天：一次也不会叫醒。",
            "Trial, day 2: nothing would have paged.",
        ),
        (
            {"day": 3, "pages": 1, "night": 0, "pressed": 0, "right": 0},
            "试运行第 3 天：会叫醒 1 次（夜里 0 次），还没有人按过。",
            "Trial, day 3: 1 page (0 at night); nobody has pressed yet.",
        ),
    ],
)
def test_the_line_says_pages_nights_and_presses(facts: dict[str, int], zh: str, en: str) -> None:
    assert (told(facts, "zh"), told(facts, "en")) == (zh, en)
