"""Trouble by seed: what goes wrong with which call, the same again for the same seed. Pure."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field, fields
from random import Random
from typing import Any

import orjson

from monitor.sandbox.slack_faults import Fault

WEIGHTS = {
    "storm": 1, "ratelimited": 2, "http_500": 2, "fatal_error": 2, "drop": 3, "late": 2, "slow": 1, "truncated": 2,
}  # fmt: skip
"""How often each kind of fault comes beside the others."""
TROUBLES = ("deaf", "drop", "duplicate", "repeat", "disconnect")
_SPOILING = ("http_500", "fatal_error", "drop", "truncated")


@dataclass(slots=True, kw_only=True)
class FaultScript:
    """Decides for each call, by `seed`, the method and how many there were of it, whether and how it goes wrong.

    `share` of the calls meet a fault of one of `kinds`, `sockets` of the envelopes a trouble of Socket Mode. What http_500,
    fatal_error, drop and truncated spoil was carried out in half of the cases; a drop that was not stands for a connection
    that failed at once, for a port that listens cannot refuse one. A storm lasts at most `storm` clock seconds, a Retry-After
    is at most as long, a message is stored at most `late` clock seconds later, a slow answer takes at most `slow` real ones.
    """

    seed: int
    share: float = 0.1
    sockets: float = 0.0
    kinds: tuple[str, ...] = tuple(WEIGHTS)
    methods: tuple[str, ...] = ("chat.postMessage", "chat.update", "conversations.history", "conversations.replies")
    storm: float = 30.0
    late: float = 5.0
    slow: float = 0.5
    _calls: Counter[str] = field(default_factory=Counter, repr=False)

    def __post_init__(self) -> None:
        if not (type(self.seed) is int and self.kinds and set(self.kinds) <= WEIGHTS.keys()):
            raise ValueError(f"seed is a whole number; kinds are some of {', '.join(WEIGHTS)}")
        numbers = (self.share, self.sockets, self.storm, self.late, self.slow)
        if not all(type(number) in (int, float) and number >= 0 for number in numbers):
            raise ValueError("share, sockets, storm, late and slow are numbers, 0 or more")

    def decide(self, method: str) -> Fault | None:
        """What happens to the next call of this method."""
        if method not in self.methods:
            return None
        dice = self._dice(method)
        if dice.random() >= self.share:
            return None
        kind: Any = dice.choices(self.kinds, [WEIGHTS[kind] for kind in self.kinds])[0]
        most = {"storm": self.storm, "ratelimited": self.storm, "late": self.late, "slow": self.slow}.get(kind, 0.0)
        seconds = round(dice.uniform(0, most), 3)
        return Fault(kind, seconds, stored=dice.random() < 0.5 if kind in _SPOILING else True)

    def trouble(self) -> dict[str, Any] | None:
        """What happens to Socket Mode before the next envelope, as the arguments of `Sockets.order`."""
        dice = self._dice("socket")
        if dice.random() >= self.sockets:
            return None
        found = dice.choice(TROUBLES)
        return {"trouble": found, **({"reason": "refresh_requested"} if found == "disconnect" else {})}

    def told(self) -> dict[str, Any]:
        return {each.name: getattr(self, each.name) for each in fields(self) if not each.name.startswith("_")}

    def _dice(self, what: str) -> Random:
        self._calls[what] += 1
        return Random(f"{self.seed}:{what}:{self._calls[what]}")


def read_script(body: bytes, methods: Collection[str]) -> FaultScript:
    """`{"seed": 7, "share": 0.2, "kinds": ["drop", "late"]}`. A ValueError says what is wrong with it."""
    said = orjson.loads(body)
    known = [each.name for each in fields(FaultScript) if not each.name.startswith("_")]
    if not isinstance(said, dict) or "seed" not in said or not said.keys() <= set(known):
        raise ValueError(f"a script is an object with a seed, and some of {', '.join(known)}")
    for key in ("kinds", "methods"):
        if key in said:
            if not isinstance(said[key], list) or not all(isinstance(each, str) for each in said[key]):
                raise ValueError(f"{key} is a list of names")
            said[key] = tuple(said[key])
    if not set(said.get("methods", ())) <= set(methods):
        raise ValueError(f"methods are some of {', '.join(methods)}")
    return FaultScript(**said)
