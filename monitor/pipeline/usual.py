"""What posts usually come to here, kept up to date from the store."""

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from monitor.platforms import UNITS
from monitor.ports import Judging
from monitor.spread.forecast import FITTED
from monitor.spread.usual import NEWEST, Sizes, Usual

DAY = timedelta(days=1)
EVERY = timedelta(minutes=10)
"""Two hundred posts change slowly."""

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Experience:
    """Asks the store at most every ten minutes for the posts that became a day old since. A restart reads the newest again."""

    def __init__(self, judging: Judging) -> None:
        self._judging = judging
        self._usual = Usual()
        self._others: dict[str, _Others] = {}
        self._known_until: datetime | None = None

    def sizes(self, now: datetime) -> Sizes:
        """How far posts usually go, as known at `now`."""
        self._keep_up(now)
        return self._usual.sizes

    def others(self, now: datetime) -> Mapping[str, Sequence[int]]:
        """What posts had after a day on each platform whose curves were not learnt, as known at `now`; rising."""
        self._keep_up(now)
        return {platform: others.rising for platform, others in self._others.items()}

    def _keep_up(self, now: datetime) -> None:
        since = self._known_until
        if since is not None and since <= now < since + EVERY:
            return
        if since is None or now < since:
            self._usual, self._others, since = Usual(), {}, None
        after, until = (since or _LONG_AGO + DAY) - DAY, now - DAY
        for platform, unit in UNITS.items():
            if unit is None:
                continue
            came = self._judging.finished(platform, unit, after, until, NEWEST)
            if platform == FITTED:
                self._usual.add(came)
            elif came:
                self._others.setdefault(platform, _Others()).add(came)
        self._known_until = now


class _Others:
    """The newest finished posts of one platform."""

    def __init__(self) -> None:
        self._newest: deque[int] = deque(maxlen=NEWEST)
        self.rising: list[int] = []

    def add(self, reaches: Sequence[int]) -> None:
        self._newest.extend(reaches)
        self.rising = sorted(self._newest)
