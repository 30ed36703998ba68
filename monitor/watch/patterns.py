"""Regular expressions that people wrote for other tools, looked for in time that grows with the text alone. Pure.

RE2 cannot look around, and so never looks back: no pattern and no text makes it slow. What people use looking around for,
a word that no letter touches, is the same question asked another way, and is asked that way here.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from monitor.watch.text import fold

LONGEST = 1000
"""Characters of one pattern."""

_ONE = r"(\[\^?(?:\\.|[^\]\\])+\]|\\?[^\s()|\\\[])"
_BEFORE = re.compile(rf"\(\?<!{_ONE}\)")
_AFTER = re.compile(rf"\(\?!{_ONE}\)")
_PIECE = re.compile(r"\\.|\[\^?(?:\\.|[^\]\\])+\]|.", re.DOTALL)
_SIGNS = re.compile(r"\(\?<?[!=][^)]*\)|\(\?:|\\[bBAzZ]|\{[\d,]*\}|[\\^$.*+?()\[\]|]")
_AROUND = ("(?=", "(?!", "(?<=", "(?<!")


class UnreadableError(ValueError):
    """A pattern that cannot be looked for. `fix`: what to write in its place."""

    def __init__(self, problem: str, fix: str) -> None:
        super().__init__(problem)
        self.fix = fix


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression; width, case and traditional characters do not matter, as in a query's terms."""

    source: str
    _compiled: Any = field(compare=False, repr=False)

    @classmethod
    def of(cls, source: str) -> "Pattern":
        """Reads a pattern. UnreadableError where it is none, or asks for what would take unbounded time."""
        import re2  # 4 MiB that only those need who brought patterns

        if len(source) > LONGEST:
            raise UnreadableError(f"it is longer than {LONGEST} characters", "Write it as several lines")
        asked = "|".join(_without_edges(alternative) for alternative in _alternatives(source))
        if any(around in asked for around in _AROUND):
            fix = "Only (?<!x) at the beginning and (?!x) at the end can be read; put what must not be there on a line !word"
            raise UnreadableError("it looks around in its middle", fix)
        options = re2.Options()
        options.case_sensitive = False
        options.log_errors = False
        try:
            compiled = re2.compile("".join(c if c.isascii() else re2.escape(fold(c)) for c in asked), options)
        except re2.error as error:
            said = error.args[0].decode("utf-8", "replace") if isinstance(error.args[0], bytes) else str(error)
            raise UnreadableError(said, "Correct the regular expression (RE2's syntax)") from None
        if compiled.search(""):
            raise UnreadableError("it is true of every text", "Ask for at least one character")
        return cls(source, compiled)

    def example(self) -> str | None:
        """A text that holds it, where one is easily told: the letters of an alternative without its signs."""
        for alternative in _alternatives(self.source):
            letters = fold(_SIGNS.sub("", alternative))
            if letters.strip() and self.finds(letters):
                return letters
        return None

    def finds(self, folded: str) -> bool:
        """Whether a folded text holds it."""
        return self._compiled.search(folded) is not None


def _alternatives(source: str) -> list[str]:
    """What stands between the | outside of any parenthesis and class."""
    found, depth = [""], 0
    for piece in _PIECE.findall(source):
        depth += (piece == "(") - (piece == ")")
        if piece == "|" and not depth:
            found.append("")
        else:
            found[-1] += piece
    return found


def _without_edges(alternative: str) -> str:
    """`(?<![a-z])ai(?![a-z])` as RE2 can read it: the neighbour is another character, or there is none."""
    before, after = "", ""
    if edge := _BEFORE.match(alternative):
        before, alternative = f"(?:^|{_other_than(edge[1])})", alternative[edge.end() :]
    if edges := [edge for edge in _AFTER.finditer(alternative) if edge.end() == len(alternative)]:
        after, alternative = f"(?:$|{_other_than(edges[0][1])})", alternative[: edges[0].start()]
    return f"{before}{alternative}{after}"


def _other_than(one: str) -> str:
    if one.startswith("[^"):
        return f"[{one[2:]}"
    return f"[^{one[1:]}" if one.startswith("[") else f"[^{one}]"
