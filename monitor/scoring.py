"""The scorers a configuration asks for, at work on the store: one reads everything, another is asked where a page is near."""

import threading
from collections.abc import Mapping, Sequence

from monitor.model import Passage, Sentiment
from monitor.pipeline import score
from monitor.ports import Clock, Judging
from monitor.sentiment import Options
from monitor.sentiment.desk import Desk
from monitor.watch.query import Brand
from monitor.watch.target import About

ENGINES: Mapping[str, tuple[str, ...]] = {
    "linear": ("linear",),
    "snownlp": ("snownlp",),
    "cascade": ("linear", "snownlp"),
}
"""What `[score] engine` may say: the scorer that reads everything, then those that give a second opinion. A local
transformer or a language model would be one more name in `monitor.sentiment.SCORERS` and here."""

AT_ONCE = 64
SECOND_AT_ONCE = 8
"""SnowNLP needs milliseconds for each, and new texts wait meanwhile."""


class Scoring:
    """New texts first, then second opinions. `desk`: a scorer in place of the first."""

    def __init__(
        self,
        engine: str,
        options: Options,
        brands: Sequence[Brand],
        store: Judging,
        clock: Clock,
        desk: Desk | None = None,
    ) -> None:
        first, *others = ENGINES[engine]
        self._first = desk or Desk(first, options)
        self._others = [Desk(other, options) for other in others]
        self._store, self._clock, self._about = store, clock, about(brands)
        self._one_at_a_time = threading.Lock()

    def know(self, brands: Sequence[Brand]) -> None:
        """Other brands from now on."""
        self._about = about(brands)

    def warm(self) -> None:
        """Loads the engine that reads everything; another is loaded when it is first asked."""
        self._first.warm()

    def read(self, passages: Sequence[Passage]) -> list[Sentiment | None]:
        """What the engine that reads everything says of texts that are no mentions; from any thread."""
        with self._one_at_a_time:
            return self._first.score(passages)

    def step(self) -> int:
        """One batch; how many texts were read."""
        with self._one_at_a_time:
            return self._step()

    def _step(self) -> int:
        now = self._clock.now()
        done = score.score(self._store, self._first.score, self._about, limit=AT_ONCE, now=now)
        if done:
            return done
        return sum(
            score.second(self._store, desk.score, self._about, limit=SECOND_AT_ONCE, now=now) for desk in self._others
        )

    def close(self) -> None:
        """Ends the scoring processes."""
        for desk in (self._first, *self._others):
            desk.close()


def about(brands: Sequence[Brand]) -> dict[str, About]:
    """For each brand the names a text may call it by, and those of the others that are watched."""
    names = {brand.name: brand.names for brand in brands}
    return {
        name: About(own, tuple(sorted({word for other in names.values() for word in other} - set(own))))
        for name, own in names.items()
    }
