"""Brand queries: whose post is it? One automaton finds every term of every brand in one pass. Pure.

The language:  星禾 OR xinghe · 星禾 AND (奶茶 OR 杯子) · 星禾 NOT 招聘 · "two words"

* A term is a word without spaces, or a phrase in quotes ("…", “…” or 「…」). Width, case and traditional characters do not
  matter. Where a term begins or ends with a Latin letter or a digit, it matches whole words only: ai is not in training.
* AND, OR and NOT are written in capitals; a AND NOT b may be written a NOT b. NOT binds tightest, then AND, then OR;
  parentheses (also （ ）) group.
* Two terms side by side need a word between them, and a query must ask for at least one term: NOT alone matches everything.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from ahocorasick_rs import AhoCorasick, MatchKind

from monitor.errors import ConfigError
from monitor.model import Match, Post
from monitor.watch.text import fold

_QUOTES = {'"': '"', "“": "”", "「": "」"}
_OPEN, _CLOSE = "(（", ")）"
_OPERATORS = ("AND", "OR", "NOT")

WEAK = 0.8
"""The confidence of a match that rests on one short word alone, without a context that was asked for."""


class _Token(NamedTuple):
    kind: str
    text: str
    column: int


@dataclass(frozen=True, slots=True)
class _Term:
    text: str


@dataclass(frozen=True, slots=True)
class _Not:
    item: "_Node"


@dataclass(frozen=True, slots=True)
class _All:
    items: tuple["_Node", ...]


@dataclass(frozen=True, slots=True)
class _Any:
    items: tuple["_Node", ...]


_Node = _Term | _Not | _All | _Any


@dataclass(frozen=True)
class Query:
    """A parsed query. `terms` are folded, as they are looked for."""

    root: _Node
    terms: frozenset[str] = field(compare=False)

    @classmethod
    def parse(cls, text: str, place: str = "query") -> "Query":
        """Reads a query. ConfigError points at the column."""
        root = _Parser(text, place).whole()
        if _holds(root, frozenset()):
            raise _wrong(text, 1, "matches every post", place, "Ask for at least one term beside the NOT")
        return cls(root, frozenset(_terms(root)))

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
        return cls(_Any(tuple(query.root for query in queries)), frozenset().union(*(q.terms for q in queries)))

    def holds(self, found: frozenset[str] | set[str]) -> bool:
        """Whether the query is true of a text in which exactly these terms were found."""
        return _holds(self.root, found)

    def deciding(self, found: frozenset[str] | set[str]) -> list[str]:
        """The terms that were found and asked for, in the order they stand in the query."""
        return [term for term in dict.fromkeys(_asked(self.root)) if term in found]


@dataclass(frozen=True, kw_only=True)
class Brand:
    """Whose posts these are, as the configuration says it; `exclude` is the key `except`.

    `also` concerns the brand wherever it stands, without its context, and is no name of it; people add to it (`watch.added`).
    """

    name: str
    match: Query
    also: Query | None = None
    exclude: Query | None = None
    context: Query | None = None
    own: frozenset[str] = frozenset()
    products: Mapping[str, Query] = field(default_factory=dict)
    viral: Mapping[str, int] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """What a text may call the brand, folded: its name, and the terms of `match` outside any NOT."""
        return tuple(dict.fromkeys([fold(self.name), *_asked(self.match.root)]))


class Explanation(NamedTuple):
    """Whether a text concerns a brand, and the words that decided it."""

    brand: str
    matched: bool
    why: str


class Matcher:
    """Says whose post it is. Thousands of terms cost one pass over the text."""

    def __init__(self, brands: Sequence[Brand]) -> None:
        self._brands = tuple(brands)
        terms: set[str] = set()
        for brand in brands:
            for query in (brand.match, brand.also, brand.exclude, brand.context, *brand.products.values()):
                terms |= query.terms if query else frozenset()
        self._terms = sorted(terms)
        self._edges = [(_latin(term[0]), _latin(term[-1])) for term in self._terms]
        self._finder = AhoCorasick(self._terms, matchkind=MatchKind.Standard) if terms else None

    def match(self, post: Post, assumed: str = "") -> list[Match]:
        """The brands a post concerns. An own author's post concerns nobody.

        `assumed`: a brand it concerns without naming it, for it comes from a place where people speak of that alone.
        """
        found = self._found(post.words)
        if not found and not assumed:
            return []
        author = f"{post.platform}:{post.author.id}" if post.author.id else ""
        matches = []
        for brand in self._brands:
            ours = brand.name == assumed and not _concerns(brand, found)
            if author in brand.own or _excluded(brand, found) or not (ours or _concerns(brand, found)):
                continue
            product = next((name for name, query in brand.products.items() if query.holds(found)), None)
            sure, why = (1.0, "the feed") if ours else (_confidence(brand, found), _why(brand, found))
            matches.append(Match(brand.name, sure, why, product))
        return matches

    def assuming(self, brand: str) -> "Assuming":
        """The same for a feed whose every post concerns one brand: its app's reviews, its own complaint desk."""
        return Assuming(self, brand)

    def explain(self, text: str) -> list[Explanation]:
        """For every brand: whether the text concerns it, and why or why not."""
        found = self._found(text)
        return [_explained(brand, found) for brand in self._brands]

    def _found(self, text: str) -> set[str]:
        if self._finder is None or not text:
            return set()
        folded = fold(text)
        found: set[str] = set()
        last = len(folded)
        for number, start, end in self._finder.find_matches_as_indexes(folded, overlapping=True):
            whole_left, whole_right = self._edges[number]
            if whole_left and start and _latin(folded[start - 1]):
                continue
            if whole_right and end < last and _latin(folded[end]):
                continue
            found.add(self._terms[number])
        return found


class Assumed(Protocol):
    """Whatever can take a brand as given."""

    def match(self, post: Post, assumed: str = "") -> list[Match]: ...


@dataclass(frozen=True, slots=True)
class Assuming:
    """A matcher that takes one brand as given."""

    matcher: Assumed
    brand: str

    def match(self, post: Post) -> list[Match]:
        return self.matcher.match(post, self.brand)


def _concerns(brand: Brand, found: set[str]) -> bool:
    return _named(brand, found) or _added(brand, found)


def _named(brand: Brand, found: set[str]) -> bool:
    return brand.match.holds(found) and (brand.context is None or brand.context.holds(found))


def _added(brand: Brand, found: set[str]) -> bool:
    return brand.also is not None and brand.also.holds(found)


def _excluded(brand: Brand, found: set[str]) -> bool:
    return brand.exclude is not None and brand.exclude.holds(found)


def _confidence(brand: Brand, found: set[str]) -> float:
    if brand.context is not None or _added(brand, found):
        return 1.0
    strong = any(len(term) > (3 if term.isascii() else 1) for term in brand.match.deciding(found))
    return 1.0 if strong else WEAK


def _why(brand: Brand, found: set[str]) -> str:
    if brand.also is not None and not _named(brand, found):
        return " + ".join(brand.also.deciding(found)[:3])
    words = brand.match.deciding(found)[:3]
    return " + ".join([*words, *(brand.context.deciding(found)[:1] if brand.context else [])])


def _explained(brand: Brand, found: set[str]) -> Explanation:
    if brand.also is not None and brand.also.holds(found) and not _excluded(brand, found):
        words = " + ".join(brand.also.deciding(found))
        return Explanation(brand.name, True, f"{brand.name}: also matches {words}")
    if not brand.match.holds(found):
        partly = brand.match.deciding(found)
        seen = f"only {' + '.join(partly)} is there" if partly else "none of its words is there"
        return Explanation(brand.name, False, f"{brand.name}: does not match, {seen}")
    words = " + ".join(brand.match.deciding(found))
    if brand.exclude and brand.exclude.holds(found):
        vetoes = " + ".join(brand.exclude.deciding(found))
        return Explanation(brand.name, False, f"{brand.name}: matches {words}, but is excepted by {vetoes}")
    if brand.context and not brand.context.holds(found):
        return Explanation(brand.name, False, f"{brand.name}: matches {words}, but nothing of its context is there")
    beside = f" with {' + '.join(brand.context.deciding(found))}" if brand.context else ""
    return Explanation(brand.name, True, f"{brand.name}: matches {words}{beside}")


def _latin(character: str) -> bool:
    """Whether a character belongs to a word that is written with spaces around it."""
    return character.isascii() and character.isalnum()


def _holds(node: _Node, found: frozenset[str] | set[str]) -> bool:
    match node:
        case _Term(text):
            return text in found
        case _Not(item):
            return not _holds(item, found)
        case _All(items):
            return all(_holds(item, found) for item in items)
        case _Any(items):
            return any(_holds(item, found) for item in items)


def _terms(node: _Node) -> Iterable[str]:
    match node:
        case _Term(text):
            yield text
        case _Not(item):
            yield from _terms(item)
        case _All(items) | _Any(items):
            for item in items:
                yield from _terms(item)


def _asked(node: _Node) -> Iterable[str]:
    """The terms outside of any NOT."""
    match node:
        case _Term(text):
            yield text
        case _Not():
            return
        case _All(items) | _Any(items):
            for item in items:
                yield from _asked(item)


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

    def whole(self) -> _Node:
        if not self._tokens:
            raise _wrong(self._text, 1, "the query is empty", self._place, "Write at least one term")
        node = self._any()
        if self._at < len(self._tokens):
            token = self._tokens[self._at]
            raise self._unexpected(token)
        return node

    def _any(self) -> _Node:
        items = [self._all()]
        while self._take("OR"):
            items.append(self._all())
        return items[0] if len(items) == 1 else _Any(tuple(items))

    def _all(self) -> _Node:
        items = [self._not()]
        while True:
            if self._take("AND") or self._next() == "NOT":
                items.append(self._not())
            else:
                return items[0] if len(items) == 1 else _All(tuple(items))

    def _not(self) -> _Node:
        negative = False
        while self._take("NOT"):
            negative = not negative
        node = self._one()
        return _Not(node) if negative else node

    def _one(self) -> _Node:
        if self._at >= len(self._tokens):
            raise _wrong(
                self._text, len(self._text) + 1, "something is missing at the end", self._place, "Write a term here"
            )
        token = self._tokens[self._at]
        self._at += 1
        if token.kind == "term":
            return _Term(token.text)
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
        folded = " ".join(fold(text).split())
        if not folded:
            raise _wrong(self._text, column, "this term is empty", self._place)
        return _Token("term", folded, column)
