"""`langyan tune`: the threshold that keeps to so many pages a week, as a change to the TOML, with what it would have cost."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from monitor.backtest.ledger import Moment
from monitor.backtest.trade import Score, Trade
from monitor.model import PostKey, Severity

LISTED = 40
"""Posts named on each side; the rest is counted."""


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A threshold beside the one in force. `found` None: no threshold has so few pages; counts alone make more."""

    trade: Trade
    severity: Severity
    in_force: float
    wanted: float
    found: float | None

    @property
    def proposed(self) -> float:
        return self.in_force if self.found is None else self.found

    def as_lines(self) -> list[str]:
        """The change as a diff, then what both would have paged and missed."""
        weeks = f"{self.trade.weeks:.1f} weeks, {len(self.trade.ledger.posts):,} posts judged"
        return [
            *self._diff(),
            "",
            f"# {weeks}, {self.wanted:g} pages a week wanted",
            *self._said(),
            *self._scores(),
            *self._changes(),
        ]

    def _diff(self) -> Iterator[str]:
        table = f" [severity.{self.severity.word}]"
        if self.found is None:
            yield f"# No risk has so few pages: counts alone page {self._counted():.1f} times a week. Raise viral or reposts"
        elif self.found == self.in_force:
            yield f"# [severity.{self.severity.word}] risk = {self.in_force:g} stays: a lower one pages more often, or finds nothing more"
        else:
            yield from (table, f"-risk = {self.in_force:g}", f"+risk = {self.found:g}")

    def _said(self) -> Iterator[str]:
        said = self.trade.said
        if said:
            yes = sum(said.values())
            yield (
                f"# your team pressed: {yes} posts 该叫醒我 (right, however small), {len(said) - yes} 不该 (false, however large)"
            )

    def _counted(self) -> float:
        return len(self.trade.ledger.pages(2.0)) / self.trade.weeks

    def _scores(self) -> Iterator[str]:
        for name, score in (("in force", self._score(self.in_force)), ("proposed", self._score(self.proposed))):
            missed = len(self.trade.viral()) - score.right
            lead = "" if score.lead is None else f", {score.lead:.0f} min before it hurt (median)"
            unknown = f", {score.unknown} nobody knows" if score.unknown else ""
            yield (
                f"# {name} {score.threshold:g}: {score.pages} pages, {score.a_week:.1f} a week: {score.right} right, "
                f"{score.false} false{unknown}; {missed} missed{lead}"
            )

    def _score(self, threshold: float) -> Score:
        return self.trade.score(threshold)

    def _changes(self) -> Iterator[str]:
        before, after = self.trade.ledger.pages(self.in_force), self.trade.ledger.pages(self.proposed)
        yield from self._listed("no longer paged", {key: page for key, page in before.items() if key not in after})
        yield from self._listed("paged as well", {key: page for key, page in after.items() if key not in before})
        missed = [key for key in self.trade.viral() if key not in after]
        if missed:
            shown = ", ".join(f"{key} ({self.trade.outcomes[key].final})" for key in missed[:LISTED])
            yield f"# missed by the proposed one: {shown}{_more(len(missed))}"

    def _listed(self, what: str, pages: Mapping[PostKey, Moment]) -> Iterator[str]:
        if not pages:
            return
        yield f"# {what}:"
        for key, page in list(pages.items())[:LISTED]:
            outcome = self.trade.outcomes.get(key)
            final = "nobody knows" if outcome is None or outcome.final is None else f"came to {outcome.final:,}"
            right = {True: "right", False: "false", None: "?"}[self.trade.right(key)]
            by = ", as your team pressed" if key in self.trade.said else ""
            yield f"#   {page.at:%Y-%m-%d %H:%M} {key} at {page.now:,}, risk {page.risk:.2f}; {final}: {right}{by}"
        if len(pages) > LISTED:
            yield f"#   {_more(len(pages)).strip(', ')}"

    def as_json(self) -> dict[str, object]:
        """One object: the key to change, and both scores."""
        return {
            "key": f"severity.{self.severity.word}.risk",
            "in_force": self.in_force,
            "proposed": self.found,
            "scores": [self._score(t).as_json() for t in dict.fromkeys((self.in_force, self.proposed))],
            "pressed": {
                "right": sum(self.trade.said.values()),
                "wrong": sum(not yes for yes in self.trade.said.values()),
            },
            "missed": [str(key) for key in self.trade.viral() if key not in self.trade.ledger.pages(self.proposed)],
        }


def _more(count: int) -> str:
    return f", and {count - LISTED} more" if count > LISTED else ""


def propose(trade: Trade, severity: Severity, in_force: float, pages_a_week: float) -> Proposal:
    """The smallest risk with at most so many pages a week; the one in force where a smaller one would page nobody who was right."""
    found = trade.threshold_for(pages_a_week)
    if found is not None and found < in_force and trade.score(found).right <= trade.score(in_force).right:
        found = in_force
    return Proposal(trade=trade, severity=severity, in_force=in_force, wanted=pages_a_week, found=found)
