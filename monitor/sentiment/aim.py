"""From tone to aim: how bad for the brand, given how a text sounds and what stands in it. Pure.

A logistic model over a few named findings; its weights are fitted by `langyan train sentiment` on posts written for that
purpose (monitor/training/posts.csv) and stand readable in the header of the weights file.
"""

from collections.abc import Mapping

from monitor.sentiment.odds import Odds
from monitor.watch.target import Bearing

LIMIT = 4.0
"""Log-odds of tone beyond this say no more: a model that is very sure is not that sure."""


def findings(odds: Odds, turn: float, bearing: Bearing) -> dict[str, float]:
    """What is weighed, by name. `turn`: by how much what follows the last 但是 is worse than the whole."""
    found = {
        "always": 1.0,
        "tone": _kept(odds.negative),
        "tone above even": max(0.0, _kept(odds.negative)),
        "anger": _kept(odds.anger),
        "complaint": _kept(odds.complaint),
        **bearing.facts,
    }
    if turn:
        found["turn"] = _kept(turn)
    if odds.beside:
        found["beside"] = _kept(odds.beside)
    return found


def heard(weights: Mapping[str, float], odds: Odds) -> float:
    """Log-odds of being bad for the brand by the sound of it alone, in a feed of the default base rate."""
    get = weights.get
    tone = _kept(odds.negative)
    total = get("always", 0.0) + get("tone", 0.0) * tone + get("tone above even", 0.0) * max(0.0, tone)
    return total + get("anger", 0.0) * _kept(odds.anger) + get("complaint", 0.0) * _kept(odds.complaint)


def found(weights: Mapping[str, float], odds: Odds, turn: float, bearing: Bearing) -> float:
    """What the findings add to what was `heard`: together they are `findings`, weighed, without the dictionary."""
    get, total = weights.get, 0.0
    for name, value in bearing.facts.items():
        total += value * get(name, 0.0)
    if turn:
        total += get("turn", 0.0) * _kept(turn)
    return total + get("beside", 0.0) * _kept(odds.beside) if odds.beside else total


def _kept(odds: float) -> float:
    return -LIMIT if odds < -LIMIT else min(odds, LIMIT)
