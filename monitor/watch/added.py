"""Words that people added to a brand while it runs: what they make of it, and what they would have changed. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from monitor.errors import ConfigError
from monitor.model import Word, WordKind
from monitor.watch.query import Brand, Matcher, Query


def extended(brands: Sequence[Brand], words: Iterable[Word]) -> tuple[Brand, ...]:
    """The brands with what people added. A query that this version cannot read is left out, like a brand that is gone."""
    added: dict[tuple[str, WordKind], list[Query]] = {}
    for word in words:
        try:
            added.setdefault((word.brand, word.kind), []).append(Query.parse(word.query))
        except ConfigError:
            continue
    return tuple(
        replace(
            brand,
            also=_either(brand.also, added.get((brand.name, WordKind.WATCH), [])),
            exclude=_either(brand.exclude, added.get((brand.name, WordKind.EXCEPT), [])),
        )
        for brand in brands
    )


def _either(given: Query | None, added: Sequence[Query]) -> Query | None:
    queries = [*([given] if given else []), *added]
    return Query.either(queries) if queries else None


def changed(word: Word, said: Iterable[tuple[str, tuple[str, ...]]]) -> list[str]:
    """Of texts, each with the brands it was found to concern: those about which the word would have decided otherwise."""
    finds = Matcher([Brand(name=word.brand, match=Query.parse(word.query))])
    wanted = word.kind is WordKind.EXCEPT
    return [text for text, brands in said if (word.brand in brands) is wanted and finds.explain(text)[0].matched]
