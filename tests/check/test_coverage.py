"""What will be seen and what will not, from feeds, quotas and intervals alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import SecretStr

from connectors.appstore import AppStore
from connectors.hotlist import HotList
from connectors.jsonl import JsonLines
from connectors.rss import Rss
from connectors.rsshub import RssHub
from connectors.weibo import Weibo
from connectors.weibo_push import WeiboPush
from monitor import check as checks
from monitor import coverage
from monitor.config_tables import AccountTable
from monitor.coverage import Pushed, Row
from monitor.model import FeedHealth
from monitor.ports import FeedHour
from monitor.sight import Sight
from tests.builders import NOON
from tests.check.conftest import WHOLE, World

TOKEN = SecretStr("canary")


@dataclass
class Feed:
    """What coverage asks of a feed."""

    connector: Any
    every: float = 300.0
    account: str = ""
    name: str = "f"


def hub(route: str) -> RssHub:
    return RssHub(base_url="https://hub.example", route=route)


def row(platform: str, *feeds: Feed, pushed: tuple[Pushed, ...] = (), **accounts: AccountTable) -> Row:
    return next(row for row in coverage.of(feeds, accounts, pushed) if row.platform == platform)


def test_a_normal_weibo_token_sees_what_ats_you_eighteen_minutes_late() -> None:
    """The reckoning of sources.md §5.2: 40 of 100 requests a day for mentions, 48 for counts of 100 posts."""
    account = AccountTable(limit=100, discover=0.4, revisit=0.48)
    found = row("weibo", Feed(Weibo(token=TOKEN), every=300, account="w"), w=account)
    assert coverage.sentence(found, "zh") == (
        "只有 @ 你的帖子，发布后约 18 分钟看到（中位数），每 30 分钟重看至多 100 帖；其余看不到（需商业接口）"
    )
    assert coverage.sentence(found, "en") == (
        "only posts that @ you, first seen a median of 18 min after publication, up to 100 posts read again every 30 min; "
        "nothing else is seen (needs Weibo's commercial API)"
    )


def test_feeds_of_one_account_share_what_it_may_ask() -> None:
    feeds = [Feed(Weibo(token=TOKEN), every=3600, account="w") for _ in range(2)]
    account = AccountTable(limit=24, discover=1.0, revisit=0.0)
    assert row("weibo", *feeds, w=account).views[0].late == 3600
    assert row("weibo", feeds[0], w=account).views[0].late == 1800


def test_without_a_quota_half_an_interval_is_the_median() -> None:
    found = row("weibo", Feed(Weibo(token=TOKEN, mode="search", query="星禾"), every=180))
    assert found.views[0].late == 90
    assert not found.missing
    assert "评论区看不到" in coverage.sentence(found, "zh")


@pytest.mark.parametrize(
    ("connector", "sight"),
    [
        (AppStore(app_id="1"), Sight.REVIEWS),
        (HotList(list="baidu"), Sight.TOPICS),
        (WeiboPush(subscription="1"), Sight.STREAM),
        (Weibo(token=TOKEN, mode="comments"), Sight.COMMENTS),
        (Weibo(token=TOKEN, mode="comment-mentions"), Sight.MENTIONS),
        (Rss(url="https://a.example/feed"), Sight.ARTICLES),
        (JsonLines(path="posts.jsonl"), Sight.FILE),
        (hub("/weibo/keyword/星禾"), Sight.KEYWORD),
        (hub("/weibo/search/hot"), Sight.TOPICS),
        (hub("/bilibili/vsearch/星禾"), Sight.KEYWORD),
        (hub("/zhihu/hot"), Sight.TOPICS),
        (hub("/baidu/top"), Sight.TOPICS),
        (hub("/bilibili/hot-search"), Sight.TOPICS),
        (hub("/bilibili/video/reply/BV1"), Sight.COMMENTS),
        (hub("/baidu/tieba/post/8012345678"), Sight.COMMENTS),
        (hub("/xiaohongshu/user/5e/notes"), Sight.ACCOUNT),
    ],
)
def test_what_a_way_in_shows(connector: Any, sight: Sight) -> None:
    assert coverage.sees(connector) is sight


def test_of_several_narrow_ways_only_is_said_once_and_each_keeps_its_own_delay() -> None:
    hot = Feed(HotList(list="weibo"), every=300, name="hot")
    found = row("weibo", Feed(Weibo(token=TOKEN), every=2160), hot)
    assert coverage.sentence(found, "zh") == (
        "只有 @ 你的帖子，发布后约 18 分钟看到（中位数）；榜单上的话题，上榜后约 2 分钟看到（中位数）；"
        "每 4 分钟重看至多 100 帖；其余看不到（需商业接口）"
    )


def test_where_a_search_sees_everything_nothing_is_said_to_be_all_there_is() -> None:
    search = Feed(Weibo(token=TOKEN, mode="search", query="星禾"), every=180, name="search")
    assert "只有" not in coverage.sentence(row("weibo", Feed(Weibo(token=TOKEN)), search), "zh")


def test_a_feed_that_lists_what_it_listed_reads_it_again() -> None:
    found = row("appstore", Feed(AppStore(app_id="1"), every=1800))
    assert found.again == coverage.Again(every=1800, posts=0)
    assert "每 30 分钟重看还在列表里的" in coverage.sentence(found, "zh")


def test_platforms_without_a_door_are_said_with_the_door_they_need() -> None:
    said = dict(coverage.lines(coverage.of([], {}), "zh"))
    assert any("xiaohongshu" in who or "小红书" in who for who, says in said.items() if says == "看不到（需数据商）")
    assert dict(coverage.lines(coverage.of([], {}), "en"))["Weibo"] == "not seen (needs Weibo's commercial API)"


def test_what_is_delivered_comes_as_late_as_it_is_brought() -> None:
    vendor = Pushed("vendor", "xiaohongshu", Sight.KEYWORD)
    found = row("xiaohongshu", pushed=(vendor,))
    assert coverage.sentence(found, "zh").startswith("搜得到的含品牌词的帖子，多晚取决于对方")
    assert coverage.as_json(found, "en")["views"] == [{"sees": "keyword", "late_s": None, "feeds": ["vendor"]}]


def test_check_ends_with_the_table(world: World) -> None:
    done = world.langyan("check")
    assert done.stdout.splitlines()[-1].startswith("     ")
    assert "     Weibo: not seen (needs Weibo's commercial API)" in done.stdout
    assert "the web: what its feed holds, first seen a median of 2 min after publication" in done.stdout


class Books:
    """What was proved of one feed: its hours."""

    def __init__(self, *hours: FeedHour) -> None:
        self._hours = list(hours)

    def add_feed_hours(self, hours: Sequence[FeedHour], *, drop_before: int) -> None:
        raise NotImplementedError

    def feeds(self) -> list[FeedHealth]:
        return [FeedHealth(feed="news")]

    def feed_hours(self, feed: str) -> list[FeedHour]:
        return self._hours


def test_a_feed_in_its_first_hour_is_not_said_to_have_looked_at_nothing() -> None:
    hour = int(NOON.timestamp() // 3600)
    (line,) = checks.proofs(["news"], Books(FeedHour("news", hour, 6, 20)), NOON)
    assert line.says.en == "6 looks, 20 new items"
    (line,) = checks.proofs(["news"], Books(FeedHour("news", hour - 1, 6, 3), FeedHour("news", hour, 6, 20)), NOON)
    assert line.says.en == "6 looks, 3 new items"


def test_check_names_every_door_and_whether_anything_came(world: World) -> None:
    (world.folder / "hotline.secret").write_text("sixteen-characters")
    world.write(WHOLE + '\n[ingest.hotline]\nsecret = {{ file = "hotline.secret" }}\nplatform = "hotline"\n')
    _, lines = world.check()
    assert lines["ingest hotline"]["says"] == "takes signed deliveries at POST /ingest/hotline; none came yet"
    assert lines["ingest hotline"]["ok"]


@pytest.mark.parametrize(
    ("platform", "sight"), [("xiaohongshu", Sight.KEYWORD), ("hotline", Sight.OWN), ("", Sight.FILE)]
)
def test_a_door_shows_what_a_vendor_finds_or_what_customers_say(platform: str, sight: Sight) -> None:
    assert coverage.door("vendor", platform).sight is sight


def test_check_names_a_word_of_a_brand_by_which_nothing_can_be_found(world: World) -> None:
    world.write(WHOLE.replace("except = '抽奖'", "except = 'xinghe'"))
    code, lines = world.check()
    assert code == 1
    assert lines["brand 星禾"]["says"] == "no post that holds “xinghe” concerns it"


def test_a_door_that_names_no_platform_may_bring_what_no_feed_shows() -> None:
    told = dict(coverage.lines(coverage.of((), {}, (coverage.door("vendor", ""),)), "zh"))
    assert told["小红书、抖音、快手、公众号"] == "看不到（需数据商），“其他平台”带来的除外"
    alone = dict(coverage.lines(coverage.of((), {}), "zh"))
    assert alone["小红书、抖音、快手、公众号"] == "看不到（需数据商）"
