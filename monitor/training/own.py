"""`langyan train spread --from-store`: an installation's own finished posts refit the forecast, if that makes it better.

The shipped nets are trained a little further on what the poller saw, and both probabilities are recalibrated, held to what they
were. Whether that is better is told by posts that were not learnt from: five folds, no author in two of them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from monitor.errors import ConfigError
from monitor.model import Lived
from monitor.spread import analogs, fit
from monitor.spread.doubt import UNPROVEN, weighed
from monitor.spread.lived import FOLDS, Lessons, at, lessons
from monitor.spread.nets import MOVED_BY, Calibration, Floats, Nets, Outlooks, Weights, standing
from monitor.spread.rhythm import DAY

FEWEST = 200
"""Finished posts below which nothing is refitted: with fewer, half of what changes is chance."""

AGES = (15, 30, 60)
"""Ages in minutes at which answers are judged, and from which p_viral is recalibrated."""

SHARES = (0.8, 0.9, 0.95)
"""The reach that so many of the posts stay below teaches probabilities too: few own posts pass what hurts."""

LEAST_LEVEL = 20
CROSSINGS = tuple(i / 20 for i in range(10, 20))
"""Raw probabilities whose first crossings teach what paging goes by."""

HELD = (4.0, 25.0, 100.0, 100.0, *[fit.FIXED] * (MOVED_BY - 2))
"""How strongly each number of a calibration is held, as one over the square of how far it may go. What age says stays as shipped."""

INTERVAL = (0.5, 0.1, 0.9)
Progress = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class Refit:
    """Weights that learnt from own posts, the table of what that is worth on posts they had not seen, and whether it is."""

    weights: Weights
    table: str
    better: bool


def refit(
    before: Weights, posts: Sequence[Lived], viral: Sequence[int], seed: int, progress: Progress, *, known: bool = True
) -> Refit:
    """Trains `before` further on `posts`. `viral`: the reaches that hurt. ConfigError: fewer than FEWEST posts are finished.

    Not `known`: the platform's curves were never learnt, so what comes of it must say more than the share of posts that come so
    far, and it compares with no earlier posts.
    """
    steps = (FOLDS + 1) * len(before.nets.layers[0].weights) * fit.MORE_EPOCHS + 2
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        progress(done, steps)

    progress(0, steps)
    try:
        what = lessons(posts, before, np.random.default_rng(seed))
    except ValueError as error:
        raise ConfigError("posts", f"{error}; {FEWEST} finished ones are needed", "Let it run on") from None
    step()
    finished = len(np.unique(what.post[~what.open]))
    if finished < FEWEST:
        raise ConfigError(
            "posts",
            f"{finished} finished posts that nobody answered and no platform took away; {FEWEST} are needed",
            "Let it run on",
        )

    def further(kept: NDArray[np.bool_], number: int) -> Nets:
        return fit.continued(before.nets, what.rows.only(kept), np.random.default_rng([seed, number]), step)

    whole = further(what.taught, FOLDS)
    blind = [further(what.taught & (what.fold != one), one) for one in range(FOLDS)]
    levels = _levels(what, viral)
    was = _Answers.of(what, [before.nets] * FOLDS, levels)
    now = _Answers.of(what, blind, levels)
    chance, page = (_rows(what, now, levels, picking) for picking in (_looks, _crossings))
    after = replace(
        before,
        nets=whole,
        analogs=before.analogs if known else analogs.NONE,
        chance=_calibrated(chance, before.chance),
        page=_calibrated(page, before.page),
    )
    held_out = [
        (
            _calibrated(chance.without(one), before.chance),
            _calibrated(page.without(one), before.page),
        )
        for one in range(FOLDS)
    ]
    told = _judged(what, was, levels, [(before.chance, before.page)] * FOLDS)
    learnt = _judged(what, now, levels, held_out)
    step()
    censored = len(np.unique(what.post[what.open]))
    head = f"{finished} finished posts, {censored} read up to where they were answered, taken away or lost; {int(what.taught.sum())} looks"
    return Refit(
        weights=after,
        table="\n".join([head, "", *_table(told, learnt, levels)]),
        better=learnt.loss < told.loss and learnt.chance <= told.chance and (known or learnt.chance < learnt.shares),
    )


def _levels(what: Lessons, viral: Sequence[int]) -> list[int]:
    reaches = what.reach[np.flatnonzero(np.diff(what.post, prepend=-1))]
    usual = (round(float(np.quantile(reaches, share))) for share in SHARES)
    return sorted({*viral, *(level for level in usual if level >= LEAST_LEVEL)})


@dataclass(frozen=True, kw_only=True)
class _Answers:
    """What nets say of every look: the chance of each level, the likelihood of what came; at AGES the interval of the reach."""

    above: Floats
    likely: Floats
    reach: Floats

    @staticmethod
    def of(what: Lessons, nets: Sequence[Nets], levels: Sequence[int]) -> "_Answers":
        """Each fold by its own nets."""
        low, high = (side[:, -1] for side in what.rows.bounds())
        above = np.empty((len(what.post), len(levels)))
        likely, reach = np.empty(len(what.post)), np.zeros((len(what.post), len(INTERVAL)))
        judged = np.concatenate([at(what, minutes) for minutes in AGES])
        for one, its in enumerate(nets):
            here = np.flatnonzero(what.fold == one)
            for part in np.array_split(here, len(here) // 20_000 + 1) if len(here) else ():
                told = its(what.rows.given[part])
                for place, level in enumerate(levels):
                    above[part, place] = told.above((level - what.now[part]) / what.scale[part])
                likely[part] = _within(told, low[part], high[part])
            asked = judged[what.fold[judged] == one]
            if len(asked):
                reach[asked] = its(what.rows.given[asked]).quantiles(INTERVAL)[:, -1]
        return _Answers(above=above, likely=likely, reach=what.now[:, None] + reach * what.scale[:, None])


def _within(told: Outlooks, low: Floats, high: Floats) -> Floats:
    """The chance of what came by the age of a week, between these ln of it."""
    middle, width, share = (part[:, :, -1] for part in (told.middle, told.width, told.share))
    below, under = (0.5 + 0.5 * np.tanh(0.5 * (side - middle) / width) for side in (low, high))
    chance: Floats = ((under - below) * share).sum(axis=0)
    return np.maximum(chance, 1e-9)


@dataclass(frozen=True, kw_only=True)
class _Rows:
    """Raw probabilities with what came true. `weight`: each post counts one, however often it was looked at."""

    p: Floats
    where: Floats
    truth: NDArray[np.bool_]
    weight: Floats
    fold: NDArray[np.int64]

    def without(self, fold: int) -> "_Rows":
        kept = self.fold != fold
        return _Rows(**{name: getattr(self, name)[kept] for name in ("p", "where", "truth", "weight", "fold")})


Picking = Callable[[Lessons, Floats], Iterator[int]]


def _looks(what: Lessons, raw: Floats) -> Iterator[int]:
    """The last look by each of AGES."""
    del raw
    yield from sorted({int(place) for minutes in AGES for place in at(what, minutes)})


def _crossings(what: Lessons, raw: Floats) -> Iterator[int]:
    """Of each post's first day the first look at which each of CROSSINGS is passed: what a threshold there would page."""
    proven = np.where(what.sudden, np.minimum(raw, UNPROVEN), raw)
    starts = np.flatnonzero(np.diff(what.post, prepend=-1))
    for start, end in zip(starts, [*starts[1:], len(what.post)], strict=True):
        mine = proven[start:end][what.age[start:end] <= DAY]
        for level in CROSSINGS:
            if (mine >= level).any():
                yield int(start + np.argmax(mine >= level))


def _rows(what: Lessons, answers: _Answers, levels: Sequence[int], picking: Picking) -> _Rows:
    """The looks that `picking` picks, for each level that was not there yet and whose truth is known."""
    places, columns = [], []
    for column, level in enumerate(levels):
        for place in dict.fromkeys(picking(what, answers.above[:, column])):
            if what.now[place] < level and (what.reach[place] >= level or not what.open[place]):
                places.append(place)
                columns.append(column)
    chosen, column_of = np.array(places, dtype=np.int64), np.array(columns, dtype=np.int64)
    post = what.post[chosen]
    return _Rows(
        p=answers.above[chosen, column_of],
        where=_where(what, chosen, np.array(levels, dtype=float)[column_of]),
        truth=what.reach[chosen] >= np.array(levels, dtype=float)[column_of],
        weight=1 / np.bincount(post, minlength=1)[post],
        fold=what.fold[chosen],
    )


def _where(what: Lessons, looks: NDArray[np.int64] | NDArray[np.bool_], level: Floats | float) -> Floats:
    return standing(what.sizes[looks], what.age[looks], what.now[looks], level)


def _calibrated(rows: _Rows, start: Calibration) -> Calibration:
    return fit.calibrate(rows.p, rows.where, rows.truth, rows.weight, start, HELD) if len(rows.p) else start


@dataclass(frozen=True, kw_only=True)
class _Judged:
    """What answers were worth: minus the log likelihood of a look's reach; of each level the log loss of its chance, how far
    it is off, and the pages at P >= 0.85 of which so many were right; the median and the interval at AGES. `shares`: the log loss
    of saying of every look the share of those that came so far."""

    loss: float
    chance: float
    shares: float
    levels: Sequence[str]
    numbers: Sequence[str]


PAGED_AT = 0.85


def _judged(
    what: Lessons, answers: _Answers, levels: Sequence[int], lines: Sequence[tuple[Calibration, Calibration]]
) -> _Judged:
    chance, page = np.empty_like(answers.above), np.empty_like(answers.above)
    for one, (by_look, by_page) in enumerate(lines):
        here = what.fold == one
        for column in range(len(levels)):
            raw = answers.above[here, column]
            where = _where(what, here, levels[column])
            chance[here, column] = by_look(raw, where)
            page[here, column] = weighed(by_page(raw, where), where[:, 0], levels[column])
    losses, shares, rows = [], [], []
    for column, level in enumerate(levels):
        known = _rows(what, replace(answers, above=chance[:, column : column + 1]), [level], _looks)
        p = np.clip(known.p, 1e-4, 1 - 1e-4)
        losses.append(_loss(p, known.truth))
        shares.append(
            _loss(np.full(len(p), np.clip(known.truth.mean(), 1e-4, 1 - 1e-4) if len(p) else 0.5), known.truth)
        )
        right, paged = _pages(what, page[:, column], level)
        rows.append(
            f"{level:>7} {losses[-1]:>9.4f} {p.mean():>9.3f} {known.truth.mean():>9.3f} {f'{right} of {paged}':>14}"
        )
    numbers = []
    for minutes in AGES:
        looks = at(what, minutes)
        looks = looks[~what.open[looks]]
        off = np.log1p(answers.reach[looks, 0]) - np.log1p(what.reach[looks])
        low, high = np.floor(answers.reach[looks, 1] + 0.5), np.ceil(answers.reach[looks, 2] + 0.5)
        held = (low <= np.round(what.reach[looks])) & (np.round(what.reach[looks]) <= high)
        numbers.append(f"{minutes:>7} {len(looks):>9} {np.mean(off**2):>9.3f} {held.mean():>9.3f}")
    taught = answers.likely[what.taught]
    return _Judged(
        loss=float(-np.log(taught).mean()),
        chance=float(np.mean(losses)),
        shares=float(np.mean(shares)),
        levels=rows,
        numbers=numbers,
    )


def _loss(p: Floats, truth: NDArray[np.bool_]) -> float:
    return float(-np.log(np.where(truth, p, 1 - p)).mean()) if len(p) else 0.0


def _pages(what: Lessons, page: Floats, level: int) -> tuple[int, int]:
    """Posts paged in their first day before they had `level`, and how many of those came to it. Of a post that was cut short
    nobody knows."""
    held = np.where(what.sudden, np.minimum(page, UNPROVEN), page)
    early = (held >= PAGED_AT) & (what.age <= DAY) & (what.now < level) & (~what.open | (what.reach >= level))
    paged = np.unique(what.post[early])
    right = np.unique(what.post[early & (what.reach >= level)])
    return len(right), len(paged)


def _table(before: _Judged, after: _Judged, levels: Sequence[int]) -> Iterator[str]:
    del levels
    yield f"{'':24}{'log loss of the reach':>22}{'log loss of P':>16}"
    for name, judged in (("before", before), ("after, each held out", after)):
        yield f"{name:24}{judged.loss:>22.3f}{judged.chance:>16.4f}"
    yield f"{'the share of all alone':24}{'':22}{after.shares:>16.4f}"
    for name, judged in (("before", before), ("after, each held out", after)):
        yield ""
        yield f"{name}"
        yield f"{'age min':>7} {'posts':>9} {'ln-MSLE':>9} {'80 % hold':>9}"
        yield from judged.numbers
        yield f"{'reach':>7} {'log loss':>9} {'told':>9} {'came true':>9} {'pages right':>14}"
        yield from judged.levels
