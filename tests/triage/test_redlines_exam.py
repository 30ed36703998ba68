"""Sentences that touch a red line, and as many that only sound like it: written before any word list was, half of them kept.

Which half a sentence is in comes from its checksum. The word lists were tuned on the half that is not reported.
"""

import csv
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from importlib import resources
from pathlib import Path

import pytest

from monitor.model import Passage
from monitor.sentiment import Options
from monitor.sentiment.linear import Linear
from monitor.triage.redlines import RedLines
from monitor.watch.target import About
from monitor.watch.text import fold

RECALL, PRECISION, NAMED = 0.90, 0.80, 0.90


@dataclass(frozen=True)
class Sentence:
    text: str
    harms: frozenset[str]
    brand: str

    @property
    def reported(self) -> bool:
        return int(sha256(self.text.encode()).hexdigest(), 16) % 2 == 1


def sentences() -> Iterator[Sentence]:
    with Path(__file__).with_name("redlines.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield Sentence(row["text"], frozenset(row["harms"].split("+")) - {""}, row["brand"])


def shipped() -> RedLines:
    return RedLines(tomllib.loads(resources.files("monitor.triage").joinpath("redlines.toml").read_text("utf-8")))


def told(lines: RedLines, linear: Linear, sentence: Sentence) -> set[str]:
    """The lines a sentence touches, as the judge would count them."""
    about = About((fold(sentence.brand),))
    touched = lines.read(sentence.text, about)
    aimed = linear.one(Passage(sentence.text, about.names)).aimed
    return {touch.harm for touch in touched.touches} if aimed >= touched.needed else set()


def test_both_answers_and_every_line_are_among_them() -> None:
    every = list(sentences())
    assert len({sentence.text for sentence in every}) == len(every) >= 120
    assert sum(not sentence.harms for sentence in every) == len(every) // 2
    shipped_lines = tomllib.loads(resources.files("monitor.triage").joinpath("redlines.toml").read_text("utf-8"))
    assert frozenset().union(*(sentence.harms for sentence in every)) == set(shipped_lines) - {"groups", "spared"}


def test_the_half_that_was_kept_back(capsys: pytest.CaptureFixture[str]) -> None:
    lines, linear = shipped(), Linear(Options())
    seen: Counter[str] = Counter()
    for sentence in sentences():
        if not sentence.reported:
            continue
        found = told(lines, linear, sentence)
        seen["touch"] += bool(sentence.harms)
        seen["found"] += bool(found)
        seen["right"] += bool(found and sentence.harms)
        seen["named"] += bool(found & sentence.harms)
        seen["names"] += len(found) if sentence.harms else 0
        seen["right names"] += len(found & sentence.harms)
        seen["wanted names"] += len(sentence.harms)
    recall, precision, named = (
        seen["right"] / seen["touch"],
        seen["right"] / seen["found"],
        seen["named"] / seen["right"],
    )
    with capsys.disabled():
        sys.stdout.write(
            f"\n  red lines: recall {recall:.2f} ({seen['right']} of {seen['touch']}), precision {precision:.2f} "
            f"({seen['right']} of {seen['found']}); a right harm named {seen['named']} of {seen['right']}; of the harms named "
            f"{seen['right names']} of {seen['names']} right, of {seen['wanted names']} wanted\n"
        )
    assert recall >= RECALL
    assert precision >= PRECISION
    assert named >= NAMED
