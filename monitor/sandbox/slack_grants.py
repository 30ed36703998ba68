"""What an interaction lets the app do for a while: exchange its trigger for a modal, and answer at its response_url."""

import itertools
from dataclasses import dataclass
from datetime import datetime
from random import Random

from monitor.ports import Clock
from monitor.sandbox.slack_message import TEAM, Refused
from monitor.sandbox.slack_sockets import patience

TRIGGER = 3.0
"""Seconds in which a trigger_id can be exchanged."""
HOOK, HOOK_USES = 1800.0, 5
"""Seconds that a response_url lives, and how often it can be used."""


@dataclass(slots=True)
class Trigger:
    user: str
    until: datetime
    used: bool = False


@dataclass(slots=True)
class Hook:
    """Where a response_url leads: to a channel, the person who acted there, and the message they acted on (None: a command)."""

    channel: str
    user: str
    ts: str | None
    until: datetime
    left: int = HOOK_USES


class Grants:
    """Every trigger_id and response_url that was given out."""

    def __init__(self, clock: Clock, seed: int) -> None:
        self._clock = clock
        self._random = Random(f"{seed}:grants")
        self._count = itertools.count(1)
        self._triggers: dict[str, Trigger] = {}
        self._hooks: dict[str, Hook] = {}

    def trigger(self, user: str) -> str:
        name = f"{next(self._count)}.{self._random.getrandbits(40)}.{self._random.getrandbits(128):032x}"
        self._triggers[name] = Trigger(user, self._clock.now() + patience(self._clock, TRIGGER))
        return name

    def exchange(self, name: object) -> str:
        """Whose modal it opens. A trigger is used up by a call that is refused later, too."""
        if not name:
            raise Refused(
                "invalid_arguments", response_metadata={"messages": ["[ERROR] missing required field: trigger_id"]}
            )
        trigger = self._triggers.get(str(name))
        if trigger is None:
            raise Refused("invalid_trigger_id")
        if trigger.used:
            raise Refused("exchanged_trigger_id")
        if self._clock.now() >= trigger.until:
            raise Refused("expired_trigger_id")
        trigger.used = True
        return trigger.user

    def hook(self, base: str, channel: str, user: str, ts: str | None) -> str:
        """A new response_url. `base` is the server's address, ending in a slash."""
        name = f"{next(self._count)}{self._random.getrandbits(64):016x}"
        self._hooks[name] = Hook(channel, user, ts, self._clock.now() + patience(self._clock, HOOK))
        return f"{base}slack/actions/{TEAM}/{name}"

    def use(self, name: str) -> Hook:
        hook = self._hooks.get(name)
        if hook is None or self._clock.now() >= hook.until:
            raise Refused("expired_url")
        if not hook.left:
            raise Refused("used_url")
        hook.left -= 1
        return hook
