"""Hosts that swallow what is sent to them: `langyan check` ends in time and says which."""

import socket
import time
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


def test_feeds_and_receivers_that_never_answer_are_told_of_in_time(world: World, abyss: str) -> None:
    world.write((HEAD + FEED + RECEIVERS).replace("{site}", abyss))
    began = time.monotonic()
    code, lines = world.check()
    assert time.monotonic() - began < 5
    assert code == 1
    for what in ("feed complaints", "receiver crisis", "receiver ops"):
        assert not lines[what]["ok"]
        assert "s" in str(lines[what]["says"])
        assert "firewall" in str(lines[what]["fix"])
