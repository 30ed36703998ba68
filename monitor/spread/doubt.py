"""What holds a page probability down, whatever the nets say. One rule for the daemon and for the table of the model card. Pure."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

UNPROVEN = 0.5
"""The most that the page probability of a rise may be which may be bots'."""

FEWEST, FEWEST_SAY = 10, 0.1
"""Below ten reposts a pace is chance, and the page probability is no more than this."""

SHARE = 0.4
"""From this share of all reposts on what may be bots' is doubted."""

HELD_TO = 2
"""A post that has so many times what hurts is held no more, whoever brought it there: to be wrong there costs too much."""

NEARLY = 0.5
"""Where posts usually come farther than this share of what hurts, most come to it, and a page must be surer to be worth a night."""

LEAST = 0.5
"""No more than this is taken off the odds: where the usual post outgrows what hurts by more was never examined."""


def weighed(page: Floats, usual: Floats | float, viral: Floats | float) -> Floats:
    """Page probabilities whose odds shrink as the usual post, whose ln of reach is `usual`, outgrows `NEARLY` of what hurts; to a
    half at most."""
    less = np.clip(NEARLY * np.maximum(viral, 1.0) / np.exp(usual), LEAST, 1.0)
    surer: Floats = page * less / (1 - page + page * less)
    return surer


def unmeant(now: Floats, ended: Floats, awaited: Floats) -> Floats:
    """Reposts that bots seem to have made, of `now`: what came in shoves that `ended` at once, and in a kick that may still end so
    and is much of it (`shove.Shoves`)."""
    return ended + np.where(awaited >= SHARE * now, awaited, 0.0)


def doubted(now: Floats, viral: Floats | float, sudden: Flags, ended: Floats, awaited: Floats) -> Flags:
    """Whether a post is held: below what hurts where its rise is `sudden` or much of it came in shoves that `ended`; from there
    on, up to `HELD_TO`, where people alone have not brought it there."""
    shoved = (ended > 0) & (ended >= SHARE * now)
    pushed = unmeant(now, ended, awaited)
    above = (pushed > 0) & (now - pushed < viral) & (now < HELD_TO * np.asarray(viral))
    return np.where(now < viral, sudden | shoved, above)


def held(page: Floats, now: Floats, doubt: Flags, reached: Flags) -> Floats:
    """Page probabilities as they are told, for looks (n) at posts with `now` reposts: `doubt` where bots may have made them,
    `reached` where the post has what hurts."""
    few = np.where((now < FEWEST) & ~reached, FEWEST_SAY, 1.0)
    return np.minimum(page, np.where(doubt, np.minimum(few, UNPROVEN), few))
