"""Where posts come from: one site a file, sans I/O."""

from importlib import import_module
from typing import Any

from monitor.errors import ConfigError

CONNECTORS: dict[str, str] = {
    "weibo": "connectors.weibo:Weibo",
    "weibo-push": "connectors.weibo_push:WeiboPush",
    "weibo-web": "connectors.weibo_web:WeiboWeb",
    "appstore": "connectors.appstore:AppStore",
    "appstore-ratings": "connectors.appstore_ratings:AppStoreRatings",
    "heimao": "connectors.heimao:Heimao",
    "rss": "connectors.rss:Rss",
    "rsshub": "connectors.rsshub:RssHub",
    "bilibili": "connectors.bilibili:Bilibili",
    "hotlist": "connectors.hotlist:HotList",
    "jsonl": "connectors.jsonl:JsonLines",
    "mediacrawler": "connectors.mediacrawler:MediaCrawler",
}
"""Every type of feed: name -> "module:Class". What is not here does not exist, unless written out that way."""


def load(name: str) -> Any:
    """The class of a connector: a name from `CONNECTORS`, or your own "module:Class". Its fields are the feed's keys."""
    target = CONNECTORS.get(name, name)
    module, _, attribute = target.partition(":")
    if not module or not attribute:
        known = ", ".join(sorted(CONNECTORS))
        raise ConfigError("", f"no type of feed is called {name!r}", f'There are {known}; your own is "module:Class"')
    try:
        return getattr(import_module(module), attribute)
    except (ImportError, AttributeError, TypeError) as error:
        raise ConfigError(
            "", f"{target} cannot be imported ({error})", "Check the name and where it is installed"
        ) from error
