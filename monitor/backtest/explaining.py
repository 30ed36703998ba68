"""`langyan replay --explain ID`: why a post was paged, or why it was not, from every judgement of it in one run."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from monitor.backtest.outcomes import Outcome
from monitor.model import PostKey, Reason, Severity
from monitor.platforms import UNITS
from monitor.ports import Judgement
from monitor.terminal import curve

SHOWN = 14
"""Judgements printed: the first, the last, the page, and between them those where most changed."""

FORECAST = ("now", "per_minute", "median", "low", "high", "p_viral")

Sentence = Callable[[Reason], str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One judgement of the post."""

    at: datetime
    judgement: Judgement

    @property
    def risk(self) -> float:
        return self.judgement.verdict.risk or 0.0

    def as_json(self) -> dict[str, object]:
        """One line of `--explain --json`."""
        verdict = self.judgement.verdict
        forecast = verdict.forecast
        told = {} if forecast is None else {name: getattr(forecast, name) for name in FORECAST}
        return {
            "id": str(self.judgement.mention.post.key),
            "at": f"{self.at:%Y-%m-%dT%H:%M:%SZ}",
            **told,
            "risk": verdict.risk,
            "severity": verdict.severity.word if verdict.severity else None,
            "pages": self.judgement.pages,
            "reasons": [reason.code for reason in verdict.reasons],
        }


@dataclass
class Dossier:
    """Listens for one post, given as `weibo:5340…` or by its id alone."""

    wanted: str
    steps: list[Step] = field(default_factory=list)

    def note(self, judgement: Judgement, now: datetime) -> None:
        """One judgement at its moment; those of other posts are passed over."""
        if self.is_about(judgement.mention.post.key):
            self.steps.append(Step(at=now, judgement=judgement))

    def is_about(self, key: PostKey) -> bool:
        """Whether this is the post."""
        return self.wanted in (key.native_id, str(key))

    @property
    def page(self) -> Step | None:
        """The judgement that paged; None: a miss, or rightly silent."""
        return next((step for step in self.steps if step.judgement.pages), None)


def explain(
    dossier: Dossier, outcome: Outcome | None, hurts: int | None, threshold: float, pages_at: Severity, say: Sentence
) -> list[str]:
    """The whole story in lines: what came of it, each look that mattered, why it was paged or not, and its curve."""
    if not dossier.steps:
        return [f"{dossier.wanted} was never judged: the recording does not have it, or it concerns no brand"]
    first = dossier.steps[0].judgement.mention
    lines = [f"{first.post.key} {first.brand}: {_became(outcome, hurts)}"]
    lines += [_line(step) for step in _chosen(dossier)]
    page = dossier.page
    lines += ["", *(_page(page, outcome, hurts, say) if page else _silence(dossier, threshold, pages_at, hurts))]
    return [*lines, "", *curve(points(dossier, outcome), unit=UNITS.get(first.post.platform) or "")]


def points(dossier: Dossier, outcome: Outcome | None) -> list[tuple[float, int]]:
    """(minutes since publication, count): what is known afterwards, else what the looks showed."""
    born = dossier.steps[0].judgement.mention.born
    if outcome is not None and len(outcome.curve) > 1:
        return [((at - outcome.born.timestamp()) / 60, count) for at, count in outcome.curve]
    seen = ((step.at, step.judgement.verdict.forecast) for step in dossier.steps)
    return [((at - born).total_seconds() / 60, forecast.now) for at, forecast in seen if forecast]


def _became(outcome: Outcome | None, hurts: int | None) -> str:
    if outcome is None or outcome.final is None:
        return "what became of it is not known"
    reached = outcome.reached(hurts) if hurts else None
    when = "" if reached is None else f", {hurts:,} after {_minutes(reached, outcome.born)} min"
    return f"came to {outcome.final:,}{when}"


def _chosen(dossier: Dossier) -> list[Step]:
    steps = dossier.steps
    if len(steps) <= SHOWN:
        return steps
    ends = {0, len(steps) - 1, next((i for i, step in enumerate(steps) if step.judgement.pages), 0)}
    moved = sorted(range(1, len(steps)), key=lambda i: -abs(steps[i].risk - steps[i - 1].risk))
    return [steps[i] for i in sorted({*ends, *islice(moved, SHOWN - len(ends))})]


def _line(step: Step) -> str:
    mention, verdict = step.judgement.mention, step.judgement.verdict
    forecast = verdict.forecast
    head = f"{step.at:%m-%d %H:%M} {_minutes(step.at, mention.born):>6} min"
    if forecast is None:
        return f"{head}  no count was shown"
    chance = "-" if forecast.p_viral is None else f"{forecast.p_viral:.2f}"
    risk = "-" if verdict.risk is None else f"{verdict.risk:.2f}"
    worst = "" if verdict.severity is None else f"  {verdict.severity.word}"
    mark = "  <- page" if step.judgement.pages else ""
    return (
        f"{head}  {forecast.now:>7,} now, heading for {forecast.median:>7,.0f} ({forecast.low:,.0f}-{forecast.high:,.0f})  "
        f"P {chance}  risk {risk}{worst}{mark}"
    )


def _page(page: Step, outcome: Outcome | None, hurts: int | None, say: Sentence) -> Iterator[str]:
    yield f"paged after {_minutes(page.at, page.judgement.mention.born)} min{_lead(page, outcome, hurts)}:"
    yield from (f"  {say(reason)}" for reason in page.judgement.verdict.reasons)


def _lead(page: Step, outcome: Outcome | None, hurts: int | None) -> str:
    if outcome is None or outcome.final is None:
        return ""
    reached = outcome.reached(hurts) if hurts else None
    before = "" if reached is None else f", {_minutes(reached, page.at)} min before it had {hurts:,}"
    false = "" if hurts is None or outcome.final >= hurts else "; a false page"
    return f", {outcome.left(page.at):.0%} still to come{before}{false}"


def _silence(dossier: Dossier, threshold: float, pages_at: Severity, hurts: int | None) -> Iterator[str]:
    """What stood in the way of a page, the strongest reason first."""
    top = max(dossier.steps, key=lambda step: step.risk)
    mention, verdict = top.judgement.mention, top.judgement.verdict
    yield f"no page. The highest risk was {top.risk:.2f} after {_minutes(top.at, mention.born)} min; {threshold:g} pages"
    aimed = mention.sentiment.aimed if mention.sentiment else None
    if aimed is None:
        yield "  its text was not scored"
    elif aimed < threshold:
        yield f"  its text is bad for the brand with {aimed:.2f} only, so no reach would have made it a page by risk"
    elif verdict.forecast is not None and verdict.forecast.p_viral is None:
        yield "  there are no curves for this platform: counts alone page here"
    if verdict.found_late:
        yield "  it was found late, and what it had then is no news: it was not seen to grow by enough since"
    if mention.confidence < 1:
        yield f"  that it is about the brand is sure to {mention.confidence:.2f} only"
    if any(step.judgement.verdict.severity and step.judgement.verdict.severity >= pages_at for step in dossier.steps):
        yield "  it reached the paging colour as part of a story that had been paged before"
    last = dossier.steps[-1]
    forecast = last.judgement.verdict.forecast
    if hurts and forecast:
        bots = f", {forecast.shoved:,} of them as bots' do" if forecast.shoved else ""
        yield f"  at the last look it had {forecast.now:,} of the {hurts:,} that hurt{bots}"


def _minutes(later: datetime, earlier: datetime) -> str:
    return f"{(later - earlier).total_seconds() / 60:,.0f}"
