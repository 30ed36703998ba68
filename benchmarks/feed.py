"""Whole feeds with known truth, invented by ../shared/tools/feed_model.py: as curves to learn from, and to page on.

`python -m benchmarks.feed SEED HOURS OUT.jsonl.gz` writes curves for `langyan train spread --feed`.
"""

import gzip
import json
import sys
from importlib import util
from pathlib import Path
from types import ModuleType
from typing import Any

MODEL = Path("../shared/tools/feed_model.py")
AN_HOUR = 200.0
"""Posts an hour: 4,800 a day."""


def model() -> ModuleType:
    """The generator. FileNotFoundError where it is not at hand."""
    if not MODEL.exists():
        raise FileNotFoundError(f"{MODEL} is not here")
    spec = util.spec_from_file_location("feed_model", MODEL)
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def posts(seed: int, hours: float) -> list[dict[str, Any]]:
    """Every post of a feed, with the moments of its reposts."""
    made: list[dict[str, Any]] = model().feed(hours, AN_HOUR, seed)[0]
    return made


def main() -> None:
    seed, hours, out = int(sys.argv[1]), float(sys.argv[2]), Path(sys.argv[3])
    with gzip.open(out, "wt", encoding="utf-8") as file:
        for post in posts(seed, hours):
            offsets = [round(float(at), 1) for at in post["ev"]]
            file.write(json.dumps({"created_at": post["t0"], "fold": -1, "offsets": offsets}) + "\n")


if __name__ == "__main__":
    main()
