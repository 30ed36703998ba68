"""A hot list's line as a topic: named by its words and the day on which it came up, whichever way in it came. Pure."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from connectors.markup import plain
from connectors.times import SHANGHAI
from monitor.model import Post
from monitor.triage.topic import TOPIC, Place
from monitor.watch.text import fold

LONGEST = 200
"""Characters of a topic; what is longer is none."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """What one line of a list says, as far as it does. `since`: when it came up. `said`: a few sentences of what happened."""

    words: str
    rank: int | None = None
    heat: str = ""
    label: str = ""
    url: str = ""
    since: datetime | None = None
    said: str = ""

    @property
    def name(self) -> str:
        """By which it is known on its list, however it is written: `#星禾异物#` is 星禾异物."""
        return hashlib.sha256(_folded(self.words).encode("utf-8", "replace")).hexdigest()[:16]


def topic(platform: str, line: Line, seen_at: datetime, *, day: str = "", since: datetime | None = None) -> Post | str:
    """A topic where it stands now, or what is wrong with its line. `day` and `since`: when it came up, where whoever asks knows
    better than the line."""
    words = plain(line.words).strip("#＃ \n")
    if not words or len(words) > LONGEST or not _folded(words):
        return "a line without a topic"
    began = line.since or since
    return Post(
        platform=platform,
        native_id=f"hot:{day or day_of(began or seen_at)}:{line.name}",
        kind=TOPIC,
        url=line.url if line.url.startswith(("http://", "https://")) else "",
        title=words,
        text=plain(line.said),
        posted_at=began if began is None or began <= seen_at else None,
        status=str(Place(line.rank, plain(line.heat)[:40], plain(line.label)[:20])) or None,
    )


def day_of(moment: datetime) -> str:
    """Its day by the clocks of Beijing."""
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d")


def _folded(words: str) -> str:
    return "".join(fold(plain(words)).replace("#", "").split())
