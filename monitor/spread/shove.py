"""Whether reposts came in a shove that ended at once: bots do that, people slow down. Pure.

A rise that people carry fades over hours, for those who reposted late are reposted too. Bots stop from one minute to the next,
and what comes after is the pace from before. That is seen some looks later, however many reposts the post had before.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence

MINUTE = 60.0

LEAST, WITHIN = 50, 20 * MINUTE
"""A shove is so many reposts in so short a time."""

AFTER, SEEN_BY, SPAN = 12 * MINUTE, 40 * MINUTE, 15 * MINUTE
"""What came since is told by a look that is at least so much later and no later than that, as a pace over `SPAN`."""

FADED = 0.04
"""It ended at once where no more than this share of it came in the `SPAN` that followed."""

SHARE = 0.4
"""From this share of all reposts on it matters."""


def shoved(ages: Sequence[float], counts: Sequence[int]) -> list[bool]:
    """For each look, whether two fifths or more of the reposts had come in shoves that were then known to have ended.

    `ages` (s) rise, `counts` never fall. Nothing that came after a look tells of it.
    """
    told, pushed, known = [False] * len(ages), 0, 0
    for place, gain in _shoves(ages, counts):
        told[known:place] = [0 < pushed >= SHARE * count for count in counts[known:place]]
        pushed, known = pushed + gain, place
    told[known:] = [0 < pushed >= SHARE * count for count in counts[known:]]
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
                if come <= FADED * gain:
                    yield later, gain
                    start = look = later
        look += 1
