"""From a waiting mention to its sentiment, and to a second opinion where a page is near."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from monitor import metrics
from monitor.model import Opinion, Passage, Sentiment, Unscored
from monitor.ports import Judging
from monitor.triage.severity import BAD
from monitor.watch.target import NOBODY, About

Ask = Callable[[Sequence[Passage]], list[Sentiment | None]]


def score(
    judging: Judging,
    ask: Ask,
    about: Mapping[str, About],
    *,
    limit: int,
    now: datetime,
) -> int:
    """Scores the hottest waiting mentions; returns how many. A text nobody survives is set aside, not tried again: it is read in a
    process of its own, which is all that it can end."""
    waiting = judging.unscored(limit)
    if not waiting:
        return 0
    answers = ask([passage(mention, about) for mention in waiting])
    judging.save_sentiments([(mention.mention_id, s) for mention, s in zip(waiting, answers, strict=True)], now)
    for mention, answer in zip(waiting, answers, strict=True):
        if answer is not None:
            bad = "yes" if answer.aimed >= BAD else "no"
            metrics.BRAND_MENTIONS.labels(metrics.brand(mention.brand), bad).inc()
    poison = sum(answer is None for answer in answers)
    metrics.SCORED.labels("scored").inc(len(answers) - poison)
    metrics.SCORED.labels("failed").inc(poison)
    return len(waiting)


def second(judging: Judging, ask: Ask, about: Mapping[str, About], *, limit: int, now: datetime) -> int:
    """Asks another engine about the mentions near a page; returns how many. What it does not survive it has no opinion of."""
    near = judging.doubtful(limit)
    if not near:
        return 0
    answers = ask([passage(mention, about) for mention in near])
    judging.save_opinions(
        [
            (mention.mention_id, Opinion(answer.negative, answer.engine) if answer else UNREADABLE)
            for mention, answer in zip(near, answers, strict=True)
        ],
        now,
    )
    return len(near)


UNREADABLE = Opinion(0.5, "")
"""An engine's silence: written down, so that it is not asked again."""


def passage(mention: Unscored, about: Mapping[str, About]) -> Passage:
    """What the scorer reads."""
    names, rivals = about.get(mention.brand, NOBODY)
    return Passage(mention.text, names, rivals, mention.platform)
