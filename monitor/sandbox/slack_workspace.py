"""The channels of the sandbox's Slack and the Web API methods that read and change them. No I/O, no faults, no limits."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from monitor.sandbox.slack_message import (
    BOT,
    BOT_USER,
    LONGEST_UPDATE,
    TEAM,
    Args,
    Message,
    Refused,
    content,
    cursor,
    microseconds,
    page_size,
    pings,
    span,
    stamp,
    yes,
)

_NAMES = {"C0CRISIS01": "舆情应急-crisis", "C0OPS": "值守-ops", "C0LOUNGE": "lounge"}


def channel_name(channel: str) -> str:
    return _NAMES.get(channel, channel.lower())


@dataclass(frozen=True, slots=True)
class Done:
    """What a method did: its answer, and the message that it changed."""

    payload: dict[str, Any]
    message: Message | None = None
    mentions: tuple[str, ...] = ()


class Workspace:
    """Channels the app was invited to (`rooms`), and some it was not. `url` ends in a slash.

    A method answers and changes nothing: a changed message is in the answer until `keep` puts it into its room.
    """

    def __init__(self, channels: Iterable[str], uninvited: Iterable[str]) -> None:
        self.rooms: dict[str, dict[str, Message]] = {channel: {} for channel in channels}
        self.uninvited = tuple(uninvited)
        self.url = "/"
        self.methods = {
            "auth.test": self._auth_test,
            "chat.postMessage": self._post_message,
            "chat.update": self._update,
            "chat.getPermalink": self._permalink,
            "conversations.history": self._history,
            "conversations.info": self._info,
        }

    def call(self, method: str, args: Args, now: datetime) -> Done:
        return self.methods[method](args, now)

    def keep(self, message: Message) -> None:
        self.rooms[message.channel][message.ts] = message

    def _room(self, args: Args) -> dict[str, Message]:
        channel = args.get("channel")
        if channel in self.uninvited:
            raise Refused("not_in_channel")
        if channel not in self.rooms:
            raise Refused("channel_not_found")
        return self.rooms[channel]

    def _auth_test(self, _: Args, __: datetime) -> Done:
        about = {"team": "Langyan sandbox", "user": "langyan", "team_id": TEAM, "user_id": BOT_USER, "bot_id": BOT}
        return Done({"ok": True, "url": f"{self.url}slack/", **about, "is_enterprise_install": False})

    def _post_message(self, args: Args, now: datetime) -> Done:
        room = self._room(args)
        fields = content(args)
        if not (fields.get("text") or fields.get("blocks") or fields.get("attachments")):
            raise Refused("no_text")
        ts = stamp(max(microseconds(now), *(message.order for message in room.values()), 0) + 100)
        message = Message(channel=str(args["channel"]), ts=ts, **fields)
        answer = {"ok": True, "channel": message.channel, "ts": ts, "message": message.wire()}
        return Done(answer, message, pings(args, message))

    def _update(self, args: Args, now: datetime) -> Done:
        before = self._room(args).get(str(args.get("ts")))
        if before is None:
            raise Refused("message_not_found")
        fields = content(args)
        if len(fields.get("text", "")) > LONGEST_UPDATE:
            raise Refused("msg_too_long")
        if not (fields.get("text") or fields.get("blocks") or fields.get("attachments")):
            raise Refused("no_text")
        if fields.get("text"):
            fields.setdefault("blocks", ())  # new text without blocks takes the old blocks away, as Slack documents
        message = replace(before, **fields, edited=now, revision=before.revision + 1)
        answer = {"ok": True, "channel": message.channel, "ts": message.ts, "text": message.text}
        return Done({**answer, "message": message.wire()}, message, pings(args, message))

    def _history(self, args: Args, _: datetime) -> Done:
        room = self._room(args)
        limit = page_size(args)
        first, last = span(args)
        found = sorted((m for m in room.values() if first <= m.order <= last), key=lambda m: -m.order)
        page, rest = found[:limit], found[limit:]
        with_metadata = yes(args.get("include_all_metadata"))
        shown = [message.wire(with_metadata=with_metadata) for message in page]
        answer: dict[str, Any] = {"ok": True, "messages": shown, "has_more": bool(rest), "pin_count": 0}
        if rest:
            answer["response_metadata"] = {"next_cursor": cursor(rest[0])}
        return Done(answer)

    def _info(self, args: Args, _: datetime) -> Done:
        channel = str(args.get("channel"))
        if channel not in (*self.rooms, *self.uninvited):
            raise Refused("channel_not_found")
        about = {"id": channel, "name": channel_name(channel), "is_member": channel in self.rooms}
        return Done({"ok": True, "channel": {**about, "is_channel": True, "is_private": False, "is_archived": False}})

    def _permalink(self, args: Args, _: datetime) -> Done:
        message = self._room(args).get(str(args.get("message_ts")))
        if message is None:
            raise Refused("message_not_found")
        link = f"{self.url}slack/{message.channel}#p{message.ts.replace('.', '')}"
        return Done({"ok": True, "channel": message.channel, "permalink": link})
