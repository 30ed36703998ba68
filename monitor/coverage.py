"""What you will and will not see: per platform how much, how late, how often again, and which door would open the rest. Pure.

Computed from feeds, quotas and intervals alone, before anything was asked: what really came in is `monitor.pipeline.proving`'s.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

from alerts import words
from monitor.platforms import UNITS
from monitor.sight import SENT, WIDE, Sight, of_route
from monitor.spread.revisit import SOONEST

Language = Literal["zh", "en"]


class Quota(Protocol):
    """What an account may ask, as `[accounts.NAME]` says it."""

    @property
    def limit(self) -> int: ...
    @property
    def window(self) -> float: ...
    @property
    def discover(self) -> float: ...
    @property
    def revisit(self) -> float: ...


class Feed(Protocol):
    """One feed as the configuration gives it; `monitor.sight.Sight` is what its connector says it `sees`."""

    @property
    def name(self) -> str: ...
    @property
    def every(self) -> float: ...
    @property
    def account(self) -> str: ...
    @property
    def connector(self) -> Any: ...


@dataclass(frozen=True, kw_only=True)
class View:
    """What some feeds of a platform show. `late`: seconds from publication to first sight, the median; None: nobody knows."""

    sight: Sight
    late: float | None
    feeds: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Again:
    """How known posts are looked at again: each `every` seconds. `posts`: so many at once; 0: those that the feed still lists."""

    every: float
    posts: int


@dataclass(frozen=True, kw_only=True)
class Row:
    """One platform. `platform` "": whatever platform a file or a delivery names."""

    platform: str
    views: tuple[View, ...]
    again: Again | None = None

    @property
    def missing(self) -> bool:
        """Whether more of it could be seen through another door."""
        return self.platform in _DOORS and not any(view.sight in WIDE for view in self.views)


class Pushed(NamedTuple):
    """A way in that is no feed: what others deliver. `platform` "": whatever they name."""

    name: str
    platform: str
    sight: Sight


def of(feeds: Sequence[Feed], quotas: Mapping[str, Quota], pushed: Sequence[Pushed] = ()) -> tuple[Row, ...]:
    """The table: first what is seen, in the feeds' order; then the platforms of which nothing is."""
    slowed = {name: _slowed(quota, feeds, name) for name, quota in quotas.items()}
    views: dict[str, dict[Sight, View]] = {}
    for feed in feeds:
        sight = sees(feed.connector)
        late = 0.0 if sight in SENT else feed.every * slowed.get(feed.account, 1.0) / 2
        _add(views, str(feed.connector.platform), View(sight=sight, late=late, feeds=(feed.name,)))
    for one in pushed:
        _add(views, one.platform, View(sight=one.sight, late=None, feeds=(one.name,)))
    again = {platform: _again(platform, feeds, quotas, slowed) for platform in views}
    seen = [Row(platform=name, views=tuple(found.values()), again=again[name]) for name, found in views.items()]
    return (*seen, *(Row(platform=name, views=()) for name in _DOORS if name not in views))


def door(name: str, platform: str) -> Pushed:
    """What a source of deliveries shows: its own channel what customers say to you, a platform what a vendor finds there."""
    if platform in UNITS:
        return Pushed(name, platform, Sight.OWN if UNITS[platform] is None else Sight.KEYWORD)
    return Pushed(name, platform, Sight.FILE)


def sees(connector: Any) -> Sight:
    """What a connector shows; one that does not say so shows what its route, its file or a published feed does."""
    if hasattr(connector, "sees"):
        return Sight(connector.sees)
    if hasattr(connector, "route"):
        return of_route(str(connector.route))
    return Sight.FILE if hasattr(connector, "path") else Sight.ARTICLES


def _add(views: dict[str, dict[Sight, View]], platform: str, view: View) -> None:
    """Feeds that show the same are one line, as late as the slowest: each may be the only one that finds a post."""
    found = views.setdefault(platform, {})
    other = found.get(view.sight)
    if other is None:
        found[view.sight] = view
        return
    late = None if view.late is None or other.late is None else max(view.late, other.late)
    found[view.sight] = View(sight=view.sight, late=late, feeds=(*other.feeds, *view.feeds))


def _slowed(quota: Quota, feeds: Sequence[Feed], account: str) -> float:
    """How many times longer the polls of an account's feeds are apart than asked for, at one request each."""
    wanted = sum(quota.window / feed.every for feed in feeds if feed.account == account and feed.every > 0)
    return max(1.0, wanted / max(1, math.ceil(quota.limit * quota.discover)))


def _again(
    platform: str, feeds: Sequence[Feed], quotas: Mapping[str, Quota], slowed: Mapping[str, float]
) -> Again | None:
    ours = [feed for feed in feeds if feed.connector.platform == platform]
    for feed in ours:
        if size := getattr(feed.connector, "batch_size", 0):
            quota = quotas.get(feed.account)
            gap = 0.0 if quota is None else quota.window / max(1, math.ceil(quota.limit * quota.revisit))
            return Again(every=max(gap, SOONEST.total_seconds()), posts=int(size))
    listed = [
        feed.every * slowed.get(feed.account, 1.0)
        for feed in ours
        if sees(feed.connector) not in {*SENT, Sight.FILE, Sight.MENTIONS}
    ]
    return Again(every=min(listed), posts=0) if listed else None


# ── in words ────────────────────────────────────────────────────────────────────────────────────────────────────────

_DOORS: Mapping[str, tuple[str, str]] = {
    "weibo": ("商业接口", "Weibo's commercial API"),
    "xiaohongshu": ("数据商", "a data vendor"),
    "douyin": ("数据商", "a data vendor"),
    "kuaishou": ("数据商", "a data vendor"),
    "wechat": ("数据商", "a data vendor"),
    "heimao": ("黑猫投诉的公开列表", "Heimao's open list of complaints"),
    "dianping": ("商家后台导出或数据商", "exports of your merchant account, or a data vendor"),
    "jd": ("商家后台导出或数据商", "exports of your merchant account, or a data vendor"),
    "tmall": ("商家后台导出或数据商", "exports of your merchant account, or a data vendor"),
    "taobao": ("商家后台导出或数据商", "exports of your merchant account, or a data vendor"),
    "pinduoduo": ("商家后台导出或数据商", "exports of your merchant account, or a data vendor"),
    "meituan": ("商家后台导出或数据商", "exports of your merchant account, or a data vendor"),
    "zhihu": ("RSSHub 路由或数据商", "an RSSHub route, or a data vendor"),
    "tieba": ("RSSHub 路由或数据商", "an RSSHub route, or a data vendor"),
    "bilibili": ("公开接口、RSSHub 路由或数据商", "its open JSON, an RSSHub route, or a data vendor"),
    "appstore": ("应用的 app_id", "the app's id"),
}
"""Whoever sells shops and talk its people, and which door shows what a brand's words find there. docs/access.md says who opens it."""

_SIGHTS: Mapping[Sight, tuple[str, str]] = {
    Sight.MENTIONS: ("@ 你的帖子", "posts that @ you"),
    Sight.ACCOUNT: ("指定账号发的", "what the named accounts publish"),
    Sight.COMMENTS: ("自己或指定帖子下的评论", "comments under your own or named posts"),
    Sight.TOPICS: ("榜单上的话题", "topics on its list"),
    Sight.ARTICLES: ("订阅源里的条目", "what its feed holds"),
    Sight.FILE: ("其他程序写入或推送的", "what another program brings"),
    Sight.OWN: ("顾客直接对你说的", "what customers say to you"),
    Sight.REVIEWS: ("指定应用或店铺的评论", "reviews of the named app or shop"),
    Sight.COMPLAINTS: ("公开的投诉", "complaints in the open"),
    Sight.KEYWORD: ("搜得到的含品牌词的帖子", "posts that a search for your words finds"),
    Sight.STREAM: ("推送来的含品牌词的帖子", "posts with your words, as they are pushed"),
}

_PLACES: Mapping[str, tuple[str, str]] = {"": ("其他平台", "any platform"), "web": ("网站", "the web")}


def lines(rows: Iterable[Row], language: Language) -> Iterator[tuple[str, str]]:
    """For each platform that is seen its name and a sentence; then, for each door, the platforms of which nothing is seen."""
    zh = language == "zh"
    closed: dict[str, list[str]] = {}
    anything = False
    for row in rows:
        if row.views:
            anything = anything or not row.platform
            yield name(row.platform, language), sentence(row, language)
        else:
            closed.setdefault(_door(row.platform, language), []).append(name(row.platform, language))
    for door, platforms in closed.items():
        gap = " " if door[:1].isascii() else ""
        said = f"看不到（需{gap}{door}）" if zh else f"not seen (needs {door})"
        if anything:  # what is delivered may name these platforms too
            said += "，“其他平台”带来的除外" if zh else ", but for what “any platform” brings"
        yield ("、" if zh else ", ").join(platforms), said


def sentence(row: Row, language: Language) -> str:
    """What is seen of a platform, how late, how often again, and what is not."""
    zh = language == "zh"
    parts = [_viewed(view, language) for view in row.views]
    if row.again is not None:
        parts.append(_reread(row.again, language))
    # Of several ways each says for itself how late it is, so more than a comma stands between them.
    said = (("，" if zh else ", ") if len(row.views) < 2 else ("；" if zh else "; ")).join(parts)
    if row.missing:
        said = ("只有" if zh else "only ") + (" " if zh and said.startswith("@") else "") + said
        door = _door(row.platform, language)
        return said + (f"；其余看不到（需{door}）" if zh else f"; nothing else is seen (needs {door})")
    if any(view.sight in (Sight.KEYWORD, Sight.STREAM) for view in row.views):
        return said + (
            "；不含品牌词的和评论区看不到" if zh else "; what does not name you, or stands under posts, is not seen"
        )
    return said


def name(platform: str, language: Language) -> str:
    """A platform as people call it."""
    place = _PLACES.get(platform)
    return place[language == "en"] if place else words.platform(platform, language)


def _door(platform: str, language: Language) -> str:
    return _DOORS[platform][language == "en"]


def _viewed(view: View, language: Language) -> str:
    zh = language == "zh"
    said = _SIGHTS[view.sight][0 if zh else 1]
    if view.sight is Sight.FILE or view.late is None:
        return said + ("，多晚取决于对方" if zh else ", as late as whoever brings it")
    if view.late == 0:
        return said + ("，随到随看" if zh else ", as they come")
    span = _span(view.late, language)
    if view.sight is Sight.TOPICS:
        return said + (
            f"，上榜后约 {span}看到（中位数）" if zh else f", first seen a median of {span} after they came up"
        )
    return said + (f"，发布后约 {span}看到（中位数）" if zh else f", first seen a median of {span} after publication")


def _reread(again: Again, language: Language) -> str:
    span = _span(again.every, language)
    if language == "zh":
        return f"每 {span}重看{f'至多 {again.posts} 帖' if again.posts else '还在列表里的'}"
    return f"{f'up to {again.posts} posts' if again.posts else 'what it still lists is'} read again every {span}"


def _span(seconds: float, language: Language) -> str:
    """18 分钟, 40 s, 2 h."""
    zh = language == "zh"
    if seconds < 90:
        return f"{max(1, round(seconds))} {'秒' if zh else 's'}"
    if seconds < 5400:
        return f"{round(seconds / 60)} {'分钟' if zh else 'min'}"
    return f"{seconds / 3600:.1f}".removesuffix(".0") + (" 小时" if zh else " h")


def as_json(row: Row, language: Language) -> dict[str, Any]:
    """One row as an object; seconds."""
    return {
        "platform": row.platform,
        "views": [{"sees": v.sight.value, "late_s": v.late, "feeds": list(v.feeds)} for v in row.views],
        "again_s": row.again.every if row.again else None,
        "needs": _door(row.platform, language) if row.missing else None,
        "says": sentence(row, language) if row.views else next(lines([row], language))[1],
    }
