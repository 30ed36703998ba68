"""What holds a page probability down, whatever the nets say. One rule for the daemon and for the table of the model card. Pure."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

UNPROVEN = 0.5
"""The most that the page probability of a sudden rise may be."""

FEWEST, FEWEST_SAY = 10, 0.1
"""Below ten reposts a pace is chance, and the page probability is no more than this."""


def held(page: Floats, now: Floats, unproven: Flags, reached: Flags) -> Floats:
    """Page probabilities as they are told, for looks (n) at posts with `now` reposts: `unproven` where the rise is sudden and
    nobody talks of it, `reached` where the post has what hurts and nothing is doubted any more."""
    most = np.where(now < FEWEST, FEWEST_SAY, np.where(unproven, UNPROVEN, 1.0))
    return np.where(reached, page, np.minimum(page, most))
