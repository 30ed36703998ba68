"""A hundred reloads of the running daemon against the sandbox, at most twice a second: was a poll lost, a post, a page?

Every second reload changes a threshold, how often the feed is polled, or the receiver's pace, so that every kind of part changes over; every tenth file is bad.
"""

import os
import signal
import socket
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx

from benchmarks.kills import CONFIG, SETTLED, counted, let_it_finish, settle_in, start_daemon
from benchmarks.measure import Figure, percentile
from monitor.demo import sandbox

RELOADS = 100
EVERY = 0.5
"""Seconds between two reloads."""

POLLED_EVERY = 2.0
READY_WITHIN = 60.0

CHANGES = (
    ("reposts = 1", "reposts = 2"),
    ('every = "2s"', 'every = "2.1s"'),
    ('settle = "3s"', 'settle = "4s"'),
    ("match = '星禾'", "match = '星禾 OR xinghe'"),
)


def run() -> Iterator[Figure]:
    start = datetime.now(UTC).replace(microsecond=0)
    with tempfile.TemporaryDirectory(prefix="langyan-reload-") as folder:
        home, port = Path(folder), _free_port()
        with sandbox(seed=1, speed=1, world="busy", start=start) as world, (home / "log").open("w") as log:
            settle_in(home, world, start)
            plain = CONFIG.format(url=world["url"], slack=world["slack"], every="2s").replace(
                "127.0.0.1:0", f"127.0.0.1:{port}"
            )
            toml = home / "langyan.toml"
            toml.write_text(plain, encoding="utf-8")
            daemon = start_daemon(home, log)
            try:
                _ready(port)
                before, began, answered = _polls(port), time.monotonic(), list[float]()
                for number in range(RELOADS):
                    old, new = CHANGES[number // 2 % len(CHANGES)]
                    text = plain.replace(old, new) if number % 2 else plain
                    toml.write_text("colour = 1\n" + text if number % 10 == 9 else text, encoding="utf-8")
                    asked = time.monotonic()
                    os.kill(daemon.pid, signal.SIGHUP)
                    _answered(home / "log", number + 1)
                    answered.append(time.monotonic() - asked)
                    assert daemon.poll() is None, f"the daemon ended by itself with {daemon.returncode}"
                    time.sleep(max(0.0, EVERY - answered[-1]))
                polls, took = _polls(port), time.monotonic() - began
                last = datetime.now(UTC)
                daemon.terminate()
                daemon.wait(60)
            finally:
                daemon.kill()
                daemon.wait()
            toml.write_text(plain, encoding="utf-8")
            let_it_finish(home, log, last)
            truth = httpx.get(f"{world['url']}/truth", trust_env=False, timeout=60).json()
            ledger = httpx.get(f"{world['url']}/slack/ledger", trust_env=False, timeout=60).json()
        said = (home / "log").read_text(encoding="utf-8")
        yield Figure(name="reloads asked for", value=RELOADS, unit="reloads")
        yield Figure(name="from SIGHUP to the answer in the log, median", value=percentile(answered, 0.5), unit="s")
        yield Figure(name="from SIGHUP to the answer in the log, longest", value=max(answered), unit="s")
        yield Figure(name="reloads put into force", value=said.count('"reloaded"'), unit="reloads")
        yield Figure(name="bad files refused", value=said.count('"not reloaded"'), unit="reloads")
        yield Figure(
            name="polls that ended well", value=polls["ok"] - before["ok"], unit="polls", beside="due by the clock",
            beside_value=took // POLLED_EVERY,
        )  # fmt: skip
        failed = sum(polls.values()) - polls["ok"] - sum(before.values()) + before["ok"]
        yield Figure(name="polls that failed", value=failed, unit="polls", wanted="0")
        yield from counted(home / "state" / "langyan.db", truth, ledger, until=last - SETTLED)


def _answered(log: Path, number: int) -> None:
    """Waits until so many reloads were put into force or refused."""
    end = time.monotonic() + READY_WITHIN
    while time.monotonic() < end:
        said = log.read_text(encoding="utf-8")
        if said.count('"reloaded"') + said.count('"not reloaded"') >= number:
            return
        time.sleep(0.02)
    raise AssertionError(f"reload {number} was never answered")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _ready(port: int) -> None:
    end = time.monotonic() + READY_WITHIN
    while time.monotonic() < end:
        try:
            if _polls(port)["ok"]:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    raise AssertionError("the daemon never polled")


def _polls(port: int) -> dict[str, float]:
    """Polls so far by their outcome."""
    found = {"ok": 0.0}
    for line in httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text.splitlines():
        if line.startswith("langyan_feed_polls_total{"):
            labels, _, value = line.rpartition(" ")
            found[labels.partition('outcome="')[2].rstrip('"}')] = float(value)
    return found
