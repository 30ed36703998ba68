"""What a person entered into the elements of a message or a modal, in Slack's words. Pure.

A raw value is what a form yields: a string, a list of them where several may be chosen, None or "" where nothing is.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from monitor.sandbox.slack_elements import options

Blocks = Iterable[Mapping[str, Any]]
Raw = Mapping[str, Mapping[str, Any]]
"""Raw values by block_id and action_id."""

Pressed = tuple[Mapping[str, Any], Mapping[str, Any]]
"""A block, and an element in it."""

_FIELDS = {
    "plain_text_input": "value",
    "number_input": "value",
    "static_select": "selected_option",
    "radio_buttons": "selected_option",
    "multi_static_select": "selected_options",
    "checkboxes": "selected_options",
    "users_select": "selected_user",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
}
_FIRST = ("initial_value", "initial_option", "initial_options", "initial_user", "initial_date", "initial_time")


def elements(blocks: Blocks) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Every interactive element with the block it stands in."""
    for block in blocks:
        inside = {
            "section": [block.get("accessory")],
            "input": [block.get("element")],
            "actions": block.get("elements"),
        }
        for element in inside.get(str(block.get("type"))) or ():
            if isinstance(element, Mapping) and element.get("type") != "image":
                yield block, element


def identified(blocks: Blocks) -> tuple[Mapping[str, Any], ...]:
    """The blocks with the block_id and action_id that Slack makes up where they are missing."""
    found = []
    for index, block in enumerate(blocks):
        named = dict(block)
        if any(True for _ in elements([block])):
            named.setdefault("block_id", _made_up(index, block))
            for key in ("accessory", "element"):
                if key in named and named[key].get("type") != "image":
                    named[key] = {"action_id": _made_up(0, named[key]), **named[key]}
            if block.get("type") == "actions":
                named["elements"] = [
                    {"action_id": _made_up(i, item), **item} for i, item in enumerate(named["elements"])
                ]
        found.append(named)
    return tuple(found)


def named(blocks: Blocks, block_id: str | None, action_id: str) -> Pressed | None:
    """The block and the element that were pressed. Without `block_id`, the first of that action."""
    every = elements(blocks)
    of_it = (found for found in every if block_id is None or found[0].get("block_id") == block_id)
    return next((found for found in of_it if found[1].get("action_id") == action_id), None)


def where(
    blocks: Blocks, attachments: Blocks, block_id: str | None, action_id: str
) -> tuple[int | None, Pressed] | None:
    """The same in a message, with the number of the attachment, from 1; None: in the message itself."""
    places = [(None, blocks), *((number, item.get("blocks", ())) for number, item in enumerate(attachments, 1))]
    found = ((number, named(inside, block_id, action_id)) for number, inside in places)
    return next(((number, pressed) for number, pressed in found if pressed), None)


def reading(element: Mapping[str, Any], raw: Any) -> dict[str, Any]:
    """The state of an element. Raises ValueError for a choice that it does not offer."""
    kind = str(element.get("type"))
    field = _FIELDS[kind]
    if field == "selected_option":
        return {"type": kind, field: _option(element, raw) if raw else None}
    if field == "selected_options":
        return {"type": kind, field: [_option(element, each) for each in raw or ()]}
    if field == "selected_date_time":
        return {"type": kind, field: int(raw) if raw else None}
    return {"type": kind, field: str(raw) if raw else None}


def values(blocks: Blocks, given: Raw) -> dict[str, dict[str, Any]]:
    """`state.values`: what was given, and what stands there from the beginning where nothing was."""
    found: dict[str, dict[str, Any]] = {}
    for block, element in elements(blocks):
        if element.get("type") in _FIELDS:
            block_id, action_id = str(block.get("block_id")), str(element.get("action_id"))
            raw = given.get(block_id, {}).get(action_id, first(element))
            found.setdefault(block_id, {})[action_id] = reading(element, raw)
    return found


def first(element: Mapping[str, Any]) -> Any:
    """The raw value that an element begins with."""
    started = next((element[key] for key in (*_FIRST, "initial_date_time") if element.get(key) is not None), None)
    if isinstance(started, list):
        return [option["value"] for option in started]
    return started["value"] if isinstance(started, Mapping) else started


def incomplete(blocks: Blocks, given: Raw) -> dict[str, str]:
    """What Slack's own form says before anything is sent, by block_id."""
    found = {}
    for block, element in elements(blocks):
        block_id = str(block.get("block_id"))
        raw = given.get(block_id, {}).get(str(element.get("action_id")))
        if block.get("type") != "input":
            continue
        if not raw:
            if not block.get("optional"):
                found[block_id] = "请填写这一项 Please complete this required field."
        elif element.get("type") == "plain_text_input":
            least, most = element.get("min_length", 0), element.get("max_length", 3000)
            if not least <= len(str(raw)) <= most:
                found[block_id] = f"{least} 到 {most} 个字 {least} to {most} characters"
        elif element.get("type") == "number_input" and not _is_number(str(raw), element):
            found[block_id] = "请填数字 Enter a number in range"
    return found


def _is_number(raw: str, element: Mapping[str, Any]) -> bool:
    try:
        value = float(raw) if element.get("is_decimal_allowed") else int(raw)
    except ValueError:
        return False
    return float(element.get("min_value", value)) <= value <= float(element.get("max_value", value))


def _option(element: Mapping[str, Any], value: Any) -> Any:
    found = next((option for option in options(dict(element)) if option.get("value") == value), None)
    if found is None:
        raise ValueError(f"{element.get('action_id')} offers no {value!r}")
    return found


def _made_up(index: int, item: Any) -> str:
    return f"{index}{hashlib.blake2b(orjson.dumps(item), digest_size=3).hexdigest()}"
