"""Which tracked posts are looked at now: gathered from the store, chosen by `spread.revisit`, paid for."""

from datetime import datetime

from monitor.model import PostKey
from monitor.ports import Intake
from monitor.spread.revisit import Purse, batch


def chosen(intake: Intake, platform: str, purse: Purse, size: int, now: datetime) -> tuple[list[PostKey], Purse]:
    """The posts of one request, empty where none is worth it now; and what is left in the purse."""
    purse = purse.filled(now)
    posts = batch(intake.tracked(platform, now, size, purse.ahead), now, size, purse.ahead)
    if not purse.affords(posts, size):
        return [], purse
    return [post.key for post in posts], purse.spent()
