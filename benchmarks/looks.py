"""What looking again costs and what it is worth: looks of our own beside every look and beside fixed gaps.

On real curves of authors that neither the forecast nor the constants of `revisit.py` have seen, through the pipeline of
`langyan replay --looks own`; thinned to a field-like mix and at real sizes. It says so where they are not at hand.
"""

import gzip
import json
import subprocess
import sys
import tempfile
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

from benchmarks import folds
from benchmarks.folds import CURVES
from benchmarks.measure import Figure
from benchmarks.replay import SHARED
from monitor import fittings
from monitor.backtest.running import Run
from monitor.spread.forecast import Forecaster

REPORTED = (3, 4)
"""The constants of `revisit.py` were chosen on the other folds."""

MIXES: Mapping[str, tuple[int, Sequence[Sequence[str]]]] = {
    "real sizes": (500, [()]),
    "thinned": (300, [("--thin", "1")]),
}
"""The reach that hurts, and how the curves are made."""

HOURS = 6.5
EARLY = 6 * 3600.0

Gap = Callable[[float], float]
"""Seconds to the next look at an age in seconds."""

GAPS: Mapping[str, Gap] = {
    "every look (5 min)": lambda _age: 300.0,
    "max(10 min, 0.4 age)": lambda age: max(600.0, 0.4 * age),
    "every 30 min": lambda _age: 1800.0,
}


@dataclass
class _Tally:
    """What one way of looking found, over several recordings."""

    posts: int = 0
    looks: float = 0.0
    viral: int = 0
    pages: int = 0
    right: int = 0
    early: int = 0

    def __str__(self) -> str:
        right, found = self.right / max(1, self.pages), self.right / max(1, self.viral)
        return f"precision {right:.3f}, recall {found:.3f}, {self.looks / max(1, self.posts):.1f} looks"

    @property
    def rec50(self) -> float:
        return self.early / max(1, self.viral)


def run() -> Iterator[Figure]:
    if missing := folds.missing():
        print(f"looks: {missing}, so there is nothing to look at again", file=sys.stderr)
        return
    weights, (_, blind) = fittings.forecaster().weights, folds.blind()
    for mix, (viral, recipes) in MIXES.items():
        tallies = {name: _Tally() for name in ("own", *GAPS)}
        for fold in REPORTED:
            forecaster = Forecaster(replace(weights, nets=blind[fold]))
            for recipe in recipes:
                with tempfile.TemporaryDirectory() as folder:
                    recording = _recorded(Path(folder), fold, recipe)
                    _look(recording, viral, forecaster, tallies)
        yield from _told(mix, tallies)


def _recorded(folder: Path, fold: int, recipe: Sequence[str]) -> Path:
    """A look a minute at the posts of one fold."""
    part, recording = folder / "curves.jsonl", folder / "recording.jsonl"
    with gzip.open(CURVES, "rt", encoding="utf-8") as curves, part.open("w", encoding="utf-8") as some:
        some.writelines(line for line in curves if json.loads(line)["fold"] == fold)
    tool = SHARED / "tools" / "make_recording.py"
    made = [sys.executable, str(tool), str(part), str(recording), "--gap", "1", "--hours", str(HOURS), *recipe]
    subprocess.run(made, check=True, stdout=subprocess.DEVNULL)
    return recording


def _look(recording: Path, viral: int, forecaster: Forecaster, tallies: Mapping[str, _Tally]) -> None:
    told = map(json.loads, recording.with_suffix(".truth.jsonl").read_text(encoding="utf-8").splitlines())
    truth = {str(post["id"]): post for post in told}
    own = Run(recording=recording, config=None, assume_negative=True, viral=viral, own=True)
    _add(tallies["own"], own, forecaster, truth, viral)
    assert own.tally.looks is not None
    tallies["own"].looks += own.tally.looks.per_post()[0] * len(truth)
    for name, gap in GAPS.items():
        part = recording.with_name("part.jsonl")
        tallies[name].looks += _thinned(recording, part, gap) * len(truth)
        theirs = Run(recording=part, config=None, assume_negative=True, viral=viral)
        _add(tallies[name], theirs, forecaster, truth, viral)


def _told(mix: str, tallies: Mapping[str, _Tally]) -> Iterator[Figure]:
    own = tallies["own"]
    yield Figure(
        name=f"looks, {mix}: requests per post in 6 h",
        value=round(own.looks / max(1, own.posts), 1),
        unit="requests",
        wanted="<= 11",
    )
    for name in GAPS:
        yield Figure(
            name=f"looks, {mix}: rec50 in 6 h beside {name}",
            value=round(own.rec50, 3),
            unit=str(own),
            beside=f"{name}, {tallies[name]}",
            beside_value=round(tallies[name].rec50, 3),
            wanted=">= 0.03 less" if name.startswith("every look") else "",
        )


def _thinned(recording: Path, part: Path, gap: Gap) -> float:
    """The looks that a fixed gap would have taken; how many that were for a post in 6 h."""
    chance, due, born, early = Random(1), dict[str, float](), dict[str, float](), 0
    with recording.open(encoding="utf-8") as whole, part.open("w", encoding="utf-8") as kept:
        for line in whole:
            told: dict[str, Any] = json.loads(line)
            at, post = _unix(told["collected_at"]), told["id"]
            if at < due.get(post, 0.0):
                continue
            born.setdefault(post, _unix(told["created_at"]) if "created_at" in told else at)
            due[post] = at + gap(at - born[post]) * chance.uniform(0.8, 1.2)
            early += at - born[post] <= EARLY
            kept.write(line)
    return early / max(1, len(born))


def _add(tally: _Tally, run: Run, forecaster: Forecaster, truth: Mapping[str, Mapping[str, Any]], viral: int) -> None:
    """The pages of one run within 6 h: how many, how many right, and while half was still to come."""
    run.rules = replace(run.rules, forecaster=forecaster)
    tally.posts += len(truth)
    tally.viral += sum(told["final"] >= viral for told in truth.values())
    for page in run.pages():
        told = truth[page.key.native_id]
        age = page.at.timestamp() - told["created_at"]
        if age > EARLY:
            continue
        tally.pages += 1
        if told["final"] >= viral:
            tally.right += 1
            tally.early += 2 * bisect_right(told["offsets"], age) <= told["final"]


def _unix(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
