"""Word files that people already keep: TrendRadar's frequency_words.txt, read as it stands. Pure.

    [GLOBAL_FILTER]      until the next section: a text with one of these words is nobody's
    [WORD_GROUPS]        ends it
    [name]               first line of a group: what people are told that a word of it was found
    word                 one of the group's words, or several, is there
    +word                this one too
    !word                and this one is not; in a group of nothing else it holds for the whole file
    /pattern/            a regular expression in place of a word
    word => name         told as name
    @10                  how many lines TrendRadar shows; nothing here
    # …                  a remark

Groups stand apart by a blank line; a text that fits one of them concerns the brand. Format after TrendRadar's
trendradar/core/frequency.py. Two things differ, for they are what its users complain about: a Latin word is found whole (ai is
not in training), and !word holds for its own group.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from monitor.errors import ConfigError
from monitor.watch.language import AllOf, AnyOf, Node, Not, Query, Term, looked_for
from monitor.watch.patterns import Pattern, UnreadableError

_PATTERN = re.compile(r"/(.+)/[a-z]*")
_MARK = re.compile(r"[+!](?=\S)|@\d+$|\[.+\]$|/.+/[a-z]*(?:$|\s*=>)|.*=>")
_OPERATOR = re.compile(r"(?:^|\s)(?:AND|OR|NOT)(?:\s|$)")
_QUERY = re.compile(r'["“”「」()（）]')
_SECTIONS = ("GLOBAL_FILTER", "WORD_GROUPS")


def query(text: str, place: str) -> Query:
    """What a file of words asks for: TrendRadar's, or a list with one query a line. ConfigError names the line and the fix."""
    return _File(text, place).query() if is_word_file(text) else Query.any_of(text.splitlines(), place)


def is_word_file(text: str) -> bool:
    """Whether a file is TrendRadar's: a line of it bears one of its marks, or its words stand in groups and are no queries."""
    lines = [line.strip() for line in text.removeprefix("\ufeff").splitlines()]
    said = [line for line in lines if line and not line.startswith("#")]
    if any(_MARK.match(line) for line in said):
        return True
    grouped = any(not line for line in lines[1:-1])
    return grouped and not any(_OPERATOR.search(line) or _QUERY.search(line) for line in said)


@dataclass
class _Group:
    name: str = ""
    normal: list[Term] = field(default_factory=list)
    required: list[Term] = field(default_factory=list)
    refused: list[Term] = field(default_factory=list)

    def node(self) -> Node:
        parts: list[Node] = [*self.required]
        if self.normal:
            parts.append(AnyOf(tuple(self.normal)))
        parts.extend(Not(term) for term in self.refused)
        return AllOf(tuple(parts))


class _File:
    """One file, line by line."""

    def __init__(self, text: str, place: str) -> None:
        self._lines = text.removeprefix("\ufeff").splitlines()
        self._place = place
        self._groups: list[_Group] = []
        self._filters: list[Term] = []

    def query(self) -> Query:
        section = "WORD_GROUPS"
        for block in self._blocks():
            group = _Group()
            for number, line in block:
                named = line[1:-1].strip() if line.startswith("[") and line.endswith("]") else ""
                if named.upper() in _SECTIONS:
                    section = named.upper()
                elif section == "GLOBAL_FILTER":
                    self._filter(line, number)
                elif named and not (group.normal or group.required or group.refused):
                    group.name = named
                else:
                    self._word(group, line, number)
            self._keep(group)
        if not self._groups:
            raise ConfigError(self._place, "holds no words", "Write one word a line, groups apart by a blank line")
        groups = AnyOf(tuple(group.node() for group in self._groups))
        return Query.of(AllOf((groups, Not(AnyOf(tuple(self._filters))))) if self._filters else groups)

    def _blocks(self) -> Iterator[Iterable[tuple[int, str]]]:
        block: list[tuple[int, str]] = []
        for number, line in enumerate([*map(str.strip, self._lines), ""], 1):
            if not line and block:
                yield block
                block = []
            elif line and not line.startswith("#"):
                block.append((number, line))

    def _filter(self, line: str, number: int) -> None:
        if not line.startswith(("+", "@")):  # TrendRadar passes over these here
            self._filters.append(self._term(line.removeprefix("!"), "", number))

    def _word(self, group: _Group, line: str, number: int) -> None:
        if line.startswith("@"):
            if not line[1:].strip().isdigit():
                raise self._wrong(number, f"{line} is no number of lines", f"Write {line[1:]} if the word is meant")
        elif line.startswith("!"):
            group.refused.append(self._term(line[1:], "", number))
        elif line.startswith("+"):
            group.required.append(self._term(line[1:], group.name, number))
        else:
            group.normal.append(self._term(line, group.name, number))

    def _keep(self, group: _Group) -> None:
        if group.normal or group.required:
            self._groups.append(group)
        else:
            self._filters.extend(group.refused)

    def _term(self, line: str, name: str, number: int) -> Term:
        word, _, said = (part.strip() for part in line.partition("=>"))
        if found := _PATTERN.fullmatch(word):
            try:
                pattern = Pattern.of(found[1])
            except UnreadableError as error:
                raise self._wrong(number, f"{word}: {error}", error.fix) from None
            return Term(f"\0{found[1]}", name or said or word, pattern)  # no folded text holds a NUL
        if _OPERATOR.search(word):
            fix = "Write a line for each word, with + or ! before it, or the whole file as queries"
            raise self._wrong(number, f"{word} is a query in a file of words", fix)
        key = looked_for(word)
        if not key:
            raise self._wrong(number, "there is no word", "Write it behind the mark, or leave the line out")
        return Term(key, name or said or key)

    def _wrong(self, number: int, problem: str, fix: str) -> ConfigError:
        return ConfigError(f"{self._place}, line {number}", problem, fix)
