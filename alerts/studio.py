"""Pictures drawn beside the loop that tells people, so that no page waits for one."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime

from monitor.model import Incident

AT_ONCE = 0.2
"""Real seconds that the loop waits for a picture before it goes on and asks again."""


class Unfinished(Exception):  # noqa: N818 - not an error
    """The picture is being drawn: ask again in a while."""


class Studio:
    """Draws one picture at a time. `patience`: real seconds that whoever asks waits for it."""

    def __init__(self, draw: Callable[[Incident, datetime], bytes | None], patience: float = AT_ONCE) -> None:
        self.patience = patience
        self._draw = draw
        self._hand = ThreadPoolExecutor(max_workers=1, thread_name_prefix="studio")
        self._begun: dict[int, Future[bytes | None]] = {}

    def draw(self, incident: Incident, now: datetime) -> bytes | None:
        """The picture of the incident as it was when it was first asked for; None where there is nothing to draw.

        Raises Unfinished while it is being drawn.
        """
        begun = self._begun.get(incident.id)
        if begun is None:
            begun = self._begun[incident.id] = self._hand.submit(self._draw, incident, now)
        wait([begun], self.patience)
        if not begun.done():
            raise Unfinished
        self._begun.pop(incident.id, None)
        return begun.result()
