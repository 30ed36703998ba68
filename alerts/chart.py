"""The spread of a post as a picture: what it had, and the fan of what it will have. Drawn in a process that ends with it."""

from datetime import datetime

from alerts.words import Language
from monitor.model import Incident


def draw(incident: Incident, language: Language, now: datetime, *, hurts: int | None = None) -> bytes | None:
    """A PNG of at most 60 kB, read at 360 px; None where there is nothing to draw. `hurts`: the reach that hurts the brand there.

    Takes about a second and is to be called once the text is out.
    """
    raise NotImplementedError


def alt(incident: Incident, language: Language, now: datetime, *, hurts: int | None = None) -> str:
    """What the picture shows, in words with its numbers."""
    raise NotImplementedError
