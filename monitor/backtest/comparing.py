"""Two configurations side by side: what each pages, when, and whether that was right."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from monitor.backtest.outcomes import Outcomes
from monitor.backtest.trade import Hurts
from monitor.model import PostKey
from monitor.replay import Page


@dataclass(frozen=True, kw_only=True)
class Pair:
    """The pages of two runs over one recording; `names` are the configurations'."""

    names: tuple[str, str]
    pages: tuple[Mapping[PostKey, Page], Mapping[PostKey, Page]]
    outcomes: Outcomes
    hurts: Hurts

    def keys(self) -> list[PostKey]:
        """Everything that either paged, by the earlier page."""
        first = {
            key: min(page.at for run in self.pages if (page := run.get(key)))
            for key in {**self.pages[0], **self.pages[1]}
        }
        return sorted(first, key=lambda key: (first[key], key))

    def right(self, key: PostKey) -> bool | None:
        """Whether that post came to hurt; None: nobody knows."""
        outcome, hurts = self.outcomes.get(key), self.hurts(key)
        return None if outcome is None or outcome.final is None or hurts is None else outcome.final >= hurts

    def as_lines(self) -> Iterator[str]:
        """A post a line, then the sums."""
        yield f"{'post':32} {self.names[0][-22:]:>22} {self.names[1][-22:]:>22}  came to"
        for key in self.keys():
            outcome = self.outcomes.get(key)
            final = "?" if outcome is None or outcome.final is None else f"{outcome.final:,}"
            cells = (f"{_when(run.get(key)):>22}" for run in self.pages)
            yield f"{key!s:32} {' '.join(cells)}  {final}{_mark(self.right(key))}"
        for name, run in zip(self.names, self.pages, strict=True):
            judged = [self.right(key) for key in run]
            yield f"{name}: {len(run)} pages, {judged.count(True)} right, {judged.count(False)} false"

    def as_json(self) -> Iterator[dict[str, object]]:
        """A post a line: when each paged it (None: not), and whether it came to hurt."""
        for key in self.keys():
            at = [None if (page := run.get(key)) is None else f"{page.at:%Y-%m-%dT%H:%M:%SZ}" for run in self.pages]
            yield {"id": str(key), "paged_at": at[0], "against_paged_at": at[1], "right": self.right(key)}


def _when(page: Page | None) -> str:
    return "-" if page is None else f"{page.at:%m-%d %H:%M} {page.severity.word}"


def _mark(right: bool | None) -> str:
    return {True: " right", False: " false", None: ""}[right]
