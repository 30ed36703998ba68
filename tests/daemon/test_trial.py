"""On trial: what would page stands in the quiet channel and asks; nobody is woken, and red is real."""

import asyncio
from functools import partial

import pytest

from monitor import proofs
from monitor.app import House
from monitor.check import Line
from tests.daemon.conftest import ROOM, TOML, Folder
from tests.daemon.test_house import running, until

pytestmark = pytest.mark.anyio

QUIET = "C0OPS"
TRIAL = (
    TOML.replace("[alerts]", '[alerts]\nmode = "trial"\ntrial = "quiet"')
    + """mention = "<!here>"
fallback = ["quiet"]
[alerts.receivers.quiet]
type = "slack"
channel = "C0OPS"
token = {{ file = "slack.token" }}
app_token = {{ file = "app.token" }}
base_url = "{slack}/slack/api/"
"""
)


@pytest.fixture
def trial(folder: Folder) -> Folder:
    (folder.path / "app.token").write_text(folder.slack.app_token)
    folder.write(TRIAL)
    return folder


def pages(folder: Folder) -> list[tuple[str, str]]:
    """Push text and timestamp of the incidents' messages in the quiet channel."""
    return [(one.text, one.ts) for one in folder.slack.messages(QUIET) if one.blocks]


def pressed(house: House, wanted: list[tuple[int, str, bool]]) -> bool:
    return house.store.pressed(house.store.incidents()[0].opened_at) == wanted


async def test_a_page_on_trial_wakes_nobody_and_a_press_is_kept(trial: Folder) -> None:
    async with running(trial) as house:
        trial.post()
        await until(lambda: pages(trial))
        ((text, ts),) = pages(trial)
        assert text.startswith("试运行")
        assert "<!here>" not in text
        hands = trial.slack.hands
        await until(lambda: house.ears and house.ears.sockets[0].connected)
        for action in ("wake_wrong", "wake_right"):
            hands.press("U0LI", QUIET, ts, f"langyan.{action}")
            wanted = [(1, "slack:U0LI", action == "wake_right")]
            await until(partial(pressed, house, wanted))
        lines = [one.text for one in trial.slack.messages(QUIET) if one.text.startswith("试运行开始")]
    assert len(lines) == 1
    assert trial.slack.messages(ROOM) == []


async def test_red_pages_as_always_and_what_was_on_trial_pages_once_it_is_red(trial: Folder) -> None:
    async with running(trial):
        trial.post()
        await until(lambda: pages(trial))
        trial.post(reposts=30_000)
        await until(lambda: trial.slack.messages(ROOM))
    (page,) = trial.slack.messages(ROOM)
    assert page.text.startswith("<!here>") or "<!here>" in str(page.blocks)
    assert "试运行" not in page.text


async def test_without_a_quiet_channel_the_crisis_channel_is_asked_unmentioned_until_it_is_red(folder: Folder) -> None:
    mode = TOML.replace("[alerts]", '[alerts]\nmode = "trial"\nrepeat = ["0.1s"]')
    folder.write(mode + 'mention = "<!here>"\n')
    async with running(folder) as house:
        folder.post()
        await until(lambda: any(one.blocks for one in folder.slack.messages(ROOM)))
        assert folder.slack.pings() == []
        folder.post(reposts=30_000)
        await until(folder.slack.pings)
        (incident,) = house.store.incidents()
    assert incident.severity.word == "red"
    (woken,) = [one for one in folder.slack.messages(ROOM) if one.broadcast]
    assert woken.text.startswith("🔴")


async def test_while_a_daemon_runs_it_hears_the_press_on_a_test_page(trial: Folder) -> None:
    async with running(trial) as house:
        await until(lambda: house.ears and house.ears.sockets[0].connected)
        lines: list[Line] = []
        call = asyncio.to_thread(lambda: lines.extend(proofs.call(trial.config(), "quiet", 20)))
        task = asyncio.create_task(call)
        await until(lambda: any("测试呼叫" in one.text for one in trial.slack.messages(QUIET)))
        (page,) = [one for one in trial.slack.messages(QUIET) if "测试呼叫" in one.text]
        trial.slack.hands.press("U0LI", QUIET, page.ts, "langyan.received")
        await task
    assert [line.ok for line in lines] == [True, True]
    assert "answered by 小李" in lines[1].says.en
