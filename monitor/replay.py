"""A recording through the real pipeline: a virtual clock, an in-memory store, the same three functions in order.

What is judged at a moment never depends on later lines. With `assume_negative` spread alone is judged: every post is
matched, certainly negative, and a story of its own.
"""

import gzip
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import IO, Protocol

from connectors import record
from monitor.errors import LangyanError, RecordingError
from monitor.model import Match, Passage, Post, PostKey, Sentiment, Severity, Sighting
from monitor.pipeline import judge, score
from monitor.pipeline.observe import Matching
from monitor.pipeline.surges import Patrol
from monitor.pipeline.usual import Experience
from monitor.ports import Crowds, Intake, Judgement
from monitor.triage.severity import Thresholds
from monitor.watch.target import About

EVERYTHING = "*"
"""The brand every post concerns under `assume_negative`."""


class DamagedError(LangyanError):
    """A packed recording cannot be unpacked to its end."""


class Books(Intake, Crowds, Protocol):
    """The store as replay uses it."""


class AssumeMatched:
    """Every post concerns us."""

    def match(self, post: Post) -> list[Match]:  # noqa: ARG002 - whatever it says
        return [Match(EVERYTHING, 1.0, "assumed")]


def assume_negative(passages: Sequence[Passage]) -> list[Sentiment | None]:
    """Every text is certainly bad."""
    return [Sentiment(negative=1.0, aimed=1.0, engine="assumed", version="1") for _ in passages]


def with_viral(thresholds: Thresholds, viral: int, brands: Iterable[str]) -> Thresholds:
    """The thresholds with `viral` in place of every reach and evidence threshold."""
    levels = dict(thresholds.levels)
    for severity, level in levels.items():
        reposts = {Severity.ORANGE: viral, Severity.RED: 10 * viral}.get(severity, 0)
        levels[severity] = replace(level, reposts=reposts, views=0)
    return Thresholds(levels=levels, viral=dict.fromkeys(brands, _Always(viral)))


class _Always(dict[str, int]):
    """The same reach on every platform."""

    def __init__(self, viral: int) -> None:
        super().__init__()
        self._viral = viral

    def get(self, key: str, default: object = None) -> int:  # noqa: ARG002
        return self._viral


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page that would have gone out: the first time an incident reaches the paging class."""

    key: PostKey
    brand: str
    at: datetime
    severity: Severity
    judgement: Judgement

    def as_text(self, sentences: Sequence[str]) -> str:
        """One page for people."""
        forecast = self.judgement.verdict.forecast
        reach = forecast.sentence if forecast else ""
        return f"{self.at:%Y-%m-%d %H:%M} {self.severity.word} {self.key} {reach} [{'; '.join(sentences)}]"

    def as_json(self, sentences: Sequence[str]) -> dict[str, object]:
        """The line that `langyan replay --json` prints (DESIGN §7)."""
        forecast = self.judgement.verdict.forecast
        return {
            "id": str(self.key),
            "brand": self.brand,
            "paged_at": self.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "severity": self.severity.word,
            "p_viral": None if forecast is None or forecast.p_viral is None else round(forecast.p_viral, 4),
            (forecast.unit if forecast else "reposts"): forecast.now if forecast else None,
            "reach_median": round(forecast.median) if forecast else None,
            "found_late": self.judgement.verdict.found_late,
            "reasons": list(sentences),
        }


@dataclass
class Tally:
    """What went through so far."""

    lines: int = 0
    sightings: int = 0
    damaged: int = 0
    posts: int = 0
    pages: int = 0
    looks: "Asked | None" = None

    def sentence(self) -> str:
        """What went through, for people."""
        damaged = f", {self.damaged} damaged lines skipped" if self.damaged else ""
        looks = "" if self.looks is None else f"\n{self.looks.sentence()}"
        return f"{self.sightings:,} sightings of {self.posts:,} posts, {self.pages} pages{damaged}{looks}"


@dataclass
class Asked:
    """What looking again cost under `--looks own`. A post's looks are counted in its first six hours, discovery too."""

    requests: int = 0
    looks: int = 0
    early: dict[PostKey, int] = field(default_factory=dict)

    def per_post(self) -> tuple[float, int, int]:
        """Looks a post in six hours: the mean, what nine of ten posts stay below, the most."""
        counts = sorted(self.early.values())
        if not counts:
            return 0.0, 0, 0
        return sum(counts) / len(counts), counts[int(0.9 * (len(counts) - 1))], counts[-1]

    def sentence(self) -> str:
        mean, nine_of_ten, most = self.per_post()
        return (
            f"looks of its own: {mean:.1f} requests per post in its first 6 h (nine of ten posts at most {nine_of_ten}, "
            f"one {most}); {self.looks:,} looks in {self.requests:,} batches in all"
        )


def read(path: Path, tally: Tally, complain: Callable[[str], None]) -> Iterator[Sighting]:
    """The sightings of a recording; a damaged line is said and costs only itself. DamagedError where the file ends early."""
    number = 0
    try:
        with _opened(path) as file:
            for number, line in enumerate(file, 1):
                tally.lines = number
                if not line.strip():
                    continue
                try:
                    yield record.sighting(line, number)
                except RecordingError as error:
                    tally.damaged += 1
                    complain(str(error))
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DamagedError(f"{path} is damaged after line {number} ({error}). Copy it again") from None


def _opened(path: Path) -> IO[bytes] | gzip.GzipFile:
    if path.suffix == ".gz":
        return gzip.open(path, "rb")
    return path.open("rb")


@dataclass(frozen=True, kw_only=True)
class Stage:
    """The pipeline on a virtual clock: whatever is seen at a moment is recorded, scored and judged at that moment.

    `witness` hears of every judgement, page or not. `backlog`: posts whose counts at first sight are no news.
    """

    store: Books
    rules: judge.Rules
    matcher: Matching
    ask: score.Ask
    about: Mapping[str, About]
    tally: Tally
    patrol: Patrol
    usual: Experience
    witness: Callable[[Judgement, datetime], None] = lambda _judgement, _now: None
    backlog: Collection[PostKey] = frozenset()

    def see(self, looks: Sequence[Sighting], now: datetime) -> Iterator[Page]:
        """Takes in what is seen at one moment and yields each page that follows from it."""
        for earlier, done in self.patrol.catch_up(now):
            yield from _pages(done, earlier, self.tally)
        matches = {look.key: self.matcher.match(look.post) for look in looks if look.post is not None}
        ours = [look for look in looks if look.post is None or matches[look.key]]
        found = {key: match for key, match in matches.items() if match}
        mentions = 0
        for background in (False, True):
            part = [look for look in ours if (look.key in self.backlog) is background]
            recorded = self.store.record("replay", part, found, now=now, walk_done=False, background=background)
            self.tally.posts += recorded.posts
            mentions += recorded.mentions
        self.tally.sightings += len(looks)
        if mentions:
            while score.score(self.store, self.ask, self.about, limit=64, now=now):
                continue
        sizes, others = self.usual.sizes(now), self.usual.others(now)
        judged = judge.judge(self.store, self.rules, limit=256, now=now, sizes=sizes, others=others)
        for judgement, _ in judged:
            self.witness(judgement, now)
        yield from _pages([*judged, *self.patrol.step(now)], now, self.tally)


def _pages(done: Sequence[tuple[Judgement, int]], now: datetime, tally: Tally) -> Iterator[Page]:
    for judgement, _ in done:
        if judgement.pages and judgement.verdict.severity is not None:
            tally.pages += 1
            mention = judgement.mention
            yield Page(
                key=mention.post.key,
                brand=mention.brand,
                at=now,
                severity=judgement.verdict.severity,
                judgement=judgement,
            )


def every_look(sightings: Iterable[Sighting], stage: Stage) -> Iterator[Page]:
    """Plays sightings in their order and yields each page at its moment."""
    for now, moment in groupby(sightings, lambda sighting: sighting.seen_at):
        yield from stage.see(list(moment), now)
