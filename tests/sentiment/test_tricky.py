"""Sentences that fool a reader of tone: written and labelled before any engine saw them, half of them kept from tuning.

Which half a sentence is in comes from its checksum. The half that tuning may look at is not reported.
"""

import csv
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest

from monitor.model import Passage
from monitor.sentiment import Options
from monitor.sentiment.linear import Linear
from monitor.training.posts import written
from monitor.watch.text import fold

KINDS = 15


@dataclass(frozen=True)
class Sentence:
    text: str
    aimed: bool
    kind: str
    brand: str

    @property
    def reported(self) -> bool:
        return int(sha256(self.text.encode()).hexdigest(), 16) % 2 == 1


def sentences() -> Iterator[Sentence]:
    with Path(__file__).with_name("tricky.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield Sentence(row["text"], row["aimed"] == "1", row["kind"], row["brand"])


def told_right(kept: list[Sentence]) -> dict[str, list[bool]]:
    linear = Linear(Options())
    right: dict[str, list[bool]] = defaultdict(list)
    for sentence in kept:
        names = (fold(sentence.brand),) if sentence.brand else ()
        right[sentence.kind].append((linear.one(Passage(sentence.text, names)).aimed >= 0.5) == sentence.aimed)
    return right


def test_both_answers_and_every_kind_are_among_them() -> None:
    every = list(sentences())
    assert len(every) >= 240
    assert len({sentence.text for sentence in every}) == len(every)
    assert len({sentence.kind for sentence in every}) == KINDS
    assert 0.4 < sum(sentence.aimed for sentence in every) / len(every) < 0.6


def runs(text: str) -> set[str]:
    return {text[at : at + 3] for at in range(len(text) - 2)}


def test_no_sentence_of_the_examination_was_taught_nor_one_like_it() -> None:
    taught = [runs(post.text) for post in written()]
    for sentence in sentences():
        asked = runs(sentence.text)
        assert all(2 * len(asked & one) <= len(asked | one) for one in taught), sentence.text


def test_the_half_that_was_kept_back_is_told_right_in_every_kind(capsys: pytest.CaptureFixture[str]) -> None:
    right = told_right([sentence for sentence in sentences() if sentence.reported])
    every = [one for ones in right.values() for one in ones]
    lines = [f"  {kind:<14} {sum(ones)}/{len(ones)}" for kind, ones in sorted(right.items())]
    with capsys.disabled():
        sys.stdout.write("\n".join(["", *lines, f"  all: {sum(every)} of {len(every)}", ""]))
    assert sum(every) / len(every) >= 0.80
    assert all(sum(ones) / len(ones) >= 0.6 for ones in right.values())
