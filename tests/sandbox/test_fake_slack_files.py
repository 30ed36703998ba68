"""Files of the sandbox's Slack, in the three steps that slack_sdk takes, and the scan that comes after them."""

from typing import Any

import httpx
import pytest
from slack_sdk import WebClient

from monitor.clock import VirtualClock
from monitor.sandbox.slack import FakeSlack
from tests.sandbox.conftest import ROOM, Workspace, refusal

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20


@pytest.fixture
def opened(workspace: Workspace) -> tuple[FakeSlack, WebClient]:
    return workspace(burst=20)


def upload(client: WebClient, body: bytes = PNG, **where: Any) -> str:
    """A file, completed; its id."""
    address = client.files_getUploadURLExternal(filename="曲线.png", length=len(body))
    assert httpx.post(address["upload_url"], content=body, trust_env=False).text == f"OK - {len(body)}"
    client.files_completeUploadExternal(files=[{"id": address["file_id"], "title": "曲线"}], **where)
    return str(address["file_id"])


def picture(name: str) -> list[dict[str, Any]]:
    return [{"type": "image", "slack_file": {"id": name}, "alt_text": "转发 512"}]


def test_a_file_is_shared_only_when_its_scan_is_over(client: WebClient, slack: FakeSlack, clock: VirtualClock) -> None:
    name = upload(client, channel_id=ROOM, initial_comment="看")
    assert client.files_info(file=name)["file"]["shares"] == {}
    assert slack.messages(ROOM) == []
    clock.advance(2)
    (message,) = slack.messages(ROOM)
    assert (message.text, message.files) == ("看", (name,))
    assert client.files_info(file=name)["file"]["shares"]["public"][ROOM][0]["ts"] == message.ts
    assert [entry.ts for entry in slack.ledger if entry.method == "files.share"] == [message.ts]


def test_a_file_can_be_shared_into_a_thread(client: WebClient, slack: FakeSlack, clock: VirtualClock) -> None:
    ts = str(client.chat_postMessage(channel=ROOM, text="橙")["ts"])
    upload(client, channel_id=ROOM, thread_ts=ts)
    clock.advance(2)
    assert len(slack.messages(ROOM)) == 1
    assert len(slack.thread(ROOM, ts)) == 1


def test_without_a_channel_a_file_stays_private_and_a_block_may_show_it(
    client: WebClient, slack: FakeSlack, clock: VirtualClock
) -> None:
    name = upload(client)
    early = refusal(client.chat_postMessage, channel=ROOM, text="x", blocks=picture(name))
    assert (early["error"], early["errors"]) == (
        "invalid_blocks",
        ["invalid slack file [json-pointer:/blocks/0/slack_file]"],
    )
    clock.advance(2)
    ts = client.chat_postMessage(channel=ROOM, text="x")["ts"]
    client.chat_update(channel=ROOM, ts=ts, text="x", blocks=picture(name))
    assert [message.files for message in slack.messages(ROOM)] == [()]
    page = client.base_url.replace("/api/", f"/{ROOM}/messages")
    html = httpx.get(page, trust_env=False).json()["messages"][0]["html"]
    assert f'src="/slack/files/{name}"' in html
    shown = httpx.get(client.base_url.replace("/api/", f"/files/{name}"), trust_env=False)
    assert (shown.content, shown.headers["content-type"]) == (PNG, "image/png")


def test_only_an_image_may_stand_in_a_block(client: WebClient, clock: VirtualClock) -> None:
    name = upload(client, b"<svg onload=alert(1)>")
    clock.advance(2)
    attachments = [{"blocks": picture(name)}]
    answer = refusal(client.chat_postMessage, channel=ROOM, text="x", attachments=attachments)
    assert answer["error"] == "invalid_attachments"
    assert refusal(client.chat_postMessage, channel=ROOM, text="x", blocks=picture("F0"))["error"] == "invalid_blocks"
    assert httpx.get(client.base_url.replace("/api/", f"/files/{name}"), trust_env=False).status_code == 404


def test_a_file_is_uploaded_whole_and_completed_once(client: WebClient) -> None:
    address = client.files_getUploadURLExternal(filename="a.png", length=len(PNG))
    files = [{"id": address["file_id"]}]
    assert refusal(client.files_completeUploadExternal, files=files)["error"] == "file_not_found"
    assert httpx.post(address["upload_url"], content=PNG[:5], trust_env=False).status_code == 400
    assert httpx.post(address["upload_url"], content=PNG, trust_env=False).is_success
    assert httpx.post(address["upload_url"], content=PNG, trust_env=False).status_code == 404
    assert refusal(client.files_completeUploadExternal, files=files, channel_id="C0NO")["error"] == "channel_not_found"
    client.files_completeUploadExternal(files=files)
    assert refusal(client.files_completeUploadExternal, files=files)["error"] == "file_update_failed"
    assert refusal(client.files_info, file="F0")["error"] == "file_not_found"


def test_slack_sdks_own_upload_goes_through(client: WebClient, slack: FakeSlack, clock: VirtualClock) -> None:
    client.files_upload_v2(content=PNG, filename="a.png", title="曲线", channel=ROOM)
    clock.advance(2)
    assert len(slack.messages(ROOM)) == 1
