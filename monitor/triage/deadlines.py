"""By when what must have happened, counted from the publication of the first post. Pure."""

from datetime import datetime, timedelta
from typing import NamedTuple

from monitor.model import Incident


class Deadline(NamedTuple):
    """`hours` after publication something must have happened, which is at `moment`; `met_at`: when it did."""

    hours: int
    moment: datetime
    met_at: datetime | None


def deadlines(incident: Incident) -> list[Deadline]:
    """The three clocks, counted from the publication of its first post: the first response is wanted within an hour, within four
    at the latest, and the outcome within twenty-four. That somebody has it answers nobody yet."""
    born = incident.born or incident.opened_at
    responded = incident.responding_at or incident.resolved_at
    met = ((1, responded), (4, responded), (24, incident.resolved_at))
    return [Deadline(hours, born + timedelta(hours=hours), at) for hours, at in met]
