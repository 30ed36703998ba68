"""What looking again costs and what it is worth: looks of our own beside every look and beside fixed gaps.

On real curves, thinned to a field-like mix and at real sizes, where the measuring stick is at hand; it says so where not.
"""

import json
import subprocess
import sys
import tempfile
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.measure import Figure
from benchmarks.replay import SHARED
from monitor.backtest.running import Run

CURVES = SHARED / "data" / "spread" / "weibo-reposts.jsonl.gz"
MIXES: Mapping[str, tuple[int, tuple[str, ...]]] = {"real sizes": (500, ()), "thinned": (300, ("--thin", "1"))}
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


def run() -> Iterator[Figure]:
    if not CURVES.is_file():
        print("looks: the real curves are not at hand, so there is nothing to look at again", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory() as folder:
        for mix, (viral, options) in MIXES.items():
            recording = Path(folder) / f"{mix.replace(' ', '-')}.jsonl"
            tool = SHARED / "tools" / "make_recording.py"
            made = [
                sys.executable,
                str(tool),
                str(CURVES),
                str(recording),
                "--gap",
                "1",
                "--hours",
                str(HOURS),
                *options,
            ]
            subprocess.run(made, check=True, stdout=subprocess.DEVNULL)
            yield from _compared(mix, viral, recording)


def _compared(mix: str, viral: int, recording: Path) -> Iterator[Figure]:
    truth = {
        str(told["id"]): told
        for told in map(json.loads, recording.with_suffix(".truth.jsonl").read_text(encoding="utf-8").splitlines())
    }
    own = Run(recording=recording, config=None, assume_negative=True, viral=viral, own=True)
    score = _score(own, truth, viral)
    assert own.tally.looks is not None
    asked = own.tally.looks.per_post()[0]
    yield Figure(name=f"looks, {mix}: requests per post in 6 h", value=round(asked, 1), unit="requests", wanted="<= 11")
    for name, gap in GAPS.items():
        part = recording.with_name("part.jsonl")
        requests = _thinned(recording, part, gap)
        theirs = _score(Run(recording=part, config=None, assume_negative=True, viral=viral), truth, viral)
        yield Figure(
            name=f"looks, {mix}: rec50 in 6 h beside {requests:.1f} requests",
            value=round(score[1], 3),
            unit=f"at precision {score[0]:.2f}",
            beside=f"{name} at precision {theirs[0]:.2f}",
            beside_value=round(theirs[1], 3),
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


def _score(run: Run, truth: Mapping[str, Mapping[str, Any]], viral: int) -> tuple[float, float]:
    """Precision, and the share of viral posts paged while half was still to come; within 6 h."""
    right = early = pages = 0
    for page in run.pages():
        told = truth[page.key.native_id]
        age = page.at.timestamp() - told["created_at"]
        if age > EARLY:
            continue
        pages += 1
        if told["final"] >= viral:
            right += 1
            early += 2 * bisect_right(told["offsets"], age) <= told["final"]
    return right / max(1, pages), early / max(1, sum(told["final"] >= viral for told in truth.values()))


def _unix(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
