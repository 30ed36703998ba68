"""Twenty minutes of a whole day at 72 times its speed: do memory and open files stay where they are?

The house of the demo, with everything in it, in a process of its own; its scorer is another, as always. What it holds after the
first quarter is compared with what it holds at the end, and a line is laid through all between. LANGYAN_SOAK_MINUTES makes it
shorter.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np

from benchmarks.measure import Figure
from monitor import app
from monitor.clock import ScaledClock
from monitor.config import load
from monitor.demo import START, configure, sandbox
from monitor.memory import settle_down

SPEED = 72.0
EVERY = 2.0
"""Seconds between two looks at the process."""

SETTLES = 0.25
"""The share of the time that caches may take to fill."""


def run() -> Iterator[Figure]:
    minutes = float(os.environ.get("LANGYAN_SOAK_MINUTES", "20"))
    with (
        tempfile.TemporaryDirectory(prefix="langyan-soak-") as folder,
        sandbox(seed=5, speed=SPEED, world="day", start=START) as world,
    ):
        config = configure(Path(folder), world)
        command = [sys.executable, "-c", f"from benchmarks.soak import house; house({str(config)!r}, {world['url']!r})"]
        with (Path(folder) / "log").open("w") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log)
            looks = list(_looks(process, minutes * 60))
            process.terminate()
            process.wait(60)
        ledger = httpx.get(f"{world['url']}/slack/ledger", trust_env=False, timeout=60).json()
    pages = sum(entry["method"] == "chat.postMessage" and entry["stored"] for entry in ledger["entries"])
    yield Figure(name="soak: hours of the world", value=round(minutes * SPEED / 60, 1), unit="hours")
    yield Figure(name="soak: messages in Slack", value=pages, unit="messages")
    hours, memory, files = (np.array(column) for column in zip(*looks, strict=True))
    for name, values, unit in (("memory", memory, "MiB"), ("open files", files, "files")):
        quarter = max(1, len(values) // 8)
        yield Figure(
            name=f"soak: {name} at the end",
            value=round(float(np.median(values[-quarter:])), 1),
            unit=unit,
            beside="once caches are full",
            beside_value=round(float(np.median(values[:quarter])), 1),
            wanted="flat",
        )
        slope = float(np.polyfit(hours, values, 1)[0])
        yield Figure(name=f"soak: {name}, slope", value=round(slope, 2), unit=f"{unit} per real hour", wanted="flat")


def _looks(process: "subprocess.Popen[bytes]", seconds: float) -> Iterator[tuple[float, float, int]]:
    """Hours since the start, MiB and open files, from where caches are full on."""
    began = time.monotonic()
    while (gone := time.monotonic() - began) < seconds:
        time.sleep(EVERY)
        assert process.poll() is None, f"the daemon ended by itself with {process.returncode}"
        if gone >= SETTLES * seconds:
            pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
            mib = pages * os.sysconf("SC_PAGE_SIZE") / 2**20
            yield gone / 3600, mib, len(list(Path(f"/proc/{process.pid}/fd").iterdir()))


def house(config: str, sandbox_url: str) -> None:
    """The house, with the world's clock, until it is told to end."""
    clock = ScaledClock(START, SPEED)
    built = app.build(load(Path(config)), clock)
    built.scoring.warm()
    httpx.post(f"{sandbox_url}/control/start", json={"start": START.isoformat(), "rate": SPEED}, trust_env=False)
    clock.restart()
    settle_down()
    asyncio.run(built.run())
