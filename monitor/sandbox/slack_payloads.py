"""What Slack sends the app when a person does something. Pure.

Shapes: https://docs.slack.dev/reference/interaction-payloads, https://docs.slack.dev/interactivity/implementing-slash-commands,
https://docs.slack.dev/reference/events/message. Metadata is left out of a pressed message: Slack does not promise it.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from monitor.sandbox.slack_message import APP, BOT_USER, TEAM, Message, microseconds, stamp
from monitor.sandbox.slack_people import KNOWN, PEOPLE

DOMAIN = "langyan-sandbox"
_VERIFICATION = "sandbox-verification"
_URL = re.compile(r"https?://[^\s<>|\"'，。；！？）】》]+")


def typed(text: str, *, labelled: bool = False) -> str:
    """What a person typed, as Slack hands it on: escaped, with addresses and names of people as markup.

    `labelled`: with the name behind the id, as in a command that asks for `should_escape`.
    """
    for char, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(char, entity)
    text = _URL.sub(lambda hit: f"<{hit.group()}>", text)
    for person in PEOPLE:
        mention = f"<@{person.id}|{person.name}>" if labelled else f"<@{person.id}>"
        for name in (person.shown, person.name):
            text = re.sub(rf"(?<![\w@<])@{re.escape(name)}(?!\w)", mention, text)
    return text


def pressed(
    user: str,
    action: Mapping[str, Any],
    now: datetime,
    *,
    place: Mapping[str, Any],
    state: Mapping[str, Any],
) -> dict[str, Any]:
    """block_actions. `place` is where it happened: `on_message`, or `in_view`."""
    told = {**action, "action_ts": stamp(microseconds(now))}
    return {**_common("block_actions", user), **place, "state": {"values": state}, "actions": [told]}


def on_message(message: Message, name: str, attachment: int | None, *, ephemeral: bool, hook: str) -> dict[str, Any]:
    """Where a press happened, when on a message in the channel called `name`, or in one of its attachments."""
    container: dict[str, Any] = {"type": "message", "message_ts": message.ts, "channel_id": message.channel}
    if attachment is not None:
        container |= {"type": "message_attachment", "attachment_id": attachment, "is_app_unfurl": False}
    if message.thread:
        container["thread_ts"] = message.thread
    place = {
        "container": {**container, "is_ephemeral": ephemeral},
        "channel": {"id": message.channel, "name": name},
        "response_url": hook,
    }
    return place if ephemeral else {**place, "message": message.wire()}


def in_view(view: Mapping[str, Any]) -> dict[str, Any]:
    return {"container": {"type": "view", "view_id": view["id"]}, "view": view}


def acted(block: Mapping[str, Any], element: Mapping[str, Any], state: Mapping[str, Any] | None) -> dict[str, Any]:
    """One of `actions`: the element, where it stands, and what it holds now."""
    told = {"type": element["type"], "block_id": block["block_id"], "action_id": element["action_id"]}
    for key in ("text", "value", "style", "url"):
        if element["type"] == "button" and key in element:
            told[key] = element[key]
    return {**told, **(state or {})}


def submitted(user: str, view: Mapping[str, Any], trigger: str) -> dict[str, Any]:
    return {**_common("view_submission", user), "trigger_id": trigger, "view": view, "response_urls": []}


def closed(user: str, view: Mapping[str, Any], *, cleared: bool) -> dict[str, Any]:
    return {**_common("view_closed", user), "view": view, "is_cleared": cleared}


def command(user: str, channel: str, name: str, words: tuple[str, str], *, trigger: str, hook: str) -> dict[str, Any]:
    """slash_commands. `words` are the command and what follows it; `name` is the channel's."""
    return {
        "token": _VERIFICATION,
        "team_id": TEAM,
        "team_domain": DOMAIN,
        "channel_id": channel,
        "channel_name": name,
        "user_id": user,
        "user_name": KNOWN[user].name,
        "command": words[0],
        "text": typed(words[1], labelled=True),
        "api_app_id": APP,
        "is_enterprise_install": "false",
        "response_url": hook,
        "trigger_id": trigger,
    }


def posted(message: Message, parent: Message | None, event: int) -> dict[str, Any]:
    """events_api: a message in a channel the app is in, the app's own among them."""
    told = {**message.wire(), "channel": message.channel, "event_ts": message.ts, "channel_type": "channel"}
    if parent is not None:
        told["parent_user_id"] = parent.user
    return _event(told, message.ts, event)


def removed(message: Message, ts: str, event: int) -> dict[str, Any]:
    """events_api: a message was deleted, at `ts`."""
    told = {"type": "message", "subtype": "message_deleted", "hidden": True, "channel": message.channel}
    told |= {"ts": ts, "event_ts": ts, "deleted_ts": message.ts, "previous_message": message.wire()}
    return _event({**told, "channel_type": "channel"}, ts, event)


def changed(message: Message, before: Message, ts: str, event: int) -> dict[str, Any]:
    """events_api: a message was edited, at `ts`."""
    told = {"type": "message", "subtype": "message_changed", "hidden": True, "channel": message.channel}
    told |= {"ts": ts, "event_ts": ts, "message": message.wire(), "previous_message": before.wire()}
    return _event({**told, "channel_type": "channel"}, ts, event)


def client_id(number: int) -> str:
    """The client_msg_id of a person's own message."""
    return str(UUID(int=number, version=4))


def _event(told: Mapping[str, Any], ts: str, event: int) -> dict[str, Any]:
    who = {"enterprise_id": None, "team_id": TEAM, "user_id": BOT_USER, "is_bot": True, "is_enterprise_install": False}
    return {
        "token": _VERIFICATION,
        "team_id": TEAM,
        "api_app_id": APP,
        "type": "event_callback",
        "event": told,
        "event_id": f"Ev{event:010d}",
        "event_time": int(ts.partition(".")[0]),
        "authorizations": [who],
        "is_ext_shared_channel": False,
        "event_context": f"4-{event}",
    }


def _common(kind: str, user: str) -> dict[str, Any]:
    name = KNOWN[user].name
    return {
        "type": kind,
        "user": {"id": user, "username": name, "name": name, "team_id": TEAM},
        "api_app_id": APP,
        "token": _VERIFICATION,
        "team": {"id": TEAM, "domain": DOMAIN},
        "enterprise": None,
        "is_enterprise_install": False,
    }
