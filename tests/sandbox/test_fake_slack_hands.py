"""People at work in the sandbox's Slack: what they press, fill in and type reaches the app as Slack would send it."""

import json
from typing import Any

import httpx
import pytest
from slack_sdk import WebClient
from websockets.sync.client import ClientConnection

from monitor.clock import VirtualClock
from monitor.sandbox.slack import FakeSlack
from monitor.sandbox.slack_hands import Impossible
from tests.sandbox.conftest import ROOM, Plug, Workspace, ack, answer, hear, page, refusal


def plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


def option(value: str) -> dict[str, Any]:
    return {"text": plain(value), "value": value}


BUTTON = {"type": "button", "text": plain("认领"), "action_id": "ack", "value": "182", "style": "primary"}
MENU = {"type": "overflow", "action_id": "more", "options": [option("up"), option("down")]}
LEVEL = {"type": "static_select", "action_id": "level", "options": [option("red"), option("blue")]}
CARD: list[dict[str, Any]] = [
    {"type": "section", "block_id": "head", "text": plain("有人喝出一只虫"), "accessory": MENU},
    {"type": "actions", "block_id": "acts", "elements": [BUTTON, LEVEL]},
]
MODAL: dict[str, Any] = {
    "type": "modal",
    "callback_id": "why",
    "private_metadata": "182",
    "notify_on_close": True,
    "title": plain("误报"),
    "submit": plain("提交"),
    "blocks": [
        {
            "type": "input",
            "block_id": "reason",
            "label": plain("为什么"),
            "element": {**LEVEL, "type": "radio_buttons"},
        },
        {
            "type": "input",
            "block_id": "note",
            "label": plain("补充"),
            "optional": True,
            "element": {"type": "plain_text_input", "action_id": "text", "max_length": 5},
        },
    ],
}


class App:
    """The app: a client, and a socket over which it hears what people do."""

    def __init__(self, slack: FakeSlack, client: WebClient, socket: ClientConnection) -> None:
        self.slack, self.client, self.socket = slack, client, socket

    def card(self) -> str:
        """Posts the card. It hears its own message, as every app does that listens to its channels."""
        ts = str(self.client.chat_postMessage(channel=ROOM, text="橙", blocks=CARD, metadata=page("182"))["ts"])
        assert hear(self.socket)["payload"]["event"]["bot_id"]
        return ts

    def hear(self) -> dict[str, Any]:
        """What a person did; acknowledged."""
        envelope = hear(self.socket)
        answer(self.slack, self.socket, ack(envelope["envelope_id"]))
        payload: dict[str, Any] = envelope["payload"]
        return payload

    def reply(self, **response: Any) -> None:
        """Acknowledges the next envelope with a response."""
        answer(self.slack, self.socket, ack(hear(self.socket)["envelope_id"], payload=response))

    def modal(self, view: dict[str, Any] = MODAL) -> dict[str, Any]:
        """Has 小李 press the button, and opens a modal in front of her."""
        self.slack.hands.press("U0LI", ROOM, self.card(), "ack")
        opened: dict[str, Any] = self.client.views_open(trigger_id=self.hear()["trigger_id"], view=view)["view"]
        return opened


@pytest.fixture
def app(workspace: Workspace, plug: Plug) -> App:
    slack, client = workspace(burst=20)
    return App(slack, client, plug())


# ── pressing ──


def test_a_pressed_button_arrives_with_all_that_an_answer_needs(app: App, clock: VirtualClock) -> None:
    ts = app.card()
    app.slack.hands.press("U0LI", ROOM, ts, "ack")
    heard = app.hear()
    assert heard["type"] == "block_actions"
    assert (heard["user"]["id"], heard["user"]["name"]) == ("U0LI", "xiaoli")
    assert heard["channel"] == {"id": ROOM, "name": "舆情应急-crisis"}
    assert heard["container"] == {"type": "message", "message_ts": ts, "channel_id": ROOM, "is_ephemeral": False}
    (action,) = heard["actions"]
    assert action == {**BUTTON, "block_id": "acts", "action_ts": "1764000000.000000"}
    assert heard["message"]["ts"] == ts
    assert heard["state"]["values"] == {"acts": {"level": {"type": "static_select", "selected_option": None}}}
    assert heard["trigger_id"]
    assert heard["response_url"].startswith("http://127.0.0.1:")


def test_a_choice_arrives_as_the_option_and_stays_chosen(app: App) -> None:
    ts = app.card()
    app.slack.hands.press("U0WANG", ROOM, ts, "level", value="red")
    assert app.hear()["actions"][0]["selected_option"] == option("red")
    app.slack.hands.press("U0LI", ROOM, ts, "more", value="up")
    heard = app.hear()
    assert heard["actions"][0]["selected_option"] == option("up")
    assert heard["actions"][0]["type"] == "overflow"
    assert heard["state"]["values"]["acts"]["level"]["selected_option"] == option("red")


def test_a_button_inside_an_attachment_says_which(app: App) -> None:
    ts = str(app.client.chat_postMessage(channel=ROOM, text="橙", attachments=[{"blocks": CARD}])["ts"])
    app.hear()
    app.slack.hands.press("U0LI", ROOM, ts, "ack", block_id="acts")
    container = app.hear()["container"]
    assert (container["type"], container["attachment_id"]) == ("message_attachment", 1)


def test_ids_that_the_app_left_out_are_made_up(app: App) -> None:
    bare = {key: value for key, value in BUTTON.items() if key != "action_id"}
    posted = app.client.chat_postMessage(channel=ROOM, text="x", blocks=[{"type": "actions", "elements": [bare]}])
    block = posted["message"]["blocks"][0]
    assert block["block_id"]
    assert block["elements"][0]["action_id"]


@pytest.mark.parametrize(
    ("press", "hint"),
    [
        (("U0NOBODY", ROOM, "ts", "ack"), "nobody is called U0NOBODY"),
        (("U0LI", "C0LOUNGE", "ts", "ack"), "not in C0LOUNGE"),
        (("U0LI", ROOM, "1.0", "ack"), "no message 1.0"),
        (("U0LI", ROOM, "ts", "explode"), "no explode"),
    ],
)
def test_what_is_not_there_cannot_be_pressed(app: App, press: tuple[str, str, str, str], hint: str) -> None:
    user, channel, ts, action = press
    with pytest.raises(Impossible, match=hint):
        app.slack.hands.press(user, channel, app.card() if ts == "ts" else ts, action)


def test_what_is_not_offered_cannot_be_chosen(app: App) -> None:
    with pytest.raises(Impossible, match="offers no 'green'"):
        app.slack.hands.press("U0LI", ROOM, app.card(), "level", value="green")


def test_a_press_that_nobody_takes_puts_a_warning_sign_before_the_person(app: App, clock: VirtualClock) -> None:
    app.slack.hands.press("U0LI", ROOM, app.card(), "ack")
    assert app.slack.hands.warnings("U0LI") == []
    clock.advance(3)
    assert [deed.what for deed in app.slack.hands.warnings("U0LI")] == ["认领"]
    assert app.slack.hands.warnings("U0WANG") == []


# ── response_url ──


def respond(heard: dict[str, Any], **body: Any) -> httpx.Response:
    return httpx.post(heard["response_url"], json=body, trust_env=False)


def test_a_response_url_answers_the_person_or_the_channel_or_replaces_the_card(app: App) -> None:
    ts = app.card()
    app.slack.hands.press("U0LI", ROOM, ts, "ack")
    heard = app.hear()
    assert respond(heard, text="只给你").text == "ok"
    ((alone, message),) = app.slack.workspace.ephemeral.values()
    assert (alone, message.text) == ("U0LI", "只给你")
    respond(heard, text="给大家", response_type="in_channel")
    respond(heard, text="换掉", replace_original=True)
    assert [m.text for m in app.slack.messages(ROOM)] == ["换掉", "给大家"]
    respond(heard, delete_original=True)
    assert [m.text for m in app.slack.messages(ROOM)] == ["给大家"]
    assert [entry.outcome for entry in app.slack.ledger if entry.method == "response_url"] == ["ok"] * 4


def test_a_response_url_works_five_times_in_half_an_hour(app: App, clock: VirtualClock) -> None:
    app.slack.hands.press("U0LI", ROOM, app.card(), "ack")
    heard = app.hear()
    for _ in range(5):
        assert respond(heard, text="x").is_success
    assert respond(heard, text="x").json()["error"] == "used_url"
    app.slack.hands.write("U0LI", ROOM, "/langyan list")
    heard = app.hear()
    clock.advance(1800)
    gone = respond(heard, text="x")
    assert (gone.status_code, gone.json()["error"]) == (404, "expired_url")


def test_a_response_url_is_as_strict_about_blocks_as_a_method(app: App) -> None:
    app.slack.hands.press("U0LI", ROOM, app.card(), "ack")
    heard = app.hear()
    assert respond(heard, blocks=[{"type": "hologram"}]).json()["error"] == "invalid_blocks"
    assert respond(heard).json()["error"] == "no_text"


# ── modals ──


def test_a_submitted_modal_arrives_with_its_values_and_closes(app: App) -> None:
    opened = app.modal()
    sent = app.slack.hands.submit("U0LI", {"reason": {"level": "red"}, "note": {"text": "同名"}})
    heard = app.hear()
    assert (heard["type"], heard["view"]["id"]) == ("view_submission", opened["id"])
    assert (heard["view"]["callback_id"], heard["view"]["private_metadata"]) == ("why", "182")
    assert heard["view"]["state"]["values"] == {
        "reason": {"level": {"type": "radio_buttons", "selected_option": option("red")}},
        "note": {"text": {"type": "plain_text_input", "value": "同名"}},
    }
    assert sent is not None
    assert sent.accepts
    assert app.slack.views.top("U0LI") is None


def test_a_modal_that_is_not_complete_is_not_sent(app: App) -> None:
    app.modal()
    assert app.slack.hands.submit("U0LI", {"note": {"text": "太长太长了"}}) is None
    assert app.slack.hands.submit("U0LI", {"reason": {"level": "red"}, "note": {"text": "太长太长太长"}}) is None
    view = app.slack.views.top("U0LI")
    assert view is not None
    assert list(view.errors) == ["note"]


def test_the_app_may_find_fault_change_the_modal_or_clear_it_away(app: App) -> None:
    app.modal()
    given = {"reason": {"level": "red"}}
    app.slack.hands.submit("U0LI", given)
    app.reply(response_action="errors", errors={"note": "请写一句"})
    view = app.slack.views.top("U0LI")
    assert view is not None
    assert view.errors == {"note": "请写一句"}
    for action, title in (("update", "新的"), ("push", "上面")):
        app.slack.hands.submit("U0LI", given)
        app.reply(response_action=action, view={**MODAL, "title": plain(title)})
        view = app.slack.views.top("U0LI")
        assert view is not None
        assert view.body["title"]["text"] == title
    assert len(app.slack.views.stacks["U0LI"]) == 2
    app.slack.hands.submit("U0LI", given)
    app.reply(response_action="clear")
    assert app.slack.views.top("U0LI") is None


def test_a_response_that_slack_would_not_take_is_trouble(app: App) -> None:
    app.modal()
    app.slack.hands.submit("U0LI", {"reason": {"level": "red"}})
    app.reply(response_action="errors", errors={"no such block": "x"})
    assert app.slack.hands.troubles == ["invalid_response_action: errors name input blocks of the view"]


def test_a_closed_modal_is_told_when_that_was_asked_for(app: App) -> None:
    app.modal()
    app.slack.hands.dismiss("U0LI")
    heard = app.hear()
    assert (heard["type"], heard["is_cleared"], heard["view"]["private_metadata"]) == ("view_closed", False, "182")
    app.modal({**MODAL, "notify_on_close": False})
    assert app.slack.hands.dismiss("U0LI") is None
    with pytest.raises(Impossible, match="no modal open"):
        app.slack.hands.dismiss("U0LI")


def test_a_trigger_opens_one_modal_within_three_seconds(app: App, clock: VirtualClock) -> None:
    ts = app.card()
    app.slack.hands.press("U0LI", ROOM, ts, "ack")
    trigger = app.hear()["trigger_id"]
    app.client.views_open(trigger_id=trigger, view=MODAL)
    assert refusal(app.client.views_open, trigger_id=trigger, view=MODAL)["error"] == "exchanged_trigger_id"
    assert refusal(app.client.views_open, trigger_id="1.2.x", view=MODAL)["error"] == "invalid_trigger_id"
    app.slack.hands.press("U0LI", ROOM, ts, "ack")
    trigger = app.hear()["trigger_id"]
    clock.advance(3)
    assert refusal(app.client.views_open, trigger_id=trigger, view=MODAL)["error"] == "expired_trigger_id"


def test_a_modal_is_updated_by_its_id_and_guarded_by_its_hash(app: App) -> None:
    opened = app.modal()
    changed = app.client.views_update(view_id=opened["id"], hash=opened["hash"], view={**MODAL, "title": plain("二")})
    assert changed["view"]["title"]["text"] == "二"
    again = {"view_id": opened["id"], "view": MODAL}
    assert refusal(app.client.views_update, hash=opened["hash"], **again)["error"] == "hash_conflict"
    assert refusal(app.client.views_update, view_id="V0", view=MODAL)["error"] == "not_found"


def test_at_most_three_modals_stand_upon_each_other(app: App) -> None:
    pressable = {**MODAL, "blocks": [CARD[1]]}
    app.modal(pressable)
    for _ in range(2):
        app.slack.hands.press_in_view("U0LI", "ack")
        heard = app.hear()
        assert heard["container"]["type"] == "view"
        app.client.views_push(trigger_id=heard["trigger_id"], view=pressable)
    app.slack.hands.press_in_view("U0LI", "level", value="red")
    heard = app.hear()
    assert heard["view"]["state"]["values"]["acts"]["level"]["selected_option"] == option("red")
    fourth = refusal(app.client.views_push, trigger_id=heard["trigger_id"], view=pressable)
    assert fourth["error"] == "push_limit_reached"


# ── typing ──


def test_a_command_arrives_escaped_and_its_answer_is_for_one_person(app: App) -> None:
    app.slack.hands.write("U0WANG", ROOM, "/langyan  track https://weibo.com/1?a=1&b=2 给 @小李 <!channel>")
    envelope = hear(app.socket)
    heard = envelope["payload"]
    assert (envelope["type"], envelope["accepts_response_payload"]) == ("slash_commands", True)
    assert (heard["command"], heard["user_id"], heard["channel_id"]) == ("/langyan", "U0WANG", ROOM)
    assert heard["text"] == "track <https://weibo.com/1?a=1&amp;b=2> 给 <@U0LI|xiaoli> &lt;!channel&gt;"
    answer(app.slack, app.socket, ack(envelope["envelope_id"], payload={"text": "好"}))
    ((alone, message),) = app.slack.workspace.ephemeral.values()
    assert (alone, message.text) == ("U0WANG", "好")


def test_a_command_is_known_only_with_its_scope_and_by_its_name(workspace: Workspace, app: App) -> None:
    with pytest.raises(Impossible, match="/yq is no command here"):
        app.slack.hands.write("U0LI", ROOM, "/yq list")
    slack, _ = workspace(scopes=("chat:write",))
    with pytest.raises(Impossible, match="/langyan is no command here"):
        slack.hands.write("U0LI", ROOM, "/langyan list")


def test_a_reply_in_a_thread_arrives_as_an_event(app: App) -> None:
    ts = app.card()
    app.slack.hands.write("U0LI", ROOM, "认领", thread=ts)
    heard = app.hear()
    event = heard["event"]
    assert (heard["type"], event["type"], event["text"], event["user"]) == ("event_callback", "message", "认领", "U0LI")
    assert (event["channel"], event["thread_ts"], event["parent_user_id"]) == (ROOM, ts, "U0LANGYAN")
    assert event["client_msg_id"]
    assert event["event_ts"] == event["ts"]
    assert "bot_id" not in event
    replies = app.client.conversations_replies(channel=ROOM, ts=ts)["messages"]
    assert [(m["text"], m.get("reply_count")) for m in replies] == [("橙", 1), ("认领", None)]
    assert [m.text for m in app.slack.messages(ROOM)] == ["橙"]


def test_an_app_that_may_not_read_its_channels_hears_no_messages(workspace: Workspace) -> None:
    slack, _ = workspace(scopes=("chat:write", "commands"))
    assert slack.hands.write("U0LI", ROOM, "认领") is None
    assert [m.text for m in slack.messages(ROOM)] == ["认领"]


def test_an_edit_and_a_deletion_are_events_too(app: App) -> None:
    ts = app.card()
    app.client.chat_update(channel=ROOM, ts=ts, text="红")
    event = app.hear()["event"]
    assert (event["subtype"], event["message"]["text"], event["previous_message"]["text"]) == (
        "message_changed",
        "红",
        "橙",
    )
    app.client.chat_delete(channel=ROOM, ts=ts)
    event = app.hear()["event"]
    assert (event["subtype"], event["deleted_ts"]) == ("message_deleted", ts)


# ── the page behind which it stands ──


def test_the_browser_does_it_all_over_http(app: App) -> None:
    url = app.client.base_url.replace("/api/", "/")

    def do(deed: str, **what: Any) -> Any:
        return httpx.post(f"{url}do/{deed}", json={"user": "U0LI", "channel": ROOM, **what}).json()

    def seen(user: str = "U0LI") -> Any:
        return httpx.get(f"{url}{ROOM}/messages", params={"as": user}).json()

    ts = app.card()
    assert do("press", ts=ts, block_id="acts", action_id="ack")["ok"]
    app.client.views_open(trigger_id=app.hear()["trigger_id"], view=MODAL)
    assert "误报" in seen()["view"]["html"]
    assert seen("U0WANG")["view"] is None
    assert do("submit", values={}) == {"ok": True, "envelope_id": None}
    assert "请填写这一项" in seen()["view"]["html"]
    do("submit", values={"reason": {"level": "red"}})
    app.reply()
    assert seen()["view"] is None
    do("write", text="认领", thread=ts)
    app.hear()
    assert "小李" in seen()["messages"][0]["html"]
    app.client.chat_postEphemeral(channel=ROOM, user="U0LI", text="只给你看")
    assert "仅你可见" in json.dumps(seen(), ensure_ascii=False)
    assert "仅你可见" not in json.dumps(seen("U0WANG"), ensure_ascii=False)
    assert "no such" not in do("dance").get("error", "")
    assert not do("press", ts=ts)["ok"]
    assert not do("press", ts=ts, action_id="explode")["ok"]
