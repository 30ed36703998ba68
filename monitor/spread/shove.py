"""Whether reposts came in a shove that ended at once: bots do that, people slow down. Pure.

A rise that people carry fades over hours, for those who reposted late are reposted too. Bots stop from one minute to the next,
and what comes after is the pace from before. That is seen some looks later, however many reposts the post had before.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

MINUTE = 60.0

LEAST, WITHIN = 50, 20 * MINUTE
"""A shove is so many reposts in so short a time."""

AFTER, SEEN_BY, SPAN = 12 * MINUTE, 40 * MINUTE, 15 * MINUTE
"""What came since is told by a look that is at least so much later and no later than that, as a pace over `SPAN`."""

FADED, FADED_TO = 0.04, 0.06
"""It ended at once where no more than this share of it came in the `SPAN` that followed; where it was a kick, beyond what the
pace from before would have brought."""

KICK, BEFORE, SETTLED = 6, 30 * MINUTE, 20 * MINUTE
"""A kick came so many times as fast as the post had grown in the time before, and to a post of at least this age."""

SHARE = 0.4
"""From this share of all reposts on it matters."""


def shoved(ages: Sequence[float], counts: Sequence[int]) -> list[int]:
    """For each look, the reposts that had come in shoves which were then known to have ended.

    `ages` (s) rise, `counts` never fall. Nothing that came after a look tells of it.
    """
    told, pushed, known = [0] * len(ages), 0, 0
    for place, gain in _shoves(ages, counts):
        told[known:place] = [pushed] * (place - known)
        pushed, known = pushed + gain, place
    told[known:] = [pushed] * (len(ages) - known)
    return told


def awaited(ages: Sequence[float], counts: Sequence[int]) -> list[int]:
    """For each look, the reposts of a kick of which it could not be known yet whether it had ended at once."""
    told, start, first = [0] * len(ages), 0, 0
    kicks = [0] * len(ages)
    for look in range(1, len(ages)):
        while ages[look] - ages[start] > WITHIN:
            start += 1
        while ages[look] - ages[first] >= AFTER:
            first += 1
        gain = counts[look] - counts[start]
        if gain >= LEAST and _kicked(ages, counts, start, look):
            kicks[look] = gain
        told[look] = max(kicks[first : look + 1])
    return told


def _shoves(ages: Sequence[float], counts: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Where each shove was known to have ended, and its reposts."""
    start, look = 0, 1
    while look < len(ages):
        while ages[look] - ages[start] > WITHIN:
            start += 1
        gain = counts[look] - counts[start]
        if gain >= LEAST and counts[look] > counts[look - 1]:
            later = bisect_left(ages, ages[look] + AFTER)
            if later < len(ages) and ages[later] - ages[look] <= SEEN_BY:
                come = (counts[later] - counts[look]) * SPAN / (ages[later] - ages[look])
                kicked = come > FADED * gain and _kicked(ages, counts, start, look)
                if come <= FADED * gain or (kicked and come - _pace(ages, counts, start) * SPAN <= FADED_TO * gain):
                    yield later, gain
                    start = look = later
        look += 1


def _kicked(ages: Sequence[float], counts: Sequence[int], start: int, look: int) -> bool:
    """Whether it grew so much faster between two looks than it had before."""
    pace = (counts[look] - counts[start]) / (ages[look] - ages[start])
    return ages[start] >= SETTLED and pace >= KICK * _pace(ages, counts, start)


def _pace(ages: Sequence[float], counts: Sequence[int], look: int) -> float:
    """Reposts a second in the half hour before a look."""
    before = bisect_right(ages, ages[look] - BEFORE) - 1
    age, count = (ages[before], counts[before]) if before >= 0 else (0.0, 0)
    return (counts[look] - count) / (ages[look] - age)
