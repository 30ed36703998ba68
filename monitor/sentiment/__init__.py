"""What a text says: scorers by name, loaded on first use and only in the scoring process."""

from pkgutil import resolve_name

from monitor.ports import Scorer

SCORERS = {"snownlp": "monitor.sentiment.snow:Snow"}
"""What is not in this table does not exist."""


def load(name: str) -> Scorer:
    """Builds a scorer. Slow and large for some engines: call it in the scoring process."""
    scorer: Scorer = resolve_name(SCORERS[name])()
    return scorer
