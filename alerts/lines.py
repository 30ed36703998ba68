"""What goes into an incident's thread: milestones, each a calm sentence, and a page that nobody has answered. Pure."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from alerts import post, size, standing, words
from alerts.buttons import buttons
from alerts.card import HEADLINE, HEX, Card, fitting, sentence
from alerts.masking import Shows
from alerts.words import SHANGHAI, Language
from monitor.model import Incident, IncidentState, Reason, Severity

_Facts = Mapping[str, Any]

_LINES: Mapping[str, tuple[str, str]] = {
    "acknowledged": ("{by} 认领了。", "{by} has it."),
    "taken": ("{by} 也来认领；{owner} 已经认领，由 {owner} 负责。", "{by} wanted it too; {owner} has it already."),
    "released": ("{by} 放回待认领，现在没有人负责。", "{by} released it; nobody has it now."),
    "owner_changed": ("{by} 转给 {to}，由 {to} 负责。", "{by} handed it to {to}, who has it now."),
    "responding": ("{by} 开始应对。", "{by} has begun to respond."),
    "resolved": ("{by} 标为已解决{reason}。", "{by} resolved it{reason}."),
    "false_alarm": ("{by} 标为误报{reason}。10 分钟内可以撤销。", "{by} called it a false alarm{reason}. It can be undone for 10 minutes."),
    "undone": ("{by} 撤销了「{was}」，一切照旧。", "{by} took back “{was}”; it stands as before."),
    "snoozed": ("{by} 静到 {until}；涨得快会提前叫。", "{by} wants quiet until {until}, unless it speeds up."),
    "snooze_over": ("静默的时间到了，还没有人认领。", "The quiet is over, and nobody has it."),
    "snooze_broken": ("提前叫醒：静下来之后涨得快{faster}。", "Back early: it has sped up{faster}."),
    "raised": ("由{level_from}升为{level_to}。", "Raised from {level_from} to {level_to}."),
    "lowered": ("由{level_from}降为{level_to}。", "Lowered from {level_from} to {level_to}."),
    "deadline_missed": ("已过 {hours} 小时时限，还没有{due}{owned}。", "The {hours}-hour limit has passed: no {due} yet{owned}."),
    "dormant": ("{hours} 小时没有新变化，先放一放；再涨会在这里叫。", "Nothing new for {hours} h, so it rests. If it grows again, this thread says so."),
    "reignited": ("复燃：平静之后又涨起来了{faster}。", "It flares up again after a quiet time{faster}."),
    "came_back": ("{closer}，现在又涨起来了{faster}。", "{closer}; now it grows again{faster}."),
    "follow_up": ("该回访了：当时投诉的人，现在怎么样？", "Time to follow up: how are those who complained?"),
    "reviewed": ("{by} 写好了复盘{reason}。", "{by} wrote the review{reason}."),
    "merged": ("{by} 把事件 #{number_from} 并了进来。", "{by} merged incident #{number_from} into this one."),
    "merged_into": ("{by} 把这里并入事件 #{into}，后续在那里。", "{by} merged this into incident #{into}; it goes on there."),
    "split": ("{by} 拆出了几条，另成一起{split_into}。", "{by} made an incident of its own of some posts{split_into}."),
    "milestone": ("到了 {now} {unit}。", "{now} {unit} now."),
    "platform": ("{platform}上也有人说了。", "It is on {platform} now, too."),
    "gone": ("原帖看不到了，可能已删除；这不等于平息。", "The post is not shown any more; gone is not calmed."),
    "confirmed_elsewhere": ("{receiver} 在 {at} 已经收到这一条。", "{receiver} got this one at {at}."),
}  # fmt: skip


def line(code: str, facts: _Facts, language: Language, shows: Shows = "masked") -> str:
    """One calm sentence for a milestone, as plain text: the channel escapes it.

    Codes that are reasons of a verdict are said as those are; an unknown code, or one without its facts, stands for itself.
    """
    form = _LINES.get(code)
    if form is None:
        told = sentence(Reason(code=code, facts=facts), language, shows)
        return told if told == words.cut(words.clean(code), 60) else told + ("。" if language == "zh" else ".")
    said = _Said(facts, language, shows)
    try:
        return words.tight(form[0 if language == "zh" else 1].format_map(said))
    except (KeyError, ValueError, TypeError):
        return code


def trial(body: _Facts, language: Language) -> str:
    """How a trial stands, as plain text. `body`: the `facts` of `triage.trial.Standing`, and `begun` where it begins."""
    zh = language == "zh"
    if body.get("begun"):
        return (
            '试运行开始：本来会叫醒人的事件只发到这里，红色照常叫人。请按「该叫醒我」或「不该」。转正只要一个键：mode = "live"。'
            if zh
            else "The trial begins: what would wake people comes here and wakes nobody; red pages as always. "
            'Please press whether it should have woken you. One key ends it: mode = "live".'
        )
    day, pages, night, pressed, right = (int(body[name]) for name in ("day", "pages", "night", "pressed", "right"))
    if zh:
        found = f"会叫醒 {pages} 次（夜里 {night} 次）" if pages else "一次也不会叫醒"
        said = f"，按过的 {pressed} 次里 {right} 次该叫醒" if pressed else "，还没有人按过" if pages else ""
        return f"试运行第 {day} 天：{found}{said}。"
    found = f"{pages} {'page' if pages == 1 else 'pages'} ({night} at night)" if pages else "nothing would have paged"
    said = (
        f"; of {pressed} that somebody pressed, {right} should have"
        if pressed
        else "; nobody has pressed yet"
        if pages
        else ""
    )
    return f"Trial, day {day}: {found}{said}."


class _Said(dict[str, str]):
    """The facts of a milestone as they are said, each when it is asked for."""

    def __init__(self, facts: _Facts, language: Language, shows: Shows) -> None:
        super().__init__()
        self._facts, self._language, self._shows = facts, language, shows

    def __missing__(self, name: str) -> str:
        say = _SAY.get(name)
        if say is not None:
            return say(self._facts, self._language)
        value = self._facts[name]
        if isinstance(value, int | float):
            return words.number(float(value), self._language)
        return post.said(str(value), 60, self._shows)


def _name(key: str) -> Callable[[_Facts, Language], str]:
    return lambda facts, _: standing.person(str(facts[key]))


def _level(key: str) -> Callable[[_Facts, Language], str]:
    return lambda facts, language: words.colour(Severity[str(facts[key]).upper()], language)


def _moment(key: str) -> Callable[[_Facts, Language], str]:
    return lambda facts, _: f"{datetime.fromisoformat(str(facts[key])).astimezone(SHANGHAI):%m-%d %H:%M}"


def _reason(facts: _Facts, language: Language) -> str:
    told = standing.why(str(facts.get("reason") or ""), language)
    return "" if not told else f"：{told}" if language == "zh" else f": {told}"


def _owned(facts: _Facts, language: Language) -> str:
    if not facts.get("owner"):
        return "，也没有人认领" if language == "zh" else ", and nobody has it"
    who = standing.person(str(facts["owner"]))
    return f"（{who} 负责）" if language == "zh" else f" ({who} has it)"


def _was(facts: _Facts, language: Language) -> str:
    return standing.state(IncidentState(str(facts["was"])), language)


def _closer(facts: _Facts, language: Language) -> str:
    """Who had closed it, and as what."""
    zh = language == "zh"
    who = facts.get("closed_by") or facts.get("owner")
    name = standing.person(str(who)) if who else ("之前有人" if zh else "Somebody")
    if facts.get("was") == IncidentState.FALSE_ALARM.value:
        return f"{name} 标为误报" if zh else f"{name} called it a false alarm"
    return f"{name} 已经结束" if zh else f"{name} had closed it"


def _faster(facts: _Facts, language: Language) -> str:
    """What it had when it was put to rest, and what it has now."""
    zh = language == "zh"
    if isinstance(facts.get("was"), int) and "now" in facts:
        was, now = (words.number(float(facts[key]), language) for key in ("was", "now"))
        unit = words.unit(str(facts.get("unit", "")), language)
        return words.tight(f"，从 {was} 到 {now} {unit}") if zh else f", from {was} to {now} {unit}"
    if "now" in facts and "unit" in facts:
        now, unit = words.number(float(facts["now"]), language), words.unit(str(facts["unit"]), language)
        return words.tight(f"，现有 {now} {unit}") if zh else f", {now} {unit} now"
    if "pace" in facts and "pace_was" in facts:
        was, now = (words.number(float(facts[key]), language) for key in ("pace_was", "pace"))
        return f"，从每分钟 {was} 到 {now}" if zh else f", from {was} to {now} a minute"
    if "from" in facts and "to" in facts:
        one, other = _level("from")(facts, language), _level("to")(facts, language)
        return f"，由{one}升为{other}" if zh else f", from {one} to {other}"
    return ""


def _split_into(facts: _Facts, language: Language) -> str:
    into = facts.get("into")
    return f"（事件 #{into}）" if into and language == "zh" else f" (incident #{into})" if into else ""


_SAY: Mapping[str, Callable[[_Facts, Language], str]] = {
    "by": _name("by"),
    "owner": _name("owner"),
    "to": _name("to"),
    "until": _moment("until"),
    "at": _moment("at"),
    "level_from": _level("from"),
    "level_to": _level("to"),
    "number_from": lambda facts, _: str(int(facts["from"])),
    "into": lambda facts, _: str(int(facts["into"])),
    "hours": lambda facts, _: str(int(facts["hours"])),
    "due": lambda facts, language: standing.awaited(int(facts["hours"]), language),
    "unit": lambda facts, language: words.unit(str(facts["unit"]), language),
    "platform": lambda facts, language: words.platform(str(facts["platform"]), language),
    "reason": _reason,
    "owned": _owned,
    "was": _was,
    "closer": _closer,
    "faster": _faster,
    "split_into": _split_into,
}


OF_LATE = timedelta(days=1)
"""A page that is older is told by its moment: an age like that is likelier to be a clock's that jumped."""


def repeat(
    incident: Incident,
    language: Language,
    now: datetime,
    *,
    shows: Shows = "masked",
    code: str = "",
    facts: Mapping[str, Any] = MappingProxyType({}),
) -> Card:
    """A page once more: for how long nobody has had it, what is due, the buttons. `code` and `facts`: the milestone that wakes people
    again, where it is one."""
    zh = language == "zh"
    emoji, brand = words.COLOURS[incident.severity][0], words.cut(words.clean(incident.brand), 24)
    alone = standing.owner(incident, language, now)
    if incident.owner is None and incident.paged_at is not None and now - incident.paged_at < OF_LATE:
        waited = words.span(now - incident.paged_at, language)
        alone = f"已呼叫 {waited}，没有人认领" if zh else f"paged {waited} ago, nobody has it"
    if code:
        alone = line(code, facts, language, shows).rstrip("。.")
    head = [f"{emoji} {alone}", brand, size.claim(incident, language, now)]
    due = standing.next_due(incident, language, now)
    return Card(
        push=fitting([*head, post.in_short(incident, language, shows), due]),
        headline=words.cut(" · ".join(filter(None, head)), HEADLINE),
        colour=HEX[incident.severity],
        number=incident.id,
        edition=int(now.timestamp()),
        deadlines=standing.due(incident, language, now),
        buttons=buttons(incident, language, now),
    )
