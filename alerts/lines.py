"""What stands beside the one message of an incident: lines of its thread, a page repeated, a table for a storm, a digest. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from alerts.card import Card
from alerts.masking import Shows
from alerts.words import Language
from monitor.model import Incident


def line(code: str, facts: Mapping[str, Any], language: Language, shows: Shows = "masked") -> str:
    """One calm sentence for a milestone, as plain text: the channel escapes it."""
    raise NotImplementedError


def repeat(incident: Incident, language: Language, now: datetime, *, shows: Shows = "masked") -> Card:
    """An unacknowledged page once more: how long nobody has had it, what is due, the buttons."""
    raise NotImplementedError


def storm(
    incidents: Sequence[Incident],
    language: Language,
    now: datetime,
    *,
    total: int,
    shows: Shows = "masked",
    board_url: str = "",
) -> Card:
    """One message in place of many. `incidents`: the worst, at most twenty are shown; `total`: how many there are."""
    raise NotImplementedError


def digest(
    incidents: Sequence[Incident],
    language: Language,
    now: datetime,
    *,
    total: int,
    shows: Shows = "masked",
    board_url: str = "",
) -> Card:
    """What was not worth a message of its own."""
    raise NotImplementedError
