"""What the sandbox's RSSHub serves of Zhihu, Tieba, Bilibili and Douyin, and of the hot lists: items worded as its routes word them."""

import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

from monitor.sandbox import hotlists
from monitor.sandbox.bilibili import views
from monitor.sandbox.communities import QUESTION
from monitor.sandbox.feeds import Entry
from monitor.sandbox.world import World, WorldPost

_BEIJING = timedelta(hours=8)


@dataclass(frozen=True, kw_only=True)
class Served:
    """One route: RSSHub's name for it, its feed's title, and its items for the word in its address. None: it knows no such word."""

    route: str
    title: str
    entries: Callable[[World, str, datetime], list[Entry] | None]


def _question(world: World, word: str, now: datetime) -> list[Entry] | None:
    if word != QUESTION:
        return None
    return [
        _entry(
            post,
            f"https://www.zhihu.com/question/{QUESTION}/answer/{post.native_id.removeprefix('answer:')}",
            title=f"{post.writer.name}的回答：{post.text[:60]}",
            body=f"{html.escape(post.writer.name)}的回答<br/><br/>{_html(post.text)}",
            upvotes=str(post.counts(now).likes),
        )
        for post in world.published("zhihu", now)
    ]


def _threads(world: World, word: str, now: datetime) -> list[Entry]:
    """The search knows days alone."""
    found = [post for post in world.published("tieba", now) if word in post.title or word in post.text]
    return [
        _entry(
            post,
            f"https://tieba.baidu.com/p/{post.native_id}",
            title=post.title,
            body=f"<p>{_html(post.text)}</p><p></p><p>贴吧：奶茶</p>",
            published=(post.published_at + _BEIJING).replace(hour=0, minute=0, second=0) - _BEIJING,
        )
        for post in found
    ]


def _films(world: World, word: str, now: datetime) -> list[Entry]:
    """Counts stand in the text."""
    found = [
        post for post in world.published("bilibili", now) if post.kind != "comment" and word in post.title + post.text
    ]
    return [
        _entry(
            post,
            f"http://www.bilibili.com/video/{post.native_id}",
            title=post.title,
            body=f"Length: 3:21<br/>AuthorID: {post.writer.id}<br/>Play: {views(post, now)}    Favorite: {post.counts(now).reposts // 2}<br/>"
            f"Danmaku: 0    Comment: {post.counts(now).comments}<br/><br/>{_html(post.text)}<br/>Match By: title",
        )
        for post in found
    ]


def _clips(world: World, _: str, now: datetime) -> list[Entry]:
    posts = world.published("douyin", now)
    return [
        _entry(post, f"https://www.douyin.com/video/{post.native_id}", title=post.text, body=_html(post.text))
        for post in posts
    ]


def _hot(world: World, _: str, now: datetime) -> list[Entry]:
    """A list through RSSHub has neither heat nor dates; here they stand in order."""
    return [
        Entry(
            id=topic.words,
            link=f"https://m.weibo.cn/search?containerid=100103type%3D1%26q%3D{quote(topic.words)}",
            title=topic.words,
            body=topic.words,
            author="",
            published=world.start,
        )
        for topic in hotlists.topics(world, now)
    ]


SITES: Mapping[str, Served] = {
    "/zhihu/question/{word}": Served(route="/zhihu/question/:questionId/:sortBy?", title="知乎", entries=_question),
    "/baidu/tieba/search/{word}": Served(
        route="/baidu/tieba/search/:qw/:routeParams?", title="百度贴吧搜索", entries=_threads
    ),
    "/bilibili/vsearch/{word}": Served(
        route="/bilibili/vsearch/:kw/:order?/:embed?/:tid?", title="bilibili", entries=_films
    ),
    "/douyin/hashtag/{word}": Served(route="/douyin/hashtag/:cid/:routeParams?", title="抖音", entries=_clips),
    "/weibo/search/{word}": Served(route="/weibo/search/hot/:fulltext?", title="微博热搜榜", entries=_hot),
}
"""Every route: its address under RSSHub -> what it serves."""


def _entry(
    post: WorldPost, link: str, *, title: str, body: str, published: datetime | None = None, upvotes: str = ""
) -> Entry:
    return Entry(
        id=link,
        link=link,
        title=title,
        body=body,
        author=post.writer.name,
        published=published or post.published_at,
        upvotes=upvotes,
    )


def _html(text: str) -> str:
    return html.escape(text, quote=False).replace("\n", "<br>")
