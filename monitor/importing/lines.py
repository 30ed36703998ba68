"""JSON: an object a line, and whole arrays."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from monitor.importing.rows import LONGEST, Row, UnreadableError

ARRAY_AT_MOST = 64 * 1024 * 1024
"""Bytes of a JSON array, which is read as a whole."""


def lines(path: Path) -> Iterator[Row]:
    """Every line that holds something. A last line without its end is read as well: nobody goes on writing."""
    size = path.stat().st_size or 1
    with path.open("rb") as file:
        at, number = 0, 0
        while line := _line(file):
            at, number = at + len(line), number + 1
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            if len(line) >= LONGEST:
                at += _skip(file)
                yield Row(number, f"the line is longer than {LONGEST} bytes", at=at / size)
            elif line.strip():
                yield Row(number, parsed(line), at=at / size)


def parsed(line: bytes) -> Mapping[str, Any] | str:
    """What one line holds, or what is wrong with it."""
    try:
        said = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return f"not JSON ({error.msg})"
    return said if isinstance(said, dict) else "not a JSON object"


def array(path: Path) -> Iterator[Row]:
    """The members of one array, or one object. UnreadableError where it breaks off: whoever writes it may not be done."""
    if path.stat().st_size > ARRAY_AT_MOST:
        raise UnreadableError(
            f"{path} is larger than {ARRAY_AT_MOST // 1024 // 1024} MiB, and a JSON array is read as a whole",
            "Write it as .jsonl, an object a line",
        )
    body = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    if not body.strip():
        return
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise UnreadableError(
            f"{path} is no whole JSON ({error.msg})", "If it is still being written, try again"
        ) from None
    members = said if isinstance(said, list) else [said]
    for number, member in enumerate(members, 1):
        what = member if isinstance(member, dict) else "not a JSON object"
        yield Row(number, what, at=number / len(members))


def _line(file: BinaryIO) -> bytes:
    return file.readline(LONGEST)


def _skip(file: BinaryIO) -> int:
    """To the end of a line too long to read. Returns how much that was."""
    skipped = 0
    while piece := _line(file):
        skipped += len(piece)
        if piece.endswith(b"\n"):
            break
    return skipped
