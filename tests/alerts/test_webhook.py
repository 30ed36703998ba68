"""The signed webhook: what it says, how it proves itself, what it makes of an answer."""

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from alerts.channels.webhook import Webhook, WebhookOptions
from monitor.clock import VirtualClock
from monitor.model import Notification, NotificationKind, Outcome, Receipt
from tests.builders import NOON, a_mention, a_post, an_incident

SECRET = "correct-horse"
PHONE = "13912345678"
Answer = Callable[[httpx.Request], httpx.Response]


def a_notification(**given: Any) -> Notification:
    fields: dict[str, Any] = {
        "id": 1,
        "key": "incident-12:hook:root",
        "receiver": "hook",
        "kind": NotificationKind.ROOT,
        "incident_id": 12,
    }
    return Notification(**{**fields, **given})


def send(answer: Answer, url: str = "https://hooks.example/secret-path", **given: Any) -> Receipt:
    options = WebhookOptions(url=SecretStr(url), secret=SecretStr(SECRET))
    hook = Webhook(options, clock=VirtualClock(NOON), transport=httpx.MockTransport(answer))
    incident = given.pop("incident", an_incident())
    return hook.send(a_notification(**given), incident)


def said(**given: Any) -> tuple[httpx.Request, dict[str, Any]]:
    seen: list[httpx.Request] = []

    def note(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(204)

    assert send(note, **given).outcome is Outcome.SENT
    return seen[0], json.loads(seen[0].content)


def test_it_says_what_happened_under_a_key_that_stays_the_same() -> None:
    request, body = said()
    assert request.headers["idempotency-key"] == "incident-12:hook:root"
    assert request.headers["x-langyan-event"] == "root"
    assert (body["schema"], body["kind"], body["incident"]["incident"]["id"]) == (
        "langyan.notification.v1",
        "root",
        12,
    )
    assert body["text"]


def test_the_signature_is_over_the_time_and_the_whole_body() -> None:
    request, _ = said()
    stamp = request.headers["x-langyan-timestamp"]
    proof = hmac.new(SECRET.encode(), stamp.encode() + b"." + request.content, hashlib.sha256).hexdigest()
    assert stamp == str(int(NOON.timestamp()))
    assert request.headers["x-langyan-signature"] == f"v1={proof}"


def test_it_says_in_whose_place_it_is_told() -> None:
    _, body = said(body={"fallback_for": "crisis"})
    assert body["in_place_of"] == "crisis"


def test_private_data_is_masked_unless_the_receiver_may_see_it() -> None:
    lead = a_mention(post=a_post(text=f"星禾奶茶有虫，打我电话 {PHONE}"))
    request, _ = said(incident=an_incident(lead=lead))
    assert PHONE not in request.content.decode()


def test_a_storm_is_told_with_its_rows() -> None:
    _, body = said(kind=NotificationKind.STORM, incident_id=None, incident=None, covers=(an_incident(),), covered=30)
    assert (body["covered"], len(body["incidents"])) == (30, 1)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.SENT),
        (202, Outcome.SENT),
        (301, Outcome.PERMANENT),
        (400, Outcome.PERMANENT),
        (401, Outcome.PERMANENT),
        (410, Outcome.PERMANENT),
        (408, Outcome.AMBIGUOUS),
        (425, Outcome.AMBIGUOUS),
        (429, Outcome.RATE_LIMITED),
        (500, Outcome.AMBIGUOUS),
        (503, Outcome.AMBIGUOUS),
    ],
)
def test_every_answer_has_its_meaning(status: int, outcome: Outcome) -> None:
    headers = {"Retry-After": "7", "Location": "https://elsewhere.example/"}
    receipt = send(lambda _: httpx.Response(status, headers=headers))
    assert receipt.outcome is outcome
    assert receipt.retry_after == (7.0 if status == 429 else None)
    assert "secret-path" not in str(receipt)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (httpx.ConnectError("https://hooks.example/secret-path refused"), Outcome.REFUSED),
        (httpx.ConnectTimeout("late"), Outcome.REFUSED),
        (httpx.ReadTimeout("late"), Outcome.AMBIGUOUS),
        (httpx.RemoteProtocolError("cut"), Outcome.AMBIGUOUS),
    ],
)
def test_what_never_left_is_told_from_what_may_have_arrived(error: Exception, outcome: Outcome) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise error

    receipt = send(fail)
    assert receipt.outcome is outcome
    assert "secret-path" not in str(receipt.error)


@pytest.mark.parametrize("url", ["http://hooks.example/x", "ftp://hooks.example/x", "http://[", "https://"])
def test_nothing_goes_out_in_plain_or_nowhere(url: str) -> None:
    def never(_: httpx.Request) -> httpx.Response:
        raise AssertionError

    assert send(never, url).outcome is Outcome.PERMANENT


def test_this_machine_may_be_asked_in_plain() -> None:
    assert send(lambda _: httpx.Response(200), "http://127.0.0.1:9000/x").outcome is Outcome.SENT


def test_a_picture_is_nothing_for_a_webhook() -> None:
    def never(_: httpx.Request) -> httpx.Response:
        raise AssertionError

    assert send(never, kind=NotificationKind.CHART).outcome is Outcome.SENT
