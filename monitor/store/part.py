"""What every part of the store has to work with."""

from collections.abc import Callable, Iterable

from monitor.store.connections import Connections
from monitor.store.looks import Looks


class Part:
    """One port's share of the store."""

    _db: Connections
    _hash_key: bytes
    _looks: Looks
    _callbacks: list[Callable[[str], None]]
    _asked: dict[int, str]
    keeps_answers: Callable[[], bool]
    """Whether there is room for raw answers."""

    def _announce(self, topics: Iterable[str]) -> None:
        """Wakes whoever waits for what was just committed."""
        for topic in topics:
            for callback in self._callbacks:
                callback(topic)
