"""From a scored mention with news to its story, its incident and who is told."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

import structlog

from alerts import policy
from monitor import metrics
from monitor.model import (
    EVEN,
    Forecast,
    Incident,
    IncidentState,
    Look,
    Mention,
    NotificationKind,
    PostKey,
    Reason,
    Severity,
    Verdict,
)
from monitor.ports import Judgement, Judging
from monitor.spread import revisit
from monitor.triage import incident as incidents
from monitor.triage import severity, story

log = structlog.get_logger()

SIMILAR_WITHIN = timedelta(days=7)
"""Near-duplicates are looked for among the posts of this long."""


class Forecasting(Protocol):
    """Says how far it will go."""

    def forecast(
        self,
        platform: str,
        looks: Sequence[Look],
        born: datetime,
        now: datetime,
        viral: int | None,
        language: Literal["zh", "en"],
    ) -> Forecast | None: ...


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What judging goes by. `alone`: every post is a story of its own (`replay --assume-negative`)."""

    forecaster: Forecasting
    thresholds: severity.Thresholds
    pages_at: Severity
    receivers: tuple[str, ...]
    language: Literal["zh", "en"] = "zh"
    alone: bool = False


def judge(judging: Judging, rules: Rules, *, limit: int, now: datetime) -> list[tuple[Judgement, int]]:
    """Judges every mention with news. Returns what was decided, with the incident each belongs to (0: none).

    Mentions that open or raise an incident are applied one at a time, so that a near-duplicate later in the same pass
    finds the story; the quiet rest goes in one transaction.
    """
    quiet: list[Judgement] = []
    done: list[tuple[Judgement, int]] = []
    for mention in judging.news(limit):
        judgement = decide(mention, judging, rules, now)
        if judgement.signature is None and judgement.change in ("none", "refresh"):
            quiet.append(judgement)
            continue
        done.append((judgement, judging.apply([judgement], now)[0]))
        _tell(judgement, done[-1][1])
    if quiet:
        done.extend(zip(quiet, judging.apply(quiet, now), strict=True))
    metrics.JUDGED.inc(len(done))
    return done


def decide(mention: Mention, judging: Judging, rules: Rules, now: datetime) -> Judgement:
    """What one mention asks for: its story, its incident's change, who is told, when to look again."""
    hurts = rules.thresholds.hurts(mention.brand, mention.post.platform)
    forecast = rules.forecaster.forecast(mention.post.platform, mention.looks, mention.born, now, hurts, rules.language)
    verdict = severity.judge(mention, forecast, rules.thresholds)
    aimed = mention.sentiment.aimed if mention.sentiment else 0.0
    following = _look_again(mention, verdict, aimed, hurts, rules, now)
    unheard = verdict.severity is None and mention.incident_id is None
    if unheard and (aimed < severity.BAD or mention.story_id is not None):
        return Judgement(mention=mention, verdict=verdict, **following)
    found = _story(mention, judging, rules, now)
    current = judging.incident_of(found.story_id) if found.story_id is not None else None
    is_lead = current is not None and current.lead is not None and current.lead.id == mention.id
    change = incidents.decide(verdict, current, pages_at=rules.pages_at, is_lead=is_lead)
    tells = _tells(change, current, forecast, rules)
    reasons = change.reasons
    if found.joined and change.kind in ("open", "raise"):
        reasons = (*reasons, Reason(code="near_duplicates", facts={"posts": (current.posts if current else 1) + 1}))
    return Judgement(
        mention=mention,
        verdict=replace(verdict, reasons=reasons) if reasons else verdict,
        story_id=found.story_id,
        signature=found.signature,
        bands=found.bands,
        origin=found.origin,
        change=change.kind,
        pages=change.pages,
        tells=tells,
        **following,
    )


def _look_again(
    mention: Mention, verdict: Verdict, aimed: float, hurts: int | None, rules: Rules, now: datetime
) -> dict[str, Any]:
    """When the post is looked at again, and what that look is worth."""
    certainty = aimed * min(1.0, 0.6 + 0.4 * mention.confidence)
    following = revisit.follow(
        verdict.forecast,
        mention.looks,
        mention.born,
        now,
        certainty=certainty,
        threshold=rules.thresholds.levels[rules.pages_at].risk or EVEN,
        hurts=hurts,
    )
    return {} if following is None else {"next_look": following.at, "look_worth": following.worth}


@dataclass(frozen=True, kw_only=True)
class _Story:
    """The story a mention belongs to: one that exists, or the makings of a new one."""

    story_id: int | None
    signature: bytes | None = None
    bands: tuple[int, ...] = ()
    origin: PostKey | None = None
    joined: bool = False


def _story(mention: Mention, judging: Judging, rules: Rules, now: datetime) -> _Story:
    """Same origin or near-duplicate text is one story; otherwise a new one begins."""
    if mention.story_id is not None:
        return _Story(story_id=mention.story_id)
    post = mention.post
    origin = PostKey(post.platform, post.repost_of) if post.repost_of else post.key
    if rules.alone:
        return _Story(story_id=None, signature=b"", origin=post.key)
    signature = story.signature(post.words)
    bands = story.bands(signature) if signature else ()
    known = judging.story_of(mention.brand, origin)
    if known is None and signature:
        candidates = judging.candidates(mention.brand, bands, now - SIMILAR_WITHIN)
        known = story.choose(signature, [(c.post_id, c.story_id, c.signature) for c in candidates])
    return _Story(story_id=known, signature=signature or b"", bands=bands, origin=origin, joined=known is not None)


def _tells(
    change: incidents.Change,
    current: Incident | None,
    forecast: Forecast | None,
    rules: Rules,
) -> tuple[tuple[str, NotificationKind], ...]:
    """Who hears of it: a first page to every receiver; later the living message changes, if there is one."""
    if change.pages:
        return tuple((receiver, NotificationKind.ROOT) for receiver in rules.receivers)
    paged = current is not None and current.paged_at is not None and current.state is not IncidentState.RESOLVED
    if not paged or current is None:
        return ()
    if change.kind == "raise" or (change.kind == "refresh" and policy.material(current, forecast, current.posts)):
        return tuple((receiver, NotificationKind.UPDATE) for receiver in rules.receivers)
    return ()


def _tell(judgement: Judgement, incident_id: int) -> None:
    """Counts and logs what happened to an incident."""
    worst = judgement.verdict.severity
    if worst is None or judgement.change not in ("open", "raise"):
        return
    (metrics.OPENED if judgement.change == "open" else metrics.RAISED).labels(worst.word).inc()
    log.info(
        "incident opened" if judgement.change == "open" else "incident raised",
        incident=incident_id,
        brand=judgement.mention.brand,
        post=str(judgement.mention.post.key),
        severity=worst.word,
        risk=judgement.verdict.risk,
        pages=judgement.pages,
        reasons=[reason.code for reason in judgement.verdict.reasons],
    )
