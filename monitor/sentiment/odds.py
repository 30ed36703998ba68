"""Log-odds, and what they mean. Pure."""

from math import exp, log
from typing import NamedTuple


class Odds(NamedTuple):
    """Log-odds at even odds: of `negative`, of `anger`, and of `complaint`: it reads like one. `beside`: by how much the
    clauses that name the brand are more negative than the whole."""

    negative: float
    anger: float
    complaint: float
    beside: float = 0.0


def probability(log_odds: float) -> float:
    """The probability of log-odds, without overflow."""
    return 1 / (1 + exp(-max(-60.0, min(60.0, log_odds))))


def shift(base_rate: float) -> float:
    """What a base rate adds to log-odds that were calibrated at even odds (Saerens et al. 2002)."""
    return log(base_rate / (1 - base_rate))
