"""How bad a mention is now, and why: one risk, plain thresholds, reasons in facts. Pure.

risk = P(bad for the brand) x P(reach >= what hurts) x confidence of the match. Where a platform has no curves there is no
P(reach), so no risk: counts and growth speak for themselves. First sight is not news: what a post had when it was
found late or in a backlog is background, and only what it gained since may page.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from monitor.model import Availability, Forecast, Mention, Reason, Sentiment, Severity, Verdict

LATE = timedelta(minutes=30)
"""A post older than this at first sight was found late: its first look is no sign of speed."""

BAD = 0.5
"""From this P(aimed) on a mention counts as bad for the brand; thresholds on counts ask for it."""

STILL_TO_COME = 0.25
"""A post found late must be expected to gain this share of `viral` since first sight before it may page."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Level:
    """When a mention reaches one severity; 0 turns a key off.

    `risk`: at least this risk, while the median reach is at least `reach` times what hurts. `reposts`: at least this
    many reposts. `views`: at least this many views.
    """

    risk: float = 0.0
    reach: float = 0.0
    reposts: int = 0
    views: int = 0


DEFAULT_LEVELS: Mapping[Severity, Level] = {
    Severity.RED: Level(risk=0.9, reach=10.0, reposts=5000),
    Severity.ORANGE: Level(risk=0.7, reposts=500),
    Severity.YELLOW: Level(risk=0.35),
    Severity.BLUE: Level(risk=0.15),
}

DEFAULT_VIRAL: Mapping[str, int] = {"weibo": 500, "xiaohongshu": 2000}
"""What hurts, in the platform's own unit. 500 reposts is also the evidence threshold of the 2013 interpretation by the
Supreme People's Court and Procuratorate."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Thresholds:
    """The levels, and what hurts by platform for each brand."""

    levels: Mapping[Severity, Level] = field(default_factory=lambda: DEFAULT_LEVELS)
    viral: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def hurts(self, brand: str, platform: str) -> int | None:
        """The reach that hurts this brand there; None where nobody has said."""
        return self.viral.get(brand, {}).get(platform, DEFAULT_VIRAL.get(platform))


def judge(mention: Mention, forecast: Forecast | None, thresholds: Thresholds) -> Verdict:
    """What a mention deserves now. `severity` None: not bad, gone, nothing known, or nothing new since it was found."""
    sentiment = mention.sentiment
    if sentiment is None or forecast is None or not mention.looks:
        return Verdict(severity=None, risk=None, forecast=forecast)
    late = mention.background or mention.first_seen - mention.born > LATE
    hurts = thresholds.hurts(mention.brand, mention.post.platform)
    weight = min(1.0, 0.6 + 0.4 * mention.confidence)
    risk = None if forecast.p_page is None else sentiment.aimed * forecast.p_page * weight
    if mention.looks[-1].availability is not Availability.VISIBLE or (late and not _gains(mention, forecast, hurts)):
        return Verdict(severity=None, risk=risk, forecast=forecast, found_late=late)
    for severity, level in sorted(thresholds.levels.items(), reverse=True):
        reasons = _reached(severity, level, mention, sentiment, forecast, risk, hurts)
        if reasons:
            return Verdict(
                severity=severity,
                risk=risk,
                forecast=forecast,
                reasons=(*reasons, *_context(mention, sentiment, forecast, late)),
                found_late=late,
            )
    return Verdict(severity=None, risk=risk, forecast=forecast, found_late=late)


def _gains(mention: Mention, forecast: Forecast, hurts: int | None) -> bool:
    """Whether a post found late is seen to grow, and enough of that growth is still to come."""
    known = [count for look in mention.looks if (count := _count(look.counts, forecast.unit)) is not None]
    if len(known) < 2 or known[-1] <= known[0]:
        return False
    return hurts is None or forecast.median - known[0] >= STILL_TO_COME * hurts


def _reached(
    severity: Severity,
    level: Level,
    mention: Mention,
    sentiment: Sentiment,
    forecast: Forecast,
    risk: float | None,
    hurts: int | None,
) -> tuple[Reason, ...]:
    """Why the mention reaches this level; empty where it does not."""
    found: list[Reason] = []
    if level.risk and risk is not None and risk >= level.risk and forecast.median >= level.reach * (hurts or 0):
        found.append(Reason(code="risk", facts={"risk": round(risk, 3), "threshold": level.risk}))
    if sentiment.aimed < BAD:
        return tuple(found)
    if level.reposts and forecast.unit == "reposts" and forecast.now >= level.reposts:
        facts = {"now": forecast.now, "threshold": level.reposts, "unit": forecast.unit}
        found.append(Reason(code="count_ceiling", facts=facts))
    elif severity is Severity.ORANGE and hurts and forecast.now >= hurts:
        found.append(
            Reason(code="count_ceiling", facts={"now": forecast.now, "threshold": hurts, "unit": forecast.unit})
        )
    views = _count(mention.looks[-1].counts, "views")
    if level.views and views is not None and views >= level.views:
        found.append(Reason(code="views", facts={"now": views, "threshold": level.views, "unit": "views"}))
    grows = risk is None and severity is Severity.YELLOW and hurts is not None and forecast.median >= hurts
    if grows and forecast.per_minute > 0:
        facts = {"per_minute": round(forecast.per_minute, 2), "unit": forecast.unit, "now": forecast.now}
        found.append(Reason(code="growth", facts=facts))
    return tuple(found)


def _context(mention: Mention, sentiment: Sentiment, forecast: Forecast, late: bool) -> tuple[Reason, ...]:
    """What a reader should know beside the threshold that was crossed."""
    told: list[Reason] = []
    if forecast.p_viral is not None:
        facts = {"p_viral": round(forecast.p_viral, 3), "unit": forecast.unit, "median": round(forecast.median)}
        told.append(Reason(code="forecast", facts=facts))
    evidence = list(sentiment.evidence)
    told.append(Reason(code="aimed", facts={"aimed": round(sentiment.aimed, 3), "evidence": evidence}))
    if late:
        age = (mention.first_seen - mention.born).total_seconds() / 60
        told.append(Reason(code="found_late", facts={"first_seen_age_min": round(age), "now": forecast.now}))
    if mention.confidence < 1:
        told.append(Reason(code="low_confidence", facts={"confidence": mention.confidence}))
    return tuple(told)


def _count(counts: object, unit: str) -> int | None:
    count = getattr(counts, unit, None)
    return None if count is None else int(count.value)
