"""Who is told, when, and in what words."""

from importlib import import_module
from typing import Any

from monitor.errors import ConfigError

CHANNELS = {"slack": "alerts.channels.slack:Slack", "webhook": "alerts.channels.webhook:Webhook"}
"""Every kind of receiver: name -> "module:Class". What is not here does not exist, unless written out that way."""


def load(name: str) -> Any:
    """The class of a channel: a name from `CHANNELS`, or your own "module:Class".

    Its `Options` is a dataclass whose fields are the receiver's keys; it is built as
    `Class(options, clock=…, language=…, board_url=…, shows=…)`.
    """
    target = CHANNELS.get(name, name)
    module, _, attribute = target.partition(":")
    if not module or not attribute:
        known = ", ".join(sorted(CHANNELS))
        raise ConfigError(
            "", f"no kind of receiver is called {name!r}", f'There are: {known}. Your own is written "module:Class"'
        )
    try:
        return getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise ConfigError(
            "", f"{target} cannot be imported ({error})", "Check the name and where it is installed"
        ) from error
