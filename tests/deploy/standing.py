"""A real daemon in a process of its own, to be read as Prometheus reads it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]


@dataclass
class Standing:
    """A scene that runs (`tests/deploy/scene.py`)."""

    process: "subprocess.Popen[str]"
    port: int
    folder: Path

    def burn(self) -> None:
        """Posts catch fire; returns once somebody has taken a page."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("burn\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "burnt\n", (self.folder / "log").read_text()[-4000:]

    def metrics(self) -> str:
        return httpx.get(f"http://127.0.0.1:{self.port}/metrics", trust_env=False).text


@contextmanager
def standing(folder: Path) -> Iterator[Standing]:
    """The scene, once every feed was polled; it ends with this block."""
    command = [
        sys.executable,
        "-P",
        "-c",
        "import sys; sys.path.insert(0, sys.argv[2]); from tests.deploy.scene import main; main()",
    ]
    with subprocess.Popen(
        [*command, str(folder), str(ROOT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, text=True
    ) as process:
        try:
            assert process.stdout is not None
            hello = process.stdout.readline()
            assert hello, f"the scene did not start (exit {process.wait()})"
            yield Standing(process, json.loads(hello)["port"], folder)
        finally:
            if process.stdin is not None:
                process.stdin.close()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
