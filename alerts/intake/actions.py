"""What Slack's payloads say somebody did: a press, a form, a command, a reply. Pure; whatever is none of ours is None.

A payload is a stranger's JSON: anything may be missing, or of another type. Shapes: https://docs.slack.dev/reference/interaction-payloads.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from alerts.intake.commands import Do, said_in_thread
from monitor.model import Actor, Envelope

OURS = "langyan."
COMMAND = "/langyan"
ACTS = frozenset({"ack", "false", "snooze", "respond", "resolve", "undo"})
"""Buttons that do something to an incident. Where the same person pressed another one later, this one comes too late."""

_LONGEST = 3000
_SHORT = 300
_STAMP = re.compile(r"\d{1,12}(\.\d{1,9})?", re.ASCII)
_BLOCK = re.compile(r"incident-(\d{1,12}):", re.ASCII)


@dataclass(frozen=True, kw_only=True, slots=True)
class Where:
    """Where an answer goes, so that its reader alone sees it: Slack's own address for it, or a channel and perhaps its thread."""

    user: str
    response_url: str = ""
    channel: str = ""
    thread: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Press:
    """A button or a menu. `action` without our prefix; `number` of the incident, 0 where it has none; `value` what was chosen."""

    actor: Actor
    action: str
    number: int
    value: str
    where: Where
    trigger: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """A filled form. `fields`: what was put in, by the name of its input; of several, all."""

    actor: Actor
    form: str
    number: int
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    where: Where


@dataclass(frozen=True, kw_only=True, slots=True)
class Typed:
    """`/langyan …`, without the word itself."""

    actor: Actor
    text: str
    where: Where


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """A word that counts, in a thread."""

    actor: Actor
    do: Do
    where: Where


def received(receiver: str, kind: str, envelope_id: str, payload: Mapping[str, Any], at: datetime) -> Envelope | None:
    """What is to be written down of an envelope. None: nothing in it asks anything of us, so nobody's words are kept."""
    understood_as = understand(kind, payload)
    press = subject = stamp = ""
    match understood_as:
        case None:
            return None
        case Press(actor=actor, action=action, number=number, value=value):
            stamp = _first_action(payload, "action_ts")
            press = f"{actor.id}:{action}:{number}:{value[:_SHORT]}:{stamp}" if stamp else ""
            subject = f"{actor.id}:{number}" if action in ACTS else ""
        case Form():
            press = f"form:{_text(payload, 'view', 'id')}"
        case Typed():
            press = f"typed:{_text(payload, 'trigger_id')}"
        case Reply(actor=actor, where=where):
            stamp = _text(payload, "event", "ts")
            press = f"reply:{where.channel}:{stamp}"
            subject = f"{actor.id}:{where.channel}:{where.thread}"
    return Envelope(
        receiver=receiver,
        key=envelope_id[:_SHORT] or press,
        press=press if not press.endswith(":") and press else f"envelope:{envelope_id[:_SHORT]}",
        kind=kind,
        payload=payload,
        received_at=at,
        subject=subject if stamp else "",
        pressed=_microseconds(stamp),
    )


def understand(kind: str, payload: Mapping[str, Any]) -> Press | Form | Typed | Reply | None:
    """What somebody did; None where it is none of ours."""
    match kind, payload.get("type"):
        case "interactive", "block_actions":
            return _press(payload)
        case "interactive", "view_submission":
            return _form(payload)
        case "slash_commands", _:
            return _typed(payload)
        case "events_api", _:
            return _reply(payload)
    return None


def _press(payload: Mapping[str, Any]) -> Press | None:
    actor, action = _actor(payload.get("user")), _first_action(payload, "action_id")
    if actor is None or not action.startswith(OURS):
        return None
    chosen = _first_action(payload, "selected_option", "value")
    value = chosen or _first_action(payload, "value")
    block = _BLOCK.match(_first_action(payload, "block_id"))
    number = int(block[1]) if block else int(value) if value.isascii() and value.isdigit() and len(value) < 13 else 0
    where = Where(
        user=actor.id,
        response_url=_text(payload, "response_url"),
        channel=_text(payload, "channel", "id") or _text(payload, "container", "channel_id"),
        thread=_text(payload, "message", "thread_ts") or _text(payload, "message", "ts"),
    )
    name = action.removeprefix(OURS).partition(".")[0]  # what stands behind a second dot only tells two buttons apart
    return Press(
        actor=actor, action=name, number=number, value=value, where=where, trigger=_text(payload, "trigger_id")
    )


def _form(payload: Mapping[str, Any]) -> Form | None:
    actor, form = _actor(payload.get("user")), _text(payload, "view", "callback_id")
    if actor is None or not form.startswith(OURS):
        return None
    try:
        about = orjson.loads(_text(payload, "view", "private_metadata"))
        number, channel = int(about["incident"]), str(about["channel"])
    except (ValueError, KeyError, TypeError):
        return None
    values = _at(payload, "view", "state", "values")
    fields: dict[str, tuple[str, ...]] = {}
    for block in values.values() if isinstance(values, Mapping) else ():
        for name, put_in in block.items() if isinstance(block, Mapping) else ():
            fields[str(name)[:_SHORT]] = _put_in(put_in)
    where = Where(user=actor.id, channel=channel[:_SHORT])
    return Form(actor=actor, form=form.removeprefix(OURS), number=number, fields=fields, where=where)


def _put_in(given: object) -> tuple[str, ...]:
    """What one input holds, whatever its kind."""
    if not isinstance(given, Mapping):
        return ()
    options = given.get("selected_options")
    if isinstance(options, list):
        return tuple(filter(None, (_text({"o": option}, "o", "value") for option in options[:100])))
    for path in (("selected_option", "value"), ("selected_user",), ("value",)):
        if found := _text(given, *path):
            return (found,)
    return ()


def _typed(payload: Mapping[str, Any]) -> Typed | None:
    user = {"id": payload.get("user_id"), "name": payload.get("user_name")}
    actor = _actor(user)
    if actor is None or _text(payload, "command").lower() != COMMAND:
        return None
    where = Where(user=actor.id, response_url=_text(payload, "response_url"), channel=_text(payload, "channel_id"))
    return Typed(actor=actor, text=_text(payload, "text"), where=where)


def _reply(payload: Mapping[str, Any]) -> Reply | None:
    """Only a person's own word in a thread: no bot's, no edit, nothing that Slack says itself."""
    event = payload.get("event")
    if not isinstance(event, Mapping) or event.get("type") != "message" or event.get("subtype") or event.get("bot_id"):
        return None
    actor, do = _actor({"id": event.get("user")}), said_in_thread(event.get("text"))
    channel, ts, thread = (_text(event, name) for name in ("channel", "ts", "thread_ts"))
    if actor is None or do is None or not channel or not thread or thread == ts or not _STAMP.fullmatch(ts):
        return None
    return Reply(actor=actor, do=do, where=Where(user=actor.id, channel=channel, thread=thread))


def _actor(user: object) -> Actor | None:
    """`slack:U…`, and the name that Slack gives for it."""
    if not isinstance(user, Mapping):
        return None
    id_ = _text(user, "id")
    if not re.fullmatch(r"[UW][A-Z0-9]{1,30}", id_):
        return None
    name = _text(user, "profile", "display_name") or _text(user, "name") or _text(user, "username") or id_
    return Actor(f"slack:{id_}", name[:80])


def _first_action(payload: Mapping[str, Any], *path: str) -> str:
    actions = payload.get("actions")
    return _text({"first": actions[0]}, "first", *path) if isinstance(actions, list) and actions else ""


def _at(value: Any, *path: str) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _text(value: Any, *path: str) -> str:
    found = _at(value, *path)
    return found[:_LONGEST] if isinstance(found, str) else ""


def _microseconds(stamp: str) -> int:
    """Slack's time, `1764000000.000100`, as a whole number."""
    if not _STAMP.fullmatch(stamp):
        return 0
    seconds, _, fraction = stamp.partition(".")
    return int(seconds) * 1_000_000 + int(fraction[:6].ljust(6, "0") or 0)
