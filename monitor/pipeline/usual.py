"""What posts usually come to here, kept up to date from the store."""

from datetime import UTC, datetime, timedelta

from monitor.ports import Judging
from monitor.spread.forecast import FITTED
from monitor.spread.usual import NEWEST, Sizes, Usual

DAY = timedelta(days=1)
EVERY = timedelta(minutes=10)
"""Two hundred posts change slowly."""


class Experience:
    """Asks the store at most every ten minutes for the posts that became a day old since. A restart reads the newest again."""

    def __init__(self, judging: Judging) -> None:
        self._judging = judging
        self._usual = Usual()
        self._known_until: datetime | None = None

    def sizes(self, now: datetime) -> Sizes:
        """How far posts usually go, as known at `now`."""
        since = self._known_until
        if since is None or now - since >= EVERY or now < since:
            if since is not None and now < since:
                self._usual, since = Usual(), None
            after = (since or datetime.min.replace(year=1970, tzinfo=UTC) + DAY) - DAY
            self._usual.add(self._judging.finished(FITTED, after, now - DAY, NEWEST))
            self._known_until = now
        return self._usual.sizes
