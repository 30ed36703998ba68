"""Buttons as they are in life: people press in a Slack, the real client hears it, the store changes, they read the answer."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient

from alerts.intake.socket import Waits
from monitor.clock import VirtualClock
from monitor.config import load
from monitor.ears import Ears, Seconds, ears
from monitor.model import Actor, IncidentState, Outcome, Receipt
from monitor.sandbox.slack import FakeSlack
from monitor.store import Store
from tests.alerts.conftest import ROOM, OpenSlack
from tests.builders import NOON
from tests.store.seen import CRISIS, SETTLE, page
from tests.waiting import until

pytestmark = pytest.mark.filterwarnings("ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning")

TOML = """
[[brand]]
name = "星禾"
match = "星禾"
[alerts.receivers.crisis]
type = "slack"
channel = "C0CRISIS01"
token = {{ file = "bot.token" }}
app_token = {{ file = "app.token" }}
people = {people}
base_url = "{url}/slack/api/"
"""
SHORT = Waits(silence=0.6, connecting=2.0, ping=0.1, rest=0.02, longest_rest=0.1, look=0.01, threads=0.2)


class House:
    """A store with an incident whose card stands in the channel, and ears that run in threads of their own."""

    def __init__(self, slack: FakeSlack, url: str, folder: Path, clock: VirtualClock, people: str = "[]") -> None:
        self.slack, self.clock = slack, clock
        (folder / "bot.token").write_text(slack.token)
        (folder / "app.token").write_text(slack.app_token)
        (folder / "langyan.toml").write_text(TOML.format(url=url, people=people))
        self.store = Store.memory()
        made = ears(
            load(folder / "langyan.toml"), self.store, clock, ["ops"], Seconds(time.monotonic, time.time), SHORT
        )
        assert made is not None
        self.ears: Ears = made
        self.stop = threading.Event()
        loops: list[Callable[[], None]] = [self._work, self._read]
        loops += [lambda one=one: one.run(self.stop, threading.Event()) for one in made.sockets]  # type: ignore[misc]
        self._threads = [threading.Thread(target=loop) for loop in loops]
        for thread in self._threads:
            thread.start()
        client = WebClient(slack.token, f"{url}/slack/api/", retry_handlers=[])
        self.number = page(self.store)
        element = {"type": "button", "text": plain("认领"), "action_id": "langyan.ack", "value": str(self.number)}
        more = {"type": "overflow", "action_id": "langyan.more", "options": [choice("silence"), choice("release")]}
        false = {**element, "text": plain("误报"), "action_id": "langyan.false"}
        row = {"type": "actions", "block_id": f"incident-{self.number}:buttons:1", "elements": [element, false, more]}
        self.ts = str(client.chat_postMessage(channel=ROOM, text="橙", blocks=[row])["ts"])
        claimed = self.store.claim(CRISIS, clock.now(), SETTLE)
        assert claimed is not None
        handle = {"channel": ROOM, "ts": self.ts}
        self.store.settle(claimed, Receipt(outcome=Outcome.SENT, handle=handle), clock.now(), None)
        until(lambda: made.sockets[0].connected)

    def _work(self) -> None:
        while not self.stop.is_set():
            if not self.ears.switchboard.step():
                time.sleep(0.005)

    def _read(self) -> None:
        while not self.stop.is_set():
            self.ears.threads.step()
            time.sleep(0.02)

    def close(self) -> None:
        self.stop.set()
        for thread in self._threads:
            thread.join(10)
        self.ears.close()
        self.store.close()

    def press(self, user: str, action: str, value: str | None = None, ts: str = "") -> Any:
        return self.slack.hands.press(user, ROOM, ts or self.ts, f"langyan.{action}", value=value)

    @property
    def state(self) -> IncidentState:
        incident = self.store.incident(self.number)
        assert incident is not None
        return incident.state

    @property
    def owner(self) -> Actor | None:
        incident = self.store.incident(self.number)
        return incident.owner if incident else None

    def whispers(self, user: str) -> list[str]:
        """What this person alone can read, oldest first."""
        with self.slack.lock:
            kept = self.slack.workspace.ephemeral.values()
            return [message.text for who, message in kept if who == user]


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def choice(value: str) -> dict[str, Any]:
    return {"text": plain(value), "value": value}


@pytest.fixture
def slack(workspace: OpenSlack) -> FakeSlack:
    return workspace(burst=100)[0]


@pytest.fixture
def house(slack: FakeSlack, door: tuple[object, str], tmp_path: Path, clock: VirtualClock) -> Iterator[House]:
    made = House(slack, door[1], tmp_path, clock)
    yield made
    made.close()


def test_a_tap_takes_the_incident_and_the_person_reads_so(house: House) -> None:
    pressed = house.press("U0LI", "ack")
    until(lambda: house.state is IncidentState.ACKNOWLEDGED)
    until(lambda: house.whispers("U0LI"))
    until(lambda: pressed.acked_at is not None)
    assert house.owner is not None
    assert house.owner.id == "slack:U0LI"
    assert "由你认领" in house.whispers("U0LI")[0]


def test_two_people_at_once_have_one_owner_and_both_read_so(house: House) -> None:
    house.slack.sockets.order("duplicate", times=2)
    house.press("U0LI", "ack")
    house.press("U0WANG", "ack")
    until(lambda: house.whispers("U0LI") and house.whispers("U0WANG"))
    told = house.whispers("U0LI") + house.whispers("U0WANG")
    assert len(told) == 2
    assert sum("由你认领" in one for one in told) == 1
    assert sum("已经由" in one for one in told) == 1


@pytest.mark.parametrize("trouble", ["duplicate", "repeat", "reorder"])
def test_whatever_slack_does_to_envelopes_each_press_counts_once(house: House, trouble: Any) -> None:
    house.slack.sockets.order(trouble, times=3)
    house.press("U0LI", "ack")
    house.press("U0LI", "false")
    house.press("U0WANG", "ack")
    until(lambda: house.state is IncidentState.FALSE_ALARM)
    until(lambda: house.whispers("U0WANG"))
    assert sum(event.act.value == "false_alarm" for event in house.store.events(house.number)) == 1


def test_a_form_is_opened_filled_in_and_carried_out(house: House) -> None:
    house.press("U0LI", "more", "silence")
    until(lambda: house.slack.views.top("U0LI"))
    view = house.slack.views.top("U0LI")
    assert view is not None
    given = {block["block_id"]: {"lasts": "4h"} for block in view.body["blocks"] if has(block, "lasts")}
    assert house.slack.hands.submit("U0LI", given) is not None

    def snoozed() -> bool:
        incident = house.store.incident(house.number)
        return incident is not None and incident.snoozed_until == NOON + timedelta(hours=4)

    until(snoozed)
    until(lambda: house.whispers("U0LI"))
    assert house.slack.hands.troubles == []


def has(block: Any, action: str) -> bool:
    return bool(block.get("element", {}).get("action_id") == action)


def test_a_command_is_answered_to_whoever_typed_it(house: House) -> None:
    house.slack.hands.write("U0CHEN", ROOM, "/langyan list")
    until(lambda: house.whispers("U0CHEN"))
    assert f"#{house.number}" in house.whispers("U0CHEN")[0]
    assert house.slack.hands.troubles == []


def test_a_link_typed_into_slack_is_the_link(house: House) -> None:
    typed = "/langyan track https://weibo.com/1234567890/K3fnuEfZK 赞 1200"
    house.slack.hands.write("U0LI", ROOM, typed)
    until(lambda: house.whispers("U0LI"))
    assert "开始跟踪" in house.whispers("U0LI")[0]


def test_a_word_in_the_thread_counts(house: House) -> None:
    house.slack.hands.write("U0WANG", ROOM, "认领", thread=house.ts)
    until(lambda: house.owner)
    assert house.owner is not None
    assert house.owner == Actor("slack:U0WANG", "老王")


def test_while_buttons_are_dead_a_word_in_the_thread_counts(house: House) -> None:
    house.slack.sockets.order("refuse", seconds=3600)
    house.slack.sockets.order("drop")
    until(lambda: not house.ears.sockets[0].connected)
    house.slack.hands.write("U0WANG", ROOM, "认领", thread=house.ts)
    until(lambda: house.owner)
    assert house.owner is not None
    assert house.owner.id == "slack:U0WANG"
    assert len([one for one in house.store.events(house.number) if one.act.value == "acknowledge"]) == 1


def test_who_is_in_the_user_group_may_and_others_may_not(
    slack: FakeSlack, door: tuple[object, str], tmp_path: Path, clock: VirtualClock
) -> None:
    house = House(slack, door[1], tmp_path, clock, people='["S0CRISIS"]')
    try:
        house.press("U0ZHAO", "ack")
        until(lambda: house.whispers("U0ZHAO"))
        assert "名单" in house.whispers("U0ZHAO")[0]
        assert house.owner is None
        house.press("U0LI", "ack")
        until(lambda: house.owner)
    finally:
        house.close()


def test_no_token_and_no_words_of_people_are_in_the_log(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    house.slack.hands.write("U0LI", ROOM, '/langyan open "客户 13812345678 投诉"')
    until(lambda: house.whispers("U0LI"))
    house.slack.sockets.order("drop")
    until(lambda: house.ears.sockets[0].deaf_for() > 0 or len(house.slack.sockets.open) == 1)
    said = "".join(capsys.readouterr())
    for secret in (house.slack.token, house.slack.app_token, "13812345678", "ticket="):
        assert secret not in said
