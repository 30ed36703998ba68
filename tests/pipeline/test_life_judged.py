"""An incident's life from end to end: the real store, the real rules, people who press and a clock that goes on."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from monitor import metrics
from monitor.model import MACHINE, Act, Actor, Incident, IncidentState, PostKey, Severity, Step
from monitor.pipeline import due
from tests.builders import NOON, a_post
from tests.pipeline.conftest import Rooms

LI = Actor("slack:U1", "李")
KEY = PostKey("weibo", "1")
S = IncidentState
BUG = "星禾奶茶喝到一半发现里面有虫子,店员说是茶叶渣,客服三天没有人回复我"


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def a_step(act: Act, minutes: float, **facts: Any) -> Step:
    return Step(act=act, actor=LI, at=at(minutes), key=f"{act}:{minutes}", source="slack", facts=facts)


def look(rooms: Rooms, reposts: int, minutes: float) -> Incident:
    rooms.look(KEY, reposts, at(minutes))
    rooms.judge(at(minutes))
    return the(rooms)


def the(rooms: Rooms) -> Incident:
    (incident,) = rooms.incidents()
    return incident


@pytest.fixture
def fire(rooms: Rooms) -> Rooms:
    """A post that reached what hurts, and its page."""
    rooms.see(a_post(native_id="1", text=BUG), 4, at(2))
    rooms.judge(at(2))
    look(rooms, 510, 30)
    assert (the(rooms).state, the(rooms).severity) == (S.OPEN, Severity.ORANGE)
    return rooms


def acts(rooms: Rooms) -> list[Act]:
    return [event.act for event in rooms.store.events(the(rooms).id)]


def told(rooms: Rooms, kind: str = "thread") -> list[str]:
    return [row["body"]["code"] for row in rooms.store.notifications() if row["kind"] == kind]


def let_the_clock_run(rooms: Rooms, since: float, until: float, every: float = 30) -> None:
    minutes = since
    while minutes <= until:
        due.step(rooms.store, at(minutes))
        minutes += every


def test_what_is_judged_twice_pages_once(fire: Rooms) -> None:
    look(fire, 515, 31)
    look(fire, 515, 31)
    assert acts(fire).count(Act.PAGE) == 1
    assert len(fire.told()) == 1


def test_a_missed_deadline_is_a_line_and_a_number_once_each(fire: Rooms) -> None:
    before = metrics.REGISTRY.get_sample_value("langyan_deadline_missed_total", {"clock": "1h"}) or 0.0
    let_the_clock_run(fire, 31, 6 * 60)
    assert acts(fire).count(Act.DEADLINE) == 2
    assert told(fire) == ["deadline_missed", "deadline_missed"]
    after = metrics.REGISTRY.get_sample_value("langyan_deadline_missed_total", {"clock": "1h"})
    assert after == before + 1


def test_an_answer_in_time_misses_nothing(fire: Rooms) -> None:
    fire.store.handle(the(fire).id, a_step(Act.RESPOND, 50))
    let_the_clock_run(fire, 51, 23 * 60)
    assert Act.DEADLINE not in acts(fire)


def test_a_snooze_ends_at_its_time_with_a_page_again(fire: Rooms) -> None:
    fire.store.handle(the(fire).id, a_step(Act.SNOOZE, 40, until=at(600).isoformat()))
    let_the_clock_run(fire, 41, 599)
    assert told(fire, "repeat") == []
    let_the_clock_run(fire, 600, 700)
    assert told(fire, "repeat") == ["snooze_over"]
    assert the(fire).snoozed_until is None


def test_a_snooze_is_broken_when_the_reach_doubles(fire: Rooms) -> None:
    fire.store.handle(the(fire).id, a_step(Act.SNOOZE, 40, until=at(600).isoformat()))
    look(fire, 700, 60)
    assert told(fire, "repeat") == []
    look(fire, 1030, 90)
    assert told(fire, "repeat") == ["snooze_broken"]
    look(fire, 1040, 95)
    assert told(fire, "repeat") == ["snooze_broken"]


def quiet(rooms: Rooms) -> None:
    """Two days of looks that show nothing new."""
    for hour in range(1, 50):
        look(rooms, 512, 30 + 60 * hour)
        due.step(rooms.store, at(31 + 60 * hour))


def test_what_is_quiet_for_long_sleeps_and_is_never_resolved(fire: Rooms) -> None:
    quiet(fire)
    assert the(fire).state is S.DORMANT
    assert "dormant" in told(fire)
    assert fire.store.incidents() == []
    asleep = next(event for event in fire.store.events(the(fire).id) if event.act is Act.SLEEP)
    assert (asleep.actor, asleep.source, asleep.before) == (MACHINE, "clock", S.OPEN)


def test_what_slept_and_flares_up_is_open_again_in_the_same_thread(fire: Rooms) -> None:
    quiet(fire)
    roots = fire.told()
    number = the(fire).id
    look(fire, 5200, 30 + 60 * 50)
    assert (the(fire).id, the(fire).state) == (number, S.OPEN)
    assert told(fire, "repeat") == ["reignited"]
    assert fire.told() == roots


def test_a_false_alarm_comes_back_once_at_the_next_level_and_says_who_closed_it(fire: Rooms) -> None:
    fire.store.handle(the(fire).id, a_step(Act.FALSE_ALARM, 40))
    look(fire, 1500, 60)
    assert the(fire).state is S.FALSE_ALARM
    look(fire, 5600, 90)
    back = the(fire)
    assert (back.state, back.severity, back.owner) == (S.OPEN, Severity.RED, None)
    assert [reason.facts["closed_by"] for reason in back.reasons if reason.code == "came_back"] == ["李"]
    fire.store.handle(back.id, a_step(Act.FALSE_ALARM, 95))
    look(fire, 9000, 120)
    assert the(fire).state is S.FALSE_ALARM
    assert told(fire, "repeat") == ["came_back"]


def test_what_was_resolved_long_ago_and_flares_up_is_a_new_incident(fire: Rooms) -> None:
    first = the(fire).id
    fire.store.handle(first, a_step(Act.RESOLVE, 40))
    days = 4 * 24 * 60
    fire.look(KEY, 6000, at(days))
    fire.judge(at(days))
    newest = max(fire.incidents(), key=lambda incident: incident.id)
    assert (newest.id > first, newest.state, len(fire.told())) == (True, S.OPEN, 2)


def test_a_resolved_incident_is_to_be_followed_up_after_three_days(fire: Rooms) -> None:
    fire.store.handle(the(fire).id, a_step(Act.RESOLVE, 40))
    let_the_clock_run(fire, 41, 40 + 3 * 24 * 60 - 1, every=600)
    assert the(fire).state is S.RESOLVED
    let_the_clock_run(fire, 40 + 3 * 24 * 60, 40 + 3 * 24 * 60 + 60)
    assert (the(fire).state, told(fire)[-1]) == (S.FOLLOW_UP, "follow_up")


def test_a_clock_that_was_set_back_does_nothing_twice(fire: Rooms) -> None:
    let_the_clock_run(fire, 31, 300)
    before = acts(fire)
    let_the_clock_run(fire, -600, 300)
    look(fire, 515, -300)
    assert [act for act in acts(fire) if act is not Act.LOWER] == before


def test_what_was_overdue_while_nothing_ran_is_done_once(fire: Rooms) -> None:
    due.step(fire.store, at(60 * 9))
    due.step(fire.store, at(60 * 9))
    missed = [event.facts for event in fire.store.events(the(fire).id) if event.act is Act.DEADLINE]
    assert missed == [{"hours": 4}]


def test_what_has_nothing_to_do_yet_is_not_asked_for_again_at_once(fire: Rooms) -> None:
    """Open and unwatched for two days: it may not sleep, and the clock does not run hot over it."""
    let_the_clock_run(fire, 31, 25 * 60)
    later = at(48 * 60)
    assert fire.store.due(later, 10) != []
    due.step(fire.store, later)
    assert fire.store.due(later, 10) == []
    assert the(fire).state is S.OPEN
