"""Socket Mode of the sandbox's Slack, met by slack_sdk's own client and by a plain WebSocket."""

import itertools
import queue
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from monitor.clock import VirtualClock
from monitor.sandbox.slack import FakeSlack
from monitor.sandbox.slack_sockets import Delivery
from tests.sandbox.conftest import PAYLOAD, Plug, Workspace, ack, address, answer, hear, refusal

Hellos = queue.Queue[dict[str, Any]]


@pytest.fixture
def sdk(client: WebClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[SocketModeClient, Hellos]]:
    """slack_sdk's own client, connected, and the hellos that it hears from then on."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    mode, hellos = SocketModeClient("xapp-sandbox", web_client=client), Hellos()
    mode.message_listeners.append(lambda _, message, __: hellos.put(message) if message["type"] == "hello" else None)
    mode.connect()
    hellos.get(timeout=5)
    yield mode, hellos
    mode.close()


def assert_refused(url: str) -> None:
    with pytest.raises(InvalidStatus) as caught, connect(url, proxy=None):
        pass
    assert caught.value.response.status_code == 403


# ── connecting ──


def test_an_address_needs_the_apps_own_token(client: WebClient) -> None:
    assert address(client).startswith("ws://127.0.0.1:")
    for token, error in (("xoxb-sandbox", "not_allowed_token_type"), ("xapp-other", "invalid_auth")):
        assert refusal(client.apps_connections_open, app_token=token)["error"] == error
    form = httpx.post(f"{client.base_url}apps.connections.open", data={"token": "xapp-sandbox"})
    assert form.json()["error"] == "not_authed"
    client.token = "xapp-sandbox"
    assert refusal(client.auth_test)["error"] == "not_allowed_token_type"


def test_an_address_needs_the_scope_to_connect(workspace: Workspace) -> None:
    _, client = workspace(app_scopes=("authorizations:read",))
    answer = refusal(client.apps_connections_open, app_token="xapp-sandbox")
    assert (answer["error"], answer["needed"]) == ("missing_scope", "connections:write")


def test_a_ticket_opens_one_socket_and_is_burnt(client: WebClient) -> None:
    url = address(client)
    with connect(url, proxy=None) as connection:
        hello = hear(connection)
        assert (hello["type"], hello["num_connections"]) == ("hello", 1)
        assert hello["debug_info"]["approximate_connection_time"] > 0
        assert_refused(url)


def test_a_ticket_grows_old_and_cannot_be_made_up(client: WebClient, clock: VirtualClock) -> None:
    url = address(client)
    clock.advance(31)
    assert_refused(url)
    assert_refused(address(client).replace("ticket=", "ticket=x"))


def test_while_handshakes_are_refused_tickets_burn(client: WebClient, slack: FakeSlack, clock: VirtualClock) -> None:
    slack.sockets.order("refuse", seconds=20)
    url = address(client)
    assert_refused(url)
    clock.advance(20)
    assert_refused(url)
    with connect(address(client), proxy=None) as connection:
        assert hear(connection)["type"] == "hello"


def test_an_eleventh_socket_is_sent_away(plug: Plug) -> None:
    for _ in range(10):
        plug()
    eleventh = plug()
    assert hear(eleventh)["reason"] == "too_many_websockets"
    with pytest.raises(ConnectionClosed):
        eleventh.recv(timeout=5)


# ── envelopes ──


def test_a_payload_goes_to_one_socket_and_is_acknowledged(plug: Plug, slack: FakeSlack, clock: VirtualClock) -> None:
    only = plug()
    done: list[Delivery] = []
    sent = slack.sockets.deliver("interactive", PAYLOAD, accepts=True, done=done.append)
    envelope = hear(only)
    assert envelope == {
        "envelope_id": sent.envelope_id,
        "type": "interactive",
        "payload": PAYLOAD,
        "accepts_response_payload": True,
    }
    assert not sent.failed(clock.now())
    answer(slack, only, ack(sent.envelope_id, payload={"text": "好"}))
    assert (sent.acked_at, sent.response, done) == (clock.now(), {"text": "好"}, [sent])


def test_of_several_sockets_any_may_get_a_payload_and_only_one_does(plug: Plug, slack: FakeSlack) -> None:
    first, second = plug(), plug()
    for _ in range(12):
        slack.sockets.deliver("interactive", PAYLOAD)
    slack.sockets.order("disconnect", reason="refresh_requested")

    def heard(connection: ClientConnection) -> list[str]:
        """Until it is told to go."""
        told = iter(lambda: hear(connection), None)
        return [item["envelope_id"] for item in itertools.takewhile(lambda item: item["type"] != "disconnect", told)]

    mine, others = heard(first), heard(second)
    assert mine
    assert others
    assert sorted(mine + others) == sorted(item.envelope_id for item in slack.sockets.deliveries)


def test_an_interaction_that_nobody_acknowledges_in_three_seconds_has_failed_for_good(
    plug: Plug, slack: FakeSlack, clock: VirtualClock
) -> None:
    only = plug()
    sent = slack.sockets.deliver("interactive", PAYLOAD)
    hear(only)
    clock.advance(3)
    assert sent.failed(clock.now())
    answer(slack, only, ack(sent.envelope_id))
    assert (sent.late, sent.acked_at, sent.copies) == (True, None, 1)


def test_with_nobody_connected_an_interaction_fails_at_once(slack: FakeSlack, clock: VirtualClock) -> None:
    assert slack.sockets.deliver("interactive", PAYLOAD).failed(clock.now())


def test_an_event_comes_again_up_to_three_times(plug: Plug, slack: FakeSlack, clock: VirtualClock) -> None:
    only = plug()
    slack.sockets.deliver("events_api", {"type": "event_callback"})
    attempts, names = [hear(only)["retry_attempt"]], set()
    for wait in (3, 63, 303):
        clock.advance(wait)
        envelope = hear(only)
        attempts.append(envelope["retry_attempt"])
        names.add(envelope["envelope_id"])
    assert (attempts, len(names)) == ([0, 1, 2, 3], 1)
    answer(slack, only, ack(envelope["envelope_id"]))
    assert slack.sockets.deliveries[0].acked_at == clock.now()


def test_an_event_outlives_a_time_without_sockets(plug: Plug, slack: FakeSlack, clock: VirtualClock) -> None:
    slack.sockets.deliver("events_api", {"type": "event_callback"})
    only = plug()
    clock.advance(60)
    assert hear(only)["payload"] == {"type": "event_callback"}


def test_what_answers_no_envelope_is_kept_as_a_stray(plug: Plug, slack: FakeSlack) -> None:
    only = plug()
    answer(slack, only, "no json", '{"envelope_id": "made-up"}', "[1]")
    assert slack.sockets.strays == ["no json", '{"envelope_id": "made-up"}', "[1]"]


# ── trouble ──


def test_a_deaf_socket_stays_open_and_neither_answers_nor_delivers(plug: Plug, slack: FakeSlack) -> None:
    deaf = plug()
    slack.sockets.order("deaf")
    unanswered = deaf.ping()
    sent = slack.sockets.deliver("interactive", PAYLOAD)
    hearing = plug()
    assert hearing.ping().wait(5)
    assert not unanswered.is_set()
    assert (sent.copies, len(slack.sockets.open)) == (1, 2)
    with pytest.raises(TimeoutError):
        deaf.recv(timeout=0)


def test_sockets_that_open_while_deafness_lasts_are_deaf_too(plug: Plug, slack: FakeSlack, clock: VirtualClock) -> None:
    slack.sockets.order("deaf", seconds=30)
    unanswered = plug().ping()
    clock.advance(30)
    assert plug().ping().wait(5)
    assert not unanswered.is_set()


def test_a_drop_comes_without_a_word(plug: Plug, slack: FakeSlack) -> None:
    only = plug()
    slack.sockets.order("drop")
    with pytest.raises(ConnectionClosed) as caught:
        only.recv(timeout=5)
    assert caught.value.rcvd is None


def test_a_warning_leaves_ten_seconds_without_payloads(plug: Plug, slack: FakeSlack, clock: VirtualClock) -> None:
    only = plug()
    slack.sockets.order("disconnect", reason="warning")
    assert hear(only)["reason"] == "warning"
    assert slack.sockets.deliver("interactive", PAYLOAD).copies == 0
    assert only.ping().wait(5)
    clock.advance(10)
    with pytest.raises(ConnectionClosed):
        only.recv(timeout=5)


def test_an_envelope_may_come_twice_and_a_press_in_two_envelopes(plug: Plug, slack: FakeSlack) -> None:
    only = plug()
    slack.sockets.order("duplicate")
    slack.sockets.deliver("interactive", PAYLOAD)
    first, again = hear(only), hear(only)
    assert first == again
    slack.sockets.order("repeat")
    slack.sockets.deliver("interactive", PAYLOAD)
    first, again = hear(only), hear(only)
    assert first["envelope_id"] != again["envelope_id"]
    assert first["payload"] == again["payload"]


def test_envelopes_overtake_each_other_on_order(plug: Plug, slack: FakeSlack, clock: VirtualClock) -> None:
    only = plug()
    slack.sockets.order("reorder", times=3)
    sent = [slack.sockets.deliver("interactive", PAYLOAD).envelope_id for _ in range(3)]
    assert [hear(only)["envelope_id"] for _ in range(3)] == sent[::-1]
    slack.sockets.order("reorder", times=3)
    slack.sockets.deliver("interactive", PAYLOAD)
    clock.advance(1)
    assert hear(only)["type"] == "interactive"


def test_trouble_is_ordered_over_http_and_taken_back(plug: Plug, slack: FakeSlack, client: WebClient) -> None:
    control = client.base_url.replace("/api/", "/control/socket")
    only = plug()
    assert httpx.post(control, json={"do": "duplicate", "times": 2}).json() == {"ok": True, "open": 1}
    assert httpx.delete(control).json() == {"ok": True}
    assert slack.sockets.deliver("interactive", PAYLOAD).copies == 1
    hear(only)
    for order, hint in (
        ({"do": "shout"}, "do is one of deaf"),
        ({"do": "deaf", "hours": 1}, "hours"),
        ({"do": "deaf", "seconds": -1}, "seconds"),
        ({"do": "disconnect", "reason": "bored"}, "reason is one of"),
    ):
        said = httpx.post(control, json=order)
        assert said.status_code == 400
        assert hint in said.json()["error"]


# ── slack_sdk ──


def test_slack_sdks_client_connects_hears_and_acknowledges(
    sdk: tuple[SocketModeClient, Hellos], slack: FakeSlack
) -> None:
    heard: queue.Queue[SocketModeRequest] = queue.Queue()
    acked: queue.Queue[Delivery] = queue.Queue()

    def listen(mode: Any, request: SocketModeRequest) -> None:
        mode.send_socket_mode_response(SocketModeResponse(request.envelope_id, {"response_action": "clear"}))
        heard.put(request)

    sdk[0].socket_mode_request_listeners.append(listen)
    slack.sockets.deliver("interactive", PAYLOAD, accepts=True, done=acked.put)
    request = heard.get(timeout=5)
    assert (request.type, request.payload, request.accepts_response_payload) == ("interactive", PAYLOAD, True)
    assert acked.get(timeout=5).response == {"response_action": "clear"}


def test_slack_sdks_client_moves_to_a_new_socket_when_it_is_told_to(
    sdk: tuple[SocketModeClient, Hellos], slack: FakeSlack
) -> None:
    mode, hellos = sdk
    slack.sockets.order("disconnect", reason="refresh_requested")
    hellos.get(timeout=10)
    heard: queue.Queue[SocketModeRequest] = queue.Queue()
    mode.socket_mode_request_listeners.append(lambda _, request: heard.put(request))
    slack.sockets.deliver("slash_commands", {"command": "/langyan"})
    assert heard.get(timeout=5).type == "slash_commands"
