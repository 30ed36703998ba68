"""Incidents as the command line shows them: one line each, or one whole."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta, timezone
from typing import Any

from alerts import card, lines, words
from monitor.model import (
    AWAKE,
    MACHINE,
    Forecast,
    Incident,
    IncidentEvent,
    IncidentState,
    Mention,
    Severity,
    Words,
    same,
)
from monitor.pipeline.trial import stands
from monitor.ports import Reading, Refusal, Trials
from monitor.triage import complaint
from monitor.web.words import WORDS as BOARD

SHANGHAI = timezone(timedelta(hours=8))

_SENT = {
    "pending": "待发",
    "sending": "发送中",
    "ambiguous": "未确认",
    "sent": "已送达",
    "dead": "被拒收",
    "covered": "已合并到汇总",
    "withdrawn": "已撤回",
}
"""What became of a message; the log and `--json` say the store's own word."""


def incidents(store: Reading, everything: bool) -> list[Incident]:
    """Incidents that people may have to do with, or all of them."""
    return store.incidents(list(IncidentState) if everything else AWAKE, 200)


def trial(trials: Trials, now: datetime, language: words.Language) -> str:
    """How the trial stands."""
    found = stands(trials, now)
    if found is None:
        return Words("试运行：langyan run 还没有开始", "Trial: langyan run has not begun it").told(language)
    return lines.trial(found.facts, language)


def as_line(incident: Incident, refusal: Refusal | None = None) -> Words:
    """`#12 orange open 星禾 · now 84, expected 620 (310-1350) · paged 09:24 · 李 has it · text…`."""
    said = [
        Words(
            f"#{incident.id} {words.colour(incident.severity, 'zh')} {state(incident.state.value)} {incident.brand}",
            f"#{incident.id} {incident.severity.word} {incident.state.value} {incident.brand}",
        ),
        _reach(incident.forecast),
        Words(f"{incident.posts} 帖", f"{incident.posts} posts"),
        _paged(_clock(incident.paged_at) if incident.paged_at else "", asdict(refusal) if refusal else None),
    ]
    if incident.owner:
        owner = words.cut(words.clean(incident.owner.name), 20)
        said.append(Words(f"{owner} 已认领", f"{owner} has it"))
    if incident.merged_into:
        said.append(Words(f"已并入 #{incident.merged_into}", f"joined #{incident.merged_into}"))
    said.append(same(words.cut(words.clean(incident.lead.post.words), 48) if incident.lead else ""))
    return Words(" · ".join(one.zh for one in said), " · ".join(one.en for one in said))


def as_json(incident: Incident, refusal: Refusal | None = None) -> dict[str, Any]:
    """One incident as a JSON object."""
    forecast = incident.forecast
    return {
        "id": incident.id,
        "brand": incident.brand,
        "severity": incident.severity.word,
        "state": incident.state.value,
        "owner": incident.owner.name if incident.owner else None,
        "published_at": incident.born.isoformat() if incident.born else None,
        "acknowledged_at": incident.acknowledged_at.isoformat() if incident.acknowledged_at else None,
        "responding_at": incident.responding_at.isoformat() if incident.responding_at else None,
        "resolved_at": incident.resolved_at.isoformat() if incident.resolved_at else None,
        "snoozed_until": incident.snoozed_until.isoformat() if incident.snoozed_until else None,
        "merged_into": incident.merged_into,
        "opened_at": incident.opened_at.isoformat(),
        "paged_at": incident.paged_at.isoformat() if incident.paged_at else None,
        "refusal": asdict(refusal) if refusal else None,
        "found_late": incident.found_late,
        "posts": incident.posts,
        "post": str(incident.lead.post.key) if incident.lead else None,
        "url": incident.lead.post.url if incident.lead else None,
        "risk": incident.risk,
        "forecast": None if forecast is None else _forecast(forecast),
        "reasons": [{"code": reason.code, **reason.facts} for reason in incident.reasons],
    }


def whole(store: Reading, number: int, language: words.Language) -> dict[str, Any] | None:
    """One incident with its posts and everything that was sent about it; its reasons also in words, as the card puts them."""
    incident = store.incident(number)
    if incident is None:
        return None
    posts = store.incident_posts(number)
    return {
        **as_json(incident, store.refusals([number]).get(number)),
        "why": [card.sentence(reason, language) for reason in incident.reasons],
        "texts": [_post(mention) for mention in posts],
        "complaints": [[_contact(mention) for mention in told] for told in complaint.threads(posts)],
        "events": [_event(event) for event in store.events(number)],
        "notifications": [dict(row) for row in store.notifications(number)],
    }


def as_page(shown: Mapping[str, Any]) -> Iterator[Words]:
    """What `incidents show` prints for people, a line each."""
    yield Words(
        f"#{shown['id']} {words.colour(Severity[shown['severity'].upper()], 'zh')} {state(shown['state'])} {shown['brand']}"
        + ("（发现较晚）" * shown["found_late"]),
        f"#{shown['id']} {shown['severity']} {shown['state']} {shown['brand']}"
        + (" (found late)" * shown["found_late"]),
    )
    opened, paged = _said(shown["opened_at"]), _paged(_said(shown["paged_at"]), shown["refusal"])
    yield Words(
        f"{opened} 建立  {paged.zh}  负责人 {shown['owner'] or '无'}",
        f"opened {opened}  {paged.en}  owner {shown['owner'] or 'nobody'}",
    )
    sentence = (shown["forecast"] or {}).get("sentence")
    yield Words(f"预测：{sentence or '无'}", f"forecast: {sentence or 'none'}")
    yield Words("为什么：", "why:")
    yield from (same(f"  {why}") for why in shown["why"])
    yield Words(f"帖子（{shown['posts']}）：", f"posts ({shown['posts']}):")
    for post in shown["texts"]:
        yield same(f"  {post['id']}  {_said(post['posted_at'])}  {post['url']}")
        yield same(f"    {post['text']}")
    for told in shown["complaints"]:
        yield Words(f"同一件投诉，听到 {len(told)} 次：", f"one complaint, heard {len(told)} times:")
        yield from (same(f"  {_said(contact['at'])}  {contact['platform']}  {contact['text']}") for contact in told)
    yield Words("经过：", "what happened:")
    yield from map(_happened, shown["events"])
    yield Words("通知：", "told:")
    yield from map(_told, shown["notifications"])


def state(value: str) -> str:
    """A state in Chinese; in English it is said as the store calls it."""
    return str(BOARD["zh"]["state"][value])


def _paged(at: str, refusal: Mapping[str, Any] | None) -> Words:
    """When it was paged, and who refused that."""
    if not at:
        return Words("未呼叫", "not paged")
    if refusal is None:
        return Words(f"{at} 呼叫", f"paged {at}")
    zh, en = "、".join(refusal["by"]), ", ".join(refusal["by"])
    if refusal["heard"]:
        return Words(f"{at} 呼叫，被 {zh} 拒收", f"paged {at}, refused by {en}")
    return Words(f"{at} 的呼叫被 {zh} 拒收，没有人收到", f"page of {at} refused by {en}, nobody got it")


def _told(row: Mapping[str, Any]) -> Words:
    why = words.cut(words.clean(row["last_error"] or ""), 200)
    zh, en = (f"{colon}{why}" if why else "" for colon in ("：", ": "))
    return Words(
        f"  {row['key']}：{_SENT.get(row['state'], row['state'])}，{row['attempts']} 次{zh}",
        f"  {row['key']}: {row['state']}, {row['attempts']} attempts{en}",
    )


def _event(event: IncidentEvent) -> dict[str, Any]:
    return {
        "at": event.at.isoformat(),
        "act": event.act.value,
        "from": event.before.value if event.before else None,
        "to": event.after.value,
        "by": words.cut(words.clean(event.actor.name), 40),
        "source": event.source,
        "reason": words.cut(words.clean(event.reason), 200),
        "facts": dict(event.facts),
    }


def _happened(event: Mapping[str, Any]) -> Words:
    before, after, by = event["from"], event["to"], event["by"]
    said = Words(
        f"  {_said(event['at'])}  {BOARD['zh']['machine'] if by == MACHINE.name else by} {BOARD['zh']['act'][event['act']]}"
        f"（{state(after) if before is None else f'{state(before)} → {state(after)}'}）",
        f"  {_said(event['at'])}  {event['act']} by {by} ({after if before is None else f'{before} -> {after}'})",
    )
    return Words(f"{said.zh}：{event['reason']}", f"{said.en}: {event['reason']}") if event["reason"] else said


def _post(mention: Mention) -> dict[str, Any]:
    post = mention.post
    return {
        "id": str(post.key),
        "url": post.url,
        "posted_at": post.posted_at.isoformat() if post.posted_at else None,
        "text": words.cut(words.clean(post.words), 200),
    }


def _contact(mention: Mention) -> dict[str, Any]:
    """One time that a complaint was told. Whose it is is not said: only that it is the same."""
    return {
        "at": mention.born.isoformat(),
        "platform": mention.post.platform,
        "id": str(mention.post.key),
        "text": words.cut(words.clean(mention.post.words), 120),
    }


def _forecast(forecast: Forecast) -> dict[str, Any]:
    return {
        "unit": forecast.unit,
        "now": forecast.now,
        "median": round(forecast.median),
        "low": round(forecast.low),
        "high": round(forecast.high),
        "p_viral": forecast.p_viral,
        "sentence": forecast.sentence,
    }


def _reach(forecast: Forecast | None) -> Words:
    if forecast is None:
        return Words("传播未知", "reach unknown")
    now = Words(f"现在 {forecast.now} {words.unit(forecast.unit, 'zh')}", f"now {forecast.now} {forecast.unit}")
    if forecast.p_viral is None:  # no curves were fitted: what goes on as now is no expectation
        return now
    expected = f"{forecast.median:.0f} ({forecast.low:.0f}-{forecast.high:.0f})"
    return Words(f"{now.zh}，预计 {expected}", f"{now.en}, expected {expected}")


def _said(moment: str | None) -> str:
    """A moment of the JSON for people: Shanghai's, to the second."""
    return datetime.fromisoformat(moment).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S") if moment else ""


def _clock(moment: datetime) -> str:
    return moment.astimezone(SHANGHAI).strftime("%m-%d %H:%M")
