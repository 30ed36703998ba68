"""Files that somebody else goes on writing: grown, rotated, cut, half-written."""

import csv
import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.importing import found, pieces
from monitor.importing.following import ROWS_A_PIECE
from monitor.importing.rows import LONGEST


class Reader:
    """Reads what is new, as the daemon does: the cursor lives as JSON between two times."""

    def __init__(self, pattern: str) -> None:
        self.pattern, self.cursor = pattern, dict[str, Any]()
        self.refused: list[str] = []

    def new(self) -> list[Any]:
        self.refused = []
        seen: list[Any] = []
        for piece in pieces(self.pattern, self.cursor, self.refused):
            seen += [row.said.get("n") if isinstance(row.said, Mapping) else row.said for row in piece.rows]
            self.cursor = json.loads(json.dumps(piece.cursor))
        return seen


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "search_contents.jsonl"


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return Reader(str(tmp_path))


def add(path: Path, *numbers: int, end: str = "\n") -> None:
    with path.open("a") as file:
        file.write("\n".join(json.dumps({"n": n}) for n in numbers) + end)


def test_a_growing_file_is_read_once(log: Path, reader: Reader) -> None:
    add(log, 1, 2)
    assert reader.new() == [1, 2]
    assert reader.new() == []
    add(log, 3)
    assert reader.new() == [3]


def test_a_half_written_line_waits_for_its_end(log: Path, reader: Reader) -> None:
    add(log, 1)
    with log.open("a") as file:
        file.write('{"n":')
    assert reader.new() == [1]
    with log.open("a") as file:
        file.write(" 2}\n")
    assert reader.new() == [2]


def test_a_file_that_was_renamed_goes_on_where_it_stood(log: Path, reader: Reader, tmp_path: Path) -> None:
    add(log, 1)
    reader.new()
    add(log, 2)
    log.rename(tmp_path / "search_contents.1.jsonl")
    add(log, 3)
    assert sorted(reader.new()) == [2, 3]


def test_a_file_that_was_cut_begins_anew(log: Path, reader: Reader) -> None:
    add(log, 1, 2, 3)
    reader.new()
    log.write_text("")
    add(log, 4)
    assert reader.new() == [4]


def test_another_file_with_an_old_inode_is_known_by_its_first_bytes(log: Path, reader: Reader) -> None:
    add(log, 1)
    reader.new()
    with log.open("r+") as file:
        file.write('{"n": 8}\n{"n": 9}\n')
    assert reader.new() == [8, 9]


def test_a_file_that_is_gone_is_forgotten(log: Path, reader: Reader) -> None:
    add(log, 1)
    reader.new()
    log.unlink()
    assert reader.new() == []
    assert reader.cursor == {"files": {}}


def test_a_line_too_long_to_read_costs_only_itself_and_is_said_once(log: Path, reader: Reader) -> None:
    add(log, 1)
    with log.open("a") as file:
        file.write("x" * (4 * LONGEST) + "\n")
    add(log, 2)
    assert reader.new() == [1, f"the line is longer than {LONGEST} bytes", 2]


def test_a_line_that_is_no_json_is_said(log: Path, reader: Reader) -> None:
    log.write_bytes(b'\xff\xfe\n[1]\n{"n":1}\n')
    first, second, third = reader.new()
    assert first.startswith("not JSON")
    assert (second, third) == ("not a JSON object", 1)


def test_a_kill_between_two_pieces_costs_nothing(log: Path, reader: Reader) -> None:
    add(log, *range(2 * ROWS_A_PIECE + 7))
    first = next(pieces(reader.pattern, {}, []))
    reader.cursor = dict(first.cursor)
    assert len(first.rows) == ROWS_A_PIECE
    assert reader.new() == list(range(ROWS_A_PIECE, 2 * ROWS_A_PIECE + 7))


def test_an_array_that_is_half_written_is_said_and_tried_again(tmp_path: Path, reader: Reader) -> None:
    path = tmp_path / "search_contents.json"
    path.write_text('[{"n": 1}, {"n"')
    assert reader.new() == []
    assert "no whole JSON" in reader.refused[0]
    path.write_text('[{"n": 1}, {"n": 2}]')
    assert reader.new() == [1, 2]
    assert (reader.new(), reader.refused) == ([], [])


def test_a_csv_is_read_again_when_it_changed(tmp_path: Path, reader: Reader) -> None:
    path = tmp_path / "search_contents.csv"

    def write(*rows: tuple[str, str]) -> None:
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows([("n", "last_modify_ts"), *rows])

    write(("两\n行", "1"))
    assert reader.new() == ["两\n行"]
    assert reader.new() == []
    write(("两\n行", "1"), ("b", "2"))
    assert reader.new() == ["两\n行", "b"]


def test_a_database_gives_what_changed_and_is_never_written(tmp_path: Path, reader: Reader) -> None:
    path = tmp_path / "sqlite_tables.db"
    with sqlite3.connect(path) as crawler:
        crawler.execute("CREATE TABLE weibo_note (n INTEGER PRIMARY KEY, last_modify_ts INTEGER)")
        crawler.execute("CREATE TABLE settings (n INTEGER)")
        crawler.executemany("INSERT INTO weibo_note VALUES (?, ?)", [(1, 1000), (2, 2000)])
    before = path.read_bytes()
    assert reader.new() == [1, 2]
    assert path.read_bytes() == before
    assert reader.new() == [2], "what changed in the very same moment may not have been there yet"
    with sqlite3.connect(path) as crawler:
        crawler.execute("UPDATE weibo_note SET last_modify_ts = 3000 WHERE n = 1")
    crawler.close()
    assert 1 in reader.new()


def test_what_is_no_database_is_said_and_costs_no_other_file(tmp_path: Path, log: Path, reader: Reader) -> None:
    (tmp_path / "a.db").write_bytes(b"no database at all" * 100)
    add(log, 1)
    assert reader.new() == [1]
    assert "cannot be read as SQLite" in reader.refused[0]


def test_a_pattern_a_folder_and_a_file_name_what_is_read(tmp_path: Path) -> None:
    for name in ("xhs/jsonl/a.jsonl", "weibo/csv/b.csv", "weibo/c.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    assert [path.name for path in found(str(tmp_path))] == ["b.csv", "a.jsonl"]
    assert [path.name for path in found(f"{tmp_path}/**/*.jsonl")] == ["a.jsonl"]
    assert [path.name for path in found(str(tmp_path / "xhs/jsonl/a.jsonl"))] == ["a.jsonl"]
    assert found(str(tmp_path / "nowhere")) == []


@given(st.lists(st.binary(max_size=60), max_size=12), st.lists(st.integers(1, 90), max_size=12))
def test_however_it_grows_each_line_is_read_once(
    tmp_path_factory: pytest.TempPathFactory, texts: list[bytes], steps: list[int]
) -> None:
    path = tmp_path_factory.mktemp("grown") / "a.jsonl"
    body = b"".join(b'{"n":%d}\n' % n + text.replace(b"\n", b" ") + b"\n" for n, text in enumerate(texts))
    reader = Reader(str(path))
    seen: list[Any] = []
    path.write_bytes(b"")
    with path.open("ab") as file:
        at = 0
        for step in [*steps, len(body)]:
            file.write(body[at : at + step])
            file.flush()
            at += step
            seen += reader.new()
    assert [n for n in seen if isinstance(n, int)] == list(range(len(texts)))
