"""An incident as JSON for other people's programs: the webhook's body. Pure."""

from datetime import datetime
from typing import Any

from alerts.masking import Shows
from alerts.words import Language
from monitor.model import Incident


def payload(
    incident: Incident, language: Language, now: datetime, *, kind: str, shows: Shows = "masked", board_url: str = ""
) -> dict[str, Any]:
    """What `langyan.incident.v1` says. `kind`: what this tells ("root", "update", "repeat", …)."""
    raise NotImplementedError
