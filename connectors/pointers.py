"""A vendor's own fields by JSON pointer (RFC 6901): `{ text = "/content", "author.name" = "/user/nick" }`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connectors import flat
from monitor.model import Sighting

_ABSENT = object()


class FieldMap:
    """Where in a vendor's object each field stands. ValueError names the field or the pointer that cannot be."""

    def __init__(self, pointers: Mapping[str, str]) -> None:
        for field, pointer in pointers.items():
            if field not in flat.FIELDS:
                raise ValueError(f"there is no field {field}. There are {', '.join(flat.FIELDS)}")
            if pointer and not pointer.startswith("/"):
                raise ValueError(f'{field}: {pointer!r} is no JSON pointer. Write for example "/data/content"')
        self._steps = {field: _steps(pointer) for field, pointer in pointers.items()}

    @property
    def names_people(self) -> bool:
        """Whether it reads a customer or an order."""
        return "customer_ref" in self._steps or "order_ref" in self._steps

    def read(self, said: object, seen_at: datetime, platform: str = "") -> Sighting | str:
        """What a vendor's object says, or what is wrong with it."""
        values = {field: _at(said, steps) for field, steps in self._steps.items()}
        return flat.sighting(values, seen_at, platform)


def _steps(pointer: str) -> tuple[str, ...]:
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:])


def _at(said: Any, steps: tuple[str, ...]) -> object:
    """What stands there; None where nothing does."""
    for step in steps:
        if isinstance(said, Mapping):
            said = said.get(step, _ABSENT)
        elif isinstance(said, list) and step.isascii() and step.isdigit() and (step == "0" or step[0] != "0"):
            said = said[int(step)] if len(step) < 10 and int(step) < len(said) else _ABSENT
        else:
            return None
        if said is _ABSENT:
            return None
    return said
