"""How bad a mention is now, and why: one risk, plain thresholds, reasons in facts. Pure.

risk = P(bad for the brand) x P(reach >= what hurts) x confidence of the match, where more likely bad than not is bad. Where a platform has no curves there is no
P(reach), so no risk: counts and growth speak for themselves. First sight is not news: what a post had when it was
found late or in a backlog is background, and only what it gained since may page.

A red line needs no forecast: a post that touches one is orange while it is news, however small; one that hardly sounds like a
complaint is yellow until people pass it on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.model import COUNTERS, Author, Availability, Forecast, Mention, Reason, Sentiment, Severity, Verdict
from monitor.triage import redlines
from monitor.triage.incident import SETTLED
from monitor.watch.text import fold

LATE = timedelta(minutes=30)
"""A post older than this at first sight was found late: its first look is no sign of speed."""

BAD = 0.5
"""From this P(aimed) on a mention counts as bad for the brand; thresholds on counts ask for it."""

STILL_TO_COME = 0.25
"""A post found late must be expected to gain this share of `viral` since first sight before it may page."""

FRESH = timedelta(hours=24)
"""A red line that is found within this time of its publication is news; found later, only when it is seen to grow."""

EARNEST, HEARD = 0.25, 30
"""From this P(aimed) on a red line pages at once; below it, when so many have passed the post on, and until then it is shown. In a
feed jokes in words of harm ("I could die for it") are a hundred times as many as harms told so calmly: of those that touch a line,
nine jokes of ten lie below, and one harm of eight. Where the text itself speaks for another reading (a joke's mark, an advert, thanks)
it pages from `BAD` on and is only shown below: jokes are what people pass on. Of 310 harms of the rehearsals that costs six their page."""

FASTEST = 10_000
"""Reposts a minute that no post has ever gathered in its first half hour. What shows more was published earlier than it says,
or the counter is wrong; so it counts as found late."""

AHEAD = timedelta(minutes=5)
"""Clocks of platforms and vendors differ by this much; a time further ahead of ours is wrong."""

OFFICIAL = (
    "央视", "人民日报", "新华社", "新华网", "人民网", "中国新闻网", "中新社", "中新网", "光明日报", "经济日报", "中国青年报", "法治日报", "检察日报",
    "环球时报", "澎湃新闻", "新京报", "市场监管", "市监", "消费者协会", "消保委", "消协", "网信", "公安", "警方", "消防", "药监", "卫健",
    "应急管理", "法院", "检察院", "教育部", "教育局", "工信", "证监", "金融监管", "税务", "人民政府",
)  # fmt: skip
"""Verified accounts whose name holds one of these speak for a state medium or an authority; `official` in the configuration
replaces the list."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Level:
    """When a mention reaches one severity; 0 turns a key off.

    `risk`: at least this risk, while the median reach is at least `reach` times what hurts. `reposts`: at least this
    many reposts. `views`: at least this many views. `official`: a state medium or an authority says it.
    """

    risk: float = 0.0
    reach: float = 0.0
    reposts: int = 0
    views: int = 0
    official: bool = False


DEFAULT_LEVELS: Mapping[Severity, Level] = {
    Severity.RED: Level(risk=0.9, reach=10.0, reposts=5000),
    Severity.ORANGE: Level(risk=0.85, reposts=500, views=5000, official=True),
    Severity.YELLOW: Level(risk=0.35),
    Severity.BLUE: Level(risk=0.15),
}

DEFAULT_VIRAL: Mapping[str, int] = {
    "weibo": 500,
    "xiaohongshu": 2000,
    "douyin": 2000,
    "kuaishou": 2000,
    "zhihu": 2000,
    "tieba": 500,
}
"""What hurts, in the platform's own unit (`monitor.platforms`). 500 reposts, and 5,000 views, are also the evidence threshold of
the 2013 interpretation by the Supreme People's Court and Procuratorate. Where likes are counted they count as on Xiaohongshu, replies
as reposts do, until a brand says otherwise. Where views are counted `Level.views` speaks. A review or a complaint is no broadcast:
those hurt by their number."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Thresholds:
    """The levels, what hurts by platform for each brand, whose names are official. `settled`: how long a post must have been calm
    before its incident is shown one level lower."""

    levels: Mapping[Severity, Level] = field(default_factory=lambda: DEFAULT_LEVELS)
    viral: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    official: tuple[str, ...] = OFFICIAL
    settled: timedelta = SETTLED

    def hurts(self, brand: str, platform: str) -> int | None:
        """The reach that hurts this brand there; None where nobody has said."""
        return self.viral.get(brand, {}).get(platform, DEFAULT_VIRAL.get(platform))


def judge(
    mention: Mention,
    forecast: Forecast | None,
    thresholds: Thresholds,
    touched: redlines.Touched = redlines.NOTHING,
) -> Verdict:
    """What a mention deserves now. `severity` None: not bad, gone, nothing known, or nothing new since it was found."""
    sentiment = mention.sentiment
    if sentiment is None or not mention.looks:
        return Verdict(severity=None, risk=None, forecast=forecast)
    p_page = None if forecast is None else forecast.p_page
    risk = None if p_page is None else certainty(mention) * p_page
    late = mention.background or mention.first_seen - mention.born > LATE
    verdict = Verdict(severity=None, risk=risk, forecast=forecast, found_late=late)
    if mention.looks[-1].availability is not Availability.VISIBLE:
        return verdict
    severity: Severity | None = None
    reasons: tuple[Reason, ...] = ()
    if forecast is not None:
        severity, reasons = _by_thresholds(mention, sentiment, forecast, thresholds, risk)
    if touched.touches and sentiment.aimed >= touched.needed and _is_news(mention):
        earnest = sentiment.aimed >= (BAD if touched.doubtful else EARNEST)
        pages = earnest or (not touched.doubtful and _passed_on(mention))
        severity = max(Severity.ORANGE if pages else Severity.YELLOW, severity or Severity.BLUE)
        reasons = (_red_line(touched, mention, forecast), *reasons)
    if severity is None:
        return verdict
    told = (*reasons, *_context(mention, sentiment, forecast, late))
    return Verdict(severity=severity, risk=risk, forecast=forecast, reasons=told, found_late=late)


def certainty(mention: Mention) -> float:
    """What the chance of reach is multiplied with to make the risk: P(bad for the brand), and how surely it is about us.

    From `BAD` on a post counts as bad, here as where its reposts are counted. Were 0.8 left as 0.8, no forecast could bring it over
    the line of orange: it would page when it has what hurts, and until then be looked at once an hour.
    """
    aimed = mention.sentiment.aimed if mention.sentiment else 0.0
    return (1.0 if aimed >= BAD else aimed) * min(1.0, 0.6 + 0.4 * mention.confidence)


def odd(mention: Mention, now: datetime) -> tuple[str, ...]:
    """What cannot be as it is shown, of the looks that came in since the last judgement: for the log, so that an operator
    sees which feed or clock is wrong. Nothing is decided here."""
    new = mention.looks[-mention.news :] if mention.news else ()
    # What holds of the post itself is told once, not with each look: logs would hold nothing else.
    first = len(new) == len(mention.looks)
    told: dict[str, None] = {}
    if any(look.seen_at > now + AHEAD for look in new):
        told["seen in the future"] = None
    if first and mention.post.posted_at is not None and mention.post.posted_at > mention.first_seen + AHEAD:
        told["published after it was seen"] = None
    for name in COUNTERS:
        shown = [count for look in new if (count := _count(look.counts, name)) is not None]
        if any(count < 0 for count in shown):
            told[f"{name} below zero"] = None
    if first and _too_fast(mention):
        told["more reposts at first sight than its age allows"] = None
    return tuple(told)


def _by_thresholds(
    mention: Mention,
    sentiment: Sentiment,
    forecast: Forecast,
    thresholds: Thresholds,
    risk: float | None,
) -> tuple[Severity | None, tuple[Reason, ...]]:
    """The highest level that is reached, and by what."""
    hurts = thresholds.hurts(mention.brand, mention.post.platform)
    if _is_background(mention) and not _gains(mention, forecast, hurts):
        return None, ()
    official = _is_official(mention.post.author, thresholds.official)
    for severity, level in sorted(thresholds.levels.items(), reverse=True):
        reasons = _reached(severity, level, mention, sentiment, forecast, risk, hurts)
        if level.official and official and sentiment.aimed >= BAD:
            reasons = (Reason(code="official", facts={"author": mention.post.author.name}), *reasons)
        if reasons:
            return severity, reasons
    return None, ()


def _is_official(author: Author, names: tuple[str, ...]) -> bool:
    if not author.verified:
        return False
    name = fold(author.name)
    return any(fold(part) in name for part in names)


def _too_fast(mention: Mention) -> bool:
    """Whether the first look shows more than a post of its age can have gathered."""
    first = mention.looks[0]
    reposts = _count(first.counts, "reposts") or 0
    return reposts > FASTEST * (1 + max(first.age, 0.0) / 60)


def _is_background(mention: Mention) -> bool:
    """Whether what the first look showed is no sign of speed: found late, in a backlog, or more than can be."""
    return mention.background or mention.first_seen - mention.born > LATE or _too_fast(mention)


def _is_news(mention: Mention) -> bool:
    """Whether a red line is news: found soon, or seen to grow since it was found."""
    if not mention.background and mention.first_seen - mention.born <= FRESH and not _too_fast(mention):
        return True
    first, last = mention.looks[0].counts, mention.looks[-1].counts
    return any(
        (_count(last, name) or 0) > (_count(first, name) or 0) for name in COUNTERS if _count(first, name) is not None
    )


def _passed_on(mention: Mention) -> bool:
    """Whether people have passed it on; where a platform shows no reposts, likes stand in for them."""
    last = mention.looks[-1].counts
    return (_count(last, "likes" if last.reposts is None else "reposts") or 0) >= HEARD


def _red_line(touched: redlines.Touched, mention: Mention, forecast: Forecast | None) -> Reason:
    unit = forecast.unit if forecast else "reposts"
    now = forecast.now if forecast else _count(mention.looks[-1].counts, unit)
    return Reason(
        code="red_line",
        facts={
            "harms": [touch.harm for touch in touched.touches],
            "zh": [touch.zh for touch in touched.touches],
            "en": [touch.en for touch in touched.touches],
            "words": list(touched.touches[0].words[:3]),
            "now": now,
            "unit": unit,
        },
    )


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
    meant = forecast.now - forecast.shoved
    if level.reposts and forecast.unit == "reposts" and meant >= level.reposts:
        facts = {"now": forecast.now, "threshold": level.reposts, "unit": forecast.unit}
        found.append(Reason(code="count_ceiling", facts=facts))
    elif severity is Severity.ORANGE and hurts and meant >= hurts:
        found.append(
            Reason(code="count_ceiling", facts={"now": forecast.now, "threshold": hurts, "unit": forecast.unit})
        )
    elif severity is Severity.YELLOW and hurts and forecast.now >= hurts > meant:
        facts = {"now": forecast.now, "threshold": hurts, "unit": forecast.unit, "shoved": forecast.shoved}
        found.insert(0, Reason(code="shoved", facts=facts))
    views = _count(mention.looks[-1].counts, "views")
    if level.views and views is not None and views >= level.views:
        found.append(Reason(code="views", facts={"now": views, "threshold": level.views, "unit": "views"}))
    grows = risk is None and severity is Severity.YELLOW and hurts is not None and forecast.median >= hurts
    if grows and forecast.per_minute > 0:
        facts = {"per_minute": round(forecast.per_minute, 2), "unit": forecast.unit, "now": forecast.now}
        found.append(Reason(code="growth", facts=facts))
    return tuple(found)


def _context(mention: Mention, sentiment: Sentiment, forecast: Forecast | None, late: bool) -> tuple[Reason, ...]:
    """What a reader should know beside the threshold that was crossed."""
    told: list[Reason] = []
    if forecast is not None and forecast.p_viral is not None:
        facts = {"p_viral": round(forecast.p_viral, 3), "unit": forecast.unit, "median": round(forecast.median)}
        told.append(Reason(code="forecast", facts=facts))
    evidence = list(sentiment.evidence)
    told.append(Reason(code="aimed", facts={"aimed": round(sentiment.aimed, 3), "evidence": evidence}))
    if late:
        age = (mention.first_seen - mention.born).total_seconds() / 60
        told.append(
            Reason(
                code="found_late", facts={"first_seen_age_min": round(age), "now": forecast.now if forecast else None}
            )
        )
    if mention.confidence < 1:
        told.append(Reason(code="low_confidence", facts={"confidence": mention.confidence}))
    return tuple(told)


def _count(counts: object, unit: str) -> int | None:
    count = getattr(counts, unit, None)
    return None if count is None else int(count.value)
