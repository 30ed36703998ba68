"""From an empty environment to the first page, as a newcomer goes: install the wheel, `init` with flags, `check`, `run`.

The package cache is warm: the same was installed once before, uncounted. Nobody reads or types between the steps. The sandbox stands in
for the sites and for Slack, so what `init` wrote is pointed at it; its world brings an angry post every other second.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from benchmarks.measure import Figure
from monitor.demo import sandbox

ROOT = Path(__file__).parents[1]
PATIENCE = 900.0
"""Seconds that the first page has."""

FLAGS = ("--brand", "星禾", "--except", "抽奖, 转发有礼, 招聘", "--doors", "weibo,weibo-search,appstore", "--on-duty", "S012PRTEAM", "--yes",
         "--slack-channel", "C0CRISIS01", "--ops-channel", "C0OPS", "--state", "state")  # fmt: skip


def run() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="langyan-newcomer-") as folder:
        home = Path(folder)
        wheel = _wheel(home / "dist")
        _install(home / "before", wheel)
        start = datetime.now(UTC).replace(microsecond=0)
        with sandbox(seed=1, speed=1, world="busy", start=start) as world, (home / "log").open("w") as log:
            begun = time.monotonic()
            langyan = _install(home / "env", wheel)
            installed = time.monotonic()
            _init(langyan, home, world)
            written = time.monotonic()
            order = {"start": datetime.now(UTC).replace(microsecond=0).isoformat(), "rate": 1}
            httpx.post(f"{world['url']}/control/start", json=order, trust_env=False).raise_for_status()
            _ran([str(langyan), "check"], home)
            checked = time.monotonic()
            daemon = subprocess.Popen([str(langyan), "run"], cwd=home, stdout=log, stderr=log)
            try:
                _first_page(world, daemon)
            finally:
                daemon.terminate()
                daemon.wait(60)
            paged = time.monotonic()
    yield _seconds("newcomer: the wheel into an empty environment", installed - begun)
    yield _seconds("newcomer: init", written - installed)
    yield _seconds("newcomer: check", checked - written)
    yield _seconds("newcomer: run to the first page", paged - checked)
    yield Figure(name="newcomer: empty environment to first page", value=round((paged - begun) / 60, 2), unit="min")


def _seconds(name: str, value: float) -> Figure:
    return Figure(name=name, value=round(value, 1), unit="s")


def _wheel(out: Path) -> Path:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
    subprocess.run(build, cwd=ROOT, check=True, stdout=sys.stderr)
    (wheel,) = out.glob("*.whl")
    return wheel


def _install(home: Path, wheel: Path) -> Path:
    """An environment with the wheel in it, and its langyan."""
    subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
    pip = [str(home / "bin" / "python"), "-m", "pip", "install", "-qq", "--disable-pip-version-check", str(wheel)]
    subprocess.run(pip, check=True, stdout=sys.stderr)
    return home / "bin" / "langyan"


def _init(langyan: Path, home: Path, world: dict[str, Any]) -> None:
    """A configuration by flags, its sites and its Slack those of the sandbox."""
    for name, key in (
        ("weibo.token", "weibo_token"),
        ("weibo-search.token", "weibo_token"),
        ("slack.token", "slack_token"),
    ):
        (home / name).write_text(world[key])
    _ran([str(langyan), "init", *FLAGS, "--app-ids", world["app_id"]], home)
    toml = home / "langyan.toml"
    text = toml.read_text(encoding="utf-8")
    own = 'allow_private = ["127.0.0.1"], base_url = '
    weibo = f'{own}"{world["url"]}/weibo", search_base_url = "{world["url"]}/weibo"'
    for kind, there in (
        ("weibo", weibo),
        ("hotlist", f'{own}"{world["url"]}/hotlists/weibo"'),
        ("appstore", f'{own}"{world["url"]}/apple"'),
        ("slack", f'base_url = "{world["slack"]}/api/"'),
    ):
        text = text.replace(f'type = "{kind}",', f'type = "{kind}", {there},')
    toml.write_text(text, encoding="utf-8")


def _ran(command: list[str], home: Path) -> None:
    done = subprocess.run(command, cwd=home, check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{command[1]} ended with {done.returncode}:\n{done.stdout}{done.stderr}")


def _first_page(world: dict[str, Any], daemon: "subprocess.Popen[bytes]") -> None:
    """Waits until the sandbox's Slack has stored a message of an incident."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        ledger = httpx.get(f"{world['url']}/slack/ledger", trust_env=False, timeout=60).json()
        if any(str(entry["key"]).startswith("incident-") and entry["stored"] for entry in ledger["entries"]):
            return
        if daemon.poll() is not None:
            raise RuntimeError(f"langyan run ended with {daemon.returncode}")
        time.sleep(0.5)
    raise RuntimeError(f"no page came within {PATIENCE:.0f} s")
