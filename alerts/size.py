"""How big it is, how big it will be and by when, in one claim and in its parts. Pure."""

from datetime import datetime, timedelta
from typing import NamedTuple

from alerts import words
from alerts.words import Language
from monitor.model import Forecast, Incident, Mention, Reason

DAY = timedelta(days=1)


class Ahead(NamedTuple):
    """What it will have, and by when in words: 明天 12 点前."""

    by: str
    median: float
    low: float
    high: float


def claim(incident: Incident, language: Language, now: datetime) -> str:
    """How big it is, how big it will be, by when; of a post that touches a red line, which, and how small it is; of many small
    posts, how many; of a topic, on which list."""
    codes = {reason.code: reason for reason in incident.reasons}
    crowd = codes.get("surge") or codes.get("ratings")
    if crowd and not codes.keys() & {"risk", "count_ceiling", "red_line"}:
        return _crowd(crowd, language)
    forecast, line, hot = incident.forecast, codes.get("red_line"), codes.get("hot_list")
    if hot is not None and forecast is None:
        return words.sentence(hot.code, {**hot.facts, "topic": ""}, language)
    if line is not None:
        counted = {} if forecast is None else {"now": forecast.now, "unit": forecast.unit}
        return words.red_line({**line.facts, "words": (), **counted}, language)
    if forecast is None:
        return ""
    zh = language == "zh"
    has, unit = words.number(forecast.now, language), words.unit(forecast.unit, language, forecast.now)
    coming = ahead(incident, language, now)
    if coming is None:
        return words.tight(f"现有 {has} {unit}") if zh else f"{has} {unit} now"
    median = words.about(coming.median, language)
    if zh:
        return words.tight(f"现有 {has} {unit}，{coming.by}约 {median}")
    return f"{has} {unit} now, about {median} {coming.by}"


def ahead(incident: Incident, language: Language, now: datetime) -> Ahead | None:
    """What it will have within a day of the last look, or at the forecast's own horizon; None where nobody knows."""
    forecast = incident.forecast
    if forecast is None or forecast.p_viral is None:
        return None
    for reach in forecast.reaches:
        if reach.ahead == DAY:
            by = words.by(_looked(incident, now) + DAY, now, language)
            return Ahead(by, *(max(value, forecast.now) for value in reach[1:]))
    span = words.span(forecast.horizon, language)
    by = f"{span}内" if language == "zh" else f"within {span}"
    return Ahead(by, forecast.median, forecast.low, forecast.high)


def _looked(incident: Incident, now: datetime) -> datetime:
    looks = incident.lead.looks if incident.lead else ()
    return looks[-1].seen_at if looks else now


def pace(forecast: Forecast, language: Language) -> str:
    """How fast it grows, by the minute or, where it is slow, by the hour."""
    zh = language == "zh"
    if forecast.per_minute >= 1:
        pace = words.number(round(forecast.per_minute), language)
        return f"每分钟 +{pace}" if zh else f"+{pace} a minute"
    hourly = round(forecast.per_minute * 60)
    if not hourly:
        return "没有再涨" if zh else "no longer growing"
    return f"每小时 +{hourly}" if zh else f"+{hourly} an hour"


def outlook(incident: Incident, language: Language, now: datetime) -> str:
    """What it will have, with how sure that is, and the chance that it spreads enough to hurt; "" where nobody knows."""
    coming, forecast = ahead(incident, language, now), incident.forecast
    if coming is None or forecast is None or forecast.p_viral is None:
        return ""
    zh = language == "zh"
    unit = words.unit(forecast.unit, language)
    median, low, high = (words.about(value, language) for value in (coming.median, coming.low, coming.high))
    chance = words.chance(forecast.p_viral, language)
    if zh:
        return words.tight(f"{coming.by}约 {median} {unit}（{low}–{high}），{chance}闹大")
    return f"About {median} {unit} {coming.by} ({low}–{high}); enough to hurt: {chance}"


def odds(incident: Incident, language: Language, now: datetime) -> str:
    """The chance that it spreads enough to hurt, and between what and what it will be: what the claim leaves open."""
    coming, forecast = ahead(incident, language, now), incident.forecast
    if coming is None or forecast is None or forecast.p_viral is None:
        return ""
    if not _is_forecast(incident):
        return outlook(incident, language, now)
    low, high = words.about(coming.low, language), words.about(coming.high, language)
    chance, unit = words.chance(forecast.p_viral, language), words.unit(forecast.unit, language)
    if language == "zh":
        return words.tight(f"{chance}闹大：{coming.by} {low}–{high} {unit}")
    return f"Enough to hurt: {chance} ({low}–{high} {coming.by})"


def _is_forecast(incident: Incident) -> bool:
    """Whether the claim says how big it will be: not of a crowd, nor of what touches a red line."""
    codes = {reason.code for reason in incident.reasons}
    crowd = bool(codes & {"surge", "ratings"}) and not codes & {"risk", "count_ceiling"}
    return not crowd and "red_line" not in codes


def age(lead: Mention, now: datetime, language: Language) -> str:
    span = words.span(now - lead.born, language)
    if lead.post.posted_at is None:
        return f"首见后 {span}" if language == "zh" else f"{span} after first sight"
    return f"发布后 {span}" if language == "zh" else f"{span} after publication"


def _crowd(reason: Reason, language: Language) -> str:
    zh = language == "zh"
    if reason.code == "ratings":
        low = words.number(reason.facts.get("low_reviews", 0), language)
        return f"一天 {low} 条差评" if zh else f"{low} bad reviews within a day"
    posts = words.number(reason.facts.get("posts", 0), language)
    return f"1 小时 {posts} 条负面" if zh else f"{posts} bad posts within an hour"
