"""`langyan sandbox`: the sandbox by itself, for one's own connectors and configurations; what it says when it listens."""

import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import uvicorn

from monitor.errors import ConfigError
from monitor.sandbox.faults import KINDS, SENDS
from monitor.sandbox.server import SLACK_APP_TOKEN, SLACK_TOKEN, WEIBO_TOKEN, app
from monitor.sandbox.stage import Stage
from monitor.sandbox.weibo_push import SUBSCRIPTION
from monitor.sandbox.weibo_web import COOKIE
from monitor.sandbox.world import APP_ID, WORLDS, XHS_USER

HANG_UP_AFTER = 1
"""Real seconds that answers under way have left at the end: some never end."""

_SAYS: Mapping[str, Mapping[str, str]] = {
    "zh": {
        "head": "沙盒已就绪：{url}（世界 {world}，种子 {seed}，1 秒走 {rate:g} 秒）。按 Ctrl-C 结束。",
        "feeds": '把这些写进 [[feed]]，并加上 allow_private = ["127.0.0.1"]：',
        "slack": "Slack：{url}/slack（打开即是网页；token {token}，app_token {app_token}）",
        "truth": "世界的真相：{url}/truth",
        "order": "点一个故障（times 次；或 since、until 用世界时间；after 先放过几次）：",
        "clear": "取消全部故障：curl -X DELETE {url}/control/faults",
        "kinds": "可点的故障：",
    },
    "en": {
        "head": "The sandbox is ready: {url} (world {world}, seed {seed}, {rate:g} seconds in a second). Ctrl-C ends it.",
        "feeds": 'Write these into a [[feed]], with allow_private = ["127.0.0.1"]:',
        "slack": "Slack: {url}/slack (open it: it is a page; token {token}, app_token {app_token})",
        "truth": "The truth about the world: {url}/truth",
        "order": "Order a fault (times; or since and until in the world's time; after so many that go well):",
        "clear": "Take all faults back: curl -X DELETE {url}/control/faults",
        "kinds": "What can be ordered:",
    },
}


def feeds(url: str) -> dict[str, dict[str, str]]:
    """The options of a feed of each type, but for tokens, which stand in files of their own."""
    return {
        "weibo": {"base_url": f"{url}/weibo", "search_base_url": f"{url}/weibo", "token": WEIBO_TOKEN},
        "weibo-push": {"base_url": f"{url}/weibo", "subscription": SUBSCRIPTION},
        "weibo-web": {"base_url": f"{url}/mweibo", "cookie": COOKIE},
        "rsshub": {"base_url": f"{url}/rsshub", "route": f"/xiaohongshu/user/{XHS_USER}/notes"},
        "appstore": {"base_url": f"{url}/apple", "app_id": APP_ID},
        "appstore-ratings": {"base_url": f"{url}/apple", "app_id": APP_ID},
        "heimao": {"base_url": f"{url}/heimao"},
        "bilibili": {"base_url": f"{url}/bilibili", "query": "星禾", "buvid3": "SANDBOX"},
        "hotlist": {"base_url": f"{url}/hotlists/weibo", "list": "weibo"},
        "rss": {"url": f"{url}/feeds/complaints.rss"},
    }


def hello(url: str) -> dict[str, Any]:
    """Where everything is, with its tokens and the faults of each platform, for a program."""
    return {
        "url": url,
        "feeds": feeds(url),
        "slack": {"url": f"{url}/slack", "token": SLACK_TOKEN, "app_token": SLACK_APP_TOKEN},
        "truth": f"{url}/truth",
        "faults": {"url": f"{url}/control/faults", **{name: list(kinds) for name, kinds in {**KINDS, **SENDS}.items()}},
    }


def listening(port: int) -> socket.socket:
    """A socket on loopback; 0: any port that is free. ConfigError where there is none."""
    try:
        listener = socket.create_server(("127.0.0.1", port))
    except (OSError, OverflowError) as error:
        raise ConfigError(
            "--port", f"cannot listen on {port} ({error})", "Choose another, or 0 for a free one"
        ) from None
    # Inherited by what it accepts; without it an answer in two parts waits 40 ms for its second.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


@dataclass(frozen=True, kw_only=True)
class Play:
    """What is played, and in which language it is announced. ConfigError where there is no such thing."""

    world: str
    seed: int
    rate: float
    language: str

    def __post_init__(self) -> None:
        if self.world not in WORLDS:
            raise ConfigError("--world", f"there is no world {self.world!r}", f"There are {', '.join(WORLDS)}")
        if self.language not in _SAYS:
            raise ConfigError("--language", f"{self.language!r} is not spoken here", "Write zh or en")

    def words(self, url: str) -> Iterator[str]:
        """What a person needs to know."""
        says = _SAYS[self.language]
        yield says["head"].format(url=url, world=self.world, seed=self.seed, rate=self.rate)
        yield ""
        yield says["feeds"]
        for name, options in feeds(url).items():
            yield f"  {name:<17}" + "  ".join(f'{key} = "{value}"' for key, value in options.items())
        yield ""
        yield says["slack"].format(url=url, token=SLACK_TOKEN, app_token=SLACK_APP_TOKEN)
        yield says["truth"].format(url=url)
        yield ""
        yield says["order"]
        yield f"""  curl -d '{{"platform": "weibo", "kind": "expired_token", "times": 2}}' {url}/control/faults"""
        yield says["clear"].format(url=url)
        yield says["kinds"]
        for platform, kinds in {**KINDS, **SENDS}.items():
            yield f"  {platform:<17}{' '.join(kinds)}"

    def serve(self, listener: socket.socket, start: datetime) -> None:
        """Until Ctrl-C or a signal. The world begins at once."""
        stage = Stage(self.world, self.seed, start, self.rate)
        stage.begin(start, self.rate)
        settings = uvicorn.Config(
            app(stage, self.seed), log_level="warning", lifespan="off", timeout_graceful_shutdown=HANG_UP_AFTER
        )
        try:
            uvicorn.Server(settings).run(sockets=[listener])
        except KeyboardInterrupt:
            return
