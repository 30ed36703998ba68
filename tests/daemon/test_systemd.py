"""The three words systemd wants to hear."""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from monitor import systemd


@pytest.fixture
def ear() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.settimeout(2)
        yield ear


def test_a_word_arrives_at_a_socket_in_the_file_system(
    ear: socket.socket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ear.bind(str(tmp_path / "notify"))
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    systemd.tell("READY=1")
    assert ear.recv(100) == b"READY=1"


def test_a_word_arrives_at_an_abstract_socket(ear: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"langyan-test-{os.getpid()}"
    ear.bind(f"\0{name}")
    monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}")
    systemd.tell("STOPPING=1")
    assert ear.recv(100) == b"STOPPING=1"


def test_nobody_listening_is_no_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    systemd.tell("READY=1")
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    systemd.tell("READY=1")


def test_a_supervisor_that_does_not_read_holds_nobody_up(
    ear: socket.socket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ear.bind(str(tmp_path / "notify"))
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as chatter, suppress(BlockingIOError):
        for _ in range(100_000):
            chatter.sendto(b"WATCHDOG=1", str(tmp_path / "notify"))
    begun = time.monotonic()
    systemd.tell("WATCHDOG=1")
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    ("asked", "pid", "every"),
    [
        ("120000000", None, 60.0),
        pytest.param("120000000", str(os.getpid()), 60.0, id="for this process"),
        ("120000000", "1", None),
        ("", None, None),
        ("soon", None, None),
    ],
)
def test_the_watchdog_is_fed_twice_as_often_as_asked(
    monkeypatch: pytest.MonkeyPatch, asked: str, pid: str | None, every: float | None
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", asked)
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    if pid is not None:
        monkeypatch.setenv("WATCHDOG_PID", pid)
    assert systemd.watchdog_every() == every
