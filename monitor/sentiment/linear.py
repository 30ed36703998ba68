"""`linear`, the default engine: calibrated log-odds from runs of one to three characters.

Logistic regression with naive-Bayes scaled features (Wang and Manning 2012), trained by `langyan train sentiment`
(monitor/sentiment/lessons.py); `docs/model-card.md` has the data and the measurements. Pure Python at run time: a
dictionary, a sum, no numpy.
"""

import re
import sys
from array import array
from collections.abc import Iterator, Sequence
from itertools import repeat
from math import sqrt
from pathlib import Path

from monitor.model import Passage, Sentiment
from monitor.sentiment import BASE_RATE, Options
from monitor.sentiment.aim import found, heard
from monitor.sentiment.odds import Odds, probability, shift
from monitor.sentiment.prepare import preparation, spelled
from monitor.sentiment.weights import BASE, NEAR, Weights, read, shipped, tone, unpack
from monitor.watch.target import NOTHING, About, Bearing, before, beside, look, marked, ours
from monitor.watch.tokens import RIVAL

WATCH = 0.3
"""From this P(aimed) on a text is worth its evidence."""

HOPELESS = -3.0
"""A text that sounds so harmless is not searched: of 28,000 such posts findings lifted one to where it is watched, and none of those written to be taught or tricky."""

_READABLE = re.compile("[0-9A-Za-z㐀-鿿]")
"""What can be read as words; symbols alone say something only where they are known to."""

SHORTEST = 4
"""Characters of a part of a text that are enough to say something by themselves."""

_FIRST_SYMBOL = "\U0001f000"
"""From here on one character is a word: emoji, and the tokens of emoticons."""

_NOTHING = repeat(0)
LONGEST_SPAN = 12
_MOST_SPANS = 3
_EDGES = " ,.!?;:~、。…“”\"'()【】《》-_*#|/\\+=<>"


class Model:
    """Answers for one prepared text at a time."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self._get = weights.runs.get
        # A table of their own, for they are few: to ask the large one for each costs a look into slow memory that finds nothing.
        self._near = {run - NEAR: weight for run, weight in weights.runs.items() if run >= NEAR}.get
        self._heads = (weights.negative, weights.anger, weights.complaint)

    def odds(self, prepared: str) -> Odds:
        """The three log-odds of a text that `Preparation` made."""
        grams = _runs(prepared)
        shrink = 1 / sqrt(len(grams) or 1)
        near = beside(prepared)
        here = _runs(near) if near else set()
        negative, anger, complaint = self._sums(grams, here)
        n, a, g = self._heads
        whole, angry = n(negative * shrink), a(anger * shrink)
        if RIVAL in prepared:
            complaint, shrink = self._complaint(ours(prepared))
        apart = SHORTEST <= len(near) <= len(prepared) - SHORTEST
        return Odds(whole, angry, g(complaint * shrink), self._tone(here) - whole if apart else 0.0)

    def _complaint(self, text: str) -> tuple[int, float]:
        """The sum of `complaint` for what is left of a text that speaks of a rival too, and what shrinks it."""
        here = _runs(text)
        shrink = 1 / sqrt(len(here) or 1)
        return self._sums(here, _runs(beside(text)))[2], shrink

    def _sums(self, runs: set[int], near: set[int]) -> tuple[int, int, int]:
        """What a text's runs and those of its clauses that name the brand add up to, for each question."""
        return unpack(sum(map(self._get, runs, _NOTHING)) + sum(map(self._near, near, _NOTHING)))

    def tone(self, prepared: str) -> float:
        """The log-odds of `negative` alone."""
        return self._tone(_runs(prepared))

    def _tone(self, runs: set[int]) -> float:
        return self.weights.negative(tone(sum(map(self._get, runs, _NOTHING))) / sqrt(len(runs) or 1))

    def spans(self, prepared: str) -> list[tuple[int, int]]:
        """The places that weighed most towards `negative`, heaviest first: at most three, at most twelve characters."""
        if not prepared:
            return []
        weight = self._by_place(prepared)
        average = max(0.0, sum(weight) / len(weight))
        trimmed = [_trimmed(prepared, start, end) for _, start, end in _heaviest(weight, average)]
        return [
            (start, end)
            for start, end in trimmed
            if end - start > 1 or (end > start and prepared[start] >= _FIRST_SYMBOL)
        ]

    def _by_place(self, prepared: str) -> list[int]:
        """What each character weighs: the sum of all runs it stands in. Packed weights add up as they are, so a place is unpacked
        once."""
        ones, twos, threes = ([*map(self._get, runs, _NOTHING)] for runs in _in_order(prepared))
        around = zip(ones, [0, *twos], [*twos, 0], [0, 0, *threes], [0, *threes, 0], [*threes, 0, 0], strict=False)
        return [tone(one + a + b + c + d + e) for one, a, b, c, d, e in around]


class Linear:
    """The `linear` scorer: tone from the model, aim from tone and what `watch.target` finds, evidence for what may matter."""

    engine = "linear"

    def __init__(self, options: Options, weights: Weights | None = None) -> None:
        weights = weights or (read(Path(options.weights)) if options.weights else shipped())
        self.version = weights.version
        self._prepare = preparation(options)
        self._model = Model(weights)
        self._curves = weights.curves
        self._aim = weights.aim
        self._tone = shift(options.base_rate)
        self._lean = shift(options.base_rate) - shift(BASE_RATE)
        self._neutral = Sentiment(negative=0.0, aimed=0.0, engine=self.engine, version=self.version)

    def score(self, passages: Sequence[Passage]) -> list[Sentiment]:
        """A text without words is neutral; no text raises."""
        return [self.one(passage) for passage in passages]

    def one(self, passage: Passage) -> Sentiment:
        plain = self._prepare(passage.text)
        if not plain:
            return self._neutral
        text, names = marked(plain, About(passage.names, passage.rivals))
        odds = self._model.odds(text)
        readable = _READABLE.search(text)
        aim = heard(self._aim, odds) + self._lean
        bearing = NOTHING
        if aim >= HOPELESS or not readable:
            bearing = look(text)
            if not bearing.facts and not readable:
                return self._neutral
            tail = text[bearing.after :] if bearing.after else ""
            turn = self._model.tone(tail) - odds.negative if len(tail) >= SHORTEST else 0.0
            aim += found(self._aim, odds, turn, bearing)
        aimed = probability(aim)
        if self._curves:
            curve = self._curves.get(passage.platform) or self._curves.get("")
            aimed = curve(aimed) if curve else aimed
        negative = probability(odds.negative + self._tone)
        watched = aimed >= WATCH
        return Sentiment(
            negative=negative,
            aimed=aimed,
            anger=negative * probability(odds.anger),
            evidence=self._evidence(plain, passage.text, self._places(text, names, bearing)) if watched else (),
            categories=bearing.categories if watched else (),
            engine=self.engine,
            version=self.version,
        )

    def explain(self, passage: Passage) -> tuple[str, list[tuple[int, int]], Bearing]:
        """The text as it was read, the places that weighed most, and what was found: for people who ask why."""
        plain = self._prepare(passage.text)
        text, names = marked(plain, About(passage.names, passage.rivals))
        bearing = look(text)
        return plain, self._places(text, names, bearing), bearing

    def _places(self, text: str, names: Sequence[str], bearing: Bearing) -> list[tuple[int, int]]:
        """The words that were known to be bad first, then what the model weighed heaviest; none inside another. Places in the
        text before it was marked."""
        chosen: list[tuple[int, int]] = []
        for start, end in self._telling(text, bearing):
            if all(end <= other_start or start >= other_end for other_start, other_end in chosen):
                chosen.append((start, end))
                if len(chosen) == _MOST_SPANS:
                    break
        return [(before(text, names, start), before(text, names, end)) for start, end in chosen] if names else chosen

    def _telling(self, text: str, bearing: Bearing) -> Iterator[tuple[int, int]]:
        """Bad words, then heavy spans, which cost far more and are not always asked for."""
        for cue in bearing.cues:
            yield cue.start, cue.end
        yield from self._model.spans(text)

    def _evidence(self, text: str, original: str, places: Sequence[tuple[int, int]]) -> tuple[str, ...]:
        spans = (spelled(text[start:end], original).strip() for start, end in places)
        return tuple(span for span in spans if span)


def _runs(text: str) -> set[int]:
    """The different runs of one to three characters, as the numbers they have in a weights file."""
    ones, twos, threes = _in_order(text)
    return {*ones, *twos, *threes}


def _in_order(text: str) -> tuple[Sequence[int], Sequence[int], Sequence[int]]:
    """The runs of one, of two and of three characters, as they stand in the text. All places are multiplied at once: the text is
    one long integer with 64 bits for each character, more than a run of three needs."""
    codes = array("I", text.encode("utf-32-le"))
    size = 8 * len(codes)
    spread = array("I", bytes(size))
    spread[::2] = codes
    ones = int.from_bytes(spread, "little")
    twos = ones * BASE + (ones >> 64)
    threes = twos * BASE + (ones >> 128)
    runs = codes, array("Q", twos.to_bytes(size, "little")[:-8]), array("Q", threes.to_bytes(size, "little")[:-16])
    if sys.byteorder == "big":
        for numbers in runs:
            numbers.byteswap()
    return runs


def _heaviest(weight: Sequence[int], average: float) -> list[tuple[float, int, int]]:
    """The runs of at most twelve characters that weigh more than the average, the three heaviest first."""
    found: list[tuple[float, int, int]] = []
    start = end = 0
    total = best = 0.0
    for place, value in enumerate((*weight, -1e9)):
        total += value - average
        if total > best:
            best, end = total, place + 1
        if total <= 0 or place - start >= LONGEST_SPAN - 1:
            if best > 0:
                found.append((best, start, end))
            start = place + 1
            total = best = 0.0
    return sorted(found, reverse=True)[:_MOST_SPANS]


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start] in _EDGES:
        start += 1
    while end > start and text[end - 1] in _EDGES:
        end -= 1
    return start, end
