"""Buttons over the real Socket Mode client: how long from a finger to a committed state, and how long a deaf socket stays deaf.

The Slack is the sandbox's, in this process. Presses: two people at once on each incident, every third envelope sent twice or again
in another one. Deafness: `FASTER` times as fast as in life, for the watchdog's waits are that much shorter; figures are in life's
seconds, from the moment on which the socket could have been replaced.
"""

import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

import uvicorn
from slack_sdk import WebClient

from alerts.intake.actions import received
from alerts.intake.socket import WAITS, Waits
from benchmarks.measure import Figure, percentile
from monitor.clock import RealClock, ScaledClock
from monitor.config import load
from monitor.ears import Ears, Seconds, ears
from monitor.model import Act, Step
from monitor.ports import Clock, Done
from monitor.sandbox.slack import FakeSlack
from monitor.sandbox.slack_sockets import Delivery
from monitor.store import Store
from tests.store.seen import page

ROOM = "C0CRISIS01"
INCIDENTS = 300
TRIALS = 100
FASTER = 10
PATIENCE = 120.0
AGAIN = 0.2
"""Real seconds between two presses of somebody who wonders whether it is heard."""

TOML = """
[[brand]]
name = "星禾"
match = "星禾"
[alerts.receivers.crisis]
type = "slack"
channel = "C0CRISIS01"
token = {{ file = "bot.token" }}
app_token = {{ file = "app.token" }}
base_url = "{url}/slack/api/"
"""
SHORT = Waits(
    silence=WAITS.silence / FASTER,
    connecting=WAITS.connecting / FASTER,
    ping=WAITS.ping / FASTER,
    rest=WAITS.rest / FASTER,
    longest_rest=WAITS.longest_rest / FASTER,
    look=WAITS.look / FASTER,
)


class Timed(Store):
    """A store that notes when each step of a person was committed."""

    def handle(self, incident_id: int, step: Step) -> Done:
        done = super().handle(incident_id, step)
        if done.fresh:
            self.committed.setdefault(step.key, perf_counter())
            self.steps += 1
        return done

    committed: dict[str, float]
    steps: int = 0


@dataclass
class House:
    """A workspace, ears and a store on a disk; `press` is a finger."""

    slack: FakeSlack
    store: Timed
    ears: Ears
    client: WebClient
    pressed: dict[str, float] = field(default_factory=dict)

    def press(self, user: str, ts: str) -> Delivery:
        before = perf_counter()
        delivery = self.slack.hands.press(user, ROOM, ts, "langyan.ack")
        envelope = received("crisis", "interactive", delivery.envelope_id, delivery.payload, self.slack.clock.now())
        assert envelope is not None
        self.pressed[f"slack:{envelope.press}"] = before
        return delivery

    def card(self, number: int) -> str:
        button = {"type": "button", "text": {"type": "plain_text", "text": "认领"}, "action_id": "langyan.ack"}
        row = {
            "type": "actions",
            "block_id": f"incident-{number}:buttons:1",
            "elements": [{**button, "value": str(number)}],
        }
        return str(self.client.chat_postMessage(channel=ROOM, text="橙", blocks=[row])["ts"])


@contextmanager
def house(waits: Waits, clock: Clock) -> Iterator[House]:
    slack = FakeSlack(clock, burst=1_000_000)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(slack.app, log_level="critical", lifespan="off"))
    stop = threading.Event()
    with tempfile.TemporaryDirectory() as folder:
        home, url = Path(folder), f"http://127.0.0.1:{listener.getsockname()[1]}"
        (home / "bot.token").write_text(slack.token)
        (home / "app.token").write_text(slack.app_token)
        (home / "langyan.toml").write_text(TOML.format(url=url))
        store = Timed.open(home / "bench.db", hash_key=b"bench")
        assert isinstance(store, Timed)
        store.committed = {}
        heard = ears(load(home / "langyan.toml"), store, clock, [], Seconds(time.monotonic, time.time), waits)
        assert heard is not None
        wake = threading.Event()
        store.on_commit(lambda topic: wake.set() if topic == "inbox" else None)
        loops = [
            threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True),
            threading.Thread(target=_work, args=(heard, stop, wake), daemon=True),
            threading.Thread(target=heard.sockets[0].run, args=(stop, threading.Event()), daemon=True),
        ]
        for loop in loops:
            loop.start()
        yield House(slack, store, heard, WebClient(slack.token, f"{url}/slack/api/", retry_handlers=[]))
        stop.set()
        wake.set()
        loops[1].join()
        heard.close()
        store.close()
        server.should_exit = True
        loops[0].join(5)


def _work(heard: Ears, stop: threading.Event, wake: threading.Event) -> None:
    """As the daemon does it: until nothing waits, then until somebody wakes it."""
    while not stop.is_set():
        wake.clear()
        if not heard.switchboard.step():
            wake.wait(5.0)


def run() -> Iterator[Figure]:
    yield from _presses()
    yield from _deafness()


def _presses() -> Iterator[Figure]:
    with house(WAITS, RealClock()) as home:
        _until(lambda: home.ears.sockets[0].connected)
        numbers = [page(home.store, str(5340 + one)) for one in range(INCIDENTS)]
        cards = {number: home.card(number) for number in numbers}
        acked: list[float] = []
        for turn, number in enumerate(numbers):
            if turn % 3 == 0:
                home.slack.sockets.order("duplicate" if turn % 2 else "repeat", times=2)
            both = [home.press(user, cards[number]) for user in ("U0LI", "U0WANG")]
            _until(lambda: home.pressed.keys() <= home.store.committed.keys())
            _until(lambda both=both: all(one.acked_at for one in both))
            acked += [(one.acked_at - one.at).total_seconds() for one in both if one.acked_at]
        took = [home.store.committed[key] - before for key, before in home.pressed.items()]
        owners = [
            sum(event.act is Act.ACKNOWLEDGE for event in home.store.events(number)) for number in numbers
        ]  # fmt: skip
        steps = home.store.steps
    name = f"{len(took)} presses: button to committed state"
    yield Figure(name=f"{name}, p50", value=round(1000 * percentile(took, 0.5), 1), unit="ms")
    yield Figure(name=f"{name}, p99", value=round(1000 * percentile(took, 0.99), 1), unit="ms", wanted="<= 150")
    yield Figure(
        name="envelope acknowledged, p99", value=round(1000 * percentile(acked, 0.99), 1), unit="ms", wanted="<= 300"
    )
    yield Figure(name="presses carried out more than once", value=steps - len(took), unit="presses", wanted="0")
    others = sum(owned != 1 for owned in owners)
    yield Figure(name="incidents with other than one owner", value=others, unit="incidents", wanted="0")


def _deafness() -> Iterator[Figure]:
    rng = Random(5)
    healed: dict[str, list[float]] = {}
    with house(SHORT, ScaledClock(RealClock().now(), FASTER)) as home:
        _until(lambda: home.ears.sockets[0].connected)
        card = home.card(page(home.store))
        for _ in range(TRIALS):
            trouble = rng.choice(("deaf", "drop", "burnt ticket", "refused", "told to go"))
            healed.setdefault(trouble, []).append(_trial(home, trouble, rng, card))
    for trouble, times in sorted(healed.items()):
        yield Figure(
            name=f"{trouble}, {len(times)} trials: heard again, worst",
            value=round(max(times), 1),
            unit="s",
            wanted="<= 45",
        )
    every = [one for times in healed.values() for one in times]
    yield Figure(
        name=f"deaf socket heard again, worst of {len(every)} trials",
        value=round(max(every), 1),
        unit="s",
        wanted="<= 45",
    )


def _trial(home: House, trouble: str, rng: Random, card: str) -> float:
    """Life's seconds from when it could be replaced until a press is heard."""
    sockets = home.slack.sockets
    since = perf_counter()
    match trouble:
        case "deaf" | "drop":
            sockets.order("deaf" if trouble == "deaf" else "drop")
        case "told to go":
            sockets.order("disconnect", reason=rng.choice(("warning", "refresh_requested", "link_disabled")))
        case _:
            lasts = rng.uniform(0, 2 if trouble == "burnt ticket" else 60)
            sockets.order("refuse", seconds=lasts)
            sockets.order("drop")
            since += lasts / FASTER
    pressed: list[Delivery] = []
    while not any(one.acked_at for one in pressed):
        pressed.append(home.slack.hands.press("U0LI", ROOM, card, "langyan.ack"))
        again = perf_counter() + AGAIN
        while perf_counter() < again and not any(one.acked_at for one in pressed):
            time.sleep(0.001)
        if perf_counter() - since > PATIENCE:
            return float("inf")
    took = max(0.0, perf_counter() - since)
    for one in [one for one in sockets.open if one.deaf]:
        one.drop()  # the client is long gone; only this Slack, which does not read, cannot know
    _until(lambda: home.ears.sockets[0].connected and all(not one.deaf for one in sockets.open))
    return took * FASTER


def _until(happens: Any) -> None:
    end = perf_counter() + PATIENCE
    while not happens():
        assert perf_counter() < end, "it never happened"
        time.sleep(0.0005)
