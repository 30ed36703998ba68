"""Socket Mode of the sandbox's Slack: tickets, which socket gets what, acknowledgements, and trouble on order.

Follows https://docs.slack.dev/apis/events-api/using-socket-mode. Where Slack is vague, it is strict: a ticket is used
once, a payload that picks a dead socket is lost, an interaction is never sent again.
"""

import itertools
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, Literal, get_args

import orjson

from monitor.ports import Clock
from monitor.sandbox.slack_link import Socket
from monitor.sandbox.slack_message import APP

Kind = Literal["interactive", "slash_commands", "events_api"]
Reason = Literal["warning", "refresh_requested", "too_many_websockets", "link_disabled"]
Trouble = Literal["deaf", "drop", "refuse", "disconnect", "duplicate", "repeat", "reorder"]

ACK = 3.0
"""Seconds in which an envelope must be acknowledged, or the person sees a warning sign."""
MOST_SOCKETS = 10
TICKET = 30.0
"""Seconds a ticket lives. Slack publishes none."""
GRACE = 10.0
"""Seconds between a `warning` and the end of its socket."""
HOLD = 1.0
"""Seconds after which an envelope that waits to be overtaken goes out anyway."""
AGAIN = (0.0, 60.0, 300.0)
"""Seconds after a failed delivery at which the Events API tries again; interactions and commands it never does."""


def patience(clock: Clock, seconds: float) -> timedelta:
    """A span that people and sockets live through, in clock seconds: on a clock that runs fast it is as long on the wall."""
    return timedelta(seconds=seconds * max(1.0, clock.rate))


@dataclass(slots=True)
class Delivery:
    """One envelope. `copies`: how often it was given to a socket; 0: nobody was connected. `response`: what came with the ack.

    `trouble`: what the script drew for it. `late`: an acknowledgement came after the time for it was over, and changed nothing.
    """

    envelope_id: str
    kind: Kind
    payload: Mapping[str, Any]
    accepts: bool
    at: datetime
    due: datetime
    attempt: int = 0
    copies: int = 0
    acked_at: datetime | None = None
    late: bool = False
    response: Any = None
    trouble: Trouble | None = None
    done: Callable[["Delivery"], None] | None = field(default=None, repr=False)

    def wire(self) -> dict[str, Any]:
        envelope: dict[str, Any] = {"envelope_id": self.envelope_id, "type": self.kind, "payload": self.payload}
        envelope |= {"accepts_response_payload": self.accepts}
        if self.kind == "events_api":
            envelope |= {"retry_attempt": self.attempt, "retry_reason": "timeout" if self.attempt else ""}
        return envelope

    def failed(self, now: datetime) -> bool:
        """Nobody took it in time: the person sees a warning sign."""
        return self.acked_at is None and now >= self.due

    def told(self) -> dict[str, Any]:
        """For the ledger."""
        names = ("envelope_id", "kind", "payload", "at", "attempt", "copies", "acked_at", "late", "response", "trouble")
        return {name: getattr(self, name) for name in names}


class Sockets:
    """The open sockets of the app. Guarded by the workspace's lock; asks nobody for time but `clock`."""

    def __init__(self, clock: Clock, lock: threading.RLock, seed: int) -> None:
        self.open: list[Socket] = []
        self.deliveries: list[Delivery] = []
        self.strays: list[str] = []
        """What clients sent that answers no envelope."""
        self.trouble: Callable[[], dict[str, Any] | None] = lambda: None
        """Drawn before each envelope: arguments for `order`."""
        self._clock, self._lock = clock, lock
        self._random = Random(f"{seed}:sockets")
        self._count = itertools.count(1)
        self._tickets: dict[str, datetime] = {}
        self._closing: list[tuple[datetime, Socket]] = []
        self._again: list[tuple[datetime, Delivery]] = []
        self._until: dict[str, datetime] = {}
        self._waiting: dict[str, int] = {}
        self._held: list[Delivery] = []

    # ── connecting ──

    def address(self, base: str) -> str:
        """A new address with a ticket in it. `base` is the server's, ending in a slash."""
        ticket = self._name()
        self._tickets[ticket] = self._clock.now() + patience(self._clock, TICKET)
        return f"{base.replace('http', 'ws', 1)}link?ticket={ticket}&app_id={APP}"

    def admit(self, ticket: str) -> bool:
        with self._lock:
            until = self._tickets.pop(ticket, None)
            now = self._clock.now()
            return until is not None and now < until and not self._lasts("refuse", now)

    def opened(self, socket: Socket) -> None:
        with self._lock:
            self.open.append(socket)
            about = {"host": "applink-sandbox", "build_number": 1, "approximate_connection_time": 18060}
            hello = {"type": "hello", "num_connections": len(self.open), "debug_info": about}
            socket.write({**hello, "connection_info": {"app_id": APP}})
            if len(self.open) > MOST_SOCKETS:
                self._send_away(socket, "too_many_websockets")
            elif self._lasts("deaf", self._clock.now()):
                socket.go_deaf()

    def closed(self, socket: Socket) -> None:
        with self._lock:
            self.open.remove(socket)

    # ── envelopes ──

    def deliver(
        self,
        kind: Kind,
        payload: Mapping[str, Any],
        *,
        accepts: bool = False,
        done: Callable[[Delivery], None] | None = None,
    ) -> Delivery:
        """Gives the payload to any one of the open sockets. `done` is called when it is acknowledged in time."""
        with self._lock:
            now, drawn, made = self._clock.now(), self.trouble(), []
            if drawn:
                self.order(**drawn)
            for _ in range(2 if self._take("repeat") else 1):
                due = now + patience(self._clock, ACK)
                met = drawn["trouble"] if drawn else None
                made.append(Delivery(self._name(), kind, payload, accepts, now, due, trouble=met, done=done))
            self.deliveries += made
            if self._take("reorder"):
                self._held += made
                if not self._waiting["reorder"]:
                    self._let_go()
            else:
                for delivery in made:
                    self._send(delivery)
            return made[0]

    def heard(self, socket: Socket, text: str) -> None:
        """An acknowledgement, or something that is none."""
        try:
            said = orjson.loads(text)
            name = said["envelope_id"]
        except (ValueError, KeyError, TypeError):
            name = None
        with self._lock:
            found = next((item for item in reversed(self.deliveries) if item.envelope_id == name), None)
            if found is None or socket.deaf:
                self.strays.append(text)
                return
            now = self._clock.now()
            if found.acked_at is not None:
                return
            if now >= found.due:
                found.late = True
                return
            found.acked_at = now
            found.response = said.get("payload") if found.accepts else None
            if found.done:
                found.done(found)

    def tick(self) -> None:
        """Closes what was warned, lets go what was held, and sends events again that nobody took."""
        with self._lock:
            now = self._clock.now()
            for due, socket in [item for item in self._closing if item[0] <= now]:
                self._closing.remove((due, socket))
                socket.close()
            if self._held and now >= self._held[0].at + patience(self._clock, HOLD):
                self._let_go()
            for due, delivery in [item for item in self._again if item[0] <= now]:
                self._again.remove((due, delivery))
                if delivery.acked_at is None:
                    delivery.attempt += 1
                    delivery.due = now + patience(self._clock, ACK)
                    self._send(delivery)

    def _send(self, delivery: Delivery) -> None:
        there = [socket for socket in self.open if not socket.leaving]
        if not there:
            delivery.due = self._clock.now()
        for _ in range(2 if there and self._take("duplicate") else len(there[:1])):
            delivery.copies += 1
            self._random.choice(there).write(delivery.wire())
        if delivery.kind == "events_api" and delivery.attempt < len(AGAIN):
            wait = patience(self._clock, AGAIN[delivery.attempt])
            self._again.append((delivery.due + wait, delivery))

    def _let_go(self) -> None:
        held, self._held = self._held, []
        self._waiting.pop("reorder", None)
        for delivery in reversed(held):
            self._send(delivery)

    # ── trouble on order ──

    def order(self, trouble: Trouble, *, seconds: float = 0.0, times: int = 1, reason: Reason = "warning") -> None:
        """
        deaf        every open socket, and those that open within `seconds`, goes half-open
        drop        every open socket ends without a word
        refuse      no handshake succeeds for `seconds`; the ticket is burnt all the same
        disconnect  every open socket is told `reason`; after a `warning` it lives on for a while
        duplicate   each of the next `times` envelopes is sent twice
        repeat      each of the next `times` payloads comes again in an envelope of its own
        reorder     the next `times` envelopes are held, and let go in reverse

        Seconds are the clock's.
        """
        with self._lock:
            for socket in self.open:
                match trouble:
                    case "deaf":
                        socket.go_deaf()
                    case "drop":
                        socket.drop()
                    case "disconnect":
                        self._send_away(socket, reason)
            if trouble in ("deaf", "refuse"):
                self._until[trouble] = self._clock.now() + timedelta(seconds=seconds)
            elif trouble in ("duplicate", "repeat", "reorder"):
                self._waiting[trouble] = times

    def clear(self) -> None:
        """Takes back what was ordered and has not happened. Sockets that are deaf stay so."""
        with self._lock:
            self._until.clear()
            self._waiting.clear()
            self._let_go()

    def _send_away(self, socket: Socket, reason: Reason) -> None:
        socket.leaving = True
        socket.write({"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-sandbox"}})
        if reason == "warning":
            self._closing.append((self._clock.now() + patience(self._clock, GRACE), socket))
        else:
            socket.close()

    def _lasts(self, trouble: str, now: datetime) -> bool:
        return trouble in self._until and now < self._until[trouble]

    def _take(self, trouble: str) -> bool:
        left = self._waiting.get(trouble, 0)
        if left:
            self._waiting[trouble] = left - 1
        return left > 0

    def _name(self) -> str:
        return f"{next(self._count):04d}-{self._random.getrandbits(64):016x}"


def read_trouble(body: bytes) -> dict[str, Any]:
    """`{"do": "deaf", "seconds": 30}` as the arguments of `Sockets.order`. A ValueError says what is wrong with it."""
    said = orjson.loads(body)
    if not isinstance(said, dict) or said.get("do") not in get_args(Trouble):
        raise ValueError(f"do is one of {', '.join(get_args(Trouble))}")
    order: dict[str, Any] = {"trouble": said.pop("do"), **said}
    unknown = order.keys() - {"trouble", "seconds", "times", "reason"}
    if unknown:
        raise ValueError(f"an order has no {', '.join(sorted(unknown))}")
    if order.get("reason", "warning") not in get_args(Reason):
        raise ValueError(f"reason is one of {', '.join(get_args(Reason))}")
    seconds, times = order.get("seconds", 0), order.get("times", 1)
    if type(seconds) not in (int, float) or seconds < 0 or type(times) is not int or times < 1:
        raise ValueError("seconds is a number, 0 or more; times is one, 1 or more")
    return order
