"""Where `linear` learns: features of labelled texts, logistic regression on them, and the small file that comes of it.

What pays is in how it learns, not in the learner: features scaled by what they say of the label inside each source
(naive-Bayes log ratios, Wang and Manning 2012), an intercept for each source that is forgotten afterwards, bracket
emoticons left out of half the texts, and more than half of all features dropped at random at every step, so that no
text hangs on one of them (dropout as a regulariser: Wager et al. 2013). All of it ends in one weight a feature.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from monitor.sentiment.weights import BASE, NEAR, Head, pack
from monitor.watch.target import beside

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Truths = NDArray[np.bool_]

RAREST = 3
"""Runs of characters that fewer texts have teach nothing."""

KEPT = 80_000
"""Runs that are shipped, the weightiest first: under 1 MB, 0.001 of AUC below all of them."""

HEAVIEST = 0.998
"""Nothing weighs more than this quantile: the few heaviest runs are habits of the sets they were learned from, and a cap on
them gains 0.0003 of AUC on sets not seen (0.99 gains more on some, and loses it on reviews)."""

EPOCHS, BATCH, RATE, DROPPED, RIDGE = 10, 1024, 0.5, 0.6, 1e-6
SMOOTHING, TEMPER = 1.0, 0.7


@dataclass(frozen=True, slots=True)
class Corpus:
    """Texts as sets of features. `keys` are the features; text i has `features[starts[i]:starts[i + 1]]`, `sizes[i]`
    counts all its runs, known or not, but not those that count once more beside the brand."""

    keys: NDArray[np.uint64]
    features: NDArray[np.int32]
    starts: Ints
    sizes: Ints

    def __len__(self) -> int:
        return len(self.sizes)

    def take(self, rows: Ints) -> "Corpus":
        """These texts alone."""
        lengths = np.diff(self.starts)[rows]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        places = np.arange(starts[-1]) + np.repeat(self.starts[:-1][rows] - starts[:-1], lengths)
        return Corpus(self.keys, self.features[places], starts, self.sizes[rows])

    def counts(self) -> Ints:
        """How many texts have each feature."""
        return np.bincount(self.features, minlength=len(self.keys))

    def sums(self, weights: Floats) -> Floats:
        """Each text's sum of weights, shrunk by the root of its size as `linear` does."""
        root: Floats = np.sqrt(np.maximum(self.sizes, 1).astype(np.float32))
        shrunk: Floats = totals(weights[self.features], self.starts) / root
        return shrunk


class Learned(NamedTuple):
    """A weight for each feature, and how many of the texts it was learned from have that feature."""

    weights: Floats
    counts: NDArray[np.floating[Any]] | Ints


def joined(parts: Sequence[Corpus]) -> Corpus:
    """Texts of one set of features, one part after another."""
    starts = np.concatenate([[0], np.cumsum(np.concatenate([np.diff(part.starts) for part in parts]))])
    features = np.concatenate([part.features for part in parts])
    return Corpus(parts[0].keys, features, starts, np.concatenate([part.sizes for part in parts]))


def totals(values: Floats, starts: Ints) -> Floats:
    """Sums of the slices; reduceat knows no empty ones, so a zero is put behind the values and empty slices set to it."""
    total: Floats = np.add.reduceat(np.append(values, np.float32(0)), starts[:-1]).astype(np.float32)
    total[np.diff(starts) == 0] = 0
    return total


def corpus(texts: Sequence[str], *, rarest: int = RAREST) -> Corpus:
    """Prepared texts as sets of runs of one to three characters that at least `rarest` of them have."""
    rows = [keys_of(text) for text in texts]
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    sizes = np.array([int((row < NEAR).sum()) for row in rows], dtype=np.int64)
    everything = np.concatenate([*rows, np.empty(0, np.uint64)])
    keys, inverse, counts = np.unique(everything, return_inverse=True, return_counts=True)
    kept = counts >= rarest
    renamed = np.cumsum(kept) - 1
    known = kept[inverse]
    lengths = totals(known.astype(np.float32), np.concatenate([[0], np.cumsum(lengths)])).astype(np.int64)
    features = renamed[inverse[known]].astype(np.int32)
    return Corpus(keys[kept], features, np.concatenate([[0], np.cumsum(lengths)]), sizes)


def keys_of(text: str) -> NDArray[np.uint64]:
    """The runs of a prepared text as the numbers they have in a weights file, after them those of its clauses that name the
    brand."""
    near = beside(text)
    return np.concatenate([_runs(text), _runs(near) + np.uint64(NEAR)]) if near else _runs(text)


def _runs(text: str) -> NDArray[np.uint64]:
    codes = np.frombuffer(text.encode("utf-32-le", "replace"), dtype=np.uint32).astype(np.uint64)
    pairs = codes[:-1] * np.uint64(BASE) + codes[1:]
    triples = pairs[:-1] * np.uint64(BASE) + codes[2:]
    return np.unique(np.concatenate([codes, pairs, triples]))


def ratios(texts: Corpus, truth: Truths, source: Ints) -> Floats:
    """What each feature says of the label: log of how much more often it stands in true texts, each source brought to even
    odds first, so that a source's own balance and habits say nothing."""
    size = len(texts.keys)
    true, false = np.full(size, SMOOTHING), np.full(size, SMOOTHING)
    of_row = np.repeat(np.arange(len(texts)), np.diff(texts.starts))
    for one in np.unique(source):
        share = min(max(float(truth[source == one].mean()), 0.01), 0.99)
        here = (source == one)[of_row]
        yes = truth[of_row] & here
        true += np.bincount(texts.features[yes], minlength=size) * (0.5 / share)
        false += np.bincount(texts.features[here & ~yes], minlength=size) * (0.5 / (1 - share))
    ratio = np.log(true / false)
    tempered: Floats = (np.sign(ratio) * np.abs(ratio) ** TEMPER).astype(np.float32)
    return tempered


def fit(
    texts: Corpus,
    truth: Truths,
    source: Ints,
    seed: int,
    *,
    epochs: int = EPOCHS,
    step: Callable[[], None] = lambda: None,
) -> Floats:
    """A weight for each feature. `step` is called after each of `epochs` passes. The same input gives the same weights."""
    chance = np.random.default_rng(seed)
    scale = ratios(texts, truth, source)
    sign = np.where(truth, 1.0, -1.0).astype(np.float32)
    shrink = 1 / np.sqrt(np.maximum(texts.sizes, 1)).astype(np.float32)
    weights, seen = np.zeros(len(texts.keys), np.float32), np.full(len(texts.keys), 1e-6, np.float32)
    sources = int(source.max()) + 1
    bias, bias_seen = np.zeros(sources, np.float32), np.full(sources, 1e-6, np.float32)
    mean = np.zeros(len(texts.keys))
    for epoch in range(epochs):
        order = chance.permutation(len(texts))
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            batch = texts.take(rows)
            awake = chance.random(len(batch.features), dtype=np.float32) > DROPPED
            values = (scale[batch.features] * awake / np.float32(1 - DROPPED)).astype(np.float32)
            score = totals(weights[batch.features] * values, batch.starts) * shrink[rows] + bias[source[rows]]
            slope = -sign[rows] / (1 + np.exp(np.minimum(sign[rows] * score, 60))) / np.float32(len(rows))
            spread = np.repeat(slope * shrink[rows], np.diff(batch.starts)) * values
            step_down(weights, seen, np.bincount(batch.features, spread, len(weights)) + RIDGE * weights)
            step_down(bias, bias_seen, np.bincount(source[rows], slope, sources).astype(np.float64))
        if epoch >= epochs // 2:
            mean += weights
        step()
    return (mean / (epochs - epochs // 2) * scale).astype(np.float32)


def step_down(weights: Floats, seen: Floats, slope: NDArray[np.floating[Any]]) -> None:
    """One step of AdaGrad (Duchi et al. 2011), in place."""
    down = slope.astype(np.float32)
    seen += down * down
    weights -= RATE * down / np.sqrt(seen)


def line(sums: Floats, truth: Truths, source: Ints) -> Head:
    """What turns sums into log-odds at even odds (Platt 1999): a slope for each side of zero and a step. Each source is read
    at its own balance, so that none of them enters."""
    x = np.stack([np.maximum(sums, 0), np.minimum(sums, 0), np.ones(len(sums))], axis=1).astype(np.float64)
    balance = np.zeros(len(sums))
    for one in np.unique(source):
        share = min(max(float(truth[source == one].mean()), 0.01), 0.99)
        balance[source == one] = np.log(share / (1 - share))
    parts = np.array([1.0, 1.0, 0.0])
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(x @ parts + balance, -60, 60)))
        bend = (x * (p * (1 - p))[:, None]).T @ x + 1e-3 * np.eye(3)
        change = np.linalg.solve(bend, x.T @ (p - truth))
        parts -= change
        if np.abs(change).max() < 1e-9:
            break
    up, down, bias = (float(part) for part in parts)
    return Head(up=max(up, 0.05), down=max(down, 0.05), bias=bias)


def rounded(weights: Floats) -> tuple[float, NDArray[np.int64]]:
    """Weights as bytes, capped at `HEAVIEST`, and what one step of a byte is worth."""
    unit = max(float(np.quantile(np.abs(weights), HEAVIEST)), 1e-9) / 127
    return unit, np.clip(np.round(weights / unit), -127, 127).astype(np.int64)


def weigh(
    keys: NDArray[np.uint64], learned: Sequence[Learned], heads: Sequence[Head], *, kept: int = KEPT
) -> tuple[dict[int, int], list[Head]]:
    """The weightiest features as bytes, and the heads in units of bytes. `heads` come in units of what was learned.

    The commonest come first, so that what most texts ask for lies together in memory: the sum takes a third less time.
    """
    worth, common = np.zeros(len(keys)), np.zeros(len(keys))
    for weights, counts in learned:
        moves = weights.astype(np.float64) ** 2 * np.minimum(counts, 2_000)
        worth += moves / max(float(moves.sum()), 1e-9)
        common += counts
    best = np.argsort(-worth, kind="stable")[:kept]
    best = best[np.argsort(-common[best], kind="stable")]
    bytes_, small = [], []
    for (weights, _), head in zip(learned, heads, strict=True):
        unit, small_weights = rounded(weights[best])
        bytes_.append(small_weights.tolist())
        small.append(Head(up=head.up * unit, down=head.down * unit, bias=head.bias))
    return {run: pack(*three) for run, three in zip(keys[best].tolist(), zip(*bytes_, strict=True), strict=True)}, small
