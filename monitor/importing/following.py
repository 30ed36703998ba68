"""Files that somebody else goes on writing: what is new in them since the last time.

The cursor holds, for each file by its device and inode, where it was read to. So a file that is renamed goes on where it stood, a new one
under an old name begins at its start, and one that shrank begins anew: its rows are known by their posts and moments, not by their place.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from glob import glob, has_magic
from pathlib import Path
from typing import Any

from monitor.importing import databases, files, lines
from monitor.importing.rows import LONGEST, Row, UnreadableError

ROWS_A_PIECE = 500

ENDINGS = (".jsonl", ".json", ".csv", ".db", ".sqlite", ".sqlite3")
"""What is read of a folder."""

_HEAD = 64
"""The first bytes of a file, by which a new one with an old inode is known."""

_BLOCK = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Some rows of one file, and the cursor that follows them."""

    path: str
    rows: tuple[Row, ...]
    cursor: Mapping[str, Any]


def found(pattern: str) -> list[Path]:
    """The files that are meant: a file, those of a folder and the folders in it, or what a pattern matches. By name."""
    path = Path(pattern)
    if has_magic(pattern) and not path.exists():
        listed = [Path(name) for name in glob(pattern, recursive=True)]  # noqa: PTH207 - the pattern may be absolute
    elif path.is_dir():
        listed = [one for one in path.rglob("*") if one.suffix.lower() in ENDINGS]
    else:
        listed = [path] if path.exists() else []
    return sorted(one for one in listed if one.is_file())


def pieces(pattern: str, cursor: Mapping[str, Any], refused: list[str]) -> Iterator[Piece]:
    """What is new since the cursor, piece by piece. A file that cannot be read now is said in `refused`, and tried again next time."""
    known: dict[str, Any] = dict(cursor.get("files", {}))
    there: set[str] = set()
    for path in found(pattern):
        try:
            stat = path.stat()
            name = f"{stat.st_dev}:{stat.st_ino}"
            there.add(name)
            for rows, mark in _new(path, stat, known.get(name, {})):
                known = {**known, name: mark}
                yield Piece(path=str(path), rows=tuple(rows), cursor={"files": known})
        except (OSError, UnreadableError) as error:
            refused.append(f"{path}: {error}")
    gone = {name for name in known if name not in there}
    if gone:
        kept = {name: mark for name, mark in known.items() if name not in gone}
        yield Piece(path="", rows=(), cursor={"files": kept})


def _new(path: Path, stat: os.stat_result, mark: Mapping[str, Any]) -> Iterator[tuple[list[Row], Mapping[str, Any]]]:
    """A file's new rows with the mark that follows them; nothing where nothing is new."""
    ending = path.suffix.lower()
    if ending in (".jsonl", ".ndjson"):
        yield from _lines(path, mark)
    elif ending in (".db", ".sqlite", ".sqlite3"):
        yield from _database(path, mark)
    else:
        seen = [stat.st_size, stat.st_mtime_ns]
        if mark.get("seen") != seen:
            yield from _again(path, seen)


def _lines(path: Path, mark: Mapping[str, Any]) -> Iterator[tuple[list[Row], Mapping[str, Any]]]:
    """Whole lines after the mark. A last one that has not ended waits; one too long to be read is skipped and said."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
        at, skipping = int(mark.get("at", 0)), bool(mark.get("skipping", False))
        before = bytes.fromhex(str(mark.get("head", "")))
        if head[: len(before)] != before or at > path.stat().st_size:
            at, skipping = 0, False
        file.seek(at)
        rest = b""
        while block := file.read(_BLOCK):
            whole, newline, rest = (rest + block).rpartition(b"\n")
            rows: list[Row] = []
            if newline:
                for line in whole.split(b"\n"):
                    at += len(line) + 1
                    if skipping:
                        skipping = False
                    elif line.strip():
                        rows.append(Row(at, lines.parsed(line)))
                    if len(rows) == ROWS_A_PIECE:
                        yield rows, {"at": at, "head": head.hex()}
                        rows = []
            elif len(rest) > LONGEST:
                rows = [] if skipping else [Row(at, f"the line is longer than {LONGEST} bytes")]
                at, rest, skipping = at + len(rest), b"", True
            if rows or newline or skipping:
                yield rows, {"at": at, "head": head.hex(), **({"skipping": True} if skipping else {})}


def _again(path: Path, seen: list[int]) -> Iterator[tuple[list[Row], Mapping[str, Any]]]:
    """All rows of a file that is written anew each time. The mark moves with the last of them."""
    rows: list[Row] = []
    for row in files.rows(path, lambda cells: databases.STAMP in cells):
        rows.append(row)
        if len(rows) == ROWS_A_PIECE:
            yield rows, {}
            rows = []
    yield rows, {"seen": seen}


def _database(path: Path, mark: Mapping[str, Any]) -> Iterator[tuple[list[Row], Mapping[str, Any]]]:
    """The rows that changed at or after each table's newest change; those of that very moment come again, and are known."""
    since: dict[str, int] = dict(mark.get("since", {}))
    rows: list[Row] = []
    for row in databases.database(path, dict(since)):
        rows.append(row)
        stamp = row.said.get(databases.STAMP) if isinstance(row.said, Mapping) else None
        if isinstance(stamp, int):
            since[row.part] = stamp
        if len(rows) == ROWS_A_PIECE:
            yield rows, {"since": dict(since)}
            rows = []
    if rows:
        yield rows, {"since": since}
