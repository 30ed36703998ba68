"""Ears that heal: the real Socket Mode client, our watchdog, and a Slack that goes deaf, drops, burns tickets and refuses."""

import threading
import time
from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

import pytest

from alerts.intake.socket import Socket, Waits
from monitor.metrics import REGISTRY
from monitor.sandbox.slack import FakeSlack
from tests.alerts.conftest import OpenSlack
from tests.waiting import until

pytestmark = pytest.mark.filterwarnings("ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning")
"""After a handshake that was refused the SDK leaves the socket to the garbage collector."""

SHORT = Waits(silence=0.6, connecting=2.0, ping=0.1, rest=0.02, longest_rest=0.1, look=0.01)
PRESS = {"type": "block_actions", "actions": [{"action_id": "langyan.ack"}]}
Heard = list[tuple[str, Mapping[str, Any]]]


class Ears:
    """A socket that listens in a thread of its own, and what it heard."""

    def __init__(self, base_url: str, *, app: str = "xapp-sandbox", waits: Waits = SHORT) -> None:
        self.heard: Heard = []
        self.fails = False
        self.socket = Socket(
            receiver="crisis",
            app_token=app,
            base_url=base_url,
            proxy=None,
            hear=self._hear,
            elapsed=time.monotonic,
            wall=time.time,
            rng=Random(1),
            waits=waits,
        )
        self._stop, self._wake = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self.socket.run, args=(self._stop, self._wake))
        self._thread.start()

    def _hear(self, kind: str, _: str, payload: Mapping[str, Any]) -> None:
        if self.fails:
            raise OSError("the disk is full")
        self.heard.append((kind, payload))

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(10)


@pytest.fixture
def slack(workspace: OpenSlack) -> FakeSlack:
    return workspace()[0]


@pytest.fixture
def ears(slack: FakeSlack, door: tuple[object, str]) -> Iterator[Ears]:
    made = Ears(f"{door[1]}/slack/api/")
    until(lambda: made.socket.connected)
    yield made
    made.stop()


def hears(ears: Ears, slack: FakeSlack) -> None:
    """A button that is pressed now arrives and is acknowledged."""
    before = len(ears.heard)
    until(lambda: slack.sockets.open)
    pressed = slack.sockets.deliver("interactive", PRESS)
    until(lambda: pressed.acked_at is not None)
    assert len(ears.heard) > before


def test_a_button_is_heard_and_then_acknowledged(ears: Ears, slack: FakeSlack) -> None:
    hears(ears, slack)
    assert ears.heard[0] == ("interactive", PRESS)
    assert slack.sockets.strays == []


def test_what_could_not_be_written_down_is_not_acknowledged(ears: Ears, slack: FakeSlack) -> None:
    ears.fails = True
    lost = slack.sockets.deliver("interactive", PRESS)
    ears.fails = False
    hears(ears, slack)
    assert lost.acked_at is None or ears.heard.count(("interactive", PRESS)) == 2


@pytest.mark.parametrize("trouble", ["deaf", "drop"])
def test_a_socket_that_died_in_silence_is_replaced(ears: Ears, slack: FakeSlack, trouble: Any) -> None:
    old = list(slack.sockets.open)
    slack.sockets.order(trouble)
    until(lambda: ears.socket.connected and slack.sockets.open and slack.sockets.open[-1] not in old)
    until(lambda: not any(socket in old for socket in slack.sockets.open) or trouble == "deaf")
    slack.sockets.open[:] = [socket for socket in slack.sockets.open if socket not in old]
    hears(ears, slack)


@pytest.mark.parametrize("reason", ["warning", "refresh_requested", "link_disabled"])
def test_a_socket_that_is_told_to_go_is_followed_by_another(ears: Ears, slack: FakeSlack, reason: Any) -> None:
    old = slack.sockets.open[0]
    slack.sockets.order("disconnect", reason=reason)
    until(lambda: any(not socket.leaving for socket in slack.sockets.open) and slack.sockets.open != [old])
    hears(ears, slack)


def test_every_attempt_asks_for_a_ticket_of_its_own(ears: Ears, slack: FakeSlack, clock: Any) -> None:
    """Slack burns the ticket of a handshake that failed; a client that keeps it is deaf for ever."""
    before = len([entry for entry in slack.ledger if entry.method == "apps.connections.open"])
    slack.sockets.order("refuse", seconds=60)
    slack.sockets.order("drop")
    until(lambda: ears.socket.deaf_for() > 0)

    def asked() -> int:
        return len([entry for entry in slack.ledger if entry.method == "apps.connections.open"]) - before

    until(lambda: asked() >= 3)
    assert not ears.socket.connected
    clock.advance(61)
    until(lambda: ears.socket.connected)
    hears(ears, slack)


def test_one_that_is_told_to_go_rests_between_tries_and_is_heard_meanwhile(ears: Ears, slack: FakeSlack) -> None:
    before = len([entry for entry in slack.ledger if entry.method == "apps.connections.open"])
    slack.sockets.order("refuse", seconds=60)
    slack.sockets.order("disconnect", reason="warning")
    until(lambda: len([e for e in slack.ledger if e.method == "apps.connections.open"]) - before >= 3)
    assert ears.socket.connected
    assert ears.socket._next_try > 0


def test_a_token_that_slack_refuses_is_told_and_never_written_out(
    slack: FakeSlack, door: tuple[object, str], capsys: pytest.CaptureFixture[str]
) -> None:
    ears = Ears(f"{door[1]}/slack/api/", app="xapp-of-somebody-else")
    failed = ("langyan_slack_socket_changes_total", {"why": "failed"})
    before = REGISTRY.get_sample_value(*failed) or 0
    until(lambda: (REGISTRY.get_sample_value(*failed) or 0) > before)
    ears.stop()
    said = "".join(capsys.readouterr())
    assert "invalid_auth" in said
    assert "xapp-of-somebody-else" not in said


def test_the_metric_says_whether_buttons_are_heard(ears: Ears, slack: FakeSlack) -> None:
    connected = ("langyan_slack_socket_connected", {"receiver": "crisis"})
    assert REGISTRY.get_sample_value(*connected) == 1
    hears(ears, slack)
    heard_at = REGISTRY.get_sample_value("langyan_slack_last_envelope_timestamp_seconds", {"receiver": "crisis"})
    assert heard_at is not None
    assert time.time() - heard_at < 60
    ears.stop()
    assert REGISTRY.get_sample_value(*connected) == 0
