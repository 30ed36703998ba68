"""What `langyan init` asks, in two languages, and what may be answered. Pure."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from monitor.install.refusals import AnswerError
from monitor.model import Words


class Question(NamedTuple):
    """`flag` answers it beforehand. `secret`: asked without echo, kept in the file of this name. `begins`: how such a token begins."""

    flag: str
    zh: str
    en: str
    secret: str = ""
    begins: str = ""


BRAND = Question("--brand", "品牌名", "The brand's name")
NAMES = Question("--names", "其他叫法（逗号分隔）", "How else it is called (commas between)")
EXCEPT = Question(
    "--except", "容易混淆：出现这些词就不算（逗号分隔）", "Confused with: posts with these words are not meant"
)
CONTEXT = Question(
    "--context",
    "品牌名也是常用词吗？是的话，写出须同时出现的词（逗号分隔）",
    "Is the name also a word? Then one of these must be there too",
)
DOORS = Question("--doors", "有哪些（编号或名称，逗号分隔）", "Which do you have (numbers or names, commas between)")
WEIBO = Question("--weibo-token", "微博令牌", "Weibo token", "weibo.token")
SEARCH = Question(
    "--weibo-search-token", "微博商业搜索令牌", "Token of Weibo's commercial search", "weibo-search.token"
)
PUSH = Question("--weibo-subscription", "微博推送的订阅编号", "Subscription id of Weibo's push")
VENDOR = Question(
    "--vendor-secret",
    "数据商签名用的密钥（留空则生成）",
    "The vendor's signing secret (empty: made now)",
    "vendor.secret",
)
VENDOR_PLATFORM = Question(
    "--vendor-platform",
    "数据商给哪个平台（留空：每条记录自己写明）",
    "Which platform it delivers (empty: its records say)",
)
RSSHUB = Question("--rsshub", "你的 RSSHub 地址", "The address of your RSSHub")
ROUTE = Question("--rsshub-route", "RSSHub 路由", "RSSHub's route")
CRAWLER = Question(
    "--mediacrawler", "MediaCrawler 写出的文件或文件夹", "The files or the folder that MediaCrawler writes"
)
APPS = Question("--app-ids", "App Store 应用编号（逗号分隔）", "App Store ids (commas between)")
COUNTRY = Question("--country", "App Store 地区", "App Store country")
HOT = Question("--hot-lists", "还要哪些热榜", "Which more hot lists")
OWN = Question(
    "--own-channel",
    "自己的哪个渠道（hotline、wechat_service、app_feedback、email）",
    "Which channel of your own (hotline, wechat_service, app_feedback, email)",
)
OWN_SECRET = Question(
    "--own-secret", "自己渠道签名用的密钥（留空则生成）", "The secret it signs with (empty: made now)", "own.secret"
)
CHANNEL = Question(
    "--slack-channel",
    "危机频道编号（C…；留空：暂时只看看板）",
    "The crisis channel's id (C…; empty: the board alone for now)",
)
QUIET = Question(
    "--quiet-channel",
    "试运行的安静频道（C…；留空：就用危机频道）",
    "A quiet channel for the trial (C…; empty: the crisis channel)",
)
OPS = Question("--ops-channel", "运维频道（C…；留空：没有）", "The operators' channel (C…; empty: none)")
TOKEN = Question("--slack-token", "Slack 机器人令牌 xoxb-…", "Slack bot token xoxb-…", "slack.token", "xoxb-")
APP_TOKEN = Question(
    "--slack-app-token",
    "Slack 应用级令牌 xapp-…（按钮用；留空：没有）",
    "Slack app token xapp-… (for buttons; empty: none)",
    "slack-app.token",
    "xapp-",
)
DUTY = Question(
    "--on-duty",
    "谁值班（用户组 S…、成员 U…、here；逗号分隔）",
    "Who is on duty (user groups S…, members U…, here; commas between)",
)

ALL = (
    BRAND, NAMES, EXCEPT, CONTEXT, DOORS, WEIBO, SEARCH, PUSH, VENDOR, VENDOR_PLATFORM, RSSHUB, ROUTE, CRAWLER, APPS, COUNTRY,
    HOT, OWN, OWN_SECRET, CHANNEL, QUIET, OPS, TOKEN, APP_TOKEN, DUTY,
)  # fmt: skip

CONFUSED = "抽奖, 转发有礼, 招聘"
"""What is not meant by nearly any brand: lotteries and job adverts."""

HOT_LISTS = ("baidu", "zhihu", "bilibili", "douyin", "toutiao")
"""Besides Weibo's, which is always read."""

OWN_CHANNELS = ("hotline", "wechat_service", "app_feedback", "email")
"""What hears complaints before any site does."""

WAYS_IN: Mapping[str, tuple[str, str, Question | None]] = {
    "weibo": ("微博令牌：@ 你的帖子", "a Weibo token: posts that @ you", WEIBO),
    "weibo-search": ("微博合同：关键词搜索", "a Weibo contract: keyword search", SEARCH),
    "weibo-push": ("微博合同：推送", "a Weibo contract: push", PUSH),
    "vendor": ("数据商：推送到 /ingest", "a data vendor, who pushes to /ingest", VENDOR),
    "rsshub": ("自己的 RSSHub", "an RSSHub of your own", RSSHUB),
    "mediacrawler": (
        "MediaCrawler 的文件（许可证禁止商用）",
        "files of MediaCrawler (its licence forbids commercial use)",
        CRAWLER,
    ),
    "appstore": ("App Store 应用编号", "App Store ids", APPS),
    "heimao": ("黑猫投诉的公开列表", "Heimao's open list of complaints", None),
    "hotlist": ("微博之外的热榜", "hot lists besides Weibo's", HOT),
    "own": (
        "自己的热线、微信服务号、App 反馈或邮箱",
        "your own hotline, WeChat service account, app feedback or mail",
        OWN,
    ),
}
"""The doors that can be opened: what they are called, and the question whose answer opens each; None: it needs no answer. "none": the
hot list alone."""


def listed(text: str) -> tuple[str, ...]:
    """What stands between commas, each once."""
    return tuple(dict.fromkeys(part for part in map(str.strip, re.split("[,，、;；]", text)) if part))


def hot_lists(text: str) -> tuple[str, ...]:
    """AnswerError names a list that is none."""
    return _of(listed(text), HOT_LISTS)


def own_channel(text: str) -> str:
    """AnswerError for anything but one of them."""
    (channel,) = _of((text.strip(),), OWN_CHANNELS)
    return channel


def _of(named: tuple[str, ...], known: tuple[str, ...]) -> tuple[str, ...]:
    for one in named:
        if one not in known:
            zh, en = (mark.join(known) for mark in ("、", ", "))
            raise AnswerError(Words(f"没有 {one!r}，有的是：{zh}", f"there is no {one!r}; there are {en}"))
    return named


def ways_in(text: str) -> tuple[str, ...]:
    """The doors that were named, or numbered as they are listed. AnswerError for another."""
    names = tuple(WAYS_IN)
    chosen = [names[int(one) - 1] if one in map(str, range(1, len(names) + 1)) else one for one in listed(text)]
    for one in chosen:
        if one not in (*names, "none"):
            known = ", ".join((*names, "none"))
            raise AnswerError(
                Words(f"没有 {one!r} 这个入口，有的是：{known}", f"there is no door {one!r}; there are {known}")
            )
    return tuple(one for one in chosen if one != "none")
