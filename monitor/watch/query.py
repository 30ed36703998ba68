"""Whose post is it? One automaton finds every term of every brand in one pass. Pure.

How queries are written: `monitor.watch.language`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from ahocorasick_rs import AhoCorasick, MatchKind

from monitor.model import Match, Post, Words
from monitor.watch.language import Query, Term
from monitor.watch.patterns import Pattern
from monitor.watch.text import fold

__all__ = ["WEAK", "Assuming", "Brand", "Explanation", "Matcher", "Query"]

WEAK = 0.8
"""The confidence of a match that rests on one short word alone, without a context that was asked for."""


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
        """What a text may call the brand, folded: its name, and the terms of `match` outside any NOT. A pattern is no name."""
        terms = [term.key for term in self.match.asked() if term.pattern is None]
        return tuple(dict.fromkeys([fold(self.name), *terms]))


class Explanation(NamedTuple):
    """Whether a text concerns a brand, and the words that decided it."""

    brand: str
    matched: bool
    why: Words


class Matcher:
    """Says whose post it is. Thousands of terms cost one pass over the text."""

    def __init__(self, brands: Sequence[Brand]) -> None:
        self._brands = tuple(brands)
        terms: set[str] = set()
        self._patterns: dict[str, Pattern] = {}
        for brand in brands:
            for query in (brand.match, brand.also, brand.exclude, brand.context, *brand.products.values()):
                if query is not None:
                    terms |= query.terms
                    self._patterns |= query.patterns
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

    def terms(self, text: str, brand: str) -> list[str]:
        """What of a brand's words a text holds, as people are told of it; nothing where it does not concern the brand."""
        found = self._found(text)
        ours = next((one for one in self._brands if one.name == brand), None)
        if ours is None or _excluded(ours, found) or not _concerns(ours, found):
            return []
        added = ours.also.deciding(found) if ours.also is not None and _added(ours, found) else []
        return list(dict.fromkeys([*(ours.match.deciding(found) if _named(ours, found) else []), *added]))

    def _found(self, text: str) -> set[str]:
        if not text:
            return set()
        folded = fold(text)
        found = {key for key, pattern in self._patterns.items() if pattern.finds(folded)}
        if self._finder is None:
            return found
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
    strong = any(_strong(term) for term in brand.match.asked() if term.key in found)
    return 1.0 if strong else WEAK


def _strong(term: Term) -> bool:
    return term.pattern is not None or len(term.key) > (3 if term.key.isascii() else 1)


def _why(brand: Brand, found: set[str]) -> str:
    if brand.also is not None and not _named(brand, found):
        return " + ".join(brand.also.deciding(found)[:3])
    words = brand.match.deciding(found)[:3]
    return " + ".join([*words, *(brand.context.deciding(found)[:1] if brand.context else [])])


def _explained(brand: Brand, found: set[str]) -> Explanation:
    def because(matched: bool, zh: str, en: str) -> Explanation:
        return Explanation(brand.name, matched, Words(f"{brand.name}：{zh}", f"{brand.name}: {en}"))

    if brand.also is not None and brand.also.holds(found) and not _excluded(brand, found):
        words = " + ".join(brand.also.deciding(found))
        return because(True, f"后加的词也算，有 {words}", f"also matches {words}")
    if not brand.match.holds(found):
        partly = " + ".join(brand.match.deciding(found))
        if partly:
            return because(False, f"不算，只有 {partly}", f"does not match, only {partly} is there")
        return because(False, "不算，它的词一个也没有", "does not match, none of its words is there")
    words = " + ".join(brand.match.deciding(found))
    if brand.exclude and brand.exclude.holds(found):
        vetoes = " + ".join(brand.exclude.deciding(found))
        return because(False, f"有 {words}，但被 {vetoes} 排除", f"matches {words}, but is excepted by {vetoes}")
    if brand.context is None:
        return because(True, f"算，有 {words}", f"matches {words}")
    if not brand.context.holds(found):
        missing = f"matches {words}, but nothing of its context is there"
        return because(False, f"有 {words}，但语境词一个也没有", missing)
    beside = " + ".join(brand.context.deciding(found))
    return because(True, f"算，有 {words}，语境是 {beside}", f"matches {words} with {beside}")


def _latin(character: str) -> bool:
    """Whether a character belongs to a word that is written with spaces around it."""
    return character.isascii() and character.isalnum()
