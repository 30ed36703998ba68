"""How active people are through the day. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

DAY = 86_400.0
EAST8 = 8 * 3600
"""People in China live by one clock, eight hours ahead of UTC, all year."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rhythm:
    """How active people are in each hour of the day in China, mean 1."""

    hours: tuple[float, ...]
    sums: tuple[float, ...]

    @staticmethod
    def of(hours: Sequence[float]) -> "Rhythm":
        """From 24 hours, the first from midnight on; other lengths or an hour without anybody are a ValueError."""
        if len(hours) != 24 or not all(0 < hour < inf for hour in hours):
            raise ValueError("the rhythm is not 24 hours above 0")
        sums = [0.0]
        for hour in hours:
            sums.append(sums[-1] + hour)
        return Rhythm(hours=tuple(hours), sums=tuple(sums))

    def at(self, moment: float) -> float:
        """The activity at a moment in unix seconds."""
        return self.hours[int((moment + EAST8) % DAY // 3600)]

    def until(self, moment: float) -> float:
        """Hours of average activity from the first midnight to a moment; between two moments pass as many as the difference."""
        days, rest = divmod(moment + EAST8, DAY)
        hour, part = divmod(rest, 3600)
        return days * self.sums[24] + self.sums[int(hour)] + self.hours[int(hour)] * part / 3600
