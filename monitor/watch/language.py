"""The query language: how a brand's words are written, and what they are true of. Pure.

The language:  星禾 OR xinghe · 星禾 AND (奶茶 OR 杯子) · 星禾 NOT 招聘 · "two words"

* A term is a word without spaces, or a phrase in quotes ("…", “…” or 「…」). Width, case and traditional characters do not
  matter. Where a term begins or ends with a Latin letter or a digit, it matches whole words only: ai is not in training.
* AND, OR and NOT are written in capitals; a AND NOT b may be written a NOT b. NOT binds tightest, then AND, then OR;
  parentheses (also （ ）) group.
* Two terms side by side need a word between them, and a query must ask for at least one term: NOT alone matches everything.

`wordfile` builds the same queries from TrendRadar's word files, which also hold regular expressions.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, product
from typing import NamedTuple

from monitor.errors import ConfigError
from monitor.watch.patterns import Pattern
from monitor.watch.text import fold

_QUOTES = {'"': '"', "“": "”", "「": "」"}
_OPEN, _CLOSE = "(（", ")）"
_EXAMPLES = 4
"""Alternatives of one part of a query that examples are made of."""

_OPERATORS = ("AND", "OR", "NOT")


def looked_for(text: str) -> str:
    """A term as it is looked for in folded texts."""
    return " ".join(fold(text).split())


class _Token(NamedTuple):
    kind: str
    text: str
    column: int


@dataclass(frozen=True, slots=True)
class Term:
    """A word to look for: as it is looked for (`key`, folded), and as people are told of it (`said`)."""

    key: str
    said: str
    pattern: Pattern | None = None
    """Where the key stands for a regular expression."""


@dataclass(frozen=True, slots=True)
class Not:
    item: "Node"


@dataclass(frozen=True, slots=True)
class AllOf:
    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    items: tuple["Node", ...]


Node = Term | Not | AllOf | AnyOf


@dataclass(frozen=True)
class Query:
    """A parsed query. `terms` are folded, as they are looked for; `patterns` are looked for beside them, by their key."""

    root: Node
    terms: frozenset[str] = field(compare=False)
    patterns: Mapping[str, Pattern] = field(default_factory=dict, compare=False)

    @classmethod
    def of(cls, root: Node) -> "Query":
        """The query of a tree that was built elsewhere."""
        terms = list(_terms(root))
        return cls(
            root,
            frozenset(term.key for term in terms if term.pattern is None),
            {term.key: term.pattern for term in terms if term.pattern is not None},
        )

    @classmethod
    def parse(cls, text: str, place: str = "query") -> "Query":
        """Reads a query. ConfigError points at the column."""
        root = _Parser(text, place).whole()
        if _holds(root, frozenset()):
            raise _wrong(text, 1, "matches every post", place, "Ask for at least one term beside the NOT")
        return cls.of(root)

    @classmethod
    def any_of(cls, lines: Iterable[str], place: str = "query") -> "Query":
        """One query a line, joined by OR; empty lines and lines that begin with # do not count."""
        queries = [
            cls.parse(line.strip(), f"{place}:{number}")
            for number, line in enumerate(lines, 1)
            if line.strip() and not line.strip().startswith("#")
        ]
        if not queries:
            raise ConfigError(place, "holds no words", "Write one query a line")
        return cls.either(queries)

    @classmethod
    def either(cls, queries: Sequence["Query"]) -> "Query":
        """True where one of them is; there is at least one."""
        return cls.of(AnyOf(tuple(query.root for query in queries)))

    def examples(self) -> Iterable[tuple[str, ...]]:
        """Words that a text may hold for the query to be true of it, what must not be there left aside: the first alternatives
        first."""
        return _examples(self.root)

    def holds(self, found: frozenset[str] | set[str]) -> bool:
        """Whether the query is true of a text in which exactly these terms were found."""
        return _holds(self.root, found)

    def asked(self) -> Iterable[Term]:
        """The terms outside of any NOT, in the order they stand in the query."""
        return dict.fromkeys(_asked(self.root))

    def deciding(self, found: frozenset[str] | set[str]) -> list[str]:
        """What was found and made the query true, as people are told of it; where it is not true, what was found of it."""
        terms = _asked(self.root, lambda part: _holds(part, found)) if self.holds(found) else self.asked()
        return list(dict.fromkeys(term.said for term in terms if term.key in found))


def _holds(node: Node, found: frozenset[str] | set[str]) -> bool:
    match node:
        case Term(key):
            return key in found
        case Not(item):
            return not _holds(item, found)
        case AllOf(items):
            return all(_holds(item, found) for item in items)
        case AnyOf(items):
            return any(_holds(item, found) for item in items)


def _terms(node: Node) -> Iterable[Term]:
    match node:
        case Term():
            yield node
        case Not(item):
            yield from _terms(item)
        case AllOf(items) | AnyOf(items):
            for item in items:
                yield from _terms(item)


def _examples(node: Node) -> Iterable[tuple[str, ...]]:
    match node:
        case Term(key, _, pattern):
            example = key if pattern is None else pattern.example()
            yield from () if example is None else ((example,),)
        case Not():
            yield ()
        case AnyOf(items):
            for item in items:
                yield from _examples(item)
        case AllOf(items):
            for parts in product(*(list(islice(_examples(item), _EXAMPLES)) for item in items)):
                yield tuple(dict.fromkeys(word for part in parts for word in part))


def _asked(node: Node, within: Callable[[Node], bool] = lambda _: True) -> Iterable[Term]:
    """The terms outside of any NOT, in those parts that are asked for."""
    match node:
        case Term():
            yield node
        case Not():
            return
        case AllOf(items) | AnyOf(items):
            for item in items:
                if within(item):
                    yield from _asked(item, within)


def _wrong(text: str, column: int, problem: str, place: str, fix: str = "") -> ConfigError:
    """The query with a caret under the column; wide characters take two cells."""
    before = "".join("  " if not c.isascii() else " " for c in text[: column - 1])
    return ConfigError(f"{place}, column {column}", f"{problem}\n  {text}\n  {before}^\n ", fix)


class _Parser:
    """Recursive descent over the tokens of one query."""

    def __init__(self, text: str, place: str) -> None:
        self._text, self._place = text, place
        self._tokens = list(self._read())
        self._at = 0

    def whole(self) -> Node:
        if not self._tokens:
            raise _wrong(self._text, 1, "the query is empty", self._place, "Write at least one term")
        node = self._any()
        if self._at < len(self._tokens):
            token = self._tokens[self._at]
            raise self._unexpected(token)
        return node

    def _any(self) -> Node:
        items = [self._all()]
        while self._take("OR"):
            items.append(self._all())
        return items[0] if len(items) == 1 else AnyOf(tuple(items))

    def _all(self) -> Node:
        items = [self._not()]
        while True:
            if self._take("AND") or self._next() == "NOT":
                items.append(self._not())
            else:
                return items[0] if len(items) == 1 else AllOf(tuple(items))

    def _not(self) -> Node:
        negative = False
        while self._take("NOT"):
            negative = not negative
        node = self._one()
        return Not(node) if negative else node

    def _one(self) -> Node:
        if self._at >= len(self._tokens):
            raise _wrong(
                self._text, len(self._text) + 1, "something is missing at the end", self._place, "Write a term here"
            )
        token = self._tokens[self._at]
        self._at += 1
        if token.kind == "term":
            return Term(token.text, token.text)
        if token.kind != "(":
            raise _wrong(self._text, token.column, f"a term is missing before {token.text}", self._place)
        node = self._any()
        if self._next() != ")":
            raise _wrong(self._text, token.column, "this parenthesis is never closed", self._place)
        self._at += 1
        return node

    def _take(self, kind: str) -> bool:
        if self._next() == kind:
            self._at += 1
            return True
        return False

    def _next(self) -> str:
        return self._tokens[self._at].kind if self._at < len(self._tokens) else ""

    def _unexpected(self, token: _Token) -> ConfigError:
        if token.kind == ")":
            return _wrong(self._text, token.column, "this parenthesis was never opened", self._place)
        if token.text in ("and", "or", "not"):
            fix = f'Write {token.text.upper()}, or "{token.text}" if the word is meant'
            return _wrong(self._text, token.column, f"{token.text} is an ordinary word here", self._place, fix)
        before = self._tokens[self._at - 1]
        if before.text in ("and", "or", "not"):
            fix = f'Write {before.text.upper()}, or "{before.text}" if the word is meant'
            return _wrong(self._text, before.column, f"{before.text} is an ordinary word here", self._place, fix)
        fix = 'Write AND or OR between them, or put "both words" in quotes'
        return _wrong(self._text, token.column, f"{token.text} stands beside another term", self._place, fix)

    def _read(self) -> Iterable[_Token]:
        text, at = self._text, 0
        while at < len(text):
            character = text[at]
            if character.isspace():
                at += 1
            elif character in _OPEN or character in _CLOSE:
                yield _Token("(" if character in _OPEN else ")", character, at + 1)
                at += 1
            elif character in _QUOTES:
                end = text.find(_QUOTES[character], at + 1)
                if end < 0:
                    raise _wrong(text, at + 1, "this quote is never closed", self._place)
                yield self._term(text[at + 1 : end], at + 1)
                at = end + 1
            else:
                end = at
                while (
                    end < len(text) and not text[end].isspace() and text[end] not in _OPEN + _CLOSE + "".join(_QUOTES)
                ):
                    end += 1
                word = text[at:end]
                yield _Token(word, word, at + 1) if word in _OPERATORS else self._term(word, at + 1)
                at = end

    def _term(self, text: str, column: int) -> _Token:
        folded = looked_for(text)
        if not folded:
            raise _wrong(self._text, column, "this term is empty", self._place)
        return _Token("term", folded, column)
