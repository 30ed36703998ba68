"""The sandbox's Slack on a loopback port, with a clock that stands still until somebody waits."""

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvicorn
from pydantic import SecretStr
from starlette.types import ASGIApp, Receive, Scope, Send

from alerts.channels.slack import Slack, SlackOptions
from monitor.clock import VirtualClock
from monitor.sandbox.slack import FakeSlack
from tests.builders import NOON

ROOM = "C0CRISIS01"
SANDBOX_TOKEN = "xoxb-sandbox"
OpenSlack = Callable[..., tuple[FakeSlack, Slack]]


class Door:
    """One server for all tests; behind it stands the workspace of the test in hand."""

    def __init__(self) -> None:
        self.app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.app is not None
        await self.app(scope, receive, send)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(NOON)


@pytest.fixture(scope="session")
def door() -> Iterator[tuple[Door, str]]:
    inside = Door()
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(inside, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    yield inside, f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(5)
    listener.close()


@pytest.fixture
def workspace(clock: VirtualClock, door: tuple[Door, str]) -> OpenSlack:
    """Opens a sandbox workspace and our channel into it."""

    def open_one(
        *, token: str = SANDBOX_TOKEN, mention: str = "", channel: str = ROOM, **given: Any
    ) -> tuple[FakeSlack, Slack]:
        inside, address = door
        language = given.pop("language", "zh")
        board_url = given.pop("board_url", "")
        app_token = given.pop("app_token", "")
        fake = FakeSlack(clock, **{"burst": 3, **given})
        inside.app = fake.app
        options = SlackOptions(
            token=SecretStr(token),
            channel=channel,
            mention=mention,
            base_url=f"{address}/slack/api/",
            app_token=SecretStr(app_token) if app_token else None,
        )
        return fake, Slack(options, clock=clock, language=language, board_url=board_url)

    return open_one
