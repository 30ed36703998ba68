"""The ways in that ask for what they see: each as a feed of its own."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from benchmarks.campaign.ground import HERE
from connectors import load
from monitor.config import Feed
from monitor.model import Post
from monitor.sandbox.server import WEIBO_TOKEN
from monitor.sandbox.weibo_web import COOKIE
from monitor.sandbox.world import APP_ID, XHS_USER

EVERY = 300.0

_RATINGS = re.compile(r"新增 (\d+) 个评分")


def posts_by_key(posts: Sequence[Post]) -> Counter[str]:
    """Each post once."""
    return Counter(str(post.key) for post in posts)


def ratings_by_number(posts: Sequence[Post]) -> Counter[str]:
    """Ratings have no names: they are counted."""
    told = (_RATINGS.search(post.title) for post in posts)
    return Counter({"rating": sum(int(found[1]) for found in told if found)})


@dataclass(frozen=True, kw_only=True)
class Lane:
    """`platform`: whose faults it meets, but for what it is `spared`. `again`: known posts are looked at again. `pages`: it reads
    more than one, so that a fault may come between two. `tally`: what is held against a run without a fault."""

    name: str
    type: str
    platform: str
    options: Callable[[str], dict[str, Any]]
    again: bool = False
    pages: bool = False
    spared: frozenset[str] = frozenset()
    tally: Callable[[Sequence[Post]], Counter[str]] = posts_by_key

    def feed(self, url: str, timeout: float) -> Feed:
        connector = load(self.type)(**self.options(url))
        return Feed(
            name=self.name, type=self.type, brand="", connector=connector, every=EVERY, account=connector.account, pace=0.0,
            timeout=timeout, proxy=None, ca_file=None, allow_private=HERE,
        )  # fmt: skip


def _weibo(**more: Any) -> Callable[[str], dict[str, Any]]:
    return lambda url: {
        "token": SecretStr(WEIBO_TOKEN),
        "base_url": f"{url}/weibo",
        "search_base_url": f"{url}/weibo",
        **more,
    }


def _bilibili(**more: Any) -> Callable[[str], dict[str, Any]]:
    return lambda url: {"base_url": f"{url}/bilibili", "query": "星禾", "buvid3": SecretStr("SANDBOX"), **more}


def _web(url: str) -> dict[str, Any]:
    return {
        "base_url": f"{url}/mweibo",
        "query": "星禾",
        "cookie": SecretStr(COOKIE),
        "permission": "法务, 2026-11-01",
    }


def _rss(style: str) -> Lane:
    return Lane(
        name=f"rss ({style})",
        type="rss",
        platform="feeds",
        options=lambda url: {"url": f"{url}/feeds/complaints.{style}"},
    )


LANES: tuple[Lane, ...] = (
    Lane(name="weibo mentions", type="weibo", platform="weibo", options=_weibo()),
    Lane(
        name="weibo comments",
        type="weibo",
        platform="weibo",
        pages=True,
        # A comment of the sandbox is named by its moment and its post's counts: with others it is another comment.
        spared=frozenset({"clock_skew", "counts_down"}),
        options=_weibo(mode="comments"),
    ),
    Lane(name="weibo search", type="weibo", platform="weibo", pages=True, options=_weibo(mode="search", query="星禾")),
    Lane(name="weibo count", type="weibo", platform="weibo", again=True, options=_weibo(mode="search", query="星禾")),
    Lane(
        name="weibo show_batch",
        type="weibo",
        platform="weibo",
        again=True,
        options=_weibo(mode="search", query="星禾", again="show_batch"),
    ),
    Lane(name="weibo-web", type="weibo-web", platform="weibo-web", pages=True, options=_web),
    Lane(
        name="rsshub",
        type="rsshub",
        platform="rsshub",
        options=lambda url: {"base_url": f"{url}/rsshub", "route": f"/xiaohongshu/user/{XHS_USER}/notes"},
    ),
    Lane(
        name="appstore",
        type="appstore",
        platform="apple",
        pages=True,
        options=lambda url: {"app_id": APP_ID, "base_url": f"{url}/apple"},
    ),
    Lane(
        name="appstore-ratings",
        type="appstore-ratings",
        platform="apple",
        options=lambda url: {"app_id": APP_ID, "base_url": f"{url}/apple"},
        # The lookup lists no ratings that might come twice.
        spared=frozenset({"repeated"}),
        tally=ratings_by_number,
    ),
    Lane(
        name="heimao", type="heimao", platform="heimao", pages=True, options=lambda url: {"base_url": f"{url}/heimao"}
    ),
    _rss("rss"),
    _rss("atom"),
    _rss("json"),
    Lane(name="bilibili search", type="bilibili", platform="bilibili", pages=True, options=_bilibili()),
    Lane(name="bilibili view", type="bilibili", platform="bilibili", again=True, options=_bilibili()),
    Lane(
        name="hotlist",
        type="hotlist",
        platform="hotlists",
        options=lambda url: {"list": "weibo", "base_url": f"{url}/hotlists/weibo"},
    ),
)
