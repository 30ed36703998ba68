"""What every table of the configuration is made of."""

import json
import re

from pydantic import BaseModel, ConfigDict

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|d)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Table(BaseModel):
    """A table of the TOML: an unknown key stops the start."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def seconds(text: object) -> float:
    """`"90s"`, `"3m"`, `"2h"`, `"1d"` as seconds. ValueError says what is wanted."""
    found = _DURATION.fullmatch(text.strip()) if isinstance(text, str) else None
    if not found:
        raise ValueError('write a duration as "90s", "3m", "2h" or "1d"')
    return float(found[1]) * _SECONDS[found[2]]


def quoted(text: str) -> str:
    """A TOML string: as it reads best, escaped where it must."""
    if all(character.isprintable() for character in text):
        if not set(text) & set('"\\'):
            return f'"{text}"'
        if "'" not in text:
            return f"'{text}'"
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
