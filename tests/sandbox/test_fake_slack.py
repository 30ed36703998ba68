"""The sandbox's Slack as slack_sdk meets it: over a real loopback port, on a virtual clock."""

import http.client
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from slack_sdk.errors import SlackApiError

from monitor.clock import VirtualClock
from monitor.sandbox.slack_faults import Fault
from tests.sandbox.conftest import ROOM, START, Workspace, page, refusal

# ── the methods ──


def test_auth_test_names_the_bot_and_reports_its_scopes(workspace: Workspace) -> None:
    _, client = workspace()
    answer = client.auth_test()
    assert answer["bot_id"]
    assert "chat:write" in answer.headers["x-oauth-scopes"].split(",")


def test_a_posted_message_stands_in_the_history_newest_first(workspace: Workspace, clock: VirtualClock) -> None:
    _, client = workspace()
    first = client.chat_postMessage(channel=ROOM, text="一")["ts"]
    clock.advance(2)
    second = client.chat_postMessage(channel=ROOM, text="二")["ts"]
    assert (first, second) == ("1764000000.000100", "1764000002.000100")
    assert [m["text"] for m in client.conversations_history(channel=ROOM)["messages"]] == ["二", "一"]


def test_messages_of_one_instant_have_different_ts(workspace: Workspace) -> None:
    _, client = workspace(burst=3)
    assert len({client.chat_postMessage(channel=ROOM, text="x")["ts"] for _ in range(3)}) == 3


def test_a_form_is_read_like_json(workspace: Workspace) -> None:
    slack, client = workspace()
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "*好*"}}]
    form = {"channel": ROOM, "text": "t", "blocks": json.dumps(blocks), "metadata": json.dumps(page("k1"))}
    client.api_call("chat.postMessage", data=form)
    assert slack.messages(ROOM)[0].blocks == tuple(blocks)
    assert list(slack.posts_by_key()) == ["k1"]


def test_a_token_may_come_as_a_form_field_but_not_inside_json(workspace: Workspace) -> None:
    _, client = workspace()
    url = f"{client.base_url}auth.test"
    assert httpx.post(url, data={"token": "xoxb-sandbox"}).json()["ok"]
    assert httpx.post(url, json={"token": "xoxb-sandbox"}).json()["error"] == "not_authed"


def test_metadata_comes_back_only_when_asked_for(workspace: Workspace) -> None:
    _, client = workspace()
    posted = client.chat_postMessage(channel=ROOM, text="x", metadata=page("182:root"))
    assert "metadata" not in posted["message"]
    assert "metadata" not in client.conversations_history(channel=ROOM)["messages"][0]
    found = client.conversations_history(channel=ROOM, include_all_metadata=True)["messages"][0]
    assert found["metadata"] == page("182:root")


def test_an_update_changes_the_message_in_place_and_keeps_its_metadata(workspace: Workspace) -> None:
    slack, client = workspace()
    ts = client.chat_postMessage(channel=ROOM, text="旧", blocks=[{"type": "divider"}], metadata=page("k"))["ts"]
    assert client.chat_update(channel=ROOM, ts=ts, text="新")["ts"] == ts
    (message,) = slack.messages(ROOM)
    assert (message.text, message.blocks, message.revision) == ("新", (), 1)
    assert message.metadata == page("k")
    assert message.edited == START


def test_history_is_bounded_by_oldest_and_latest(workspace: Workspace, clock: VirtualClock) -> None:
    _, client = workspace()
    stamps = []
    for _ in range(4):
        stamps.append(client.chat_postMessage(channel=ROOM, text="x")["ts"])
        clock.advance(5)

    def seen(**bounds: Any) -> list[str]:
        return [m["ts"] for m in client.conversations_history(channel=ROOM, **bounds)["messages"]][::-1]

    assert seen(oldest=stamps[1]) == stamps[2:]
    assert seen(oldest=stamps[1], inclusive=True) == stamps[1:]
    assert seen(oldest=stamps[0], latest=stamps[3]) == stamps[1:3]
    assert seen(oldest="1764000004.5") == stamps[1:]


def test_history_is_walked_page_by_page(workspace: Workspace, clock: VirtualClock) -> None:
    _, client = workspace()
    for _ in range(5):
        client.chat_postMessage(channel=ROOM, text="x")
        clock.advance(5)
    sizes, found = [], set()
    for answer in client.conversations_history(channel=ROOM, limit=2):
        sizes.append(len(answer["messages"]))
        found |= {m["ts"] for m in answer["messages"]}
    assert (sizes, len(found)) == ([2, 2, 1], 5)
    assert refusal(client.conversations_history, channel=ROOM, cursor="bogus")["error"] == "invalid_cursor"


def test_a_permalink_leads_to_the_message_on_the_page(workspace: Workspace) -> None:
    _, client = workspace()
    ts = client.chat_postMessage(channel=ROOM, text="x")["ts"]
    link = client.chat_getPermalink(channel=ROOM, message_ts=ts)["permalink"]
    assert link.endswith(f"/slack/{ROOM}#p1764000000000100")
    assert 'id="p1764000000000100"' in httpx.get(link).text


def test_conversations_info_tells_whether_the_app_was_invited(workspace: Workspace) -> None:
    _, client = workspace()
    assert client.conversations_info(channel=ROOM)["channel"]["is_member"] is True
    assert client.conversations_info(channel="C0LOUNGE")["channel"]["is_member"] is False


# ── refusals ──


@pytest.mark.parametrize(
    ("method", "arguments", "error"),
    [
        ("chat.postMessage", {"channel": "C0NOWHERE", "text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": "C0LOUNGE", "text": "x"}, "not_in_channel"),
        ("chat.postMessage", {"channel": ROOM}, "no_text"),
        ("chat.postMessage", {"channel": ROOM, "text": "x", "blocks": "no json"}, "invalid_blocks_format"),
        ("chat.postMessage", {"channel": ROOM, "text": "x", "metadata": {"key": "k"}}, "invalid_metadata_format"),
        ("chat.update", {"channel": ROOM, "ts": "1.000100", "text": "x"}, "message_not_found"),
        ("conversations.history", {"channel": ROOM, "limit": 5000}, "invalid_limit"),
        ("conversations.history", {"channel": ROOM, "oldest": "yesterday"}, "invalid_ts_oldest"),
        ("chat.teleport", {}, "unknown_method"),
    ],
)
def test_slack_says_why_it_refuses(workspace: Workspace, method: str, arguments: dict[str, Any], error: str) -> None:
    slack, client = workspace()
    assert refusal(client.api_call, api_method=method, json=arguments)["error"] == error
    assert slack.ledger[-1].outcome == error
    assert not slack.ledger[-1].stored


def test_a_wrong_token_and_none_at_all_are_told_apart(workspace: Workspace) -> None:
    _, client = workspace()
    client.token = "xoxb-other"
    assert refusal(client.auth_test)["error"] == "invalid_auth"
    client.token = None
    assert refusal(client.auth_test)["error"] == "not_authed"


def test_a_missing_scope_is_named(workspace: Workspace) -> None:
    _, client = workspace(scopes=("chat:write",))
    answer = refusal(client.conversations_history, channel=ROOM)
    assert (answer["error"], answer["needed"]) == ("missing_scope", "channels:history")


def test_bad_blocks_are_refused_with_a_pointer_to_each(workspace: Workspace) -> None:
    _, client = workspace(burst=2)
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}]
    answer = refusal(client.chat_postMessage, channel=ROOM, text="x", blocks=blocks)
    assert answer["error"] == "invalid_blocks"
    problem = "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
    assert answer["response_metadata"]["messages"] == [f"[ERROR] {problem}"]
    answer = refusal(client.chat_postMessage, channel=ROOM, text="x", attachments=[{"blocks": blocks}])
    assert answer["error"] == "invalid_attachments"


def test_long_text_is_cut_when_posted_and_refused_in_an_update(workspace: Workspace) -> None:
    slack, client = workspace()
    ts = client.chat_postMessage(channel=ROOM, text="长" * 40_001)["ts"]
    assert len(slack.messages(ROOM)[0].text) == 40_000
    assert refusal(client.chat_update, channel=ROOM, ts=ts, text="长" * 4_001)["error"] == "msg_too_long"


def test_too_much_text_in_all_blocks_together_is_refused(workspace: Workspace) -> None:
    _, client = workspace()
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2900}}] * 4
    assert refusal(client.chat_postMessage, channel=ROOM, text="x", blocks=blocks)["error"] == "msg_blocks_too_long"


@pytest.mark.parametrize(
    ("method", "scope"),
    [
        ("chat.delete", "chat:write"),
        ("conversations.replies", "channels:history"),
        ("files.getUploadURLExternal", "files:write"),
        ("files.info", "files:read"),
        ("usergroups.users.list", "usergroups:read"),
        ("users.info", "users:read"),
    ],
)
def test_every_method_needs_its_scope(workspace: Workspace, method: str, scope: str) -> None:
    _, client = workspace(scopes=("channels:read",))
    answer = refusal(client.api_call, api_method=method, json={})
    assert (answer["error"], answer["needed"], answer["provided"]) == ("missing_scope", scope, "channels:read")


def test_a_private_channel_asks_for_scopes_of_its_own(workspace: Workspace) -> None:
    _, client = workspace(private=("C0OPS",), scopes=("channels:history", "groups:read"))
    answer = refusal(client.conversations_history, channel="C0OPS")
    assert (answer["error"], answer["needed"]) == ("missing_scope", "groups:history")
    client.conversations_history(channel=ROOM)
    assert client.conversations_info(channel="C0OPS")["channel"]["is_private"] is True


# ── threads and deletions ──


def test_a_reply_stands_in_its_thread_and_only_when_broadcast_in_the_channel(workspace: Workspace) -> None:
    slack, client = workspace(burst=5)
    ts = client.chat_postMessage(channel=ROOM, text="根")["ts"]
    reply = client.chat_postMessage(channel=ROOM, text="进展", thread_ts=ts)
    assert reply["message"]["thread_ts"] == ts
    client.chat_postMessage(channel=ROOM, text="大家看", thread_ts=ts, reply_broadcast=True)
    assert [m["text"] for m in client.conversations_history(channel=ROOM)["messages"]] == ["大家看", "根"]
    assert [m["text"] for m in client.conversations_replies(channel=ROOM, ts=ts)["messages"]] == [
        "根",
        "进展",
        "大家看",
    ]
    assert [m["text"] for m in client.conversations_replies(channel=ROOM, ts=ts, limit=2)["messages"]] == ["根", "进展"]
    assert slack.ledger.top_level(ROOM) == 1


def test_a_reply_to_a_deleted_parent_lands_in_the_channel_without_a_word(workspace: Workspace) -> None:
    slack, client = workspace(burst=5)
    ts = client.chat_postMessage(channel=ROOM, text="根")["ts"]
    client.chat_delete(channel=ROOM, ts=ts)
    stray = client.chat_postMessage(channel=ROOM, text="进展", thread_ts=ts)
    assert "thread_ts" not in stray["message"]
    assert [m.text for m in slack.messages(ROOM)] == ["进展"]
    assert refusal(client.chat_update, channel=ROOM, ts=ts, text="x")["error"] == "message_not_found"
    assert refusal(client.chat_delete, channel=ROOM, ts=ts)["error"] == "message_not_found"
    assert refusal(client.conversations_replies, channel=ROOM, ts=ts)["error"] == "thread_not_found"


def test_what_a_person_wrote_is_not_ours_to_change(workspace: Workspace) -> None:
    slack, client = workspace()
    slack.hands.write("U0LI", ROOM, "认领")
    (message,) = slack.messages(ROOM)
    assert refusal(client.chat_update, channel=ROOM, ts=message.ts, text="x")["error"] == "cant_update_message"
    assert refusal(client.chat_delete, channel=ROOM, ts=message.ts)["error"] == "cant_delete_message"


def test_a_channel_can_be_joined_and_its_people_be_known(workspace: Workspace) -> None:
    _, client = workspace()
    client.conversations_join(channel="C0LOUNGE")
    client.chat_postMessage(channel="C0LOUNGE", text="x")
    assert "U0LI" in client.conversations_members(channel=ROOM)["members"]
    assert client.users_info(user="U0LI")["user"]["profile"]["display_name"] == "小李"
    assert client.usergroups_users_list(usergroup="S0CRISIS")["users"] == ["U0LI", "U0WANG"]
    assert refusal(client.users_info, user="U0NO")["error"] == "user_not_found"
    assert refusal(client.chat_postEphemeral, channel=ROOM, user="U0NO", text="x")["error"] == "user_not_in_channel"
    assert refusal(client.chat_postMessage, channel="舆情应急-crisis", text="x")["error"] == "channel_not_found"


# ── how often ──


def test_a_second_message_within_a_second_gets_429_until_the_clock_moves(
    workspace: Workspace, clock: VirtualClock
) -> None:
    slack, client = workspace(burst=1)
    client.chat_postMessage(channel=ROOM, text="1")
    answer = refusal(client.chat_postMessage, channel=ROOM, text="2")
    assert (answer.status_code, answer.headers["Retry-After"], answer["error"]) == (429, "1", "ratelimited")
    client.chat_postMessage(channel="C0OPS", text="another channel has its own second")
    clock.advance(1)
    client.chat_postMessage(channel=ROOM, text="2")
    assert [m.text for m in slack.messages(ROOM)] == ["1", "2"]
    assert len(slack.over_limit()) == 1


def test_the_burst_is_between_one_and_three_and_drawn_by_the_seed(clock: VirtualClock, workspace: Workspace) -> None:
    taken = set()
    for seed in range(8):
        slack, client = workspace(seed=seed)
        for _ in range(4):
            client.api_call("auth.test")
            try:
                client.chat_postMessage(channel=ROOM, text="x")
            except SlackApiError:
                break
        taken.add(len(slack.messages(ROOM)))
    assert taken == {1, 2, 3}


def test_updates_have_a_budget_of_their_own(workspace: Workspace, clock: VirtualClock) -> None:
    _, client = workspace(burst=1)
    ts = client.chat_postMessage(channel=ROOM, text="0")["ts"]
    for n in range(50):
        client.chat_update(channel=ROOM, ts=ts, text=str(n))
    answer = refusal(client.chat_update, channel=ROOM, ts=ts, text="51")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")
    clock.advance(1)
    client.chat_postMessage(channel=ROOM, text="posting is not held up")
    clock.advance(59)
    client.chat_update(channel=ROOM, ts=ts, text="51")


# ── faults ──


def test_a_dropped_connection_leaves_the_message_behind(workspace: Workspace) -> None:
    slack, client = workspace()
    slack.faults.add("chat.postMessage", Fault("drop"))
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        client.chat_postMessage(channel=ROOM, text="x", metadata=page("k"))
    assert len(slack.posts_by_key()["k"]) == 1
    assert (slack.ledger[-1].outcome, slack.ledger[-1].stored) == ("drop", True)


@pytest.mark.parametrize("stored", [True, False])
@pytest.mark.parametrize("kind", ["http_500", "fatal_error", "truncated", "drop"])
def test_a_fault_may_come_before_or_after_the_message_was_stored(
    workspace: Workspace, kind: Any, *, stored: bool
) -> None:
    slack, client = workspace(burst=3)
    slack.faults.add("chat.postMessage", Fault(kind, stored=stored))
    with pytest.raises((SlackApiError, http.client.HTTPException, ConnectionError)):
        client.chat_postMessage(channel=ROOM, text="x", metadata=page("k"))
    assert len(slack.messages(ROOM)) == stored
    client.chat_postMessage(channel=ROOM, text="the next one is served", metadata=page("k"))
    assert len(slack.posts_by_key()["k"]) == 1 + stored


def test_a_late_message_shows_only_when_its_time_has_come(workspace: Workspace, clock: VirtualClock) -> None:
    slack, client = workspace()
    slack.faults.add("chat.postMessage", Fault("late", 3))
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        client.chat_postMessage(channel=ROOM, text="x", metadata=page("k"))
    clock.advance(2)
    assert client.conversations_history(channel=ROOM)["messages"] == []
    clock.advance(1)
    assert client.conversations_history(channel=ROOM)["messages"][0]["ts"] == "1764000003.000100"
    assert slack.posts_by_key() == {"k": ["1764000003.000100"]}


def test_an_ordered_429_says_how_long_and_does_not_count_as_our_haste(workspace: Workspace) -> None:
    slack, client = workspace()
    slack.faults.add("chat.postMessage", Fault("ratelimited", 30))
    answer = refusal(client.chat_postMessage, channel=ROOM, text="x")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "30")
    assert (slack.messages(ROOM), slack.over_limit()) == ([], [])


def test_a_storm_lasts_its_seconds_and_leaves_other_methods_alone(workspace: Workspace, clock: VirtualClock) -> None:
    slack, client = workspace(burst=3)
    slack.faults.add("chat.postMessage", Fault("storm", 20))
    waits = []
    for _ in range(2):
        waits.append(refusal(client.chat_postMessage, channel=ROOM, text="x").headers["Retry-After"])
        clock.advance(12.5)
    assert waits == ["20", "8"]
    client.conversations_history(channel=ROOM)
    client.chat_postMessage(channel=ROOM, text="it is over")


def test_a_slow_answer_outlives_a_short_timeout_and_the_message_is_there(workspace: Workspace) -> None:
    slack, client = workspace()
    slack.faults.add("chat.postMessage", Fault("slow", 0.3))
    client.timeout = 0.1  # type: ignore[assignment]
    with pytest.raises(TimeoutError):
        client.chat_postMessage(channel=ROOM, text="x")
    assert len(slack.messages(ROOM)) == 1


def test_faults_are_ordered_over_http_and_taken_back(workspace: Workspace) -> None:
    slack, client = workspace()
    control = client.base_url.replace("/api/", "/control/faults")
    order = {"method": "chat.update", "faults": [{"kind": "drop", "stored": False}, {"kind": "storm", "seconds": 9}]}
    assert httpx.post(control, json=order).json() == {"ok": True, "waiting": {"chat.update": 2}}
    assert httpx.delete(control).json()["waiting"] == slack.faults.waiting() == {}


@pytest.mark.parametrize(
    ("order", "hint"),
    [
        ({"method": "chat.telepathy", "faults": []}, "name a method"),
        ({"method": "chat.update", "faults": [{"kind": "earthquake"}]}, "no fault is called 'earthquake'"),
        ({"method": "chat.update", "faults": [{"kind": "storm", "seconds": -1}]}, "seconds"),
        ({"method": "chat.update", "faults": [{"kind": "storm", "hours": 1}]}, "hours"),
        ({"method": "chat.update"}, "faults"),
    ],
)
def test_a_misspelt_order_is_explained(workspace: Workspace, order: dict[str, Any], hint: str) -> None:
    _, client = workspace()
    answer = httpx.post(client.base_url.replace("/api/", "/control/faults"), json=order)
    assert answer.status_code == 400
    assert hint in answer.json()["error"]


# ── the ledger ──


def test_the_ledger_has_a_line_for_every_request_and_never_the_token(workspace: Workspace) -> None:
    _, client = workspace()
    client.chat_postMessage(channel=ROOM, text="x", metadata=page("k"))
    refusal(client.chat_postMessage, channel="C0NOWHERE", text="x")
    answer = httpx.get(client.base_url.replace("/api/", "/ledger"))
    lines = answer.json()["entries"]
    assert [(line["outcome"], line["stored"], line["key"]) for line in lines] == [
        ("ok", True, "k"),
        ("channel_not_found", False, None),
    ]
    assert lines[0]["at"] == "2025-11-24T16:00:00+00:00"
    assert answer.json()["posts_by_key"] == {"k": ["1764000000.000100"]}
    assert "xoxb" not in answer.text


def test_a_page_sent_twice_shows_under_its_key(workspace: Workspace) -> None:
    slack, client = workspace(burst=2)
    for _ in range(2):
        client.chat_postMessage(channel=ROOM, text="x", metadata=page("182:root"))
    assert len(slack.posts_by_key()["182:root"]) == 2


def test_mentions_that_would_have_pinged_people_are_written_down(workspace: Workspace) -> None:
    slack, client = workspace(burst=3)
    client.chat_postMessage(channel=ROOM, text="<!channel> 快看")
    client.chat_postMessage(channel=ROOM, text="&lt;!channel&gt; 快看")
    assert slack.pings() == ["!channel"]


def test_the_ledger_tells_who_called_inside_a_retry_after(workspace: Workspace, clock: VirtualClock) -> None:
    slack, client = workspace(burst=1)
    slack.faults.add("chat.update", Fault("ratelimited", 30))
    ts = client.chat_postMessage(channel=ROOM, text="x", metadata=page("k"))["ts"]
    refusal(client.chat_update, channel=ROOM, ts=ts, text="1")
    clock.advance(29)
    client.chat_postMessage(channel=ROOM, text="another method may")
    client.chat_update(channel=ROOM, ts=ts, text="2")
    clock.advance(1)
    client.chat_update(channel=ROOM, ts=ts, text="3")
    assert [(entry.method, entry.at) for entry in slack.ledger.inside_retry_after()] == [
        ("chat.update", START + timedelta(seconds=29))
    ]
    assert slack.ledger.edits() == {ts: 2}
    assert slack.ledger.first_post("k") == START
    assert slack.ledger.first_post("never") is None


def test_a_limit_of_one_channel_holds_in_that_channel_alone(workspace: Workspace) -> None:
    slack, client = workspace(burst=1)
    client.chat_postMessage(channel=ROOM, text="1")
    refusal(client.chat_postMessage, channel=ROOM, text="2")
    client.chat_postMessage(channel="C0OPS", text="3")
    assert slack.ledger.inside_retry_after() == []
    refusal(client.chat_postMessage, channel=ROOM, text="4")
    assert [entry.channel for entry in slack.ledger.inside_retry_after()] == [ROOM]
