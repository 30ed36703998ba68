"""The inbox at work: each press carried out once, in order, and said; what crashes twice is set aside and told."""

import threading
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from alerts.intake.actions import Where
from alerts.intake.inbox import PATIENCE, Desk, Switchboard
from alerts.intake.replies import Answer, Speaker
from alerts.intake.steps import Result
from monitor.clock import VirtualClock
from monitor.model import Envelope
from monitor.store import Store, schema
from tests.alerts.intake.payloads import a_press, a_reply, typed
from tests.store.seen import rows

HERE = Where(user="slack:U0LI", channel="C0CRISIS01")


class Carries:
    """Carries out what comes, unless told to crash."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.crashes = 0
        self.may = threading.Event()
        self.may.set()

    def takes_long(self, envelope: Envelope) -> bool:
        return ":more:" in envelope.press

    def carry_out(self, envelope: Envelope) -> Result:
        assert not self.takes_long(envelope) or self.may.wait(10)
        if self.crashes:
            self.crashes -= 1
            raise ValueError("a bug, and somebody's words")
        self.done.append(envelope.press)
        return Result(outcome="ack", where=HERE, answer=Answer(text="done"))


class Says:
    """Writes down what was said; while held, nobody hears anything."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.may = threading.Event()
        self.may.set()

    def answer(self, where: Where, answer: Answer) -> None:
        assert self.may.wait(10)
        self.said.append(answer.text)

    def open(self, trigger: str, view: Mapping[str, Any]) -> None:
        self.said.append(f"form for {trigger}")


class Room:
    """A switchboard over a store in memory, and the people on both sides of it."""

    def __init__(self, clock: VirtualClock) -> None:
        self.store, self.carries, self.says = Store.memory(), Carries(), Says()
        self.clock = clock
        self.open()

    def open(self, patience: float = PATIENCE) -> None:
        """A new switchboard over the same store: after a restart."""
        desks = {"crisis": Desk(self.carries, self.says)}
        self.board = Switchboard(
            inbox=self.store,
            desks=desks,
            speaker=Speaker(language="zh"),
            clock=self.clock,
            ops=["ops"],
            patience=patience,
        )

    def hear(self, payload: Mapping[str, Any], envelope_id: str = "e1", kind: str = "interactive") -> None:
        self.board.hear("crisis", kind, envelope_id, payload)

    def work(self) -> None:
        """Until nothing waits, then until everything is said."""
        while self.board.step():
            continue
        self.board.close()
        self.open()

    def states(self) -> list[str]:
        return [row["state"] for row in rows(self.store, schema.inbox)]


@pytest.fixture
def room(clock: VirtualClock) -> Iterator[Room]:
    made = Room(clock)
    yield made
    made.board.close()
    made.store.close()


def test_a_press_is_carried_out_once_and_said(room: Room) -> None:
    room.hear(a_press("ack", 7))
    room.hear(a_press("ack", 7), "e2")
    room.work()
    room.hear(a_press("ack", 7), "e3")
    room.work()
    assert len(room.carries.done) == 1
    assert room.says.said == ["done"]
    assert room.states() == ["done"]


def test_presses_are_carried_out_in_the_order_they_came(room: Room) -> None:
    for number in (7, 8, 9):
        room.hear(a_press("ack", number), f"e{number}")
    room.work()
    assert [press.split(":")[3] for press in room.carries.done] == ["7", "8", "9"]


def test_talk_is_not_written_down(room: Room) -> None:
    room.hear(a_reply("这条要不要回应"), kind="events_api")
    room.work()
    assert room.states() == []


def test_a_press_that_was_written_down_before_a_kill_is_carried_out_after_it(room: Room) -> None:
    room.hear(a_press("ack", 7))
    room.open()
    room.work()
    assert room.states() == ["done"]


def test_an_answer_that_was_not_said_before_a_kill_is_said_after_it(room: Room) -> None:
    room.says.may.clear()
    room.hear(a_press("ack", 7))
    room.board.step()
    killed = room.board
    room.open()
    room.says.may.set()
    killed.close()
    assert room.says.said == ["done"]
    room.work()
    assert room.states() == ["done"]


def test_nobodys_press_waits_for_somebody_elses_answer(room: Room) -> None:
    room.says.may.clear()
    for number in range(7, 20):
        room.hear(a_press("ack", number), f"e{number}")
        room.board.step()
    assert len(room.carries.done) == 13
    room.says.may.set()
    room.work()


def an_export(room: Room, number: int = 6) -> None:
    room.hear(a_press("more", number, chosen="export"), f"e{number}")


def test_nobodys_press_waits_for_somebody_elses_export(room: Room) -> None:
    room.carries.may.clear()
    an_export(room)
    room.board.step()
    room.hear(a_press("ack", 7))
    room.board.step()
    assert len(room.carries.done) == 1
    room.carries.may.set()
    room.work()
    assert len(room.carries.done) == 2
    assert room.says.said == ["done", "done"]


def test_an_export_that_is_under_way_is_not_begun_again(room: Room) -> None:
    room.carries.may.clear()
    an_export(room)
    assert room.board.step()
    assert not room.board.step()
    room.carries.may.set()
    room.work()
    assert room.says.said == ["done"]


def test_an_export_that_crashed_is_tried_again(room: Room) -> None:
    room.carries.crashes = 1
    an_export(room)
    room.work()
    room.work()
    assert room.says.said == ["done"]


def test_an_export_that_waited_for_another_when_the_daemon_ended_is_made_after_it(room: Room) -> None:
    room.carries.may.clear()
    an_export(room, 6)
    an_export(room, 7)
    while room.board.step():
        continue
    ending = threading.Thread(target=room.board.close)
    ending.start()
    room.carries.may.set()
    ending.join(10)
    room.open()
    room.work()
    assert sorted(room.says.said) == ["done", "done"]
    assert room.states() == ["done", "done"]


def test_an_answer_that_hangs_when_the_daemon_ends_holds_nobody_and_is_said_after_it(room: Room) -> None:
    room.open(patience=0.0)
    room.says.may.clear()
    room.hear(a_press("ack", 7))
    room.board.step()
    room.board.close()
    assert all(thread.daemon for thread in threading.enumerate() if thread.name == "answer")
    assert room.says.said == []
    room.says = Says()
    room.open()
    room.work()
    assert room.says.said == ["done"]
    assert room.states() == ["done"]


def test_what_crashed_is_tried_again_later_and_then_counts(room: Room) -> None:
    room.carries.crashes = 1
    room.hear(a_press("ack", 7))
    assert room.board.step()
    assert not room.board.step()  # nothing else waits; the loop rests before it tries again
    room.work()
    assert room.says.said == ["done"]


def test_what_crashes_does_not_stop_the_next_one(room: Room) -> None:
    room.carries.crashes = 1
    room.hear(a_press("ack", 7))
    room.hear(a_press("ack", 8), "e2")
    assert room.board.step()
    assert room.board.step()
    assert [press.split(":")[3] for press in room.carries.done] == ["8"]


def test_what_crashed_twice_is_set_aside_and_told_to_both(room: Room, capsys: pytest.CaptureFixture[str]) -> None:
    room.carries.crashes = 99
    room.hear(typed("list"), kind="slash_commands")
    for _ in range(8):
        room.board.step()
    room.work()
    assert room.states() == ["aside"]
    (told,) = room.store.notifications()
    assert told["receiver"] == "ops"
    assert "could not be carried out" in told["body"]["what"]
    assert room.says.said == [Speaker(language="zh").say("aside").text]
    assert "somebody's words" not in "".join(capsys.readouterr())


def test_an_answer_that_fails_is_said_again(room: Room) -> None:
    fails = iter([True])

    def answer(where: Where, answer: Answer) -> None:
        if next(fails, False):
            raise OSError("the network is gone")
        room.says.said.append(answer.text)

    room.says.answer = answer  # type: ignore[method-assign]
    room.hear(a_press("ack", 7))
    room.work()
    room.work()
    assert room.says.said == ["done"]
    assert room.states() == ["done"]
