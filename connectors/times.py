"""Displayed times become moments: "3分钟前", "昨天 08:15", epochs, RFC 822, ISO 8601. The locale is never asked."""

import re
from calendar import isleap
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
"""The zone of every time that names none. There is no daylight saving time."""

_MONTHS = {
    name: n
    for n, name in enumerate(["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"], 1)
}
_STEPS = {"秒": 1, "分钟": 60, "分": 60, "小时": 3600, "天": 86400}
_DAYS = {"今天": 0, "昨天": 1, "前天": 2}
_MILLISECONDS_FROM = 1e11
_EARLIEST, _LATEST = 0.0, 4102444800.0  # 1970 and 2100: beyond them a number is no time of a post

_AHEAD = timedelta(hours=1)
"""A date without a year may lie so far ahead: the site's clock is another, and a year off would be worse than an hour."""

_WEIBO = re.compile(
    r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) +(\d{1,2}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d) (\d{4})", re.ASCII
)
_AGO = re.compile(r"(\d{1,6})\s*(秒|分钟|分|小时|天)钟?前", re.ASCII)
_DAY = re.compile(r"(今天|昨天|前天)\s*(\d{1,2}):(\d\d)(?::(\d\d))?", re.ASCII)
_DATE = re.compile(
    r"(?:(\d{4})\s*[-/年.]\s*)?(\d{1,2})\s*[-/月.]\s*(\d{1,2})\s*日?(?:[\sT]*(\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d+)?)?)?",
    re.ASCII,
)
_PREFIX = re.compile(r"^(?:编辑于|发布于|更新于)\s*")


def moment(value: object, seen_at: datetime) -> datetime | None:
    """The moment a platform displayed, aware, or None where it cannot be read.

    `seen_at` is when it was displayed: "3分钟前" counts back from there, a date without a year is the last one that
    was not in the future. What names no zone is Shanghai's.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _epoch(float(value)) if abs(value) < 1e15 else None
    if not isinstance(value, str) or len(value) > 80:
        return None
    text = _PREFIX.sub("", value.strip())
    for read in (_number, _weibo, _iso, _relative, _calendar, _rfc822):
        try:
            found = read(text, seen_at)
        except (ValueError, OverflowError, TypeError, IndexError):
            continue
        if found is not None:
            return found
    return None


def _epoch(value: float) -> datetime | None:
    seconds = value / 1000 if value > _MILLISECONDS_FROM else value
    return datetime.fromtimestamp(seconds, UTC) if _EARLIEST < seconds < _LATEST else None


def _number(text: str, _: datetime) -> datetime | None:
    return _epoch(float(text)) if text.isascii() and text.isdigit() and 9 <= len(text) <= 14 else None


def _weibo(text: str, _: datetime) -> datetime | None:
    found = _WEIBO.fullmatch(text)
    if not found or found[1] not in _MONTHS:
        return None
    month, day, hour, minute, second, sign, hours, minutes, year = found.groups()
    offset = timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == "-" else 1)
    return _aware(
        datetime(int(year), _MONTHS[month], int(day), int(hour), int(minute), int(second), tzinfo=timezone(offset))
    )


def _iso(text: str, _: datetime) -> datetime | None:
    if len(text) < 10 or not text[:4].isdigit() or text[4] != "-":
        return None
    return _aware(datetime.fromisoformat(text))


def _relative(text: str, seen_at: datetime) -> datetime | None:
    if text == "刚刚":
        return seen_at
    found = _AGO.fullmatch(text)
    return seen_at - timedelta(seconds=int(found[1]) * _STEPS[found[2]]) if found else None


def _calendar(text: str, seen_at: datetime) -> datetime | None:
    here = seen_at.astimezone(SHANGHAI)
    day = _DAY.fullmatch(text)
    if day:
        midnight = here.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=_DAYS[day[1]])
        return midnight.replace(hour=int(day[2]), minute=int(day[3]), second=int(day[4] or 0))
    date = _DATE.fullmatch(text)
    if not date:
        return None
    year, month, day_, hour, minute, second = (int(part) if part else None for part in date.groups())
    place: Callable[[int], datetime] = lambda y: datetime(  # noqa: E731 - one shape, two years
        y, month or 0, day_ or 0, hour or 0, minute or 0, second or 0, tzinfo=SHANGHAI
    )
    if year is not None:
        return _aware(place(year))
    if (month, day_) == (2, 29):
        return next((place(y) for y in range(here.year, here.year - 9, -1) if isleap(y) and place(y) <= here), None)
    found = place(here.year)
    return found if found <= here + _AHEAD else place(here.year - 1)


def _rfc822(text: str, _: datetime) -> datetime | None:
    if not any(month in text for month in _MONTHS):
        return None
    found = parsedate_to_datetime(text)
    # "-0000" says: UTC, from a machine whose own zone is unknown.
    return _aware(found if found.tzinfo else found.replace(tzinfo=UTC))


def _aware(found: datetime) -> datetime | None:
    """With a zone, and within the years of posts."""
    zoned = found if found.tzinfo else found.replace(tzinfo=SHANGHAI)
    return zoned if 1970 < zoned.year < 2100 else None
