"""Hosts that swallow what is sent to them: `langyan check` ends in time and says which."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from monitor import check
from tests.check.conftest import FEED, HEAD, RECEIVERS, World


@pytest.fixture
def abyss(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Takes connections and never answers."""
    monkeypatch.setattr(check, "PATIENCE", 0.5)
    monkeypatch.setattr(check, "STANDING", 0.2)
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


DEAF = """
import socket, sys, threading
from typer.testing import CliRunner
from monitor import check, cli
real = socket.getaddrinfo
def deaf(host, *given, **named):
    if str(host).endswith(".test"):
        threading.Event().wait()
    return real(host, *given, **named)
socket.getaddrinfo = deaf
check.PATIENCE = check.STANDING = 0.5
done = CliRunner().invoke(cli.main, ["check", "-c", sys.argv[1]])
print(done.stdout)
sys.exit(done.exit_code)
"""
"""A name server that swallows every question, and a check that ends."""


@pytest.mark.parametrize("proxy", ["", 'proxy = {{ env = "DEAF_PROXY" }}\n'], ids=["itself", "its proxy"])
def test_a_name_server_that_swallows_questions_holds_nobody(world: World, proxy: str) -> None:
    world.write((HEAD + FEED + proxy + RECEIVERS).replace("{site}", "https://swallowed.test"))
    done = subprocess.run(
        [sys.executable, "-P", "-c", DEAF, str(world.toml)],
        env={**os.environ, "DEAF_PROXY": "http://proxy.test:3128"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1, done.stderr
    assert "FAIL feed complaints: no whole answer within" in done.stdout
    assert "FAIL receiver crisis: no answer within" in done.stdout


def test_feeds_and_receivers_that_never_answer_hold_nobody_and_are_told_of(world: World, abyss: str) -> None:
    world.write((HEAD + FEED + RECEIVERS).replace("{site}", abyss))
    code, lines = world.check()
    assert code == 1
    for what in ("feed complaints", "receiver crisis", "receiver ops"):
        assert not lines[what]["ok"]
        assert " within " in str(lines[what]["says"])
        assert "firewall" in str(lines[what]["fix"])
