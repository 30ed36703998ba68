"""The whole campaign: each way in, each fault that it can meet, held against a run without one."""

import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from dataclasses import replace
from functools import partial
from pathlib import Path

from benchmarks.campaign.ground import ground
from benchmarks.campaign.lanes import LANES
from benchmarks.campaign.polling import Cell, Run, cell, poll
from benchmarks.campaign.pushing import DOOR, push
from benchmarks.campaign.reading import FILES, WRITES, read
from benchmarks.campaign.streaming import PUSH, stream
from benchmarks.campaign.table import expected
from monitor.sandbox.faults import KINDS, SENDS

Fight = Callable[[str | None], Awaitable[Run]]


def cells() -> list[tuple[str, str, str]]:
    """Every lane with every fault it can meet, and what operators must hear."""
    asked = [
        (lane.name, lane.platform, kind) for lane in LANES for kind in KINDS[lane.platform] if kind not in lane.spared
    ]
    pushed = [(PUSH.name, PUSH.platform, kind) for kind in KINDS[PUSH.platform]]
    files = [(lane.name, "file", kind) for lane in FILES for kind in WRITES]
    sent = [(DOOR, "vendor", kind) for kind in SENDS["vendor"]]
    return [(lane, kind, expected(lane, platform, kind)) for lane, platform, kind in (*asked, *pushed, *files, *sent)]


async def fought(only: Collection[str] = ()) -> AsyncIterator[Cell]:
    """A cell after the other; `only` those lanes, where some are named."""
    wanted = [(lane, kind) for lane, kind, _ in cells() if not only or lane in only]
    async with ground() as here:
        with tempfile.TemporaryDirectory() as folder:
            for lane in LANES:
                kinds = [kind for name, kind in wanted if name == lane.name]
                truth = await poll(here, lane, None) if kinds else None
                for kind in kinds:
                    assert truth is not None
                    found = cell(here, lane.name, kind, await poll(here, lane, kind), truth)
                    if lane.pages and not kind.startswith("http_"):
                        found = _both(
                            found, cell(here, lane.name, kind, await poll(here, lane, kind, between_pages=True), truth)
                        )
                    yield found
            fights: dict[str, Fight] = {PUSH.name: partial(stream, here), DOOR: partial(push, here)}
            fights |= {lane.name: partial(read, here, lane, Path(folder)) for lane in FILES}
            for name, fight in fights.items():
                kinds = [kind for lane, kind in wanted if lane == name]
                truth = await fight(None) if kinds else None
                for kind in kinds:
                    assert truth is not None
                    yield cell(here, name, kind, await fight(kind), truth)


def _both(whole: Cell, between_pages: Cell) -> Cell:
    """One cell of a fault that came twice: to a whole poll, and between two pages of another. A mere status is as any refusal there."""
    return replace(
        whole,
        told=whole.told + between_pages.told,
        lost=whole.lost + between_pages.lost,
        twice=whole.twice + between_pages.twice,
        well=whole.well and between_pages.well,
    )
