"""How an incident stands: what must be known first, who has it, what must happen by when, how it ended. Pure."""

from collections.abc import Sequence
from datetime import datetime

from alerts import words
from alerts.buttons import REASONS
from alerts.words import Language
from monitor.model import (
    Act,
    Availability,
    Incident,
    IncidentEvent,
    IncidentState,
    Opinion,
)
from monitor.triage.due import Deadline, deadlines

AT_WORK = frozenset({IncidentState.OPEN, IncidentState.ACKNOWLEDGED, IncidentState.RESPONDING})
"""The states in which a clock runs against people."""

_DUE = {1: ("第一次回应", "first response"), 4: ("正式回应", "full response"), 24: ("处理结果", "outcome")}
"""What must have happened so many hours after publication."""

_STATES = {
    IncidentState.DETECTED: ("只在看，没有告诉任何人", "watched; nobody was told"),
    IncidentState.TRIAGE: ("待研判，没有叫醒任何人", "to be looked at; nobody was woken"),
    IncidentState.OPEN: ("还没有人认领", "nobody has it yet"),
    IncidentState.ACKNOWLEDGED: ("已认领", "acknowledged"),
    IncidentState.RESPONDING: ("应对中", "being responded to"),
    IncidentState.RESOLVED: ("已解决", "resolved"),
    IncidentState.FOLLOW_UP: ("待回访", "in follow-up"),
    IncidentState.REVIEWED: ("已复盘", "reviewed"),
    IncidentState.FALSE_ALARM: ("误报", "false alarm"),
    IncidentState.DORMANT: ("已平静，还没有人关闭", "quiet; nobody has closed it"),
    IncidentState.MERGED: ("已并入另一事件", "merged"),
}


def state(stands: IncidentState, language: Language) -> str:
    return _STATES[stands][0 if language == "zh" else 1]


def awaited(hours: int, language: Language) -> str:
    """What must have happened so many hours after publication."""
    return _DUE[hours][0 if language == "zh" else 1]


def person(name: str) -> str:
    """A colleague's name, who may call themselves anything."""
    return words.cut(words.clean(name), 24) or "?"


def owner(incident: Incident, language: Language, now: datetime) -> str:
    """Who has it and since when, or that nobody has."""
    zh = language == "zh"
    told: list[str] = []
    if incident.owner is None:
        paged = incident.paged_at
        if incident.state is IncidentState.OPEN and paged is not None:
            at = words.clock(paged, now)
            told.append(f"{at} 呼叫，还没有人认领" if zh else f"paged at {at}, nobody has it yet")
        else:
            told.append(state(incident.state, language))
    else:
        name = person(incident.owner.name)
        if incident.acknowledged_at is not None:
            at = words.clock(incident.acknowledged_at, now)
            told.append(f"{name} {at} 认领" if zh else f"{name} has it since {at}")
        else:
            told.append(f"负责人 {name}" if zh else f"{name} has it")
        if incident.responding_at is not None:
            at = words.clock(incident.responding_at, now)
            told.append(f"{at} 开始应对" if zh else f"responding since {at}")
    if incident.snoozed_until is not None:
        at = words.clock(incident.snoozed_until, now)
        told.append(f"静到 {at}，涨得快会提前叫" if zh else f"quiet until {at} unless it speeds up")
    return ("，" if zh else ", ").join(told)


def due(incident: Incident, language: Language, now: datetime) -> tuple[str, ...]:
    """What must happen by when: the limit that has passed, then the one that comes next."""
    if incident.state not in AT_WORK:
        return ()
    unmet = [one for one in deadlines(incident) if one.met_at is None]
    passed = [one for one in unmet if one.moment <= now]
    coming = [one for one in unmet if one.moment > now]
    return (
        *(_passed(one, language, now) for one in passed[-1:]),
        *(_coming(one, language, now) for one in coming[:1]),
    )


def next_due(incident: Incident, language: Language, now: datetime) -> str:
    """The next limit in a few words, for a locked phone; of those that have passed, the last."""
    if incident.state not in AT_WORK:
        return ""
    zh = language == "zh"
    unmet = [one for one in deadlines(incident) if one.met_at is None]
    for one in unmet:
        if one.moment > now:
            what, at = _DUE[one.hours][0 if zh else 1], words.clock(one.moment, now)
            return f"{at} 前要有{what}" if zh else f"{what} due {at}"
    return "" if not unmet else f"已过 {unmet[-1].hours} 小时时限" if zh else f"{unmet[-1].hours} h limit passed"


def _coming(one: Deadline, language: Language, now: datetime) -> str:
    zh = language == "zh"
    at, left, what = words.clock(one.moment, now), words.span(one.moment - now, language), _DUE[one.hours]
    if zh:
        return f"{at} 前要有{what[0]}（还剩 {left}）".replace("还剩 不到", "只剩不到")
    return f"{what[1].capitalize()} by {at} ({left} left)"


def _passed(one: Deadline, language: Language, now: datetime) -> str:
    zh = language == "zh"
    late, what = words.span(now - one.moment, language), _DUE[one.hours]
    if zh:
        return f"已过 {one.hours} 小时时限 {late}，还没有{what[0]}".replace("时限 不到", "时限不到")
    return f"{what[1].capitalize()} overdue by {late}"


def notices(
    incident: Incident, language: Language, now: datetime, *, repeat: bool, trial: bool, events: Sequence[IncidentEvent]
) -> tuple[str, ...]:
    """What the reader must know before all else."""
    zh = language == "zh"
    told: list[str] = []
    if trial:
        told.append(
            "试运行：没有叫醒任何人。该叫醒你吗？" if zh else "On trial: nobody was woken. Should you have been?"
        )
    if repeat:
        told.append(repeated(language))
    if back := _back(incident, events, language, now):
        told.append(back)
    lead = incident.lead
    if incident.found_late:
        late = words.span(lead.first_seen - lead.born, language) if lead else ""
        if zh:
            told.append(f"发现较晚：发布 {late}后才首次看到。" if late else "发现较晚。")
        else:
            told.append(f"Found late: first seen {late} after publication." if late else "Found late.")
    if lead and lead.looks and lead.looks[-1].availability in (Availability.GONE, Availability.RESTRICTED):
        told.append(
            "原帖现在看不到了，可能已删除；这不等于平息。"
            if zh
            else "The post is not shown any more; gone is not calmed."
        )
    if lead and lead.sentiment and lead.sentiment.disputed and lead.sentiment.second:
        told.append(_disputed(lead.sentiment.second, language))
    return tuple(told)


def repeated(language: Language) -> str:
    if language == "zh":
        return "可能重复：上一次发送没有得到确认，也无法核实是否送达。"
    return "May be a repeat: an earlier attempt was not confirmed and could not be looked up."


def _back(incident: Incident, events: Sequence[IncidentEvent], language: Language, now: datetime) -> str:
    """That it came back, and who had closed it: its timeline knows when, its reasons know who."""
    zh = language == "zh"
    event = next((event for event in reversed(events) if event.act is Act.REIGNITE), None)
    reason = next((reason for reason in incident.reasons if reason.code == "came_back"), None)
    if (event is None and reason is None) or incident.state is IncidentState.DORMANT:
        return ""
    facts = {**(reason.facts if reason else {}), **(event.facts if event else {})}
    when = f"{words.clock(event.at, now)} " if event else ""
    closer = str(facts.get("closed_by") or facts.get("owner") or "")
    if not facts.get("was"):
        return f"复燃：平静过，{when}又涨起来了。" if zh else f"It flared up again {when}after a quiet time."
    if facts["was"] == IncidentState.FALSE_ALARM.value:
        who = person(closer) if closer else ("有人" if zh else "Somebody")
        return (
            f"{who}标为误报后，{when}又涨起来了。"
            if zh
            else f"{who} called it a false alarm; it grew again {when}".rstrip() + "."
        )
    who = person(closer) if closer else ("有人" if zh else "Somebody")
    return f"{who}结束后，{when}又涨起来了。" if zh else f"{who} had closed it; it grew again {when}".rstrip() + "."


def _disputed(second: Opinion, language: Language) -> str:
    chance = words.chance(second.negative, language)
    if language == "zh":
        return (
            f"换一种读法，只有{chance}是负面。请先读原文。"
            if second.negative < 0.5
            else f"换一种读法，{chance}是负面。请先读原文。"
        )
    return f"Read another way, negative: {chance}. Read the post first."


def outcome(incident: Incident, language: Language, now: datetime, events: Sequence[IncidentEvent]) -> tuple[str, ...]:
    """Of what has ended: how it went, and what came of it."""
    zh = language == "zh"
    if incident.state is IncidentState.MERGED:
        into = incident.merged_into
        return ((f"已并入事件 #{into}，后续都在那里。" if zh else f"Merged into incident #{into}; it goes on there."),)
    closing = next((event for event in reversed(events) if event.act in (Act.RESOLVE, Act.FALSE_ALARM)), None)
    at = incident.resolved_at
    when = words.clock(at, now) if at else ""
    if incident.state is IncidentState.FALSE_ALARM:
        who = person(incident.false_by.name) if incident.false_by else ("有人" if zh else "Somebody")
        told = f"{who} {when} 标为误报" if zh else f"{who} called it a false alarm at {when}"
    else:
        told = (
            f"{owner(incident, language, now)}，{when} 解决"
            if zh
            else f"{owner(incident, language, now)}, resolved at {when}"
        )
        if closing is not None and (incident.owner is None or closing.actor.id != incident.owner.id):
            who = person(closing.actor.name)
            told += f"（{who}）" if zh else f" by {who}"
    if at is not None and incident.born is not None:
        span = words.span(at - incident.born, language)
        told += f"，发布后 {span}" if zh else f", {span} after publication"
    said = why(closing.reason, language) if closing else ""
    label = ("原因" if zh else "Why") if incident.state is IncidentState.FALSE_ALARM else ("结果" if zh else "Outcome")
    return (told, *((f"{label}：{said}" if zh else f"{label}: {said}",) if said else ()))


def why(reason: str, language: Language) -> str:
    """A reason as chosen from the list, or as a colleague typed it."""
    known = REASONS.get(reason)
    return known[0 if language == "zh" else 1] if known else words.cut(words.clean(reason), 200)
