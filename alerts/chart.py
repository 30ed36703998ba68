"""The spread of a post as a picture: what it had, and the fan of what it will have.

matplotlib costs a process memory that it never gives back, so it is imported in one that ends with the picture (`alerts.drawing`).
"""

import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import orjson
import structlog

from alerts import size, words
from alerts.words import Language
from monitor.model import Incident, Look

log = structlog.get_logger()

PATIENCE = 30.0
"""Real seconds that a picture may take."""

MOST_POINTS = 200

_AHEAD = tuple(timedelta(hours=hours) for hours in (1, 3, 6, 24))

_LAST_IN_LINE = "import os; os.nice(5); from alerts.drawing import main; main()"
"""A drawing takes a second of a core, and the next page may be under way."""


def draw(incident: Incident, language: Language, now: datetime, *, hurts: int | None = None) -> bytes | None:
    """A PNG of at most 60 kB, read at 360 px; None where there is nothing to draw or drawing failed, which the log says.

    `hurts`: the reach that hurts the brand there. Takes seconds and is to be called once the text is out.
    """
    asked = picture(incident, language, now, hurts=hurts)
    if asked is None:
        return None
    command = [sys.executable, "-P", "-c", _LAST_IN_LINE]
    try:
        done = subprocess.run(command, input=orjson.dumps(asked), capture_output=True, timeout=PATIENCE, check=True)  # noqa: S603 - our own interpreter and module
    except (OSError, subprocess.SubprocessError) as error:
        log.warning("a picture could not be drawn", incident=incident.id, error=type(error).__name__)
        return None
    return done.stdout


def alt(incident: Incident, language: Language, now: datetime, *, hurts: int | None = None) -> str:
    """What the picture shows, in words with its numbers."""
    zh, lead, forecast = language == "zh", incident.lead, incident.forecast
    if lead is None or forecast is None:
        return ""
    unit = words.noun(forecast.unit, language)
    seen = list(_counted(lead.looks, forecast.unit))
    some = [seen[round(i * (len(seen) - 1) / 3)] for i in range(4)] if len(seen) > 4 else seen
    told = [
        ("、" if zh else ", ").join(f"{words.clock(at, now)} {words.number(count, language)}" for at, count in some)
    ]
    if coming := size.outlook(incident, language, now):
        told.append(coming)
    if hurts:
        line = words.number(hurts, language)
        told.append(f"过 {line} 会伤到品牌" if zh else f"hurts from {line}")
    if incident.paged_at:
        at = words.clock(incident.paged_at, now)
        told.append(f"{at} 呼叫" if zh else f"paged at {at}")
    head = f"传播曲线（{unit}）：" if zh else f"Spread ({unit}): "
    return head + ("；" if zh else "; ").join(told)


def picture(
    incident: Incident, language: Language, now: datetime, *, hurts: int | None = None
) -> dict[str, Any] | None:
    """What is to be drawn, as JSON: points (seconds since birth, count), the fan (hours ahead, median, low, high), lines and their labels."""
    lead, forecast = incident.lead, incident.forecast
    if lead is None or forecast is None:
        return None
    seen = list(_counted(lead.looks, forecast.unit))
    if not seen:
        return None
    seen = [*seen[: -1 : max(1, len(seen) // MOST_POINTS)], seen[-1]]
    last = seen[-1][0]
    unseen = lead.post.posted_at is not None and seen[0][1] > 0
    points: list[list[float]] = [[0.0, 0]] if unseen else []
    points += [[max(0.0, (at - lead.born).total_seconds()), count] for at, count in seen]
    known = forecast.reaches if forecast.p_viral is not None else ()
    fan = [reach for reach in known if reach.ahead in _AHEAD]
    paged = (incident.paged_at - lead.born).total_seconds() if incident.paged_at else None
    zh = language == "zh"
    return {
        "points": points,
        "unseen": unseen,
        "fan": [
            [reach.ahead // timedelta(hours=1), *(max(value, forecast.now) for value in reach[1:])] for reach in fan
        ],
        "born": words.clock(lead.born, now),
        "last": words.clock(last, now),
        "hurts": hurts,
        "paged": paged if paged is not None and 0 <= paged <= points[-1][0] * 1.02 + 60 else None,
        "unit": words.noun(forecast.unit, language),
        "now": words.number(seen[-1][1], language),
        "median": words.about(max(fan[-1].median, forecast.now), language) if fan else "",
        "line": words.number(hurts, language) if hurts else "",
        "chinese": zh,
    }


def _counted(looks: tuple[Look, ...], unit: str) -> Iterator[tuple[datetime, int]]:
    for look in looks:
        count = getattr(look.counts, unit, None)
        if count is not None:
            yield look.seen_at, max(0, int(count.value))
