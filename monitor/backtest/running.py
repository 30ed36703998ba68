"""Wires a recording, or what the store remembers, to the daemon's own judging, and listens."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from alerts import card
from monitor import fittings
from monitor import replay as replays
from monitor.backtest.ledger import Ledger
from monitor.backtest.outcomes import Afterwards, Outcome, Outcomes, read_truth
from monitor.backtest.own import Door, own_looks
from monitor.backtest.remembering import AT_ONCE, Remembered
from monitor.backtest.trade import Trade
from monitor.config import Config
from monitor.errors import LangyanError
from monitor.model import Mention, PostKey, Reason, Severity, Sighting
from monitor.pipeline import judge
from monitor.pipeline.surges import Patrol
from monitor.pipeline.usual import Experience
from monitor.ports import Judgement, Revisiting
from monitor.replay import Page, Stage, Tally, every_look
from monitor.scoring import ENGINES, about
from monitor.sentiment.desk import Desk
from monitor.spread.revisit import Purse
from monitor.spread.surge import Limits
from monitor.store import Store
from monitor.triage import severity
from monitor.triage.severity import Thresholds
from monitor.triage.trial import opinions
from monitor.watch.query import Matcher

Witness = Callable[[Judgement, datetime], None]


class NothingToJudgeError(LangyanError):
    """There is nothing that thresholds could be tried on."""


@dataclass(kw_only=True)
class Run:
    """One recording through the pipeline, or what a store remembers (`past`). `afterwards` and `witnesses` hear what goes by; neither
    changes a page."""

    recording: Path | None
    config: Config | None
    assume_negative: bool = False
    viral: int | None = None
    own: bool = False
    past: Remembered | None = None
    tally: Tally = field(default_factory=Tally)
    complain: Callable[[str], None] = lambda _line: None
    progress: Callable[[int, int | None], None] = lambda _done, _total: None
    witnesses: list[Witness] = field(default_factory=list)
    afterwards: Afterwards = field(default_factory=Afterwards)
    began: datetime | None = None
    ended: datetime | None = None

    def __post_init__(self) -> None:
        config, alone = self.config, self.assume_negative
        self.rules = judge.Rules(
            forecaster=fittings.forecaster(config),
            thresholds=config.thresholds if config else Thresholds(),
            pages_at=config.page_at if config else Severity.ORANGE,
            receivers=(),
            language=config.language if config else "zh",
            alone=alone,
            brands=tuple(brand.name for brand in config.brands) if config else (),
            surges=config.surge if config else Limits(),
            redlines={} if alone or config is None else fittings.red_lines(config),
        )
        self.brands = [replays.EVERYTHING] if alone else [brand.name for brand in config.brands] if config else []
        if self.viral is not None:
            thresholds = replays.with_viral(self.rules.thresholds, self.viral, self.brands)
            self.rules = replace(self.rules, thresholds=thresholds)
        if self.own:
            self.tally.looks = replays.Asked()

    @property
    def threshold(self) -> float:
        """The risk that pages."""
        return self.rules.thresholds.levels[self.rules.pages_at].risk

    def pages(self) -> Iterator[Page]:
        """Each page at its moment."""
        config, past = None if self.assume_negative else self.config, self.past
        desk = Desk(ENGINES[config.engine][0], config.scoring) if config and past is None else None
        store = Store.memory()
        try:
            stage = Stage(
                store=store,
                rules=self.rules,
                matcher=past or (replays.AssumeMatched() if config is None else Matcher(config.brands)),
                ask=past.ask if past else desk.score if desk else replays.assume_negative,
                about=about(config.brands) if config else {},
                tally=self.tally,
                patrol=Patrol(crowds=store, rules=self.rules),
                usual=Experience(store),
                witness=self._tell,
                backlog=past.backlog if past else frozenset(),
            )
            lines = self.afterwards.listen(self._counted(self._lines()))
            asked = self.tally.looks
            yield from every_look(lines, stage) if asked is None else own_looks(lines, stage, self._doors(), asked)
        finally:
            store.close()
            if desk:
                desk.close()

    def _lines(self) -> Iterator[Sighting]:
        if self.recording is not None:
            return replays.read(self.recording, self.tally, self.complain)
        return self.past.sightings() if self.past else iter(())

    def _tell(self, judgement: Judgement, now: datetime) -> None:
        for witness in self.witnesses:
            witness(judgement, now)

    def _counted(self, lines: Iterator[Sighting]) -> Iterator[Sighting]:
        for number, line in enumerate(lines):
            if number % 500 == 0:
                self.progress(self.tally.lines, None)
            self.began = self.began or line.seen_at
            self.ended = line.seen_at
            yield line

    def _doors(self) -> dict[str, Door]:
        """How the configuration's feeds may be asked again; without one, as often as wanted."""
        doors: dict[str, Door] = {}
        purses = fittings.purses(self.config) if self.config else {}
        for feed in self.config.feeds if self.config else ():
            if isinstance(feed.connector, Revisiting):
                door = Door(size=feed.connector.batch_size, purse=purses.get(feed.account, Purse()))
                doors.setdefault(feed.connector.platform, door)
        return doors

    def say(self, reason: Reason) -> str:
        """A reason in words."""
        return card.sentence(reason, self.rules.language)

    def hurts(self, key: PostKey) -> int | None:
        """The reach that hurts; of several brands' the smallest."""
        found = [self.rules.thresholds.hurts(brand, key.platform) for brand in self.brands]
        return min((hurts for hurts in found if hurts is not None), default=None)

    def outcomes(self, truth: Path | None, platforms: dict[str, str]) -> Outcomes:
        """What became of the posts: as the file of truth says, else as the recording went on."""
        return read_truth(truth, platforms.get) if truth else self.afterwards.outcomes()

    def ledger(self) -> Ledger:
        """A ledger that listens from now on."""
        ledger = Ledger(thresholds=self.rules.thresholds, pages_at=self.rules.pages_at)
        self.witnesses.append(ledger.note)
        return ledger

    def trade(self, ledger: Ledger, truth: Path | None) -> Trade:
        """After the run: what each threshold would have been worth."""
        if self.began is None or self.ended is None:
            raise NothingToJudgeError(f"{self.recording or 'the store'} holds no sighting")
        outcomes = self.outcomes(truth, ledger.platforms)
        return Trade(ledger=ledger, outcomes=outcomes, hurts=self.hurts, began=self.began, ended=self.ended)


def remembered(config: Config, store: Store, since: datetime, now: datetime) -> Trade:
    """What each threshold would have made of the posts that the store has seen since; judged again look by look.

    The looks are those the daemon took, and the words what the scorer said then.
    """
    rules = fittings.rules(config, shadow=True)
    ledger = Ledger(thresholds=rules.thresholds, pages_at=rules.pages_at)
    outcomes: dict[PostKey, Outcome] = {}
    brands: dict[PostKey, str] = {}
    of_incident: dict[int, list[PostKey]] = {}
    usual = Experience(store)
    sizes, others = usual.sizes(now), usual.others(now)
    for mention in _since(store, since):
        brands[mention.post.key] = mention.brand
        outcomes[mention.post.key] = _outcome(mention)
        if mention.incident_id is not None:
            of_incident.setdefault(mention.incident_id, []).append(mention.post.key)
        for place, look in enumerate(mention.looks, 1):
            seen = replace(mention, looks=mention.looks[:place])
            asked = judge.ask(seen, rules, look.seen_at, others.get(seen.post.platform, ()))
            forecast = rules.forecaster.forecasts([asked], rules.language, sizes)[0]
            verdict = severity.judge(seen, forecast, rules.thresholds)
            ledger.note(Judgement(mention=seen, verdict=verdict), look.seen_at)
    if not outcomes:
        raise NothingToJudgeError(
            f"the store has judged nothing since {since:%Y-%m-%d}. Let it run, or give a recording"
        )

    def hurts_by(key: PostKey) -> int | None:
        return rules.thresholds.hurts(brands[key], key.platform)

    said = _pressed(store, since, of_incident)
    return Trade(ledger=ledger, outcomes=outcomes, hurts=hurts_by, began=since, ended=now, said=said)


def _pressed(store: Store, since: datetime, posts: Mapping[int, list[PostKey]]) -> dict[PostKey, bool]:
    """What the team pressed, post by post: 该叫醒我 speaks of the post that was shown, 不该 of every post of the incident."""
    said: dict[PostKey, bool] = {}
    for number, right in opinions(store.pressed(since)).items():
        incident = store.incident(number)
        if not right:
            said.update(dict.fromkeys(posts.get(number, ()), False))
        elif incident is not None and incident.lead is not None:
            said[incident.lead.post.key] = True
    return said


def _since(store: Store, since: datetime) -> Iterator[Mention]:
    after = 0
    while found := store.scored_since(since, after, AT_ONCE):
        yield from found
        after = found[-1].id


def _outcome(mention: Mention) -> Outcome:
    afterwards = Afterwards()
    lines = (
        Sighting(key=mention.post.key, seen_at=look.seen_at, counts=look.counts, post=mention.post)
        for look in mention.looks
    )
    for _ in afterwards.listen(lines):
        continue
    known = afterwards.outcomes()
    return known.get(mention.post.key, Outcome(born=mention.born))
