"""A MediaCrawler's folder: followed like any feed, whatever its rows hold."""

import csv
import json
import sqlite3
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import mediacrawler_rows
from connectors.mediacrawler import MediaCrawler
from monitor.clock import VirtualClock
from monitor.config import Feed
from monitor.errors import Failure, FeedError
from monitor.feeds import Watch
from monitor.model import PostKey, Sighting
from monitor.ports import Connector, FollowsFiles
from monitor.store import Store
from monitor.watch.query import Brand, Matcher, Query
from tests.builders import NOON

RECORDED = Path(__file__).parents[1] / "recordings" / "mediacrawler"


def a_note(number: int = 1, *, run: int = 0, **told: Any) -> dict[str, Any]:
    stamp = int((NOON + timedelta(minutes=run)).timestamp() * 1000)
    note = {"note_id": f"{number:024x}", "title": "星禾", "desc": "漏水", "time": stamp - 600_000, "nickname": "甲*"}
    return {**note, "liked_count": str(run), "collected_count": "1", "last_modify_ts": stamp, **told}


class House:
    """One feed that follows a folder."""

    def __init__(self, folder: Path) -> None:
        self.store, self.clock = Store.memory(), VirtualClock(NOON + timedelta(hours=1))
        self.feed = Feed(
            name="crawler", type="mediacrawler", brand="", connector=MediaCrawler(path=str(folder)), every=60.0,
            account="", pace=1.0, timeout=30.0, proxy=None, ca_file=None, allow_private=frozenset(),
        )  # fmt: skip

        async def aside(work: Any) -> Any:
            return work()

        async def fetch(*_: Any) -> httpx.Response:
            raise AssertionError("nobody is asked")

        self.watch = Watch(
            intake=self.store,
            matcher=Matcher([Brand(name="星禾", match=Query.parse("星禾", place="test"))]),
            fetch=fetch,
            rest=lambda *_: None,
            clock=self.clock,
            rng=Random(1),
            ops=(),
            aside=aside,
        )

    async def poll(self) -> tuple[int, int]:
        """Posts and looks, after one more poll."""
        await self.watch.poll(self.feed)
        totals = self.store.totals()
        return totals["posts"], totals["sightings"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "xhs" / "jsonl").mkdir(parents=True)
    return tmp_path


def write(folder: Path, *notes: dict[str, Any]) -> None:
    with (folder / "xhs" / "jsonl" / "search_contents_2026-11-02.jsonl").open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(note, ensure_ascii=False) + "\n" for note in notes)


@pytest.mark.anyio
async def test_each_row_is_a_look_at_its_own_moment_and_none_is_taken_twice(folder: Path) -> None:
    house = House(folder)
    write(folder, a_note(1), a_note(2), a_note(1, run=5))
    assert await house.poll() == (2, 3)
    assert await house.poll() == (2, 3)
    write(folder, a_note(1, run=9), a_note(3))
    assert await house.poll() == (3, 5)
    (health,) = house.store.feeds()
    assert (health.failure, health.last_ok) == (None, house.clock.now())


@pytest.mark.anyio
async def test_a_folder_without_files_is_a_failure_an_operator_hears_of(folder: Path) -> None:
    house = House(folder)
    await house.poll()
    (health,) = house.store.feeds()
    assert health.failure == Failure.MISCONFIGURED.value
    assert "no file is there" in health.detail


@pytest.mark.anyio
async def test_the_forms_of_one_run_are_one_set_of_looks(folder: Path) -> None:
    notes = [a_note(1), a_note(2)]
    write(folder, *notes)
    (folder / "xhs" / "json").mkdir()
    (folder / "xhs" / "json" / "search_contents_2026-11-02.json").write_text(json.dumps(notes), encoding="utf-8")
    (folder / "xhs" / "csv").mkdir()
    with (folder / "xhs" / "csv" / "a.csv").open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.DictWriter(file, list(notes[0]))
        table.writeheader()
        table.writerows(notes)
    with sqlite3.connect(folder / "sqlite_tables.db") as crawler:
        names = ", ".join(f"{name} {'INTEGER' if name == 'last_modify_ts' else 'TEXT'}" for name in notes[0])
        crawler.execute(f"CREATE TABLE xhs_note (id INTEGER PRIMARY KEY, {names})")
        places = ", ".join("?" * len(notes[0]))
        crawler.executemany(
            f"INSERT INTO xhs_note ({', '.join(notes[0])}) VALUES ({places})",  # noqa: S608 - names of this test
            [tuple(note.values()) for note in notes],
        )
    crawler.close()
    assert await House(folder).poll() == (2, 2)


@pytest.mark.anyio
async def test_a_row_that_cannot_be_read_costs_only_itself(folder: Path) -> None:
    house = House(folder)
    write(folder, a_note(1), {"desc": "星禾", "last_modify_ts": 1}, a_note(2, last_modify_ts=None), a_note(3))
    assert await house.poll() == (2, 2)


def test_both_generations_of_columns_name_the_same_post() -> None:
    old = mediacrawler_rows.row(a_note(1, user_id="5e00", ip_location="上海"), "", NOON)
    new = mediacrawler_rows.row(a_note(1, creator_hash="9f86d081884c7d65"), "", NOON)
    assert isinstance(old, Sighting)
    assert isinstance(new, Sighting)
    assert old.key == new.key == PostKey("xiaohongshu", f"{1:024x}")


def test_the_platform_is_told_by_the_folder_the_table_or_the_columns() -> None:
    tell = mediacrawler_rows.platform_of
    assert tell("/data/bili/jsonl/search_contents.jsonl/", {}) == "bilibili"
    assert tell("C:\\data\\ks\\csv\\a.csv", {}) == "kuaishou"
    assert tell("/data/database/sqlite_tables.db/douyin_aweme", {}) == "douyin"
    assert tell("/home/xhs/data/weibo/a.jsonl", {}) == "weibo"
    assert tell("a.jsonl", {"tieba_name": "x"}) == "tieba"
    assert tell("a.jsonl", {"note_id": "x"}) == ""


def test_an_operator_names_the_platform_where_nothing_tells_it() -> None:
    row = {"video_id": "x", "comment_id": "1", "content": "?", "last_modify_ts": int(NOON.timestamp() * 1000)}
    found = MediaCrawler(path="x", crawled="kuaishou").row(row, "a.jsonl", NOON)
    assert isinstance(found, Sighting)
    with pytest.raises(ValueError, match="crawled is none of"):
        MediaCrawler(path="x", crawled="ks")


def test_it_is_a_connector_that_is_read_and_never_asked() -> None:
    feed: Connector = MediaCrawler(path="data")
    assert isinstance(feed, FollowsFiles)
    for ask in (lambda: feed.first({}), lambda: feed.parse(httpx.Response(200), {}, NOON)):
        with pytest.raises(FeedError) as refused:
            ask()
        assert refused.value.failure is Failure.MISCONFIGURED


ROWS = [
    json.loads(line)
    for name in ("mixed.jsonl", "xhs_search.jsonl", "weibo_search.jsonl")
    for line in (RECORDED / name).read_text(encoding="utf-8").splitlines()
    if line.startswith("{") and line.endswith("}")
]
VALUE = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.lists(st.integers(), max_size=2)
)


@given(st.sampled_from(ROWS), st.data())
def test_a_damaged_row_is_read_or_told_and_nothing_else(row: dict[str, Any], data: st.DataObject) -> None:
    change = data.draw(st.dictionaries(st.sampled_from(sorted(row)), VALUE, max_size=4))
    found = mediacrawler_rows.row({**row, **change}, "", NOON)
    assert isinstance(found, Sighting | str)


@given(st.dictionaries(st.text(max_size=12), VALUE, max_size=5), st.text(max_size=20))
def test_whatever_a_row_holds_it_is_read_or_told(row: dict[str, Any], place: str) -> None:
    assert isinstance(mediacrawler_rows.row(row, place, NOON), Sighting | str)
