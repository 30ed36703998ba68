"""What Slack would say to a message's blocks, and whom its text would ping. Pure.

Limits: https://docs.slack.dev/reference/block-kit/blocks and the pages under it. Problems are worded as Slack words
them: `must be less than 3001 characters [json-pointer:/blocks/0/text/text]`.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

MOST_BLOCKS = 50
MOST_CHARACTERS = 10_000
"""Of all blocks together. Slack publishes no figure; reports lie between 9,597 (taken) and 11,341 (refused)."""

_ANY = ("plain_text", "mrkdwn")
_PLAIN = ("plain_text",)
_KEYS = {
    "section": {"text", "fields", "accessory", "expand"},
    "header": {"text", "level"},
    "divider": set(),
    "context": {"elements"},
    "actions": {"elements"},
    "image": {"image_url", "slack_file", "alt_text", "title"},
    "rich_text": {"elements"},
}
_BUTTON_KEYS = {"type", "text", "action_id", "url", "value", "style", "confirm", "accessibility_label"}
_RICH_PARTS = ("rich_text_section", "rich_text_quote", "rich_text_preformatted", "rich_text_list")
_RICH_LEAVES = ("text", "link", "emoji", "user", "usergroup", "channel", "broadcast", "date", "color")

_PING = re.compile(r"<(!(?:channel|here|everyone)|@[UW][A-Z0-9]+|!subteam\^[A-Z0-9]+)(?:\|[^<>]*)?>")
_NAMED = re.compile(r"(?<![\w@<!])@(channel|here|everyone)\b")


def problems(blocks: Any, pointer: str = "/blocks") -> list[str]:
    """Every reason why Slack would refuse these blocks; none when it would take them."""
    check = _Check()
    if not isinstance(blocks, list):
        check.say("must provide an array", pointer)
        return check.found
    check.count(blocks, MOST_BLOCKS, pointer)
    seen: set[str] = set()
    for index, block in enumerate(blocks):
        check.block(block, f"{pointer}/{index}", seen)
    return check.found


def characters(blocks: Any) -> int:
    """How much text there is in all the blocks, by Slack's count of their `text` strings."""
    if isinstance(blocks, list):
        return sum(map(characters, blocks))
    if not isinstance(blocks, dict):
        return 0
    return sum(len(v) if k == "text" and isinstance(v, str) else characters(v) for k, v in blocks.items())


def mentions(text: str, blocks: Any, attachments: Any, *, named: bool = False) -> tuple[str, ...]:
    """Whom this message pings: `!channel`, `!here`, `@U…`, `!subteam^S…`.

    `named`: the message asked for link_names or parse=full, with which a bare @channel is enough.
    """
    pings = []
    for piece in (text, *_marked(blocks), *_marked(attachments), *_legacy(attachments)):
        pings += [hit.group(1) for hit in _PING.finditer(piece)]
        if named:
            pings += [f"!{hit.group(1)}" for hit in _NAMED.finditer(piece)]
    return tuple(pings)


def _marked(node: Any) -> Iterator[str]:
    """Every string under `node` that Slack reads as markup; a rich text mention is put as the markup it equals."""
    if isinstance(node, list):
        for item in node:
            yield from _marked(item)
    elif isinstance(node, dict):
        kind = node.get("type")
        if kind == "mrkdwn":
            yield str(node.get("text", ""))
        elif kind == "user":
            yield f"<@{node.get('user_id')}>"
        elif kind == "usergroup":
            yield f"<!subteam^{node.get('usergroup_id')}>"
        elif kind == "broadcast":
            yield f"<!{node.get('range')}>"
        for value in node.values():
            yield from _marked(value)


def _legacy(attachments: Any) -> Iterator[str]:
    for item in attachments if isinstance(attachments, list) else ():
        if isinstance(item, dict):
            yield from (str(item[key]) for key in ("pretext", "title", "text", "fallback", "footer") if item.get(key))
            fields = item.get("fields")
            for field in fields if isinstance(fields, list) else ():
                yield str(field.get("value", "")) if isinstance(field, dict) else str(field)


class _Check:
    """Collects what is wrong, in the order of the message."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def say(self, problem: str, pointer: str) -> None:
        self.found.append(f"{problem} [json-pointer:{pointer}]")

    def block(self, block: Any, at: str, seen: set[str]) -> None:
        if not isinstance(block, dict):
            return self.say("must provide an object", at)
        kind = str(block.get("type"))
        if kind not in _KEYS:
            return self.say(f"unsupported type: {kind}", f"{at}/type")
        self.extras(block, _KEYS[kind] | {"type", "block_id"}, at)
        name = block.get("block_id")
        if name is not None:
            self.string(name, 255, f"{at}/block_id")
            if str(name) in seen:
                self.say("block_id already exists", f"{at}/block_id")
            seen.add(str(name))
        if kind != "divider":
            getattr(self, f"_{kind}")(block, at)
        return None

    def _section(self, block: dict[str, Any], at: str) -> None:
        if block.get("text") is None and not block.get("fields"):
            self.say("must define either `fields` or `text`", at)
        if block.get("text") is not None:
            self.text(block["text"], 3000, _ANY, f"{at}/text")
        if block.get("fields") is not None:
            for index, field in enumerate(self.array(block["fields"], 10, f"{at}/fields")):
                self.text(field, 2000, _ANY, f"{at}/fields/{index}")
        accessory = block.get("accessory")
        if accessory is not None:
            if isinstance(accessory, dict) and accessory.get("type") == "image":
                self._image(accessory, f"{at}/accessory")
            else:
                self.button(accessory, f"{at}/accessory")

    def _header(self, block: dict[str, Any], at: str) -> None:
        self.text(block.get("text"), 150, _PLAIN, f"{at}/text")

    def _context(self, block: dict[str, Any], at: str) -> None:
        for index, item in enumerate(self.array(block.get("elements"), 10, f"{at}/elements")):
            place = f"{at}/elements/{index}"
            if isinstance(item, dict) and item.get("type") == "image":
                self._image(item, place)
            else:
                self.text(item, 3000, _ANY, place)

    def _actions(self, block: dict[str, Any], at: str) -> None:
        taken: set[str] = set()
        for index, item in enumerate(self.array(block.get("elements"), 25, f"{at}/elements")):
            place = f"{at}/elements/{index}"
            self.button(item, place)
            action = item.get("action_id") if isinstance(item, dict) else None
            if action is not None and str(action) in taken:
                self.say("action_id already exists in this block", f"{place}/action_id")
            taken.add(str(action))

    def _image(self, block: dict[str, Any], at: str) -> None:
        if ("image_url" in block) == ("slack_file" in block):
            self.say("must define either `image_url` or `slack_file`", at)
        if "image_url" in block:
            self.url(block["image_url"], f"{at}/image_url")
        if "alt_text" not in block:
            self.say("missing required field: alt_text", at)
        else:
            self.string(block["alt_text"], 2000, f"{at}/alt_text")
        if block.get("title") is not None:
            self.text(block["title"], 2000, _PLAIN, f"{at}/title")

    def _rich_text(self, block: dict[str, Any], at: str) -> None:
        for index, part in enumerate(self.array(block.get("elements"), None, f"{at}/elements")):
            self.rich(part, f"{at}/elements/{index}")

    def rich(self, part: Any, at: str) -> None:
        if not isinstance(part, dict):
            return self.say("must provide an object", at)
        if part.get("type") not in _RICH_PARTS:
            return self.say(f"unsupported type: {part.get('type')}", f"{at}/type")
        for index, leaf in enumerate(self.array(part.get("elements"), None, f"{at}/elements")):
            place = f"{at}/elements/{index}"
            if part["type"] == "rich_text_list":
                self.rich(leaf, place)
            elif not isinstance(leaf, dict) or leaf.get("type") not in _RICH_LEAVES:
                self.say("must match exactly one of the allowed elements", place)
            elif leaf["type"] == "text":
                self.string(leaf.get("text"), None, f"{place}/text")
            elif leaf["type"] == "link":
                self.url(leaf.get("url"), f"{place}/url")
            elif leaf["type"] == "date" and not isinstance(leaf.get("timestamp"), int):
                self.say("must be an integer", f"{place}/timestamp")
        return None

    def button(self, item: Any, at: str) -> None:
        if not isinstance(item, dict):
            return self.say("must provide an object", at)
        if item.get("type") == "overflow" and "/accessory" not in at:
            for index, option in enumerate(self.array(item.get("options"), 5, f"{at}/options")):
                self.text(option.get("text"), 75, _PLAIN, f"{at}/options/{index}/text")
            return None
        if item.get("type") != "button":
            return self.say(f"unsupported type: {item.get('type')}", f"{at}/type")
        self.extras(item, _BUTTON_KEYS, at)
        self.text(item.get("text"), 75, _PLAIN, f"{at}/text")
        if item.get("url") is not None:
            self.url(item["url"], f"{at}/url")
        for key, most in (("value", 2000), ("action_id", 255), ("accessibility_label", 75)):
            if item.get(key) is not None:
                self.string(item[key], most, f"{at}/{key}")
        if item.get("style", "primary") not in ("primary", "danger"):
            self.say("must be a valid enum value", f"{at}/style")
        return None

    def text(self, value: Any, most: int, kinds: tuple[str, ...], at: str) -> None:
        if not isinstance(value, dict):
            return self.say("must provide an object", at)
        if value.get("type") not in kinds:
            return self.say(f"unsupported type: {value.get('type')}", f"{at}/type")
        self.extras(value, {"type", "text", "emoji" if value["type"] == "plain_text" else "verbatim"}, at)
        return self.string(value.get("text"), most, f"{at}/text")

    def string(self, value: Any, most: int | None, at: str) -> None:
        if not isinstance(value, str):
            self.say("must be a string", at)
        elif not value:
            self.say("must be more than 0 characters", at)
        elif most is not None and len(value) > most:
            self.say(f"must be less than {most + 1} characters", at)

    def url(self, value: Any, at: str) -> None:
        self.string(value, 3000, at)
        if isinstance(value, str) and not _is_address(value):
            self.say("must be a valid URL", at)

    def array(self, value: Any, most: int | None, at: str) -> list[Any]:
        if not isinstance(value, list):
            self.say("must provide an array", at)
            return []
        if not value:
            self.say("must have at least 1 item", at)
        if most is not None:
            self.count(value, most, at)
        return value

    def count(self, value: list[Any], most: int, at: str) -> None:
        if len(value) > most:
            self.say(f"no more than {most} items allowed", at)

    def extras(self, value: Iterable[str], allowed: set[str], at: str) -> None:
        for key in value:
            if key not in allowed:
                self.say(f"invalid additional property: {key}", at)


def _is_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in ("http", "https", "mailto", "slack") and bool(parts.netloc or parts.path)
