"""The TOML as it stands; secrets, from where it says they are; and the other files it names.

Windows' editors begin a file with a mark of its encoding, which nobody sees: it is no part of what was written.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from monitor.errors import ConfigError

SECRET_SOURCES = ("file", "env", "credential")
ENCODING = "utf-8-sig"
_NOT_UTF_8 = "Save it as UTF-8"


def toml(path: Path) -> dict[str, Any]:
    """The tables of a configuration file, unchecked."""
    try:
        return tomllib.loads(path.read_text(ENCODING))
    except OSError as error:
        raise ConfigError(str(path), f"cannot be read ({error.strerror})", "Give another path with -c") from None
    except UnicodeDecodeError:
        raise ConfigError(str(path), "is not UTF-8 text", _NOT_UTF_8) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(str(path), f"is not TOML: {error}") from None


def secret(value: object, place: str, here: Path) -> SecretStr:
    """`{ file = … }`, `{ env = … }` or `{ credential = … }`, read now. A plain string is refused, unshown."""
    fix = 'Write { file = "…" }, { env = "…" } or { credential = "…" }'
    if not isinstance(value, Mapping):
        raise ConfigError(place, "a secret stands in plain text", fix)
    if len(value) != 1 or not set(value) <= set(SECRET_SOURCES):
        raise ConfigError(place, "a secret is named by exactly one of file, env, credential", fix)
    (source, name), *_ = value.items()
    if source == "env":
        found = os.environ.get(str(name))
        if not found:
            raise ConfigError(place, f"the environment has no {name}", "Set it before the start")
        return SecretStr(found.strip())
    if source == "credential":
        folder = os.environ.get("CREDENTIALS_DIRECTORY")
        if not folder:
            raise ConfigError(place, "no credentials directory", f"Run under systemd with LoadCredential={name}:…")
        return SecretStr(text(Path(folder) / str(name), place).strip())
    found = text(_readable(here / str(name)), place).strip()
    if not found:
        raise ConfigError(place, f"the file {name} is empty")
    return SecretStr(found)


def _readable(path: Path) -> Path:
    """The file itself; where this user may not read it, what systemd's LoadCredential made of it."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    return Path(folder) / path.name if folder and not os.access(path, os.R_OK) else path


def text(path: Path, place: str) -> str:
    try:
        return path.read_text(ENCODING)
    except OSError as error:
        raise ConfigError(place, f"{path} cannot be read ({error.strerror})", "Check the path and its owner") from None
    except UnicodeDecodeError:
        raise ConfigError(place, f"{path} is not UTF-8 text", _NOT_UTF_8) from None
