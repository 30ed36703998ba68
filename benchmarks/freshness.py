"""From publication to the store: the running daemon, thirty feeds of several platforms polled every two minutes; and whether what it
asked stayed within what it may.

The clock runs fast, so the machine's own slowness counts as many times over as the clock is faster.
"""

import asyncio
import sqlite3
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from benchmarks.measure import Figure, percentile
from monitor import app, fittings
from monitor.clock import ScaledClock
from monitor.config import load
from monitor.demo import START, sandbox
from monitor.sandbox.weibo_web import COOKIE

SPEED = 15.0
LASTS = timedelta(minutes=50)
EVERY = 120.0
SETTLED = timedelta(minutes=8)
"""First polls find what was there before; they are left out, and so is what the last poll was too early for."""

LIMIT, WINDOW = 900, 3600.0
HOST_PACE, HOST_WINDOW = 1.0, 60.0

HEAD = """
state = "state"
listen = "127.0.0.1:0"
log = "json"
[[brand]]
name = "星禾"
match = '星禾 OR 杯 OR 奶茶'
[accounts.weibo]
limit = {limit}
window = "1h"
discover = 0.7
revisit = 0.3
[alerts.receivers.crisis]
type = "slack"
channel = "C0CRISIS01"
token = {{ file = "slack.token" }}
base_url = "{slack}/api/"
[alerts.receivers.ops]
type = "slack"
channel = "C0OPS"
token = {{ file = "slack.token" }}
base_url = "{slack}/api/"
"""

_WEIBO = (
    'base_url = "{url}/weibo"\nsearch_base_url = "{url}/weibo"\ntoken = {{ file = "weibo.token" }}\naccount = "weibo"\n'
)
_APPLE = 'base_url = "{url}/apple"\napp_id = "{app_id}"\nbrand = "星禾"\n'

FEEDS: Sequence[tuple[str, str]] = (
    *(("weibo", f'mode = "{mode}"\n{_WEIBO}') for mode in ("mentions", "comments", "comment-mentions")),
    *(
        ("weibo", f'mode = "search"\nquery = "{word}"\n{_WEIBO}')
        for word in ("星禾", "杯子", "奶茶", "保温杯", "客服", "门店", "漏水", "暖杯")
    ),
    (
        "weibo-web",
        'base_url = "{url}/mweibo"\nquery = "星禾"\npermission = "me, 2026-11-01"\ncookie = {{ file = "cookie" }}\n',
    ),
    ("appstore", _APPLE),
    ("appstore", _APPLE + 'country = "hk"\n'),
    ("appstore-ratings", _APPLE),
    *(("heimao", f'base_url = "{{url}}/heimao"\nshows = "{shows}"\n') for shows in ("latest", "replied", "completed")),
    *(("rss", f'url = "{{url}}/feeds/complaints.{style}"\n') for style in ("rss", "atom", "json")),
    *(
        ("bilibili", f'base_url = "{{url}}/bilibili"\nquery = "{word}"\nbuvid3 = {{{{ file = "buvid3" }}}}\n')
        for word in ("星禾", "奶茶", "杯子")
    ),
    *(
        ("hotlist", f'base_url = "{{url}}/hotlists/{board}"\nlist = "{board}"\n')
        for board in ("weibo", "baidu", "zhihu", "bilibili", "douyin", "toutiao")
    ),
)
"""Thirty. RSSHub is not among them: what it keeps for five minutes it alone can make fresher."""


def run() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="langyan-freshness-") as folder:
        home = Path(folder)
        with sandbox(seed=7, speed=SPEED, world="everywhere") as world, (home / "log").open("w") as log:
            fittings.log_to("json", log)
            asyncio.run(_play(_settle_in(home, world), world))
            with httpx.Client(base_url=world["url"], trust_env=False, timeout=60) as client:
                truth, asked = client.get("/truth").json(), client.get("/control/requests").json()
        with closing(sqlite3.connect(home / "state" / "langyan.db")) as db:
            seen = {f"{platform}:{name}": at / 1000 for platform, name, at in db.execute(
                "SELECT platform, native_id, first_seen FROM post"
            )}  # fmt: skip
        failed = (home / "log").read_text("utf-8").count('"feed failed"')
    late = _late(truth, seen)
    print(f"{len(FEEDS)} feeds, {len(asked)} requests, {failed} failed polls", file=sys.stderr)
    yield Figure(name="freshness: posts found as they came", value=len(late), unit="posts")
    for share, name, wanted in ((0.5, "median", ""), (0.95, "p95", f"<= {EVERY + 5:g}")):
        yield Figure(
            name=f"freshness: published to stored, {name}",
            value=round(percentile(late, share), 1),
            unit="s",
            beside="the interval",
            beside_value=EVERY,
            wanted=wanted,
        )
    everything = [datetime.fromisoformat(one["at"]).timestamp() for one in asked]
    weibo = [datetime.fromisoformat(one["at"]).timestamp() for one in asked if one["platform"] == "weibo"]
    beyond = _beyond(weibo, LIMIT, WINDOW) + _beyond(everything, round(HOST_WINDOW / HOST_PACE) + 1, HOST_WINDOW)
    yield Figure(name="freshness: requests above a budget", value=beyond, unit="requests", wanted="0")
    yield Figure(name="freshness: requests in all", value=len(asked), unit="requests")


def _settle_in(home: Path, world: dict[str, Any]) -> Path:
    """Writes the configuration and its secrets; its path."""
    secrets = {
        "weibo.token": world["weibo_token"],
        "slack.token": world["slack_token"],
        "cookie": COOKIE,
        "buvid3": "S",
    }
    for name, secret in secrets.items():
        (home / name).write_text(secret, encoding="utf-8")
    text = HEAD.format(limit=LIMIT, slack=world["slack"])
    for number, (kind, options) in enumerate(FEEDS):
        text += (
            f'[[feed]]\nname = "feed-{number}"\ntype = "{kind}"\nevery = "{EVERY:g}s"\nallow_private = ["127.0.0.1"]\n'
        )
        text += options.format(url=world["url"], app_id=world["app_id"])
    config = home / "langyan.toml"
    config.write_text(text, encoding="utf-8")
    return config


async def _play(config: Path, world: dict[str, Any]) -> None:
    clock = ScaledClock(START, SPEED)
    house = app.build(load(config), clock)
    await asyncio.to_thread(house.scoring.warm)
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        begin = {"start": START.isoformat(), "rate": SPEED}
        (await client.post(f"{world['url']}/control/start", json=begin)).raise_for_status()
    clock.restart()
    running = asyncio.create_task(house.run())
    await clock.sleep(LASTS.total_seconds())
    house.daemon.stop()
    await running


def _late(truth: Sequence[dict[str, Any]], seen: dict[str, float]) -> list[float]:
    """Seconds from publication to the look that found each post which came while it was looked for."""
    first, last = (START + SETTLED).timestamp(), (START + LASTS - SETTLED).timestamp()
    born = {post["key"]: datetime.fromisoformat(post["published_at"]).timestamp() for post in truth}
    return [seen[key] - at for key, at in born.items() if first <= at <= last and key in seen]


def _beyond(moments: Sequence[float], limit: int, window: float) -> int:
    """Requests before which the window was full already."""
    ordered = sorted(moments)
    return sum(at - ordered[number - limit] < window for number, at in enumerate(ordered) if number >= limit)
