"""A brand's own red lines: words it adds to the shipped ones, takes out of them, or puts in their place. Pure.

The file is written like `redlines.toml`. What stands there is added; what stands under `[remove.…]` is taken out, and what
stands under `[replace.…]` comes in place of what the same key held: `[remove.fire] words = "烟感"`, `[replace.groups] child = "孩子"`.
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from monitor.errors import ConfigError

REMOVE, REPLACE = "remove", "replace"

_SHARED = ("groups", "spared")
_HARM_KEYS = frozenset({"zh", "en", "words", "together", "not"})


def extended(table: Mapping[str, Any], own: Mapping[str, Any], place: str) -> dict[str, Any]:
    """`table` as a brand has it. ConfigError names the place of what is unknown or cannot be read."""
    merged: dict[str, Any] = {key: dict(value) for key, value in table.items()}
    for key, value in _tables(own.get(REMOVE, {}), table, f"{place} [{REMOVE}"):
        for name, said in value.items():
            merged[key][name] = _without(merged[key][name], said, f"{place} [{REMOVE}.{key}].{name}")
    for key, value in _tables(own.get(REPLACE, {}), table, f"{place} [{REPLACE}"):
        merged[key] |= value
    for key, value in own.items():
        if key not in (REMOVE, REPLACE):
            merged[key] = _with(merged.get(key, {}), value, key, place, known=key in table)
    return merged


def _with(kept: Mapping[str, Any], value: object, key: str, place: str, *, known: bool) -> dict[str, Any]:
    """One table with a brand's own words added to it."""
    if not isinstance(value, Mapping):
        raise ConfigError(f"{place}.{key}", "is no table", "Write [injury], [groups], [spared] or a harm of your own")
    if key not in _SHARED:
        _harm(key, value, known=known, place=place)
    added = dict(kept)
    for name, said in value.items():
        if isinstance(said, str) and name not in ("zh", "en"):
            added[name] = f"{added.get(name, '')} {said}"
        elif isinstance(said, list):
            added[name] = [*added.get(name, ()), *said]
        else:
            added[name] = said
    return added


def _tables(given: Any, table: Mapping[str, Any], place: str) -> Iterable[tuple[str, Mapping[str, Any]]]:
    """What is to be taken out or replaced, table by table: each of its keys holds something already."""
    if not isinstance(given, Mapping):
        raise ConfigError(f"{place}]", "is no table", "Write for instance [remove.fire]")
    for key, value in given.items():
        if key not in table:
            raise ConfigError(f"{place}.{key}]", "no such table", f"One of {', '.join(table)}")
        if not isinstance(value, Mapping):
            raise ConfigError(f"{place}.{key}]", "is no table", 'Write words under it: words = "烟感"')
        for name, said in value.items():
            if name not in table[key]:
                raise ConfigError(f"{place}.{key}].{name}", "holds nothing", f"One of {', '.join(table[key])}")
            if type(said) is not type(table[key][name]):
                raise ConfigError(f"{place}.{key}].{name}", "is written otherwise there", "Look at redlines.toml")
        yield key, value


def _without(kept: Any, said: Any, place: str) -> Any:
    """The words or lines that are left."""
    had, gone = (list(kept), said) if isinstance(kept, list) else (kept.split(), said.split())
    for word in gone:
        if word not in had:
            near = get_close_matches(str(word), had, 1, 0.3)
            raise ConfigError(place, f"{word} is not there", f"Did you mean {near[0]}?" if near else "Leave it out")
    left = [word for word in had if word not in gone]
    return left if isinstance(kept, list) else " ".join(left)


def _harm(key: str, value: Mapping[str, Any], *, known: bool, place: str) -> None:
    for name in value:
        if name not in _HARM_KEYS:
            raise ConfigError(f"{place} [{key}].{name}", "unknown key", f"Known: {', '.join(sorted(_HARM_KEYS))}")
    if not known and not (value.get("zh") and value.get("en")):
        raise ConfigError(f"{place} [{key}]", "a red line of your own needs zh and en", "They stand on the card")
