"""The figures a scorer is judged by: rank, calibration, recall at a price."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]


def auc(truth: Truths, score: NDArray[np.floating]) -> float:
    """P(a true one scores above a false one), ties counted half; nan with one class."""
    values, place, counts = np.unique(score, return_inverse=True, return_counts=True)
    del values
    rank = (np.cumsum(counts) - (counts - 1) / 2)[place]
    true = int(truth.sum())
    false = len(truth) - true
    if not (true and false):
        return float("nan")
    return float((rank[truth].sum() - true * (true + 1) / 2) / (true * false))


def calibration_error(truth: Truths, p: Floats) -> float:
    """Expected calibration error in ten bins of equal width (Naeini et al. 2015)."""
    where = np.minimum(9, (p * 10).astype(int))
    gaps = np.bincount(where, p, 10) - np.bincount(where, truth, 10)
    return float(np.abs(gaps).sum() / len(p))


def recall_at(truth: Truths, score: NDArray[np.floating], among: Truths, false_share: float) -> float:
    """The share of `among` above the score that `false_share` of the untrue ones pass."""
    false = np.sort(score[~truth])[::-1]
    cut = false[int(false_share * len(false))]
    return float((score[among] > cut).mean())


def log_loss(truth: Truths, p: Floats) -> float:
    """Mean negative log-likelihood, probabilities kept off 0 and 1."""
    p = np.clip(p, 1e-4, 1 - 1e-4)
    return float(-np.where(truth, np.log(p), np.log(1 - p)).mean())
