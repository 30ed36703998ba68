"""From a scored mention with news to its story, its incident and who is told."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal, Protocol

import structlog

from alerts import policy
from monitor import metrics
from monitor.errors import StoreError
from monitor.journal import Page
from monitor.model import (
    ENDED,
    EVEN,
    Availability,
    Forecast,
    Incident,
    Mention,
    NotificationKind,
    Severity,
    Verdict,
)
from monitor.pipeline import joining, voices
from monitor.pipeline.lead import lead, paged
from monitor.ports import Judgement, Judging
from monitor.spread import revisit, surge
from monitor.spread.doubt import UNPROVEN
from monitor.spread.forecast import Ask
from monitor.spread.usual import EXPECTED, Sizes
from monitor.triage import complaint, severity, topic
from monitor.triage import incident as incidents
from monitor.triage.redlines import CLEARLY_LOW, NOTHING, Touched

log = structlog.get_logger()


class Forecasting(Protocol):
    """Says how far it will go."""

    def forecasts(
        self,
        asks: Sequence[Ask],
        language: Literal["zh", "en"],
        sizes: Sizes,
    ) -> list[Forecast | None]: ...


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What judging goes by. `brands` are looked at for surges. `redlines` says for each brand which lines a text touches.
    `alone`: every post is a story of its own (`replay --assume-negative`). `route` None: every receiver is paged from `pages_at` on."""

    forecaster: Forecasting
    thresholds: severity.Thresholds
    pages_at: Severity
    receivers: tuple[str, ...]
    language: Literal["zh", "en"] = "zh"
    alone: bool = False
    brands: tuple[str, ...] = ()
    surges: surge.Limits = field(default_factory=surge.Limits)
    redlines: Mapping[str, Callable[[str], Touched]] = field(default_factory=dict)
    route: policy.Route | None = None

    def pages_from(self, brand: str) -> Severity:
        """The level from which people are woken for a brand."""
        return (policy.pages_from(self.route, brand) if self.route else None) or self.pages_at

    def tells(
        self, brand: str, level: Severity, current: Incident | None, *, pages: bool, stirs: bool
    ) -> tuple[tuple[str, NotificationKind], ...]:
        """Who hears of an incident's change, and how (`policy.tells`)."""
        route = self.route or policy.pages_everyone(self.receivers, self.pages_at)
        paged, was = (False, None) if current is None else (current.paged_at is not None, current.severity)
        return policy.tells(route, brand, level, pages=pages, stirs=stirs, paged=paged, was=was)


Aside = Callable[[int, str, str], None]
"""Sets a mention aside: its number, what it is, and why. Somebody is told."""


def judge(
    judging: Judging,
    rules: Rules,
    *,
    limit: int,
    now: datetime,
    sizes: Sizes = EXPECTED,
    others: Mapping[str, Sequence[int]] = MappingProxyType({}),
    page: Page | None = None,
    aside: Aside | None = None,
) -> list[tuple[Judgement, int]]:
    """Judges every mention with news. Returns what was decided, with the incident each belongs to (0: none).

    `sizes`: how far posts usually go here; `others`: what they had after a day on platforms without curves. `page`: where what is under way is written down; `aside` sets a mention aside that cannot be
    judged, or that ended the process twice; None: that is raised.

    Mentions that open or raise an incident are applied one at a time, so that a near-duplicate later in the same pass
    finds the story; the quiet rest goes in one transaction.
    """
    page = page or Page()
    quiet: list[Judgement] = []
    done: list[tuple[Judgement, int]] = []
    mentions = judging.news(1 if page.alone else limit)
    if aside is not None:
        for mention in [one for one in mentions if page.twice(one.id)]:
            mentions.remove(mention)
            aside(mention.id, str(mention.post.key), "judging it ended the process twice")
    with page.working([mention.id for mention in mentions]):
        asked = [ask(mention, rules, now, others.get(mention.post.platform, ())) for mention in mentions]
        forecasts = rules.forecaster.forecasts(asked, rules.language, sizes)
    for mention, question, first in zip(mentions, asked, forecasts, strict=True):
        try:
            # What a kill from outside may find under way is as short as it can be, or two kills cost a page.
            with page.working([mention.id]):
                forecast = _on_every_look(mention, question, first, judging, rules, sizes)
                judgement = decide(mention, forecast, judging, rules, now)
            _count(judgement, forecast)
            if judgement.signature is None and judgement.change in ("none", "refresh"):
                quiet.append(judgement)
                continue
            done.append((judgement, judging.apply([judgement], now)[0]))
        except StoreError:
            raise
        except Exception as error:
            if aside is None:
                raise
            log.exception("a mention could not be judged", post=str(mention.post.key))
            aside(mention.id, str(mention.post.key), f"it could not be judged ({type(error).__name__})")
            continue
        report(judgement, done[-1][1])
    if quiet:
        done.extend(zip(quiet, judging.apply(quiet, now), strict=True))
    metrics.JUDGED.inc(len(done))
    return done


def _count(judgement: Judgement, forecast: Forecast | None) -> None:
    says = "none" if forecast is None else "growth" if forecast.p_viral is None else "chance"
    metrics.FORECASTS.labels(says).inc()
    if judgement.lead is not None:
        metrics.LEAD_SECONDS.observe(judgement.lead)


def _on_every_look(
    mention: Mention, question: Ask, first: Forecast | None, judging: Judging, rules: Rules, sizes: Sizes
) -> Forecast | None:
    """The forecast of every look, where one of a few looks of a long history is about to make a page or is held for bots: whether they
    brought a post there shows in looks that lie close together. `first` where that is not so, or the looks are gone."""
    if first is None or not (first.shoved or _pages(mention, first, rules)):
        return first
    looks = judging.every_look(mention)
    if len(looks) <= len(mention.looks):
        return first
    return rules.forecaster.forecasts([replace(question, looks=looks)], rules.language, sizes)[0]


def _pages(mention: Mention, forecast: Forecast, rules: Rules) -> bool:
    """Whether a forecast is about to make a page of a mention that was none, and is bad or may be called so by `voices`."""
    pages_from, sentiment = rules.pages_from(mention.brand), mention.sentiment
    if (forecast.p_page or 0) <= UNPROVEN or (mention.severity or 0) >= pages_from:
        return False
    if sentiment is None or sentiment.aimed < CLEARLY_LOW:
        return False
    bad = replace(mention, sentiment=replace(sentiment, aimed=max(sentiment.aimed, EVEN)))
    severe = severity.judge(bad, forecast, rules.thresholds).severity
    return severe is not None and severe >= pages_from


def ask(mention: Mention, rules: Rules, now: datetime, others: Sequence[int] = ()) -> Ask:
    """What the forecast is asked of a mention."""
    platform = mention.post.platform
    hurts = rules.thresholds.hurts(mention.brand, platform)
    return Ask(platform=platform, looks=mention.looks, born=mention.born, now=now, viral=hurts, others=others)


def decide(mention: Mention, forecast: Forecast | None, judging: Judging, rules: Rules, now: datetime) -> Judgement:
    """What one mention asks for: its story, its incident's change, who is told, when to look again."""
    mention, told = voices.heard(mention, forecast, rules.thresholds, judging)
    aimed = mention.sentiment.aimed if mention.sentiment else 0.0
    touched = _touched(mention, aimed, rules)
    verdict = topic.judge(mention, severity.judge(mention, forecast, rules.thresholds, touched), touched)
    if told and verdict.severity is not None:
        verdict = replace(verdict, reasons=(*verdict.reasons, *told))
    if found_odd := severity.odd(mention, now):
        log.warning("what was seen is odd", post=str(mention.post.key), brand=mention.brand, odd=list(found_odd))
    following = _look_again(mention, verdict, rules, now)
    unheard = verdict.severity is None and mention.incident_id is None
    # A complaint that names its customer or order has a story however mild it is: the next time it comes in, it is known.
    alone = aimed < severity.BAD and not complaint.names_somebody(mention.post)
    if unheard and (alone or mention.story_id is not None):
        return Judgement(mention=mention, verdict=verdict, **following)
    lines = rules.redlines.get(mention.brand)
    found = joining.place(mention, judging, now, alone=rules.alone, touched=touched, lines=lines)
    current = judging.incident_of(found.story_id) if found.story_id is not None else None
    is_lead = current is not None and current.lead is not None and current.lead.id == mention.id
    change = incidents.decide(
        verdict,
        current,
        pages_at=rules.pages_from(mention.brand),
        is_lead=is_lead,
        visible=not mention.looks or mention.looks[-1].availability is Availability.VISIBLE,
        now=now,
        settled=rules.thresholds.settled,
    )
    hot = topic.news(verdict.reasons, current.reasons if current is not None else ())
    climbs = hot is not None and current is not None and current.state not in ENDED
    stirs = climbs or _stirs(change, current, forecast, joins=found.joined)
    hurts = rules.thresholds.hurts(mention.brand, mention.post.platform)
    tells = _tells(change, current, rules, mention.brand, stirs=stirs)
    reasons = change.reasons
    if change.kind == "open" and mention.story_id is not None and not rules.alone:
        found = replace(found, same=joining.event_of(mention, judging, now, within=mention.story_id))
    if change.kind in ("open", "raise"):
        reasons = joining.beside(reasons, found, current)
        reasons = tuple(hot if hot is not None and reason.code == hot.code else reason for reason in reasons)
    return Judgement(
        mention=mention,
        verdict=replace(verdict, reasons=reasons) if reasons else verdict,
        story_id=found.story_id,
        signature=found.signature,
        bands=found.bands,
        origin=found.origin,
        change=change.kind,
        level=change.severity,
        calm_since=change.calm_since,
        incident_id=current.id if current is not None else None,
        act=change.act,
        because=change.because,
        wakes=change.wakes,
        stirs=stirs,
        pages=change.pages,
        tells=tells,
        notes=(*joining.notes(found, current), *((hot,) if hot is not None else ())),
        lead=lead(mention, hurts, paged(current, now, pages=change.pages, is_lead=is_lead)),
        **following,
    )


def _touched(mention: Mention, aimed: float, rules: Rules) -> Touched:
    """The red lines its text touches; not read where P(aimed) rules them out."""
    read = rules.redlines.get(mention.brand)
    return NOTHING if read is None or aimed < CLEARLY_LOW else read(mention.post.words)


def _look_again(mention: Mention, verdict: Verdict, rules: Rules, now: datetime) -> dict[str, Any]:
    """When the post is looked at again, and what that look is worth; nothing of one that cannot be looked at."""
    if revisit.once(mention.post.platform, mention.post.kind):
        return {}
    following = revisit.follow(
        verdict.forecast,
        mention.looks,
        mention.born,
        now,
        certainty=severity.certainty(mention),
        threshold=rules.thresholds.levels[rules.pages_from(mention.brand)].risk or EVEN,
        hurts=rules.thresholds.hurts(mention.brand, mention.post.platform),
    )
    return {} if following is None else {"next_look": following.at, "look_worth": following.worth}


def _stirs(change: incidents.Change, current: Incident | None, forecast: Forecast | None, *, joins: bool) -> bool:
    """Whether anything worth telling happened to it. `joins`: the mention is new to the incident, as one more row of it."""
    if change.kind in ("open", "raise", "lower"):
        return True
    if current is None or current.state in ENDED:
        return False
    grown = joins and policy.material(current, current.forecast, current.posts + 1)
    return grown or (change.kind == "refresh" and policy.material(current, forecast, current.posts))


def _tells(
    change: incidents.Change, current: Incident | None, rules: Rules, brand: str, *, stirs: bool
) -> tuple[tuple[str, NotificationKind], ...]:
    """Who hears of it: a page, or a message, where it begins; later the living message changes, where there is one."""
    level = change.severity or (current.severity if current else None)
    if level is None:
        return ()
    over = current is not None and current.state in ENDED
    news = change.kind in ("open", "raise") or (stirs and current is not None and not over)
    return rules.tells(brand, level, current, pages=change.pages, stirs=news)


def report(judgement: Judgement, incident_id: int) -> None:
    """Counts and logs what happened to an incident."""
    if judgement.change == "lower" and judgement.level is not None:
        log.info("incident lowered", incident=incident_id, severity=judgement.level.word)
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
