"""What became of each post: from the recording's own later lines, or from a file of truth. Only ever read afterwards."""

import gzip
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson

from monitor.errors import ConfigError
from monitor.model import Look, PostKey, Sighting
from monitor.spread.features import unit_of

FOLLOWED = timedelta(hours=23)
"""From this age on at the last line, what a post had then counts as what became of it."""

WEEK = timedelta(days=7)


@dataclass(slots=True)
class Outcome:
    """One post's reach over time. `curve`: when (unix s) it had how much, where that rose; `final` None: nobody knows."""

    born: datetime
    curve: list[tuple[float, int]] = field(default_factory=list)
    final: int | None = None

    def by(self, at: datetime) -> int:
        """What it had at a moment."""
        place = bisect_right(self.curve, at.timestamp(), key=lambda point: point[0])
        return self.curve[place - 1][1] if place else 0

    def reached(self, count: int) -> datetime | None:
        """When it had this much; None: never, as far as is known."""
        found = next((at for at, had in self.curve if had >= count), None)
        return None if found is None else datetime.fromtimestamp(found, UTC)

    def left(self, at: datetime) -> float:
        """The share of the final reach that was still to come."""
        return 1 - self.by(at) / max(1, self.final or 0)


Outcomes = Mapping[PostKey, Outcome]


class Afterwards:
    """Notes what a recording goes on to say, while it is played."""

    def __init__(self) -> None:
        self._outcomes: dict[PostKey, Outcome] = {}
        self._last: dict[PostKey, datetime] = {}

    def listen(self, sightings: Iterable[Sighting]) -> Iterator[Sighting]:
        """Passes each line on."""
        for line in sightings:
            self._note(line)
            yield line

    def _note(self, line: Sighting) -> None:
        known = self._outcomes.get(line.key)
        if known is None:
            if line.post is None:
                return
            known = self._outcomes[line.key] = Outcome(born=line.post.posted_at or line.seen_at)
        if line.seen_at - known.born > WEEK:
            return
        self._last[line.key] = line.seen_at
        count = reach_of(line)
        if count is not None and count > (known.curve[-1][1] if known.curve else -1):
            known.curve.append((line.seen_at.timestamp(), count))

    def outcomes(self) -> Outcomes:
        """What became of everyone that was followed for long enough; the others have no final count."""
        for key, outcome in self._outcomes.items():
            if outcome.curve and self._last[key] - outcome.born >= FOLLOWED:
                outcome.final = outcome.curve[-1][1]
        return self._outcomes


def reach_of(line: Sighting) -> int | None:
    """The platform's own unit of reach in one sighting."""
    look = Look(seen_at=line.seen_at, age=0.0, counts=line.counts)
    unit = unit_of(line.key.platform, [look])
    count = getattr(line.counts, unit) if unit else None
    return None if count is None else int(count.value)


def read_truth(path: Path, platform_of: Callable[[str], str | None]) -> Outcomes:
    """A file of truth: id, created_at (unix s), final and offsets (s) a line. Ids that were not played are left out."""
    outcomes: dict[PostKey, Outcome] = {}
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                told = orjson.loads(line)
                born, offsets = float(told["created_at"]), sorted(map(float, told["offsets"]))
                known = Outcome(born=datetime.fromtimestamp(born, UTC), final=int(told["final"]))
                native_id = str(told["id"])
            except (ValueError, TypeError, KeyError, OverflowError) as error:
                raise ConfigError(
                    f"{path}: line {number}", f"is no truth ({error})", "Write id, created_at, final and offsets"
                ) from None
            platform = platform_of(native_id)
            if platform is not None:
                known.curve = [(born + offset, place) for place, offset in enumerate(offsets, 1)]
                outcomes[PostKey(platform, native_id)] = known
    return outcomes
