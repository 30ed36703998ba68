"""A house with ten feeds, four receivers and three brands in which things go wrong: what its metrics are like then. It polls every
second, on a clock that runs as the wall's does, for canaries fly on no other.

Run as a process of its own, for metrics belong to the process: `python -P -m tests.deploy.scene FOLDER`. It prints where it listens once every
feed was polled; "burn" on its standard input makes a post catch fire, somebody take it and a second one refused; its end ends it.
"""

import asyncio
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from monitor import app, demo, fittings
from monitor.accounts import Accounts
from monitor.clock import RealClock
from monitor.config import load
from monitor.ports import FeedHour

ROOM = "C0CRISIS01"
BUG = "奶茶里喝出虫子,客服三天没有人回复我"

TOML = """
language = "zh"
state = "state"
listen = "127.0.0.1:0"
log = "json"
[[brand]]
name = "星禾"
match = "星禾"
[[brand]]
name = "青岚"
match = "青岚"
[[brand]]
name = "白露"
match = "白露"
[accounts.weibo-brand]
limit = 100000
window = "1d"
[[feed]]
name = "weibo-mentions"
type = "weibo"
mode = "mentions"
every = "1s"
pace = "0.02s"
account = "weibo-brand"
base_url = "{url}/weibo"
token = {{ file = "weibo.token" }}
token_expires_at = 2027-01-31T12:00:00+08:00
allow_private = ["127.0.0.1"]
[[feed]]
name = "weibo-search"
type = "weibo"
mode = "search"
query = "星禾"
every = "1s"
pace = "0.02s"
account = "weibo-brand"
search_base_url = "{url}/weibo"
base_url = "{url}/weibo"
token = {{ file = "weibo.token" }}
allow_private = ["127.0.0.1"]
[[feed]]
name = "weibo-expired"
type = "weibo"
mode = "mentions"
every = "1s"
pace = "0.02s"
base_url = "{url}/weibo"
token = {{ file = "expired.token" }}
allow_private = ["127.0.0.1"]
[[feed]]
name = "xiaohongshu-notes"
type = "rsshub"
base_url = "{url}/rsshub"
route = "{route}"
every = "1s"
pace = "0.02s"
allow_private = ["127.0.0.1"]
[[feed]]
name = "xiaohongshu-again"
type = "rsshub"
base_url = "{url}/rsshub"
route = "{route}"
every = "2s"
pace = "0.02s"
allow_private = ["127.0.0.1"]
[[feed]]
name = "dead-host"
type = "rsshub"
base_url = "http://127.0.0.1:9"
route = "{route}"
every = "1s"
pace = "0.02s"
allow_private = ["127.0.0.1"]
[[feed]]
name = "app-store"
type = "appstore"
brand = "星禾"
app_id = "{app_id}"
country = "cn"
base_url = "{url}/apple"
every = "1s"
pace = "0.02s"
allow_private = ["127.0.0.1"]
[[feed]]
name = "app-store-jp"
type = "appstore"
brand = "星禾"
app_id = "{app_id}"
country = "jp"
base_url = "{url}/apple"
every = "3s"
pace = "0.02s"
allow_private = ["127.0.0.1"]
[[feed]]
name = "drop"
type = "jsonl"
path = "{folder}/drop.jsonl"
every = "0.5s"
[[feed]]
name = "second-drop"
type = "jsonl"
path = "{folder}/second.jsonl"
every = "0.5s"
[alerts]
settle = "1s"
[alerts.receivers.crisis]
type = "slack"
channel = "C0CRISIS01"
token = {{ file = "slack.token" }}
app_token = {{ file = "slack-app.token" }}
base_url = "{slack}/api/"
[alerts.receivers.lounge]
type = "slack"
channel = "C0LOUNGE"
token = {{ file = "slack.token" }}
base_url = "{slack}/api/"
[alerts.receivers.hook]
type = "webhook"
url = {{ file = "hook.url" }}
secret = {{ file = "hook.secret" }}
fallback = ["lounge"]
fallback_after = "1s"
[alerts.receivers.ops]
type = "slack"
channel = "C0OPS"
token = {{ file = "slack.token" }}
base_url = "{slack}/api/"
"""


def furnish(folder: Path, world: dict[str, Any]) -> Path:
    """The configuration with its secrets. The webhook's address refuses whatever comes."""
    secrets = {
        "weibo.token": world["weibo_token"],
        "expired.token": "2.00expired",
        "slack.token": world["slack_token"],
        "slack-app.token": world["slack_app_token"],
        "hook.url": f"{world['url']}/truth",
        "hook.secret": "a secret of thirty-two characters",
    }
    for name, secret in secrets.items():
        (folder / name).write_text(secret)
    toml = folder / "langyan.toml"
    filled = TOML.format(
        url=world["url"], slack=world["slack"], route=world["xhs_route"], app_id=world["app_id"], folder=folder
    )
    toml.write_text(filled, encoding="utf-8")
    return toml


class Scene:
    """The house, and what happens in it."""

    def __init__(self, folder: Path, world: dict[str, Any]) -> None:
        self.folder, self.world = folder, world
        config = load(furnish(folder, world))
        self.clock = RealClock()
        store = fittings.open_store(config)
        hour = int(self.clock.now().timestamp() // 3600)
        days = [FeedHour("weibo-search", hour - 1 - 24 * day, polls=20, items=9) for day in range(5)]
        store.add_feed_hours(days, drop_before=0)
        store.close()
        self.house = app.build(config, self.clock)

    async def play(self) -> None:
        await asyncio.to_thread(self.house.scoring.warm)
        async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
            start = {"start": self.clock.now().isoformat(), "rate": 1.0}
            (await client.post(f"{self.world['url']}/control/start", json=start)).raise_for_status()
            running = asyncio.create_task(self.house.run())
            told = asyncio.create_task(self._told(client))
            try:
                await asyncio.wait({running, told}, return_when=asyncio.FIRST_COMPLETED)
                for task in (told, running):
                    if task.done():
                        task.result()
            finally:
                told.cancel()
                if not running.done():
                    self.house.daemon.stop()
                await running

    async def _told(self, client: httpx.AsyncClient) -> None:
        while len([feed for feed in self.house.store.feeds() if feed.last_try is not None]) < len(
            self.house.config.feeds
        ):
            await asyncio.sleep(0.05)
        watch = self.house.daemon.watch(asyncio.to_thread)
        await Accounts(
            self.house.config.feeds, self.house.store, watch
        ).round()  # the daemon does so in its second minute
        self.house.daemon.gauges()
        print(json.dumps({"port": self.house.port}), flush=True)  # noqa: T201 - what the test waits for
        while (line := await asyncio.to_thread(sys.stdin.readline)).strip() == "burn":
            await self._burn(client)
            print("burnt", flush=True)  # noqa: T201
        assert not line, line

    async def _burn(self, client: httpx.AsyncClient) -> None:
        """Each brand has a post on fire; the first attempt to tell is lost on the way, and somebody takes the first page."""
        slack = self.world["slack"]
        fault = {"method": "chat.postMessage", "faults": [{"kind": "drop"}, {"kind": "ratelimited", "seconds": 1}]}
        (await client.post(f"{slack}/control/faults", json=fault)).raise_for_status()
        now = self.clock.now().astimezone(UTC)
        with (self.folder / "drop.jsonl").open("a", encoding="utf-8") as file:
            for number, brand in enumerate(("星禾", "青岚", "白露")):
                file.write(json.dumps(_post(f"90{number}", f"{brand}{BUG}", now), ensure_ascii=False) + "\n")
        page = await self._page(client)
        press = {"user": "U0LI", "channel": ROOM, "ts": page, "action_id": "langyan.ack"}
        (await client.post(f"{slack}/do/press", json=press)).raise_for_status()

    async def _page(self, client: httpx.AsyncClient) -> str:
        """The first page with a button, in the crisis channel."""
        while True:
            found = (await client.get(f"{self.world['slack']}/{ROOM}/messages")).json()
            for message in found["messages"] if isinstance(found, dict) else found:
                if "langyan.ack" in message["html"]:
                    return str(message["ts"])
            await asyncio.sleep(0.1)


def _post(native_id: str, text: str, now: datetime) -> dict[str, Any]:
    return {
        "schema": "langyan.post.v1",
        "platform": "weibo",
        "id": native_id,
        "text": text,
        "created_at": (now - timedelta(minutes=10)).isoformat(),
        "collected_at": now.isoformat(),
        "counts": {"reposts": 900},
    }


def main() -> None:
    folder = Path(sys.argv[1])
    with demo.sandbox(7, 1.0) as world, (folder / "log").open("w", encoding="utf-8") as log:
        fittings.log_to("json", log)
        asyncio.run(Scene(folder, world).play())


if __name__ == "__main__":
    main()
