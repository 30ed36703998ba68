"""Which tracked posts share a request, and what it costs."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

from monitor.model import PostKey
from monitor.pipeline import again
from monitor.ports import Intake
from monitor.spread.revisit import AHEAD, Purse, Tracked
from tests.builders import NOON


@dataclass
class Offers:
    """A store with one post that is due and one that will be in twenty minutes; how far it was asked to look ahead."""

    asked: list[timedelta] = field(default_factory=list)

    def tracked(self, platform: str, now: datetime, limit: int, ahead: timedelta) -> list[Tracked]:
        del limit
        self.asked.append(ahead)
        seen = now - timedelta(hours=1)
        return [
            Tracked(
                key=PostKey(platform, str(minutes)), due=now + timedelta(minutes=minutes), worth=0.1, last_seen=seen
            )
            for minutes in (0, 20)
            if timedelta(minutes=minutes) <= ahead
        ]


def test_where_requests_are_rare_one_takes_along_what_is_due_before_the_next() -> None:
    offers = Offers()
    often, rarely = Purse.of(2_000, 86_400.0), Purse.of(50, 86_400.0)
    keys, _ = again.chosen(cast(Intake, offers), "weibo", often, 100, NOON)
    assert [key.native_id for key in keys] == ["0"]
    keys, left = again.chosen(cast(Intake, offers), "weibo", rarely, 100, NOON)
    assert [key.native_id for key in keys] == ["0", "20"]
    assert offers.asked == [AHEAD, timedelta(seconds=1_728)]
    assert left.held == rarely.held - 1
