"""Reading an object of a platform: several names for one field, and whatever has the wrong type is silence."""

import re
from collections.abc import Mapping
from typing import Any

from connectors.markup import plain

_ID = re.compile(r"[!-~]{1,80}", re.ASCII)
_NO_ID = frozenset({"0", "None", "null", "undefined"})


def first(item: Mapping[str, Any], *names: str) -> Any:
    """The value of the first of these names that says anything; None where none does."""
    return next((value for name in names if (value := item.get(name)) not in (None, "")), None)


def string(item: Mapping[str, Any], *names: str) -> str:
    """The first of these that is a text, as it is; "" where none is."""
    return next((value for name in names if isinstance(value := item.get(name), str) and value), "")


def words(item: Mapping[str, Any], *names: str) -> str:
    """The same as people read it, without HTML."""
    return plain(string(item, *names))


def inner(item: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    """The first of these that is an object; an empty one where none is."""
    return next((value for name in names if isinstance(value := item.get(name), dict)), {})


def identifier(item: Mapping[str, Any], *names: str) -> str:
    """The first of these that can be an id: a whole number above 0, or a short text without spaces. "" where none is."""
    for name in names:
        value = item.get(name)
        if type(value) is int and value > 0:
            return str(value)
        if isinstance(value, str) and _ID.fullmatch(value) and value not in _NO_ID:
            return value
    return ""
