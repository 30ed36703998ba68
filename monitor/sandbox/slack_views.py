"""Modals of the sandbox's Slack: who has which open, and views.open, views.push and views.update.

Limits: https://docs.slack.dev/reference/views/modal-views.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from monitor.sandbox import slack_blocks
from monitor.sandbox.slack_elements import PLAIN, Elements
from monitor.sandbox.slack_grants import Grants
from monitor.sandbox.slack_message import APP, BOT, TEAM, Args, Refused, microseconds, stamp
from monitor.sandbox.slack_sockets import Delivery
from monitor.sandbox.slack_state import Raw, identified, values
from monitor.sandbox.slack_workspace import Done

MOST_BLOCKS, MOST_VIEWS, MOST_BYTES = 100, 3, 250_000
_KEYS = {
    "type", "title", "close", "submit", "blocks", "private_metadata", "callback_id", "external_id", "clear_on_close",
    "notify_on_close", "submit_disabled",
}  # fmt: skip


@dataclass(slots=True)
class View:
    """A modal in front of a person. `errors` stand at their inputs; `pending` is the submission under way; `given`, its values."""

    id: str
    user: str
    body: Mapping[str, Any]
    hash: str
    root: str
    previous: str | None = None
    errors: Mapping[str, str] = field(default_factory=dict)
    pending: Delivery | None = None
    given: Raw = field(default_factory=dict)

    def wire(self, given: Raw | None = None) -> dict[str, Any]:
        """As Slack shows it to the app, with what is entered in it."""
        plain = {"close": None, "submit": None, "private_metadata": "", "callback_id": "", "external_id": ""}
        flags = {"clear_on_close": False, "notify_on_close": False, "submit_disabled": False}
        about = {"id": self.id, "team_id": TEAM, "app_id": APP, "bot_id": BOT, "app_installed_team_id": TEAM}
        chain = {"hash": self.hash, "root_view_id": self.root, "previous_view_id": self.previous}
        state = {"values": values(self.body["blocks"], self.given if given is None else given)}
        return {**plain, **flags, **self.body, **about, **chain, "state": state}


class Views:
    """The modals of each person, one upon another."""

    def __init__(self, grants: Grants) -> None:
        self.stacks: dict[str, list[View]] = {}
        self.methods = {"views.open": self._open, "views.push": self._push, "views.update": self._update}
        self._grants = grants
        self._count = itertools.count(1)

    def top(self, user: str) -> View | None:
        """What the person sees."""
        stack = self.stacks.get(user)
        return stack[-1] if stack else None

    def close(self, view: View, *, all_of_them: bool = False) -> list[View]:
        """Takes it away, and what stands upon it; `all_of_them`: the whole stack. Returns what went."""
        stack = self.stacks.get(view.user, [])
        if view not in stack:
            return []
        first = 0 if all_of_them else stack.index(view)
        gone, stack[first:] = stack[first:], []
        return gone

    def answered(self, view: View, response: Any, now: datetime) -> None:
        """Carries out the response_action to a submission. Raises Refused where Slack would show trouble instead."""
        said = response if isinstance(response, dict) else {}
        match said.get("response_action"):
            case None:
                self.close(view)
            case "clear":
                self.close(view, all_of_them=True)
            case "errors":
                inputs = {block.get("block_id") for block in view.body["blocks"] if block.get("type") == "input"}
                errors = said.get("errors")
                if not isinstance(errors, dict) or not errors or not errors.keys() <= inputs:
                    raise Refused("invalid_response_action: errors name input blocks of the view")
                view.errors = errors
            case "update":
                self._change(view, checked(said.get("view")), now)
            case "push":
                self._add(view.user, checked(said.get("view")), now)
            case _:
                raise Refused("invalid_response_action")

    def _open(self, args: Args, now: datetime) -> Done:
        user = self._grants.exchange(args.get("trigger_id"))
        body = checked(args.get("view"))
        self.stacks[user] = []
        return Done({"ok": True, "view": self._add(user, body, now).wire()})

    def _push(self, args: Args, now: datetime) -> Done:
        user = self._grants.exchange(args.get("trigger_id"))
        if not self.stacks.get(user):
            raise Refused("not_found")
        return Done({"ok": True, "view": self._add(user, checked(args.get("view")), now).wire()})

    def _update(self, args: Args, now: datetime) -> Done:
        wanted, named = args.get("view_id"), args.get("external_id")
        every = [view for stack in self.stacks.values() for view in stack]
        found = [view for view in every if view.id == wanted or (named and view.body.get("external_id") == named)]
        if not found:
            raise Refused("not_found")
        if args.get("hash") and args["hash"] != found[0].hash:
            raise Refused("hash_conflict")
        self._change(found[0], checked(args.get("view")), now)
        return Done({"ok": True, "view": found[0].wire()})

    def _add(self, user: str, body: Mapping[str, Any], now: datetime) -> View:
        stack = self.stacks.setdefault(user, [])
        if len(stack) >= MOST_VIEWS:
            raise Refused("push_limit_reached")
        every = [view.body.get("external_id") for stack in self.stacks.values() for view in stack]
        if body.get("external_id") and body["external_id"] in every:
            raise Refused("duplicate_external_id")
        name = f"V{next(self._count):08d}"
        root, previous = (stack[0].id, stack[-1].id) if stack else (name, None)
        stack.append(View(name, user, body, self._hash(now), root, previous))
        return stack[-1]

    def _change(self, view: View, body: Mapping[str, Any], now: datetime) -> None:
        view.body, view.hash, view.errors = body, self._hash(now), {}

    def _hash(self, now: datetime) -> str:
        return f"{stamp(microseconds(now))[:10]}.{next(self._count):08x}"


def checked(value: Any) -> Mapping[str, Any]:
    """A modal's definition, with the ids that Slack makes up. Raises Refused as views.open does."""
    if isinstance(value, str):
        try:
            value = orjson.loads(value)
        except ValueError:
            raise _invalid(["must be valid json [json-pointer:/view]"]) from None
    if not isinstance(value, dict):
        raise _invalid(["missing required field: view"])
    if len(orjson.dumps(value)) > MOST_BYTES:
        raise Refused("view_too_large")
    found = _problems(value)
    if found:
        raise _invalid(found)
    return {**value, "blocks": list(identified(value["blocks"]))}


def _problems(view: dict[str, Any]) -> list[str]:
    check = Elements()
    if view.get("type") != "modal":
        check.say(f"unsupported type: {view.get('type')}", "/view/type")
    check.extras(view, _KEYS, "/view")
    check.text(view.get("title"), 24, PLAIN, "/view/title")
    for key in ("close", "submit"):
        if view.get(key) is not None:
            check.text(view[key], 24, PLAIN, f"/view/{key}")
    for key, most in (("private_metadata", 3000), ("callback_id", 255), ("external_id", 255)):
        if view.get(key):
            check.string(view[key], most, f"/view/{key}")
    blocks = check.array(view.get("blocks"), None, "/view/blocks")
    check.found += slack_blocks.problems(blocks, "/view/blocks", most=MOST_BLOCKS, inputs=True)
    if any(isinstance(item, dict) and item.get("type") == "input" for item in blocks) and not view.get("submit"):
        check.say("missing required field: submit", "/view")
    return check.found


def _invalid(found: list[str]) -> Refused:
    return Refused("invalid_arguments", response_metadata={"messages": [f"[ERROR] {line}" for line in found]})
