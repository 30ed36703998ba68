"""Trouble by seed: the sandbox's Slack plays the same script again, and writes down what it did."""

from collections import Counter
from typing import Any

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from monitor.clock import VirtualClock
from monitor.sandbox.slack_faults import Fault
from monitor.sandbox.slack_script import WEIGHTS, FaultScript
from tests.sandbox.conftest import PAYLOAD, ROOM, Plug, Workspace, page


def drawn(script: FaultScript, calls: int) -> list[Fault | None]:
    return [script.decide("chat.postMessage") for _ in range(calls)]


def test_a_seed_tells_the_same_story_whatever_else_is_called() -> None:
    one, other = FaultScript(seed=7, share=0.5), FaultScript(seed=7, share=0.5)
    mixed = []
    for _ in range(50):
        mixed.append(one.decide("chat.postMessage"))
        one.decide("chat.update")
    assert mixed == drawn(other, 50)
    assert mixed != drawn(FaultScript(seed=8, share=0.5), 50)


def test_every_kind_of_trouble_comes_in_its_share() -> None:
    found = drawn(FaultScript(seed=1, share=0.3), 2_000)
    kinds = Counter(fault.kind for fault in found if fault)
    assert kinds.keys() == WEIGHTS.keys()
    assert 500 < sum(kinds.values()) < 700
    assert {fault.stored for fault in found if fault and fault.kind == "fatal_error"} == {True, False}
    assert all(fault.seconds <= 5 for fault in found if fault and fault.kind == "late")


def test_only_the_methods_it_names_and_the_kinds_it_knows_go_wrong() -> None:
    script = FaultScript(seed=1, share=1, methods=("chat.update",), kinds=("drop",))
    assert script.decide("chat.postMessage") is None
    assert {fault.kind for fault in [script.decide("chat.update") for _ in range(20)] if fault} == {"drop"}


def post(client: WebClient, key: str) -> None:
    try:
        client.chat_postMessage(channel=ROOM, text="x", metadata=page(key))
    except (SlackApiError, OSError, ValueError):
        return


def test_a_running_server_plays_a_script_and_every_decision_is_in_the_ledger(
    workspace: Workspace, clock: VirtualClock
) -> None:
    slack, client = workspace(burst=1)
    expected = drawn(FaultScript(seed=3, share=0.5, kinds=("drop", "late", "fatal_error"), late=1), 30)
    slack.play(FaultScript(seed=3, share=0.5, kinds=("drop", "late", "fatal_error"), late=1))
    for number in range(30):
        post(client, str(number))
        clock.advance(2)
    assert [entry.fault for entry in slack.ledger] == [fault.kind if fault else None for fault in expected]
    assert [entry.fault_seconds for entry in slack.ledger if entry.fault] == [f.seconds for f in expected if f]
    stored = {str(number) for number, fault in enumerate(expected) if fault is None or fault.stored}
    assert slack.posts_by_key().keys() == stored
    slack.play(None)
    post(client, "after")
    assert slack.ledger[-1].fault is None


def test_a_storm_of_the_script_is_a_storm_for_all_calls_of_the_method(
    workspace: Workspace, clock: VirtualClock
) -> None:
    slack, client = workspace(burst=3)
    slack.play(FaultScript(seed=1, share=1, kinds=("storm",), storm=30))
    post(client, "1")
    slack.play(FaultScript(seed=1, share=0))
    post(client, "2")
    assert [entry.outcome for entry in slack.ledger] == ["ratelimited"] * 2
    assert [entry.key for entry in slack.ledger.inside_retry_after()] == ["2"]
    assert slack.over_limit() == []


def test_what_was_ordered_comes_before_what_is_drawn(workspace: Workspace) -> None:
    slack, client = workspace()
    slack.play(FaultScript(seed=1, share=1, kinds=("drop",)))
    slack.faults.add("chat.postMessage", Fault("http_500"))
    post(client, "k")
    assert slack.ledger[-1].fault == "http_500"


def test_sockets_have_their_share_of_trouble(workspace: Workspace, plug: Plug) -> None:
    slack, _ = workspace()
    slack.play(FaultScript(seed=2, sockets=1.0))
    troubles = [slack.sockets.deliver("interactive", PAYLOAD).trouble for _ in range(60)]
    assert set(troubles) == {"deaf", "drop", "duplicate", "repeat", "disconnect"}
    slack.play(None)
    assert slack.sockets.deliver("interactive", PAYLOAD).trouble is None


def test_a_script_is_ordered_over_http_and_taken_back(workspace: Workspace) -> None:
    slack, client = workspace()
    control = client.base_url.replace("/api/", "/control/script")
    order = {"seed": 7, "share": 0.5, "kinds": ["drop"], "methods": ["chat.update"]}
    assert httpx.post(control, json=order).json()["script"]["share"] == 0.5
    assert slack.script is not None
    assert httpx.delete(control).json() == {"ok": True, "script": None}
    assert slack.script is None


@pytest.mark.parametrize(
    ("order", "hint"),
    [
        ({}, "a seed"),
        ({"seed": "x"}, "seed is a whole number"),
        ({"seed": 1, "luck": 1}, "some of seed, share"),
        ({"seed": 1, "kinds": ["flood"]}, "kinds are some of"),
        ({"seed": 1, "kinds": "drop"}, "kinds is a list"),
        ({"seed": 1, "methods": ["chat.shout"]}, "methods are some of"),
        ({"seed": 1, "share": -1}, "numbers, 0 or more"),
    ],
)
def test_a_misspelt_script_is_explained(workspace: Workspace, order: dict[str, Any], hint: str) -> None:
    _, client = workspace()
    answer = httpx.post(client.base_url.replace("/api/", "/control/script"), json=order)
    assert answer.status_code == 400
    assert hint in answer.json()["error"]


def test_the_ledger_answers_over_http_too(workspace: Workspace) -> None:
    _, client = workspace(burst=1)
    post(client, "a")
    post(client, "b")
    told = httpx.get(client.base_url.replace("/api/", "/ledger")).json()
    assert (told["over_limit"], told["inside_retry_after"], told["top_level"][ROOM]) == (1, 0, 1)
