"""One file's rows, whatever its form: by the end of its name, and for a table by its headings."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from monitor.importing.databases import database
from monitor.importing.lines import array, lines
from monitor.importing.rows import Row, UnreadableError
from monitor.importing.tables import IsHeader, csv_table, xlsx_table

_ANYTHING: IsHeader = lambda cells: sum(bool(cell) for cell in cells) > 1  # noqa: E731 - a default

READERS: Mapping[str, Callable[[Path, IsHeader], Iterator[Row]]] = {
    ".jsonl": lambda path, _: lines(path),
    ".ndjson": lambda path, _: lines(path),
    ".json": lambda path, _: array(path),
    ".csv": csv_table,
    ".tsv": csv_table,
    ".txt": csv_table,
    ".xlsx": xlsx_table,
    ".db": lambda path, _: database(path, {}),
    ".sqlite": lambda path, _: database(path, {}),
    ".sqlite3": lambda path, _: database(path, {}),
}


def rows(path: Path, is_header: IsHeader = _ANYTHING) -> Iterator[Row]:
    """Every row, from the first. `is_header`: whether a table's row holds its headings. UnreadableError where there are none to read."""
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise UnreadableError(f"{path}: of {path.suffix or 'a file without an ending'} nothing is known", HOW)
    try:
        yield from reader(path, is_header)
    except OSError as error:
        raise UnreadableError(
            f"{path} cannot be read ({error.strerror or error})", "Check the path and its owner"
        ) from None


HOW = f"The name ends with one of {', '.join(sorted(READERS))}"
