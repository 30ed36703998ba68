"""What each finding of `watch.target` weighs: logistic regression on written posts and ordinary rows, kept near a first guess."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.sentiment.aim import findings
from monitor.sentiment.linear import SHORTEST, Model
from monitor.watch.target import look

Floats = NDArray[np.float64]

GUESS: Mapping[str, float] = {
    "always": -1.6, "tone": 0.5, "tone above even": 0.0, "beside": 0.2, "anger": 0.0, "complaint": 0.6, "turn": 0.3,
    "harm": 1.5, "official": 1.5, "grievance": 1.0, "blunt": 0.6, "warning": 1.0, "waited": 1.0,
    "cleared": -0.8, "foreign": -1.0, "compared": 1.5, "far": -0.6, "turned bad": 0.6, "turned good": -0.8,
    "scorn": 0.4, "joy": -0.5, "sneer alone": 0.0, "sneer with a problem": 0.6, "smile with a problem": 0.5,
    "rumour alone": 0.2, "rumour with a problem": 0.4, "praise alone": -0.6, "praise with a problem": -0.1,
    "hyperbole alone": -0.6, "hyperbole with a problem": -0.3, "resolved alone": -0.5, "resolved with a problem": -1.0,
    "refuted alone": -0.5, "refuted with a problem": -1.5, "advert alone": -0.8, "advert with a problem": -0.3,
    "fans alone": -0.6, "fans with a problem": -0.2, "misery alone": -1.0, "misery with a problem": -0.5,
    "question alone": -0.8, "question with a problem": -0.4, "elsewhere alone": -0.3, "elsewhere with a problem": -0.3,
}  # fmt: skip
"""What one would say without data. The fit leaves it where data say so."""

EXCUSES = ("advert", "elsewhere", "fans", "hyperbole", "misery", "praise", "question", "refuted", "resolved")
"""What these kinds of words say never speaks for a post's being bad for the brand. Where the fit says so it has made up for another
finding, and the next advert that is a little rude would page."""

RIDGE = 2.0
ORDINARY = 1.0
"""How much an ordinary row counts beside a written post. Ordinary ones keep the ordinary easy."""


@dataclass(frozen=True, slots=True)
class Case:
    """One text to learn from: what was found in it, whether it is aimed, how much it counts, and of which kind it is."""

    found: Mapping[str, float]
    aimed: bool
    weight: float
    kind: str
    fold: int


def found(model: Model, text: str, complaint: float) -> dict[str, float]:
    """The findings of a prepared and marked text; `complaint` as weights that never saw it give it."""
    odds = model.odds(text)
    bearing = look(text)
    tail = text[bearing.after :] if bearing.after else ""
    turn = model.tone(tail) - odds.negative if len(tail) >= SHORTEST else 0.0
    return findings(odds._replace(complaint=complaint), turn, bearing)


def fit(cases: Sequence[Case], around: Mapping[str, float] = GUESS, ridge: float = RIDGE) -> dict[str, float]:
    """A weight for each finding: the most likely ones that stay near `around`, none of `EXCUSES` above 0."""
    names = sorted({*around, *(name for case in cases for name in case.found)})
    nothing: set[str] = set()
    while True:
        free = [name for name in names if name not in nothing]
        weights = _fitted(cases, free, around, ridge)
        wrong = {name for name in free if weights[name] > 0 and name.split()[0] in EXCUSES}
        if not wrong:
            return {name: weights.get(name, 0.0) for name in names}
        nothing |= wrong


def _fitted(cases: Sequence[Case], names: Sequence[str], around: Mapping[str, float], ridge: float) -> dict[str, float]:
    """Newton's method with halved steps."""
    x = matrix(cases, names)
    truth = np.array([case.aimed for case in cases], dtype=float)
    weight = np.array([case.weight for case in cases])
    start = np.array([around.get(name, 0.0) for name in names])
    now = start.copy()

    def loss(at: Floats) -> float:
        odds = np.where(truth > 0, 1.0, -1.0) * (x @ at)
        return float(weight @ np.logaddexp(0, -odds) + ridge / 2 * ((at - start) ** 2).sum())

    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(x @ now, -60, 60)))
        slope = x.T @ (weight * (p - truth)) + ridge * (now - start)
        bend = (x * (weight * p * (1 - p))[:, None]).T @ x + ridge * np.eye(len(names))
        change = np.linalg.solve(bend, slope)
        while loss(now - change) > loss(now) and np.abs(change).max() > 1e-8:
            change /= 2  # a whole step would go past the bottom
        now -= change
        if np.abs(change).max() < 1e-8:
            break
    return {name: round(float(value), 3) for name, value in zip(names, now, strict=True)}


def matrix(cases: Sequence[Case], names: Sequence[str]) -> Floats:
    """The findings of all cases, a row each."""
    return np.array([[case.found.get(name, 0.0) for name in names] for case in cases], dtype=np.float64)


def log_odds(cases: Sequence[Case], weights: Mapping[str, float]) -> Floats:
    """What the weights make of each case."""
    names = sorted(weights)
    odds: Floats = matrix(cases, names) @ np.array([weights[name] for name in names])
    return odds


def blind(cases: Sequence[Case], around: Mapping[str, float] = GUESS) -> Floats:
    """The log-odds of each case by weights fitted on the other folds."""
    odds = np.zeros(len(cases))
    folds = np.array([case.fold for case in cases])
    for one in np.unique(folds):
        weights = fit([case for case in cases if case.fold != one], around)
        here = np.flatnonzero(folds == one).tolist()
        odds[here] = log_odds([cases[i] for i in here], weights)
    return odds


def table(cases: Sequence[Case], odds: Floats) -> str:
    """The share of each kind that is told right at even odds."""
    right: dict[str, list[bool]] = defaultdict(list)
    for case, value in zip(cases, odds, strict=True):
        right[case.kind].append((value >= 0) == case.aimed)
    lines = [f"{'kind':<16} {'posts':>6} {'aimed told right':>17}"]
    lines += [f"{kind:<16} {len(told):>6} {np.mean(told):>17.3f}" for kind, told in sorted(right.items())]
    return "\n".join([*lines, *_price(cases, odds)])


def _price(cases: Sequence[Case], odds: Floats) -> list[str]:
    """What finding most complaints among ordinary rows costs."""
    bad, fine = (odds[[case.kind == kind for case in cases]] for kind in ("ordinary, bad", "ordinary, not"))
    if not (len(bad) and len(fine)):
        return []
    return [
        f"ordinary rows: of complaints {share:.0%} are found where {np.mean(fine >= np.quantile(bad, 1 - share)):.1%} of the "
        "rest are called one"
        for share in (0.7, 0.8)
    ]
