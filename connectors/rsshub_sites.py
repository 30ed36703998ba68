"""What RSSHub's routes say of the sites they serve: an item becomes a post of its site, under the site's own id.

Each route words its items in its own way (lib/routes of https://github.com/DIYgod/RSSHub): what it adds is taken off again.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import httpx

from connectors import xhs_ids
from connectors.counts import count
from connectors.links import post_of
from connectors.markup import plain
from connectors.syndication import Item
from connectors.times import SHANGHAI
from connectors.topics import Line, topic
from connectors.weibo_ids import bid_to_mid
from connectors.window import article, shown
from monitor.model import Author, Counts, Post

_WEIBO_LINK = re.compile(r"https?://(?:www\.)?weibo\.com/(\d{4,12})/([0-9a-zA-Z]{5,12})(?:[/?#].*)?")
_WEIBO_MOBILE = re.compile(r"https?://m\.weibo\.cn/(?:status|detail)/(\d{10,20})(?:[/?#].*)?")
_NOTES_OF = re.compile(r"/xiaohongshu/user/([0-9a-f]{24})/notes(?:[/?].*)?")
_ANSWERED = re.compile(r"\A.{1,60}?的回答\s*[:：]?\s*")
_THREAD_SAYS = re.compile(r"^(?:作者|楼层|贴吧)：(.*)$", re.MULTILINE)
_REPLIED = re.compile(r".{1,60}?回复了帖子《.*》", re.DOTALL)
_THREAD_AUTHOR = re.compile(r"^作者：(.+)$", re.MULTILINE)
_VIDEO_COUNTS = re.compile(r"^Play: (\S+)\s+Favorite: (\S+)\s+Danmaku: \S+\s+Comment: (\S+)\s*?$", re.MULTILINE)
_VIDEO_SAYS = re.compile(r"\ALength: .*\n|^AuthorID: .*$|^Play: .*$|^Danmaku: .*$|^Match By: .*$", re.MULTILINE)

DAY = timedelta(days=1)


class Asked(NamedTuple):
    """Where an item was seen: at which place of which route, and when."""

    route: str
    seen_at: datetime
    place: int


@dataclass(frozen=True, kw_only=True)
class Site:
    """How a site's items are read. `post` says what is wrong with an item that is none."""

    platform: str
    post: Callable[[Item, Asked], Post | str]
    counts: Callable[[Item], Counts] = shown


def site_of(route: str) -> Site | None:
    """The site that a route serves; None: none whose posts have ids that are known here."""
    return next((site for prefix, site in _SITES.items() if route.startswith(prefix)), None)


def _weibo(item: Item, _: Asked) -> Post | str:
    link, mobile = _WEIBO_LINK.fullmatch(item.link), _WEIBO_MOBILE.fullmatch(item.link)
    try:
        mid = bid_to_mid(link[2]) if link else mobile[1] if mobile else ""
    except ValueError:
        mid = ""
    if not mid:
        return f"has no address of a Weibo post ({item.link[:80]!r})"
    author = plain(item.author)
    return Post(
        platform="weibo",
        native_id=mid,
        kind="repost" if re.search(r"<blockquote>\s*-\s*转发", item.body) else "post",
        url=f"https://m.weibo.cn/status/{mid}",
        author=Author(id=link[1] if link else None, name=author),
        text=_without_name(plain(item.body) or plain(item.title), author),
        posted_at=item.published,
    )


def _without_name(text: str, author: str) -> str:
    return re.sub(rf"\A{re.escape(author)}\s*[:：]\s*", "", text) if author else text


def _note(item: Item, asked: Asked) -> Post | str:
    known = xhs_ids.of_link(item.link)
    if known is None:
        return f"has no address of a note ({item.link[:80]!r})"
    note_id, writer = known
    whose = _NOTES_OF.fullmatch(asked.route)
    return Post(
        platform="xiaohongshu",
        native_id=note_id,
        kind="note",
        url=item.link,
        author=Author(id=writer or (whose[1] if whose else None), name=plain(item.author)),
        title=plain(item.title),
        text=plain(item.body),
        posted_at=item.published or xhs_ids.born(note_id),
        edited_at=item.updated,
    )


def _zhihu(item: Item, _: Asked) -> Post | str:
    """An answer's title is its own beginning, and "某某的回答" stands before both."""
    native_id = _id(item, "zhihu")
    if native_id is None:
        return article(item, "zhihu", host_of(item.link))
    kind = native_id.partition(":")[0]
    title, text = plain(item.title), plain(item.body)
    if kind == "answer":
        title, text = "", _ANSWERED.sub("", text or title)
    return Post(
        platform="zhihu",
        native_id=native_id,
        kind=kind,
        url=item.link,
        author=Author(name=plain(item.author)),
        title=title,
        text=text,
        posted_at=item.published,
        edited_at=item.updated,
    )


def _thread(item: Item, asked: Asked) -> Post | str:
    """A thread, or a reply in one. The search knows days alone: of what is from today, first sight is the better time."""
    native_id = _id(item, "tieba")
    if native_id is None:
        return f"has no address of a thread ({item.link[:80]!r})"
    thread, _colon, reply = native_id.partition(":")
    title, body = plain(item.title), plain(item.body)
    author = _THREAD_AUTHOR.search(body)
    posted = item.published
    if posted and not (at := posted.astimezone(SHANGHAI)).hour and not at.minute and asked.seen_at - posted < DAY:
        posted = None
    return Post(
        platform="tieba",
        native_id=native_id,
        kind="comment" if reply else "thread",
        url=item.link,
        author=Author(name=plain(item.author) or (author[1].strip() if author else "")),
        title="" if _REPLIED.fullmatch(title) else title,
        text=_THREAD_SAYS.sub("", body).strip(),
        posted_at=posted,
        parent=thread if reply else None,
    )


def _video(item: Item, _: Asked) -> Post | str:
    native_id = _id(item, "bilibili")
    if native_id is None:
        return article(item, "bilibili", host_of(item.link))
    video, _colon, reply = native_id.partition(":")
    author, text = plain(item.author), plain(item.body)
    if reply:
        name, parted, said = text.partition(" : ")
        author, text = (name, said) if parted else (author, name)
    return Post(
        platform="bilibili",
        native_id=native_id,
        kind="comment" if reply else "video",
        url=item.link,
        author=Author(name=author),
        title="" if reply else plain(item.title),
        text=text if reply else _VIDEO_SAYS.sub("", text).strip(),
        posted_at=item.published,
        parent=video if reply else None,
    )


def _video_counts(item: Item) -> Counts:
    """The search writes a video's counts into its text."""
    said = _VIDEO_COUNTS.search(plain(item.body))
    if not said:
        return shown(item)
    return Counts(views=count(said[1]), collects=count(said[2]), comments=count(said[3]))


def _clip(item: Item, _: Asked) -> Post | str:
    native_id = _id(item, "douyin")
    if native_id is None:
        return f"has no address of a video ({item.link[:80]!r})"
    return Post(
        platform="douyin",
        native_id=native_id,
        kind="video",
        url=item.link,
        author=Author(name=plain(item.author)),
        text=plain(item.body) or plain(item.title),
        posted_at=item.published,
    )


def _topic(platform: str) -> Callable[[Item, Asked], Post | str]:
    """A line of a hot list: its place is where it stands in the feed, and its date, where it has one, is another matter's."""

    def read(item: Item, asked: Asked) -> Post | str:
        said = "" if plain(item.body) == plain(item.title) else item.body
        return topic(platform, Line(words=item.title, rank=asked.place, url=item.link, said=said), asked.seen_at)

    return read


def _id(item: Item, platform: str) -> str | None:
    """The site's own id of what an item's address leads to."""
    key = post_of(item.link)
    return key.native_id if key and key.platform == platform else None


def host_of(link: str) -> str:
    """Whose an address is; "rsshub" where it is none."""
    try:
        return httpx.URL(link).host or "rsshub"
    except (httpx.InvalidURL, ValueError):
        return "rsshub"


# The first that fits: a site's hot list before the rest of it.
_SITES: Mapping[str, Site] = {
    "/weibo/search/hot": Site(platform="weibo", post=_topic("weibo")),
    "/zhihu/hot": Site(platform="zhihu", post=_topic("zhihu")),
    "/baidu/top": Site(platform="baidu", post=_topic("baidu")),
    "/bilibili/hot-search": Site(platform="bilibili", post=_topic("bilibili")),
    "/weibo/": Site(platform="weibo", post=_weibo),
    "/xiaohongshu/": Site(platform="xiaohongshu", post=_note),
    "/zhihu/": Site(platform="zhihu", post=_zhihu),
    "/baidu/tieba/": Site(platform="tieba", post=_thread),
    "/bilibili/": Site(platform="bilibili", post=_video, counts=_video_counts),
    "/douyin/": Site(platform="douyin", post=_clip),
}
