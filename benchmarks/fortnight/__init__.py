"""A fortnight end to end, shipped defaults, texts included: a world of our own at three doors, and what each page was worth.

`python -m benchmarks.fortnight SEED [DOOR]` shows every crisis and every false page of another seed.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from statistics import median

from benchmarks.fortnight.doors import DOORS, Watched, watch
from benchmarks.fortnight.reckoning import WEEKS, Reckoning, reckon
from benchmarks.fortnight.world import World, build
from benchmarks.measure import Figure

SEED = 3
"""The seed that is reported. 1 and 2 are for working."""

START = datetime(2026, 11, 1, 16, tzinfo=UTC)
"""A midnight in Shanghai, and a Monday."""


def world(seed: int) -> World:
    return build(seed, START)


def run() -> Iterator[Figure]:
    made = world(SEED)
    for door in DOORS:
        seen = watch(made, door, seed=SEED)
        yield from _figures(seen, reckon(seen))


def _figures(seen: Watched, counted: Reckoning) -> Iterator[Figure]:
    def figure(name: str, value: float, unit: str, wanted: str = "") -> Figure:
        return Figure(name=f"fortnight, {seen.door.name}: {name}", value=value, unit=unit, wanted=wanted)

    paged = [one for one in counted.told if one.paged_at is not None]
    leads = [one.lead for one in paged if one.lead is not None]
    yield figure("pages", counted.pages, "pages")
    yield figure("right pages", counted.right, "pages")
    yield figure("of which for posts that grew by themselves", counted.grown, "pages")
    yield figure("false pages", len(counted.false) / WEEKS, "a week", "<= 2")
    yield figure("false pages at night", counted.false_at_night / WEEKS, "a week", "<= 1")
    yield figure("crises of which a post was collected", sum(one.collected > 0 for one in counted.told), "of 6")
    yield figure("of which missed", len(counted.missed), "crises", "0")
    yield figure(
        "channel messages for one crisis, at most", max((one.messages for one in paged), default=0), "messages", "<= 2"
    )
    yield figure("posts of one of two crises told with the other", counted.strays, "posts", "0")
    if leads:
        lead = median(lead / timedelta(minutes=1) for lead in leads)
        yield figure("page before it hurt, median", round(lead), "min")
    for one in paged:
        assert one.paged_at is not None
        yield figure(f"{one.kind}, first post to page", round((one.paged_at - one.began) / timedelta(minutes=1)), "min")
        yield figure(f"{one.kind}, reach still to come", round(one.left, 2), "")
