"""Many incidents in one message: a storm, a digest. Pure."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from alerts import links, post, size, words
from alerts.card import HEX, Card, fitting
from alerts.masking import Shows
from alerts.words import SHANGHAI, Language
from monitor.model import Incident, Severity

MOST = 20
"""Rows of a table that people still read."""


def storm(
    incidents: Sequence[Incident],
    language: Language,
    now: datetime,
    *,
    total: int,
    shows: Shows = "masked",
    board_url: str = "",
) -> Card:
    """One message in place of many. `incidents`: the worst, at most twenty are shown; `total`: how many there are."""
    zh = language == "zh"
    head = f"🌪 {total} 起事件同时来了" if zh else f"🌪 {total} incidents at once"
    note = (
        "来得太多，先并成一张表，最急的在最前。"
        if zh
        else "Too many to tell one by one: this is all of them, the most urgent first."
    )
    return _table(head, note, incidents, language, now, total, shows, board_url)


def digest(
    incidents: Sequence[Incident],
    language: Language,
    now: datetime,
    *,
    total: int,
    shows: Shows = "masked",
    board_url: str = "",
) -> Card:
    """What was not worth a message of its own."""
    at = now.astimezone(SHANGHAI)
    head = (
        f"🗒 {at:%m-%d %H:%M} 汇总：{total} 起，不急"
        if language == "zh"
        else f"🗒 Digest {at:%m-%d %H:%M}: {total}, nothing urgent"
    )
    return _table(head, "", incidents, language, now, total, shows, board_url)


def _table(
    head: str,
    note: str,
    incidents: Sequence[Incident],
    language: Language,
    now: datetime,
    total: int,
    shows: Shows,
    board_url: str,
) -> Card:
    zh = language == "zh"
    worst = sorted(incidents, key=lambda one: (-one.severity, -(one.risk or 0.0), one.id))[:MOST]
    rows = tuple((_row(one, language, now, shows), _address(one, board_url)) for one in worst)
    tally, left = _tally(incidents, language) if len(incidents) == total else "", total - len(rows)
    more = "" if left <= 0 else f"还有 {left} 起没有列出" if zh else f"{left} more are not listed"
    return Card(
        push=fitting([head, tally, *(row for row, _ in rows[:1])]),
        headline=head,
        colour=HEX[max((one.severity for one in incidents), default=Severity.BLUE)],
        notices=(note,) if note else (),
        rows_label=tally or ("按轻重排列" if zh else "The worst first"),
        rows=rows,
        row_label="打开" if zh else "Open",
        footer=more,
        link=links.web_address(board_url) if board_url else "",
        link_label="在看板上看全部" if zh else "All of them on the board",
    )


def _row(incident: Incident, language: Language, now: datetime, shows: Shows) -> str:
    emoji, brand = words.COLOURS[incident.severity][0], words.cut(words.clean(incident.brand), 24)
    where = words.platform(incident.lead.post.platform, language) if incident.lead else ""
    claim, short = size.claim(incident, language, now), post.in_short(incident, language, shows)
    return " · ".join(filter(None, (f"{emoji} #{incident.id} {brand}", claim, short, where)))


def _address(incident: Incident, board_url: str) -> str:
    return links.web_address(f"{board_url}/incidents/{incident.id}") if board_url else ""


def _tally(incidents: Sequence[Incident], language: Language) -> str:
    counted = Counter(incident.severity for incident in incidents)
    return " ".join(
        f"{words.COLOURS[level][0]}{words.colour(level, language)} {counted[level]}"
        for level in sorted(counted, reverse=True)
    )
