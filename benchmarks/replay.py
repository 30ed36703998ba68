"""`replay --assume-negative` on thinned curves, through the same store and pipeline as the daemon, on one core."""

import gzip
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from time import process_time

from benchmarks.measure import Figure
from monitor.backtest.running import Run
from monitor.replay import Tally

SHARED = Path(os.environ.get("LANGYAN_SHARED", Path(__file__).parents[2] / "shared"))
POSTS = 300


def run() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        recording = Path(folder) / "recording.jsonl.gz"
        what = _thinned(recording) if (SHARED / "tools" / "make_recording.py").is_file() else _invented(recording)
        tally = Tally()
        before = process_time()
        for _ in Run(recording=recording, config=None, assume_negative=True, viral=300, tally=tally).pages():
            continue
        taken = process_time() - before
        yield Figure(
            name=f"replay --assume-negative, {what}",
            value=round(tally.sightings / taken),
            unit="sightings/s",
            beside="reading and parsing the lines alone",
            beside_value=round(tally.sightings / _parsing(recording)),
            wanted=">= 800",
        )


def _parsing(recording: Path) -> float:
    from monitor.replay import read

    before = process_time()
    for _ in read(recording, Tally(), lambda _line: None):
        continue
    return process_time() - before


def _thinned(recording: Path) -> str:
    """Real curves, thinned to a field-like mix by the measuring stick; the first of them, to keep the run short."""
    curves = recording.with_name("curves.jsonl.gz")
    with (
        gzip.open(SHARED / "data" / "spread" / "weibo-reposts.jsonl.gz", "rt", encoding="utf-8") as source,
        gzip.open(curves, "wt", encoding="utf-8") as some,
    ):
        for number, line in enumerate(source):
            if number < POSTS:
                some.write(line)
    tool = SHARED / "tools" / "make_recording.py"
    subprocess.run(
        [sys.executable, str(tool), str(curves), str(recording), "--thin", "1"], check=True, stdout=subprocess.DEVNULL
    )
    return f"{POSTS} thinned real curves"


def _invented(recording: Path) -> str:
    """Where the real curves are not at hand: curves of the same sizes, from a seed."""
    rng = Random(1)
    start = datetime(2026, 11, 2, tzinfo=UTC)
    lines = []
    for post in range(POSTS):
        final, born = int(20 / max(0.01, rng.random())), start + timedelta(minutes=rng.uniform(0, 3_000))
        for look in range(140):
            age = 60 + 300 * look if look < 72 else 21_660 + 900 * (look - 72)
            seen = born + timedelta(seconds=age + rng.uniform(-30, 30))
            record = {
                "schema": "langyan.post.v1",
                "platform": "weibo",
                "id": f"p{post}",
                "collected_at": seen.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "counts": {"reposts": int(final * (1 - 1 / (1 + age / 3_600)))},
            }
            if look == 0:
                record |= {
                    "created_at": born.isoformat(),
                    "text": "".join(chr(0x4E00 + rng.randrange(20_000)) for _ in range(40)),
                }
            lines.append((seen, json.dumps(record, ensure_ascii=False)))
    with gzip.open(recording, "wt", encoding="utf-8") as file:
        file.writelines(line + "\n" for _, line in sorted(lines))
    return f"{POSTS} invented curves"
