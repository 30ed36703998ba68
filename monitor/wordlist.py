"""Words that people added, as the command line shows them: a line each, or TOML to paste into the configuration."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from alerts import words
from monitor.model import Word, WordKind, Words
from monitor.tables import quoted

_KINDS = {WordKind.WATCH: "关注", WordKind.EXCEPT: "排除"}
_KEYS = {WordKind.WATCH: "also", WordKind.EXCEPT: "except"}


def as_line(word: Word, now: datetime) -> Words:
    """`7 except 星禾: 抽奖 · li, 11-02 12:00 · until 11-09 12:00`."""
    who, query, at = words.clean(word.actor.name), words.clean(word.query), words.clock(word.added_at, now)
    said = Words(
        f"{word.id} {_KINDS[word.kind]} {word.brand}：{query} · {who}，{at}",
        f"{word.id} {word.kind.value} {word.brand}: {query} · {who}, {at}",
    )
    if word.until is None:
        return said
    until = words.clock(word.until, now)
    return Words(f"{said.zh} · 到 {until}", f"{said.en} · until {until}")


def as_json(word: Word) -> dict[str, Any]:
    return {
        "id": word.id,
        "brand": word.brand,
        "kind": word.kind.value,
        "query": word.query,
        "by": word.actor.name,
        "added_at": word.added_at.isoformat(),
        "until": word.until.isoformat() if word.until else None,
    }


def as_toml(
    added: Sequence[Word], brands: Sequence[Mapping[str, Any]], now: datetime, language: words.Language
) -> Iterator[str]:
    """For each brand with such words, the keys to put in place of those in its table (`brands`: the tables as they stand).

    A word that ends is no matter for a configuration: it stands beside as a comment.
    """
    for table in brands:
        name = str(table.get("name", ""))
        ours = [word for word in added if word.brand == name]
        if not ours:
            continue
        yield f"# [[brand]] name = {quoted(name)}"
        for kind, key in _KEYS.items():
            lasting = [word.query for word in ours if word.kind is kind and word.until is None]
            if lasting:
                yield f"{key} = {quoted(_either(str(table.get(key, '')), lasting))}"
        yield from (f"# {as_line(word, now).told(language)}" for word in ours)
        yield ""


def _either(given: str, added: Sequence[str]) -> str:
    return " OR ".join(
        f"({query})" if " " in query.strip() else query for query in [*([given] if given else []), *added]
    )
