"""A secret never shows: not on stdout or stderr, not in a log, a metric, the board or the database, whatever fails."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import pytest

from monitor import app, fittings
from monitor.clock import ScaledClock
from monitor.config import load
from tests.check.conftest import HEAD, World

SLACK = "xoxb-canary-1111111111-SLACKSECRET"
WEIBO = "2.00canaryWEIBOSECRET"
RSSHUB = "canaryRSSHUBSECRET"
PROXY = "http://proxyuser:canaryPROXYSECRET@127.0.0.1:9"
CANARIES = (SLACK, WEIBO, RSSHUB, "canaryPROXYSECRET")

TOML = (
    HEAD
    + """
[[feed]]
name = "weibo"
type = "weibo"
every = "0.2s"
token = {{ file = "weibo.token" }}
base_url = "{site}"
allow_private = ["127.0.0.1"]
[[feed]]
name = "search"
type = "weibo"
mode = "search"
query = "星禾"
every = "0.2s"
token = {{ file = "weibo.token" }}
search_base_url = "http://127.0.0.1:9"
allow_private = ["127.0.0.1"]
[[feed]]
name = "notes"
type = "rsshub"
every = "0.2s"
base_url = "{site}"
route = "/feed.xml"
access_key = {{ file = "rsshub.key" }}
allow_private = ["127.0.0.1"]
[[feed]]
name = "behind-proxy"
type = "rss"
every = "0.2s"
url = "{site}/feed.xml"
proxy = {{ file = "proxy.url" }}
allow_private = ["127.0.0.1"]
[alerts.receivers.crisis]
type = "slack"
channel = "C0CRISIS01"
token = {{ file = "slack.token" }}
base_url = "{site}/slack/api/"
[alerts.receivers.ops]
type = "slack"
channel = "C0OPS"
token = {{ file = "slack.token" }}
base_url = "{slack}/slack/api/"
proxy = {{ file = "proxy.url" }}
"""
)


def refusing(world: World) -> None:
    world.site.status, world.site.body = 403, '{"error":"expired_token","error_code":21327,"request":"/2/statuses"}'
    world.site.headers = {"content-type": "application/json"}


def logged_out(world: World) -> None:
    world.site.body, world.site.headers = "<html><title>登录</title></html>", {"content-type": "text/html"}


def redirecting(world: World) -> None:
    """To an address that carries what we sent."""
    world.site.status, world.site.body = 302, ""
    world.site.headers = {"location": f"http://127.0.0.1:9/login?access_token={WEIBO}&key={RSSHUB}"}


@pytest.fixture(params=[refusing, logged_out, redirecting])
def trouble(request: pytest.FixtureRequest, world: World) -> World:
    make: Callable[[World], None] = request.param
    make(world)
    return armed(world)


def armed(world: World) -> World:
    """The world with all its secrets in their files; behind every address is trouble, or nothing."""
    for name, secret in (("weibo.token", WEIBO), ("rsshub.key", RSSHUB), ("proxy.url", PROXY), ("slack.token", SLACK)):
        (world.folder / name).write_text(secret + "\n")
    world.write(TOML, slack="http://127.0.0.1:9")
    return world


def shown(said: str) -> list[str]:
    return [canary for canary in CANARIES if canary in said]


def test_check_shows_none(trouble: World) -> None:
    done = trouble.langyan("check")
    assert done.exit_code == 1
    assert done.stdout.count("FAIL feed ") == 4
    assert done.stdout.count("FAIL receiver ") == 2
    assert shown(done.output + repr(done.exception)) == []


@pytest.mark.anyio
async def test_the_daemon_shows_none(trouble: World, capfd: pytest.CaptureFixture[str]) -> None:
    settings = load(trouble.toml)
    fittings.log_to("json")
    house = app.build(settings, ScaledClock(datetime.now(UTC), 30))
    async with asyncio.TaskGroup() as group:
        group.create_task(house.run())
        async with asyncio.timeout(30), httpx.AsyncClient(base_url=f"http://127.0.0.1:{house.port}") as client:
            while sum(feed.failures > 0 for feed in house.store.feeds()) < 4:
                await asyncio.sleep(0.05)
            while not any(row["attempts"] for row in house.store.notifications()):
                await asyncio.sleep(0.05)
            board = (await client.get("/")).text + (await client.get("/metrics")).text
        house.daemon.stop()
    logged = capfd.readouterr()
    assert "feed failed" in logged.err
    assert shown(logged.out + logged.err) == []
    assert shown(board) == []
    kept = b"".join(path.read_bytes() for path in (trouble.folder / "state").rglob("*") if path.is_file())
    assert shown(kept.decode("utf-8", "replace")) == []


def test_a_configuration_in_an_error_shows_none(world: World) -> None:
    """What is wrong with a secret is said without it."""
    (world.folder / "slack.token").write_text(SLACK)
    for wrong in ('channel = "#crisis"', 'mention = "everybody"', 'base_url = "http://example.org/"', "colour = 3"):
        world.write(TOML.replace('channel = "C0CRISIS01"', wrong), slack="x")
        assert shown(world.langyan("check").output) == []
    for plain in (f'token = "{SLACK}"', f'token = {{{{ file = "slack.token", value = "{SLACK}" }}}}'):
        world.write(TOML.replace('token = {{ file = "slack.token" }}', plain), slack="x")
        done = world.langyan("check")
        assert done.exit_code == 2
        assert shown(done.output) == []


def test_the_values_that_hold_secrets_do_not_print_them(world: World) -> None:
    settings = load(armed(world).toml)
    assert shown(repr(settings.receivers)) == []
    assert shown(repr([feed.connector for feed in settings.feeds])) == []
