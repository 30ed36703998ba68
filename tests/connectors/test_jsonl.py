"""A file that another program appends to."""

from datetime import UTC, datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.jsonl import LINE_AT_MOST, JsonLines
from monitor.errors import Failure, FeedError
from monitor.ports import Connector, Cursor, Importing

NOON = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)
LINE = b'{"platform":"weibo","id":"%d","collected_at":"2026-11-02T12:00:00+08:00","counts":{"reposts":3}}\n'
FEED = JsonLines(path="vendor.jsonl")
BLOCK = 1024 * 1024


def read_all(body: bytes, cursor: Cursor, block: int = BLOCK) -> tuple[list[str], list[str], Cursor]:
    """Everything readable in `body`, block by block, as the daemon reads it."""
    ids: list[str] = []
    rejected: list[str] = []
    while True:
        at = int(cursor.get("offset", 0))
        batch = FEED.read(body[at : at + block], cursor, NOON)
        ids += [seen.key.native_id for seen in batch.sightings]
        rejected += batch.rejected
        if batch.cursor is None or batch.cursor == cursor:
            return ids, rejected, cursor
        cursor = batch.cursor


def test_reading_goes_on_where_it_stopped() -> None:
    first, second = LINE % 1 + LINE % 2, LINE % 3
    _, _, cursor = read_all(first, {})
    assert read_all(first + second, cursor)[0] == ["3"]


def test_an_unfinished_last_line_waits_for_its_end() -> None:
    whole = LINE % 1 + LINE % 2
    ids, rejected, cursor = read_all(whole[:-10], {})
    assert (ids, rejected) == (["1"], [])
    assert read_all(whole, cursor)[0] == ["2"]


def test_nothing_new_leaves_the_cursor_alone() -> None:
    assert FEED.read(b"", {"offset": 7, "head": "00"}, NOON).cursor is None


def test_the_cursor_keeps_the_files_first_bytes_so_that_another_file_is_known() -> None:
    body = LINE % 1 + LINE % 2
    _, _, cursor = read_all(body, {})
    assert cursor["head"] == body[:64].hex()
    _, _, later = read_all(body + LINE % 3, cursor)
    assert later["head"] == cursor["head"]


def test_a_damaged_line_costs_only_itself() -> None:
    ids, rejected, _ = read_all(LINE % 1 + b"\x00\xff not json\n" + LINE % 2, {})
    assert ids == ["1", "2"]
    assert len(rejected) == 1
    assert rejected[0].startswith(f"byte {len(LINE % 1)}: ")


def test_a_line_too_long_to_read_is_skipped_and_said_once() -> None:
    ids, rejected, _ = read_all(LINE % 1 + b"x" * (3 * BLOCK) + b"\n" + LINE % 2, {})
    assert ids == ["1", "2"]
    assert [line.partition(": ")[2] for line in rejected] == [f"the line is longer than {LINE_AT_MOST} bytes"]


def test_a_line_from_the_future_is_not_believed() -> None:
    line = (LINE % 1).replace(b"2026-11-02T12", b"2026-11-02T14")
    assert read_all(line, {})[1] == ["byte 0: collected_at lies in the future"]


@given(st.lists(st.one_of(st.integers(1, 9).map(lambda n: LINE % n), st.binary(max_size=40))), st.integers(150, 400))
def test_however_it_is_cut_the_same_lines_are_read(pieces: list[bytes], block: int) -> None:
    body = b"\n".join(pieces)
    in_blocks, in_one = read_all(body, {}, block), read_all(body, {})
    assert in_blocks[0] == in_one[0]


def test_it_is_a_connector_that_is_read_and_never_asked() -> None:
    feed: Connector = FEED
    assert isinstance(feed, Importing)
    with pytest.raises(FeedError) as refused:
        feed.first({})
    assert refused.value.failure is Failure.MISCONFIGURED
    with pytest.raises(FeedError):
        feed.parse(httpx.Response(200), {}, NOON)
