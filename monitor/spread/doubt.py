"""What holds a page probability down, whatever the nets say. One rule for the daemon and for the table of the model card. Pure."""

import numpy as np
from numpy.typing import NDArray

from monitor.spread.shove import SHARE

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

UNPROVEN = 0.5
"""The most that the page probability of a sudden rise may be."""

FEWEST, FEWEST_SAY = 10, 0.1
"""Below ten reposts a pace is chance, and the page probability is no more than this."""


def unmeant(now: Floats, ended: Floats, awaited: Floats) -> Floats:
    """Reposts that bots seem to have made, of `now`: what came in shoves that `ended` at once, or in a kick that may still do so and
    is much of it (`shove`)."""
    return np.maximum(ended, np.where(awaited >= SHARE * now, awaited, 0.0))


def doubted(now: Floats, viral: Floats | float, sudden: Flags, ended: Floats, awaited: Floats) -> Flags:
    """Whether a post is held: below what hurts where its rise is `sudden` or much of it came in shoves that `ended`; from there
    on where people alone have not brought it there."""
    shoved = (ended > 0) & (ended >= SHARE * now)
    pushed = unmeant(now, ended, awaited)
    return np.where(now < viral, sudden | shoved, (pushed > 0) & (now - pushed < viral))


def held(page: Floats, now: Floats, doubt: Flags, reached: Flags) -> Floats:
    """Page probabilities as they are told, for looks (n) at posts with `now` reposts: `doubt` where bots may have made them,
    `reached` where the post has what hurts."""
    few = np.where(reached, 1.0, np.where(now < FEWEST, FEWEST_SAY, 1.0))
    return np.minimum(page, np.where(doubt, np.minimum(few, UNPROVEN), few))
