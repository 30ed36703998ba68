"""Incidents as the command line shows them: one line each, or one whole."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta, timezone
from typing import Any

from alerts import card, lines, words
from monitor.model import AWAKE, Forecast, Incident, IncidentEvent, IncidentState, Mention
from monitor.pipeline.trial import stands
from monitor.ports import Reading, Refusal, Trials
from monitor.triage import complaint

SHANGHAI = timezone(timedelta(hours=8))


def incidents(store: Reading, everything: bool) -> list[Incident]:
    """Incidents that people may have to do with, or all of them."""
    return store.incidents(list(IncidentState) if everything else AWAKE, 200)


def trial(trials: Trials, now: datetime) -> str:
    """How the trial stands."""
    found = stands(trials, now)
    return "Trial: langyan run has not begun it" if found is None else lines.trial(found.facts, "en")


def as_line(incident: Incident, refusal: Refusal | None = None) -> str:
    """`#12 orange open 星禾 · now 84, expected 620 (310-1350) · paged 09:24 · 李 has it · text…`."""
    said = words.cut(words.clean(incident.lead.post.words), 48) if incident.lead else ""
    paged = _paged(_clock(incident.paged_at) if incident.paged_at else "", asdict(refusal) if refusal else None)
    owned = f"{words.cut(words.clean(incident.owner.name), 20)} has it · " if incident.owner else ""
    joined = f"joined #{incident.merged_into} · " if incident.merged_into else ""
    return (
        f"#{incident.id} {incident.severity.word} {incident.state.value} {incident.brand} · "
        f"{_reach(incident.forecast)} · {incident.posts} posts · {paged} · {owned}{joined}{said}"
    )


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


def as_page(shown: Mapping[str, Any]) -> str:
    """What `incidents show` prints for people."""
    forecast = shown["forecast"] or {}
    lines = [
        f"#{shown['id']} {shown['severity']} {shown['state']} {shown['brand']}"
        + (" (found late)" * shown["found_late"]),
        f"opened {_said(shown['opened_at'])}  {_paged(_said(shown['paged_at']), shown['refusal'])}  owner {shown['owner'] or 'nobody'}",
        f"forecast: {forecast.get('sentence') or 'none'}",
        "why:",
        *(f"  {why}" for why in shown["why"]),
        f"posts ({shown['posts']}):",
    ]
    for post in shown["texts"]:
        lines += [f"  {post['id']}  {_said(post['posted_at'])}  {post['url']}", f"    {post['text']}"]
    for told in shown["complaints"]:
        lines.append(f"one complaint, heard {len(told)} times:")
        lines += [f"  {_said(contact['at'])}  {contact['platform']}  {contact['text']}" for contact in told]
    lines.append("what happened:")
    lines += [f"  {_happened(event)}" for event in shown["events"]]
    lines.append("told:")
    lines += [f"  {_told(row)}" for row in shown["notifications"]]
    return "\n".join(lines)


def _paged(at: str, refusal: Mapping[str, Any] | None) -> str:
    """When it was paged, and who refused that."""
    if not at:
        return "not paged"
    if refusal is None:
        return f"paged {at}"
    by = ", ".join(refusal["by"])
    return f"paged {at}, refused by {by}" if refusal["heard"] else f"page of {at} refused by {by}, nobody got it"


def _told(row: Mapping[str, Any]) -> str:
    why = f": {words.cut(words.clean(row['last_error']), 200)}" if row["last_error"] else ""
    return f"{row['key']}: {row['state']}, {row['attempts']} attempts{why}"


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


def _happened(event: Mapping[str, Any]) -> str:
    moved = event["to"] if event["from"] is None else f"{event['from']} -> {event['to']}"
    said = f": {event['reason']}" if event["reason"] else ""
    return f"{_said(event['at'])}  {event['act']} by {event['by']} ({moved}){said}"


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


def _reach(forecast: Forecast | None) -> str:
    if forecast is None:
        return "reach unknown"
    now = f"now {forecast.now} {forecast.unit}"
    if forecast.p_viral is None:  # no curves were fitted: what goes on as now is no expectation
        return now
    return f"{now}, expected {forecast.median:.0f} ({forecast.low:.0f}-{forecast.high:.0f})"


def _said(moment: str | None) -> str:
    """A moment of the JSON for people: Shanghai's, to the second."""
    return datetime.fromisoformat(moment).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S") if moment else ""


def _clock(moment: datetime) -> str:
    return moment.astimezone(SHANGHAI).strftime("%m-%d %H:%M")
