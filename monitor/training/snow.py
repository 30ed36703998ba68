"""`langyan train sentiment DIR --engine snownlp`: SnowNLP's own learner on one's own texts, and what it is worth held out."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from monitor.errors import ConfigError
from monitor.sentiment.prepare import Preparation, shipped_evasions, spelled
from monitor.training import figures
from monitor.training.rows import Row, read_folder


def train_snownlp(folder: Path, out: Path, progress: Callable[[int, int], None]) -> str:
    """Learns from the CSVs in `folder`, writes the classifier to `out` and returns the held-out table as text.

    Each source is examined by a classifier that never saw it, beside the stock one. Segmenting is what takes the time.
    """
    from monitor.sentiment import snow

    if not out.parent.is_dir():
        raise ConfigError(str(out), "there is no such folder", "Make it, or choose another --out")
    rows = read_folder(folder)
    texts = read(rows, progress)
    sources = sorted({row.source for row in rows})
    lines = [f"{'held out':<12} {'rows':>7} {'negative':>9} {'retrained AUC':>14} {'stock AUC':>10}"]
    stock = snow.counts_shipped()
    for source in sources:
        here = [i for i, row in enumerate(rows) if row.source == source]
        others = [i for i, row in enumerate(rows) if row.source != source] or here
        blind = snow.counted([texts[i] for i in others], [rows[i].negative for i in others])
        truth = np.array([rows[i].negative for i in here])
        was, now = (np.array([snow.odds(bad, good, texts[i])[0] for i in here]) for bad, good in (stock, blind))
        lines.append(
            f"{source:<12} {len(here):>7} {float(truth.mean()):>9.3f} {figures.auc(truth, now):>14.4f} {figures.auc(truth, was):>10.4f}"
        )
    bad, good = snow.counted(texts, [row.negative for row in rows])
    snow.write(bad, good, out, f"{len(rows)} rows")
    return "\n".join(lines)


def read(rows: Sequence[Row], progress: Callable[[int, int], None]) -> list[list[str]]:
    """Each text as the words SnowNLP reads."""
    from monitor.sentiment import snow

    prepare, cut = Preparation(shipped_evasions()), snow.cutter()
    texts = []
    for number, row in enumerate(rows):
        if number % 200 == 0:
            progress(number, len(rows))
        texts.append(snow.words(cut, spelled(prepare(row.text), row.text)))
    return texts
