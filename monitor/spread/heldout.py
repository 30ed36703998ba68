"""What a forecast says of posts it has not seen, and the calibrations that learn from that. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.spread.analogs import AGES as ANALOG_AGES
from monitor.spread.analogs import SCALES, Analogs, shown
from monitor.spread.curves import MINUTE, REAL, THIN, USUAL, Curve, History, Mix
from monitor.spread.doubt import doubted, held, weighed
from monitor.spread.features import Features, measure, sudden
from monitor.spread.fit import BY_SIZES, FREE, calibrate
from monitor.spread.nets import AS_IT_IS, WEEK, Calibration, Floats, Nets, standing, terms
from monitor.spread.rhythm import DAY, Rhythm
from monitor.spread.shove import shoves

LONG = DAY
"""Seconds for which a post is followed."""

AGES = (15, 30, 60)
"""Ages in minutes at which the numbers themselves are checked."""

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
    Exam(mix=THIN, viral=300, draws=40),
    Exam(mix=Mix(name="thinned from 60", smallest=60), viral=300, draws=12, taught=False),
)


@dataclass(frozen=True, kw_only=True)
class Watched:
    """One post as followed for a day; `number`: its place among the curves. Per look: its age (s), the raw probability, whether
    it is held as bots' (`doubt`), where it stood (`nets.standing`), the count. `hurts`: the reach it is asked about."""

    number: int
    ages: Floats
    raw: Floats
    doubted: NDArray[np.bool_]
    where: Floats
    counts: Sequence[int]
    curve: Curve
    final: int
    hurts: int
    viral: bool
    told: Mapping[int, tuple[float, float, float]]
    """Median, low and high at the last look before each of AGES."""

    def last_before(self, minutes: int) -> int:
        """The place of the last look before an age; -1: there was none yet."""
        return _last_before(self.ages, minutes)


def _last_before(ages: Floats, minutes: int) -> int:
    return int(np.searchsorted(ages, minutes * MINUTE, side="right")) - 1


@dataclass(frozen=True, kw_only=True)
class Polled:
    """A post as it was looked at: rising `ages` (s) and counts that never fall. `number`: its place among the curves."""

    number: int
    curve: Curve
    ages: Sequence[float]
    counts: Sequence[int]


def watch(
    curves: Sequence[Curve], exam: Exam, by_fold: Mapping[int, Nets], rhythm: Rhythm, chance: np.random.Generator
) -> list[Watched]:
    """Every post of the mix, followed by nets that have not seen its fold."""
    watched: list[Watched] = []
    for _ in range(exam.draws):
        posts = exam.mix.of(curves, chance)
        polled = []
        for number, post in enumerate(posts):
            ages = USUAL.ages(LONG, chance)
            polled.append(Polled(number=number, curve=post, ages=ages, counts=[post.by(age) for age in ages]))
        watched.extend(followed(polled, exam.viral, by_fold, rhythm))
    return watched


def followed(polled: Sequence[Polled], viral: int, by_fold: Mapping[int, Nets], rhythm: Rhythm) -> Iterator[Watched]:
    """The posts of one installation, as polled, followed by nets that have not seen their fold; those never seen are left out."""
    history = History([post.curve for post in polled])
    for fold, nets in by_fold.items():
        mine = [_read(post, rhythm, history) for post in polled if post.curve.fold == fold and len(post.ages)]
        if mine:
            yield from _asked(mine, nets, viral)


@dataclass(frozen=True, kw_only=True)
class Rises:
    """What may be bots' at each look: whether nearly all came just now, the reposts of shoves that ended, those of a kick that may."""

    now: Floats
    sudden: NDArray[np.bool_]
    ended: Floats
    awaited: Floats

    @staticmethod
    def of(looks: Sequence[Features], ages: Sequence[float], counts: Sequence[int]) -> "Rises":
        """Of a post as it was looked at."""
        ended, awaited = shoves(ages, counts)
        return Rises(
            now=np.array(counts, dtype=float),
            sudden=np.array([sudden(seen) for seen in looks], dtype=bool),
            ended=np.array(ended, dtype=float),
            awaited=np.array(awaited, dtype=float),
        )

    def doubted(self, viral: int) -> NDArray[np.bool_]:
        """Whether the post is held, where so many hurt and nobody knows whether people talk of it."""
        return doubted(self.now, viral, self.sudden, self.ended, self.awaited)


@dataclass(frozen=True, kw_only=True)
class _Read:
    """A polled post, and what a net reads of each look."""

    post: Polled
    ages: Floats
    given: Floats
    sizes: Floats
    rises: Rises


def _read(post: Polled, rhythm: Rhythm, history: History) -> _Read:
    ages, born = post.ages, post.curve.born
    sizes = [history.at(born + age) for age in ages]
    looks = [measure(ages[:n], post.counts[:n]) for n in range(1, len(ages) + 1)]
    given = [terms(seen, rhythm, born + age, usual) for seen, age, usual in zip(looks, ages, sizes, strict=True)]
    return _Read(
        post=post,
        ages=np.array(ages),
        given=np.array(given),
        sizes=np.array(sizes),
        rises=Rises.of(looks, ages, post.counts),
    )


def _asked(posts: Sequence[_Read], nets: Nets, viral: int) -> Iterator[Watched]:
    ends = np.cumsum([0, *(len(post.ages) for post in posts)])
    given = np.concatenate([post.given for post in posts])
    counts = np.concatenate([post.post.counts for post in posts])
    raw = np.concatenate(
        [
            nets(given[start : start + AT_ONCE]).above(viral - counts[start : start + AT_ONCE].astype(float))
            for start in range(0, len(given), AT_ONCE)
        ]
    )
    last = {minutes: [_last_before(post.ages, minutes) for post in posts] for minutes in AGES}
    told: list[dict[int, tuple[float, float, float]]] = [{} for _ in posts]
    for minutes, places in last.items():
        rows = [ends[i] + place for i, place in enumerate(places) if place >= 0]
        come = nets(given[rows]).quantiles(INTERVAL)[:, -1] if rows else np.empty((0, 3))
        answers = iter(come.tolist())
        for i, place in enumerate(places):
            if place >= 0:
                told[i][minutes] = interval(posts[i].post.counts[place], next(answers))
    for i, post in enumerate(posts):
        final = post.post.curve.by(WEEK)
        yield Watched(
            number=post.post.number,
            ages=post.ages,
            raw=raw[ends[i] : ends[i + 1]],
            doubted=post.rises.doubted(viral),
            where=standing(post.sizes, post.ages, np.array(post.post.counts, dtype=float), viral),
            counts=post.post.counts,
            curve=post.post.curve,
            final=final,
            hurts=viral,
            viral=final >= viral,
            told=told[i],
        )


def interval(now: int, come: Sequence[float]) -> tuple[float, float, float]:
    """Median, low and high reach from quantiles of what is to come: whole reposts, and the median between the ends."""
    median, low, high = come
    floor, ceiling = np.floor(max(low + 0.5, 0.0)), np.ceil(max(high + 0.5, 0.0))
    return float(now + min(max(median, floor), ceiling)), float(now + floor), float(now + ceiling)


def chance_rows(posts: Sequence[Watched]) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """The last look before each of AGES below what hurts: raw probability, where the post stood, truth."""
    rows = []
    for post in posts:
        for minutes in AGES:
            place = post.last_before(minutes)
            if place >= 0 and post.raw[place] < 1:
                rows.append((post.raw[place], *post.where[place], post.viral))
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
                rows.append((post.raw[place], *post.where[place], post.viral))
                before = place
    return _split(rows)


def _held(chance: Floats, post: Watched) -> Floats:
    """As the daemon would tell it; no curve says whether people talk of the post."""
    return held(chance, np.asarray(post.counts, dtype=float), post.doubted, post.raw >= 1)


def _split(rows: Sequence[tuple[float, ...]]) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    table = np.array(rows, dtype=float).reshape(-1, 6)
    return table[:, 0], table[:, 1:5], table[:, 5] > 0


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
    p, where, truth = (np.concatenate([part[i] for part in kept]) for i in range(3))
    return calibrate(p, where, truth, weight, held=FREE if picking is page_rows else BY_SIZES)


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A watched post with its calibrated probabilities, by calibrations that have not seen its fold."""

    post: Watched
    chance: Floats
    page: Floats


Lines = Mapping[int, tuple[Calibration, Calibration]]
"""For each fold the calibrations of the chance and of the page probability that have not seen it."""


def calibrations(watched: Watching, folds: Sequence[int]) -> Lines:
    """From everything that was watched, for each fold."""

    def line(fold: int, picking: Picking) -> Calibration:
        return calibration(watched, picking, [one for one in folds if one != fold])

    return {fold: (line(fold, chance_rows), line(fold, page_rows)) for fold in folds}


def judged(posts: Sequence[Watched], lines: Lines) -> list[Judged]:
    """Posts that were watched, calibrated without their own fold."""
    return [_judged(post, *lines[post.curve.fold]) for post in posts]


def _judged(post: Watched, chance: Calibration, page: Calibration) -> Judged:
    return Judged(
        post=post,
        chance=chance(post.raw, post.where),
        page=_held(weighed(page(post.raw, post.where), post.where[:, 0], post.hurts), post),
    )


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
