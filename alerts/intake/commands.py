"""What people type: `/langyan …`, and the short words that count in an incident's thread. Pure: text in, a value out.

What cannot be understood is a `Problem` that `replies` puts into words; nothing typed here ever raises.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from html import unescape
from typing import Any

from monitor.errors import ConfigError
from monitor.model import Act, Count, Counts, WordKind
from monitor.watch.query import Query

LONGEST = 2000
LONGEST_QUIET = timedelta(hours=24)
LONGEST_WORD = timedelta(days=366)
Counted = Callable[[str], Count | None]
"""Reads a displayed counter ("1.2万"); `connectors.counts.count`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """Why a text is no command: a code, and what a sentence about it is made of."""

    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Show:
    number: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Track:
    """A post to follow. `brand` "": nobody said whose it is. A count that was not given stays unknown."""

    url: str
    brand: str = ""
    counts: Counts = field(default_factory=Counts)


@dataclass(frozen=True, kw_only=True, slots=True)
class Open:
    """Something without a post: what somebody heard."""

    what: str
    brand: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class AddWord:
    """A word for a brand. `query` "": which words there are. `lasts` None: until it is taken away."""

    kind: WordKind
    brand: str
    query: str = ""
    lasts: timedelta | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Do:
    """Something done to an incident. `lasts`: how long a silence holds."""

    act: Act
    number: int
    lasts: timedelta | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ask:
    """`list`, `status` or `help`."""

    what: str


Command = Show | Track | Open | AddWord | Do | Ask

_VERBS: Mapping[str, str] = {
    word: verb
    for verb, words in {
        "list": "list ls 列表 列 事件",
        "show": "show 看 查看 详情",
        "track": "track follow 跟 跟踪 追踪 盯",
        "open": "open 开 新建 报 上报",
        "watch": "watch 关注 监测 加词",
        "except": "except exclude 排除 除外",
        "ack": "ack acknowledge 认领",
        "release": "release 放手 取消认领",
        "respond": "respond 应对 开始应对",
        "resolve": "resolve 解决 已解决",
        "false": "false 误报",
        "undo": "undo 撤销",
        "silence": "silence mute 静默 静音",
        "status": "status 状态",
        "help": "help h ? ？ 帮助",
    }.items()
    for word in words.split()
}
_ACTS: Mapping[str, Act] = {
    "ack": Act.ACKNOWLEDGE,
    "release": Act.RELEASE,
    "respond": Act.RESPOND,
    "resolve": Act.RESOLVE,
    "false": Act.FALSE_ALARM,
    "undo": Act.UNDO,
}
_KINDS = {"watch": WordKind.WATCH, "except": WordKind.EXCEPT}
_COUNTERS: Mapping[str, str] = {
    "赞": "likes",
    "点赞": "likes",
    "likes": "likes",
    "like": "likes",
    "转": "reposts",
    "转发": "reposts",
    "reposts": "reposts",
    "repost": "reposts",
    "评": "comments",
    "评论": "comments",
    "comments": "comments",
    "comment": "comments",
    "藏": "collects",
    "收藏": "collects",
    "collects": "collects",
    "saves": "collects",
    "享": "shares",
    "分享": "shares",
    "shares": "shares",
    "阅": "views",
    "阅读": "views",
    "播放": "views",
    "views": "views",
}
_LABELLED = re.compile(
    rf"(?<!\w)({'|'.join(sorted(_COUNTERS, key=len, reverse=True))})\s*[:：=]?\s*"
    r"(\d[\d,]*(?:\.\d+)?\s*[千kKmMwW万萬亿億]?\+?)(?!\w)"
)
_LINK = re.compile(r"<?((?:https?://|(?:[\w-]+\.)+(?:com|cn|net|org)/)[^\s<>|]+)(?:\|[^\s<>]*)?>?", re.ASCII)
_QUOTED = re.compile(r"\"([^\"]*)\"|“([^”]*)”|「([^」]*)」|'([^']*)'")
_SPAN = re.compile(
    r"(\d{1,5})\s*(分钟|分|小时|个小时|天|日|周|个月|月|minutes?|mins?|hours?|days?|weeks?|m|h|d|w)", re.IGNORECASE
)
_UNITS: Mapping[str, timedelta] = {
    **dict.fromkeys(("分钟", "分", "m", "min", "mins", "minute", "minutes"), timedelta(minutes=1)),
    **dict.fromkeys(("小时", "个小时", "h", "hour", "hours"), timedelta(hours=1)),
    **dict.fromkeys(("天", "日", "d", "day", "days"), timedelta(days=1)),
    **dict.fromkeys(("周", "w", "week", "weeks"), timedelta(weeks=1)),
    **dict.fromkeys(("月", "个月"), timedelta(days=30)),
}
_NUMBER = re.compile(r"[#＃]?(\d{1,9})", re.ASCII)


def plain(text: object) -> str:
    """Typed text on one line, as somebody typed it: Slack's own escapes undone, what cannot be seen left out."""
    said = str(text or "")[:LONGEST]
    kept = "".join(c if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") else " " for c in said)
    return " ".join(unescape(kept).split())


def parse(text: object, brands: Sequence[str], counted: Counted) -> Command | Problem:
    """Reads what stands behind `/langyan`. `brands`: the names there are, so that one may hold spaces or be left out."""
    said = plain(text)
    word, _, rest = said.partition(" ")
    verb = _VERBS.get(word.lower()) if said else "help"
    rest = rest.strip()
    match verb:
        case None:
            return Problem(code="unknown_command", facts={"said": word[:40]})
        case "list" | "status" | "help":
            return Ask(what=verb)
        case "track":
            return _track(rest, brands, counted)
        case "open":
            return _open(rest, brands)
        case "watch" | "except":
            return _word(_KINDS[verb], rest, brands)
    return _numbered(verb, rest)


def said_in_thread(text: object) -> Do | None:
    """What a reply in an incident's thread does to it: 认领, ack, 误报, … and nothing else. Its number is the thread's: 0 here."""
    said = plain(text).rstrip("。！!.~～ ").lower()
    act = _ACTS.get(_VERBS.get(said, ""))
    return None if act is None else Do(act=act, number=0)


def span(text: str) -> timedelta | None:
    """`2h`, `30 分钟`, `7天`; None where it is none."""
    found = _SPAN.fullmatch(text.strip())
    return int(found[1]) * _UNITS[found[2].lower()] if found else None


def _numbered(verb: str, rest: str) -> Command | Problem:
    first, _, rest = rest.partition(" ")
    found = _NUMBER.fullmatch(first)
    if not found or not int(found[1]):
        return Problem(code="needs_number", facts={"verb": verb})
    number = int(found[1])
    if verb == "show":
        return Show(number=number)
    if verb != "silence":
        return Do(act=_ACTS[verb], number=number, reason=rest)
    length = re.match(rf"\s*{_SPAN.pattern}", rest, re.IGNORECASE)
    lasts = span(length[0]) if length else None
    if length is None or lasts is None:
        return Problem(code="needs_expiry", facts={"number": number})
    if not timedelta(0) < lasts <= LONGEST_QUIET:
        return Problem(code="too_long", facts={"hours": LONGEST_QUIET // timedelta(hours=1)})
    return Do(act=Act.SNOOZE, number=number, lasts=lasts, reason=rest[length.end() :].strip())


def _track(rest: str, brands: Sequence[str], counted: Counted) -> Command | Problem:
    link = _LINK.search(rest)
    if link is None:
        return Problem(code="needs_link")
    rest = f"{rest[: link.start()]} {rest[link.end() :]}"
    counts: dict[str, Count] = {}
    for name, amount in _LABELLED.findall(rest):
        count = counted(amount.replace(" ", ""))
        if count is None:
            return Problem(code="odd_count", facts={"said": f"{name} {amount}"[:40]})
        counts[_COUNTERS[name]] = count
    left = " ".join(_LABELLED.sub(" ", rest).split())
    brand = _brand(left, brands)
    if brand is None:
        return Problem(code="not_understood", facts={"said": left[:60], "brands": list(brands)})
    return Track(url=link[1], brand=brand, counts=Counts(**counts))


def _open(rest: str, brands: Sequence[str]) -> Command | Problem:
    quoted = _QUOTED.search(rest)
    if quoted:
        what = next(group for group in quoted.groups() if group is not None).strip()
        left = " ".join(f"{rest[: quoted.start()]} {rest[quoted.end() :]}".split())
        brand = _brand(left, brands)
        if brand is None:
            return Problem(code="not_understood", facts={"said": left[:60], "brands": list(brands)})
    else:
        what, brand = _ends_in(rest, brands)
    return Open(what=what, brand=brand) if what else Problem(code="needs_what")


def _word(kind: WordKind, rest: str, brands: Sequence[str]) -> Command | Problem:
    brand, query = _begins_with(rest, brands)
    if not brand:
        return Problem(code="needs_brand", facts={"verb": kind.value, "brands": list(brands)})
    before, _, last = query.rpartition(" ")
    lasts = span(last) if before else None
    if lasts is not None:
        query = before.strip()
        if not timedelta(0) < lasts <= LONGEST_WORD:
            return Problem(code="odd_span", facts={"said": last})
    if not query:
        return AddWord(kind=kind, brand=brand)
    try:
        Query.parse(query)
    except ConfigError as error:
        if _bare(query):
            return AddWord(kind=kind, brand=brand, query=" OR ".join(query.split()), lasts=lasts)
        return Problem(code="odd_query", facts={"said": query[:200], "why": (error.problem or "").splitlines()[0]})
    return AddWord(kind=kind, brand=brand, query=query, lasts=lasts)


def _bare(query: str) -> bool:
    """Words side by side and nothing else: any of them is meant."""
    return not re.search(r"[()（）\"“”「」]|\b(?:AND|OR|NOT|and|or|not)\b", query)


def _brand(left: str, brands: Sequence[str]) -> str | None:
    """The brand that is left over; "" where nothing is, or the only one there is. None: something else stands there."""
    if not left:
        return brands[0] if len(brands) == 1 else ""
    return next((brand for brand in brands if brand.casefold() == left.casefold()), None)


def _begins_with(text: str, brands: Sequence[str]) -> tuple[str, str]:
    for brand in sorted(brands, key=len, reverse=True):
        if text.casefold() == brand.casefold() or text.casefold().startswith(f"{brand.casefold()} "):
            return brand, text[len(brand) :].strip()
    return (brands[0], text) if len(brands) == 1 else ("", text)


def _ends_in(text: str, brands: Sequence[str]) -> tuple[str, str]:
    for brand in sorted(brands, key=len, reverse=True):
        if text.casefold().endswith(f" {brand.casefold()}"):
            return text[: -len(brand)].strip(), brand
    return text, brands[0] if len(brands) == 1 else ""
