"""From a hot list of the sandbox to an incident that says so: the real connector, daemon, judge and channel."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from monitor import app
from monitor.sandbox import server
from monitor.sandbox.serving import serving
from monitor.sandbox.stage import Stage, StageClock
from tests.daemon.conftest import ROOM, TOML, Folder

pytestmark = pytest.mark.anyio

FEED = """
[[feed]]
name = "weibo-hot"
type = "hotlist"
list = "weibo"
base_url = "BASE/hotlists/weibo"
every = "5m"
pace = "0s"
allow_private = ["127.0.0.1"]
"""


@pytest.fixture
def sandbox() -> Iterator[tuple[Stage, str]]:
    """A world that began two hours ago, standing still at its first moment."""
    begins = datetime.now(UTC) - timedelta(hours=2)
    stage = Stage("everywhere", 7, begins, 1.0)
    stage.clock = StageClock(begins, 1.0)
    with serving(server.app(stage, 7)) as address:
        yield stage, address


async def test_the_brand_on_a_hot_list_is_an_incident_with_that_reason(
    folder: Folder, sandbox: tuple[Stage, str]
) -> None:
    stage, address = sandbox
    folder.write(TOML + FEED.replace("BASE", address))
    assert await app.once(folder.config(), shadow=False, desk=folder.desk()) == {
        "scored": 0,
        "judged": 0,
        "pages": 0,
        "waiting": 0,
    }
    stage.clock = StageClock(stage.world.start + timedelta(minutes=110), 1.0)
    done = await app.once(folder.config(), shadow=False, desk=folder.desk())
    assert (done["judged"], done["pages"]) == (2, 1)
    said = folder.said()
    assert len(said) == 1
    assert "🟠 橙 · 星禾 · 上榜：微博热搜第" in said[0]
    assert "星禾暖杯漏底烫伤孩子" in said[0]
    assert len(folder.slack.messages(ROOM)) == 1
