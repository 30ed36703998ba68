"""Every way in × every fault it can meet: operators hear the right class, and when it is over nothing is lost and nothing is there twice."""

import pytest

from benchmarks.campaign.fighting import cells, fought
from connectors import CONNECTORS

pytestmark = pytest.mark.anyio

LANES = sorted({lane for lane, _, _ in cells()})


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def test_every_type_of_feed_is_in_the_campaign() -> None:
    fighting = set(LANES) | {lane.partition(" ")[0] for lane in LANES}
    assert set(CONNECTORS) <= fighting


@pytest.mark.parametrize("lane", LANES)
async def test_each_fault_is_told_as_what_it_is_and_costs_no_post(lane: str) -> None:
    told = {kind: said for name, kind, said in cells() if name == lane}
    wrong = []
    seen = 0
    async for cell in fought([lane]):
        seen += 1
        classes = set(cell.told)
        if classes != ({told[cell.kind]} - {""}) or cell.lost or cell.twice or not cell.well:
            wrong.append(cell)
    assert not wrong
    assert seen == len(told)
