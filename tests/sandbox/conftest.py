"""A workspace of the sandbox's Slack behind a real loopback port, on a virtual clock, and clients for it."""

import json
import queue
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from websockets.sync.client import ClientConnection, connect

from monitor.clock import VirtualClock
from monitor.sandbox.serving import serving
from monitor.sandbox.slack import FakeSlack
from monitor.sandbox.slack_sockets import Delivery
from tests.door import Door

START = datetime.fromtimestamp(1764000000, UTC)
ROOM = "C0CRISIS01"
Workspace = Callable[..., tuple[FakeSlack, WebClient]]
PAYLOAD = {"type": "block_actions", "actions": [{"action_id": "ack", "action_ts": "1764000000.000100"}]}
Plug = Callable[[], ClientConnection]


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(START)


@pytest.fixture(scope="module")
def door() -> Iterator[tuple[Door, str]]:
    inside = Door()
    with serving(inside) as address:
        yield inside, address


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


@pytest.fixture
def opened(workspace: Workspace) -> tuple[FakeSlack, WebClient]:
    return workspace()


@pytest.fixture
def slack(opened: tuple[FakeSlack, WebClient]) -> FakeSlack:
    return opened[0]


@pytest.fixture
def client(opened: tuple[FakeSlack, WebClient]) -> WebClient:
    return opened[1]


@pytest.fixture
def plug(client: WebClient) -> Iterator[Plug]:
    """Opens sockets that have heard their hello."""
    with ExitStack() as plugged:

        def one() -> ClientConnection:
            connection = plugged.enter_context(connect(address(client), proxy=None, open_timeout=5, close_timeout=0.1))
            assert hear(connection)["type"] == "hello"
            return connection

        yield one


def address(client: WebClient) -> str:
    return str(client.apps_connections_open(app_token="xapp-sandbox")["url"])


def hear(connection: ClientConnection) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(connection.recv(timeout=5))
    return said


def answer(slack: FakeSlack, connection: ClientConnection, *texts: str) -> None:
    """Sends these, and waits until they were read: a last envelope is acknowledged after them."""
    read: queue.Queue[Delivery] = queue.Queue()
    last = slack.sockets.deliver("interactive", PAYLOAD, done=read.put)
    assert hear(connection)["envelope_id"] == last.envelope_id
    for text in (*texts, ack(last.envelope_id)):
        connection.send(text)
    read.get(timeout=5)


def ack(name: str, **more: Any) -> str:
    return json.dumps({"envelope_id": name, **more})
