"""The index for programs: one JSON document, a post, a look or an answer a line, everything as it is stored."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from alerts import card
from monitor.dossier.words import WORDS
from monitor.model import COUNTERS, Actor, Incident, IncidentEvent, Mention, Precision
from monitor.ports import Case, Passed, Seen

SCHEMA = "langyan.dossier.v1"

THRESHOLD = (("reposts", 500), ("views", 5_000))
"""From here on a defamatory post counts as serious: 法释〔2013〕21号, article 2; the reposts or the views of one and the same post."""

_PRECISIONS = {Precision.ROUNDED: "rounded", Precision.LOWER_BOUND: "at_least"}


@dataclass
class Tally:
    """What went by."""

    posts: int = 0
    looks: int = 0


def file_of(sha256: str) -> str:
    """Where a raw answer stands in the zip. Never under an ending that a browser would run."""
    return f"responses/{sha256}.txt"


def pieces(case: Case, language: Literal["zh", "en"], tally: Tally) -> Iterator[bytes]:
    """The document, to be written one after another."""
    yield b'{"schema":' + _json(SCHEMA) + b',\n"private":' + _json(WORDS[language]["private"])
    yield b',\n"incident":' + _json(_incident(case.incident, language))
    yield b',\n"threshold":' + _json(thresholds(case))
    yield from _list("timeline", map(_event, case.events()))
    yield from _list("labels", map(_label, case.labels()))
    yield from _list("notifications", map(_notification, case.notifications()))
    yield b',\n"posts":['
    for mention in case.posts():
        head = _json(_post(mention))
        yield (b",\n" if tally.posts else b"\n") + head[:-1]
        tally.posts += 1
        yield from _list("looks", _counted(case.looks(mention), tally))
        yield b"}"
    yield b"\n]"
    exhibits = (
        {
            "sha256": exhibit.sha256,
            "file": file_of(exhibit.sha256),
            "feed": exhibit.feed,
            "url": exhibit.url,
            "fetched_at": exhibit.at,
            "status": exhibit.status,
            "content_type": exhibit.content_type,
            "bytes": exhibit.size,
            "secret_struck_out": exhibit.withheld,
        }
        for exhibit in case.exhibits()
    )
    yield from _list("responses", exhibits)
    yield b"}\n"


def thresholds(case: Case) -> list[dict[str, Any]]:
    """Whether a post passed the threshold, and when that was first seen."""
    return [_threshold(counter, most, case.passed(counter, most)) for counter, most in THRESHOLD]


def _threshold(counter: str, threshold: int, passed: Passed | None) -> dict[str, Any]:
    told: dict[str, Any] = {"counter": counter, "threshold": threshold, "passed": passed is not None}
    if passed is not None:
        precision = _PRECISIONS.get(passed.count.precision, "exact")
        told |= {"first_seen_at": passed.at, "post": str(passed.post), "showed": passed.count.value, "count": precision}
    return told


def _json(value: Any) -> bytes:
    return orjson.dumps(value, default=str, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS)


def _list(name: str, items: Iterable[Any]) -> Iterator[bytes]:
    yield b',\n"' + name.encode() + b'":['
    for number, item in enumerate(items):
        yield (b",\n" if number else b"\n") + _json(item)
    yield b"\n]"


def _counted(looks: Iterable[Seen], tally: Tally) -> Iterator[Mapping[str, Any]]:
    for seen in looks:
        tally.looks += 1
        yield _look(seen)


def _incident(incident: Incident, language: Literal["zh", "en"]) -> dict[str, Any]:
    forecast = incident.forecast
    return {
        "id": incident.id,
        "brand": incident.brand,
        "severity": incident.severity.word,
        "state": incident.state.value,
        "published_at": incident.born,
        "opened_at": incident.opened_at,
        "paged_at": incident.paged_at,
        "acknowledged_at": incident.acknowledged_at,
        "responding_at": incident.responding_at,
        "resolved_at": incident.resolved_at,
        "owner": _actor(incident.owner),
        "false_alarm_by": _actor(incident.false_by),
        "merged_into": incident.merged_into,
        "found_late": incident.found_late,
        "posts": incident.posts,
        "shown": str(incident.lead.post.key) if incident.lead else None,
        "risk": incident.risk,
        "forecast": None
        if forecast is None
        else {
            "unit": forecast.unit,
            "now": forecast.now,
            "median": forecast.median,
            "low": forecast.low,
            "high": forecast.high,
            "p_viral": forecast.p_viral,
            "sentence": forecast.sentence,
        },
        "reasons": [
            {"code": reason.code, "said": card.sentence(reason, language), "facts": dict(reason.facts)}
            for reason in incident.reasons
        ],
    }


def _actor(actor: Actor | None) -> dict[str, str] | None:
    return None if actor is None else {"id": actor.id, "name": actor.name}


def _event(event: IncidentEvent) -> dict[str, Any]:
    return {
        "at": event.at,
        "act": event.act.value,
        "from": event.before.value if event.before else None,
        "to": event.after.value,
        "actor": _actor(event.actor),
        "source": event.source,
        "reason": event.reason,
        "facts": dict(event.facts),
        "key": event.key,
    }


def _label(label: Mapping[str, Any]) -> dict[str, Any]:
    post = None if label["platform"] is None else f"{label['platform']}:{label['native_id']}"
    return {"at": label["at"], "post": post, "said": label["verdict"], "by": label["actor"]}


def _notification(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "key": row["key"],
        "receiver": row["receiver"],
        "kind": row["kind"],
        "state": row["state"],
        "attempts": row["attempts"],
        "decided_at": row["created_at"],
        "arrived_at": row["settled_at"] if row["state"] == "sent" else None,
        "where": row["handle"],
        "problem": row["last_error"],
    }


def _post(mention: Mention) -> dict[str, Any]:
    post, author, read = mention.post, mention.post.author, mention.sentiment
    return {
        "platform": post.platform,
        "id": post.native_id,
        "kind": post.kind,
        "url": post.url,
        "author": {"name": author.name, "key": author.id, "followers": author.followers, "verified": author.verified},
        "published_at": post.posted_at,
        "edited_at": post.edited_at,
        "first_seen_at": mention.first_seen,
        "title": post.title,
        "text": post.text,
        "repost_of": post.repost_of,
        "parent": post.parent,
        "rating": post.rating,
        "region": post.region,
        "product": post.product,
        "status": post.status,
        "severity": mention.severity.word if mention.severity else None,
        "judged": None
        if read is None
        else {
            "negative": read.negative,
            "aimed": read.aimed,
            "anger": read.anger,
            "words": list(read.evidence),
            "engine": f"{read.engine} {read.version}".strip(),
        },
    }


def _look(seen: Seen) -> dict[str, Any]:
    counts = {name: getattr(seen.look.counts, name) for name in COUNTERS}
    told: dict[str, Any] = {"at": seen.look.seen_at}
    told |= {name: None if count is None else count.value for name, count in counts.items()}
    inexact = {name: _PRECISIONS[c.precision] for name, c in counts.items() if c and c.precision in _PRECISIONS}
    told |= {"inexact": inexact} if inexact else {}
    return {**told, "availability": seen.look.availability.value, "response": seen.exhibit}
