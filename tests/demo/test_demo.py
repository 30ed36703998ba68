"""The demo as a newcomer runs it: what it tells, and what it leaves behind, which is nothing."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from monitor.reckoning import COUNT_RULE

COMMAND = [sys.executable, "-P", "-c", "from monitor.cli import main; main()", "demo", "--headless", "--json"]


@contextmanager
def demo(home: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """The demo with a temporary directory of its own, which shows what is left."""
    environment = {**os.environ, "TMPDIR": str(home)}
    with subprocess.Popen(
        [*COMMAND, *options], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_the_whole_demo_pages_the_crisis_in_time_and_nothing_else(tmp_path: Path) -> None:
    with demo(tmp_path, "--seed", "5", "--speed", "150") as process:
        said, story = process.communicate(timeout=180)
    assert process.returncode == 0, story
    crisis, whole = (json.loads(line) for line in said.splitlines())
    assert (whole["crises"], whole["missed"], whole["snownlp_loaded"]) == (1, 0, 0)
    assert crisis["reposts_when_paged"] < COUNT_RULE
    assert crisis["still_to_come"] > 0.5
    assert crisis["paged_at"] < crisis["count_rule_paged_at"]
    assert "a plain count rule" in story
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_demo_leaves_nothing_running_and_nothing_lying_about(tmp_path: Path, number: int) -> None:
    with demo(tmp_path, "--speed", "200") as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "posts" in line and "looks" in line:
                break
        process.send_signal(number)
        rest = process.stderr.read()
        process.wait(60)
    assert process.returncode == 1
    assert "Traceback" not in rest
    assert not list(tmp_path.iterdir())
    assert not _processes_of(tmp_path)


def _processes_of(home: Path) -> list[str]:
    """Command lines of processes whose temporary directory is this one."""
    found = []
    for folder in Path("/proc").iterdir():
        if re.fullmatch(r"\d+", folder.name) and int(folder.name) != os.getpid():
            try:
                if f"TMPDIR={home}".encode() in (folder / "environ").read_bytes():
                    found.append((folder / "cmdline").read_text())
            except OSError:
                continue
    return found
