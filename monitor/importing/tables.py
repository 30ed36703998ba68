"""Tables that people exported: CSV in the charsets of China's offices, and XLSX."""

import codecs
import csv
import io
import warnings
import zipfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from monitor.importing.rows import LONGEST, Row, UnreadableError

IsHeader = Callable[[Sequence[str]], bool]

HEADER_WITHIN = 10
"""Rows in which the headings are looked for: exports begin with titles and blanks."""

UNPACKED_AT_MOST = 1024 * 1024 * 1024
WORDS_AT_MOST = 256 * 1024 * 1024
"""Bytes of an XLSX unpacked, and of its shared words, which are held in memory. More is no honest table."""

_BLOCK = 1024 * 1024


def csv_table(path: Path, is_header: IsHeader) -> Iterator[Row]:
    """Each row below the headings by their names; its number is the one that a spreadsheet shows."""
    csv.field_size_limit(LONGEST)
    size = path.stat().st_size or 1
    encoding = charset(path)
    with path.open("rb") as raw:
        decoded = io.TextIOWrapper(raw, encoding, errors="replace", newline="")
        first = decoded.readline(LONGEST)
        decoded.seek(0)
        cells = csv.reader(_pieces(decoded), delimiter=max(",\t;", key=first.count))
        yield from _below(_numbered(cells), is_header, "", lambda: min(1.0, raw.tell() / size))


def xlsx_table(path: Path, is_header: IsHeader) -> Iterator[Row]:
    """Each row below the headings of every sheet."""
    # Imported where it is needed: most who run Langyan never open a workbook.
    import openpyxl

    _not_a_bomb(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles it does not know
            book = openpyxl.load_workbook(path, read_only=True, data_only=True)
            sheets = book.worksheets
            for number, sheet in enumerate(sheets):
                at = (number + 1) / len(sheets)
                part = sheet.title if len(sheets) > 1 else ""
                yield from _below(enumerate(sheet.iter_rows(values_only=True), 1), is_header, part, partial(float, at))
            book.close()
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001 - what is wrong with a hostile workbook has no end of names
        raise UnreadableError(
            f"{path} is no workbook that can be read ({type(error).__name__})", "Save it anew as .xlsx or .csv"
        ) from None


def charset(path: Path) -> str:
    """By its byte order mark; UTF-8 where all of it is; else GB18030, which holds GBK and GB2312."""
    with path.open("rb") as file:
        first = file.read(4)
        if first.startswith((b"\xff\xfe", b"\xfe\xff")):
            return "utf-16"
        file.seek(0)
        reading = codecs.getincrementaldecoder("utf-8")()
        try:
            while block := file.read(_BLOCK):
                reading.decode(block)
            reading.decode(b"", final=True)
        except UnicodeDecodeError:
            return "gb18030"
    return "utf-8-sig"


def _pieces(decoded: io.TextIOWrapper) -> Iterator[str]:
    """Lines as the csv module wants them; one that never ends is cut."""
    while line := decoded.readline(LONGEST):
        yield line


def _numbered(cells: Any) -> Iterator[tuple[int, Sequence[Any] | str]]:
    number = 0
    while True:
        number += 1
        try:
            yield number, next(cells)
        except StopIteration:
            return
        except csv.Error as error:
            yield number, f"the row cannot be read ({error})"


def _below(
    numbered: Iterator[tuple[int, Sequence[Any] | str]], is_header: IsHeader, part: str, at: Callable[[], float]
) -> Iterator[Row]:
    """The rows below the first that holds headings; where none of the first does, below the first that holds anything."""
    first = list(islice(numbered, HEADER_WITHIN))
    texts = [[] if isinstance(row, str) else [_heading(cell) for cell in row] for _, row in first]
    where = next((place for place, cells in enumerate(texts) if is_header(cells)), None)
    if where is None:
        where = next((place for place, cells in enumerate(texts) if any(cells)), None)
    if where is None:
        return
    headings = texts[where]
    for rows in (iter(first[where + 1 :]), numbered):
        for number, row in rows:
            if isinstance(row, str):
                yield Row(number, row, part, at())
            elif any(cell not in (None, "") for cell in row):
                said = {name: cell for name, cell in zip(headings, row, strict=False) if name}
                yield Row(number, said, part, at())


def _heading(cell: object) -> str:
    return "" if cell is None else str(cell).strip().removeprefix("\ufeff")


def _not_a_bomb(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as packed:
            sizes = {info.filename: info.file_size for info in packed.infolist()}
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise UnreadableError(f"{path} is no .xlsx", "Save it anew as .xlsx or .csv; .xls is not read") from None
    words = sum(size for name, size in sizes.items() if "sharedstrings" in name.lower())
    if sum(sizes.values()) > UNPACKED_AT_MOST or words > WORDS_AT_MOST:
        raise UnreadableError(
            f"{path} is larger unpacked than any honest table", "Save it as .csv, or in several files"
        )
