"""What a person does in the sandbox's Slack: presses, chooses, fills in, types; and what they then see.

Each deed becomes the payload that Slack would send, and goes to the app over Socket Mode. Nothing here waits: what came
of a deed is read off its `Delivery`.
"""

import itertools
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from monitor.ports import Clock
from monitor.sandbox import slack_payloads as payloads
from monitor.sandbox.slack_grants import Grants
from monitor.sandbox.slack_message import Message, Refused, microseconds, stamp
from monitor.sandbox.slack_people import KNOWN
from monitor.sandbox.slack_sockets import Delivery, Sockets, patience
from monitor.sandbox.slack_state import Raw, incomplete, named, reading, values, where
from monitor.sandbox.slack_views import View, Views
from monitor.sandbox.slack_workspace import Done, Workspace, channel_name

COMMANDS = ("/langyan",)


P = ParamSpec("P")
T = TypeVar("T")


def _locked(method: Callable[Concatenate["Hands", P], T]) -> Callable[Concatenate["Hands", P], T]:
    @wraps(method)
    def alone(self: "Hands", /, *given: P.args, **named: P.kwargs) -> T:
        with self._lock:
            return method(self, *given, **named)

    return alone


class Impossible(Exception):  # noqa: N818 - an answer, not a defect
    """What a person cannot do: press what is not there, or choose what is not offered."""


@dataclass(slots=True)
class Deed:
    """What somebody did, in the words they saw, where, and whether the app took it."""

    user: str
    channel: str | None
    what: str
    delivery: Delivery


class Hands:
    """The people at the keyboard. What the app hears of them hangs on its `scopes`. Safe to ask from another thread."""

    def __init__(
        self,
        clock: Clock,
        lock: threading.RLock,
        workspace: Workspace,
        sockets: Sockets,
        grants: Grants,
        views: Views,
        *,
        scopes: Collection[str],
    ) -> None:
        self.deeds: list[Deed] = []
        self.troubles: list[str] = []
        """What the app answered that Slack would have shown to the person as trouble."""
        self._clock, self._workspace, self._sockets = clock, workspace, sockets
        self._grants, self._views, self._lock = grants, views, lock
        self._hears, self._commands = "channels:history" in scopes, COMMANDS if "commands" in scopes else ()
        self._events = itertools.count(1)
        self._entered: dict[str, dict[str, dict[str, Any]]] = {}

    # ── on messages ──

    @_locked
    def press(
        self, user: str, channel: str, ts: str, action_id: str, *, block_id: str | None = None, value: Any = None
    ) -> Delivery:
        """Presses a button, or chooses `value` from what is no button. Without `block_id`, the first of that action."""
        message, ephemeral = self._seen(user, channel, ts)
        blocks, attachments = message.blocks, message.attachments
        found = where(blocks, attachments, block_id, action_id)
        if found is None:
            raise Impossible(f"the message has no {action_id}")
        attachment, (block, element) = found
        every = [*blocks, *(block for item in attachments for block in item.get("blocks", ()))]
        state = self._enter(self._entered.setdefault(ts, {}), block, element, value)
        hook = self._grants.hook(self._workspace.url, channel, user, ts)
        place = payloads.on_message(message, channel_name(channel), attachment, ephemeral=ephemeral, hook=hook)
        return self._acted(user, channel, place, values(every, self._entered[ts]), (block, element, state))

    def entered(self, ts: str) -> Raw:
        """What was chosen on a message."""
        return self._entered.get(ts, {})

    # ── in modals ──

    @_locked
    def press_in_view(self, user: str, action_id: str, *, block_id: str | None = None, value: Any = None) -> Delivery:
        view = self._open(user)
        found = named(view.body["blocks"], block_id, action_id)
        if found is None:
            raise Impossible(f"the modal has no {action_id}")
        given = {key: dict(each) for key, each in view.given.items()}
        state = self._enter(given, *found, value)
        view.given = given
        shown = view.wire()
        return self._acted(user, None, payloads.in_view(shown), shown["state"]["values"], (*found, state))

    @_locked
    def submit(self, user: str, given: Raw) -> Delivery | None:
        """Sends the modal off. None: it is not complete, and says so itself."""
        view = self._open(user)
        view.given, view.errors = given, incomplete(view.body["blocks"], given)
        if view.errors:
            return None
        try:
            payload = payloads.submitted(user, view.wire(), self._grants.trigger(user))
        except ValueError as error:
            raise Impossible(str(error)) from None
        view.pending = self._send(user, None, "submit", "interactive", payload, view=view)
        return view.pending

    @_locked
    def dismiss(self, user: str) -> Delivery | None:
        """Closes the modal by its cross. The app hears of it only if it asked for that."""
        view = self._open(user)
        cleared = bool(view.body.get("clear_on_close"))
        told = None
        for gone in self._views.close(view, all_of_them=cleared):
            if gone.body.get("notify_on_close"):
                payload = payloads.closed(user, gone.wire(), cleared=cleared)
                told = self._send(user, None, "close", "interactive", payload)
        return told

    # ── at the keyboard ──

    @_locked
    def write(self, user: str, channel: str, text: str, thread: str | None = None) -> Delivery | None:
        """Types a command or a message, in a thread or not. None: nobody listens to messages."""
        self._known(user, channel)
        word, _, rest = text.strip().partition(" ")
        if word in self._commands:
            return self._command(user, channel, word, rest.strip())
        if word.startswith("/"):
            raise Impossible(f"{word} is no command here; there is {', '.join(self._commands) or 'none'}")
        if not text.strip():
            raise Impossible("there is nothing to send")
        now = self._clock.now()
        message = Message(
            channel=channel,
            ts=self._workspace.stamp(channel, now),
            user=user,
            thread=self._workspace.parent(channel, thread),
            client_msg_id=payloads.client_id(microseconds(now) + len(self.deeds)),
            text=payloads.typed(text.strip()),
        )
        self._workspace.keep(message)
        return self.echo(Done({}, message), None)

    def echo(self, done: Done, before: Message | None) -> Delivery | None:
        """Tells the app of a message that came, changed or went: of its own too, as Slack does, but only while it listens."""
        message = done.message
        if message is None or not self._hears or not (message.client_msg_id or self._sockets.open):
            return None
        at, event = stamp(microseconds(self._clock.now())), next(self._events)
        if done.gone:
            payload = payloads.removed(message, at, event)
        elif before is not None:
            payload = payloads.changed(message, before, at, event)
        else:
            parent = self._workspace.rooms[message.channel].get(message.thread or "")
            payload = payloads.posted(message, parent, event)
        return self._sockets.deliver("events_api", payload)

    def answer(self, channel: str, user: str, ts: str | None, body: Mapping[str, Any]) -> Message | None:
        """What a response_url or a command's acknowledgement says. Raises Refused as Slack does."""
        now = self._clock.now()
        whisper = self._workspace.ephemeral.get(ts or "")
        before = whisper[1] if whisper else self._workspace.rooms[channel].get(ts or "")
        if before is not None and body.get("delete_original"):
            self._workspace.ephemeral.pop(before.ts, None)
            self._workspace.take_away(before)
            return None
        fields = self._workspace.content(body, now)
        if not (fields.get("text") or fields.get("blocks") or fields.get("attachments")):
            raise Refused("no_text")
        if before is not None and body.get("replace_original"):
            message = self._workspace.edited(before, fields, now)
            if whisper:
                self._workspace.ephemeral[message.ts] = (user, message)
            else:
                self._workspace.keep(message)
            return message
        if body.get("response_type") != "in_channel":
            return self._workspace.whisper(channel, user, fields, now)
        message = Message(channel=channel, ts=self._workspace.stamp(channel, now), **fields)
        self._workspace.keep(message)
        return message

    @_locked
    def warnings(self, user: str) -> list[Deed]:
        """The deeds of the last 20 seconds that the app did not take in time: Slack puts a warning sign beside them."""
        now, lately = self._clock.now(), patience(self._clock, 20)
        mine = (deed for deed in reversed(self.deeds) if deed.user == user and now < deed.delivery.at + lately)
        return [deed for deed in mine if deed.delivery.failed(now)]

    # ── what they share ──

    def _command(self, user: str, channel: str, word: str, rest: str) -> Delivery:
        hook, trigger = self._grants.hook(self._workspace.url, channel, user, None), self._grants.trigger(user)
        payload = payloads.command(user, channel, channel_name(channel), (word, rest), trigger=trigger, hook=hook)

        def done(delivery: Delivery) -> None:
            if isinstance(delivery.response, dict) and delivery.response:
                self._carefully(lambda: self.answer(channel, user, None, delivery.response))

        delivery = self._sockets.deliver("slash_commands", payload, accepts=True, done=done)
        self.deeds.append(Deed(user, channel, f"{word} {rest}".strip(), delivery))
        return delivery

    def _acted(
        self,
        user: str,
        channel: str | None,
        place: Mapping[str, Any],
        state: Mapping[str, Any],
        what: tuple[Mapping[str, Any], Mapping[str, Any], Mapping[str, Any] | None],
    ) -> Delivery:
        action = payloads.acted(*what)
        payload = payloads.pressed(user, action, self._clock.now(), place=place, state=state)
        payload["trigger_id"] = self._grants.trigger(user)
        words = what[1].get("text") or what[1].get("placeholder") or {"text": what[1]["action_id"]}
        return self._send(user, channel, str(words["text"]), "interactive", payload)

    def _send(
        self,
        user: str,
        channel: str | None,
        what: str,
        kind: Any,
        payload: Mapping[str, Any],
        *,
        view: View | None = None,
    ) -> Delivery:
        def done(delivery: Delivery) -> None:
            if view is not None:
                view.pending = None
                self._carefully(lambda: self._views.answered(view, delivery.response, self._clock.now()))

        delivery = self._sockets.deliver(kind, payload, accepts=view is not None, done=done)
        self.deeds.append(Deed(user, channel, what, delivery))
        return delivery

    def _carefully(self, do: Any) -> None:
        try:
            do()
        except Refused as refused:
            self.troubles.append(refused.error)

    def _enter(
        self, given: dict[str, dict[str, Any]], block: Mapping[str, Any], element: Mapping[str, Any], value: Any
    ) -> Mapping[str, Any] | None:
        """Notes what was chosen, and what the element holds now; None for a button."""
        if element["type"] == "button":
            return None
        try:
            state = reading({**element, "type": "static_select"} if element["type"] == "overflow" else element, value)
        except ValueError as error:
            raise Impossible(str(error)) from None
        given.setdefault(str(block["block_id"]), {})[str(element["action_id"])] = value
        return {**state, "type": element["type"]}

    def _known(self, user: str, channel: str) -> None:
        if user not in KNOWN:
            raise Impossible(f"nobody is called {user}; there are {', '.join(KNOWN)}")
        if channel not in self._workspace.rooms:
            raise Impossible(f"the app is not in {channel}")

    def _seen(self, user: str, channel: str, ts: str) -> tuple[Message, bool]:
        self._known(user, channel)
        alone, message = self._workspace.ephemeral.get(ts, ("", None))
        if message is not None and alone == user:
            return message, True
        found = self._workspace.rooms[channel].get(ts)
        if found is None:
            raise Impossible(f"there is no message {ts}")
        return found, False

    def _open(self, user: str) -> View:
        view = self._views.top(user)
        if view is None:
            raise Impossible(f"{user} has no modal open")
        return view
