"""What a row is, and what is said of a file that has none."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from monitor.errors import LangyanError

LONGEST = 1024 * 1024
"""Bytes of a line, characters of a cell; a longer one is skipped and said."""


class UnreadableError(LangyanError):
    """A file cannot be read at all. `fix`: what to do."""

    def __init__(self, problem: str, fix: str = "") -> None:
        super().__init__(problem + (f". {fix}" if fix else ""))
        self.problem, self.fix = problem, fix


class Row(NamedTuple):
    """One row. `said`: what stands in it, or what is wrong with it. `number`: its line, row or place, from one. `part`: the sheet or
    the table that it stands in. `at`: how much of the file is read after it, 0..1."""

    number: int
    said: Mapping[str, Any] | str
    part: str = ""
    at: float = 0.0

    @property
    def place(self) -> str:
        return f"{self.part} {self.number}".strip()
