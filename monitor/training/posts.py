"""The posts that were written for Langyan, to teach it what is bad for a brand: `posts.csv`, invented brands, nobody's words."""

import csv
import io
from dataclasses import dataclass
from importlib.resources import files

from monitor.watch.text import fold


@dataclass(frozen=True, slots=True)
class Written:
    """One post. `aimed`: bad for the brand if many read it. `brand`: its name as it stands in the text, "" without one."""

    text: str
    aimed: bool
    kind: str
    brand: str

    @property
    def names(self) -> tuple[str, ...]:
        return (fold(self.brand),) if self.brand else ()


def written() -> list[Written]:
    """All of them, in the order of the file."""
    lines = (files(__package__) / "posts.csv").read_text("utf-8")
    rows = csv.DictReader(io.StringIO(lines, newline=""))
    return [Written(row["text"], row["aimed"] == "1", row["kind"], row["brand"]) for row in rows]
