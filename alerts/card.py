"""An incident in the words people read, the same for every channel. Pure.

Everything that a stranger wrote is cleaned here of what cannot be seen (`words.clean`); markup is the channel's matter.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple
from urllib.parse import quote, urlsplit

from alerts import masking, words
from alerts.masking import Shows
from alerts.words import Language
from monitor.model import Availability, Count, Incident, Mention, Opinion, Reason

PUSH = 100
QUOTE = 300
HEADLINE = 120
ROW = 80
FACTS = 8
REASONS = 8

_HEX = {1: "#2f6fdf", 2: "#e0b400", 3: "#e8710a", 4: "#d32f2f"}


Mode = Literal["live", "trial"]


class Button(NamedTuple):
    """Something to press. `action` is its id for whoever listens, `value` the incident's number. `choices` (value, text): a menu."""

    action: str
    text: str
    value: str
    style: Literal["", "primary", "danger"] = ""
    choices: tuple[tuple[str, str], ...] = ()


class Picture(NamedTuple):
    """An uploaded picture: its id in the channel, and what it shows in words."""

    file: str
    alt: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Card:
    """What one message says.

    `push`: all of it in 100 characters, for a locked phone. `colour`: of the bar, as hex. `times`: when it happened.
    `outlook`: how far it will go, in a sentence. `byline`: who said it where; `quote` what, with `quote_url` (http or https, or ""). `facts`: label and value.
    `rows`: more posts of it, each a line and its address (http or https, or "").
    `deadlines`: what must happen by when, the next first. `owner`: who has it. `picture`: stands below the text.
    `notices`: what the reader must know first: perhaps a repeat, found late, gone. `link`: the incident's page on the board.
    """

    push: str
    headline: str
    colour: str
    notices: tuple[str, ...] = ()
    times: str = ""
    byline: str = ""
    quote: str = ""
    quote_url: str = ""
    quote_label: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    reasons_label: str = ""
    reasons: tuple[str, ...] = ()
    outlook: str = ""
    rows_label: str = ""
    rows: tuple[tuple[str, str], ...] = ()
    deadlines: tuple[str, ...] = ()
    owner: str = ""
    buttons: tuple[Button, ...] = ()
    picture: Picture | None = None
    footer: str = ""
    link: str = ""
    link_label: str = ""


def card(
    incident: Incident,
    language: Language,
    now: datetime,
    *,
    board_url: str = "",
    repeat: bool = False,
    shows: Shows = "masked",
    mode: Mode = "live",
    picture: Picture | None = None,
) -> Card:
    """The card of an incident as it stands at `now`.

    `board_url`: where people reach the board; "" leaves the link out. `repeat`: it may have been told before. `shows`: what this
    receiver may see of strangers. `mode`: on trial it asks whether it should have woken anyone. `picture`: of the spread.
    """
    zh = language == "zh"
    emoji = words.COLOURS[incident.severity][0]
    brand = words.cut(words.clean(incident.brand), 24)
    size, lead = _size(incident, language), incident.lead
    where = words.platform(lead.post.platform, language) if lead else ""
    age = _age(lead, now, language) if lead else ""
    notices = _notices(incident, language, repeat)
    told = [said for reason in incident.reasons if (said := sentence(reason, language))]
    marks = [word for flag, word in zip((repeat, incident.found_late), _marks(zh), strict=True) if flag]
    colour = words.colour(incident.severity, language)
    return Card(
        push=_fitting([*marks, f"{emoji}{colour}", brand, size, where, age]),
        headline=words.cut(f"{emoji} {colour if zh else colour.capitalize()} · {brand} · {size or where}", HEADLINE),
        colour=_HEX[incident.severity],
        notices=notices,
        times=_times(incident, now, language),
        byline=_byline(lead, language) if lead else "",
        quote=masking.masked(_quote(lead, zh), shows) if lead else "",
        quote_url=web_address(lead.post.url) if lead else "",
        quote_label="查看原文" if zh else "Open the post",
        facts=_facts(incident, language)[:FACTS],
        reasons_label="为什么" if zh else "Why",
        reasons=tuple(words.cut(said, 200) for said in told[:REASONS]),
        outlook=words.cut(words.clean(incident.forecast.sentence), 200) if incident.forecast else "",
        rows_label=_rows_label(incident, zh),
        rows=tuple((_row(other, language), web_address(other.post.url)) for other in incident.others),
        buttons=_trial(incident, zh) if mode == "trial" else (),
        picture=picture,
        footer=_footer(incident, zh),
        link=web_address(f"{board_url}/incidents/{incident.id}") if board_url else "",
        link_label="在看板上打开" if zh else "Open on the board",
    )


def ops_card(body: Mapping[str, Any], language: Language, *, repeat: bool = False) -> Card:
    """A word to the operators: what happened where, and what to do. `body` is an `OpsNote` as stored."""
    zh = language == "zh"
    what, where, fix = (words.cut(words.clean(body.get(key) or ""), 600) for key in ("what", "where", "fix"))
    head = f"🔧 {'需要处理' if zh else 'Needs an operator'}"
    mark = f"{_marks(zh)[0]} · " if repeat else ""
    return Card(
        push=words.cut(f"{mark}{head} · {where}: {what}", PUSH),
        headline=words.cut(f"{head} · {where}", HEADLINE),
        colour="#8a8f98",
        notices=(_repeated(zh),) if repeat else (),
        facts=tuple(
            (label, value)
            for label, value in (("发生了什么" if zh else "What", what), ("怎么办" if zh else "What to do", fix))
            if value
        ),
    )


def sentence(reason: Reason, language: Language) -> str:
    """Why something was decided, in one sentence. An unknown code stands for itself."""
    return words.sentence(reason.code, reason.facts, language)


def web_address(url: str) -> str:
    """The address if a browser should follow it (http or https, a host, no user name), percent-encoded; otherwise ""."""
    address = quote(words.clean(url), safe="%/:?#[]@!$&'()*+,;=~-._")
    try:
        parts = urlsplit(address)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return ""
    return address if fine and len(address) <= 2000 else ""


def _trial(incident: Incident, zh: bool) -> tuple[Button, ...]:
    number = str(incident.id)
    return (
        Button("langyan.wake_right", "该叫醒我" if zh else "Right to wake me", number),
        Button("langyan.wake_wrong", "不该" if zh else "Not for this", number),
    )


def _fitting(pieces: list[str]) -> str:
    """As many pieces, from the first on, as a locked phone shows whole."""
    told = ""
    for piece in filter(None, pieces):
        if len(told) + len(piece) + 3 > PUSH:
            break
        told += f"{' · ' if told else ''}{piece}"
    return told


def _marks(zh: bool) -> tuple[str, str]:
    return ("可能重复", "发现较晚") if zh else ("may be a repeat", "found late")


def _repeated(zh: bool) -> str:
    if zh:
        return "可能重复：上一次发送没有得到确认，也无法核实是否送达。"
    return "May be a repeat: an earlier attempt was not confirmed and could not be looked up."


def _notices(incident: Incident, language: Language, repeat: bool) -> tuple[str, ...]:
    zh = language == "zh"
    told = [_repeated(zh)] if repeat else []
    lead = incident.lead
    if incident.found_late and lead:
        late = words.span(lead.first_seen - lead.born, language)
        told.append(
            f"发现较晚：发布 {late}后才首次看到。" if zh else f"Found late: first seen {late} after publication."
        )
    elif incident.found_late:
        told.append("发现较晚。" if zh else "Found late.")
    if lead and lead.looks and lead.looks[-1].availability in (Availability.GONE, Availability.RESTRICTED):
        told.append(
            "原帖现在看不到了，可能已删除；这不等于平息。"
            if zh
            else "The post is not shown any more; gone is not calmed."
        )
    if lead and lead.sentiment and lead.sentiment.disputed and lead.sentiment.second:
        told.append(_disputed(lead.sentiment.second, language))
    return tuple(told)


def _disputed(second: Opinion, language: Language) -> str:
    engine, chance = words.clean(second.engine), words.chance(second.negative, language)
    if language == "zh":
        return f"两个引擎看法不同：{engine} 认为{chance}是负面。请先读原文。"
    return f"Two engines differ: {engine} says negative: {chance}. Read the post first."


def _size(incident: Incident, language: Language) -> str:
    """How big it is, how big it will be, by when; of a post that touches a red line, which, and how small it is; of many small
    posts, how many."""
    codes = {reason.code: reason for reason in incident.reasons}
    crowd = codes.get("surge") or codes.get("ratings")
    if crowd and not codes.keys() & {"risk", "count_ceiling", "red_line"}:
        return _crowd(crowd, language)
    forecast = incident.forecast
    line = next((reason.facts for reason in incident.reasons if reason.code == "red_line"), None)
    if line is not None:
        counted = {} if forecast is None else {"now": forecast.now, "unit": forecast.unit}
        return words.red_line({**line, "words": (), **counted}, language)
    if forecast is None:
        return ""
    now, unit = words.number(forecast.now, language), words.unit(forecast.unit, language)
    if forecast.p_viral is None:
        return words.tight(f"现有 {now} {unit}") if language == "zh" else f"{now} {unit} now"
    median, within = words.about(forecast.median, language), words.span(forecast.horizon, language)
    if language == "zh":
        return words.tight(f"现有 {now} {unit}，{within}内预计约 {median}")
    return f"{now} {unit} now, about {median} expected within {within}"


def _crowd(reason: Reason, language: Language) -> str:
    zh = language == "zh"
    if reason.code == "ratings":
        low = words.number(reason.facts.get("low_reviews", 0), language)
        return f"一天 {low} 条差评" if zh else f"{low} bad reviews within a day"
    posts = words.number(reason.facts.get("posts", 0), language)
    return f"1 小时 {posts} 条负面" if zh else f"{posts} bad posts within an hour"


def _rows_label(incident: Incident, zh: bool) -> str:
    if not incident.others:
        return ""
    return f"还有这些帖子（共 {incident.posts} 帖）" if zh else f"More of it ({incident.posts} posts in all)"


def _row(other: Mention, language: Language) -> str:
    """One more post in a line: who, how loud, what."""
    shown = _counts(other, language) if other.looks else ""
    said = words.cut(words.clean(other.post.words), ROW)
    return " · ".join(filter(None, (_byline(other, language), shown, said)))


def _age(lead: Mention, now: datetime, language: Language) -> str:
    age = words.span(now - lead.born, language)
    if lead.post.posted_at is None:
        return f"首见后 {age}" if language == "zh" else f"{age} after first sight"
    return f"发布后 {age}" if language == "zh" else f"{age} after publication"


def _times(incident: Incident, now: datetime, language: Language) -> str:
    zh, lead = language == "zh", incident.lead
    told: list[str] = []
    if lead:
        posted = (
            words.clock(lead.post.posted_at, now)
            if lead.post.posted_at
            else ("时间未知" if zh else "at an unknown time")
        )
        told.append(f"{'发布' if zh else 'Published'} {posted}")
        told.append(f"{'首见' if zh else 'first seen'} {words.clock(lead.first_seen, now)}")
    if incident.paged_at:
        told.append(f"{'呼叫' if zh else 'paged'} {words.clock(incident.paged_at, now)}")
    if lead:
        told.append(
            f"{'现在' if zh else 'now'} {words.clock(now, now)}（{_age(lead, now, language)}）"
            if zh
            else f"now {words.clock(now, now)} ({_age(lead, now, language)})"
        )
    return " · ".join(told)


def _byline(lead: Mention, language: Language) -> str:
    zh, author = language == "zh", lead.post.author
    told = [words.cut(words.clean(author.name), 40) or ("未具名" if zh else "unnamed")]
    if author.verified:
        told[0] += " ✓" + ("认证" if zh else "verified")
    if author.followers is not None:
        told.append(f"{words.number(author.followers, language)} {'粉丝' if zh else 'followers'}")
    told.append(words.platform(lead.post.platform, language))
    if lead.post.region:
        told.append(words.cut(words.clean(lead.post.region), 20))
    return words.tight(" · ".join(told))


def _quote(lead: Mention, zh: bool) -> str:
    said = words.cut(words.clean(lead.post.words, lines=True), QUOTE)
    return said or ("（没有文字）" if zh else "(no text)")


def _facts(incident: Incident, language: Language) -> tuple[tuple[str, str], ...]:
    zh, lead, forecast = language == "zh", incident.lead, incident.forecast
    facts: list[tuple[str, str]] = []
    if lead and lead.looks and (shown := _counts(lead, language)):
        facts.append(("当前" if zh else "Now", shown))
    if forecast:
        unit = words.unit(forecast.unit, language)
        pace = words.number(forecast.per_minute, language)
        facts.append(("增速" if zh else "Speed", f"每分钟 {pace} {unit}" if zh else f"{pace} {unit} a minute"))
    if forecast and forecast.p_viral is not None:
        low, high = words.about(forecast.low, language), words.about(forecast.high, language)
        label = (
            f"{words.span(forecast.horizon, language)}内预计"
            if zh
            else f"Within {words.span(forecast.horizon, language)}"
        )
        range_ = f"（八成把握在 {low}–{high}）" if zh else f" (80 %: {low}–{high})"
        facts.append(
            (
                label,
                f"约 {words.about(forecast.median, language)} {unit}{range_}"
                if zh
                else f"about {words.about(forecast.median, language)} {unit}{range_}",
            )
        )
        facts.append(("会闹大" if zh else "Spreads enough to hurt", words.chance(forecast.p_viral, language)))
    if incident.risk is not None:
        facts.append(("风险" if zh else "Risk", f"{incident.risk:.2f}"))
    if incident.posts > 1:
        facts.append(("相似帖" if zh else "Similar posts", str(incident.posts)))
    if lead and lead.post.product:
        facts.append(("产品" if zh else "Product", words.cut(words.clean(lead.post.product), 40)))
    if lead and lead.post.rating is not None:
        facts.append(("评分" if zh else "Rating", f"{lead.post.rating} / 5"))
    return tuple((label, words.tight(value)) for label, value in facts if value)


def _counts(lead: Mention, language: Language) -> str:
    """The last counts that were shown, the loudest kinds first."""
    counts = lead.looks[-1].counts
    shown: list[tuple[str, Count | None]] = [
        ("reposts", counts.reposts),
        ("comments", counts.comments),
        ("likes", counts.likes),
        ("collects", counts.collects),
        ("views", counts.views),
    ]
    return " · ".join(f"{words.count(count, language)} {words.unit(name, language)}" for name, count in shown if count)


def _footer(incident: Incident, zh: bool) -> str:
    state = {
        "open": ("待认领", "nobody has it yet"),
        "acknowledged": ("已认领", "acknowledged"),
        "resolved": ("已解决", "resolved"),
    }[incident.state.value][0 if zh else 1]
    engine = incident.lead.sentiment.engine if incident.lead and incident.lead.sentiment else ""
    told = [f"事件 #{incident.id}" if zh else f"Incident #{incident.id}", state]
    if engine:
        told.append(f"判读 {words.clean(engine)}" if zh else f"scored by {words.clean(engine)}")
    return " · ".join([*told, "狼烟" if zh else "Langyan"])
