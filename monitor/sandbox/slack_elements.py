"""What Slack would say to the texts and interactive elements inside blocks. Pure.

Limits: https://docs.slack.dev/reference/block-kit/block-elements and https://docs.slack.dev/reference/block-kit/composition-objects.
"""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

ANY = ("plain_text", "mrkdwn")
PLAIN = ("plain_text",)

_CHOICES = {"options", "option_groups", "initial_option"}
_MANY = {"options", "initial_options"}
_HINTED = {"placeholder", "focus_on_load"}
_KEYS: dict[str, set[str]] = {
    "button": {"text", "url", "value", "style", "accessibility_label"},
    "overflow": {"options"},
    "static_select": _CHOICES | _HINTED,
    "users_select": {"initial_user"} | _HINTED,
    "multi_static_select": _MANY | {"option_groups", "max_selected_items"} | _HINTED,
    "radio_buttons": {"options", "initial_option", "focus_on_load"},
    "checkboxes": _MANY | {"focus_on_load"},
    "datepicker": {"initial_date"} | _HINTED,
    "timepicker": {"initial_time", "timezone"} | _HINTED,
    "datetimepicker": {"initial_date_time", "focus_on_load"},
    "plain_text_input": {"initial_value", "multiline", "min_length", "max_length", "dispatch_action_config"} | _HINTED,
    "number_input": {"is_decimal_allowed", "initial_value", "min_value", "max_value"} | _HINTED,
}
_CONFIRMED = set(_KEYS) - {"plain_text_input", "number_input"}

ACTIONS = tuple(kind for kind in _KEYS if kind not in ("multi_static_select", "plain_text_input", "number_input"))
ACCESSORIES = (*ACTIONS, "multi_static_select")
INPUTS = tuple(kind for kind in _KEYS if kind not in ("button", "overflow"))

_FORMS = {
    "initial_date": re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"),
    "initial_time": re.compile(r"([01]\d|2[0-3]):[0-5]\d"),
    "initial_user": re.compile(r"[UW][A-Z0-9]+"),
}


class Elements:
    """Collects what is wrong, in the order in which it is looked at."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def say(self, problem: str, pointer: str) -> None:
        self.found.append(f"{problem} [json-pointer:{pointer}]")

    def element(self, item: Any, kinds: tuple[str, ...], at: str) -> None:
        """One interactive element; `kinds` are those that may stand at this place."""
        if not isinstance(item, dict):
            return self.say("must provide an object", at)
        kind = item.get("type")
        if kind not in kinds:
            return self.say(f"unsupported type: {kind}", f"{at}/type")
        own = _KEYS[kind] | {"type", "action_id"} | ({"confirm"} if kind in _CONFIRMED else set())
        self.extras(item, own, at)
        if item.get("action_id") is not None:
            self.string(item["action_id"], 255, f"{at}/action_id")
        if item.get("confirm") is not None:
            self._confirm(item["confirm"], f"{at}/confirm")
        if item.get("placeholder") is not None:
            self.text(item["placeholder"], 150, PLAIN, f"{at}/placeholder")
        for key, form in _FORMS.items():
            if item.get(key) is not None and not (isinstance(item[key], str) and form.fullmatch(item[key])):
                self.say("must be a valid value", f"{at}/{key}")
        if kind == "button":
            self._button(item, at)
        elif kind in ("plain_text_input", "number_input"):
            self._typed(item, at)
        elif "options" in own:
            self._choices(item, at)
        return None

    def _button(self, item: dict[str, Any], at: str) -> None:
        self.text(item.get("text"), 75, PLAIN, f"{at}/text")
        if item.get("url") is not None:
            self.url(item["url"], f"{at}/url")
        for key, most in (("value", 2000), ("accessibility_label", 75)):
            if item.get(key) is not None:
                self.string(item[key], most, f"{at}/{key}")
        self._style(item, at)

    def _style(self, item: dict[str, Any], at: str) -> None:
        if item.get("style", "primary") not in ("primary", "danger"):
            self.say("must be a valid enum value", f"{at}/style")

    def _confirm(self, value: Any, at: str) -> None:
        if not isinstance(value, dict):
            return self.say("must provide an object", at)
        self.extras(value, {"title", "text", "confirm", "deny", "style"}, at)
        self.text(value.get("title"), 100, PLAIN, f"{at}/title")
        self.text(value.get("text"), 300, ANY, f"{at}/text")
        self.text(value.get("confirm"), 30, PLAIN, f"{at}/confirm")
        self.text(value.get("deny"), 30, PLAIN, f"{at}/deny")
        return self._style(value, at)

    def _choices(self, item: dict[str, Any], at: str) -> None:
        kind = item["type"]
        most = {"overflow": 5, "radio_buttons": 10, "checkboxes": 10}.get(kind, 100)
        if item.get("option_groups") is not None:
            for index, group in enumerate(self.array(item["option_groups"], 100, f"{at}/option_groups")):
                place = f"{at}/option_groups/{index}"
                if not isinstance(group, dict):
                    self.say("must provide an object", place)
                    continue
                self.text(group.get("label"), 75, PLAIN, f"{place}/label")
                self._options(group.get("options"), kind, most, f"{place}/options")
        else:
            self._options(item.get("options"), kind, most, f"{at}/options")
        offered = options(item)
        first = item.get("initial_option")
        if first is not None and first not in offered:
            self.say("must match one of the options", f"{at}/initial_option")
        if item.get("initial_options") is not None:
            for index, chosen in enumerate(self.array(item["initial_options"], most, f"{at}/initial_options")):
                if chosen not in offered:
                    self.say("must match one of the options", f"{at}/initial_options/{index}")

    def _options(self, value: Any, kind: str, most: int, at: str) -> None:
        taken: set[str] = set()
        allowed = {"text", "value", "description"} | ({"url"} if kind == "overflow" else set())
        for index, option in enumerate(self.array(value, most, at)):
            place = f"{at}/{index}"
            if not isinstance(option, dict):
                self.say("must provide an object", place)
                continue
            self.extras(option, allowed, place)
            self.text(
                option.get("text"), 75, ANY if kind in ("radio_buttons", "checkboxes") else PLAIN, f"{place}/text"
            )
            self.string(option.get("value"), 150, f"{place}/value")
            if option.get("description") is not None:
                self.text(option["description"], 75, PLAIN, f"{place}/description")
            if option.get("url") is not None:
                self.url(option["url"], f"{place}/url")
            if str(option.get("value")) in taken:
                self.say("value already exists in these options", f"{place}/value")
            taken.add(str(option.get("value")))

    def _typed(self, item: dict[str, Any], at: str) -> None:
        if item["type"] == "number_input" and not isinstance(item.get("is_decimal_allowed"), bool):
            self.say("missing required field: is_decimal_allowed", at)
        if item.get("initial_value") is not None:
            self.string(item["initial_value"], 3000, f"{at}/initial_value")
        for key in ("min_length", "max_length"):
            value = item.get(key, 1)
            if type(value) is not int or not (key == "max_length") <= value <= 3000:
                self.say("must be a number from 0 to 3000", f"{at}/{key}")

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


def options(item: dict[str, Any]) -> list[Any]:
    """Every option that an element offers, whether in groups or not."""
    groups = item.get("option_groups")
    found = [group.get("options") for group in groups if isinstance(group, dict)] if isinstance(groups, list) else []
    return [option for each in (item.get("options"), *found) if isinstance(each, list) for option in each]


def _is_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in ("http", "https", "mailto", "slack") and bool(parts.netloc or parts.path)
