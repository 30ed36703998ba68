"""The sandbox's Slack on a loopback port, with a clock that stands still until somebody waits."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from alerts.channels.slack import Slack
from alerts.channels.slack_options import SlackOptions
from monitor.clock import VirtualClock
from monitor.sandbox.serving import serving
from monitor.sandbox.slack import FakeSlack
from tests.builders import NOON
from tests.door import Door

ROOM = "C0CRISIS01"
SANDBOX_TOKEN = "xoxb-sandbox"
OpenSlack = Callable[..., tuple[FakeSlack, Slack]]


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(NOON)


@pytest.fixture(scope="session")
def door() -> Iterator[tuple[Door, str]]:
    inside = Door()
    with serving(inside) as address:
        yield inside, address


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
