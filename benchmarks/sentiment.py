"""How good, how fast and how small the scorers of texts are, beside SnowNLP and a plain n-gram model, on sets neither has seen.

Reads the public sets in ../shared/data/sentiment; without them only what needs none is measured.
"""

import csv
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from random import Random
from time import process_time
from typing import TypeVar

import numpy as np

from benchmarks.measure import Figure
from monitor.model import Passage
from monitor.sentiment import Options, lessons
from monitor.sentiment.lessons import Corpus, Floats, Ints
from monitor.sentiment.linear import Linear
from monitor.sentiment.prepare import Preparation, shipped_evasions, without_emoticons
from monitor.sentiment.worker import settle_down
from monitor.training import figures
from monitor.training.rows import LABELLED_BY_EMOTICONS, Row, read_folder
from monitor.training.sentiment import School, chances
from monitor.watch.text import fold

Thing = TypeVar("Thing")

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data" / "sentiment"
SEED = 1
SNOW_ROWS = 2_500
"""Rows of each set that SnowNLP reads: all of them would take it half an hour."""

POSTS, SNOW_POSTS, ROUNDS = 4_000, 300, 5
NEGATIVE = 0.12
PLAIN_EPOCHS, PLAIN_RIDGE = 12, 1e-5


def run() -> Iterator[Figure]:
    yield _weight()
    yield _loading()
    if not DATA.is_dir():
        print(
            f"sentiment: {DATA.name} is not at hand, so nothing that needs the public sets is measured", file=sys.stderr
        )
        return
    rows = read_folder(DATA)
    yield from _speed(rows)
    school = School(rows, (), SEED)
    plain = Plain(school)
    yield from _leave_one_out(school, plain)
    yield from _snownlp(school.rows)
    yield from _anger(school)
    yield from _tricky(plain)


# ── how well ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Plain:
    """What everybody tries first: logistic regression on TF-IDF of runs of one to three characters, nothing else."""

    def __init__(self, school: School) -> None:
        prepare = Preparation(shipped_evasions())
        self.taught = lessons.corpus([prepare(row.text) for row in school.rows])
        self.negative = school.negative
        counts = np.maximum(self.taught.counts(), 1)
        self._rarity = np.log(len(self.taught) / counts).astype(np.float32)
        self._number = {key: number for number, key in enumerate(self.taught.keys.tolist())}

    def fit(self, rows: Ints) -> Floats:
        """A weight for each run, and the intercept last."""
        texts, truth = self.taught.take(rows), self.negative[rows]
        values = self._values(texts)
        chance = np.random.default_rng(SEED)
        size = len(texts.keys)
        weights, seen = np.zeros(size + 1, np.float32), np.full(size + 1, 1e-6, np.float32)
        sign = np.where(truth, 1.0, -1.0).astype(np.float32)
        for _ in range(PLAIN_EPOCHS):
            order = chance.permutation(len(texts))
            for start in range(0, len(order), lessons.BATCH):
                some = order[start : start + lessons.BATCH]
                batch, inside = texts.take(some), _inside(texts, some)
                score = lessons.totals(weights[batch.features] * values[inside], batch.starts) + weights[-1]
                slope = -sign[some] / (1 + np.exp(np.minimum(sign[some] * score, 60))) / len(some)
                spread = np.repeat(slope, np.diff(batch.starts)) * values[inside]
                down = np.append(np.bincount(batch.features, spread, size), slope.sum())
                lessons.step_down(weights, seen, down + PLAIN_RIDGE * weights)
        return weights

    def score(self, texts: Corpus, weights: Floats) -> Floats:
        """Log-odds of texts whose features are `taught`'s."""
        odds: Floats = lessons.totals(weights[texts.features] * self._values(texts), texts.starts) + weights[-1]
        return odds

    def read(self, texts: Sequence[str]) -> Corpus:
        """Prepared texts in `taught`'s features."""
        rows = [[self._number[key] for key in lessons.keys_of(text).tolist() if key in self._number] for text in texts]
        starts = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
        return Corpus(self.taught.keys, np.concatenate(rows).astype(np.int32), starts, np.diff(starts))

    def _values(self, texts: Corpus) -> Floats:
        values = self._rarity[texts.features]
        length = np.sqrt(np.maximum(lessons.totals(values * values, texts.starts), 1e-9))
        unit: Floats = values / np.repeat(length, np.diff(texts.starts))
        return unit


def _leave_one_out(school: School, plain: Plain) -> Iterator[Figure]:
    """Each set scored by weights learned from all others, cut and rounded as they ship."""
    sums = np.zeros(len(school.rows), np.float32)
    gains, worst = [], 1.0
    for number, name in enumerate(school.sources):
        others, here = np.flatnonzero(school.source != number), np.flatnonzero(school.source == number)
        texts = school.taught.take(others)
        fit = lessons.fit(texts, school.negative[others], school.source[others], SEED)
        sums[here] = school.asked.take(here).sums(_as_shipped(fit, texts.counts()))
        ours = figures.auc(school.negative[here], sums[here])
        asked = plain.taught.take(here)
        if name in LABELLED_BY_EMOTICONS:
            prepare = Preparation(shipped_evasions())
            asked = plain.read([without_emoticons(prepare(school.rows[i].text)) for i in here])
        theirs = figures.auc(school.negative[here], plain.score(asked, plain.fit(others)))
        gains.append(ours - theirs)
        worst = min(worst, ours - theirs)
        yield Figure(
            name=f"AUC of negative, unseen: {name}",
            value=round(ours, 4),
            unit="",
            beside="plain n-grams on the same rows",
            beside_value=round(theirs, 4),
        )
    yield Figure(
        name="AUC: linear less plain n-grams, mean", value=round(float(np.mean(gains)), 4), unit="", wanted=">= 0.01"
    )
    yield Figure(name="AUC: linear less plain n-grams, least", value=round(worst, 4), unit="", wanted="> 0")
    error = figures.calibration_error(school.negative, chances(school, sums, school.source))
    yield Figure(name="calibration error of negative, pooled", value=round(error, 4), unit="", wanted="<= 0.03")


def _as_shipped(fit: Floats, counts: Ints) -> Floats:
    """The weightiest runs alone, each weight one of 255."""
    worth = fit.astype(np.float64) ** 2 * np.minimum(counts, 2_000)
    best = np.argsort(-worth, kind="stable")[: lessons.KEPT]
    unit, weights = lessons.rounded(fit[best])
    kept = np.zeros_like(fit)
    kept[best] = weights * unit
    return kept


def _snownlp(rows: Sequence[Row]) -> Iterator[Figure]:
    """SnowNLP as it comes, and taught on the same rows: on a sample of each set."""
    from monitor.sentiment import snow

    cut, chance = snow.cutter(), Random(SEED)
    sample: dict[str, list[Row]] = defaultdict(list)
    for row in chance.sample(list(rows), len(rows)):
        if len(sample[row.source]) < SNOW_ROWS:
            sample[row.source].append(row)
    read = {source: [snow.words(cut, _bare(row)) for row in some] for source, some in sorted(sample.items())}
    stock, means = snow.counts_shipped(), []
    for source, texts in read.items():
        others = [other for other in read if other != source]
        taught = snow.counted(
            [text for other in others for text in read[other]],
            [row.negative for other in others for row in sample[other]],
        )
        truth = np.array([row.negative for row in sample[source]])
        was, now = (
            figures.auc(truth, np.array([snow.odds(bad, good, text)[0] for text in texts]))
            for bad, good in (stock, taught)
        )
        means.append((now, was))
        yield Figure(
            name=f"AUC of retrained SnowNLP, unseen: {source}",
            value=round(now, 4),
            unit="",
            beside="stock SnowNLP",
            beside_value=round(was, 4),
        )
    now, was = np.mean(means, axis=0).tolist()
    yield Figure(
        name=f"AUC of retrained SnowNLP, mean ({SNOW_ROWS:,} rows a set)",
        value=round(now, 4),
        unit="",
        beside="stock SnowNLP",
        beside_value=round(was, 4),
    )


def _bare(row: Row) -> str:
    """A text as SnowNLP gets it; where the labels were read off the emoticons, without them."""
    if row.source not in LABELLED_BY_EMOTICONS:
        return row.text
    return without_emoticons(Preparation(shipped_evasions())(row.text))


def _anger(school: School) -> Iterator[Figure]:
    """Angry posts of smp_usual that `negative` finds where it wrongly calls a tenth of the others, in five folds of that set."""
    (number,) = (i for i, name in enumerate(school.sources) if name == "smp_usual")
    rows = np.flatnonzero(school.source == number)
    score = school.blind(school.negative, rows, school.fold, lambda: None)
    angry = np.array([bool(school.rows[i].angry) for i in rows])
    recall = figures.recall_at(school.negative[rows], score, angry, 0.1)
    yield Figure(name="anger found at 10 % false alarms, smp_usual", value=round(recall, 4), unit="", wanted=">= 0.84")


# ── tricky sentences ────────────────────────────────────────────────────────────────────────────────────────────────


def _tricky(plain: Plain) -> Iterator[Figure]:
    """The half of the tricky sentences that no tuning saw: `aimed`, where the others can only be asked for their tone."""
    from monitor.sentiment import snow

    with (ROOT / "tests" / "sentiment" / "tricky.csv").open(encoding="utf-8", newline="") as file:
        kept = [row for row in csv.DictReader(file) if int(sha256(row["text"].encode()).hexdigest(), 16) % 2 == 1]
    linear, cut, (bad, good) = Linear(Options()), snow.cutter(), snow.counts_shipped()
    prepare = Preparation(shipped_evasions())
    weights = plain.fit(np.arange(len(plain.taught)))
    by_plain = plain.score(plain.read([prepare(row["text"]) for row in kept]), weights) > 0
    right: dict[str, list[tuple[bool, bool, bool]]] = defaultdict(list)
    for row, tone in zip(kept, by_plain, strict=True):
        aimed = row["aimed"] == "1"
        names = (fold(row["brand"]),) if row["brand"] else ()
        ours = linear.one(Passage(row["text"], names)).aimed >= 0.5
        stock = snow.odds(bad, good, snow.words(cut, row["text"]))[0] >= 0
        right[row["kind"]].append((ours == aimed, stock == aimed, bool(tone) == aimed))
    everything = [one for ones in right.values() for one in ones]
    for kind, ones in [*sorted(right.items()), ("all", everything)]:
        ours_, stock_, plain_ = np.mean(ones, axis=0).tolist()
        yield Figure(
            name=f"aimed told right, kept half, {kind} ({len(ones)})",
            value=round(ours_, 3),
            unit="",
            beside=f"plain n-grams {plain_:.3f}, stock SnowNLP",
            beside_value=round(stock_, 3),
            wanted=">= 0.80" if kind == "all" else ">= 0.6",
        )


# ── how fast, how small ─────────────────────────────────────────────────────────────────────────────────────────────


def _speed(rows: Sequence[Row]) -> Iterator[Figure]:
    """Posts of about 80 characters, one at a time, of which 12 % are negative as in a live feed; the best of five rounds."""
    chance, middling = Random(SEED), [row for row in rows if 70 <= len(row.text) <= 90]
    chance.shuffle(middling)
    bad = [row.text for row in middling if row.negative][: round(POSTS * NEGATIVE)]
    fine = [row.text for row in middling if not row.negative][: POSTS - len(bad)]
    texts = chance.sample(bad + fine, len(bad) + len(fine))
    linear, passages = Linear(Options()), [Passage(text, ("星禾",), ("青岚",)) for text in texts]
    settle_down()
    ours = _rate(linear.one, passages, ROUNDS)

    from snownlp import SnowNLP  # 400 MB that are not to slow down ours
    from snownlp import seg as stock_segmentation

    from monitor.sentiment.segment import Segmenter

    few = texts[:SNOW_POSTS]
    yield Figure(
        name="linear, one post at a time, 80 characters",
        value=round(ours),
        unit="posts/s/core",
        beside="stock SnowNLP",
        beside_value=round(_rate(lambda text: SnowNLP(text).sentiments, few, 1), 1),
        wanted=">= 10000",
    )
    yield Figure(
        name="SnowNLP's segmentation, ours",
        value=round(_rate(Segmenter(), few, 1)),
        unit="texts/s/core",
        beside="stock",
        beside_value=round(_rate(stock_segmentation.seg, few, 1)),
        wanted="the same words, faster",
    )


def _rate(work: Callable[[Thing], object], things: Sequence[Thing], rounds: int) -> float:
    best = float("inf")
    for _ in range(rounds):
        start = process_time()
        for thing in things:
            work(thing)
        best = min(best, process_time() - start)
    return len(things) / best


def _weight() -> Figure:
    size = (ROOT / "monitor" / "sentiment" / "linear.weights").stat().st_size
    return Figure(name="weights of linear in the wheel", value=round(size / 1000), unit="kB", wanted="<= 1000")


_LOADING = """
import json, time
def rss():
    return int(open("/proc/self/statm").read().split()[1]) * 4096 / 2**20
bare = rss()
from monitor import sentiment
from monitor.sentiment import linear
start = time.perf_counter()
scorer = sentiment.load("linear")
took = time.perf_counter() - start
scorer.one(linear.Passage("质量太差,客服没人理"))
print(json.dumps([rss() - bare, 1000 * took]))
"""


def _loading() -> Figure:
    done = [
        json.loads(
            subprocess.run([sys.executable, "-P", "-c", _LOADING], check=True, capture_output=True, text=True).stdout
        )
        for _ in range(ROUNDS)
    ]
    memory, took = np.min(done, axis=0).tolist()
    return Figure(
        name="linear: memory on top of the interpreter",
        value=round(memory, 1),
        unit="MiB (wanted <= 25)",
        beside="loads, in ms (wanted <= 50)",
        beside_value=round(took, 1),
    )


def _inside(texts: Corpus, rows: Ints) -> Ints:
    """Where the features of these rows stand among all."""
    lengths = np.diff(texts.starts)[rows]
    starts = np.concatenate([[0], np.cumsum(lengths)])
    places: Ints = np.arange(starts[-1]) + np.repeat(texts.starts[:-1][rows] - starts[:-1], lengths)
    return places
