"""Nets for each fold of the real curves that have not seen its authors, as `langyan train spread` fits them; kept for the next run.

Fitting them takes some fifty seconds a net, five folds of eight, so they are written to the folder for temporary files, or to the one that LANGYAN_FOLDS names,
under a name that tells what they were fitted from: other curves or another way of fitting make another file.
"""

import gzip
import json
import os
import sys
import tempfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import numpy as np

from benchmarks import feed
from benchmarks.replay import SHARED
from monitor.spread import curves, features, fit, nets, rhythm, usual
from monitor.spread.nets import Layer, Nets
from monitor.spread.rhythm import Rhythm
from monitor.training import spread

CURVES = SHARED / "data" / "spread" / "weibo-reposts.jsonl.gz"
FEED_SEED, FEED_HOURS = 101, 960.0
SEED = 1
LEARNING = (curves, features, fit, nets, rhythm, usual, spread)
"""The modules that decide what is learnt."""


def missing() -> str | None:
    """What is not here that the nets are fitted from; None: nothing is."""
    return next((f"{path} is not here" for path in (CURVES, feed.MODEL) if not path.is_file()), None)


def labels() -> list[str]:
    """What the collectors said of each curve, in the order in which they are read: `rumor` or `nonrumor`."""
    with gzip.open(CURVES, "rt", encoding="utf-8") as lines:
        return [json.loads(line)["label"] for line in lines if line.strip()]


def blind() -> tuple[Rhythm, Mapping[int, Nets]]:
    """The rhythm, and for each fold the nets that have not seen it."""
    path = Path(os.environ.get("LANGYAN_FOLDS", tempfile.gettempdir())) / f"langyan-folds-{_digest()}.npz"
    if path.is_file():
        return _read(path)
    print(f"fitting the nets of every fold, which takes some half an hour; they are kept in {path}", file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        invented = Path(folder) / "feed.jsonl.gz"
        feed.write(FEED_SEED, FEED_HOURS, invented)
        lessons = spread.Lessons.of(spread.read(CURVES), spread.read(invented), SEED)
    fitted = {fold: lessons.nets(fold, lambda: None) for fold in lessons.folds}
    _write(path, lessons.rhythm, fitted)
    return lessons.rhythm, fitted


def _digest() -> str:
    told = sha256(CURVES.read_bytes())
    for source in (feed.MODEL, *(Path(str(module.__file__)) for module in LEARNING)):
        told.update(source.read_bytes())
    return told.hexdigest()[:12]


def _write(path: Path, hours: Rhythm, fitted: Mapping[int, Nets]) -> None:
    kept = {"rhythm": np.array(hours.hours)}
    for fold, one in fitted.items():
        kept |= {f"{fold} center": one.center, f"{fold} spread": one.spread}
        for number, layer in enumerate(one.layers):
            kept |= {f"{fold} weights {number}": layer.weights, f"{fold} bias {number}": layer.bias}
    part = path.with_suffix(".part.npz")
    np.savez(part, **kept)  # type: ignore[arg-type]
    part.replace(path)


def _read(path: Path) -> tuple[Rhythm, Mapping[int, Nets]]:
    with np.load(path) as kept:
        fitted = {}
        for fold in sorted({int(name.split()[0]) for name in kept if name != "rhythm"}):
            deep = sum(name.startswith(f"{fold} weights") for name in kept)
            layers = (
                Layer(weights=kept[f"{fold} weights {number}"], bias=kept[f"{fold} bias {number}"])
                for number in range(deep)
            )
            fitted[fold] = Nets(center=kept[f"{fold} center"], spread=kept[f"{fold} spread"], layers=tuple(layers))
        return Rhythm.of(kept["rhythm"].tolist()), fitted
