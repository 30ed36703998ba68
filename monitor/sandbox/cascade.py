"""How a post spreads in the sandbox: a branching process in activity time, whose every repost is known.

Each repost calls forth others after a delay that is flat for ten minutes and falls off as a power law; nights are slow.
Shape after Crane and Sornette, "Robust dynamic classes" (PNAS 2008); the hours of the day are those of Weibo.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Moments = NDArray[np.float64]

FLAT = 600.0
"""Seconds during which a repost calls forth others at a constant rate."""

THETA = 0.35
WEIGHT_TAIL, HEAVIEST = 1.5, 300.0
MOST = 60_000
DAY = 86_400

_HOURS = np.array(
    [
        1.2,
        0.7,
        0.5,
        0.4,
        0.3,
        0.3,
        0.4,
        0.9,
        1.3,
        1.5,
        1.5,
        1.4,
        1.4,
        1.4,
        1.2,
        1.0,
        1.1,
        0.9,
        0.9,
        0.9,
        1.0,
        1.1,
        1.3,
        1.3,
    ]
)
"""How active people are in each hour of a day in Shanghai; the mean is about 1."""

_ACTIVITY = np.concatenate([[0.0], np.cumsum(_HOURS / _HOURS.mean() * 3600)])
_WALL = np.arange(25) * 3600.0
_SHANGHAI = 8 * 3600


def cascade(
    chance: np.random.Generator,
    born: float,
    *,
    direct: int,
    branching: float,
    kicks: Sequence[tuple[float, int]] = (),
    lasts: float = 2 * DAY,
) -> Moments:
    """The moments of every repost, in seconds after `born` (unix s), in order.

    `direct` people repost the post itself, each repost brings `branching` more in the mean (below 1), and each kick
    (seconds after birth, reposts) is a big account passing it on.
    """
    start = active(born)
    roots = [start + _delays(chance, direct)]
    roots += [active(born + after) + _delays(chance, number) for after, number in kicks]
    generation = np.concatenate(roots)
    end = active(born + lasts)
    found = [generation := generation[generation < end]]
    while len(generation) and sum(map(len, found)) < MOST:
        children = np.repeat(generation, chance.poisson(branching * _weights(chance, len(generation))))
        generation = children + _delays(chance, len(children))
        found.append(generation := generation[generation < end])
    return np.sort(walled(np.concatenate(found)) - born)


def _delays(chance: np.random.Generator, number: int) -> Moments:
    """Activity seconds from a repost to one it brought."""
    u = chance.random(number)
    flat = THETA / (1 + THETA)
    tail: Moments = FLAT * ((1 + THETA) * np.maximum(1 - u, 1e-9)) ** (-1 / THETA)
    delays: Moments = np.where(u < flat, u * FLAT / flat, tail)
    return delays


def _weights(chance: np.random.Generator, number: int) -> Moments:
    """How many more a repost brings, against the mean of 1: most bring none, a few very many."""
    raw = np.minimum((1 - chance.random(number)) ** (-1 / WEIGHT_TAIL), HEAVIEST)
    mean = WEIGHT_TAIL / (WEIGHT_TAIL - 1) - HEAVIEST ** (1 - WEIGHT_TAIL) / (WEIGHT_TAIL - 1)
    weights: Moments = raw / mean
    return weights


def active(moment: float) -> float:
    """Wall seconds as activity seconds: they run fast by day and slow at night."""
    days, rest = divmod(moment + _SHANGHAI, DAY)
    return float(days * DAY + np.interp(rest, _WALL, _ACTIVITY))


def walled(moments: Moments) -> Moments:
    """Activity seconds as wall seconds."""
    days, rest = np.divmod(moments, DAY)
    return np.asarray(days * DAY + np.interp(rest, _ACTIVITY, _WALL) - _SHANGHAI, dtype=np.float64)
