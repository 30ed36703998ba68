"""`python -m monitor.sandbox`: serves the sandbox on loopback until its standard input ends, so that none is left behind."""

import argparse
import os
import signal
import socket
import sys
import threading
from datetime import UTC, datetime

import orjson
import uvicorn

from monitor.sandbox.server import SLACK_APP_TOKEN, SLACK_TOKEN, WEIBO_TOKEN, app, moment, rate
from monitor.sandbox.stage import Stage
from monitor.sandbox.world import APP_ID, WORLDS, XHS_USER


def main() -> None:
    """Prints one line of JSON once it listens: where, and with which tokens."""
    parser = argparse.ArgumentParser(prog="python -m monitor.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="on 127.0.0.1; 0: any that is free")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--world", choices=WORLDS, default="demo")
    parser.add_argument("--rate", type=rate, default=75.0, help="seconds of the world in a second, once it is started")
    parser.add_argument("--start", type=moment, default=datetime(2026, 11, 2, 1, 0, tzinfo=UTC))
    asked = parser.parse_args()
    if not sys.stdin.isatty():
        # Ctrl-C reaches every program of a terminal: the one that drives us still needs us to come to its end.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        listener = socket.create_server(("127.0.0.1", asked.port))
    except (OSError, OverflowError) as error:
        parser.error(f"cannot listen on port {asked.port}: {error}")
    with listener:
        # Inherited by what it accepts; without it an answer in two parts waits 40 ms for its second.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        stage = Stage(asked.world, asked.seed, asked.start, asked.rate)
        server = uvicorn.Server(uvicorn.Config(app(stage, asked.seed), log_level="warning", lifespan="off"))
        threading.Thread(target=server.run, args=([listener],), daemon=True).start()
        hello = {
            "url": url,
            "slack": f"{url}/slack",
            "weibo_token": WEIBO_TOKEN,
            "slack_token": SLACK_TOKEN,
            "slack_app_token": SLACK_APP_TOKEN,
            "xhs_route": f"/xiaohongshu/user/{XHS_USER}/notes",
            "app_id": APP_ID,
        }
        sys.stdout.write(orjson.dumps(hello).decode() + "\n")
        sys.stdout.flush()
        _until_input_ends()
        # There is nothing to save, and nobody left to hear what became of the answers under way.
        os._exit(0)


def _until_input_ends() -> None:
    try:
        while os.read(sys.stdin.fileno(), 4096):
            continue
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
