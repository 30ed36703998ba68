"""The systemd unit for an installation, and what of a configuration it has to know. Touches no file."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import NamedTuple
from urllib.parse import quote

from monitor.config_secrets import SECRET_SOURCES
from monitor.errors import ConfigError

STATES = PurePosixPath("/var/lib")
"""Below it systemd makes a state directory for a user that it makes up."""

UNSEEN = tuple(map(PurePosixPath, ("/home", "/root", "/run/user", "/tmp", "/var/tmp")))  # noqa: S108 - named, not used
"""What ProtectHome and PrivateTmp hide."""

_CREDENTIAL = re.compile(r"[\w.-]{1,200}", re.ASCII)
_NO_SECRETS = ("products", "map", "viral")
"""Tables whose keys are the operator's own words."""


class Named(NamedTuple):
    """A secret as the TOML names it, and the key that does."""

    place: str
    source: str
    name: str


def secrets_in(table: object, place: str = "") -> Iterator[Named]:
    """Every `{ file = … }`, `{ env = … }` and `{ credential = … }` of a parsed TOML."""
    if isinstance(table, Mapping):
        if len(table) == 1 and set(table) <= set(SECRET_SOURCES):
            ((source, name),) = table.items()
            yield Named(place, source, str(name))
            return
        for key, inner in table.items():
            if key not in _NO_SECRETS:
                yield from secrets_in(inner, f"{place}.{key}".lstrip("."))
    elif isinstance(table, list):
        for number, inner in enumerate(table):
            yield from secrets_in(inner, f"{place}[{number}]")


def credentials(secrets: Iterable[Named], folder: PurePosixPath, state: PurePosixPath) -> dict[str, PurePosixPath]:
    """What the unit shows to the service: name -> the file that root reads. `folder` holds the configuration. What lies in the
    state directory is the service's own: it reads that itself, and again when it changes, which a copy made at the start cannot.

    ConfigError where a name is none that systemd takes, or two files have the same.
    """
    shown: dict[str, PurePosixPath] = {}
    for place, source, name in secrets:
        if source == "env":
            continue
        path = folder / name
        if state in path.parents:
            continue
        if not _CREDENTIAL.fullmatch(path.name):
            raise ConfigError(place, f"{path.name!r} is no name that systemd takes", "Use letters, digits, . - and _")
        if shown.setdefault(path.name, path) != path:
            raise ConfigError(place, f"two secrets stand in files called {path.name}", "Rename one of them")
    return shown


def unit(
    template: str,
    command: PurePosixPath,
    config: PurePosixPath,
    state: PurePosixPath,
    shown: Mapping[str, PurePosixPath],
) -> str:
    """The unit. ConfigError where the state directory is none that systemd makes, or a path is none that a unit can hold."""
    if STATES not in state.parents:
        raise ConfigError("state", f"{state} is not below {STATES}", f'Write state = "{STATES}/langyan"')
    for path in (command, config):
        for place in UNSEEN:
            if place in path.parents:
                raise ConfigError(str(path), f"the service sees nothing of {place}", "Put it into /opt or /etc")
    lines = "".join(f"LoadCredential={name}:{_written(path)}\n" for name, path in shown.items())
    filled = {
        "{command}": _word(command),
        "{config}": _word(config),
        "{address}": quote(str(config)).replace("%", "%%"),
        "{state}": _quoted(_written(state.relative_to(STATES))),
        "{credentials}\n": lines,
    }
    for mark, text in filled.items():
        template = template.replace(mark, text)
    return template


def _word(path: PurePosixPath) -> str:
    """A path as one word of a command line."""
    return _quoted(_written(path).replace("$", "$$"))


def _quoted(written: str) -> str:
    return f'"{written}"' if " " in written else written


def _written(path: PurePosixPath) -> str:
    if not str(path).isprintable() or set(str(path)) & set("\"'\\:{}"):
        raise ConfigError(
            str(path), "cannot stand in a unit", "Use a path without quotes, colons, braces and backslashes"
        )
    return str(path).replace("%", "%%")
