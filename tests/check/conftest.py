"""A world that may be wrong in many ways: a site and a Slack on loopback, and a configuration that names them."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from typer.testing import CliRunner, Result

from monitor import cli
from monitor.clock import RealClock
from monitor.sandbox.serving import serving
from monitor.sandbox.slack import FakeSlack
from tests.door import Door

RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>complaints</title><link>https://example.org/</link>
<description>d</description>
<item><guid>1</guid><title>星禾奶茶退款难</title><description>三天没人理</description></item>
<item><guid>2</guid><title>青岚杯子漏水</title><description>换了两次</description></item>
</channel></rss>"""

HEAD = """
language = "en"
state = "state"
listen = "127.0.0.1:0"
log = "json"
[[brand]]
name = "星禾"
match = '星禾 OR xinghe'
except = '抽奖'
context = '奶茶 OR 门店'
"""

FEED = """
[[feed]]
name = "complaints"
type = "rss"
url = "{site}/feed.xml"
allow_private = ["127.0.0.1"]
"""

RECEIVERS = """
[alerts.receivers.crisis]
type = "slack"
channel = "C0CRISIS01"
token = {{ file = "slack.token" }}
base_url = "{site}/slack/api/"
[alerts.receivers.ops]
type = "slack"
channel = "C0OPS"
token = {{ file = "slack.token" }}
base_url = "{site}/slack/api/"
"""

WHOLE = HEAD + FEED + RECEIVERS


@dataclass
class Site:
    """What the feed's address answers."""

    status: int = 200
    body: str = RSS
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-type": "application/rss+xml"})

    async def feed(self, _: Request) -> Response:
        return Response(self.body, self.status, dict(self.headers))


@dataclass
class World:
    """A folder with a configuration, and what its addresses lead to."""

    folder: Path
    url: str
    site: Site
    slack: FakeSlack

    @property
    def toml(self) -> Path:
        return self.folder / "langyan.toml"

    def write(self, toml: str, **given: object) -> None:
        self.toml.write_text(toml.format(site=self.url, folder=self.folder, **given))

    def langyan(self, *arguments: str) -> Result:
        """Runs a command with this configuration."""
        return CliRunner().invoke(cli.main, [*arguments, "-c", str(self.toml)])

    def check(self) -> tuple[int, dict[str, dict[str, object]]]:
        """`langyan check --json`: its exit code, and its lines by what they are about."""
        done = self.langyan("check", "--json")
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        return done.exit_code, {str(line["what"]): line for line in lines}


@pytest.fixture(scope="session")
def served() -> Iterator[tuple[str, Callable[[Starlette], None]]]:
    """One server for all tests; behind it stands the world of the test in hand."""
    door = Door()

    def stand_behind(world: Starlette) -> None:
        door.app = world

    with serving(door) as url:
        yield url, stand_behind


@pytest.fixture
def world(tmp_path: Path, served: tuple[str, Callable[[Starlette], None]]) -> World:
    url, stand_behind = served
    site, slack = Site(), FakeSlack(RealClock())
    stand_behind(Starlette(routes=[Route("/feed.xml", site.feed), Route("/2/{path:path}", site.feed), *slack.routes]))
    world = World(tmp_path, url, site, slack)
    (tmp_path / "slack.token").write_text("xoxb-sandbox\n")
    (tmp_path / "slack.token").chmod(0o600)
    world.write(WHOLE)
    return world
