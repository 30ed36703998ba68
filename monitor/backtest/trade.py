"""What each threshold costs and finds: precision, recall and lead, and which one keeps to a number of pages a week."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median

from monitor.backtest.ledger import Ledger, Moment
from monitor.backtest.outcomes import Outcomes
from monitor.model import PostKey

GRID = tuple(i / 100 for i in range(10, 100))
SHOWN = tuple(i / 20 for i in range(4, 20))
"""Thresholds that are printed; the one in force is printed too."""

WINDOW = timedelta(hours=6)
WEEK = timedelta(days=7)

Hurts = Callable[[PostKey], int | None]
"""The reach that hurts, for one post."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """What one threshold was worth. Shares are None where there is nothing to divide by.

    `unknown`: pages of posts that were not followed for long enough; they count for neither side. `lead`: minutes from
    the page to the moment the post had the reach that hurts (median). `early`: paged while half was still to come.
    """

    threshold: float
    pages: int
    a_week: float
    right: int
    false: int
    unknown: int
    precision: float | None
    recall: float | None
    early: float | None
    recall_6h: float | None
    early_6h: float | None
    lead: float | None

    def as_json(self) -> dict[str, object]:
        """One line of `--sweep --json`."""
        return {name: _short(getattr(self, name)) for name in self.__slots__}


@dataclass(frozen=True, kw_only=True)
class Trade:
    """A run's ledger with what became of its posts. `began` and `ended`: the first and last moment that was played. `said`: whether
    people said that a post should have woken them, which goes before what became of it."""

    ledger: Ledger
    outcomes: Outcomes
    hurts: Hurts
    began: datetime
    ended: datetime
    said: Mapping[PostKey, bool] = field(default_factory=dict)

    @property
    def weeks(self) -> float:
        """How long that was; less than a day counts as one."""
        return max(self.ended - self.began, timedelta(days=1)) / WEEK

    def viral(self) -> list[PostKey]:
        """The posts that came to hurt, or that people say were worth waking them, judged or not."""
        return [key for key in self.outcomes if self.right(key)]

    def right(self, key: PostKey) -> bool | None:
        """Whether a page for this post was right; None: nobody knows."""
        outcome = self.outcomes.get(key)
        if key in self.said:
            return self.said[key]
        return None if outcome is None or outcome.final is None else self._hurt(key, outcome.final)

    def _hurt(self, key: PostKey, final: int | None) -> bool:
        hurts = self.hurts(key)
        return final is not None and hurts is not None and final >= hurts

    def score(self, threshold: float) -> Score:
        """What this threshold would have been worth."""
        pages = self.ledger.pages(threshold)
        viral = len(self.viral())
        right = {key: page for key, page in pages.items() if self.right(key)}
        false = sum(self.right(key) is False for key in pages)
        soon = {key: page for key, page in right.items() if page.at - self.outcomes[key].born <= WINDOW}
        return Score(
            threshold=threshold,
            pages=len(pages),
            a_week=len(pages) / self.weeks,
            right=len(right),
            false=false,
            unknown=len(pages) - len(right) - false,
            precision=_share(len(right), len(right) + false),
            recall=_share(len(right), viral),
            early=_share(self._early(right), viral),
            recall_6h=_share(len(soon), viral),
            early_6h=_share(self._early(soon), viral),
            lead=self._lead(right),
        )

    def _early(self, pages: Mapping[PostKey, Moment]) -> int:
        return sum(self.outcomes[key].left(page.at) >= 0.5 for key, page in pages.items())

    def _lead(self, pages: Mapping[PostKey, Moment]) -> float | None:
        leads = []
        for key, page in pages.items():
            reached = self.outcomes[key].reached(self.hurts(key) or 0)
            if reached is not None:
                leads.append((reached - page.at).total_seconds() / 60)
        return median(leads) if leads else None

    def sweep(self, in_force: float) -> list[Score]:
        """The trade-off over thresholds, the one in force among them."""
        return [self.score(threshold) for threshold in sorted({*SHOWN, in_force})]

    def threshold_for(self, pages_a_week: float) -> float | None:
        """The smallest threshold with at most so many pages a week; None: even the highest has more."""
        fitting = (t for t in GRID if len(self.ledger.pages(t)) <= pages_a_week * self.weeks + 1e-9)
        found = next(fitting, None)
        return found if found is None or not self.said else self._weighed(found)

    def _weighed(self, found: float) -> float:
        """The smallest threshold from this one on with the fewest pages that people said no to, and no right page lost."""

        def refused(threshold: float) -> int:
            return sum(self.said.get(key) is False for key in self.ledger.pages(threshold))

        right = self.score(found).right
        return min((t for t in GRID if t >= found and self.score(t).right == right), key=lambda t: (refused(t), t))


HEAD = (
    f"{'risk':>6} {'pages':>6} {'a week':>7} {'right':>6} {'false':>6} {'?':>4} {'precision':>10} {'recall':>7} {'rec50':>7} "
    f"{'6 h: recall':>12} {'rec50':>7} {'lead min':>9}"
)


def table(scores: Iterable[Score], in_force: float) -> list[str]:
    """The trade-off for people."""
    return [HEAD, *(_line(score, in_force) for score in scores)]


def _line(score: Score, in_force: float) -> str:
    shares: Sequence[float | None] = (score.precision, score.recall, score.early, score.recall_6h, score.early_6h)
    precision, recall, early, recall_6h, early_6h = ("-" if share is None else f"{share:.3f}" for share in shares)
    lead = "-" if score.lead is None else f"{score.lead:.0f}"
    mark = "  <- in force" if score.threshold == in_force else ""
    return (
        f"{score.threshold:>6.2f} {score.pages:>6} {score.a_week:>7.1f} {score.right:>6} {score.false:>6} {score.unknown:>4} "
        f"{precision:>10} {recall:>7} {early:>7} {recall_6h:>12} {early_6h:>7} {lead:>9}{mark}"
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _short(value: float | None) -> float | None:
    return round(value, 4) if isinstance(value, float) else value
