"""Whether reposts came in a shove that ended at once: bots do that, people slow down. Pure.

A rise that people carry fades over hours, for those who reposted late are reposted too. Bots stop from one minute to the next,
and what comes after is the pace from before. That is seen some looks later, however many reposts the post had before.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple

MINUTE = 60.0

LEAST, WITHIN = 50, 20 * MINUTE
"""A shove is so many reposts in so short a time."""

AFTER, SEEN_BY, SPAN = 12 * MINUTE, 40 * MINUTE, 15 * MINUTE
"""What came since is told by a look that is at least so much later and no later than that, as a pace over `SPAN`."""

FADED, FADED_TO = 0.04, 0.06
"""It ended at once where no more than this share of it came in the `SPAN` that followed; where it was a kick, beyond what the
pace from before would have brought."""

KICK, BEFORE = 6, 30 * MINUTE
"""A kick came so many times as fast as the post was seen to grow in the half hour before it."""

WAITED = 20 * MINUTE
"""For so long after it first showed nobody knows how a kick ends; what goes on longer is people's. One that stands still is waited for
until it is known, `SEEN_BY` at most."""


class Shoves(NamedTuple):
    """Reposts, of those known at each look, that came in a shove known by then to have `ended`, and in a kick that is `awaited`: it
    may still end so. Where two shoves ended none did: the counter is one that jumps and rests, whoever reposts."""

    ended: list[int]
    awaited: list[int]


def shoves(ages: Sequence[float], counts: Sequence[int]) -> Shoves:
    """Of a post as it was looked at: `ages` (s) rise, `counts` never fall. Nothing that came after a look tells of it."""
    ended, floor = [0] * len(ages), [0] * len(ages)
    start, look, found = 0, 1, 0
    while look < len(ages):
        while ages[look] - ages[start] > WITHIN:
            start += 1
        gain = counts[look] - counts[start]
        if gain >= LEAST and counts[look] > counts[look - 1] and _stepped(counts, start, look):
            later = bisect_left(ages, ages[look] + AFTER)
            if later < len(ages) and ages[later] - ages[look] <= SEEN_BY and _over(ages, counts, start, look, later):
                found += 1
                more = len(ages) - later
                ended[later:] = [gain if found == 1 else 0] * more
                floor[later:] = [look] * more
                start = look = later
        look += 1
    return Shoves(ended=ended, awaited=_awaited(ages, counts, floor))


def _awaited(ages: Sequence[float], counts: Sequence[int], floor: Sequence[int]) -> list[int]:
    """Kicks that began no earlier than the place in `floor`, until it is known how they end."""
    told, start, began = [0] * len(ages), 0, 0
    kicks: list[tuple[int, int, int]] = []
    for look in range(1, len(ages)):
        while ages[look] - ages[start] > WITHIN:
            start += 1
        start = max(start, floor[look])
        kicks = [kick for kick in kicks if ages[look] - ages[kick[0]] < AFTER]
        gain = counts[look] - counts[start]
        if gain >= LEAST and _stepped(counts, start, look) and _kicked_from(ages, counts, start, look) is not None:
            began = began if kicks else look
            kicks.append((look, start, gain))
        waits = [gain for _, since, gain in kicks if since >= floor[look]]
        if waits and ages[look] - ages[began] < (SEEN_BY if _still(ages, counts, look, max(waits)) else WAITED):
            told[look] = max(waits)
    return told


def _over(ages: Sequence[float], counts: Sequence[int], start: int, look: int, later: int) -> bool:
    """Whether what came between two looks had ended at once by the third."""
    gain = counts[look] - counts[start]
    come = (counts[later] - counts[look]) * SPAN / (ages[later] - ages[look])
    if come <= FADED * gain:
        return True
    pace = _kicked_from(ages, counts, start, look)
    return pace is not None and come - pace * SPAN <= FADED_TO * gain


def _still(ages: Sequence[float], counts: Sequence[int], look: int, gain: int) -> bool:
    """Whether next to nothing came since the look before, beside what had come at once."""
    return (counts[look] - counts[look - 1]) * SPAN <= FADED_TO * gain * (ages[look] - ages[look - 1])


def _stepped(counts: Sequence[int], start: int, look: int) -> bool:
    """Whether it rose at more than one look: a counter that is brought up to date now and then jumps and rests, too."""
    return sum(counts[place] > counts[place - 1] for place in range(start + 1, look + 1)) > 1


def _kicked_from(ages: Sequence[float], counts: Sequence[int], start: int, look: int) -> float | None:
    """The pace, in reposts a second since the last look at least half an hour before, which it left so far behind between two looks.
    None: it did not, or there was no such look."""
    before = bisect_right(ages, ages[start] - BEFORE) - 1
    if before < 0:
        return None
    pace = (counts[start] - counts[before]) / (ages[start] - ages[before])
    return pace if counts[look] - counts[start] >= KICK * pace * (ages[look] - ages[start]) else None
