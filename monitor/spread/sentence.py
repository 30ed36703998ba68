"""A forecast in words, Chinese and English. Numbers are rounded to what a forecast knows; times are those of China."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from math import floor, log10
from typing import Literal

from monitor.spread.analogs import Alike
from monitor.spread.features import Features
from monitor.spread.usual import Rank

Language = Literal["zh", "en"]

CHINA = timezone(timedelta(hours=8))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Words:
    """One language. `about` goes before an exact, a rounded and a lower-bound count."""

    units: Mapping[str, str]
    about: tuple[str, str, str]
    paced: str
    early: str
    carried: str
    still: str
    minute: str
    hour: str
    flat: str
    minutes: str
    hours: str
    shoved: str
    rushed: str
    alike: str
    rank: str


_WORDS: Mapping[Language, _Words] = {
    "zh": _Words(
        units={
            "reposts": " 次转发",
            "likes": " 个赞",
            "comments": " 条评论",
            "collects": " 次收藏",
            "shares": " 次分享",
            "views": " 次阅读",
        },
        about=(" ", "约 ", "至少 "),
        paced="按现在的速度，预计 24 小时后 {median}{unit}（八成把握 {low}–{high}）；现在{now}{rate}",
        early="只看到一次，还说不准：24 小时后可能 {median}{unit}（八成把握 {low}–{high}）；现在{now}",
        carried="现在{now}{unit}{rate}；照此再过 {ahead}约 {median}。没有可参照的传播曲线，这是顺推，不是预测",
        still="现在{now}{unit}{rate}；没有可参照的传播曲线，不作预测",
        minute="，每分钟 +{}",
        hour="，每小时 +{}",
        flat="，没有再涨",
        minutes="{} 分钟",
        hours="{} 小时",
        shoved="；其中 {shoved}{unit}像是刷的，不计入",
        rushed="；其中 {shoved}{unit}刚刚涌来，是不是刷的要再看",
        alike="；{of} 条走势相近的旧帖里，有 {passed} 条超过 {viral}",
        rank="；同平台最近 {of} 条旧帖，一天后有 {below} 条还不到这么多",
    ),
    "en": _Words(
        units={
            "reposts": " reposts",
            "likes": " likes",
            "comments": " comments",
            "collects": " saves",
            "shares": " shares",
            "views": " views",
        },
        about=("", "about ", "at least "),
        paced="at this pace {median}{unit} by {by} (80 %: {low}-{high}); now {now}{rate}",
        early="seen only once, too early to say: perhaps {median}{unit} by {by} (80 %: {low}-{high}); now {now}",
        carried="now {now}{unit}{rate}; about {median} in {ahead} if that goes on. Carried on, not forecast: there are no "
        "curves to compare with",
        still="now {now}{unit}{rate}; no forecast: there are no curves to compare with",
        minute=", +{}/min",
        hour=", +{}/h",
        flat=", no longer growing",
        minutes="{} min",
        hours="{} h",
        shoved="; {shoved} of these{unit} look like bots’ and do not count",
        rushed="; {shoved} of these{unit} have just rushed in, people’s or bots’: the next looks will tell",
        alike="; of {of} earlier posts like it {passed} passed {viral}",
        rank="; after a day {below} of the last {of} posts there had fewer",
    ),
}


def forecast(
    seen: Features,
    unit: str,
    reach: tuple[float, float, float],
    now: datetime,
    language: Language,
    alike: Alike | None = None,
    viral: int | None = None,
    shoved: int = 0,
    *,
    awaited: bool = False,
) -> str:
    """How far it will be 24 hours after `now`; `reach` is the median, the low and the high end. `alike`: how many earlier posts
    like it passed `viral`. `shoved`: how many of those there bots seem to have brought; `awaited`: they may be people's."""
    words = _WORDS[language]
    median, low, high = (_number(max(seen.now, _two_digits(value)), language) for value in reach)
    form = words.early if seen.snapshots == 1 else words.paced
    told = _tight(
        form,
        median=median,
        low=low,
        high=high,
        unit=words.units[unit],
        by=f"{(now + timedelta(days=1)).astimezone(CHINA):%H:%M} tomorrow" if language == "en" else "",
        now=_now(seen, language),
        rate=_rate(seen, language),
    )
    if shoved:
        told += _tight(
            words.rushed if awaited else words.shoved, shoved=_number(shoved, language), unit=words.units[unit]
        )
    if alike is None or viral is None:
        return told
    return told + words.alike.format(of=alike.of, passed=alike.passed, viral=_number(viral, language))


def carried_on(
    seen: Features, unit: str, reach: float, ahead: float, language: Language, rank: Rank | None = None
) -> str:
    """Where there are no curves: how fast it grows, where that leads in `ahead` seconds, and where it stands among others."""
    words = _WORDS[language]
    told = _tight(
        words.carried if seen.per_minute > 0 else words.still,
        now=_now(seen, language),
        unit=words.units[unit],
        rate="" if seen.snapshots == 1 else _rate(seen, language),
        median=_number(max(seen.now, _two_digits(reach)), language),
        ahead=words.hours.format(round(ahead / 3600)) if ahead >= 5400 else words.minutes.format(round(ahead / 60)),
    )
    return told if rank is None else told + words.rank.format(below=rank.below, of=rank.of)


def _now(seen: Features, language: Language) -> str:
    return _WORDS[language].about[seen.precision] + _number(seen.now, language)


def _rate(seen: Features, language: Language) -> str:
    """The pace by the minute, or by the hour where it is slow. A rounded display that seems to rest may be growing."""
    words = _WORDS[language]
    if seen.precision and not seen.per_minute:
        return ""
    if seen.per_minute >= 1:
        return words.minute.format(_number(round(seen.per_minute), language))
    hourly = round(seen.per_minute * 60)
    return words.hour.format(hourly) if hourly else words.flat


def _number(count: int, language: Language) -> str:
    """1350, from ten thousand on 1.4 万; in English 1,350."""
    if language == "en":
        return f"{count:,}"
    return f"{count / 10_000:.1f}".removesuffix(".0") + " 万" if count >= 10_000 else str(count)


def _tight(form: str, **said: str) -> str:
    """1.4 万次转发 but 512 次转发: no space between a Chinese numeral and what it counts."""
    return form.format(**said).replace("万 ", "万")


def _two_digits(value: float) -> int:
    """Rounded to two digits: a forecast knows no more. Below a hundred, to the unit."""
    return round(round(value), -max(0, floor(log10(value)) - 1)) if value >= 100 else round(value)
