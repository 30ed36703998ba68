"""Earlier posts like this one, for a sentence that people can check against what they know. Pure.

The table holds, for each of a few ages, what finished posts of the fitted data showed there (rounded, without id, text,
author, time or curve) and how far each went.
"""

import base64
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from monitor.spread.features import Features
from monitor.spread.usual import Sizes

AGES = (10, 20, 30, 45, 60, 90, 120, 180, 360, 720, 1440)
"""Minutes of age for which there are posts to compare with."""

_BETWEEN = tuple(sqrt(younger * older) for younger, older in pairwise(AGES))
"""Where one of them is as near as the next, by ratio."""

NEAREST = 60
STEP = 0.1
"""What a post showed is kept in steps of this: ln(1 + count), growth, pace, and the usual size where it was."""

SCALES = (0.30, 0.35, 0.6, 0.6)
"""Differences of one in ln count, growth since half the age, pace, and usual size that weigh alike (Nikolov 2012 compares
whole curves so)."""


_SCALES = np.array(SCALES, dtype=np.float32)
_EACH = np.ones(len(SCALES), dtype=np.float32)


class Alike(NamedTuple):
    """Of `of` earlier posts like it, `passed` went as far as was asked."""

    passed: int
    of: int


def shown(seen: Features, sizes: Sizes) -> tuple[float, float, float, float]:
    """What posts are compared by."""
    return seen.level, seen.half, seen.pace, sizes.mean


@dataclass(frozen=True, kw_only=True)
class Analogs:
    """For each age of AGES: what posts showed there (posts, 4), and their final reach (posts). Column by column in memory, which
    is how a post is compared with all of them soonest."""

    shown: tuple[NDArray[np.float32], ...]
    reach: tuple[NDArray[np.int64], ...]

    def like(self, seen: Features, sizes: Sizes, viral: int) -> Alike | None:
        """How many of the sixty most alike went as far as `viral`. None: too young, too old, or nothing is like it."""
        minutes = seen.age / 60
        if not AGES[0] / 2 <= minutes <= AGES[-1] * 2 or seen.scale > 1 or not self.shown:
            return None
        nearest = bisect_left(_BETWEEN, minutes)
        table, reach = self.shown[nearest], self.reach[nearest]
        if len(reach) < NEAREST:
            return None
        away = ((table - np.array(shown(seen, sizes), dtype=np.float32)) / _SCALES) ** 2 @ _EACH
        chosen = np.argpartition(away, NEAREST - 1)[:NEAREST]
        if float(away[chosen].sum()) > len(SCALES) * NEAREST:
            return None
        return Alike(passed=int(np.count_nonzero(reach[chosen] >= viral)), of=NEAREST)

    def as_json(self) -> dict[str, Any]:
        """Rounded, as it ships."""
        return {
            "shown": [
                base64.b64encode(np.clip(np.round(table / STEP), 0, 255).astype(np.uint8).tobytes()).decode()
                for table in self.shown
            ],
            "reach": [base64.b64encode(reach.astype("<u4").tobytes()).decode() for reach in self.reach],
        }

    @staticmethod
    def from_json(stored: Mapping[str, Any]) -> "Analogs":
        """A stored table; one of another shape is a ValueError."""
        tables = tuple(
            np.asfortranarray(
                np.frombuffer(base64.b64decode(it, validate=True), dtype=np.uint8).reshape(-1, len(SCALES))
                * np.float32(STEP)
            )
            for it in stored["shown"]
        )
        reach = tuple(
            np.frombuffer(base64.b64decode(it, validate=True), dtype="<u4").astype(np.int64) for it in stored["reach"]
        )
        if tables and not (len(tables) == len(reach) == len(AGES)):
            raise ValueError(f"not one table for each of {len(AGES)} ages")
        if any(len(table) != len(ends) for table, ends in zip(tables, reach, strict=True)):
            raise ValueError("a table of earlier posts does not fit their reach")
        return Analogs(shown=tables, reach=reach)


NONE = Analogs(shown=(), reach=())
