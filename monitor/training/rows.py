"""Labelled texts, as people keep them: a folder of CSV files with columns text and label, perhaps source, fine and aimed."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from monitor.errors import ConfigError

ANGRY = frozenset({"angry", "anger"})
SORROW = frozenset({"sad", "sadness", "fear"})
"""Feelings that are mostly about the writer's own life: negative, and no complaint."""

BOUGHT = frozenset({"htl", "os10", "waimai", "nlpcc14"})
"""Public sets of reviews, by the name of their file: what is negative there is about something bought or a service."""

LABELLED_BY_EMOTICONS = frozenset({"w100k"})
"""Sets whose labels were read off their emoticons; they are examined without them, or the answer stands in the question."""

_LARGEST_FIELD = 1 << 20


@dataclass(frozen=True, slots=True)
class Row:
    """A labelled text. `complaint`: is it one, about something bought or a service? None where nobody knows."""

    text: str
    negative: bool
    source: str
    angry: bool | None = None
    complaint: bool | None = None


def read_folder(folder: Path) -> list[Row]:
    """The rows of every CSV in the folder, in the order of names. Errors are ConfigErrors that name file and line."""
    paths = sorted(folder.glob("*.csv")) if folder.is_dir() else []
    if not paths:
        raise ConfigError(str(folder), "holds no .csv files", "Give a folder of CSVs with columns text,label")
    rows = [row for path in paths for row in _rows(path)]
    classes = {row.negative for row in rows}
    if len(classes) < 2:
        only = {True: "1 (negative)", False: "0 (not negative)"}.get(next(iter(classes), None), "none at all")  # type: ignore[arg-type]
        raise ConfigError(
            str(folder), f"all labels are {only}: there is nothing to tell apart", "Add rows of the other"
        )
    return rows


def columns(path: Path, wanted: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """A CSV's rows as dictionaries with their line numbers, one at a time. A missing column names those that are there."""
    csv.field_size_limit(_LARGEST_FIELD)
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            reader = csv.DictReader((line.replace("\0", "") for line in file), restval="")
            there = reader.fieldnames or []
            missing = [name for name in wanted if name not in there]
            if missing:
                raise ConfigError(
                    str(path), f"has no column {missing[0]!r}; it has: {', '.join(there) or 'nothing'}", "Name another"
                )
            for row in reader:
                yield reader.line_num, row
    except csv.Error as error:
        raise ConfigError(str(path), f"not a CSV: {error}") from None
    except OSError as error:
        raise ConfigError(str(path), f"cannot be read: {error}") from None


def _rows(path: Path) -> Iterator[Row]:
    for number, row in columns(path, ("text", "label")):
        label, fine = row["label"].strip(), (row.get("fine") or "").strip().lower()
        if label not in {"0", "1", "0.0", "1.0"}:
            raise ConfigError(f"{path}:{number}", f"the label is {label!r}", "Write 1 for negative, 0 for not")
        negative, source = label.startswith("1"), (row.get("source") or "").strip() or path.stem
        yield Row(
            row["text"], negative, source, fine in ANGRY if fine else None, _complaint(row, negative, fine, source)
        )


def _complaint(row: dict[str, str], negative: bool, fine: str, source: str) -> bool | None:
    aimed = (row.get("aimed") or "").strip()
    if aimed:
        return aimed.startswith("1")
    if source in BOUGHT:
        return negative
    return False if not negative or fine in SORROW else None
