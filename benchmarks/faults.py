"""The fault campaign: its matrix as a Markdown table on stderr, for BENCHMARKS.md, and how many of its cells are as they must be."""

import asyncio
import sys
from collections.abc import Iterator

from benchmarks.campaign.fighting import cells, fought
from benchmarks.campaign.polling import Cell
from benchmarks.measure import Figure
from monitor import app


def run() -> Iterator[Figure]:
    # Every failure is ordered: none is worth a line.
    app.log_to("console", at_least="critical")
    found = asyncio.run(_all())
    told = {(lane, kind): said for lane, kind, said in cells()}
    wrong = [cell for cell in found if set(cell.told) != {told[cell.lane, cell.kind]} - {""}]
    print("\n".join(table(found)), file=sys.stderr)
    yield Figure(name="faults: cells, a way in and a fault each", value=len(found), unit="cells")
    yield Figure(name="faults: told to operators as something else", value=len(wrong), unit="cells", wanted="0")
    yield Figure(name="faults: posts lost", value=sum(cell.lost for cell in found), unit="posts", wanted="0")
    yield Figure(name="faults: posts there twice", value=sum(cell.twice for cell in found), unit="posts", wanted="0")
    yield Figure(name="faults: not well again", value=sum(not cell.well for cell in found), unit="cells", wanted="0")


async def _all() -> list[Cell]:
    return [cell async for cell in fought()]


def table(found: list[Cell]) -> Iterator[str]:
    """A row a fault, a column a way in: the class told (–: none, there is nothing to tell), lost/twice where not 0/0."""
    lanes = list(dict.fromkeys(cell.lane for cell in found))
    by_place = {(cell.lane, cell.kind): cell for cell in found}
    yield f"| fault | {' | '.join(lanes)} |"
    yield f"|---|{'---|' * len(lanes)}"
    for kind in sorted({cell.kind for cell in found}):
        yield f"| {kind} | {' | '.join(_said(by_place.get((lane, kind))) for lane in lanes)} |"


def _said(cell: Cell | None) -> str:
    if cell is None:
        return ""
    said = "/".join(sorted(set(cell.told))) or "–"
    return said if not (cell.lost or cell.twice) else f"{said} {cell.lost}/{cell.twice}"
