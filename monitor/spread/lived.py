"""Posts as an installation saw them, and what they teach the forecast: looks, not whole curves. Pure.

A post that people answered, or that its platform took away, is read up to that moment, and what it would have come to is not
known: it teaches "at least so many", never "it stayed small". So does one that was lost sight of within its first day. A post
that was given up because it was calm had next to nothing to come; how much is drawn from what the forecast says at its last look.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from monitor.model import Availability, Lived
from monitor.spread.curves import MINUTE, History, chosen
from monitor.spread.features import LARGEST, Features, features, sudden, unit_of
from monitor.spread.fit import Rows
from monitor.spread.nets import AHEAD, SEEN, WEEK, Floats, Weights, terms
from monitor.spread.rhythm import DAY
from monitor.spread.usual import Sizes

FOLDS = 5
"""No author's posts are in two of them."""

LOOKS_A_POST = 12
"""Looks learnt from per post, evenly in ln(age)."""

FINISHED = 0.95 * DAY
"""A post last seen before this was lost sight of."""

LEVELS = np.linspace(0.025, 0.975, 20)
"""Where what was still to come at the last look is drawn from."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Seen:
    """The looks at a post that show its counter. `ended`: what came after the last of them is known well enough."""

    born: float
    looks: Sequence[Features]
    ended: bool

    def by(self, age: float) -> int:
        """The count known at an age in seconds."""
        return max((look.now for look in takewhile(lambda look: look.age <= age, self.looks)), default=0)


@dataclass(frozen=True, kw_only=True)
class Lessons:
    """Every look at every post, in order: what a net reads, what came (`rows`), and what is needed to judge an answer.

    `post` says which post a look is of, `fold` which fold that is in; `taught` are the looks to learn from. `reach`: what the
    post came to at a week, or at the least where `open`.
    """

    rows: Rows
    post: NDArray[np.int64]
    fold: NDArray[np.int64]
    taught: NDArray[np.bool_]
    age: Floats
    now: Floats
    scale: Floats
    sizes: Floats
    sudden: NDArray[np.bool_]
    reach: Floats
    open: NDArray[np.bool_]


def lessons(posts: Sequence[Lived], weights: Weights, chance: np.random.Generator) -> Lessons:
    """What these posts teach. One that shows no counter is left out; ValueError: they all are."""
    pairs = [(post, seen) for post in posts if (seen := _seen(post)) is not None]
    if not pairs:
        raise ValueError("no post shows a counter")
    history = History([seen for _, seen in pairs if seen.looks[0].age <= DAY])
    read = [_read(seen, weights, history) for _, seen in pairs]
    left = weights.nets(np.array([given[-1] for given, _ in read])).quantiles(LEVELS.tolist())[:, -1]
    parts = [
        _lessons(
            number, crc32(post.author.encode()) % FOLDS, seen, read[number], float(chance.choice(left[number])), chance
        )
        for number, (post, seen) in enumerate(pairs)
    ]
    whole = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    rows = Rows(given=whole.pop("given"), come=whole.pop("come"), open=whole.pop("unseen"))
    return Lessons(rows=rows, **whole)


def _seen(post: Lived) -> _Seen | None:
    until = post.answered_at
    kept = list(
        takewhile(
            lambda look: (
                look.availability not in (Availability.GONE, Availability.RESTRICTED)
                and (until is None or look.seen_at <= until)
            ),
            post.looks,
        )
    )
    unit = unit_of(post.platform, kept)
    shown = [
        n for n, look in enumerate(kept, 1) if unit and getattr(look.counts, unit) is not None and look.age <= SEEN
    ]
    looks = [found for n in shown if unit and (found := features(kept[:n], unit)) is not None]
    if not looks:
        return None
    taken = len(kept) < len(post.looks)
    answered = until is not None and until.timestamp() - post.born.timestamp() <= WEEK
    return _Seen(
        born=post.born.timestamp(),
        looks=looks,
        ended=not taken and not answered and looks[-1].age >= FINISHED,
    )


def _read(seen: _Seen, weights: Weights, history: History) -> tuple[Floats, list[Sizes]]:
    moments = [seen.born + look.age for look in seen.looks]
    sizes = [history.at(moment) for moment in moments]
    given = [
        terms(look, weights.rhythm, moment, usual)
        for look, moment, usual in zip(seen.looks, moments, sizes, strict=True)
    ]
    return np.array(given), sizes


def _lessons(
    number: int,
    fold: int,
    seen: _Seen,
    read: tuple[Floats, list[Sizes]],
    left: float,
    chance: np.random.Generator,
) -> dict[str, NDArray[np.generic]]:
    """The looks at one post. `left`: what is taken to have come after the last, in a scaled copy of it."""
    ages = np.array([look.age for look in seen.looks])
    now = np.maximum.accumulate([float(look.now) for look in seen.looks])
    scale = np.array([max(1.0, count / LARGEST) for count in now])
    reach = now[-1] + (left * scale[-1] if seen.ended else 0.0)
    # Where the rest is not known, the count stands still after the last look and says "at least".
    ends = np.minimum(np.column_stack([ages[:, None] + np.array(AHEAD), np.full(len(ages), WEEK)]), WEEK)
    then = np.interp(ends, [*ages, WEEK], [*now, reach])
    taught = np.zeros(len(ages), dtype=bool)
    taught[chosen(ages.tolist(), LOOKS_A_POST, chance)] = True
    many = len(ages)
    return {
        "given": read[0],
        "come": np.round(np.maximum(then - now[:, None], 0) / scale[:, None]).astype(np.int64),
        "unseen": (ends > ages[-1]) & (not seen.ended),
        "post": np.full(many, number),
        "fold": np.full(many, fold),
        "taught": taught,
        "age": ages,
        "now": now,
        "scale": scale,
        "sizes": np.array(read[1]),
        "sudden": np.array([sudden(look) for look in seen.looks], dtype=bool),
        "reach": np.full(many, reach),
        "open": np.full(many, not seen.ended),
    }


def at(what: Lessons, minutes: int) -> NDArray[np.int64]:
    """The last look at each post by this age."""
    young = np.flatnonzero(what.age <= minutes * MINUTE)
    last: NDArray[np.int64] = young[np.diff(what.post[young], append=-1) != 0]
    return last
