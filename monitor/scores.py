"""`langyan score`: a CSV's texts judged one after another, a line each, in constant memory."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from rich.text import Text

from alerts import words
from monitor import sentiment
from monitor.config import load
from monitor.errors import ConfigError
from monitor.model import Passage, Sentiment
from monitor.scoring import ENGINES
from monitor.sentiment import Options
from monitor.sentiment.desk import Desk
from monitor.sentiment.linear import WATCH, Linear
from monitor.sentiment.prepare import spelled
from monitor.training.rows import columns
from monitor.watch.text import fold

AT_ONCE = 64


class Scores:
    """Engines at work on passages. What is small works here; what is large or may hang, in a process of its own."""

    def __init__(self, engine: str, options: Options) -> None:
        first, *others = ENGINES[engine]
        self._first = sentiment.load(first, options) if first == Linear.engine else Desk(first, options)
        self._others = [Desk(other, options) for other in others]

    def of(self, passages: Sequence[Passage]) -> Iterator[dict[str, Any]]:
        """A line for each passage, in order. `second` stands where another engine was asked."""
        for passage, said in zip(passages, self._first.score(passages), strict=True):
            line = _line(said)
            for desk in self._others if said and said.aimed >= WATCH else ():
                (again,) = desk.score([passage])
                line["second"] = None if again is None else round(again.negative, 4)
            yield line

    def close(self) -> None:
        """Ends the processes."""
        for desk in (self._first, *self._others):
            if isinstance(desk, Desk):
                desk.close()


def read(path: Path, column: str, names: tuple[str, ...]) -> Iterator[list[Passage]]:
    """A CSV's texts in portions. ConfigError when the file or the column is not there."""
    rows = (Passage(row[column], names) for _, row in columns(path, (column,)))
    while portion := list(islice(rows, AT_ONCE)):
        yield portion


def settings(
    config: Path | None, brand: str, engine: str, base_rate: float | None
) -> tuple[str, Options, tuple[str, ...]]:
    """Engine, options and the brand's names: from the configuration where there is one, what the command line says first."""
    options = Options()
    names: tuple[str, ...] = (fold(brand),) if brand else ()
    if config is not None:
        house = load(config)
        engine, options = engine or house.engine, house.scoring
        names = next((known.names for known in house.brands if known.name == brand), names)
    engine = engine or Linear.engine
    if engine not in ENGINES:
        raise ConfigError("--engine", f"there is no engine {engine!r}", f"Write one of: {', '.join(ENGINES)}")
    if base_rate is not None:
        if not 0 < base_rate < 1:
            raise ConfigError("--base-rate", f"{base_rate} is no share", "Write a number between 0 and 1")
        options = replace(options, base_rate=base_rate)
    return engine, options, names


def as_text(line: dict[str, Any], text: str) -> str:
    """One line for people: how bad for the brand, how negative, the words that say so, the text."""
    if line["aimed"] is None:
        return f"   ?    ?  {cleaned(text, 60)}"
    why = "、".join(cleaned(span, 20) for span in line["evidence"])
    return f"{line['aimed']:.2f} {line['negative']:.2f}  {cleaned(text, 60)}{f'  «{why}»' if why else ''}"


def cleaned(text: str, limit: int) -> str:
    """What a stranger wrote, fit for a terminal."""
    return words.cut(words.clean(text), limit)


def _line(said: Sentiment | None) -> dict[str, Any]:
    """A text that no engine survives is said to be unknown, not harmless."""
    if said is None:
        return {"negative": None, "aimed": None, "anger": None, "categories": [], "evidence": []}
    return {
        "negative": round(said.negative, 4),
        "aimed": round(said.aimed, 4),
        "anger": round(said.anger, 4),
        "categories": list(said.categories),
        "evidence": list(said.evidence),
    }


def explained(linear: Linear, passage: Passage) -> Text:
    """The text as the engine read it, what weighed most in colour, and what was found in it."""
    said = linear.one(passage)
    text, places, bearing = linear.explain(passage)
    shown = Text(f"{said.aimed:.2f} ", style="bold red" if said.aimed >= 0.5 else "green")
    start = 0
    for begin, end in sorted(places):
        shown.append(_plain(text[start:begin], passage.text))
        shown.append(
            f"[{_plain(text[begin:end], passage.text)}]",
            style="bold yellow" if said.aimed < 0.5 else "bold white on red",
        )
        start = end
    shown.append(_plain(text[start:], passage.text))
    found = ", ".join(f"{name} {value:g}" for name, value in bearing.facts.items())
    shown.append(
        f"\n     negative {said.negative:.2f}, anger {said.anger:.2f}" + (f"; {found}" if found else ""), style="dim"
    )
    return shown


def _plain(piece: str, original: str) -> str:
    return words.clean(spelled(piece, original))
