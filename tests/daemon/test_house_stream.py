"""The whole house with a feed that is never polled: what is pushed is stored, and a stop waits for nothing that never ends."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from monitor.sandbox.server import app as sandbox
from monitor.sandbox.serving import serving
from monitor.sandbox.stage import Stage
from tests.daemon.conftest import TOML, Folder
from tests.daemon.test_house import running, until

pytestmark = pytest.mark.anyio

PUSH = """
[[feed]]
name = "push"
type = "weibo-push"
subscription = "10542"
base_url = "{site}/weibo"
pace = "0s"
allow_private = ["127.0.0.1"]
"""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def site() -> Iterator[tuple[Stage, str]]:
    stage = Stage("demo", 7, datetime.now(UTC) - timedelta(hours=1), 600)
    with serving(sandbox(stage, 7)) as url:
        yield stage, url


async def test_what_is_pushed_is_stored_and_a_restart_goes_on_behind_it(
    folder: Folder, site: tuple[Stage, str]
) -> None:
    stage, url = site
    folder.toml.write_text((TOML + PUSH).format(port=folder.port, folder=folder.path, slack=folder.slack_url, site=url))
    async with running(folder) as house:
        await until(lambda: house.store.feed_state("push").cursor)
        before = house.store.totals()["posts"]
    stage.begin(stage.now() + timedelta(minutes=20), 600)
    async with running(folder) as house:
        stood = int(house.store.feed_state("push").cursor["since"])
        await until(lambda: int(house.store.feed_state("push").cursor["since"]) > stood)
        await until(lambda: house.store.totals()["posts"] > before)
        assert house.store.feed_state("push").failure is None
