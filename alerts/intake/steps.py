"""A step in an incident's life for what somebody did in Slack, and what is said of it. Every step has its envelope's key."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from alerts import words
from alerts.intake import modals
from alerts.intake.actions import Where
from alerts.intake.commands import Do
from alerts.intake.replies import Answer, Speaker
from monitor.errors import StoreError
from monitor.model import ENDED, Act, Actor, Envelope, Incident, IncidentState, Step
from monitor.ports import Clock, Done, Handling, Reading
from monitor.triage.due import until_morning

SOURCE = "slack"
LIVE = tuple(state for state in IncidentState if state not in ENDED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """What came of one envelope. `outcome`: a word for the log. `view`: a form to open now, for the trigger it came with."""

    outcome: str
    where: Where | None = None
    answer: Answer | None = None
    view: tuple[str, Mapping[str, Any]] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Steps:
    """Takes steps. What is told of them is the speaker's."""

    handling: Handling
    reading: Reading
    speaker: Speaker
    clock: Clock

    def do(self, do: Do, actor: Actor, envelope: Envelope) -> Answer:
        facts: dict[str, Any] = {}
        told: dict[str, Any] = {}
        if do.act is Act.SNOOZE:
            now = self.clock.now()
            until = until_morning(now, words.SHANGHAI) if do.lasts is None else now + do.lasts
            facts, told = {"until": until.isoformat()}, {"until": until}
        step = self.step(do.act, actor, envelope, reason=do.reason, facts=facts)
        return self.answered(do.act, do.number, self.handled(do.number, step), **told)

    def step(
        self, act: Act, actor: Actor, envelope: Envelope, *, reason: str = "", facts: Mapping[str, Any] | None = None
    ) -> Step:
        return Step(
            act=act,
            actor=actor,
            at=self.clock.now(),
            key=f"{SOURCE}:{envelope.press}",
            source=SOURCE,
            reason=words.cut(words.clean(reason), 300),
            facts=facts or {},
        )

    def handled(self, number: int, step: Step) -> Done | None:
        return self.tried(lambda: self.handling.handle(number, step), number)

    def tried(self, call: Callable[[], Done], *numbers: int) -> Done | None:
        """None: one of these incidents does not exist."""
        try:
            return call()
        except StoreError:
            if all(self.reading.incident(number) is not None for number in numbers):
                raise  # the database's trouble, not a wrong number
            return None

    def answered(self, act: Act, number: int, done: Done | None, **facts: Any) -> Answer:
        if done is None:
            return self.speaker.say("no_incident", n=number)
        if done.refused is not None:
            return self.speaker.refused(done.refused.code, number, done.refused.facts)
        return self.speaker.done(act, number, self.clock.now(), **facts)

    def live(self) -> list[Incident]:
        """What is going on."""
        return self.reading.incidents(LIVE, modals.MOST)
