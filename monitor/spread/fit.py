"""Fits the tables of `monitor.spread.model` by ridge regression, with residuals from posts each fit had not seen. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.spread.model import LEVELS, Table

Floats = NDArray[np.float64]

REACH_OF_KNOT = 0.35
"""A knot learns from looks this near in ln(age); nearer ones weigh more."""

ENOUGH = 200
"""Looks that a knot must have near it."""

RIDGE = 3.0
COARSE = (0.33, 0.67)
FINE = (0.25, 0.5, 0.75, 0.9, 0.97)
"""Shares at which residuals are parted by y. The largest posts are the ones that page, and few."""


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Looks to learn from: `age` minutes (n), `given` terms (n, k), `wanted` y (n), `fold` (n)."""

    age: Floats
    given: Floats
    wanted: Floats
    fold: NDArray[np.int64]


def fit(rows: Rows, knots: Sequence[float], folds: Sequence[int], parts: Sequence[float]) -> Table:
    """A table learnt from the rows of these folds; each fold's residuals come from a fit on the others, parted by y.

    A knot that hardly any look is near is left out. ValueError: there is no other.
    """
    reached, coefficients, bounds, residuals = [], [], [], []
    for knot in knots:
        weight = 1 - np.abs(np.log(np.maximum(rows.age, 0.1) / knot)) / REACH_OF_KNOT
        near = np.flatnonzero((weight > 0) & np.isin(rows.fold, folds))
        if len(near) < ENOUGH:
            continue
        given, wanted, weight, fold = rows.given[near], rows.wanted[near], weight[near], rows.fold[near]
        sums = {f: _sums(given[fold == f], wanted[fold == f], weight[fold == f]) for f in folds}
        said = np.empty(len(near))
        for f in folds:
            mine = fold == f
            said[mine] = np.maximum(given[mine] @ _solve([sums[g] for g in folds if g != f]), 0.0)
        left = wanted - said
        cuts = np.quantile(said, parts)
        part = np.searchsorted(cuts, said, side="right")
        reached.append(float(knot))
        coefficients.append(tuple(_solve([sums[f] for f in folds]).tolist()))
        bounds.append(tuple(cuts.tolist()))
        residuals.append(tuple(_spread(left[part == i], left) for i in range(len(parts) + 1)))
    if not reached:
        raise ValueError(f"no age has the {ENOUGH} looks a fit wants. Give more curves")
    return Table(
        knots=tuple(reached), coefficients=tuple(coefficients), bounds=tuple(bounds), residuals=tuple(residuals)
    )


def _sums(given: Floats, wanted: Floats, weight: Floats) -> tuple[Floats, Floats]:
    weighted = given * weight[:, None]
    return weighted.T @ given, weighted.T @ wanted


def _solve(sums: Sequence[tuple[Floats, Floats]]) -> Floats:
    """Ridge coefficients; the first term, the constant, is not held back."""
    square = np.sum([gram for gram, _ in sums], axis=0)
    held = RIDGE * np.eye(len(square))
    held[0, 0] = 1e-9
    solved: Floats = np.linalg.solve(square + held, np.sum([moment for _, moment in sums], axis=0))
    return solved


def _spread(left: Floats, everyone: Floats) -> tuple[float, ...]:
    """Quantiles of residuals; a part with hardly anybody in it borrows everybody's."""
    return tuple(np.quantile(left if len(left) >= len(LEVELS) else everyone, LEVELS).round(2).tolist())
