"""What those who pass a post on say of it, where its own text does not tell how bad it is.

A calm report of what somebody did reads like any other report; the people who pass it on say what it means.
"""

from dataclasses import replace

from monitor.model import EVEN, Forecast, Mention, Reason, Severity
from monitor.ports import Judging
from monitor.triage import severity
from monitor.triage.redlines import CLEARLY_LOW

VOICES = 3
"""So many authors who pass a post on with bad words for the brand outweigh a text that sounds harmless: one may be a troll, two a
quarrel."""


def heard(
    mention: Mention, forecast: Forecast | None, thresholds: severity.Thresholds, judging: Judging
) -> tuple[Mention, tuple[Reason, ...]]:
    """The mention as it is to be judged, and why: as likely bad as not, where those who pass it on say so.

    Asked only where it decides something: of a post that may go far and does not sound bad by itself.
    """
    sentiment = mention.sentiment
    if sentiment is None or forecast is None or not CLEARLY_LOW <= sentiment.aimed < severity.BAD:
        return mention, ()
    if not _goes_far(mention, forecast, thresholds):
        return mention, ()
    story = judging.story_of(mention.brand, mention.post.key)
    voices = judging.passed_on(story, mention.post.key) if story is not None else 0
    if voices < VOICES:
        return mention, ()
    own = round(sentiment.aimed, 3)
    said = Reason(code="voices", facts={"authors": voices, "own": own})
    return replace(mention, sentiment=replace(sentiment, aimed=EVEN)), (said,)


def _goes_far(mention: Mention, forecast: Forecast, thresholds: severity.Thresholds) -> bool:
    """Whether it would be shown, were it bad."""
    hurts = thresholds.hurts(mention.brand, mention.post.platform)
    level = thresholds.levels[Severity.YELLOW].risk
    likely = level > 0 and forecast.p_page is not None and forecast.p_page >= level
    return likely or (hurts is not None and forecast.median >= hurts)
