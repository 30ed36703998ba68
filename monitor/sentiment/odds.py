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


_LEAST = exp(-60.0)
"""So that a logarithm of any probability is a number."""


def probability(log_odds: float) -> float:
    """The probability of log-odds, without overflow."""
    return 1 / (1 + exp(-log_odds)) if log_odds > -60.0 else _LEAST


def shift(base_rate: float) -> float:
    """What a base rate adds to log-odds that were calibrated at even odds (Saerens et al. 2002)."""
    return log(base_rate / (1 - base_rate))
