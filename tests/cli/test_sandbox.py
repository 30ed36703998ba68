"""`langyan sandbox` says where everything is, serves it, fails as it is ordered, and ends when it is told to."""

import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from connectors import CONNECTORS
from monitor import cli
from monitor.sandbox import alone

LOCAL = {"jsonl", "mediacrawler"}
COMMAND = [sys.executable, "-P", "-c", "from monitor.cli import main; main()", "sandbox"]


@contextmanager
def running(*options: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*COMMAND, *options], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def test_it_says_where_everything_is_and_it_is_there_until_ctrl_c() -> None:
    with running("--json", "--rate", "10") as process:
        hello: dict[str, Any] = json.loads(first_line(process))
        weibo = hello["feeds"]["weibo"]
        asked = {"access_token": weibo["token"]}
        with httpx.Client(trust_env=False, timeout=10) as client:
            mentions = f"{weibo['base_url']}/2/statuses/mentions.json"
            assert client.get(mentions, params=asked).json()["statuses"]
            order = {"platform": "weibo", "kind": "expired_token"}
            assert client.post(hello["faults"]["url"], json=order).json() == {"ok": True}
            assert client.get(mentions, params=asked).json()["error_code"] == 21327
            assert client.get(mentions, params=asked).json()["statuses"]
            began = datetime.fromisoformat(client.get(f"{hello['url']}/control/now").json()["now"])
            assert began.tzinfo is not None
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
        assert (process.returncode, out, err) == (0, "", "")


def test_every_type_of_feed_that_asks_somebody_is_told_of() -> None:
    assert set(alone.feeds("http://127.0.0.1:1")) == set(CONNECTORS) - LOCAL


@pytest.mark.parametrize(("language", "says"), [("zh", "沙盒已就绪"), ("en", "The sandbox is ready")])
def test_people_are_told_in_their_language(language: str, says: str) -> None:
    told = "\n".join(alone.Play(world="demo", seed=7, rate=1, language=language).words("http://127.0.0.1:1"))
    assert told.startswith(says)
    assert '"kind": "expired_token"' in told
    assert "{" not in re.sub(r"\{\"platform.*\}", "", told)
    for name in alone.feeds(""):
        assert f"  {name}" in told


@pytest.mark.parametrize(
    ("options", "says"),
    [(["--world", "flat"], "there is no world 'flat'"), (["--language", "fr"], "'fr' is not spoken here")],
)
def test_what_it_cannot_play_it_refuses_by_name(options: list[str], says: str) -> None:
    done = CliRunner().invoke(cli.main, ["sandbox", *options])
    assert done.exit_code == 2
    assert says in done.stderr


def test_a_port_in_use_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = CliRunner().invoke(cli.main, ["sandbox", "--port", str(taken.getsockname()[1])])
    assert done.exit_code == 2
    assert "cannot listen on" in done.stderr
