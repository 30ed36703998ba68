"""Payloads as Slack sends them."""

import json
from typing import Any

AT = "1764000000.000300"


def a_press(
    action: str,
    number: int = 0,
    *,
    chosen: str = "",
    value: str = "",
    user: str = "U0LI",
    at: str = AT,
    response_url: str = "",
    prefix: str = "langyan.",
) -> dict[str, Any]:
    """A button (`value` or the incident's number), or a menu of which `chosen` was taken."""
    pressed: dict[str, Any] = {"action_id": f"{prefix}{action}", "action_ts": at}
    if number:
        pressed["block_id"] = f"incident-{number}:buttons:1"
    if chosen:
        pressed |= {"type": "overflow", "selected_option": {"value": chosen}}
    else:
        pressed |= {"type": "button", "value": value or str(number)}
    return {
        "type": "block_actions",
        "user": {"id": user, "username": user[2:].lower(), "name": user[2:].lower(), "team_id": "T0"},
        "trigger_id": "trigger-1",
        "response_url": response_url,
        "channel": {"id": "C0CRISIS01", "name": "crisis"},
        "message": {"ts": "1764000000.000100", "text": "…"},
        "actions": [pressed],
    }


def a_form(form: str, number: int, *, user: str = "U0LI", view: str = "V1", **fields: Any) -> dict[str, Any]:
    """A form that was sent off; a tuple is a choice of several, `to` a person."""

    def put_in(name: str, given: Any) -> dict[str, Any]:
        if isinstance(given, tuple):
            return {"selected_options": [{"value": one} for one in given]}
        if name == "to":
            return {"selected_user": given}
        return {"value": given} if name == "reason" else {"selected_option": {"value": given}}

    values = {f"block-{name}": {name: put_in(name, given)} for name, given in fields.items()}
    return {
        "type": "view_submission",
        "user": {"id": user, "username": user[2:].lower(), "name": user[2:].lower()},
        "view": {
            "id": view,
            "callback_id": f"langyan.{form}",
            "private_metadata": json.dumps({"incident": number, "channel": "C0CRISIS01"}),
            "state": {"values": values},
        },
    }


def typed(
    text: str, *, command: str = "/langyan", user: str = "U0LI", trigger: str = "t1", **given: Any
) -> dict[str, Any]:
    about = {"channel_id": "C0CRISIS01", "response_url": "", "trigger_id": trigger}
    return {"command": command, "text": text, "user_id": user, "user_name": user[2:].lower(), **about, **given}


def a_reply(
    text: str, *, user: str = "U0LI", ts: str = AT, thread_ts: str = "1764000000.000100", **given: Any
) -> dict[str, Any]:
    event = {"type": "message", "channel": "C0CRISIS01", "user": user, "text": text, "ts": ts, "thread_ts": thread_ts}
    return {"type": "event_callback", "event": {**event, **given}}
