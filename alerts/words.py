"""The words of a card, in Chinese and in English: numbers, chances, times and reasons as people say them. Pure."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any, Literal

from monitor.model import Count, Precision, Severity

Language = Literal["zh", "en"]

SHANGHAI = timezone(timedelta(hours=8))
"""Asia/Shanghai has known no summer time since 1991."""

COLOURS: Mapping[Severity, tuple[str, str, str]] = {
    Severity.BLUE: ("🔵", "蓝", "blue"),
    Severity.YELLOW: ("🟡", "黄", "yellow"),
    Severity.ORANGE: ("🟠", "橙", "orange"),
    Severity.RED: ("🔴", "红", "red"),
}

_UNITS = {
    "reposts": ("次转发", "repost", "reposts"),
    "comments": ("条评论", "comment", "comments"),
    "likes": ("个赞", "like", "likes"),
    "collects": ("次收藏", "save", "saves"),
    "shares": ("次分享", "share", "shares"),
    "views": ("次阅读", "view", "views"),
}

_PLATFORMS = {
    "weibo": ("微博", "Weibo"),
    "xiaohongshu": ("小红书", "Xiaohongshu"),
    "appstore": ("App Store", "App Store"),
    "heimao": ("黑猫投诉", "Heimao"),
    "dianping": ("大众点评", "Dianping"),
    "jd": ("京东", "JD"),
    "zhihu": ("知乎", "Zhihu"),
    "tieba": ("百度贴吧", "Tieba"),
    "bilibili": ("哔哩哔哩", "Bilibili"),
    "douyin": ("抖音", "Douyin"),
    "kuaishou": ("快手", "Kuaishou"),
    "wechat": ("公众号", "WeChat"),
    "taobao": ("淘宝", "Taobao"),
    "tmall": ("天猫", "Tmall"),
    "pinduoduo": ("拼多多", "Pinduoduo"),
    "meituan": ("美团", "Meituan"),
    "hotline": ("客服热线", "hotline"),
    "wechat_service": ("微信服务号", "WeChat service account"),
    "app_feedback": ("App 反馈", "app feedback"),
    "email": ("邮件", "e-mail"),
    "heard": ("听说", "heard"),
    "baidu": ("百度", "Baidu"),
    "toutiao": ("今日头条", "Toutiao"),
}

_LISTS = {
    "weibo": ("微博热搜", "Weibo’s hot searches"),
    "baidu": ("百度热搜", "Baidu’s hot searches"),
    "zhihu": ("知乎热榜", "Zhihu’s hot list"),
    "bilibili": ("哔哩哔哩热搜", "Bilibili’s hot searches"),
    "douyin": ("抖音热榜", "Douyin’s hot list"),
    "toutiao": ("头条热榜", "Toutiao’s hot list"),
}
"""What each site calls the list of what is searched for most."""

FEW = 100
"""Below this many a red line says "only": it is told for what it says, not for how far it has gone."""

_TENTHS = "〇一二三四五六七八九"

_REASONS: Mapping[str, tuple[str, str]] = {
    "forecast": (
        "{p_viral}闹大，预计约 {median} {unit}",
        "spreads enough to hurt: {p_viral}; about {median} {unit}",
    ),
    "count_ceiling": (
        "已有 {now} {unit}，过了 {threshold} 这条线",
        "{now} {unit} already, over the line of {threshold}",
    ),
    "shoved": (
        "已有 {now} {unit}，过了 {threshold} 这条线；其中 {shoved} {unit}是一下子涌来的，像是刷的，先不计入",
        "{now} {unit} already, over the line of {threshold}; {shoved} of them came all at once, as bots’ do, and do not count yet",
    ),
    "risk": ("对品牌不利，又会传开：{risk}", "bad for the brand and spreading: {risk}"),
    "aimed": ("{aimed}对品牌不利{evidence}", "bad for the brand: {aimed}{evidence}"),
    "growth": (
        "还在涨：每分钟 {per_minute} {unit}，现有 {now}",
        "still growing: {per_minute} {unit} a minute, {now} now",
    ),
    "found_late": (
        "发现较晚：首次看到时已发布 {first_seen_age_min}，现有 {now}",
        "found late: {first_seen_age_min} old when first seen, {now} now",
    ),
    "voices": (
        "转发的人里有 {authors} 位在骂",
        "{authors} of those who pass it on speak badly of the brand",
    ),
    "near_duplicates": ("同样的说法已有 {posts} 帖", "{posts} posts say the same"),
    "raised": ("由{from}升为{to}", "raised from {from} to {to}"),
    "lowered": ("由{from}降为{to}：已平稳 {calm_min}", "lowered from {from} to {to}: calm for {calm_min}"),
    "official": ("官方账号发声{author}", "an official account speaks{author}"),
    "views": ("已有 {now} {unit}，过了 {threshold} 这条线", "{now} {unit} already, over the line of {threshold}"),
    "same_event": ("与{incident}是同一件事{words}", "the same event as {incident}{words}"),
    "same_complaint": (
        "同一位客人或同一订单的投诉，不止从一处来",
        "one customer or order, heard in more than one place",
    ),
    "surge": (
        "过去 1 小时 {posts} 条负面，平时这个时候 {low}–{high} 条",
        "{posts} bad posts in the last hour; {low}–{high} are usual at this time",
    ),
    "surge_reach": (
        "合起来已有 {now} {unit}，过了 {threshold} 这条线",
        "together {now} {unit} already, over the line of {threshold}",
    ),
    "surge_rise": (
        "这一小时的负面合起来 {now} {unit}，平时这个时候 {low}–{high}",
        "the bad posts of this hour have {now} {unit} together; {low}–{high} are usual at this time",
    ),
    "surge_echo": (
        "过去 1 小时 {posts} 条负面（平时这个时候 {low}–{high} 条），其中 {of_it} 条说的是这件事",
        "{posts} bad posts in the last hour ({low}–{high} are usual), {of_it} of them about this",
    ),
    "ratings": (
        "一天里 {rated} 条评价有 {low_reviews} 条是一两星，平时占 {usual_share}",
        "{low_reviews} of {rated} reviews within a day give one or two stars; {usual_share} is usual",
    ),
    "hot_list": ("上榜：{lists}{topic}", "on a hot list: {lists}{topic}"),
    "came_back": ("关闭之后又涨起来了", "it grew again after it was closed"),
    "split": ("由{by}从事件 {from} 拆出", "split off incident {from} by {by}"),
    "by_hand": ("{by}请大家留意", "{by} asks you to look"),
    "low_confidence": ("{confidence}在说本品牌，请先核对", "about this brand: {confidence}; please check"),
}

_TIGHT = re.compile(r"(?<=[万亿]) (?=[\u4e00-\u9fff])")
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"\s*\n\s*")
_STACKED = re.compile(
    r"([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]{2})[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+"
)
_JOINER = "\u200d"
"""Zero width, yet it makes one emoji of several."""


def clean(text: object, *, lines: bool = False) -> str:
    """Text without what cannot be seen: controls, direction overrides, invisible letters, towers of accents.

    `lines` keeps line breaks; otherwise everything stands on one line.
    """
    said = str(text).replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n").replace("\t", " ")
    kept = (c for c in said if c in ("\n", _JOINER) or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co"))
    shown = _LINES.sub("\n", _STACKED.sub(r"\1", _SPACES.sub(" ", "".join(kept)))).strip()
    return shown if lines else shown.replace("\n", " ")


def cut(text: str, limit: int) -> str:
    """At most `limit` characters; what was cut shows as …"""
    return text if len(text) <= limit else text[: max(0, limit - 1)].rstrip() + "…"


def colour(severity: Severity, language: Language) -> str:
    return COLOURS[severity][1 if language == "zh" else 2]


def platform(name: str, language: Language) -> str:
    known = _PLATFORMS.get(name)
    return known[0 if language == "zh" else 1] if known else cut(clean(name), 24)


def unit(name: str, language: Language, amount: float = 2) -> str:
    """The unit behind a number: 次转发, reposts."""
    known = _UNITS.get(name)
    if known is None:
        return cut(clean(name), 24)
    return known[0] if language == "zh" else known[1 if amount == 1 else 2]


def noun(name: str, language: Language) -> str:
    """The unit by itself: 转发, reposts."""
    said = unit(name, language)
    return said[1:] if language == "zh" and name in _UNITS else said


def number(value: float, language: Language) -> str:
    """A number as people say it, to two or three figures: 8.5, 512, 1.2 万, 12.3k."""
    if value < 10 and value != int(value):
        return f"{value:.1f}".removesuffix(".0")
    if value < 10_000:
        return f"{value:.0f}"
    if language == "zh":
        return f"{_short(value / 1e4)} 万" if value < 1e8 else f"{_short(value / 1e8)} 亿"
    return f"{_short(value / 1e3)}k" if value < 1e6 else f"{_short(value / 1e6)}M"


def _short(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0") if value < 100 else f"{value:.0f}"


def tight(text: str) -> str:
    """1.2 万次转发 but 512 次转发: no space between a Chinese numeral and what it counts."""
    return _TIGHT.sub("", text)


def about(value: float, language: Language) -> str:
    """An estimate, to two figures: nobody knows the third."""
    step = 10 ** max(0, len(str(int(abs(value)))) - 2)
    return number(round(value / step) * step, language)


def count(shown: Count, language: Language) -> str:
    """A counter as a platform shows it, with how far it may be trusted."""
    said = number(shown.value, language)
    return f"{said}+" if shown.precision is Precision.LOWER_BOUND else said


def chance(p: float, language: Language) -> str:
    """A probability in words: 八成可能, 8 in 10."""
    tenths = round(p * 10)
    if tenths <= 0:
        return "几乎不可能" if language == "zh" else "very unlikely"
    if tenths >= 10:
        return "几乎一定" if language == "zh" else "almost certain"
    return f"{_TENTHS[tenths]}成可能" if language == "zh" else f"{tenths} in 10"


def span(length: timedelta, language: Language) -> str:
    """How long: 不到 1 分钟, 37 分钟, 3 小时 5 分, 7 天."""
    minutes = int(length.total_seconds() // 60)
    zh = language == "zh"
    if minutes < 1:
        return "不到 1 分钟" if zh else "less than a minute"
    if minutes < 60:
        return f"{minutes} 分钟" if zh else f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours < 24:
        return (
            f"{hours} 小时" + (f" {rest} 分" if rest else "") if zh else f"{hours} h" + (f" {rest} min" if rest else "")
        )
    days, hours = divmod(hours, 24)
    if days >= 3 or not hours:
        return f"{days} 天" if zh else f"{days} day{'s' if days > 1 else ''}"
    return f"{days} 天 {hours} 小时" if zh else f"{days} day{'s' if days > 1 else ''} {hours} h"


def clock(moment: datetime, now: datetime) -> str:
    """A moment by the clocks of Shanghai, with the date only where it is not today's."""
    here, today = moment.astimezone(SHANGHAI), now.astimezone(SHANGHAI)
    if here.date() == today.date():
        return here.strftime("%H:%M")
    return here.strftime("%m-%d %H:%M" if here.year == today.year else "%Y-%m-%d %H:%M")


def by(moment: datetime, now: datetime, language: Language) -> str:
    """A moment that something will have happened by, to the hour: 明天 12 点前."""
    here = (moment + timedelta(minutes=30)).astimezone(SHANGHAI).replace(minute=0)
    days = (here.date() - now.astimezone(SHANGHAI).date()).days
    zh = language == "zh"
    if not 0 <= days <= 1:
        return f"{here:%m-%d} 前" if zh else f"by {here:%m-%d}"
    if zh:
        return f"{'明天' if days else '今天'} {here.hour} 点前"
    return f"by {here:%H:%M}{' tomorrow' if days else ''}"


def sentence(code: str, facts: Mapping[str, Any], language: Language) -> str:
    """Why something was decided, said with its facts. An unknown code, or one without its facts, stands for itself."""
    if code == "red_line":
        return red_line(facts, language)
    form = _REASONS.get(code)
    if form is None:
        return cut(clean(code), 60)
    try:
        said = {name: _OF_MANY.get(name, partial(_fact, name))(value, language) for name, value in facts.items()}
        return tight(form[0 if language == "zh" else 1].format_map({"evidence": "", **said}))
    except (KeyError, ValueError, TypeError):
        return code


def _fact(name: str, value: Any, language: Language) -> str:
    """One fact of a reason as it is said."""
    if value is None:
        return "?"
    if name in ("p_viral", "aimed", "confidence", "risk"):
        return chance(float(value), language)
    if name == "by":
        return cut(clean(value), 24)
    if name == "unit":
        return unit(str(value), language)
    if name in ("first_seen_age_min", "calm_min"):
        return span(timedelta(minutes=float(value)), language)
    if name in ("from", "to"):
        return f"#{value}" if isinstance(value, int) else colour(Severity[str(value).upper()], language)
    if name == "evidence":
        return _evidence(value, language)
    if name == "author":
        return _evidence([value], language)
    if name == "median":
        return about(float(value), language)
    return cut(clean(value), 24) if isinstance(value, str) else number(float(value), language)


_OF_MANY: Mapping[str, Callable[[Any, Language], str]] = {
    "incident": lambda value, language: (
        f" #{value} "
        if value and language == "zh"
        else f"#{value}"
        if value
        else "另一帖"
        if language == "zh"
        else "another post"
    ),
    "words": lambda value, language: _evidence(value, language, "都说" if language == "zh" else "both say ", 4),
    "usual_share": lambda value, _: f"{float(value):.0%}",
    "topic": lambda value, language: _topic(value, language),
    "lists": lambda value, language: lists(value, language),
}
"""Facts of several posts as they are said."""


def red_line(facts: Mapping[str, Any], language: Language) -> str:
    """Which lines are touched, by which words, and how small the post still is: 触及红线：人身伤害，转发仅 3."""
    zh = language == "zh"
    harms = [cut(clean(harm), 24) for harm in facts.get(language, ())]
    said = ("触及红线：" + "、".join(harms)) if zh else "red line: " + ", ".join(harms)
    by = [cut(clean(word), 24) for word in facts.get("words", ())]
    if by:
        said += f"（{'、'.join(by)}）" if zh else f" ({', '.join(by)})"
    now, counted = facts.get("now"), str(facts.get("unit", ""))
    if now is None:
        return said
    few = now < FEW
    shown = number(float(now), language)
    if zh:
        return f"{said}，{noun(counted, language)}{'仅' if few else '已'} {shown}"
    return f"{said}, {'only ' if few else ''}{shown} {unit(counted, language, float(now))}"


def lists(places: Sequence[Sequence[Any]], language: Language) -> str:
    """Which lists show a topic, and at which place: 微博热搜第 12 位、抖音热榜."""
    zh, told = language == "zh", []
    for name, rank in places:
        known = _LISTS.get(str(name))
        said = known[0 if zh else 1] if known else f"{platform(str(name), language)}{'热榜' if zh else ' hot list'}"
        if rank is not None:
            said += f"第 {int(rank)} 位" if zh else f", place {int(rank)}"
        told.append(said)
    return ("、" if zh else "; ").join(told)


def _topic(words: str, language: Language) -> str:
    shown = cut(clean(words), 24)
    if not shown:
        return ""
    return f"「{shown}」" if language == "zh" else f" “{shown}”"


def _evidence(spans: Sequence[str], language: Language, lead: str = "", most: int = 3) -> str:
    """The words that weighed most; a stranger wrote them."""
    shown = [cut(word, 24) for word in map(clean, list(spans)[:most]) if word]
    if not shown:
        return ""
    if language == "zh":
        return f"：{lead}「" + "」「".join(shown) + "」"
    return f": {lead}" + ", ".join(f"“{word}”" for word in shown)
