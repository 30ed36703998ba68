"""How early a page was: the time between it and the look at which its post had what hurts."""

from datetime import datetime

from monitor.model import Incident, Look, Mention
from monitor.spread.features import unit_of


def lead(mention: Mention, hurts: int | None, paged_at: datetime | None) -> float | None:
    """Seconds people had before the post reached `hurts`, in its platform's unit; 0.0 where it was paged at that look or later.

    None: nobody was paged for it, it does not hurt, or that look was judged before.
    """
    unit = unit_of(mention.post.platform, mention.looks)
    if hurts is None or unit is None or paged_at is None:
        return None
    at = next((number for number, look in enumerate(mention.looks) if _reach(look, unit) >= hurts), None)
    if at is None or at < len(mention.looks) - mention.news:
        return None
    return max(0.0, (mention.born - paged_at).total_seconds() + mention.looks[at].age)


def paged(current: Incident | None, now: datetime, *, pages: bool, is_lead: bool) -> datetime | None:
    """When people were paged for this post; None: they were not, or for another one."""
    if pages:
        return now
    return current.paged_at if current is not None and is_lead else None


def _reach(look: Look, unit: str) -> int:
    count = getattr(look.counts, unit)
    return 0 if count is None else int(count.value)
