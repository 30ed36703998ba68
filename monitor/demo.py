"""The whole product against the sandbox on loopback: a complaint catches fire among hundreds of harmless posts.

The sandbox is a process of its own that speaks the platforms' real wire formats; the daemon is the real one, on a clock
that runs `speed` times as fast as the wall.
"""

import asyncio
import contextlib
import dataclasses
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson

from alerts import words
from monitor import app, fittings
from monitor.clock import ScaledClock
from monitor.config import load
from monitor.model import IncidentState
from monitor.reckoning import Told, reckon, time_of_day
from monitor.terminal import curve

START = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
"""Nine in the morning in Shanghai: the world's first moment."""

LASTS = timedelta(hours=2)

CONFIG = """
language = "zh"
state = "state"
listen = "127.0.0.1:0"
log = "json"

[[brand]]
name = "星禾"
match = '星禾 OR xinghe'
except = '抽奖 OR 转发有礼 OR 招聘'
own = ["weibo:1700000001"]

[[feed]]
name = "weibo-mentions"
type = "weibo"
mode = "mentions"
every = "2m"
base_url = "{url}/weibo"
search_base_url = "{url}/weibo"
token = {{ file = "weibo.token" }}
allow_private = ["127.0.0.1"]

[[feed]]
name = "weibo-search"
type = "weibo"
mode = "search"
query = "星禾"
every = "3m"
base_url = "{url}/weibo"
search_base_url = "{url}/weibo"
token = {{ file = "weibo.token" }}
allow_private = ["127.0.0.1"]

[[feed]]
name = "xiaohongshu-notes"
type = "rsshub"
base_url = "{url}/rsshub"
route = "{route}"
every = "5m"
allow_private = ["127.0.0.1"]

[[feed]]
name = "app-store"
type = "appstore"
brand = "星禾"
app_id = "{app_id}"
country = "cn"
base_url = "{url}/apple"
every = "15m"
allow_private = ["127.0.0.1"]

[alerts]
settle = "15s"
short_links = "{url}/xhslink"

[alerts.receivers.crisis]
type = "slack"
channel = "C0CRISIS01"
token = {{ file = "slack.token" }}
app_token = {{ file = "slack-app.token" }}
base_url = "{slack}/api/"

[alerts.receivers.ops]
type = "slack"
channel = "C0OPS"
token = {{ file = "slack.token" }}
base_url = "{slack}/api/"
"""


@dataclasses.dataclass
class Printer:
    """Where the story goes: lines on stderr under --json, on stdout otherwise."""

    json: bool

    def say(self, line: str = "") -> None:
        (sys.stderr if self.json else sys.stdout).write(line + "\n")
        (sys.stderr if self.json else sys.stdout).flush()

    def put(self, fact: dict[str, Any]) -> None:
        if self.json:
            sys.stdout.write(orjson.dumps(fact).decode() + "\n")
            sys.stdout.flush()


@contextlib.contextmanager
def sandbox(seed: int, speed: float, world: str = "demo", start: datetime = START) -> Iterator[dict[str, Any]]:
    """The sandbox as a process of its own; it ends with this block, whatever happens."""
    command = [sys.executable, "-P", "-m", "monitor.sandbox", "--port", "0", "--seed", str(seed), "--world", world]
    command += ["--rate", str(speed), "--start", start.isoformat()]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - our own module
    try:
        assert process.stdout is not None  # noqa: S101 - Popen was given a pipe
        hello = process.stdout.readline()
        if not hello:
            raise RuntimeError(f"the sandbox did not start (exit {process.wait()})")
        yield orjson.loads(hello)
    finally:
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def run(*, headless: bool, seed: int, speed: float, json: bool) -> int:
    """Plays the demo; the exit code is 1 when a crisis was missed, or nobody waited to see."""
    out = Printer(json)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _as_ctrl_c)
    stays = sys.stdout.isatty() and not headless and not json
    with tempfile.TemporaryDirectory(prefix="langyan-demo-") as folder, sandbox(seed, speed) as world:
        home = Path(folder)
        config = configure(home, world)
        with (home / "daemon.log").open("w", encoding="utf-8") as log:
            fittings.log_to("json", log)
            clock = ScaledClock(START, speed)
            house = app.build(load(config), clock)
            try:
                return asyncio.run(_play(house, clock, world, out, stays=stays, seed=seed))
            except KeyboardInterrupt:
                return 1


def _as_ctrl_c(_number: int, _frame: object) -> None:
    """A closed terminal ends it as tidily as Ctrl-C."""
    raise KeyboardInterrupt


def configure(home: Path, world: dict[str, Any]) -> Path:
    """Writes the demo's configuration for this sandbox into `home`; its path."""
    (home / "weibo.token").write_text(world["weibo_token"])
    (home / "slack.token").write_text(world["slack_token"])
    (home / "slack-app.token").write_text(world["slack_app_token"])
    config = home / "langyan.toml"
    config.write_text(
        CONFIG.format(url=world["url"], slack=world["slack"], route=world["xhs_route"], app_id=world["app_id"]),
        encoding="utf-8",
    )
    return config


async def _play(
    house: app.House, clock: ScaledClock, world: dict[str, Any], out: Printer, *, stays: bool, seed: int
) -> int:
    board = f"http://127.0.0.1:{house.port}"
    out.say("狼烟 Langyan · demo")
    out.say(f"  the sandbox's Slack  {world['slack']}/C0CRISIS01  (its buttons work, and so does /langyan help)")
    out.say(f"  the board            {board}/")
    out.say(f"  the metrics          {board}/metrics")
    out.say("warming the scorer …")
    await asyncio.to_thread(house.scoring.warm)
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        await client.post(f"{world['url']}/control/start", json={"start": START.isoformat(), "rate": clock.rate})
        clock.restart()
        running = asyncio.create_task(house.run())
        try:
            while not (house.life.ready or running.done()):
                await asyncio.sleep(0.05)
            # To the daemon it means to read its file anew; here it is a terminal that was closed.
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, house.daemon.stop)
            told = await _follow(house, clock, out, running)
            if told is None:
                return 1
            all_told = _conclude(told, (await client.get(f"{world['url']}/truth")).json(), house, out, seed)
            if stays:
                out.say("\nstill serving; Ctrl-C ends it")
                await running
        finally:
            if not (running.done() or house.life.stopping):
                house.daemon.stop()
            await running
    return 0 if all_told else 1


async def _follow(
    house: app.House,
    clock: ScaledClock,
    out: Printer,
    running: "asyncio.Task[None]",
) -> dict[int, datetime] | None:
    """Prints the world's progress and each page as it is confirmed, until the scenario ends. Incident -> when.

    None: somebody ended it before.
    """
    seen: dict[int, datetime] = {}
    told_at = 0.0
    while clock.now() < START + LASTS:
        if house.life.stopping:
            return None
        if running.done():
            await running
            raise RuntimeError("the daemon ended before the demo did")
        await asyncio.sleep(0.1)
        for incident in await asyncio.to_thread(house.store.incidents, list(IncidentState), 100):
            if incident.paged_at is None or incident.id in seen:
                continue
            sent = await asyncio.to_thread(_sent, house, incident.id)
            if sent is None:
                continue
            seen[incident.id] = sent
            for line in await asyncio.to_thread(_page_lines, house, incident.id, sent):
                out.say(line)
        if clock.elapsed() - told_at >= 600:
            told_at = clock.elapsed()
            totals = await asyncio.to_thread(house.store.totals)
            out.say(
                f"{time_of_day(clock.now())}  {totals['posts']} posts, {totals['mentions']} mentions, "
                f"{totals['sightings']} looks, {totals['tracked']} tracked, {len(seen)} pages"
            )
    return seen


def _sent(house: app.House, incident: int) -> datetime | None:
    """When the incident's first message was confirmed."""
    rows = house.store.notifications(incident)
    times = [row["settled_at"] for row in rows if row["kind"] == "root" and row["state"] == "sent"]
    return min(times) if times else None


def _page_lines(house: app.House, number: int, sent: datetime) -> list[str]:
    incident = house.store.incident(number)
    if incident is None or incident.lead is None:
        return []
    mention = incident.lead
    forecast = incident.forecast
    points = [
        (look.age / 60, count.value)
        for look in mention.looks
        if forecast and (count := getattr(look.counts, forecast.unit)) is not None
    ]
    said = words.cut(words.clean(mention.post.words), 70)
    lines = [
        "",
        f"🔥 {time_of_day(sent)}  PAGE #{number}  {incident.severity.word}  {incident.brand}  {mention.post.key}",
        f"   「{said}」",
    ]
    if forecast:
        lines.append(f"   {forecast.sentence}")
    lines += ["   " + line for line in curve(points, unit=forecast.unit if forecast else "")]
    return [*lines, ""]


def _conclude(
    confirmed: dict[int, datetime],
    truth: list[dict[str, Any]],
    house: app.House,
    out: Printer,
    seed: int,
) -> bool:
    """Says plainly what happened and what a plain count rule would have done; whether every crisis was told."""
    told = []
    for number, at in confirmed.items():
        incident = house.store.incident(number)
        if incident is not None and incident.lead is not None:
            told.append(Told(incident=number, key=str(incident.lead.post.key), at=at))
    result = reckon(told, truth, START)
    for line in result.lines:
        out.say(line)
    for fact in result.facts:
        out.put({**fact, "seed": seed})
    out.put(
        {
            "name": "demo",
            "seed": seed,
            "crises": len(result.facts),
            "missed": len(result.missed),
            "pages": len(told),
            "false_pages": result.wrong,
            "count_rule_false_pages": result.rule_wrong,
            "main_process_rss_mib": _rss_mib(),
            "snownlp_loaded": int("snownlp" in sys.modules),
            "first_poll_s": round(house.first_poll_after, 2),
        }
    )
    return not result.missed


def _rss_mib() -> float:
    """Resident memory of this process as the kernel counts it."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return round(pages * 4096 / 2**20, 1)
