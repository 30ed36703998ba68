"""How well a forecast does on posts it has not seen: paging beside a plain count rule, and the numbers themselves. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log1p

import numpy as np
from numpy.typing import NDArray

from monitor.spread.analogs import AGES as ANALOG_AGES
from monitor.spread.analogs import SCALES, Analogs, shown
from monitor.spread.curves import HOUR, MINUTE, REAL, THIN, USUAL, Curve, History, Mix
from monitor.spread.features import measure, sudden
from monitor.spread.fit import calibrate
from monitor.spread.nets import AS_IT_IS, UNPROVEN, WEEK, Calibration, Floats, Nets, terms
from monitor.spread.rhythm import DAY, Rhythm

WINDOW, LONG = 6 * HOUR, DAY
AGES = (15, 30, 60)
"""Ages in minutes at which the numbers themselves are checked."""

SHOWN = (0.8, 0.84, 0.85, 0.86, 0.88, 0.9)
"""Thresholds of the page probability that are printed."""

LEVELS = tuple(i / 40 for i in range(21, 40))
"""Raw probabilities whose first crossings teach the page calibration."""

AT_ONCE = 20_000
INTERVAL = (0.5, 0.1, 0.9)


@dataclass(frozen=True, kw_only=True)
class Exam:
    """A mix of sizes, drawn `draws` times, and the reach that hurts in it. `taught`: calibrations may learn from it."""

    mix: Mix
    viral: int
    draws: int = 1
    taught: bool = True


EXAMS = (
    Exam(mix=REAL, viral=500),
    Exam(mix=REAL, viral=300),
    Exam(mix=THIN, viral=300, draws=10),
    Exam(mix=Mix(name="thinned from 60", smallest=60), viral=300, draws=3, taught=False),
)


@dataclass(frozen=True, kw_only=True)
class Watched:
    """One post as followed for a day. Per look: its age (s), the raw probability, whether its rise was sudden, what was usual
    then, the count."""

    ages: Floats
    raw: Floats
    sudden: NDArray[np.bool_]
    sizes: Floats
    counts: Sequence[int]
    curve: Curve
    final: int
    viral: bool
    told: Mapping[int, tuple[float, float, float]]
    """Median, low and high at the last look before each of AGES."""


def watch(
    curves: Sequence[Curve], exam: Exam, by_fold: Mapping[int, Nets], rhythm: Rhythm, chance: np.random.Generator
) -> list[Watched]:
    """Every post of the mix, followed by nets that have not seen its fold."""
    watched: list[Watched] = []
    for _ in range(exam.draws):
        posts = exam.mix.of(curves, chance)
        history = History(posts)
        seen = [_Followed.of(post, rhythm, history, chance) for post in posts]
        for fold, nets in by_fold.items():
            mine = [post for post in seen if post.curve.fold == fold and len(post.ages)]
            watched.extend(_asked(mine, nets, exam.viral))
    return watched


@dataclass(frozen=True, kw_only=True)
class _Followed:
    """A post as it was looked at, and what a net reads of each look."""

    curve: Curve
    ages: Floats
    counts: Sequence[int]
    given: Floats
    sizes: Floats
    sudden: NDArray[np.bool_]

    @staticmethod
    def of(curve: Curve, rhythm: Rhythm, history: History, chance: np.random.Generator) -> "_Followed":
        ages = USUAL.ages(LONG, chance)
        counts = [curve.by(age) for age in ages]
        sizes = [history.at(curve.born + age) for age in ages]
        looks = [measure(ages[:n], counts[:n]) for n in range(1, len(ages) + 1)]
        given = [
            terms(seen, rhythm, curve.born + age, usual) for seen, age, usual in zip(looks, ages, sizes, strict=True)
        ]
        return _Followed(
            curve=curve,
            ages=np.array(ages),
            counts=counts,
            given=np.array(given),
            sizes=np.array(sizes),
            sudden=np.array([sudden(seen) for seen in looks], dtype=bool),
        )


def _asked(posts: Sequence[_Followed], nets: Nets, viral: int) -> Iterator[Watched]:
    ends = np.cumsum([0, *(len(post.ages) for post in posts)])
    given = np.concatenate([post.given for post in posts])
    counts = np.concatenate([post.counts for post in posts])
    raw = np.concatenate(
        [
            nets(given[start : start + AT_ONCE]).above(viral - counts[start : start + AT_ONCE].astype(float))
            for start in range(0, len(given), AT_ONCE)
        ]
    )
    last = {
        minutes: [int(np.searchsorted(post.ages, minutes * MINUTE, side="right")) - 1 for post in posts]
        for minutes in AGES
    }
    told: list[dict[int, tuple[float, float, float]]] = [{} for _ in posts]
    for minutes, places in last.items():
        rows = [ends[i] + place for i, place in enumerate(places) if place >= 0]
        come = nets(given[rows]).quantiles(INTERVAL)[:, -1] if rows else np.empty((0, 3))
        answers = iter(come.tolist())
        for i, place in enumerate(places):
            if place >= 0:
                told[i][minutes] = interval(posts[i].counts[place], next(answers))
    for i, post in enumerate(posts):
        final = post.curve.by(WEEK)
        yield Watched(
            ages=post.ages,
            raw=raw[ends[i] : ends[i + 1]],
            sudden=post.sudden,
            sizes=post.sizes,
            counts=post.counts,
            curve=post.curve,
            final=final,
            viral=final >= viral,
            told=told[i],
        )


def interval(now: int, come: Sequence[float]) -> tuple[float, float, float]:
    """Median, low and high reach from quantiles of what is to come: whole reposts, and the median between the ends."""
    median, low, high = come
    floor, ceiling = np.floor(max(low + 0.5, 0.0)), np.ceil(max(high + 0.5, 0.0))
    return float(now + min(max(median, floor), ceiling)), float(now + floor), float(now + ceiling)


def chance_rows(posts: Sequence[Watched]) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """The last look before each of AGES below what hurts: raw probability, sizes, truth."""
    rows = []
    for post in posts:
        for minutes in AGES:
            place = int(np.searchsorted(post.ages, minutes * MINUTE, side="right")) - 1
            if place >= 0 and post.raw[place] < 1:
                rows.append((post.raw[place], *post.sizes[place], post.viral))
    return _split(rows)


def page_rows(posts: Sequence[Watched]) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """The first look of each post at which the raw probability passes each of LEVELS: what a threshold there would page."""
    rows = []
    for post in posts:
        before = -1
        proven = _held(post.raw, post)
        for level in LEVELS:
            above = proven >= level
            place = int(np.argmax(above))
            if above[place] and post.raw[place] < 1 and place != before:
                rows.append((post.raw[place], *post.sizes[place], post.viral))
                before = place
    return _split(rows)


def _held(chance: Floats, post: Watched) -> Floats:
    """A probability, held down where the rise is sudden and has not reached what hurts."""
    return np.where(post.sudden & (post.raw < 1), np.minimum(chance, UNPROVEN), chance)


def _split(rows: Sequence[tuple[float, ...]]) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    table = np.array(rows, dtype=float).reshape(-1, 4)
    return table[:, 0], table[:, 1:3], table[:, 3] > 0


Watching = Sequence[tuple[Exam, Sequence[Watched]]]
Picking = Callable[[Sequence[Watched]], tuple[Floats, Floats, NDArray[np.bool_]]]


def calibration(watched: Watching, picking: Picking, folds: Sequence[int]) -> Calibration:
    """What makes probabilities come true on the posts of these folds, each mix counting the same."""
    parts = [picking([post for post in posts if post.curve.fold in folds]) for exam, posts in watched if exam.taught]
    kept = [part for part in parts if len(part[0])]
    if not kept:
        return AS_IT_IS
    size = sum(len(part[0]) for part in kept) / len(kept)
    weight = np.concatenate([np.full(len(part[0]), size / len(part[0])) for part in kept])
    p, sizes, truth = (np.concatenate([part[i] for part in kept]) for i in range(3))
    return calibrate(p, sizes, truth, weight)


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A watched post with its calibrated probabilities, by calibrations that have not seen its fold."""

    post: Watched
    chance: Floats
    page: Floats


def judged(watched: Watching, folds: Sequence[int]) -> list[tuple[Exam, list[Judged]]]:
    """Everything that was watched, calibrated without the post's own fold."""
    lines = {
        fold: [calibration(watched, rows, [f for f in folds if f != fold]) for rows in (chance_rows, page_rows)]
        for fold in folds
    }
    return [(exam, [_judged(post, *lines[post.curve.fold]) for post in posts]) for exam, posts in watched]


def _judged(post: Watched, chance: Calibration, page: Calibration) -> Judged:
    return Judged(
        post=post,
        chance=chance.at(post.raw, *post.sizes.T),
        page=_held(page.at(post.raw, *post.sizes.T), post),
    )


@dataclass(frozen=True, kw_only=True)
class Score:
    """What a rule's pages were worth: within 6 h, and over the day."""

    precision: float
    recall: float
    early: float
    day_precision: float
    day_recall: float
    day_early: float

    def __str__(self) -> str:
        six = f"{self.precision:9.3f} {self.recall:7.3f} {self.early:7.3f}"
        return f"{six}   {self.day_precision:9.3f} {self.day_recall:7.3f} {self.day_early:7.3f}"


def by_page(post: Judged) -> Sequence[float]:
    """Page by the calibrated probability; one that has reached what hurts pages anyway."""
    page: list[float] = post.page.tolist()
    return page


def by_count(post: Judged) -> Sequence[float]:
    """Page by the plain count: the rule that tools have today."""
    return post.post.counts


Rule = Callable[[Judged], Sequence[float]]


def first_pages(posts: Sequence[Judged], rule: Rule, threshold: float) -> list[float | None]:
    """The age (s) at which each post is paged; None: not in this day."""
    pages = []
    for one in posts:
        above = np.asarray(rule(one)) >= threshold
        place = int(np.argmax(above))
        pages.append(float(one.post.ages[place]) if above[place] else None)
    return pages


def score(posts: Sequence[Judged], pages: Sequence[float | None]) -> Score:
    """Precision, recall, and the share of viral posts paged while half of the reach was still to come."""
    viral = sum(one.post.viral for one in posts)
    found: list[float] = []
    for within in (WINDOW, LONG):
        paged = [(one.post, age) for one, age in zip(posts, pages, strict=True) if age is not None and age <= within]
        right = [(post, age) for post, age in paged if post.viral]
        early = sum(2 * post.curve.by(age) <= post.final for post, age in right)
        found += [len(right) / max(1, len(paged)), len(right) / max(1, viral), early / max(1, viral)]
    return Score(
        precision=found[0],
        recall=found[1],
        early=found[2],
        day_precision=found[3],
        day_recall=found[4],
        day_early=found[5],
    )


def count_for(posts: Sequence[Judged], wanted: float, viral: int) -> int:
    """The smallest count that pages with this precision within 6 h; at `viral` itself every page is right."""
    counts = range(5, viral, 5)
    return next((n for n in counts if score(posts, first_pages(posts, by_count, n)).precision >= wanted), viral)


def table(everything: Sequence[tuple[Exam, Sequence[Judged]]]) -> str:
    """Everything as text: pages by probability, each beside the count rule of no less precision; then the numbers."""
    lines = [
        "Beside each threshold the plain count rule with no less precision in 6 h. rec50: paged while half was still to come.",
        "",
        f"{'mix':28} {'rule':12} {'6 h: prec':>9} {'recall':>7} {'rec50':>7}   {'24 h: prec':>9} {'recall':>7} {'rec50':>7}",
    ]
    for exam, posts in everything:
        name = f"{exam.mix.name}, V = {exam.viral}"
        for threshold in SHOWN:
            ours = score(posts, first_pages(posts, by_page, threshold))
            lines.append(f"{name:28} {f'P >= {threshold:.2f}':12} {ours}")
        count = count_for(posts, ours.precision, exam.viral)
        lines.append(f"{'':28} {f'count >= {count}':12} {score(posts, first_pages(posts, by_count, count))}")
    lines += [
        "",
        f"{'mix':28} {'posts':>6} {'viral':>6} {'age min':>7} {'ln-MSLE':>8} {'80 % holds':>10} {'ECE of P':>8}",
    ]
    for exam, posts in everything:
        lines += [f"{exam.mix.name + f', V = {exam.viral}':28} {line}" for line in _numbers(posts)]
    return "\n".join(lines)


def _numbers(posts: Sequence[Judged]) -> Iterator[str]:
    viral = sum(one.post.viral for one in posts)
    for minutes in AGES:
        known = [(one.post, one.post.told[minutes]) for one in posts if minutes in one.post.told]
        errors = [(log1p(told[0]) - log1p(post.final)) ** 2 for post, told in known]
        held = [told[1] <= post.final <= told[2] for post, told in known]
        off = _calibration_error(posts, minutes)
        yield f"{len(posts):6} {viral:6} {minutes:7} {np.mean(errors):8.3f} {np.mean(held):10.3f} {off:8.3f}"


def _calibration_error(posts: Sequence[Judged], minutes: int) -> float:
    """The mean distance, over tenths, between the probability given and the share that came true."""
    off = np.zeros(10)
    asked = 0
    for one in posts:
        place = int(np.searchsorted(one.post.ages, minutes * MINUTE, side="right")) - 1
        if place >= 0:
            asked += 1
            given = float(one.chance[place])
            off[min(9, int(given * 10))] += given - one.post.viral
    return float(np.abs(off).sum() / max(1, asked))


def analogs(curves: Sequence[Curve], chance: np.random.Generator) -> Analogs:
    """A table of what posts showed at each age and how far they went, real and thinned ones alike; each age in an order of its
    own, so that no post can be followed from one to the next."""
    tables: list[list[tuple[float, ...]]] = [[] for _ in ANALOG_AGES]
    ends: list[list[int]] = [[] for _ in ANALOG_AGES]
    for mix in (REAL, THIN):
        posts = mix.of(curves, chance)
        history = History(posts)
        for post in posts:
            ages = USUAL.ages(ANALOG_AGES[-1] * MINUTE * 1.01, chance)
            counts = [post.by(age) for age in ages]
            for i, minutes in enumerate(ANALOG_AGES):
                n = int(np.searchsorted(ages, minutes * MINUTE, side="right"))
                if n > 1 and counts[n - 1] >= WORTH_COMPARING:
                    seen = measure(ages[:n], counts[:n])
                    tables[i].append(shown(seen, history.at(post.born + seen.age)))
                    ends[i].append(post.by(WEEK))
    kept = [chance.choice(len(end), min(len(end), COMPARED), replace=False).tolist() if end else [] for end in ends]
    return Analogs(
        shown=tuple(
            np.array([table[k] for k in rows], dtype=np.float32).reshape(-1, len(SCALES))
            for table, rows in zip(tables, kept, strict=True)
        ),
        reach=tuple(
            np.array([_two_digits(end[k]) for k in rows], dtype=np.int64) for end, rows in zip(ends, kept, strict=True)
        ),
    )


COMPARED = 1_500
"""Earlier posts kept for each age."""

WORTH_COMPARING = 5
"""Below this many reposts there is nothing to compare."""


def _two_digits(reach: int) -> int:
    step: int = 10 ** max(0, len(str(reach)) - 2)
    return round(reach / step) * step
