"""New files, all of them or none, and never in place of another."""

import os
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from monitor.errors import ConfigError

T = TypeVar("T")

FOR_ALL, FOR_ITS_OWNER = 0o644, 0o600
"""The configuration names no secret, and the unit's user is not the one who wrote it."""


def found(path: Path, text: str, kept: Mapping[str, str], proved: Callable[[Path], T]) -> T:
    """Writes the secrets (file name beside `path` -> value), then the configuration, and answers what `proved` makes of it.

    Where one cannot be written or is not proved, none is left. ConfigError where a file is there already.
    """
    made: list[Path] = []
    try:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            for name, secret in kept.items():
                new(path.with_name(name), secret + "\n", FOR_ITS_OWNER, made)
            new(path, text, FOR_ALL, made)
        except OSError as error:
            raise ConfigError(
                str(error.filename), f"cannot be written ({error.strerror})", "Give another path with -c"
            ) from None
        return proved(path)
    except BaseException:
        for one in reversed(made):
            one.unlink(missing_ok=True)
        raise


def new(path: Path, text: str, mode: int, made: list[Path]) -> None:
    """A file that was not there, whole at once, and told to `made`."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(
            os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FOR_ITS_OWNER), "w", encoding="utf-8"
        ) as file:
            file.write(text)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        try:
            os.link(beside, path)
        except FileExistsError:
            raise ConfigError(str(path), "is there already", "Move it away, or give another path with -c") from None
        made.append(path)
    finally:
        with suppress(OSError):
            beside.unlink()
