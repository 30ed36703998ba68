"""What a text says: scorers by name, loaded on first use and only in the scoring process."""

from dataclasses import asdict, dataclass
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the ports know httpx, which the scoring process does without
    from monitor.ports import Scorer

SCORERS = {"linear": "monitor.sentiment.linear:Linear", "snownlp": "monitor.sentiment.snow:Snow"}
"""What is not in this table does not exist."""

BASE_RATE = 0.12
"""The share of posts in a live feed that are negative; the sets that engines are trained on are half negative."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """How an engine is set up. Paths as strings, "" for what is shipped: `weights` for linear, `snownlp` for SnowNLP, `evasions`
    beside the shipped table."""

    base_rate: float = BASE_RATE
    weights: str = ""
    snownlp: str = ""
    evasions: str = ""

    def as_json(self) -> dict[str, Any]:
        """What the scoring process is told on its command line."""
        return asdict(self)


def load(name: str, options: Options | None = None) -> "Scorer":
    """Builds a scorer. Slow and large for some engines: call it in the scoring process. ConfigError for a broken file."""
    scorer: Scorer = resolve_name(SCORERS[name])(options or Options())
    return scorer
