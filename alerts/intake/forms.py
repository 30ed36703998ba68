"""The forms behind 更多: opened with what there is to choose, and what was put in becomes a step."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from alerts import words
from alerts.card import Card
from alerts.intake import modals
from alerts.intake.actions import Form, Press
from alerts.intake.commands import LONGEST_QUIET, Do, span
from alerts.intake.replies import Answer
from alerts.intake.steps import Result, Steps
from monitor.model import Act, Actor, Envelope, Incident

POSTS_SHOWN = 30
FORMS = ("silence", "reassign", "merge", "split")


class People(Protocol):
    """Who may do something, and what they are called."""

    def may(self, actor: Actor) -> bool: ...
    def named(self, actor: Actor) -> Actor:
        """With the name people know, where Slack has one."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Forms:
    """Opens and reads them. `shown`: an incident's card, masked as its channel is, as `mask` masks a text."""

    steps: Steps
    people: People
    shown: Callable[[Incident], Card]
    mask: Callable[[str], str]

    def open(self, press: Press) -> Result:
        number, channel, speaker = press.number, press.where.channel, self.steps.speaker
        language = speaker.language
        incident = self.steps.reading.incident(number)
        if incident is None:
            return Result(outcome="no incident", where=press.where, answer=speaker.say("no_incident", n=number))
        view: Mapping[str, Any]
        match press.value:
            case "silence":
                view = modals.silence(number, channel, language)
            case "reassign":
                view = modals.reassign(number, channel, language)
            case "merge":
                others = [one for one in self.steps.live() if one.brand == incident.brand and one.id != number]
                if not others:
                    return Result(outcome="no others", where=press.where, answer=speaker.say("no_others"))
                view = modals.merge(number, channel, [(one, self.shown(one).push) for one in others], language)
            case _:
                posts = self.steps.reading.incident_posts(number)[:POSTS_SHOWN]
                if len(posts) < 2:
                    return Result(outcome="one post", where=press.where, answer=speaker.say("one_post", n=number))
                said = [(post.id, self.mask(words.clean(post.post.words))) for post in posts]
                view = modals.split(number, channel, said, language)
        return Result(outcome="form", where=press.where, view=(press.trigger, view))

    def fill(self, form: Form, envelope: Envelope) -> Result:
        if not self.people.may(form.actor):
            return Result(outcome="not allowed", where=form.where, answer=self.steps.speaker.say("not_allowed"))
        return Result(outcome=form.form, where=form.where, answer=self._put_in(form, envelope))

    def _put_in(self, form: Form, envelope: Envelope) -> Answer:
        def first(name: str) -> str:
            return next(iter(form.fields.get(name, ())), "")

        number, actor = form.number, form.actor
        match form.form:
            case "silence":
                lasts = span(first("lasts")) or timedelta()
                if not timedelta() < lasts <= LONGEST_QUIET:
                    return self.steps.speaker.say("too_long", hours=LONGEST_QUIET // timedelta(hours=1))
                do = Do(act=Act.SNOOZE, number=number, lasts=lasts, reason=first("reason"))
                return self.steps.do(do, actor, envelope)
            case "reassign":
                to = self.people.named(Actor(f"slack:{first('to')}", first("to")))
                facts = {"to_id": to.id, "to_name": to.name}
                done = self.steps.handled(number, self.steps.step(Act.REASSIGN, actor, envelope, facts=facts))
                return self.steps.answered(Act.REASSIGN, number, done, to=to.name)
            case "merge" if first("into").isdigit():
                into = int(first("into"))
                merge = self.steps.step(Act.MERGE, actor, envelope)
                done = self.steps.tried(lambda: self.steps.handling.merge(number, into, merge), number, into)
                return self.steps.answered(Act.MERGE, number, done, into=into)
            case "split":
                ids = [int(post) for post in form.fields.get("posts", ()) if post.isdigit()]
                split = self.steps.step(Act.SPLIT, actor, envelope)
                done = self.steps.tried(lambda: self.steps.handling.split(number, ids, split), number)
                return self.steps.answered(Act.SPLIT, number, done, to=f"#{done.incident.id}" if done else "")
        return self.steps.speaker.say("thanks")
