"""An incident in the words people read, the same for every channel. Pure.

Everything that a stranger wrote is cleaned here of what cannot be seen and masked for who reads it (`post.said`); markup is the
channel's matter. Rooms by what they say: `post` what is said and by whom, `size` how big, `standing` who has it and what is due,
`buttons` what can be done, `words` how numbers, times and reasons are put.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from alerts import links, post, size, standing, words
from alerts.buttons import Button, buttons
from alerts.masking import Shows
from alerts.words import Language
from monitor.model import ENDED, NOTHING_TO_DO, Incident, IncidentEvent, IncidentState, Reason, Severity

PUSH = 100
HEADLINE = 120
REASONS = 8

HEX = {Severity.BLUE: "#2f6fdf", Severity.YELLOW: "#e0b400", Severity.ORANGE: "#e8710a", Severity.RED: "#d32f2f"}
OVER = "#8a8f98"
SOLVED = "#2e9e6b"

_SAID_ABOVE = {"forecast", "found_late", "came_back"}
"""Reasons that other lines of the card say already."""

Mode = Literal["live", "trial"]


class Picture(NamedTuple):
    """An uploaded picture: its id in the channel, and what it shows in words."""

    file: str
    alt: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Card:
    """What one message says, in the order in which it stands.

    `push`: all of it in 100 characters, for a locked phone. `colour`: of the bar, as hex. `number`: the incident's; 0 where it is
    none. `edition`: another for every rendering. The first screen of a phone: `notices` (what must be known first: on trial, perhaps a repeat, came back, gone), `byline`
    who says it, `quote` what, with `quote_url` (http or https, or ""), `now` how big it is, `ahead` how big it will be and by when,
    `deadlines` what must happen by when, `owner` who has it, `buttons`. Below: `rest` of the post, `outlook` how far it will go
    in a sentence, `picture`, `facts` (label and value), `reasons` why this severity, `rows` more posts of it, each a line and its
    address (http or https, or ""), `times` when it happened, `link` to the incident's page on the board.
    """

    push: str
    headline: str
    colour: str
    number: int = 0
    edition: int = 0
    notices: tuple[str, ...] = ()
    byline: str = ""
    quote: str = ""
    quote_url: str = ""
    quote_label: str = ""
    now: str = ""
    ahead: str = ""
    deadlines: tuple[str, ...] = ()
    owner: str = ""
    buttons: tuple[Button, ...] = ()
    rest: str = ""
    outlook: str = ""
    picture: Picture | None = None
    facts: tuple[tuple[str, str], ...] = ()
    reasons_label: str = ""
    reasons: tuple[str, ...] = ()
    rows_label: str = ""
    rows: tuple[tuple[str, str], ...] = ()
    row_label: str = ""
    times: str = ""
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
    events: Sequence[IncidentEvent] = (),
    picture: Picture | None = None,
) -> Card:
    """The card of an incident as it stands at `now`.

    `board_url`: where people reach the board; "" leaves the link out. `repeat`: it may have been told before. `shows`: what this
    receiver may see of strangers. `mode`: on trial it asks whether it should have woken anyone. `events`: its timeline, which
    says who closed it and why. `picture`: of its spread.
    """
    if incident.state in ENDED:
        return _over(incident, language, now, board_url=board_url, shows=shows, events=events)
    zh, lead, trial = language == "zh", incident.lead, mode == "trial"
    claim = size.claim(incident, language, now)
    colour, brand = words.colour(incident.severity, language), words.cut(words.clean(incident.brand), 24)
    emoji = words.COLOURS[incident.severity][0]
    where = words.platform(lead.post.platform, language) if lead else ""
    quote, rest = post.quote(lead, language, shows) if lead else ("", "")
    why = (sentence(reason, language, shows) for reason in incident.reasons if reason.code not in _SAID_ABOVE)
    return Card(
        push=fitting(
            [
                *_marks(language, trial=trial, repeat=repeat, late=incident.found_late),
                f"{emoji}{colour}",
                brand,
                claim,
                post.in_short(incident, language, shows),
                standing.next_due(incident, language, now),
                where,
            ]
        ),
        headline=words.cut(f"{emoji} {colour if zh else colour.capitalize()} · {brand} · {claim or where}", HEADLINE),
        colour=HEX[incident.severity],
        number=incident.id,
        edition=int(now.timestamp()),
        notices=standing.notices(incident, language, now, repeat=repeat, trial=trial, events=events),
        byline=post.byline(lead, language, shows) if lead else "",
        quote=quote,
        quote_url=post.address(lead, shows) if lead else "",
        quote_label="查看原文" if zh else "Open the post",
        now=post.counts(lead, language, incident.forecast) if lead else "",
        ahead=size.odds(incident, language, now),
        deadlines=standing.due(incident, language, now),
        owner=standing.owner(incident, language, now),
        buttons=buttons(incident, language, now, trial=trial),
        rest=rest,
        outlook=words.cut(words.clean(incident.forecast.sentence), 200) if incident.forecast else "",
        picture=picture,
        facts=_facts(incident, language, shows),
        reasons_label=f"为什么是{colour}色" if zh else f"Why {colour}",
        reasons=tuple(words.cut(said, 200) for said in why if said)[:REASONS],
        rows_label=("还有这些帖子" if zh else "More of it") if incident.others and shows != "link" else "",
        rows=post.rows(incident, language, shows),
        row_label="查看原文" if zh else "Open the post",
        times=_times(incident, language, now),
        footer=_footer(incident, zh),
        link=_board(incident, board_url),
        link_label="在看板上打开" if zh else "Open on the board",
    )


def _over(
    incident: Incident,
    language: Language,
    now: datetime,
    *,
    board_url: str,
    shows: Shows,
    events: Sequence[IncidentEvent],
) -> Card:
    """What has ended, in three lines and the outcome."""
    zh = language == "zh"
    mark = {IncidentState.FALSE_ALARM: "✖️", IncidentState.MERGED: "↪️"}.get(incident.state, "✅")
    state, brand = standing.state(incident.state, language), words.cut(words.clean(incident.brand), 24)
    short = post.in_short(incident, language, shows)
    how, *why = standing.outcome(incident, language, now, events)
    level = words.colour(incident.severity, language)
    counted = post.counts(incident.lead, language) if incident.lead else ""
    solved = incident.state not in (IncidentState.FALSE_ALARM, IncidentState.MERGED)
    return Card(
        push=fitting([f"{mark}{state}", brand, short, how]),
        headline=words.cut(
            " · ".join(filter(None, (f"{mark} {state if zh else state.capitalize()}", brand, short))), HEADLINE
        ),
        colour=SOLVED if solved else OVER,
        number=incident.id,
        edition=int(now.timestamp()),
        now=" · ".join(filter(None, (f"{level}级" if zh else level, counted, post.alike(incident, language)))),
        owner=how,
        outlook=" ".join(why),
        buttons=buttons(incident, language, now),
        footer=_footer(incident, zh),
        link=_board(incident, board_url),
        link_label="在看板上打开" if zh else "Open on the board",
    )


def ops_card(body: Mapping[str, Any], language: Language, *, repeat: bool = False) -> Card:
    """A word to the operators: what happened where, and what to do. `body` is an `OpsNote` as stored."""
    zh = language == "zh"
    said = {**body, **(body.get("zh") or {})} if zh else body
    what, where, fix = (words.cut(words.clean(said.get(key) or ""), 600) for key in ("what", "where", "fix"))
    over = fix in NOTHING_TO_DO
    if over:
        head, what, fix = f"✅ {'已恢复' if zh else 'All clear'}", what.removeprefix("all clear: "), ""
    else:
        head = f"🔧 {'需要处理' if zh else 'Needs an operator'}"
    mark = _marks(language, trial=False, repeat=repeat, late=False)
    return Card(
        push=words.cut(" · ".join([*mark, head, f"{where}: {what}"]), PUSH),
        headline=words.cut(f"{head} · {where}", HEADLINE),
        colour=SOLVED if over else OVER,
        notices=(standing.repeated(language),) if repeat else (),
        facts=tuple(
            (label, value)
            for label, value in (("发生了什么" if zh else "What", what), ("怎么办" if zh else "What to do", fix))
            if value
        ),
    )


def test_card(answer: str, language: Language) -> Card:
    """A page that is none. `answer`: by which its button is told from that of another one."""
    zh = language == "zh"
    head = "🔔 测试呼叫" if zh else "🔔 Test page"
    asks = "这是测试，没有事件。看到请按「收到」，或在消息串里回复「收到」。"
    if not zh:
        asks = "A test, no incident. Please press “Got it”, or reply “got it” in the thread."
    return Card(
        push=f"{head} · {asks}"[:PUSH],
        headline=head,
        colour=HEX[Severity.BLUE],
        now=asks,
        buttons=(Button("langyan.received", "收到" if zh else "Got it", answer, "primary"),),
    )


def sentence(reason: Reason, language: Language, shows: Shows = "full") -> str:
    """Why something was decided, in one sentence. An unknown code stands for itself."""
    return words.sentence(reason.code, post.facts(reason.facts, shows), language)


def fitting(pieces: Iterable[str]) -> str:
    """The pieces that a locked phone shows whole, in their order; what does not fit is left out, and never half of it kept."""
    told = ""
    for piece in filter(None, pieces):
        if len(told) + len(piece) + 3 <= PUSH:
            told += f"{' · ' if told else ''}{piece}"
    return told


def _marks(language: Language, *, trial: bool, repeat: bool, late: bool) -> list[str]:
    zh = language == "zh"
    marks = (
        (trial, "试运行" if zh else "on trial"),
        (repeat, "可能重复" if zh else "may be a repeat"),
        (late, "发现较晚" if zh else "found late"),
    )
    return [word for holds, word in marks if holds]


def _times(incident: Incident, language: Language, now: datetime) -> str:
    zh, lead = language == "zh", incident.lead
    told: list[str] = []
    if lead:
        posted = lead.post.posted_at
        when = words.clock(posted, now) if posted else ("时间未知" if zh else "at an unknown time")
        told.append(f"{'发布' if zh else 'Published'} {when}")
        told.append(f"{'首见' if zh else 'first seen'} {words.clock(lead.first_seen, now)}")
    if incident.paged_at:
        told.append(f"{'呼叫' if zh else 'paged'} {words.clock(incident.paged_at, now)}")
    age = (f"（{size.age(lead, now, language)}）" if zh else f" ({size.age(lead, now, language)})") if lead else ""
    told.append(f"{'更新' if zh else 'as of'} {words.clock(now, now)}{age}")
    return " · ".join(told)


def _facts(incident: Incident, language: Language, shows: Shows) -> tuple[tuple[str, str], ...]:
    zh, lead = language == "zh", incident.lead
    owner = standing.person(incident.owner.name) if incident.owner else ""
    product = post.said(lead.post.product or "", 40, shows) if lead else ""
    rating = f"{lead.post.rating} / 5" if lead and lead.post.rating is not None else ""
    facts = (
        ("相似帖" if zh else "Similar posts", post.alike(incident, language)),
        ("产品" if zh else "Product", product),
        ("评分" if zh else "Rating", rating),
        ("负责人" if zh else "Owner", owner),
    )
    return tuple((label, value) for label, value in facts if value)


def _footer(incident: Incident, zh: bool) -> str:
    return f"事件 #{incident.id} · 狼烟" if zh else f"Incident #{incident.id} · Langyan"


def _board(incident: Incident, board_url: str) -> str:
    return links.web_address(f"{board_url}/incidents/{incident.id}") if board_url else ""
