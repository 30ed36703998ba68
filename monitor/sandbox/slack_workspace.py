"""The channels of the sandbox's Slack and the Web API methods that read and change them. No I/O, no faults, no limits."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from monitor.sandbox import slack_blocks
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
    invalid,
    microseconds,
    page_size,
    pings,
    span,
    stamp,
    yes,
)
from monitor.sandbox.slack_people import GROUPS, KNOWN, PEOPLE

_NAMES = {"C0CRISIS01": "舆情应急-crisis", "C0OPS": "值守-ops", "C0LOUNGE": "lounge"}


def channel_name(channel: str) -> str:
    return _NAMES.get(channel, channel.lower())


@dataclass(frozen=True, slots=True)
class Done:
    """What a method did: its answer, and the message that it changed, or took away (`gone`)."""

    payload: dict[str, Any]
    message: Message | None = None
    mentions: tuple[str, ...] = ()
    gone: bool = False


class Workspace:
    """Channels the app was invited to (`rooms`), and some it was not. `url` ends in a slash.

    A method answers and changes no room: a changed message is in the answer until `keep` puts it into its room.
    """

    def __init__(self, channels: Iterable[str], uninvited: Iterable[str], private: Iterable[str]) -> None:
        self.rooms: dict[str, dict[str, Message]] = {channel: {} for channel in channels}
        self.ephemeral: dict[str, tuple[str, Message]] = {}
        """By ts: who alone sees it, and it."""
        self.usable: Callable[[Any, datetime], bool] = lambda _, __: False
        """Whether a block may show a `slack_file` at a moment."""
        self.uninvited, self.private = list(uninvited), frozenset(private)
        self.url = "/"
        self._last: dict[str, int] = {}
        self.methods = {
            "auth.test": self._auth_test,
            "chat.postMessage": self._post_message,
            "chat.postEphemeral": self._post_ephemeral,
            "chat.update": self._update,
            "chat.delete": self._delete,
            "chat.getPermalink": self._permalink,
            "conversations.history": self._history,
            "conversations.replies": self._replies,
            "conversations.info": self._info,
            "conversations.members": self._members,
            "conversations.join": self._join,
            "users.info": self._user,
            "usergroups.users.list": self._group,
        }

    def call(self, method: str, args: Args, now: datetime) -> Done:
        return self.methods[method](args, now)

    def keep(self, message: Message) -> None:
        self.rooms[message.channel][message.ts] = message

    def take_away(self, message: Message) -> None:
        self.rooms[message.channel].pop(message.ts, None)

    def thread(self, channel: str, ts: str) -> list[Message]:
        """The replies under a message, oldest first."""
        return sorted((m for m in self.rooms[channel].values() if m.thread == ts), key=lambda m: m.order)

    def stamp(self, channel: str, now: datetime) -> str:
        """A ts that no message of the channel has or ever had, not before any of them."""
        self._last[channel] = max(microseconds(now), self._last.get(channel, 0)) + 100
        return stamp(self._last[channel])

    def parent(self, channel: str, ts: object) -> str | None:
        """The thread a reply lands in. Slack says nothing where the parent is gone or is a reply: None, the channel itself."""
        found = self.rooms[channel].get(str(ts)) if ts else None
        return found.ts if found and found.thread is None else None

    def room(self, args: Args) -> dict[str, Message]:
        channel = args.get("channel")
        if channel in self.uninvited:
            raise Refused("not_in_channel")
        if channel not in self.rooms:
            raise Refused("channel_not_found")
        return self.rooms[channel]

    def content(self, args: Args, now: datetime) -> dict[str, Any]:
        """`slack_message.content`, and no picture that cannot be shown yet."""
        fields = content(args)
        places = [("/blocks", fields.get("blocks", ()), "invalid_blocks")]
        for index, item in enumerate(fields.get("attachments", ())):
            places.append((f"/attachments/{index}/blocks", item.get("blocks", ()), "invalid_attachments"))
        for place, blocks, error in places:
            for at, picture in slack_blocks.pictures(blocks, place):
                if not self.usable(picture, now):
                    raise invalid(error, [f"invalid slack file [json-pointer:{at}]"])
        return fields

    def _wire(self, message: Message, *, with_metadata: bool = False) -> dict[str, Any]:
        """As the Web API shows it, with what is known of its thread."""
        shown = message.wire(with_metadata=with_metadata)
        replies = self.thread(message.channel, message.ts) if message.thread is None else []
        if replies:
            users = list(dict.fromkeys(reply.user for reply in replies))
            shown |= {"thread_ts": message.ts, "reply_count": len(replies), "latest_reply": replies[-1].ts}
            shown |= {"reply_users": users, "reply_users_count": len(users)}
        return shown

    def _auth_test(self, _: Args, __: datetime) -> Done:
        about = {"team": "Langyan sandbox", "user": "langyan", "team_id": TEAM, "user_id": BOT_USER, "bot_id": BOT}
        return Done({"ok": True, "url": f"{self.url}slack/", **about, "is_enterprise_install": False})

    def _post_message(self, args: Args, now: datetime) -> Done:
        self.room(args)
        channel = str(args["channel"])
        fields = _something(self.content(args, now))
        thread = self.parent(channel, args.get("thread_ts"))
        shows = thread is not None and yes(args.get("reply_broadcast"))
        message = Message(channel=channel, ts=self.stamp(channel, now), thread=thread, broadcast=shows, **fields)
        answer = {"ok": True, "channel": channel, "ts": message.ts, "message": message.wire()}
        return Done(answer, message, pings(args, message))

    def _post_ephemeral(self, args: Args, now: datetime) -> Done:
        self.room(args)
        if args.get("user") not in [person.id for person in PEOPLE]:
            raise Refused("user_not_in_channel")
        message = self.whisper(str(args["channel"]), str(args["user"]), _something(self.content(args, now)), now)
        return Done({"ok": True, "message_ts": message.ts})

    def whisper(self, channel: str, user: str, fields: dict[str, Any], now: datetime) -> Message:
        """A message that `user` alone sees, until the page is gone; no method finds it again."""
        fields.pop("metadata", None)
        message = Message(channel=channel, ts=self.stamp(channel, now), **fields)
        self.ephemeral[message.ts] = (user, message)
        return message

    def _update(self, args: Args, now: datetime) -> Done:
        message = self.edited(self._own(args), self.content(args, now), now)
        answer = {"ok": True, "channel": message.channel, "ts": message.ts, "text": message.text}
        return Done({**answer, "message": message.wire()}, message, pings(args, message))

    def edited(self, before: Message, fields: dict[str, Any], now: datetime) -> Message:
        """The message after an edit, which is not kept yet."""
        if len(fields.get("text", "")) > LONGEST_UPDATE:
            raise Refused("msg_too_long")
        _something(fields)
        if fields.get("text"):
            fields.setdefault("blocks", ())  # new text without blocks takes the old blocks away, as Slack documents
        return replace(before, **fields, edited=now, revision=before.revision + 1)

    def _own(self, args: Args) -> Message:
        found = self.room(args).get(str(args.get("ts")))
        if found is None:
            raise Refused("message_not_found")
        if found.user != BOT_USER:
            raise Refused("cant_update_message")
        return found

    def _delete(self, args: Args, _: datetime) -> Done:
        try:
            message = self._own(args)
        except Refused as refused:
            raise Refused(refused.error.replace("cant_update", "cant_delete")) from None
        return Done({"ok": True, "channel": message.channel, "ts": message.ts}, message, gone=True)

    def _history(self, args: Args, _: datetime) -> Done:
        found = [message for message in self.room(args).values() if message.top_level]
        return self._page(args, sorted(found, key=lambda m: -m.order))

    def _replies(self, args: Args, _: datetime) -> Done:
        room, ts = self.room(args), str(args.get("ts"))
        message = room.get(ts)
        if message is None:
            raise Refused("thread_not_found")
        parent = room.get(message.thread, message) if message.thread else message
        return self._page(args, [parent, *self.thread(parent.channel, parent.ts)], forward=True)

    def _page(self, args: Args, found: list[Message], *, forward: bool = False) -> Done:
        limit = page_size(args)
        first, last = span(args, forward=forward)
        found = [message for message in found if first <= message.order <= last]
        page, rest = found[:limit], found[limit:]
        with_metadata = yes(args.get("include_all_metadata"))
        shown = [self._wire(message, with_metadata=with_metadata) for message in page]
        answer: dict[str, Any] = {"ok": True, "messages": shown, "has_more": bool(rest), "pin_count": 0}
        if rest:
            answer["response_metadata"] = {"next_cursor": cursor(rest[0])}
        return Done(answer)

    def _channel(self, args: Args) -> str:
        channel = str(args.get("channel"))
        if channel not in (*self.rooms, *self.uninvited):
            raise Refused("channel_not_found")
        return channel

    def _info(self, args: Args, _: datetime) -> Done:
        channel = self._channel(args)
        about = {"id": channel, "name": channel_name(channel), "is_member": channel in self.rooms}
        hidden = channel in self.private
        kind = {"is_channel": not hidden, "is_group": hidden, "is_private": hidden, "is_archived": False}
        return Done({"ok": True, "channel": {**about, **kind}})

    def _members(self, args: Args, _: datetime) -> Done:
        joined = [BOT_USER] if self._channel(args) in self.rooms else []
        members = [person.id for person in PEOPLE] + joined
        return Done({"ok": True, "members": members, "response_metadata": {"next_cursor": ""}})

    def _join(self, args: Args, now: datetime) -> Done:
        channel = self._channel(args)
        if channel in self.uninvited:
            self.uninvited.remove(channel)
            self.rooms[channel] = {}
        return self._info(args, now)

    def _user(self, args: Args, _: datetime) -> Done:
        if args.get("user") not in KNOWN:
            raise Refused("user_not_found")
        return Done({"ok": True, "user": KNOWN[str(args["user"])].wire()})

    def _group(self, args: Args, _: datetime) -> Done:
        if args.get("usergroup") not in GROUPS:
            raise Refused("no_such_subteam")
        return Done({"ok": True, "users": list(GROUPS[str(args["usergroup"])])})

    def _permalink(self, args: Args, _: datetime) -> Done:
        message = self.room(args).get(str(args.get("message_ts")))
        if message is None:
            raise Refused("message_not_found")
        link = f"{self.url}slack/{message.channel}#p{message.ts.replace('.', '')}"
        return Done({"ok": True, "channel": message.channel, "permalink": link})


def _something(fields: dict[str, Any]) -> dict[str, Any]:
    if not (fields.get("text") or fields.get("blocks") or fields.get("attachments")):
        raise Refused("no_text")
    return fields
