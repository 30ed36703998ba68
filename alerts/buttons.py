"""What people can press on a card, by how the incident stands. Pure.

`action` is the id that whoever listens goes by; `value` is the incident's number.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, NamedTuple

from alerts.words import Language
from monitor.model import Incident, IncidentState
from monitor.triage.life import UNDO_WITHIN

Style = Literal["", "primary", "danger", "overflow"]


class Button(NamedTuple):
    """Something to press. `choices` (value, text) are those of an "overflow", a menu behind three dots."""

    action: str
    text: str
    value: str
    style: Style = ""
    choices: tuple[tuple[str, str], ...] = ()


_TEXTS: Mapping[str, tuple[str, str]] = {
    "langyan.ack": ("认领", "Acknowledge"),
    "langyan.respond": ("开始应对", "Start responding"),
    "langyan.resolve": ("解决", "Resolve"),
    "langyan.false": ("误报", "False alarm"),
    "langyan.snooze": ("早上 8 点再叫我", "Wake me at 8"),
    "langyan.undo": ("撤销", "Undo"),
    "langyan.more": ("更多", "More"),
    "langyan.wake_right": ("该叫醒我", "Right to wake me"),
    "langyan.wake_wrong": ("不该", "Not for this"),
}
_MORE: Mapping[str, tuple[str, str]] = {
    "silence": ("静默…", "Silence…"),
    "reassign": ("转派…", "Reassign…"),
    "merge": ("并入另一事件…", "Merge…"),
    "split": ("拆出几条…", "Split…"),
    "export": ("导出", "Export"),
    "release": ("放回待认领", "Release"),
}
REASONS: Mapping[str, tuple[str, str]] = {
    "not_about_us": ("说的不是我们", "Not about us"),
    "not_bad": ("不是负面", "Not bad for us"),
    "stayed_small": ("没有传开", "It stayed small"),
    "known": ("已经知道", "Known already"),
    "advert": ("广告、抽奖或粉丝", "Advertising or fans"),
}
"""Why people call it a false alarm; each goes to its own place."""

_UNOWNED = (IncidentState.DETECTED, IncidentState.TRIAGE, IncidentState.OPEN)


def buttons(incident: Incident, language: Language, now: datetime, *, trial: bool = False) -> tuple[Button, ...]:
    """What can be done about it now. On trial only one thing is asked: whether it should have woken anyone."""
    state = incident.state
    if trial:
        return _row(incident, language, "langyan.wake_right", "langyan.wake_wrong")
    if state in _UNOWNED:
        told = _row(incident, language, "langyan.ack", "langyan.false", primary="langyan.ack")
        if incident.paged_at is not None and incident.snoozed_until is None:
            told += _row(incident, language, "langyan.snooze")
        return (*told, _more(incident, language, "silence", "reassign"))
    if state is IncidentState.ACKNOWLEDGED:
        told = _row(incident, language, "langyan.respond", "langyan.false", primary="langyan.respond")
        return (*told, _more(incident, language, "reassign", "release"))
    if state is IncidentState.RESPONDING:
        told = _row(incident, language, "langyan.resolve", "langyan.false", primary="langyan.resolve")
        return (*told, _more(incident, language, "reassign", "release"))
    if state is IncidentState.DORMANT:
        told = _row(incident, language, "langyan.resolve", "langyan.false")
        return (*told, _more(incident, language, "reassign"))
    return _undo(incident, language, now) if state in (IncidentState.FALSE_ALARM, IncidentState.RESOLVED) else ()


def _row(incident: Incident, language: Language, *actions: str, primary: str = "") -> tuple[Button, ...]:
    at, number = 0 if language == "zh" else 1, str(incident.id)
    return tuple(
        Button(action, _TEXTS[action][at], number, "primary" if action == primary else "") for action in actions
    )


def _more(incident: Incident, language: Language, *first: str) -> Button:
    """The menu behind the dots; Slack takes five of them at most."""
    at = 0 if language == "zh" else 1
    shown = (*first, "merge", *(("split",) if incident.posts > 1 else ()), "export")
    choices = tuple((choice, _MORE[choice][at]) for choice in shown)
    return Button("langyan.more", _TEXTS["langyan.more"][at], str(incident.id), "overflow", choices)


def _undo(incident: Incident, language: Language, now: datetime) -> tuple[Button, ...]:
    closed = incident.resolved_at
    fresh = closed is not None and now - closed <= UNDO_WITHIN
    return _row(incident, language, "langyan.undo") if fresh else ()
