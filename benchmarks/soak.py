"""Twenty minutes of a whole day at 72 times its speed: do memory and open files stay where they are?

The house of the demo, with everything in it, in a process of its own; its scorer is another, as always. It looks at itself every two
seconds, and lines are laid through the looks: through all of them, those after the first quarter, and those of the second half. A warm-up
ends, so its last line is flatter than its first; a leak's is not. LANGYAN_SOAK_MINUTES makes it shorter.
"""

import asyncio
import ctypes
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx
import numpy as np
import orjson

from benchmarks.measure import Figure
from monitor import app, fittings
from monitor.backups import DATABASE
from monitor.clock import ScaledClock
from monitor.config import load
from monitor.demo import START, configure, sandbox
from monitor.memory import settle_down
from monitor.store import Store

SPEED = 72.0
EVERY = 2.0
"""Seconds between two looks at the process."""

SETTLES = 0.25
"""The share of the time in which most caches fill."""

SPANS = {"all": 0.0, "last three quarters": SETTLES, "second half": 0.5}
"""What lines are laid through, and the share of the time after which each begins."""

MIB = 2**20


@dataclass(frozen=True, kw_only=True)
class Look:
    """A process as it stands, `at` seconds after the start. `resident` holds `anonymous` and the pages of files that are mapped.

    `objects` are Python's small ones that are alive, `heap` what everything else has asked of glibc and not given back: together
    they are what lives, and the rest of `anonymous` is holes and stacks. Of the open `files` some are the `database`'s, which SQLite
    keeps when a reader closes, for the next one; some are `sockets`.
    """

    at: float
    resident: float
    anonymous: float
    objects: int
    heap: float
    files: int
    database: int
    sockets: int


UNITS = {
    "resident": ("resident memory", "MiB"),
    "anonymous": ("anonymous memory", "MiB"),
    "objects": ("live small objects", "objects"),
    "heap": ("glibc's heap in use", "MiB"),
    "files": ("open files", "files"),
    "database": ("open files of the database", "files"),
    "sockets": ("open sockets", "files"),
}
"""What is said of each field of a look."""


def run() -> Iterator[Figure]:
    seconds = 60 * float(os.environ.get("LANGYAN_SOAK_MINUTES", "20"))
    with (
        tempfile.TemporaryDirectory(prefix="langyan-soak-") as folder,
        sandbox(seed=5, speed=SPEED, world="day", start=START) as world,
    ):
        config, seen = configure(Path(folder), world), Path(folder) / "looks"
        given = ", ".join(repr(str(one)) for one in (config, world["url"], seen))
        command = [sys.executable, "-c", f"from benchmarks.soak import house; house({given})"]
        with (Path(folder) / "log").open("w") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log)
            held = []
            for share in (0.5, 1.0):
                _wait(process, seen, share * seconds)
                held.append(_held(config))
            process.terminate()
            process.wait(60)
        ledger = httpx.get(f"{world['url']}/slack/ledger", trust_env=False, timeout=60).json()
        looks = [Look(**orjson.loads(line)) for line in seen.read_bytes().splitlines()]
    pages = sum(entry["method"] == "chat.postMessage" and entry["stored"] for entry in ledger["entries"])
    yield Figure(name="soak: hours of the world", value=round(seconds * SPEED / 3600, 1), unit="hours")
    yield Figure(name="soak: messages in Slack", value=pages, unit="messages")
    for name in held[-1]:
        yield Figure(
            name=f"soak: {name} in the store at the end",
            value=held[-1][name],
            unit="rows",
            beside="half way",
            beside_value=held[0][name],
        )
    yield from figures(looks)


def figures(looks: Sequence[Look]) -> Iterator[Figure]:
    """What the looks say of each number: where it was after a quarter, where it ended, and how steeply it rose in each span."""
    at = np.array([look.at for look in looks])
    few = max(1, len(looks) // 8)
    for field, (name, unit) in UNITS.items():
        values = np.array([asdict(look)[field] for look in looks])
        settled = values[at >= SETTLES * at[-1]]
        yield Figure(
            name=f"soak: {name} at the end",
            value=round(float(np.median(values[-few:])), 1),
            unit=unit,
            beside="after the first quarter",
            beside_value=round(float(np.median(settled[:few])), 1),
            wanted="flat",
        )
        for span, begins in SPANS.items():
            within = at >= begins * at[-1]
            yield Figure(
                name=f"soak: {name}, slope, {span}",
                value=round(float(np.polyfit(at[within] / 3600, values[within], 1)[0]), 2) + 0.0,  # no "-0"
                unit=f"{unit} per real hour",
                wanted="flat" if begins else "",
            )


def _wait(process: "subprocess.Popen[bytes]", seen: Path, seconds: float) -> None:
    """Until the process has looked at itself so many seconds after the start."""
    while not seen.exists() or not (lines := seen.read_bytes().splitlines()) or orjson.loads(lines[-1])["at"] < seconds:
        time.sleep(EVERY)
        assert process.poll() is None, f"the daemon ended by itself with {process.returncode}"


def _held(config: Path) -> Mapping[str, int]:
    """Rows of the store, counted from outside."""
    with closing(Store.reading(fittings.database(load(config)))) as store:
        return store.totals()


# ── the house, and what it sees of itself ───────────────────────────────────────────────────────────────────────────


def house(config: str, sandbox_url: str, seen: str) -> None:
    """The house, with the world's clock, until it is told to end."""
    clock = ScaledClock(START, SPEED)
    built = app.build(load(Path(config)), clock)
    built.scoring.warm()
    httpx.post(f"{sandbox_url}/control/start", json={"start": START.isoformat(), "rate": SPEED}, trust_env=False)
    clock.restart()
    settle_down()
    threading.Thread(target=_look_on, args=(Path(seen),), name="look on", daemon=True).start()
    asyncio.run(built.run())


def _look_on(seen: Path) -> None:
    began = time.monotonic()
    with seen.open("ab", buffering=0) as lines:
        while True:
            time.sleep(EVERY)
            lines.write(orjson.dumps(asdict(_look(time.monotonic() - began)), option=orjson.OPT_APPEND_NEWLINE))


def _look(at: float) -> Look:
    kib = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    files = [link for file in Path("/proc/self/fd").iterdir() if (link := _link(file))]
    return Look(
        at=at,
        resident=int(kib["VmRSS"].split()[0]) / 1024,
        anonymous=int(kib["RssAnon"].split()[0]) / 1024,
        objects=sys.getallocatedblocks(),
        heap=_heap() / MIB,
        files=len(files),
        database=sum(DATABASE in link for link in files),
        sockets=sum(link.startswith("socket:") for link in files),
    )


def _link(file: Path) -> str:
    try:
        return str(file.readlink())
    except FileNotFoundError:  # closed meanwhile
        return ""


class _Mallinfo(ctypes.Structure):
    """malloc.h of glibc, 2.33 and newer."""

    _fields_ = [(name, ctypes.c_size_t) for name in (
        "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost",
    )]  # fmt: skip


def _heap() -> int:
    """Bytes that were asked of glibc and not given back."""
    ask = ctypes.CDLL(None).mallinfo2
    ask.restype = _Mallinfo
    told = ask()
    return int(told.uordblks) + int(told.hblkhd)
