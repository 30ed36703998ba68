"""What people ordered, carried out: a press, a form, a command or a reply becomes a step in an incident's life, and an answer.

An answer is what is still to be said when the change is committed; nothing here waits for Slack but the names of people.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Protocol

from alerts.card import Card
from alerts.intake.actions import Form, Press, Reply, Typed, understand
from alerts.intake.adding import Adding
from alerts.intake.bringing import Bringing
from alerts.intake.commands import AddWord, Ask, Command, Do, Open, Problem, Show, Track, parse
from alerts.intake.forms import FORMS, Forms, People
from alerts.intake.replies import Answer, Speaker
from alerts.intake.sentences import REASONS
from alerts.intake.steps import Result, Steps
from monitor.model import Act, Actor, Envelope, Incident, Said
from monitor.ports import Clock, Handling, Reading

_PRESSED: Mapping[str, Act] = {
    "ack": Act.ACKNOWLEDGE,
    "false": Act.FALSE_ALARM,
    "snooze": Act.SNOOZE,
    "respond": Act.RESPOND,
    "resolve": Act.RESOLVE,
    "undo": Act.UNDO,
}


class Labelling(Protocol):
    """Takes what people say of our judgement of a mention."""

    def label(self, mention_id: int, verdict: str, actor: str, now: datetime) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Orders:
    """Carries out. `shown`: an incident's card, masked as its channel is; `export`: where it wrote an incident's evidence;
    `deaf`: seconds for which buttons have not been heard; `thread`: the incident whose message stands at (channel, ts);
    `trial`: how a trial stands, "" where there is none."""

    handling: Handling
    reading: Reading
    labelling: Labelling
    people: People
    bringing: Bringing
    adding: Adding
    speaker: Speaker
    clock: Clock
    brands: tuple[str, ...]
    counted: Callable[[str], Any]
    shown: Callable[[Incident], Card]
    mask: Callable[[str], str]
    deaf: Callable[[], float]
    thread: Callable[[str, str], int | None]
    export: Callable[[int], str]
    trial: Callable[[], str] = str

    @cached_property
    def _steps(self) -> Steps:
        return Steps(handling=self.handling, reading=self.reading, speaker=self.speaker, clock=self.clock)

    @cached_property
    def _forms(self) -> Forms:
        return Forms(steps=self._steps, people=self.people, shown=self.shown, mask=self.mask)

    def carry_out(self, envelope: Envelope) -> Result:
        """Once for each envelope; again after a kill, with the same outcome: every step has the envelope's key."""
        done = understand(envelope.kind, envelope.payload)
        if done is None:
            return Result(outcome="not ours")
        done = replace(done, actor=self.people.named(done.actor))
        if envelope.overtaken:
            return Result(outcome="overtaken", where=done.where, answer=self.speaker.say("overtaken"))
        match done:
            case Press():
                return self._pressed(done, envelope)
            case Form():
                return self._forms.fill(done, envelope)
            case Typed():
                return self._typed(done, envelope)
            case Reply():
                return self._replied(done, envelope)

    def takes_long(self, envelope: Envelope) -> bool:
        """An export packs megabytes, and a short link is asked of its site."""
        match understand(envelope.kind, envelope.payload):
            case Press(action="more", value="export"):
                return True
            case Typed(text=text):
                command = parse(text, self.brands, self.counted)
                return isinstance(command, Track) and self.bringing.hides(command.url)
        return False

    # ── a press ──

    def _pressed(self, press: Press, envelope: Envelope) -> Result:
        say, where = self.speaker.say, press.where
        if not self.people.may(press.actor):
            return Result(outcome="not allowed", where=where, answer=say("not_allowed"))
        if press.action == "word":
            return Result(outcome="word", where=where, answer=self.adding.add(press.value, press.actor))
        if press.action == "drop":
            return Result(outcome="word", where=where, answer=self.adding.drop(press.value, press.actor))
        if press.action == "more" and press.value in FORMS:
            return self._forms.open(press)
        return Result(outcome=press.action, where=where, answer=self._on_incident(press, envelope))

    def _on_incident(self, press: Press, envelope: Envelope) -> Answer:
        act = Act.RELEASE if (press.action, press.value) == ("more", "release") else _PRESSED.get(press.action)
        if act is not None:
            return self._steps.do(Do(act=act, number=press.number), press.actor, envelope)
        match press.action, press.value:
            case "more", "export":
                return self._export(press.number)
            case "reason", code:
                return self._because(code, press.number, press.actor, envelope)
            case "wake_right", _:
                return self._judged(Said.CONFIRMED, "wake_right", press.number, press.actor, envelope)
            case "wake_wrong", _:
                self._note("wake_wrong", press.number, press.actor, envelope)
                return self.speaker.why(press.number)
        return self.speaker.say("thanks")

    def _because(self, code: str, number: int, actor: Actor, envelope: Envelope) -> Answer:
        """Why it was a false alarm, each to its own place: the brand's words, the scorer, the thresholds, or nowhere."""
        if code not in REASONS:
            return self.speaker.say("thanks")
        if code in (Said.NOT_ABOUT_US, Said.NOT_BAD, Said.STAYED_SMALL):
            return self._judged(Said(code), code, number, actor, envelope)
        self._note(code, number, actor, envelope)
        incident = self.reading.incident(number)
        if code != "advert" or incident is None or incident.lead is None:
            return self.speaker.say("thanks")
        return self.adding.suggest(incident.lead.post.words, incident.brand, actor)

    def _judged(self, said: Said, code: str, number: int, actor: Actor, envelope: Envelope) -> Answer:
        incident = self.reading.incident(number)
        if incident is None:
            return self.speaker.say("no_incident", n=number)
        if incident.lead is not None:
            self.labelling.label(incident.lead.id, said.value, actor.id, self.clock.now())
        self._note(code, number, actor, envelope)
        return self.speaker.say("thanks")

    def _note(self, reason: str, number: int, actor: Actor, envelope: Envelope) -> None:
        self._steps.handled(number, self._steps.step(Act.NOTE, actor, envelope, reason=reason))

    def _export(self, number: int) -> Answer:
        if self.reading.incident(number) is None:
            return self.speaker.say("no_incident", n=number)
        return self.speaker.say("exported", n=number, path=self.export(number))

    # ── typed words ──

    def _typed(self, typed: Typed, envelope: Envelope) -> Result:
        command = parse(typed.text, self.brands, self.counted)
        if isinstance(command, Problem):
            facts = dict(command.facts)
            facts.setdefault("brand", self.brands[0] if self.brands else "")
            return Result(outcome=command.code, where=typed.where, answer=self.speaker.say(command.code, **facts))
        asks = isinstance(command, Ask | Show)
        if not asks and not self.people.may(typed.actor):
            return Result(outcome="not allowed", where=typed.where, answer=self.speaker.say("not_allowed"))
        outcome = type(command).__name__.lower()
        return Result(outcome=outcome, where=typed.where, answer=self._command(command, typed.actor, envelope))

    def _command(self, command: Command, actor: Actor, envelope: Envelope) -> Answer:
        match command:
            case Ask(what="list"):
                return self.speaker.listed([(incident, self.shown(incident)) for incident in self._steps.live()])
            case Ask(what="status"):
                return self._status()
            case Ask():
                return self.speaker.help()
            case Show(number=number):
                incident = self.reading.incident(number)
                if incident is None:
                    return self.speaker.say("no_incident", n=number)
                return self.speaker.shown(incident, self.shown(incident))
            case Track() | Open():
                step = self._steps.step(Act.NOTE, actor, envelope, reason="by_hand", facts={"by_hand": True})
                return self.bringing.bring(command, step)
            case AddWord():
                return self.adding.propose(command, actor)
            case Do():
                return self._steps.do(command, actor, envelope)

    def _status(self) -> Answer:
        states: dict[Any, int] = {}
        for incident in self._steps.live():
            states[incident.state] = states.get(incident.state, 0) + 1
        feeds = self.reading.feeds()
        failing = [f"{feed.feed}: {feed.failure}" for feed in feeds if feed.failure]
        facts = {"states": list(states.items()), "feeds": len(feeds), "failing": failing}
        return self.speaker.status({
            **facts, "deaf": self.deaf(), "words": self.adding.how_many(), "trial": self.trial()
        })  # fmt: skip

    def _replied(self, reply: Reply, envelope: Envelope) -> Result:
        number = self.thread(reply.where.channel, reply.where.thread)
        if number is None:
            return Result(outcome="no incident's thread")
        if not self.people.may(reply.actor):
            return Result(outcome="not allowed", where=reply.where, answer=self.speaker.say("not_allowed"))
        do = replace(reply.do, number=number)
        return Result(outcome="reply", where=reply.where, answer=self._steps.do(do, reply.actor, envelope))
