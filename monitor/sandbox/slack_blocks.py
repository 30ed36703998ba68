"""What Slack would say to a message's or a modal's blocks, and whom a text would ping. Pure.

Limits: https://docs.slack.dev/reference/block-kit/blocks and the pages under it. Problems are worded as Slack words
them: `must be less than 3001 characters [json-pointer:/blocks/0/text/text]`.
"""

import re
from collections.abc import Iterator
from typing import Any

from monitor.sandbox.slack_elements import ACCESSORIES, ACTIONS, ANY, INPUTS, PLAIN, Elements

MOST_BLOCKS = 50
MOST_CHARACTERS = 10_000
"""Of all blocks together. Slack publishes no figure; reports lie between 9,597 (taken) and 11,341 (refused)."""

_KEYS = {
    "section": {"text", "fields", "accessory", "expand"},
    "header": {"text", "level"},
    "divider": set(),
    "context": {"elements"},
    "actions": {"elements"},
    "image": {"image_url", "slack_file", "alt_text", "title"},
    "rich_text": {"elements"},
    "input": {"label", "element", "hint", "optional", "dispatch_action"},
}
_RICH_PARTS = ("rich_text_section", "rich_text_quote", "rich_text_preformatted", "rich_text_list")
_RICH_LEAVES = ("text", "link", "emoji", "user", "usergroup", "channel", "broadcast", "date", "color")

_PING = re.compile(r"<(!(?:channel|here|everyone)|@[UW][A-Z0-9]+|!subteam\^[A-Z0-9]+)(?:\|[^<>]*)?>")
_NAMED = re.compile(r"(?<![\w@<!])@(channel|here|everyone)\b")


def problems(blocks: Any, pointer: str = "/blocks", *, most: int = MOST_BLOCKS, inputs: bool = False) -> list[str]:
    """Every reason why Slack would refuse these blocks; none when it would take them. `inputs`: they are a modal's."""
    check = _Check(inputs=inputs)
    if not isinstance(blocks, list):
        check.say("must provide an array", pointer)
        return check.found
    check.count(blocks, most, pointer)
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


def pictures(blocks: Any, pointer: str) -> Iterator[tuple[str, Any]]:
    """Every `slack_file` in checked blocks, with where it stands."""
    for index, block in enumerate(blocks):
        inside = [("", block), ("/accessory", block.get("accessory"))]
        inside += [(f"/elements/{n}", item) for n, item in enumerate(block.get("elements", ()))]
        for place, item in inside:
            if isinstance(item, dict) and item.get("type") == "image" and "slack_file" in item:
                yield f"{pointer}/{index}{place}/slack_file", item["slack_file"]


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


class _Check(Elements):
    """Collects what is wrong, in the order of the message. `inputs`: whether input blocks may stand here."""

    def __init__(self, *, inputs: bool) -> None:
        super().__init__()
        self._inputs = inputs

    def block(self, block: Any, at: str, seen: set[str]) -> None:
        if not isinstance(block, dict):
            return self.say("must provide an object", at)
        kind = str(block.get("type"))
        if kind not in _KEYS or (kind == "input" and not self._inputs):
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
            self.text(block["text"], 3000, ANY, f"{at}/text")
        if block.get("fields") is not None:
            for index, field in enumerate(self.array(block["fields"], 10, f"{at}/fields")):
                self.text(field, 2000, ANY, f"{at}/fields/{index}")
        accessory = block.get("accessory")
        if accessory is not None:
            if isinstance(accessory, dict) and accessory.get("type") == "image":
                self._image(accessory, f"{at}/accessory")
            else:
                self.element(accessory, ACCESSORIES, f"{at}/accessory")

    def _header(self, block: dict[str, Any], at: str) -> None:
        self.text(block.get("text"), 150, PLAIN, f"{at}/text")

    def _context(self, block: dict[str, Any], at: str) -> None:
        for index, item in enumerate(self.array(block.get("elements"), 10, f"{at}/elements")):
            place = f"{at}/elements/{index}"
            if isinstance(item, dict) and item.get("type") == "image":
                self._image(item, place)
            else:
                self.text(item, 3000, ANY, place)

    def _actions(self, block: dict[str, Any], at: str) -> None:
        taken: set[str] = set()
        for index, item in enumerate(self.array(block.get("elements"), 25, f"{at}/elements")):
            place = f"{at}/elements/{index}"
            self.element(item, ACTIONS, place)
            action = item.get("action_id") if isinstance(item, dict) else None
            if action is not None and str(action) in taken:
                self.say("action_id already exists in this block", f"{place}/action_id")
            taken.add(str(action))

    def _input(self, block: dict[str, Any], at: str) -> None:
        self.text(block.get("label"), 2000, PLAIN, f"{at}/label")
        self.element(block.get("element"), INPUTS, f"{at}/element")
        if block.get("hint") is not None:
            self.text(block["hint"], 2000, PLAIN, f"{at}/hint")
        for key in ("optional", "dispatch_action"):
            if not isinstance(block.get(key, False), bool):
                self.say("must be a boolean", f"{at}/{key}")

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
            self.text(block["title"], 2000, PLAIN, f"{at}/title")

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
