"""One flight: a record through the same functions as every post, in a store of its own that is gone when it has landed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from alerts import card
from connectors import record
from monitor.canary.song import AGES, growth
from monitor.errors import RecordingError
from monitor.model import Incident, Match, Notification, NotificationKind, Outcome, Post, Receipt, Severity, Sighting
from monitor.pipeline import judge, score
from monitor.pipeline.score import Ask
from monitor.platforms import UNITS
from monitor.ports import Judgement
from monitor.spread.usual import Sizes
from monitor.store import Store
from monitor.triage.severity import BAD
from monitor.watch.target import About

SETTLE = 15.0


class Stage(StrEnum):
    """Where a canary may be lost."""

    FEED = "feed"
    MATCH = "match"
    SCORE = "score"
    JUDGE = "judge"
    ROUTE = "route"
    CARD = "card"
    LOOPS = "loops"
    CRASH = "crash"


class Landing(NamedTuple):
    """How a flight ended. `lost` None: its message was rendered and taken."""

    lost: Stage | None
    why: str = ""


class Matching(Protocol):
    """Says whose post it is."""

    def match(self, post: Post) -> list[Match]: ...


@dataclass(frozen=True, kw_only=True)
class Sky:
    """What a canary flies through: the house's own rules, scorer and matcher."""

    rules: judge.Rules
    matcher: Matching
    read: Ask
    about: Mapping[str, About]
    sizes: Sizes


@dataclass(frozen=True, kw_only=True)
class Flight:
    """One canary of a brand on a platform. `texts`: for each alternative of its words what may be said with it; each must concern the
    brand, and the first one flies."""

    brand: str
    platform: str
    texts: Sequence[tuple[str, Sequence[str]]]
    sky: Sky

    def fly(self, now: datetime) -> Landing:
        """From the record to the message."""
        found = [(words, heard(self.brand, texts, self.platform, self.sky.matcher)) for words, texts in self.texts]
        for words, text in found:
            if text is None:
                return Landing(Stage.MATCH, f"no complaint that holds “{words}” concerns it")
        looks = self._looks(str(found[0][1]), now)
        if isinstance(looks, str):
            return Landing(Stage.FEED, looks)
        store = Store.memory(hash_key=b"canary")
        try:
            return self._through(store, looks)
        finally:
            store.close()

    def _looks(self, text: str, now: datetime) -> list[Sighting] | str:
        """The lines of a feed, read as every line is."""
        born = (now - AGES[-1]).replace(microsecond=0)
        hurts = self.sky.rules.thresholds.hurts(self.brand, self.platform) or 1
        unit = UNITS.get(self.platform) or "reposts"
        try:
            return [
                record.sighting(self._line(text, born, seen_at, {unit: count}), number)
                for number, (seen_at, count) in enumerate(growth(hurts, born), 1)
            ]
        except RecordingError as error:
            return str(error)

    def _line(self, text: str, born: datetime, seen_at: datetime, counts: Mapping[str, int]) -> dict[str, Any]:
        return {
            "schema": record.SCHEMA,
            "platform": self.platform,
            "id": "canary",
            "text": text,
            "author": {"id": "canary", "name": "canary", "followers": 300},
            "created_at": born.isoformat(),
            "collected_at": seen_at.isoformat(),
            "counts": dict(counts),
        }

    def _through(self, store: Store, looks: Sequence[Sighting]) -> Landing:
        paged = False
        for look in looks:
            now = look.seen_at
            matches = {} if look.post is None else {look.key: self._matches(look.post)}
            store.record("canary", [look], matches, now=now)
            if waiting := store.unscored(8):
                said = self.sky.read([score.passage(mention, self.sky.about) for mention in waiting])
                if said[0] is None or said[0].aimed < BAD:
                    aimed = "not at all" if said[0] is None else f"as bad with P {said[0].aimed:.2f}"
                    return Landing(Stage.SCORE, f"a plain complaint is read {aimed}")
                store.save_sentiments(
                    [(mention.mention_id, one) for mention, one in zip(waiting, said, strict=True)], now
                )
            judged = self._judged(store, now)
            if told := [one for one in judged if one.pages]:
                paged = True
                if any(kind is NotificationKind.ROOT for one in told for _, kind in one.tells):
                    return self._land(store, {name for one in told for name, _ in one.tells}, now)
        last = looks[-1].counts
        reach = next((count.value for count in (last.reposts, last.likes, last.comments, last.views) if count), 0)
        if paged:
            return Landing(Stage.ROUTE, "it pages, and nobody is told")
        return Landing(Stage.JUDGE, f"{reach:,} {UNITS.get(self.platform) or 'reposts'} in {AGES[-1]} page nobody")

    def _matches(self, post: Post) -> list[Match]:
        return [match for match in self.sky.matcher.match(post) if match.brand == self.brand]

    def _judged(self, store: Store, now: datetime) -> list[Judgement]:
        """As `judge.judge`, without its counters and its log: this is nobody's incident."""
        rules, mentions = self.sky.rules, store.news(8)
        asks = [judge.ask(mention, rules, now) for mention in mentions]
        forecasts = rules.forecaster.forecasts(asks, rules.language, self.sky.sizes)
        judged = [
            judge.decide(mention, forecast, store, rules, now)
            for mention, forecast in zip(mentions, forecasts, strict=True)
        ]
        store.apply(judged, now)
        return judged

    def _land(self, store: Store, receivers: Iterable[str], now: datetime) -> Landing:
        """Each receiver's row is claimed, rendered and taken, by a receiver that tells nobody."""
        taken = 0
        for receiver in sorted(receivers):
            while (notification := store.claim(receiver, now, SETTLE)) is not None:
                number = notification.incident_id
                receipt = self._take(notification, None if number is None else store.incident(number), now)
                if receipt.outcome is not Outcome.SENT:
                    return Landing(Stage.CARD, str(receipt.error))
                store.settle(notification, receipt, now, None)
                taken += notification.kind is NotificationKind.ROOT
        return Landing(None) if taken else Landing(Stage.ROUTE, "it pages, and no message is written for anybody")

    def _take(self, notification: Notification, incident: Incident | None, now: datetime) -> Receipt:
        if incident is None:
            return Receipt(outcome=Outcome.PERMANENT, error="a message without its incident")
        said = card.card(incident, self.sky.rules.language, now, repeat=notification.repeat)
        if self.brand not in said.push:
            return Receipt(outcome=Outcome.PERMANENT, error="the card does not name the brand")
        return Receipt(outcome=Outcome.SENT, handle={"canary": notification.key})


def heard(brand: str, texts: Iterable[str], platform: str, matcher: Matching) -> str | None:
    """The first of these texts that concerns a brand; None: none does."""
    for text in texts:
        post = Post(platform=platform, native_id="canary", text=text)
        if any(match.brand == brand for match in matcher.match(post)):
            return text
    return None


def alone(rules: judge.Rules, brand: str) -> judge.Rules:
    """The house's rules for one brand of our own, told to a receiver that is nobody."""
    return replace(rules, brands=(brand,), receivers=("canary",), route=None, redlines={}, pages_at=Severity.ORANGE)
