"""What own posts are worth: the forecast refitted on 300 finished posts of an invented installation, judged on those that came later.

The worlds are those of ../shared/tools/feed_model.py with other constants: as they are, twice as many reposts three times as
fast, half as many again four times as slow.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import log
from typing import Any

import numpy as np

from benchmarks.feed import MODEL, model
from benchmarks.measure import Figure
from monitor import fittings
from monitor.model import Count, Counts, Lived, Look, Severity
from monitor.spread.curves import HOUR, USUAL, Curve, History
from monitor.spread.doubt import FEWEST, UNPROVEN, weighed
from monitor.spread.features import measure, sudden
from monitor.spread.nets import WEEK, Floats, Weights, standing, terms
from monitor.spread.rhythm import DAY
from monitor.training.own import AGES, refit
from monitor.triage.severity import DEFAULT_LEVELS, DEFAULT_VIRAL

WORLDS = (("as learnt", 903, 1.0, 1.0), ("faster", 904, 2.0, 0.3), ("slower", 905, 1.5, 4.0))
"""Name, seed, how many reposts, how long until they come, as multiples."""

OWN, BETWEEN, LATER = 300, 150, 1_200
"""Posts learnt from, posts that are not over when that is done, posts judged."""

AN_HOUR, HURTS = 2.5, 100


def _world(seed: int, many: float, slow: float) -> list[Curve]:
    feed: Any = model()
    feed.KAPPA *= many
    feed.S0 *= slow
    made = feed.feed((OWN + BETWEEN + LATER) / AN_HOUR, AN_HOUR, seed, 0.2)[0]
    return [Curve(born=float(post["t0"]), fold=0, offsets=np.sort(post["ev"]).tolist()) for post in made]


def _lived(number: int, curve: Curve, chance: np.random.Generator) -> Lived:
    """Looked at for a day, and for three where it still grows."""
    grows = curve.by(WEEK) - curve.by(DAY) >= 0.05 * max(curve.by(DAY), 1)
    born = datetime.fromtimestamp(curve.born, UTC)
    looks = tuple(
        Look(seen_at=born + timedelta(seconds=age), age=age, counts=Counts(reposts=Count(curve.by(age))))
        for age in USUAL.ages(72 * HOUR if grows else DAY + 600, chance)
    )
    return Lived(platform="weibo", born=born, author=str(number), looks=looks)


@dataclass(frozen=True)
class _Followed:
    """A later post in its first day. `given`: what a net reads of each look."""

    ages: Sequence[float]
    counts: Floats
    given: Floats
    where: Floats
    sudden: Any
    final: int


def _follow(curve: Curve, weights: Weights, history: History, chance: np.random.Generator) -> _Followed:
    ages = USUAL.ages(DAY, chance)
    counts = [curve.by(age) for age in ages]
    seen = [measure(ages[:n], counts[:n]) for n in range(1, len(ages) + 1)]
    sizes = [history.at(curve.born + age) for age in ages]
    given = [terms(look, weights.rhythm, curve.born + look.age, usual) for look, usual in zip(seen, sizes, strict=True)]
    return _Followed(
        ages=ages,
        counts=np.array(counts, dtype=float),
        given=np.array(given),
        where=standing(np.array(sizes), np.array(ages), np.array(counts, dtype=float), HURTS),
        sudden=np.array([sudden(look) for look in seen], dtype=bool),
        final=curve.by(WEEK),
    )


def _judged(posts: Sequence[_Followed], weights: Weights) -> tuple[float, float, float]:
    """Log loss of p_viral at AGES; the share of pages that were right, and of posts that hurt which were paged."""
    risk = DEFAULT_LEVELS[Severity.ORANGE].risk
    assert risk is not None
    losses, paged, right = [], 0, 0
    for post in posts:
        raw = weights.nets(post.given).above(HURTS - post.counts)
        chance = np.clip(weights.chance(raw, post.where), 1e-4, 1 - 1e-4)
        page = weighed(weights.page(raw, post.where), post.where[:, 0], HURTS)
        page = np.where(post.sudden & (raw < 1), np.minimum(page, UNPROVEN), page)
        for minutes in AGES:
            place = int(np.searchsorted(post.ages, minutes * 60, side="right")) - 1
            if place >= 0 and post.counts[place] < HURTS:
                losses.append(-log(chance[place] if post.final >= HURTS else 1 - chance[place]))
        if ((page >= risk) & (post.counts >= FEWEST)).any():
            paged += 1
            right += post.final >= HURTS
    hurt = sum(post.final >= HURTS for post in posts)
    return float(np.mean(losses)), right / max(1, paged), right / max(1, hurt)


def run() -> Iterator[Figure]:
    if not MODEL.exists():
        print("refit: ../shared/tools is not here, so there is no world to learn", file=sys.stderr)
        return
    shipped = fittings.forecaster().weights
    for name, seed, many, slow in WORLDS:
        curves, chance = _world(seed, many, slow), np.random.default_rng(1)
        own = [_lived(number, curve, chance) for number, curve in enumerate(curves[:OWN])]
        found = refit(
            shipped, [post for post in own if post.looks], [DEFAULT_VIRAL["weibo"]], 1, lambda _done, _of: None
        )
        history = History(curves)
        later = [_follow(curve, shipped, history, chance) for curve in curves[OWN + BETWEEN :] if curve.by(DAY)]
        before, after = _judged(later, shipped), _judged(later, found.weights)
        wanted = ("< shipped", ">= 0.90", "")
        for what, was, now, promise in zip(
            (f"log loss of P({HURTS} reposts)", "right pages", "viral posts paged"), before, after, wanted, strict=True
        ):
            yield Figure(
                name=f"world {name}: {what}", value=now, unit="", beside="shipped", beside_value=was, wanted=promise
            )
