"""From a waiting mention to its sentiment, and to a second opinion where a page is near."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from monitor import metrics
from monitor.journal import Page
from monitor.model import Opinion, Passage, Sentiment, Unscored
from monitor.ports import Judging
from monitor.watch.target import NOBODY, About

Ask = Callable[[Sequence[Passage]], list[Sentiment | None]]
Aside = Callable[[int, str, str], None]
"""Tells somebody that a mention was set aside: its number, what it is, and why."""


def score(
    judging: Judging,
    ask: Ask,
    about: Mapping[str, About],
    *,
    limit: int,
    now: datetime,
    page: Page | None = None,
    aside: Aside = lambda _id, _what, _why: None,
) -> int:
    """Scores the hottest waiting mentions; returns how many. A text nobody survives is set aside, not tried again. `page`: where what
    is under way is written down; `aside` hears of what ended the process twice."""
    page = page or Page()
    waiting = judging.unscored(1 if page.alone else limit)
    if not waiting:
        page.through()
        return 0
    for mention in [one for one in waiting if page.twice(one.mention_id)]:
        waiting.remove(mention)
        judging.save_sentiments([(mention.mention_id, None)], now)
        aside(mention.mention_id, f"a post on {mention.platform}", "reading its text ended the process twice")
    with page.working([mention.mention_id for mention in waiting]):
        answers = ask([passage(mention, about) for mention in waiting])
        judging.save_sentiments([(mention.mention_id, s) for mention, s in zip(waiting, answers, strict=True)], now)
    poison = sum(answer is None for answer in answers)
    metrics.SCORED.labels("scored").inc(len(answers) - poison)
    metrics.SCORED.labels("failed").inc(poison)
    return max(1, len(waiting))


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
