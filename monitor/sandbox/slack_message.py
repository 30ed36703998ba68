"""A message of the sandbox's Slack, and how a request's arguments become one. Pure."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import orjson

from monitor.sandbox import slack_blocks
from monitor.sandbox.slack_state import identified

TEAM, BOT, APP, BOT_USER = "T0SANDBOX", "B0LANGYAN", "A0LANGYAN", "U0LANGYAN"
LONGEST_TEXT = 40_000
"""What is longer is cut, without an error."""
LONGEST_UPDATE = 4_000

Args = Mapping[str, Any]
_T = TypeVar("_T")


class Refused(Exception):  # noqa: N818 - an answer, not a defect
    """Slack says no: `{"ok": false, "error": …}`; HTTP 429 with `retry_after`, otherwise 200."""

    def __init__(self, error: str, *, retry_after: int | None = None, **extra: Any) -> None:
        super().__init__(error)
        self.error, self.retry_after, self.extra = error, retry_after, extra


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """One message as it stands in a channel. `user`: who wrote it; `thread`: the ts of its parent, for a reply.

    `broadcast`: a reply that stands in the channel too. `client_msg_id`: of a person's own message. `revision` counts edits.
    """

    channel: str
    ts: str
    user: str = BOT_USER
    thread: str | None = None
    broadcast: bool = False
    client_msg_id: str | None = None
    text: str = ""
    blocks: tuple[Mapping[str, Any], ...] = ()
    attachments: tuple[Mapping[str, Any], ...] = ()
    metadata: Mapping[str, Any] | None = None
    files: tuple[str, ...] = ()
    edited: datetime | None = None
    revision: int = 0

    def wire(self, *, with_metadata: bool = False) -> dict[str, Any]:
        """As the Web API shows it."""
        shown: dict[str, Any] = {
            "type": "message",
            "user": self.user,
            "team": TEAM,
            "ts": self.ts,
            "text": self.text,
        }
        if self.user == BOT_USER:
            shown |= {"bot_id": BOT, "app_id": APP}
        if self.client_msg_id:
            shown["client_msg_id"] = self.client_msg_id
        if self.thread:
            shown["thread_ts"] = self.thread
        if self.broadcast:
            shown["subtype"] = "thread_broadcast"
        if self.blocks:
            shown["blocks"] = list(self.blocks)
        if self.attachments:
            shown["attachments"] = list(self.attachments)
        if self.files:
            shown["files"] = [{"id": name} for name in self.files]
        if self.edited:
            shown["edited"] = {"user": BOT_USER, "ts": stamp(microseconds(self.edited))}
        if with_metadata and self.metadata:
            shown["metadata"] = dict(self.metadata)
        return shown

    @property
    def order(self) -> int:
        return micros(self.ts)

    @property
    def top_level(self) -> bool:
        """Whether it stands in the channel itself."""
        return self.thread is None or self.broadcast


def microseconds(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def stamp(us: int) -> str:
    """Slack's ts: seconds, a dot, six digits; the message's name within its channel."""
    return f"{us // 1_000_000}.{us % 1_000_000:06d}"


def micros(ts: str) -> int:
    """The inverse of `stamp`; also reads "1764000000" and "0". ValueError for anything else."""
    seconds, _, rest = ts.partition(".")
    return int(seconds) * 1_000_000 + int(rest[:6].ljust(6, "0"))


def arguments(content_type: str, query: str, authorization: str, body: bytes) -> dict[str, Any]:
    """What was asked, with `token` among it: from query, form or JSON, and the Bearer header above all.

    As at Slack, a token inside a JSON body does not count.
    """
    args: dict[str, Any] = dict(parse_qsl(query, keep_blank_values=True))
    if content_type.startswith("application/json"):
        try:
            sent = orjson.loads(body) if body else {}
        except ValueError:
            raise Refused("invalid_json") from None
        if not isinstance(sent, dict):
            raise Refused("json_not_object")
        args |= {name: value for name, value in sent.items() if name != "token"}
    else:
        args |= dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() == "bearer":
        args["token"] = token.strip()
    return args


def content(args: Args) -> dict[str, Any]:
    """The fields of a `Message` that the request sets, checked as Slack checks them. What it left out is not there."""
    fields: dict[str, Any] = {}
    if args.get("text") is not None:
        fields["text"] = str(args["text"])[:LONGEST_TEXT]
    for name in ("blocks", "attachments"):
        if args.get(name) is not None:
            fields[name] = tuple(_parsed(args[name], list, f"invalid_{name}_format"))
    _check_blocks(list(fields.get("blocks", ())))
    _check_attachments(fields.get("attachments", ()))
    if "blocks" in fields:
        fields["blocks"] = identified(fields["blocks"])
    if "attachments" in fields:
        fields["attachments"] = tuple(
            {**item, "blocks": list(identified(item["blocks"]))} if item.get("blocks") else item
            for item in fields["attachments"]
        )
    if args.get("metadata") is not None:
        fields["metadata"] = _metadata(args["metadata"])
    return fields


def key(args: Args) -> str | None:
    """metadata.event_payload.key, the sender's idempotency key, when there is one."""
    try:
        found = _metadata(args.get("metadata") or {})
    except Refused:
        return None
    value = found["event_payload"].get("key") if found else None
    return value if isinstance(value, str) else None


def pings(args: Args, message: Message) -> tuple[str, ...]:
    named = yes(args.get("link_names")) or args.get("parse") == "full"
    return slack_blocks.mentions(message.text, list(message.blocks), list(message.attachments), named=named)


def yes(value: Any) -> bool:
    return value is True or str(value).lower() in ("1", "true")


def page_size(args: Args) -> int:
    try:
        limit = int(args.get("limit") or 100)
    except ValueError:
        raise Refused("invalid_limit") from None
    if not 1 <= limit <= 999:
        raise Refused("invalid_limit")
    return limit


def span(args: Args, *, forward: bool = False) -> tuple[int, int]:
    """The first and the last microsecond that is asked for. A cursor goes back in time, and `forward` in a thread."""
    edge = 0 if yes(args.get("inclusive")) else 1
    first, last = 0, 1 << 62
    if args.get("oldest"):
        first = _micros(args["oldest"], "invalid_ts_oldest") + edge
    if args.get("latest"):
        last = _micros(args["latest"], "invalid_ts_latest") - edge
    if args.get("cursor"):
        try:
            word, _, at = base64.b64decode(str(args["cursor"]), validate=True).decode().partition(":")
            first, last = (max(first, int(at)), last) if forward else (first, min(last, int(at)))
        except (binascii.Error, ValueError):
            raise Refused("invalid_cursor") from None
        if word != "next_ts":
            raise Refused("invalid_cursor")
    return first, last


def cursor(following: Message) -> str:
    return base64.b64encode(f"next_ts:{following.order}".encode()).decode()


def _micros(value: Any, error: str) -> int:
    try:
        return micros(str(value))
    except ValueError:
        raise Refused(error) from None


def _parsed(value: Any, kind: type[_T], error: str) -> _T:
    """A form sends JSON as a string, JSON sends it as it is."""
    if isinstance(value, str):
        try:
            value = orjson.loads(value)
        except ValueError:
            raise Refused(error) from None
    if not isinstance(value, kind):
        raise Refused(error)
    return value


def _check_blocks(blocks: list[Any]) -> None:
    found = slack_blocks.problems(blocks)
    if found:
        raise invalid("invalid_blocks", found)
    if slack_blocks.characters(blocks) > slack_blocks.MOST_CHARACTERS:
        raise Refused("msg_blocks_too_long")


def _check_attachments(attachments: tuple[Any, ...]) -> None:
    if len(attachments) > 100:
        raise Refused("too_many_attachments")
    for index, item in enumerate(attachments):
        fields = item.get("fields", []) if isinstance(item, dict) else None
        if not isinstance(fields, list) or not all(isinstance(field, dict) for field in fields):
            raise Refused("invalid_attachments")
        found = slack_blocks.problems(item.get("blocks", []), f"/attachments/{index}/blocks")
        if found:
            raise invalid("invalid_attachments", found)


def invalid(error: str, found: list[str]) -> Refused:
    """A refusal that says what is wrong and where."""
    return Refused(error, errors=found, response_metadata={"messages": [f"[ERROR] {line}" for line in found]})


def _metadata(value: Any) -> Mapping[str, Any] | None:
    """Checked metadata; None for the empty object, which takes metadata away."""
    found = _parsed(value, dict, "invalid_metadata_format")
    if not found:
        return None
    if not isinstance(found.get("event_type"), str) or not isinstance(found.get("event_payload"), dict):
        raise Refused("invalid_metadata_format")
    return found
