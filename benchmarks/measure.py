"""One figure: what was measured, beside what, in one run."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Figure:
    """`wanted` is the promise, as text; `beside` what the figure is compared with, in the same unit."""

    name: str
    value: float
    unit: str
    beside: str = ""
    beside_value: float | None = None
    wanted: str = ""

    @property
    def ratio(self) -> float | None:
        return None if not self.beside_value else round(self.value / self.beside_value, 2)

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "ratio": self.ratio}


Bench = Callable[[], Iterable[Figure]]


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` of them lie; 0.0 for none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
