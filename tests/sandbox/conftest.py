"""A workspace of the sandbox's Slack behind a real loopback port, on a virtual clock, and clients for it."""

import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import uvicorn
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from starlette.types import ASGIApp, Receive, Scope, Send

from monitor.clock import VirtualClock
from monitor.sandbox.slack import FakeSlack

START = datetime.fromtimestamp(1764000000, UTC)
ROOM = "C0CRISIS01"
Workspace = Callable[..., tuple[FakeSlack, WebClient]]


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(START)


class Door:
    """One server for all tests; behind it stands the workspace of the test in hand."""

    def __init__(self) -> None:
        self.app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.app is not None
        await self.app(scope, receive, send)


@pytest.fixture(scope="module")
def door() -> Iterator[tuple[Door, str]]:
    inside = Door()
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(inside, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    yield inside, f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(5)
    listener.close()


@pytest.fixture
def workspace(clock: VirtualClock, door: tuple[Door, str]) -> Workspace:
    """Opens a sandbox workspace and a client for it that never retries."""

    def open_one(**options: Any) -> tuple[FakeSlack, WebClient]:
        inside, address = door
        slack = FakeSlack(clock, **options)
        inside.app = slack.app
        return slack, WebClient(slack.token, f"{address}/slack/api/", timeout=5, retry_handlers=[])

    return open_one


def refusal(call: Callable[..., Any], **arguments: Any) -> Any:
    """The answer to a call that Slack refuses."""
    with pytest.raises(SlackApiError) as caught:
        call(**arguments)
    return caught.value.response


def page(key: str) -> dict[str, Any]:
    return {"event_type": "langyan_page", "event_payload": {"key": key}}
