"""Our Slack channel against the sandbox's, over a real loopback port."""

import socket
import ssl
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.error import URLError

import pytest
from pydantic import SecretStr, TypeAdapter, ValidationError

from alerts.channels import slack as slack_module
from alerts.channels import slack_blocks
from alerts.channels.slack import Slack
from alerts.channels.slack_answers import classify
from alerts.channels.slack_options import SlackOptions
from monitor.clock import VirtualClock
from monitor.model import Notification, NotificationKind, Outcome, Receipt, Words
from monitor.ports import Channel, Finding
from monitor.sandbox.slack import FakeSlack
from monitor.sandbox.slack_faults import Fault
from tests.builders import NOON, an_incident

ROOM = "C0CRISIS01"
TOKEN = "xoxb-9-not-to-be-seen"
OpenSlack = Callable[..., tuple[FakeSlack, Slack]]


def a_page(**given: Any) -> Notification:
    fields: dict[str, Any] = {
        "id": 1,
        "key": "12:crisis:root",
        "receiver": "crisis",
        "kind": NotificationKind.ROOT,
        "incident_id": 12,
    }
    return Notification(**{**fields, **given})


def an_update(handle: Any, **given: Any) -> Notification:
    return a_page(id=2, key="12:crisis:update:1", kind=NotificationKind.UPDATE, handle=handle, **given)


def a_word_to_operators() -> Notification:
    body = {
        "key": "weibo-search:auth_expired",
        "what": "auth_expired: the token is no longer valid",
        "where": "feed weibo-search",
        "fix": "Authorise the account again <!channel>",
    }
    return a_page(id=3, key="ops:1", kind=NotificationKind.OPS, incident_id=None, body=body)


def test_it_is_a_channel_that_can_look(workspace: OpenSlack) -> None:
    _, slack = workspace()
    channel: Channel = slack
    assert isinstance(channel, Finding)


def test_a_page_stands_in_the_channel_with_its_key_and_wakes_whom_it_should(workspace: OpenSlack) -> None:
    fake, slack = workspace(mention="<!subteam^S012PRTEAM>")
    receipt = slack.send(a_page(), an_incident())
    (message,) = fake.messages(ROOM)
    assert receipt == Receipt(outcome=Outcome.SENT, handle={"channel": ROOM, "ts": message.ts})
    assert fake.posts_by_key() == {"12:crisis:root": [message.ts]}
    assert fake.pings() == ["!subteam^S012PRTEAM"]


def test_an_update_changes_the_message_in_place_and_wakes_nobody(workspace: OpenSlack) -> None:
    fake, slack = workspace(mention="<!subteam^S012PRTEAM>")
    sent = slack.send(a_page(), an_incident())
    before = fake.messages(ROOM)[0]
    receipt = slack.send(an_update(sent.handle), an_incident(posts=9))
    (after,) = fake.messages(ROOM)
    assert receipt.outcome is Outcome.SENT
    assert receipt.handle == sent.handle
    assert after.ts == before.ts
    assert after.attachments != before.attachments
    assert fake.pings() == ["!subteam^S012PRTEAM"]


def test_after_an_update_the_message_is_still_found_by_the_key_it_was_posted_under(workspace: OpenSlack) -> None:
    _, slack = workspace()
    sent = slack.send(a_page(), an_incident())
    slack.send(an_update(sent.handle), an_incident(posts=9))
    assert slack.find("12:crisis:root", NOON).handle == sent.handle


def test_an_update_without_a_message_to_change_ends(workspace: OpenSlack) -> None:
    fake, slack = workspace()
    assert slack.send(an_update(None), an_incident()).outcome is Outcome.PERMANENT
    assert fake.ledger == []


def test_a_page_of_an_incident_that_is_gone_ends(workspace: OpenSlack) -> None:
    fake, slack = workspace()
    receipt = slack.send(a_page(), None)
    assert receipt.outcome is Outcome.PERMANENT
    assert "12" in str(receipt.error)
    assert fake.ledger == []


def test_operators_are_told_where_what_and_the_fix(workspace: OpenSlack) -> None:
    fake, slack = workspace(mention="<!here>")
    assert slack.send(a_word_to_operators(), None).outcome is Outcome.SENT
    (message,) = fake.messages(ROOM)
    said = f"{message.text}{message.blocks}{message.attachments}"
    assert "weibo-search" in said
    assert "auth_expired" in said
    assert "Authorise the account again" in said
    assert fake.pings() == ["!here"]


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (Fault("ratelimited", 30), Outcome.RATE_LIMITED),
        (Fault("http_500", stored=True), Outcome.AMBIGUOUS),
        (Fault("http_500", stored=False), Outcome.AMBIGUOUS),
        (Fault("fatal_error", stored=True), Outcome.AMBIGUOUS),
        (Fault("drop", stored=True), Outcome.AMBIGUOUS),
        (Fault("drop", stored=False), Outcome.AMBIGUOUS),
        (Fault("late", 3), Outcome.AMBIGUOUS),
        (Fault("truncated", stored=True), Outcome.AMBIGUOUS),
    ],
    ids=lambda given: getattr(given, "kind", str(given)),
)
def test_every_failure_has_its_class_and_is_tried_once(workspace: OpenSlack, fault: Fault, outcome: Outcome) -> None:
    fake, slack = workspace()
    fake.faults.add("chat.postMessage", fault)
    receipt = slack.send(a_page(), an_incident())
    assert receipt.outcome is outcome
    assert len(fake.ledger) == 1
    assert receipt.handle is None


def test_a_429_brings_its_retry_after(workspace: OpenSlack) -> None:
    fake, slack = workspace()
    fake.faults.add("chat.postMessage", Fault("ratelimited", 30))
    assert slack.send(a_page(), an_incident()).retry_after == 30


def test_an_answer_that_does_not_come_is_in_doubt(workspace: OpenSlack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slack_module, "TIMEOUT", 0.2)
    fake, slack = workspace()
    fake.faults.add("chat.postMessage", Fault("slow", 1.0))
    receipt = slack.send(a_page(), an_incident())
    assert receipt.outcome is Outcome.AMBIGUOUS
    assert len(fake.messages(ROOM)) == 1


@pytest.mark.parametrize("given", [{"token": TOKEN}, {"channel": "C0NOWHERE"}, {"channel": "C0LOUNGE"}, {"scopes": ()}])
def test_what_only_a_person_can_mend_is_permanent_and_says_the_fix(workspace: OpenSlack, given: dict[str, Any]) -> None:
    _, slack = workspace(**given)
    receipt = slack.send(a_page(), an_incident())
    assert receipt.outcome is Outcome.PERMANENT
    assert ". " in str(receipt.error)


def troubles(slack: Slack) -> list[tuple[str, str]]:
    return [(one.says.en, one.fix.en) for one in slack.proofs() if not one.ok and one.fix]


def channel_to(base_url: str, clock: VirtualClock) -> Slack:
    options = SlackOptions(token=SecretStr(TOKEN), channel=ROOM, base_url=base_url)
    return Slack(options, clock=clock)


def test_a_refused_connection_never_reached_slack(clock: VirtualClock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    receipt = channel_to(f"http://127.0.0.1:{port}/api/", clock).send(a_page(), an_incident())
    assert receipt.outcome is Outcome.REFUSED
    assert "ECONNREFUSED" in str(receipt.error)


@pytest.mark.parametrize(
    ("reason", "says"),
    [
        (socket.gaierror(-2, "Name or service not known"), "the name has no address"),
        (ssl.SSLCertVerificationError(1, "certificate verify failed"), "the certificate is not trusted"),
    ],
)
def test_a_name_or_a_certificate_that_is_wrong_is_said_in_words(reason: OSError, says: str) -> None:
    receipt = classify("auth.test", URLError(reason))
    assert receipt.error == f"auth.test: no connection ({says})"
    assert receipt.outcome is Outcome.REFUSED


def test_not_to_have_reached_slack_proves_nothing_about_the_channel(clock: VirtualClock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert channel_to(f"http://127.0.0.1:{port}/api/", clock).find("k", NOON).outcome is Outcome.AMBIGUOUS


def one_answer(raw: bytes) -> tuple[str, threading.Thread]:
    """A server that hears one request and says `raw`, whatever it was asked."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listener, listener.accept()[0] as peer:
            head = b""
            while b"\r\n\r\n" not in head:
                head += peer.recv(65536)
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            body = head.split(b"\r\n\r\n", 1)[1]
            while len(body) < length:
                body += peer.recv(65536)
            peer.sendall(raw)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}/api/", thread


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 22\r\n\r\n<html>log in</html>   ", Outcome.AMBIGUOUS),
        (b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 3\r\n\r\nno!", Outcome.AMBIGUOUS),
        (b"HTTP/1.1 429 Slow\r\nContent-Length: 0\r\n\r\n", Outcome.RATE_LIMITED),
        (b"HTTP/1.1 429 Slow\r\nRetry-After: soon\r\nContent-Length: 0\r\n\r\n", Outcome.RATE_LIMITED),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 37\r\n\r\n" + b'{"ok": false, "error": "quite_novel"}',
            Outcome.AMBIGUOUS,
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n" + b'{"ok":true}', Outcome.AMBIGUOUS),
        (b"nothing of HTTP\r\n\r\n", Outcome.AMBIGUOUS),
    ],
)
def test_an_answer_that_is_none_of_slacks_has_a_class_too(clock: VirtualClock, answer: bytes, outcome: Outcome) -> None:
    address, thread = one_answer(answer)
    receipt = channel_to(address, clock).send(a_page(), an_incident())
    thread.join(5)
    assert receipt.outcome is outcome
    assert receipt.retry_after is None


def test_a_day_of_retry_after_is_not_believed(clock: VirtualClock) -> None:
    address, thread = one_answer(b"HTTP/1.1 429 Slow\r\nRetry-After: 86400\r\nContent-Length: 0\r\n\r\n")
    receipt = channel_to(address, clock).send(a_page(), an_incident())
    thread.join(5)
    assert receipt.retry_after == 900


def test_no_failure_tells_the_token(clock: VirtualClock, capfd: pytest.CaptureFixture[str]) -> None:
    """A token with a line break makes urllib quote the whole header in what it raises."""
    options = SlackOptions(token=SecretStr(f"{TOKEN}\n"), channel=ROOM, base_url="http://127.0.0.1:9/api/")
    slack = Slack(options, clock=clock)
    told = [
        slack.send(a_page(), an_incident()).error,
        slack.send(an_update({"channel": ROOM, "ts": "1.1"}), an_incident()).error,
        slack.find("k", NOON).error,
        str(troubles(slack)),
        repr(options),
        repr(slack),
        "".join(capfd.readouterr()),
    ]
    assert not any(TOKEN in str(line) for line in told)


def test_blocks_that_slack_does_not_take_go_out_as_plain_text_a_second_later(
    workspace: OpenSlack, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake, slack = workspace(burst=1, mention="<!subteam^S012PRTEAM>")
    whole = slack_blocks.message

    def broken(*given: Any, **named: Any) -> dict[str, Any]:
        return {**whole(*given, **named), "blocks": [{"type": "no such block"}]}

    monkeypatch.setattr(slack_blocks, "message", broken)
    receipt = slack.send(a_page(), an_incident())
    (message,) = fake.messages(ROOM)
    assert receipt.outcome is Outcome.SENT
    assert "plain text" in str(receipt.error)
    assert message.blocks == ()
    assert "星禾" in message.text
    assert fake.posts_by_key() == {"12:crisis:root": [message.ts]}
    assert fake.pings() == ["!subteam^S012PRTEAM"]
    assert [entry.outcome for entry in fake.ledger] == ["invalid_blocks", "ok"]
    assert clock.now() == NOON + timedelta(seconds=1)


def test_a_message_is_found_by_its_key(workspace: OpenSlack, clock: VirtualClock) -> None:
    _, slack = workspace()
    sent = slack.send(a_page(), an_incident())
    clock.advance(5)
    slack.send(a_page(key="13:crisis:root"), an_incident(id=13))
    assert slack.find("12:crisis:root", NOON) == Receipt(outcome=Outcome.SENT, handle=sent.handle)


def test_a_message_on_the_last_of_many_pages_is_found(workspace: OpenSlack, clock: VirtualClock) -> None:
    fake, slack = workspace()
    sent = slack.send(a_page(), an_incident())
    for number in range(450):
        clock.advance(2)
        said = fake.workspace.call("chat.postMessage", {"channel": ROOM, "text": str(number)}, clock.now()).message
        assert said is not None
        fake.workspace.keep(said)
    assert slack.find("12:crisis:root", NOON).handle == sent.handle


def test_a_message_that_is_not_there_is_surely_not_there(workspace: OpenSlack) -> None:
    _, slack = workspace()
    slack.send(a_page(key="13:crisis:root"), an_incident(id=13))
    assert slack.find("12:crisis:root", NOON).outcome is Outcome.REFUSED


def test_clocks_that_differ_by_half_a_minute_do_not_hide_a_message(workspace: OpenSlack, clock: VirtualClock) -> None:
    _, slack = workspace()
    slack.send(a_page(), an_incident())
    assert slack.find("12:crisis:root", clock.now() + timedelta(seconds=30)).outcome is Outcome.SENT


def test_a_history_that_may_not_be_read_is_said_to_be_so(workspace: OpenSlack) -> None:
    _, slack = workspace(scopes=("chat:write",))
    receipt = slack.find("k", NOON)
    assert receipt.outcome is Outcome.PERMANENT
    assert "channels:history" in str(receipt.error)


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [(Fault("ratelimited", 7), Outcome.RATE_LIMITED), (Fault("drop"), Outcome.AMBIGUOUS)],
)
def test_a_look_that_fails_says_nothing_about_the_message(workspace: OpenSlack, fault: Fault, outcome: Outcome) -> None:
    fake, slack = workspace()
    fake.faults.add("conversations.history", fault)
    assert slack.find("k", NOON).outcome is outcome


# ── check ──


def test_a_channel_that_is_well_has_no_troubles_and_gets_no_message(workspace: OpenSlack) -> None:
    fake, slack = workspace()
    assert troubles(slack) == []
    assert fake.messages(ROOM) == []


@pytest.mark.parametrize(
    ("given", "says", "fix"),
    [
        ({"token": TOKEN}, "invalid_auth", "xoxb-"),
        ({"channel": "C0NOWHERE"}, "channel_not_found", "channel's id"),
        ({"channel": "C0LOUNGE"}, "not_in_channel", "Invite"),
        ({"scopes": ("channels:history",)}, "chat:write", "manifest.yaml"),
        ({"scopes": ("chat:write",)}, "second time", "channels:history"),
    ],
)
def test_check_says_what_is_wrong_and_what_to_do(
    workspace: OpenSlack, given: dict[str, Any], says: str, fix: str
) -> None:
    _, slack = workspace(**given)
    assert any(says in problem and fix in remedy for problem, remedy in troubles(slack)), troubles(slack)


def test_check_names_each_scope_that_is_missing_and_what_it_is_for(workspace: OpenSlack) -> None:
    _, slack = workspace(scopes=("chat:write", "channels:history"))
    said = {one.part.en: one for one in slack.proofs() if one.part is not None}
    assert [part for part, one in said.items() if not one.ok] == ["scope files:write"]
    assert "picture" in said["scope files:write"].says.en
    assert said["scope groups:history"].says.en == "not there, and this channel needs it not"


@pytest.mark.parametrize(
    ("token", "scopes", "says"),
    [
        ("xapp-sandbox", ("connections:write",), ""),
        ("xapp-old", ("connections:write",), "invalid_auth"),
        ("xapp-sandbox", (), "connections:write"),
    ],
)
def test_check_proves_the_app_token(workspace: OpenSlack, token: str, scopes: tuple[str, ...], says: str) -> None:
    _, slack = workspace(app_token=token, app_scopes=scopes)
    (line,) = [one for one in slack.proofs() if one.part == Words("应用级令牌", "app token")]
    assert (line.ok, says in line.says.en, bool(line.fix)) == (not says, True, bool(says))


def test_check_says_when_slack_is_out_of_reach(clock: VirtualClock) -> None:
    ((problem, remedy),) = troubles(channel_to("http://127.0.0.1:9/api/", clock))
    assert "auth.test" in problem
    assert "proxy" in remedy


# ── options ──


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("channel", "#crisis"),
        ("channel", "C0"),
        ("mention", "@channel"),
        ("mention", "<!subteam^S1> and everyone"),
        ("base_url", "http://slack.example/api/"),
        ("base_url", "file:///etc/passwd"),
    ],
)
def test_an_option_that_cannot_be_right_is_refused(key: str, value: str) -> None:
    options = {"token": SecretStr(TOKEN), "channel": ROOM, key: value}
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(SlackOptions).validate_python(options)
    assert TOKEN not in str(caught.value)


def test_several_people_may_be_woken() -> None:
    given = {"token": SecretStr(TOKEN), "channel": ROOM, "mention": "<!subteam^S1> <@U2> <!here>"}
    assert TypeAdapter(SlackOptions).validate_python(given).mention == given["mention"]


def test_loopback_is_not_sent_through_a_proxy_of_the_environment(
    workspace: OpenSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    _, slack = workspace()
    assert slack.send(a_page(), an_incident()).outcome is Outcome.SENT
