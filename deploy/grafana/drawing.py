"""What a panel is, before Grafana's own words for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

SEVERITIES = ("red", "orange", "yellow", "blue")
"""The four colours are drawn as they are called."""


class Kind(Enum):
    """A number that is read at a glance, or a line over time."""

    NUMBER = "number"
    LINE = "line"


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """One panel. `queries`: each with its legend. `worry`: the value from which a number turns orange. `coloured`: its legends are
    severities."""

    title: str
    queries: Sequence[tuple[str, str]]
    says: str = ""
    unit: str = "short"
    kind: Kind = Kind.LINE
    worry: float | None = None
    coloured: bool = False


Part = tuple[str, Sequence[Drawn]]
"""A row's title and what stands in it."""


def line(title: str, *queries: tuple[str, str], says: str = "", unit: str = "short", coloured: bool = False) -> Drawn:
    """Lines over time."""
    return Drawn(title=title, queries=queries, says=says, unit=unit, coloured=coloured)


def number(
    title: str,
    *queries: tuple[str, str],
    says: str = "",
    unit: str = "short",
    worry: float | None = None,
    coloured: bool = False,
) -> Drawn:
    """Numbers as they are now."""
    return Drawn(title=title, queries=queries, says=says, unit=unit, kind=Kind.NUMBER, worry=worry, coloured=coloured)


def quantiles(metric: str, window: str, *shares: float, by: str = "") -> list[tuple[str, str]]:
    """Of a histogram."""
    kept = f"le, {by}" if by else "le"
    legend = f" {{{{{by}}}}}" if by else ""
    return [
        (
            f"histogram_quantile({share:g}, sum by ({kept}) (rate({metric}_bucket[{window}])))",
            f"p{share * 100:g}{legend}",
        )
        for share in shares
    ]
