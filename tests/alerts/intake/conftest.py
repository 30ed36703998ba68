"""A store in memory with an incident in it, and somebody who carries out what people press and type."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from alerts.card import card
from alerts.intake.actions import received
from alerts.intake.adding import Adding
from alerts.intake.bringing import Bringing
from alerts.intake.orders import Orders
from alerts.intake.replies import Speaker
from alerts.intake.steps import Result
from alerts.masking import masked
from connectors.counts import count
from connectors.links import post_of, short_path
from monitor.clock import VirtualClock
from monitor.model import Actor, Envelope
from monitor.store import Store
from tests.alerts.intake.payloads import a_form, a_press, a_reply, typed
from tests.store.seen import CRISIS, US

Names = Callable[[Actor], Actor]


class Everybody:
    """May do everything, or only those who are named; 王's name is known to Slack."""

    def __init__(self) -> None:
        self.only: set[str] = set()

    def may(self, actor: Actor) -> bool:
        return not self.only or actor.id in self.only

    def named(self, actor: Actor) -> Actor:
        return Actor(actor.id, {"slack:U0WANG": "老王"}.get(actor.id, actor.name))


class Office:
    """People at work on a store: each deed is a payload of Slack's, carried out at once."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock, self.store, self.people = clock, Store.memory(), Everybody()
        self.deaf = 0.0
        self.behind: dict[str, str] = {}
        self._count = itertools.count(1)
        self.orders = self._orders()

    def _orders(self, **given: Any) -> Orders:
        speaker = Speaker(language="zh")
        brands = (US, "Star Grain")
        fields: dict[str, Any] = {
            "handling": self.store,
            "reading": self.store,
            "labelling": self.store,
            "people": self.people,
            "bringing": Bringing(
                recording=self.store,
                handling=self.store,
                linked=post_of,
                hides=lambda link: short_path(link) is not None,
                opened=self.behind.get,
                speaker=speaker,
                brands=brands,
                told=lambda _: [CRISIS],
            ),
            "adding": Adding(
                wording=self.store, speaker=speaker, clock=self.clock, brands=brands, mask=lambda text: masked(text)
            ),
            "speaker": speaker,
            "clock": self.clock,
            "brands": brands,
            "counted": count,
            "shown": lambda incident: card(incident, "zh", self.clock.now()),
            "mask": masked,
            "deaf": lambda: self.deaf,
            "thread": lambda channel, ts: self.threads.get((channel, ts)),
            "export": lambda number: f"exports/{number}.zip",
        }
        self.threads: dict[tuple[str, str], int] = {}
        return Orders(**{**fields, **given})

    def press(self, action: str, number: int = 0, **given: Any) -> Result:
        at = given.pop("at", f"{1764000000 + next(self._count)}.000100")
        return self.carry("interactive", a_press(action, number, at=at, **given))

    def fill(self, form: str, number: int, **given: Any) -> Result:
        return self.carry("interactive", a_form(form, number, view=f"V{next(self._count)}", **given))

    def type(self, text: str, **given: Any) -> str:
        result = self.carry("slash_commands", typed(text, trigger=f"t{next(self._count)}", **given))
        return said(result)

    def reply(self, text: str, number: int, **given: Any) -> Result:
        self.threads["C0CRISIS01", "1764000000.000100"] = number
        return self.carry("events_api", a_reply(text, ts=f"{1764000000 + next(self._count)}.0001", **given))

    def carry(self, kind: str, payload: Mapping[str, Any]) -> Result:
        """Through the inbox, as it is when nothing goes wrong."""
        envelope = received(CRISIS, kind, f"e{next(self._count)}", payload, self.clock.now())
        assert envelope is not None
        if not self.store.take_in(envelope):
            return Result(outcome="known")
        begun = self.store.begin()
        assert begun is not None
        result = self.orders.carry_out(begun)
        self.store.finish(begun.id, result.outcome, self.clock.now())
        return result

    def again(self, kind: str, payload: Mapping[str, Any]) -> Envelope:
        """What was begun before a kill."""
        envelope = received(CRISIS, kind, f"e{next(self._count)}", payload, self.clock.now())
        assert envelope is not None
        return envelope


def said(result: Result) -> str:
    assert result.answer is not None
    return result.answer.text


@pytest.fixture
def office(clock: VirtualClock) -> Iterator[Office]:
    made = Office(clock)
    yield made
    made.store.close()
