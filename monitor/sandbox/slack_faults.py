"""What may go wrong between us and Slack, ready to be ordered: in code, or by `POST /slack/control/faults`."""

from collections import defaultdict, deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

import orjson

FaultKind = Literal["ratelimited", "storm", "http_500", "fatal_error", "drop", "late", "slow", "truncated"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong with one request.

    ratelimited  HTTP 429 with Retry-After `seconds`
    storm        429 for everything on the method until `seconds` have gone since the first
    http_500     HTTP 500
    fatal_error  HTTP 200, `{"ok": false, "error": "fatal_error"}`
    drop         the connection closes without an answer
    late         the connection closes without an answer, and the request is carried out `seconds` later
    slow         the answer comes after `seconds`; real ones, for it is socket timeouts that it tries
    truncated    HTTP 200 and half of the JSON

    All other seconds are the clock's. `stored`: whether http_500, fatal_error, drop and truncated come after the
    request was carried out; the others say so themselves.
    """

    kind: FaultKind
    seconds: float = 0.0
    stored: bool = True

    def __post_init__(self) -> None:
        if self.kind not in get_args(FaultKind):
            raise ValueError(f"no fault is called {self.kind!r}; there are {', '.join(get_args(FaultKind))}")
        if not isinstance(self.seconds, int | float) or self.seconds < 0:
            raise ValueError(f"{self.kind}: seconds must be a number, 0 or more, not {self.seconds!r}")

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> "Fault":
        """From its JSON. A ValueError says what is wrong with it."""
        if not isinstance(data, Mapping) or "kind" not in data:
            raise ValueError(f"a fault is an object with a kind, not {data!r}")
        unknown = data.keys() - {field.name for field in fields(cls)}
        if unknown:
            raise ValueError(f"a fault has no {', '.join(sorted(unknown))}")
        return cls(**data)


class SlackFaults:
    """A queue of faults per method. Each waits for a request that Slack would otherwise have served."""

    def __init__(self) -> None:
        self._queues: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self._storms: dict[str, datetime] = {}

    def add(self, method: str, *faults: Fault) -> None:
        self._queues[method].extend(faults)

    def clear(self) -> None:
        self._queues.clear()
        self._storms.clear()

    def waiting(self) -> dict[str, int]:
        return {method: len(queue) for method, queue in self._queues.items() if queue}

    def take(self, method: str, now: datetime) -> Fault | None:
        """What happens to the request in hand; a storm comes back as the 429 it is at this moment."""
        if method in self._storms:
            left = (self._storms[method] - now).total_seconds()
            if left > 0:
                return Fault("ratelimited", left)
            del self._storms[method]
        if not self._queues[method]:
            return None
        fault = self._queues[method].popleft()
        if fault.kind == "storm":
            self._storms[method] = now + timedelta(seconds=fault.seconds)
            return Fault("ratelimited", fault.seconds)
        return fault


def read_order(body: bytes, methods: Collection[str]) -> tuple[str, list[Fault]]:
    """`{"method": "chat.postMessage", "faults": [{"kind": "drop"}]}`. A ValueError says what is wrong with it."""
    order = orjson.loads(body)
    if not isinstance(order, dict) or order.get("method") not in methods:
        raise ValueError(f"name a method: {', '.join(methods)}")
    if not isinstance(order.get("faults"), list):
        raise ValueError("give faults, a list of objects")  # noqa: TRY004 - the body is at fault, not the caller's code
    return order["method"], [Fault.read(item) for item in order["faults"]]
