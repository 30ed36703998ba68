"""`python -m monitor.sandbox`: serves the sandbox on loopback until its standard input ends, so that none is left behind."""

import argparse
import asyncio
import socket
import sys
import threading
from datetime import UTC, datetime

import orjson
import uvicorn

from monitor.sandbox.server import SLACK_TOKEN, WEIBO_TOKEN, app
from monitor.sandbox.stage import Stage
from monitor.sandbox.world import APP_ID, WORLDS, XHS_USER


def main() -> None:
    """Prints one line of JSON once it listens: where, and with which tokens."""
    parser = argparse.ArgumentParser(prog="python -m monitor.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--world", choices=WORLDS, default="demo")
    parser.add_argument("--rate", type=float, default=75.0)
    parser.add_argument("--start", type=datetime.fromisoformat, default=datetime(2026, 11, 2, 1, 0, tzinfo=UTC))
    asked = parser.parse_args()
    with socket.create_server(("127.0.0.1", asked.port)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        stage = Stage(asked.world, asked.seed, asked.start, asked.rate)
        server = uvicorn.Server(uvicorn.Config(app(stage, asked.seed), log_level="warning", lifespan="off"))
        threading.Thread(target=_until_input_ends, args=(server,), daemon=True).start()
        hello = {
            "url": url,
            "slack": f"{url}/slack",
            "weibo_token": WEIBO_TOKEN,
            "slack_token": SLACK_TOKEN,
            "xhs_route": f"/xiaohongshu/user/{XHS_USER}/notes",
            "app_id": APP_ID,
        }
        sys.stdout.write(orjson.dumps(hello).decode() + "\n")
        sys.stdout.flush()
        asyncio.run(server.serve([listener]))


def _until_input_ends(server: uvicorn.Server) -> None:
    while sys.stdin.buffer.read(4096):
        continue
    server.force_exit = server.should_exit = True


if __name__ == "__main__":
    main()
