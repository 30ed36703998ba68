"""`python -m monitor.sandbox` as a process of its own: it says where it is, serves, and goes when its input ends."""

import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

from monitor.sandbox.world import APP_ID, XHS_USER

START = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)


def begin(*options: str) -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, "-m", "monitor.sandbox", *options], stdin=pipe, stdout=pipe, stderr=pipe)


def greeting(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    assert process.stdout is not None
    said: dict[str, Any] = json.loads(process.stdout.readline())
    return said


def end(process: subprocess.Popen[bytes]) -> tuple[int, bytes, bytes]:
    """Closes its input; its exit code and what else it said."""
    out, err = process.communicate(timeout=10)
    return process.returncode, out, err


@pytest.fixture
def sandbox() -> Iterator[subprocess.Popen[bytes]]:
    process = begin("--start", START.isoformat())
    yield process
    process.kill()
    process.communicate()


def get(url: str, **options: Any) -> httpx.Response:
    return httpx.get(url, trust_env=False, timeout=10, **options)


def test_it_says_in_one_line_where_everything_is_and_it_is_there(sandbox: subprocess.Popen[bytes]) -> None:
    hello = greeting(sandbox)
    assert set(hello) == {"url", "slack", "weibo_token", "slack_token", "slack_app_token", "xhs_route", "app_id"}
    assert hello["slack"] == f"{hello['url']}/slack"
    assert (hello["xhs_route"], hello["app_id"]) == (f"/xiaohongshu/user/{XHS_USER}/notes", APP_ID)
    weibo = {"access_token": hello["weibo_token"]}
    assert get(f"{hello['url']}/weibo/2/statuses/mentions.json", params=weibo).is_success
    assert get(f"{hello['url']}/rsshub{hello['xhs_route']}", params={"format": "atom"}).is_success
    reviews = f"/apple/cn/rss/customerreviews/page=1/id={hello['app_id']}/sortby=mostrecent/json"
    assert get(hello["url"] + reviews).is_success
    assert get(f"{hello['url']}/feeds/complaints.rss").is_success
    assert get(f"{hello['url']}/truth").is_success
    assert get(hello["slack"], follow_redirects=True).is_success
    slack = {"authorization": f"Bearer {hello['slack_token']}"}
    assert httpx.post(f"{hello['slack']}/api/auth.test", headers=slack, trust_env=False).json()["ok"] is True
    app = {"authorization": f"Bearer {hello['slack_app_token']}"}
    socket_mode = httpx.post(f"{hello['slack']}/api/apps.connections.open", headers=app, trust_env=False).json()["url"]
    with connect(socket_mode, proxy=None) as connection:
        assert json.loads(connection.recv(timeout=5))["type"] == "hello"


def test_it_goes_without_a_word_when_its_input_ends(sandbox: subprocess.Popen[bytes]) -> None:
    assert get(greeting(sandbox)["url"] + "/truth").is_success
    assert end(sandbox) == (0, b"", b"")


def test_the_connections_it_drops_to_order_are_nothing_to_write_about(sandbox: subprocess.Popen[bytes]) -> None:
    url = greeting(sandbox)["url"]
    httpx.post(f"{url}/control/faults", json={"platform": "weibo", "kind": "drop"}, trust_env=False)
    with pytest.raises(httpx.RemoteProtocolError):
        get(f"{url}/weibo/2/statuses/mentions.json")
    assert end(sandbox) == (0, b"", b"")


def test_it_does_not_wait_for_an_answer_under_way(sandbox: subprocess.Popen[bytes]) -> None:
    url = greeting(sandbox)["url"]
    httpx.post(f"{url}/control/faults", json={"platform": "feeds", "kind": "slow"}, trust_env=False)
    asked = threading.Event()

    def ask() -> None:
        with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as connection:
            connection.sendall(b"GET /feeds/complaints.rss HTTP/1.1\r\nhost: sandbox\r\n\r\n")
            asked.set()
            connection.recv(1)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    assert asked.wait(5)
    # An answer to another request proves that the slow one was taken up before it.
    assert get(f"{url}/control/now").is_success
    assert end(sandbox) == (0, b"", b"")
    asking.join(5)
    assert not asking.is_alive()


def test_it_outlives_a_ctrl_c_that_is_meant_for_whoever_drives_it(sandbox: subprocess.Popen[bytes]) -> None:
    url = greeting(sandbox)["url"]
    sandbox.send_signal(signal.SIGINT)
    assert get(f"{url}/control/now").is_success
    assert end(sandbox) == (0, b"", b"")


def test_it_listens_on_loopback_only(sandbox: subprocess.Popen[bytes]) -> None:
    url = greeting(sandbox)["url"]
    assert url.startswith("http://127.0.0.1:")
    # Whoever listens on every address answers at 127.0.0.2 too.
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", int(url.rpartition(":")[2])), timeout=5)


def test_its_clock_stands_still_until_it_is_started(sandbox: subprocess.Popen[bytes]) -> None:
    url = greeting(sandbox)["url"]
    assert get(f"{url}/control/now").json() == {"now": START.isoformat()}
    assert get(f"{url}/control/now").json() == {"now": START.isoformat()}
    order = {"start": START.isoformat(), "rate": 7_500}
    httpx.post(f"{url}/control/start", json=order, trust_env=False).raise_for_status()
    now, earlier = START, START
    for _ in range(3):
        earlier, now = now, datetime.fromisoformat(get(f"{url}/control/now").json()["now"])
        assert now > earlier


@pytest.mark.parametrize(
    "options", [["--rate", "0"], ["--rate", "nan"], ["--start", "2026-11-02"], ["--world", "flat"], ["--port", "99999"]]
)
def test_what_it_cannot_do_it_refuses_with_code_2(options: list[str]) -> None:
    code, out, err = end(begin(*options))
    assert (code, out) == (2, b"")
    assert options[0].lstrip("-") in err.decode()
    assert "Traceback" not in err.decode()


def test_a_port_in_use_is_refused_with_code_2() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, _, err = end(begin("--port", str(taken.getsockname()[1])))
    assert code == 2
    assert "in use" in err.decode()
