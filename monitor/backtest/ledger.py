"""Every judgement of a run, kept as what other thresholds would have made of it: one run answers for all of them."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.model import Forecast, Mention, PostKey, Severity
from monitor.ports import Judgement
from monitor.triage import severity
from monitor.triage.severity import Level, Thresholds

Judge = Callable[[Mention, Forecast | None, Thresholds], object]


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """A look at which a post's risk was higher than ever, or at which it pages whatever the risk."""

    at: datetime
    now: int
    risk: float
    anyway: bool


@dataclass
class Ledger:
    """Listens to every judgement. `pages_at` and `thresholds` are those of the run."""

    thresholds: Thresholds
    pages_at: Severity

    def __post_init__(self) -> None:
        self._moments: dict[PostKey, list[Moment]] = defaultdict(list)
        self._by_risk = self._levels(lambda severity, _: Level(risk=1e-9) if severity == self.pages_at else Level())
        self._anyway = self._levels(lambda _, level: replace(level, risk=0.0))
        self.platforms: dict[str, str] = {}

    def _levels(self, change: Callable[[Severity, Level], Level]) -> Thresholds:
        paging = {level: rule for level, rule in self.thresholds.levels.items() if level >= self.pages_at}
        return replace(self.thresholds, levels={level: change(level, rule) for level, rule in paging.items()})

    def note(self, judgement: Judgement, now: datetime) -> None:
        """One judgement at its moment."""
        mention, forecast = judgement.mention, judgement.verdict.forecast
        self.platforms.setdefault(mention.post.native_id, mention.post.platform)
        seen = self._moments[mention.post.key]
        anyway = severity.judge(mention, forecast, self._anyway).severity is not None
        risk = judgement.verdict.risk or 0.0
        may = risk > 0 and severity.judge(mention, forecast, self._by_risk).severity is not None
        most = seen[-1].risk if seen else 0.0
        if (anyway and not (seen and seen[-1].anyway)) or (may and risk > most):
            count = forecast.now if forecast else 0
            seen.append(Moment(at=now, now=count, risk=max(most, risk if may else 0.0), anyway=anyway))

    def pages(self, threshold: float) -> Mapping[PostKey, Moment]:
        """The first page of each post, had the paging risk been this. A post each: stories are not joined."""
        found = {}
        for key, moments in self._moments.items():
            first = next((moment for moment in moments if moment.anyway or moment.risk >= threshold), None)
            if first is not None:
                found[key] = first
        return found

    @property
    def posts(self) -> Mapping[PostKey, list[Moment]]:
        """Everyone that was judged."""
        return self._moments
