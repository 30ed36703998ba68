"""`langyan run` as systemd runs it: a process of its own, signals, exit codes, what a kill leaves behind."""

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from typer.testing import CliRunner

from monitor import cli, fittings
from monitor.sandbox.slack_faults import Fault
from tests.daemon.conftest import ROOM, Ear, Folder

LANGYAN = (sys.executable, "-P", "-c", "from monitor.cli import main; main()")
READY_WITHIN = 30.0
DRAINED_WITHIN = 30.0


def until(met: Callable[[], object], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.02)


def ready(folder: Folder) -> bool:
    try:
        metrics = httpx.get(f"http://127.0.0.1:{folder.port}/metrics").text
    except httpx.HTTPError:
        return False
    return re.search(r'langyan_feed_polls_total{feed="drop",outcome="ok"} [1-9]', metrics) is not None


@contextmanager
def running(folder: Folder, *options: str) -> Iterator["subprocess.Popen[str]"]:
    """The daemon, once it has polled; killed where the test did not end it."""
    with (folder.path / "log").open("a") as log:
        command = [*LANGYAN, "run", "-c", str(folder.toml), *options]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        until(lambda: ready(folder) or process.poll() is not None, READY_WITHIN)
        assert process.poll() is None, logged(folder)
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=10)


def logged(folder: Folder) -> str:
    return (folder.path / "log").read_text()


def ended(process: "subprocess.Popen[str]") -> int:
    """Sends SIGTERM; the exit code, which must come before systemd loses its patience."""
    process.terminate()
    return process.wait(DRAINED_WITHIN)


def told(folder: Folder) -> list[tuple[str, int]]:
    store = fittings.read_store(folder.config())
    try:
        return [(row["state"], row["attempts"]) for row in store.notifications() if row["kind"] == "root"]
    finally:
        store.close()


def test_sigterm_lets_the_page_under_way_arrive(folder: Folder, systemd_ear: Ear) -> None:
    words: list[str] = []
    folder.slack.faults.add("chat.postMessage", Fault("slow", 1.5))
    with running(folder) as process:
        until(lambda: words.extend(systemd_ear()) or "WATCHDOG=1" in words)  # type: ignore[func-returns-value]
        assert "READY=1" in words
        folder.post(text="星禾奶茶里喝出虫子,客服态度恶劣,太恶心了")
        until(lambda: folder.slack.ledger)
        assert ended(process) == 0
    assert not (folder.path / "state" / "langyan.db-wal").exists()
    assert told(folder) == [("sent", 1)]
    assert len(folder.slack.messages(ROOM)) == 1
    words = systemd_ear()
    assert "STOPPING=1" in words
    lines = [json.loads(line) for line in logged(folder).splitlines()]
    assert [line["event"] for line in lines] == ["ready", "incident opened", "stopping", "paged"]


def children(process: "subprocess.Popen[str]") -> list[int]:
    found = Path(f"/proc/{process.pid}/task").glob("*/children")
    return [int(child) for file in found for child in file.read_text().split()]


def test_ctrl_c_ends_it_and_leaves_nothing_running(folder: Folder) -> None:
    with running(folder) as process:
        until(lambda: children(process))
        (worker,) = children(process)
        process.send_signal(signal.SIGINT)
        assert process.wait(DRAINED_WITHIN) == 0
    until(lambda: not Path(f"/proc/{worker}").exists(), 5)


def test_a_second_daemon_on_the_same_state_is_refused(folder: Folder) -> None:
    with running(folder) as process:
        toml = folder.toml.read_text()
        folder.toml.write_text(toml.replace(f":{folder.port}", ":0"))
        for arguments in (["run"], ["run", "--once"]):
            again = CliRunner().invoke(cli.main, [*arguments, "-c", str(folder.toml)])
            assert again.exit_code == 2
            assert again.stderr.startswith("langyan: state: another langyan run works in ")
            assert len(again.stderr.splitlines()) == 1
        checked = CliRunner().invoke(cli.main, ["check", "-c", str(folder.toml)])
        assert checked.exit_code == 0, "proving the configuration disturbs nobody"
        assert process.poll() is None
        assert ended(process) == 0


def test_a_second_signal_ends_it_at_once(folder: Folder) -> None:
    folder.slack.faults.add("chat.postMessage", Fault("slow", 8))
    with running(folder) as process:
        folder.post(text="星禾奶茶里喝出虫子,客服态度恶劣,太恶心了")
        until(lambda: folder.slack.ledger)
        process.terminate()
        until(lambda: "stopping" in logged(folder))
        process.terminate()
        assert process.wait(3) == 1


def test_after_a_kill_the_page_in_doubt_is_found_and_not_sent_again(folder: Folder) -> None:
    folder.slack.faults.add("chat.postMessage", Fault("slow", 3))
    with running(folder) as process:
        folder.post(text="星禾奶茶里喝出虫子,客服态度恶劣,太恶心了")
        until(lambda: folder.slack.ledger)
        process.kill()
        process.wait(5)
    assert told(folder) == [("sending", 1)]
    with running(folder) as process:
        until(lambda: told(folder)[0][0] == "sent")
        assert ended(process) == 0
    assert len(folder.slack.messages(ROOM)) == 1


def test_once_polls_scores_judges_tells_and_ends(folder: Folder) -> None:
    fittings.open_store(folder.config()).close()
    folder.post(text="星禾奶茶里喝出虫子,客服态度恶劣,太恶心了")
    command = [*LANGYAN, "run", "--once", "-c", str(folder.toml)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    # First sight is not news: the file was there before anybody looked.
    assert json.loads(done.stdout) == {"scored": 1, "judged": 1, "pages": 0, "waiting": 0}
