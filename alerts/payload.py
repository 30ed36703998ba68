"""An incident as JSON for other people's programs: the webhook's body. Pure.

`text` and `headline` are for people, the rest for programs. What strangers wrote is masked as on a card.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from alerts import post
from alerts.card import Card, Mode, card, sentence
from alerts.masking import Shows
from alerts.words import Language
from monitor.model import COUNTERS, Forecast, Incident, IncidentEvent, Mention
from monitor.triage.due import deadlines

SCHEMA = "langyan.incident.v1"


def payload(
    incident: Incident,
    language: Language,
    now: datetime,
    *,
    kind: str,
    shows: Shows = "masked",
    board_url: str = "",
    mode: Mode = "live",
    events: Sequence[IncidentEvent] = (),
) -> dict[str, Any]:
    """What `langyan.incident.v1` says. `kind`: what this tells ("root", "update", "repeat", …). Moments are ISO 8601 in UTC, spans
    seconds; what is unknown is null."""
    said = card(incident, language, now, board_url=board_url, shows=shows, mode=mode, events=events)
    return {
        "schema": SCHEMA,
        "kind": kind,
        "mode": mode,
        "at": now.isoformat(),
        "text": said.push,
        "headline": said.headline,
        "incident": {
            "id": incident.id,
            "brand": incident.brand,
            "severity": incident.severity.word,
            "state": incident.state.value,
            "born": _moment(incident.born),
            "opened_at": _moment(incident.opened_at),
            "paged_at": _moment(incident.paged_at),
            "acknowledged_at": _moment(incident.acknowledged_at),
            "resolved_at": _moment(incident.resolved_at),
            "owner": incident.owner.name if incident.owner else None,
            "posts": incident.posts,
            "platforms": dict(incident.platforms),
            "found_late": incident.found_late,
            "merged_into": incident.merged_into,
        },
        "deadlines": [
            {"hours": one.hours, "at": one.moment.isoformat(), "met_at": _moment(one.met_at)}
            for one in deadlines(incident)
        ],
        "post": _post(incident.lead, said, shows) if incident.lead else None,
        "forecast": _forecast(incident.forecast) if incident.forecast else None,
        "reasons": [{"code": reason.code, "text": sentence(reason, language, shows)} for reason in incident.reasons],
        "link": said.link or None,
    }


def _post(lead: Mention, said: Card, shows: Shows) -> dict[str, Any]:
    counts = lead.looks[-1].counts if lead.looks else None
    shown = {name: getattr(counts, name) for name in COUNTERS} if counts else {}
    return {
        "platform": lead.post.platform,
        "id": None if shows == "link" else lead.post.native_id,
        "url": said.quote_url or None,
        "author": None if shows == "link" else post.author(lead, shows) or None,
        "verified": lead.post.author.verified,
        "followers": lead.post.author.followers,
        "text": post.said(lead.post.words, post.EXCERPT + post.REST, shows, lines=True) or None,
        "posted_at": _moment(lead.post.posted_at),
        "first_seen": _moment(lead.first_seen),
        "counts": {name: count.value for name, count in shown.items() if count is not None},
    }


def _forecast(forecast: Forecast) -> dict[str, Any]:
    return {
        "unit": forecast.unit,
        "now": forecast.now,
        "per_minute": forecast.per_minute,
        "p_viral": forecast.p_viral,
        "median": forecast.median,
        "low": forecast.low,
        "high": forecast.high,
        "horizon": forecast.horizon.total_seconds(),
        "reaches": [
            {"ahead": reach.ahead.total_seconds(), "median": reach.median, "low": reach.low, "high": reach.high}
            for reach in forecast.reaches
        ],
    }


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
