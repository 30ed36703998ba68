"""`langyan train sentiment DIR`: weights for `linear`, and the table of what they are worth on texts they have not seen.

Three questions are taught from three grounds: `negative` from every labelled text, `anger` from those whose feeling is
named, `complaint` from reviews, sorrows and the posts that were written for it. What each finding of `watch.target`
weighs is fitted last, on sums that did not see the post they are about.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from monitor.errors import ConfigError
from monitor.sentiment import BASE_RATE, lessons
from monitor.sentiment.lessons import Learned
from monitor.sentiment.linear import Model
from monitor.sentiment.prepare import Preparation, shipped_evasions, without_emoticons
from monitor.sentiment.weights import Head, Weights, dump
from monitor.training import aim, figures
from monitor.training.posts import Written, written
from monitor.training.rows import LABELLED_BY_EMOTICONS, Row, read_folder
from monitor.watch.target import About, marked

FOLDS = 5
FEWEST = 50
"""Rows of each class that a question needs to be asked at all."""

ORDINARY_ROWS = 4_000

REPEATED = 20
"""How often a written post counts beside one labelled row: they are few, and they alone know what is aimed."""

Truths = NDArray[np.bool_]


class School:
    """Labelled rows and written posts made ready: features as they are taught, half of them without emoticons, and as they
    are asked."""

    def __init__(self, rows: Sequence[Row], posts: Sequence[Written], seed: int) -> None:
        prepare = Preparation(shipped_evasions())
        pairs = [(row, text) for row in rows if (text := prepare(row.text))]
        self.rows = [row for row, _ in pairs]
        whole = [text for _, text in pairs]
        bare = [without_emoticons(text) for text in whole]
        dropped = np.random.default_rng(seed).random(len(whole)) < 0.5
        taught = [b if drop else w for w, b, drop in zip(whole, bare, dropped, strict=True)]
        asked = [
            b if row.source in LABELLED_BY_EMOTICONS else w for w, b, row in zip(whole, bare, self.rows, strict=True)
        ]
        self.posts = posts
        self.seed = seed
        self.sources = sorted({row.source for row in self.rows})
        self.source = np.array([self.sources.index(row.source) for row in self.rows], dtype=np.int64)
        self.negative = np.array([row.negative for row in self.rows], dtype=bool)
        self.fold = np.array([_fold(row.text) for row in self.rows], dtype=np.int64)
        self.post_fold = np.arange(len(posts)) * FOLDS // max(len(posts), 1)
        self.texts = [marked(prepare(post.text), About(post.names))[0] for post in posts]
        everything = lessons.corpus([*taught, *asked, *self.texts])
        size = np.arange(len(whole))
        self.taught = everything.take(size)
        self.asked = everything.take(size + len(whole))
        self.written = everything.take(np.arange(len(posts)) + 2 * len(whole))

    def blind(self, truth: Truths, rows: lessons.Ints, group: lessons.Ints, step: Callable[[], None]) -> lessons.Floats:
        """For each of `rows` the sum that weights give which were fitted on the rows of all other groups."""
        sums = np.zeros(len(self.rows), np.float32)
        for one in np.unique(group[rows]):
            learn, test = rows[group[rows] != one], rows[group[rows] == one]
            fit = lessons.fit(self.taught.take(learn), truth[learn], self.source[learn], self.seed, step=step)
            sums[test] = self.asked.take(test).sums(fit)
        return sums[rows]

    def answered(self, name: str) -> tuple[lessons.Ints, Truths]:
        """The rows whose answer to a question is known, and all answers; no rows when either class is too small to teach."""
        answers = [getattr(row, name) for row in self.rows]
        truth = np.array([bool(answer) for answer in answers], dtype=bool)
        rows = np.array([i for i, answer in enumerate(answers) if answer is not None], dtype=np.int64)
        return (rows if min(truth[rows].sum(), (~truth[rows]).sum()) >= FEWEST else rows[:0]), truth


def train_sentiment(folder: Path, out: Path, seed: int, progress: Callable[[int, int], None]) -> str:
    """Learns from the CSVs in `folder`, writes the weights to `out` and returns the held-out table as text.

    With three sources or more each is examined by weights that never saw it; else in five folds. The same folder and
    seed give the same bytes. `progress(done, of)` counts steps.
    """
    if not out.parent.is_dir():
        raise ConfigError(str(out), "there is no such folder", "Make it, or choose another --out")
    school = School(read_folder(folder), written(), seed)
    group = school.source if len(school.sources) >= 3 else school.fold
    angry, is_angry = school.answered("angry")
    fits = len(np.unique(group)) + 1 + (FOLDS + 1 if len(angry) else 0) + FOLDS + 1
    done, steps = 0, fits * lessons.EPOCHS

    def step() -> None:
        nonlocal done
        done += 1
        progress(done, steps)

    progress(0, steps)
    everything = np.arange(len(school.rows))
    sums = school.blind(school.negative, everything, group, step)
    heads = [lessons.line(sums, school.negative, school.source)]
    negative_ = lessons.fit(school.taught, school.negative, school.source, seed, step=step)
    fitted = [Learned(negative_, school.taught.counts())]
    if len(angry):
        blind = school.blind(is_angry, angry, school.fold, step)
        heads.append(lessons.line(blind, is_angry[angry], school.source[angry]))
        grounds = school.taught.take(angry)
        anger_ = lessons.fit(grounds, is_angry[angry], school.source[angry], seed, step=step)
        fitted.append(Learned(anger_, grounds.counts()))
    else:
        heads.append(Head(up=1.0, down=1.0, bias=-2.0))
        fitted.append(Learned(np.zeros_like(negative_), np.ones(len(negative_))))
    complaint, blind_posts, blind_rows, rows = learn_complaint(school, step)
    aimed = np.array([post.aimed for post in school.posts], dtype=bool)
    heads.append(lessons.line(blind_posts, aimed, np.zeros(len(aimed), np.int64)))
    fitted.append(complaint)
    runs, (negative, anger, third) = lessons.weigh(school.taught.keys, fitted, heads)
    weights = Weights(version="", runs=runs, negative=negative, anger=anger, complaint=third)
    cases = aim_cases(school, Model(weights), heads[2], blind_posts, blind_rows, rows)
    weighed = aim.fit(cases)
    table, aucs = examine(school, sums, group)
    about: dict[str, object] = {"rows": len(school.rows), "sources": school.sources, "seed": seed, "auc": aucs}
    version = f"{crc32(repr((sorted(runs.items()), sorted(weighed.items()))).encode()):08x}"
    out.write_bytes(dump(replace(weights, version=version, aim=weighed, about=about)))
    return f"{table}\n\n{aim.table(cases, aim.blind(cases))}"


def aim_cases(
    school: School,
    model: Model,
    head: Head,
    blind_posts: lessons.Floats,
    blind_rows: lessons.Floats,
    rows: lessons.Ints,
) -> list[aim.Case]:
    """Every written post, and ordinary rows in the proportion of a live feed."""
    cases = [
        aim.Case(aim.found(model, text, head(float(total))), post.aimed, 1.0, post.kind, int(fold))
        for post, text, total, fold in zip(school.posts, school.texts, blind_posts, school.post_fold, strict=True)
    ]
    chance = np.random.default_rng(school.seed)
    prepare = Preparation(shipped_evasions())
    truth = np.array([bool(school.rows[i].complaint) for i in rows])
    for wanted, count in ((True, round(ORDINARY_ROWS * BASE_RATE)), (False, round(ORDINARY_ROWS * (1 - BASE_RATE)))):
        there = np.flatnonzero(truth == wanted)
        for i in sorted(chance.choice(there, min(count, len(there)), replace=False).tolist()):
            row = school.rows[rows[i]]
            found = aim.found(model, prepare(row.text), head(float(blind_rows[i])))
            kind = "ordinary, bad" if wanted else "ordinary, not"
            cases.append(aim.Case(found, wanted, aim.ORDINARY, kind, int(school.fold[rows[i]])))
    return cases


def learn_complaint(
    school: School, step: Callable[[], None]
) -> tuple[Learned, lessons.Floats, lessons.Floats, lessons.Ints]:
    """Weights for `complaint`; what weights that had not seen them give each written post, and each labelled row; which rows."""
    rows, truth = school.answered("complaint")
    posts = np.arange(len(school.posts))
    aimed = np.array([post.aimed for post in school.posts], dtype=bool)
    reviews = np.array([school.rows[i].source for i in rows])
    _, source = np.unique(reviews, return_inverse=True)

    def texts(some_rows: lessons.Ints, some_posts: lessons.Ints) -> lessons.Corpus:
        return lessons.joined([school.taught.take(rows[some_rows]), *[school.written.take(some_posts)] * REPEATED])

    def fit(some_rows: lessons.Ints, some_posts: lessons.Ints) -> lessons.Floats:
        truths = np.concatenate([truth[rows[some_rows]], *[aimed[some_posts]] * REPEATED])
        sources = np.concatenate([source[some_rows] + 1, np.zeros(len(some_posts) * REPEATED, np.int64)])
        return lessons.fit(texts(some_rows, some_posts), truths, sources, school.seed, step=step)

    everything = np.arange(len(rows))
    blind_posts, blind_rows = np.zeros(len(posts), np.float32), np.zeros(len(rows), np.float32)
    for one in range(FOLDS):
        row_here, post_here = school.fold[rows] == one, school.post_fold == one
        weights = fit(everything[~row_here], posts[~post_here])
        blind_rows[row_here] = school.asked.take(rows[row_here]).sums(weights)
        blind_posts[post_here] = school.written.take(posts[post_here]).sums(weights)
    learned = Learned(fit(everything, posts), texts(everything, posts).counts())
    return learned, blind_posts, blind_rows, rows


def examine(school: School, sums: lessons.Floats, group: lessons.Ints) -> tuple[str, dict[str, float]]:
    """The table of blind sums, and the AUC of each source."""
    p = chances(school, sums, group)
    aucs: dict[str, float] = {}
    lines = [f"{'held out':<12} {'rows':>7} {'negative':>9} {'AUC':>7} {'calibration error':>18}"]
    for number, name in enumerate(school.sources):
        here = school.source == number
        truth, share = school.negative[here], float(school.negative[here].mean())
        aucs[name] = round(figures.auc(truth, sums[here]), 4)
        error = figures.calibration_error(truth, p[here])
        lines.append(f"{name:<12} {int(here.sum()):>7} {share:>9.3f} {aucs[name]:>7.4f} {error:>18.3f}")
    pooled, mean = figures.calibration_error(school.negative, p), float(np.mean(list(aucs.values())))
    share = float(school.negative.mean())
    lines.append(f"{'mean, pooled':<12} {len(sums):>7} {share:>9.3f} {mean:>7.4f} {pooled:>18.3f}")
    return "\n".join(lines), aucs


def chances(school: School, sums: lessons.Floats, group: lessons.Ints) -> figures.Floats:
    """P(negative) of blind sums: each group's log-odds by the line of all others, at each source's own base rate."""
    odds, p = np.zeros(len(sums)), np.zeros(len(sums))
    for one in np.unique(group):
        others, here = group != one, group == one
        head = lessons.line(sums[others], school.negative[others], school.source[others])
        odds[here] = [head(float(total)) for total in sums[here]]
    for number in range(len(school.sources)):
        here = school.source == number
        share = min(max(float(school.negative[here].mean()), 0.001), 0.999)
        p[here] = 1 / (1 + np.exp(-(odds[here] + np.log(share / (1 - share)))))
    return p


def _fold(text: str) -> int:
    return crc32(text.encode("utf-8", "replace")) % FOLDS
