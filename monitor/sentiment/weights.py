"""The weights of `linear`: what each run of one to three characters says of three questions, and the file they live in.

A file is gzip of one JSON line (the header), the runs as 64-bit integers, little end first, and their weights likewise. A run is
the number whose digits, to the base `BASE`, are its code points: numbers are half as large as strings in memory, and the sum
over a text is mostly waiting for memory. The three weights of a run are one integer, so that one sum answers all three questions.
"""

import gzip
import json
import sys
import zlib
from array import array
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.resources import files
from math import isfinite
from pathlib import Path
from typing import Any

from monitor.errors import ConfigError

FORM = "langyan.linear.v2"
BASE = 1_114_117
"""Above every code point, and odd, so that each of them moves the low bits that a dictionary goes by."""
NEAR = 1 << 62
"""Added to a run that stands in a clause which names the brand; above all of three characters."""

_FIELD = 21
"""Bits of one sum in the packed integer: 2,000 characters of the heaviest runs are 762,000, below 2**20."""
_HALF, _MASK = 1 << (_FIELD - 1), (1 << _FIELD) - 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Head:
    """One question: what turns a text's sum of bytes into log-odds at even odds. Below zero and above it the sums mean
    different things, so each side has its slope."""

    up: float
    down: float
    bias: float

    def __call__(self, total: float) -> float:
        return total * (self.up if total > 0 else self.down) + self.bias


@dataclass(frozen=True, kw_only=True, slots=True)
class Curve:
    """A monotone recalibration of P(aimed) from people's labels: probabilities at knots, linear between them."""

    at: tuple[float, ...]
    gives: tuple[float, ...]
    labels: int

    def __call__(self, p: float) -> float:
        at, gives = self.at, self.gives
        if p <= at[0]:
            return gives[0]
        for i in range(1, len(at)):
            if p <= at[i]:
                share = (p - at[i - 1]) / (at[i] - at[i - 1])
                return gives[i - 1] + share * (gives[i] - gives[i - 1])
        return gives[-1]


@dataclass(frozen=True, kw_only=True, slots=True)
class Weights:
    """What `linear` knows. `runs` holds packed integers; `aim` what each finding of `watch.target` weighs; `curves` recalibrate
    P(aimed) by platform, "" for all of them."""

    version: str
    runs: Mapping[int, int]
    negative: Head
    anger: Head
    complaint: Head
    aim: Mapping[str, float] = field(default_factory=dict)
    curves: Mapping[str, Curve] = field(default_factory=dict)
    about: Mapping[str, Any] = field(default_factory=dict)


def pack(negative: int, anger: int, complaint: int) -> int:
    """Three signed weights as one integer that adds up field by field."""
    return negative + (anger << _FIELD) + (complaint << (2 * _FIELD))


def unpack(total: int) -> tuple[int, int, int]:
    """The three sums of a sum of packed integers."""
    negative = ((total + _HALF) & _MASK) - _HALF
    total = (total - negative) >> _FIELD
    anger = ((total + _HALF) & _MASK) - _HALF
    return negative, anger, (total - anger) >> _FIELD


def tone(total: int) -> int:
    """The first of the three alone."""
    return ((total + _HALF) & _MASK) - _HALF


def dump(weights: Weights) -> bytes:
    """The file's bytes, the same for the same weights in the same order."""
    heads = ("negative", "anger", "complaint")
    header = {
        "form": FORM,
        "version": weights.version,
        "runs": len(weights.runs),
        "heads": {name: asdict(getattr(weights, name)) for name in heads},
        "aim": weights.aim,
        "curves": {platform: asdict(curve) for platform, curve in sorted(weights.curves.items())},
        "about": weights.about,
    }
    numbers = array("q", [*weights.runs, *weights.runs.values()])
    if sys.byteorder == "big":
        numbers.byteswap()
    return gzip.compress(json.dumps(header, ensure_ascii=False).encode() + b"\n" + numbers.tobytes(), 9, mtime=0)


def parse(packed: bytes, place: str) -> Weights:
    """The weights of a file's bytes. A file that is damaged or something else is a ConfigError."""
    try:
        whole = gzip.decompress(packed)
        header = json.loads(whole[: whole.index(b"\n")])
        if header["form"] != FORM:
            raise ValueError(f"its form is {header['form']!r}, not {FORM!r}")  # noqa: TRY301 - one place reports them all
        count = int(header["runs"])
        numbers = array("q", whole[whole.index(b"\n") + 1 :])
        if sys.byteorder == "big":
            numbers.byteswap()
        if len(numbers) != 2 * count:
            raise ValueError(f"{len(numbers)} numbers for {count} runs and their weights")  # noqa: TRY301
        heads = {name: _head(head) for name, head in header["heads"].items()}
        curves = {platform: _curve(curve) for platform, curve in header["curves"].items()}
        return Weights(
            version=str(header["version"]),
            runs=dict(zip(numbers[:count], numbers[count:], strict=True)),
            aim={name: float(weight) for name, weight in header["aim"].items()},
            curves=curves,
            about=header["about"],
            **heads,
        )
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(place, f"not a weights file: {error}", "Train it again, or take the shipped one") from None


def _head(head: Mapping[str, float]) -> Head:
    made = Head(up=float(head["up"]), down=float(head["down"]), bias=float(head["bias"]))
    if not (isfinite(made.up + made.down + made.bias) and made.up > 0 and made.down > 0):
        raise ValueError("a head that does not rise")
    return made


def _curve(curve: Mapping[str, Any]) -> Curve:
    made = Curve(at=tuple(curve["at"]), gives=tuple(curve["gives"]), labels=int(curve["labels"]))
    rising = list(made.at) == sorted(set(made.at)) and list(made.gives) == sorted(made.gives)
    if not made.at or len(made.at) != len(made.gives) or not rising:
        raise ValueError("a recalibration that does not rise")
    return made


def read(path: Path) -> Weights:
    """The weights in a file."""
    try:
        return parse(path.read_bytes(), str(path))
    except OSError as error:
        raise ConfigError(str(path), f"cannot be read: {error}") from None


def shipped() -> Weights:
    """The weights that come with Langyan; `docs/model-card.md` says what they are worth."""
    return parse((files(__package__) / "linear.weights").read_bytes(), "the shipped linear.weights")
