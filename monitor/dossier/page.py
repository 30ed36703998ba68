"""The index for people: one page without a script, to be opened from where the zip was unpacked."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal

from jinja2 import Environment, PackageLoader, StrictUndefined

from alerts import card, links
from alerts import words as said
from monitor.dossier.document import file_of, thresholds
from monitor.dossier.words import WORDS
from monitor.model import COUNTERS, Count, Precision
from monitor.ports import Case
from monitor.web.words import WORDS as BOARD

_AT_ONCE = 200
"""Pieces of the page that are put together before they are written."""


def pieces(case: Case, language: Literal["zh", "en"]) -> Iterator[bytes]:
    """The page, to be written one after another."""
    words = WORDS[language]
    pages = Environment(
        loader=PackageLoader("monitor.dossier"), autoescape=True, trim_blocks=True, undefined=StrictUndefined
    )
    pages.filters.update(
        clean=said.clean,
        clock=_clock,
        address=links.web_address,
        file=file_of,
        platform=lambda name: said.platform(name, language),
        sentence=lambda reason: card.sentence(reason, language),
        count=lambda count: _count(count, words),
        unit=lambda name: said.noun(name, language),
    )
    stream = pages.get_template("index.html").stream(
        w=words, b=BOARD[language], case=case, incident=case.incident, thresholds=thresholds(case), counters=COUNTERS
    )
    stream.enable_buffering(_AT_ONCE)
    return (piece.encode("utf-8", "replace") for piece in stream)


def _clock(moment: datetime | None) -> str:
    return "—" if moment is None else moment.astimezone(said.SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


def _count(count: Count | None, words: dict[str, Any]) -> str:
    if count is None:
        return "—"
    if count.precision is Precision.EXACT:
        return str(count.value)
    kind = "rounded" if count.precision is Precision.ROUNDED else "at_least"
    return str(words["count"][kind].format(n=count.value))
