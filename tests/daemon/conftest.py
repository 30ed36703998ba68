"""A house to run in: the sandbox's Slack on loopback, a configuration in a folder, a scorer that knows one bad word."""

import json
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.clock import RealClock
from monitor.config import Config, load
from monitor.sandbox.serving import serving
from monitor.sandbox.slack import FakeSlack
from monitor.sentiment.desk import Desk

ROOM = "C0CRISIS01"

TOML = """
state = "state"
listen = "127.0.0.1:{port}"
log = "json"
[[brand]]
name = "星禾"
match = "星禾"
[[feed]]
name = "drop"
type = "jsonl"
path = "{folder}/drop.jsonl"
every = "0.2s"
[alerts]
settle = "1s"
[alerts.receivers.crisis]
type = "slack"
channel = "C0CRISIS01"
token = {{ file = "slack.token" }}
base_url = "{slack}/slack/api/"
"""

WORKER = """
import json, sys
print(json.dumps({"engine": sys.argv[1], "version": "1"}), flush=True)
for line in sys.stdin:
    texts = [passage[0] for passage in json.loads(line)["passages"]]
    rows = [[bad, bad, 0.0, ["虫子"], []] for bad in (0.98 if "虫子" in t else 0.02 for t in texts)]
    print(json.dumps(rows), flush=True)
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@dataclass
class Folder:
    """A configuration with its secrets, its feed's file and its state, ready to run."""

    path: Path
    slack: FakeSlack
    slack_url: str
    port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        (self.path / "slack.token").write_text("xoxb-sandbox\n")
        (self.path / "worker.py").write_text(WORKER)
        self.write(TOML)

    @property
    def toml(self) -> Path:
        return self.path / "langyan.toml"

    @property
    def drop(self) -> Path:
        return self.path / "drop.jsonl"

    def write(self, toml: str) -> None:
        self.toml.write_text(toml.format(port=self.port, folder=self.path, slack=self.slack_url))

    def config(self) -> Config:
        return load(self.toml)

    def desk(self) -> Desk:
        """A scorer to which only bugs in the tea are bad."""
        return Desk("fake", command=[sys.executable, str(self.path / "worker.py")])

    def post(self, native_id: str = "1", text: str = "星禾奶茶里喝出虫子", reposts: int = 900, **given: Any) -> None:
        """Another program appends a post to the feed's file."""
        now = datetime.now(UTC)
        record = {
            "schema": "langyan.post.v1",
            "platform": "weibo",
            "id": native_id,
            "text": text,
            "created_at": (now - timedelta(minutes=10)).isoformat(),
            "collected_at": now.isoformat(),
            "counts": {"reposts": reposts},
            **given,
        }
        with self.drop.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")

    def said(self) -> list[str]:
        """What stands in the crisis channel."""
        return [json.dumps(message.blocks, ensure_ascii=False) for message in self.slack.messages(ROOM)]


@pytest.fixture
def slack() -> Iterator[tuple[FakeSlack, str]]:
    fake = FakeSlack(RealClock(), burst=3)
    with serving(fake.app) as address:
        yield fake, address


@pytest.fixture
def folder(tmp_path: Path, slack: tuple[FakeSlack, str]) -> Folder:
    return Folder(tmp_path, *slack)


Ear = Callable[[], list[str]]


@pytest.fixture
def systemd_ear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ear]:
    """A supervisor's socket; asked, it gives what it heard since. A thread empties it, as systemd does."""
    words: list[str] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "200000")
        monkeypatch.delenv("WATCHDOG_PID", raising=False)

        def listen() -> None:
            while (word := ear.recv(200)) != b"enough":
                words.append(word.decode())

        def heard() -> list[str]:
            found = words[:]
            del words[: len(found)]
            return found

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        yield heard
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
            last.sendto(b"enough", str(tmp_path / "notify"))
        thread.join(5)
