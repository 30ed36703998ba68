"""What people ordered, carried out: a press, a form, a command or a reply becomes a step in an incident's life, and an answer.

An answer is what is still to be said when the change is committed; nothing here waits for Slack but the names of people.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from alerts import words
from alerts.card import Card
from alerts.intake import modals
from alerts.intake.actions import Form, Press, Reply, Typed, Where, understand
from alerts.intake.adding import Adding
from alerts.intake.bringing import Bringing
from alerts.intake.commands import LONGEST_QUIET, AddWord, Ask, Command, Do, Open, Problem, Show, Track, parse, span
from alerts.intake.replies import Answer, Speaker
from alerts.intake.sentences import REASONS
from monitor.errors import StoreError
from monitor.model import ENDED, Act, Actor, Envelope, Incident, IncidentState, Said, Step
from monitor.ports import Clock, Done, Handling, Reading
from monitor.triage.due import until_morning

SOURCE = "slack"
POSTS_SHOWN = 30

_PRESSED: Mapping[str, Act] = {
    "ack": Act.ACKNOWLEDGE,
    "false": Act.FALSE_ALARM,
    "snooze": Act.SNOOZE,
    "respond": Act.RESPOND,
    "resolve": Act.RESOLVE,
    "undo": Act.UNDO,
}
LIVE = tuple(state for state in IncidentState if state not in ENDED)


class Labelling(Protocol):
    """Takes what people say of our judgement of a mention."""

    def label(self, mention_id: int, verdict: str, actor: str, now: datetime) -> None: ...


class People(Protocol):
    """Who may do something, and what they are called."""

    def may(self, actor: Actor) -> bool: ...
    def named(self, actor: Actor) -> Actor:
        """With the name people know, where Slack has one."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """What came of one envelope. `outcome`: a word for the log. `view`: a form to open now, for the trigger it came with."""

    outcome: str
    where: Where | None = None
    answer: Answer | None = None
    view: tuple[str, Mapping[str, Any]] | None = None


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
                return self._filled(done, envelope)
            case Typed():
                return self._typed(done, envelope)
            case Reply():
                return self._replied(done, envelope)

    # ── a press ──

    def _pressed(self, press: Press, envelope: Envelope) -> Result:
        say, where = self.speaker.say, press.where
        if not self.people.may(press.actor):
            return Result(outcome="not allowed", where=where, answer=say("not_allowed"))
        if press.action == "word":
            return Result(outcome="word", where=where, answer=self.adding.add(press.value, press.actor))
        if press.action == "drop":
            return Result(outcome="word", where=where, answer=self.adding.drop(press.value, press.actor))
        if press.action == "more" and press.value in ("silence", "reassign", "merge", "split"):
            return self._form(press)
        return Result(outcome=press.action, where=where, answer=self._on_incident(press, envelope))

    def _on_incident(self, press: Press, envelope: Envelope) -> Answer:
        act = Act.RELEASE if (press.action, press.value) == ("more", "release") else _PRESSED.get(press.action)
        if act is not None:
            return self._do(Do(act=act, number=press.number), press.actor, envelope)
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
        self._handled(number, self._step(Act.NOTE, actor, envelope, reason=reason))

    def _export(self, number: int) -> Answer:
        if self.reading.incident(number) is None:
            return self.speaker.say("no_incident", n=number)
        return self.speaker.say("exported", n=number, path=self.export(number))

    # ── a form ──

    def _form(self, press: Press) -> Result:
        number, channel, language = press.number, press.where.channel, self.speaker.language
        incident = self.reading.incident(number)
        if incident is None:
            return Result(outcome="no incident", where=press.where, answer=self.speaker.say("no_incident", n=number))
        view: Mapping[str, Any]
        match press.value:
            case "silence":
                view = modals.silence(number, channel, language)
            case "reassign":
                view = modals.reassign(number, channel, language)
            case "merge":
                others = [one for one in self._live() if one.brand == incident.brand and one.id != number]
                if not others:
                    return Result(outcome="no others", where=press.where, answer=self.speaker.say("no_others"))
                view = modals.merge(number, channel, [(one, self.shown(one).push) for one in others], language)
            case _:
                posts = self.reading.incident_posts(number)[:POSTS_SHOWN]
                if len(posts) < 2:
                    return Result(outcome="one post", where=press.where, answer=self.speaker.say("one_post", n=number))
                said = [(post.id, self.mask(words.clean(post.post.words))) for post in posts]
                view = modals.split(number, channel, said, language)
        return Result(outcome="form", where=press.where, view=(press.trigger, view))

    def _filled(self, form: Form, envelope: Envelope) -> Result:
        if not self.people.may(form.actor):
            return Result(outcome="not allowed", where=form.where, answer=self.speaker.say("not_allowed"))
        return Result(outcome=form.form, where=form.where, answer=self._put_in(form, envelope))

    def _put_in(self, form: Form, envelope: Envelope) -> Answer:
        def first(name: str) -> str:
            return next(iter(form.fields.get(name, ())), "")

        number, actor = form.number, form.actor
        match form.form:
            case "silence":
                lasts = span(first("lasts")) or timedelta()
                if not timedelta() < lasts <= LONGEST_QUIET:
                    return self.speaker.say("too_long", hours=LONGEST_QUIET // timedelta(hours=1))
                do = Do(act=Act.SNOOZE, number=number, lasts=lasts, reason=first("reason"))
                return self._do(do, actor, envelope)
            case "reassign":
                to = self.people.named(Actor(f"slack:{first('to')}", first("to")))
                facts = {"to_id": to.id, "to_name": to.name}
                done = self._handled(number, self._step(Act.REASSIGN, actor, envelope, facts=facts))
                return self._answered(Act.REASSIGN, number, done, to=to.name)
            case "merge" if first("into").isdigit():
                into = int(first("into"))
                merge = self._step(Act.MERGE, actor, envelope)
                done = self._tried(lambda: self.handling.merge(number, into, merge), number, into)
                return self._answered(Act.MERGE, number, done, into=into)
            case "split":
                ids = [int(post) for post in form.fields.get("posts", ()) if post.isdigit()]
                split = self._step(Act.SPLIT, actor, envelope)
                done = self._tried(lambda: self.handling.split(number, ids, split), number)
                return self._answered(Act.SPLIT, number, done, to=f"#{done.incident.id}" if done else "")
        return self.speaker.say("thanks")

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
                return self.speaker.listed([(incident, self.shown(incident)) for incident in self._live()])
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
                step = self._step(Act.NOTE, actor, envelope, reason="by_hand", facts={"by_hand": True})
                return self.bringing.bring(command, step)
            case AddWord():
                return self.adding.propose(command, actor)
            case Do():
                return self._do(command, actor, envelope)

    def _status(self) -> Answer:
        states: dict[Any, int] = {}
        for incident in self._live():
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
        return Result(outcome="reply", where=reply.where, answer=self._do(do, reply.actor, envelope))

    # ── steps ──

    def _do(self, do: Do, actor: Actor, envelope: Envelope) -> Answer:
        facts: dict[str, Any] = {}
        told: dict[str, Any] = {}
        if do.act is Act.SNOOZE:
            now = self.clock.now()
            until = until_morning(now, words.SHANGHAI) if do.lasts is None else now + do.lasts
            facts, told = {"until": until.isoformat()}, {"until": until}
        step = self._step(do.act, actor, envelope, reason=do.reason, facts=facts)
        return self._answered(do.act, do.number, self._handled(do.number, step), **told)

    def _step(
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

    def _handled(self, number: int, step: Step) -> Done | None:
        return self._tried(lambda: self.handling.handle(number, step), number)

    def _tried(self, call: Callable[[], Done], *numbers: int) -> Done | None:
        """None: one of these incidents does not exist."""
        try:
            return call()
        except StoreError:
            if all(self.reading.incident(number) is not None for number in numbers):
                raise  # the database's trouble, not a wrong number
            return None

    def _answered(self, act: Act, number: int, done: Done | None, **facts: Any) -> Answer:
        if done is None:
            return self.speaker.say("no_incident", n=number)
        if done.refused is not None:
            return self.speaker.refused(done.refused.code, number, done.refused.facts)
        return self.speaker.done(act, number, self.clock.now(), **facts)

    def _live(self) -> list[Incident]:
        return self.reading.incidents(LIVE, modals.MOST)
