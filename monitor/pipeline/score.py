"""From a waiting mention to its sentiment."""

from collections.abc import Callable, Sequence
from datetime import datetime

from monitor import metrics
from monitor.model import Sentiment
from monitor.ports import Judging


def score(
    judging: Judging, ask: Callable[[Sequence[str]], list[Sentiment | None]], *, limit: int, now: datetime
) -> int:
    """Scores the hottest waiting mentions; returns how many. A text nobody survives is set aside, not tried again."""
    waiting = judging.unscored(limit)
    if not waiting:
        return 0
    answers = ask([mention.text for mention in waiting])
    judging.save_sentiments([(mention.mention_id, s) for mention, s in zip(waiting, answers, strict=True)], now)
    poison = sum(answer is None for answer in answers)
    metrics.SCORED.labels("scored").inc(len(answers) - poison)
    metrics.SCORED.labels("failed").inc(poison)
    return len(waiting)
