"""How a trial stands: how often it would have woken people, how often by night, and whether people say it should have. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from itertools import pairwise

from monitor.model import Pressed

NIGHT = time(22), time(8)
"""Between these nobody is at work."""

UNBROKEN = timedelta(days=3)
"""A trial that said nothing for longer was over; what follows is another."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """`day` of the trial, from 1; `pages`: incidents that would have woken people, `night` of them by night; `pressed`: those people
    said something of, `right` of them that it should have."""

    day: int
    pages: int
    night: int
    pressed: int
    right: int

    @property
    def facts(self) -> Mapping[str, int]:
        return {name: getattr(self, name) for name in self.__slots__}


def standing(
    begun: datetime, paged: Mapping[int, datetime], presses: Iterable[Pressed], now: datetime, zone: tzinfo
) -> Standing:
    """`begun`: when the trial began; `paged`: when each incident would have woken people since; `zone`: whose nights they are."""
    said = {incident: right for incident, right in opinions(presses).items() if incident in paged}
    return Standing(
        day=(now.astimezone(zone).date() - begun.astimezone(zone).date()).days + 1,
        pages=len(paged),
        night=sum(_by_night(at.astimezone(zone).time()) for at in paged.values()),
        pressed=len(said),
        right=sum(said.values()),
    )


def opinions(presses: Iterable[Pressed]) -> dict[int, bool]:
    """Whether each incident should have woken people, as most say; nothing where as many say one as the other."""
    votes: dict[int, int] = {}
    for press in presses:
        votes[press.incident_id] = votes.get(press.incident_id, 0) + (1 if press.right else -1)
    return {incident: count > 0 for incident, count in votes.items() if count}


def begun(lines: Sequence[datetime], now: datetime) -> datetime | None:
    """When the trial began that still goes on: the first of the daily lines (oldest first) after the last gap. None: it begins now."""
    first: datetime | None = None
    for at, following in pairwise([*lines, now]):
        first = first or at
        if following - at > UNBROKEN:
            first = None
    return first


def _by_night(at: time) -> bool:
    evening, morning = NIGHT
    return at >= evening or at < morning
