"""A running house takes what is pushed, and what a MediaCrawler writes beside it."""

import hmac
import json
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from tests.daemon.conftest import TOML, Folder
from tests.daemon.test_house import running, until

pytestmark = pytest.mark.anyio

SECRET = "a secret of both sides"


def with_more(folder: Folder, more: str) -> None:
    (folder.path / "desk.secret").write_text(SECRET)
    folder.write(TOML.replace("[alerts]\n", more + "[alerts]\n"))


async def test_a_delivery_is_written_down_scored_and_pages(folder: Folder) -> None:
    with_more(folder, '[ingest.desk]\nsecret = {{ file = "desk.secret" }}\n')
    async with running(folder) as house:
        now = datetime.now(UTC).isoformat()
        post = {"platform": "weibo", "id": "1", "text": "星禾奶茶里喝出虫子", "created_at": now, "collected_at": now}
        body = json.dumps({**post, "counts": {"reposts": 900}}).encode()
        stamp = str(int(time.time()))
        signature = hmac.digest(SECRET.encode(), stamp.encode() + b"." + body, "sha256").hex()
        headers = {"x-timestamp": stamp, "x-signature": f"sha256={signature}", "content-type": "application/json"}
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{house.port}") as client:
            taken = await client.post("/ingest/desk", content=body, headers=headers)
            foreign = await client.post("/ingest/desk", content=body, headers={**headers, "x-signature": "sha256=0"})
            got = await client.get("/ingest/desk")
        assert (taken.status_code, taken.json()["kept"]) == (202, 1)
        assert house.store.totals()["posts"] == 1
        assert (foreign.status_code, got.status_code) == (401, 405)
        await until(folder.said)
    assert "星禾奶茶里喝出虫子" in folder.said()[0]


async def test_a_crawlers_file_is_followed(folder: Folder) -> None:
    data = folder.path / "data" / "weibo" / "jsonl"
    data.mkdir(parents=True)
    with_more(folder, '[[feed]]\nname = "crawler"\ntype = "mediacrawler"\npath = "{folder}/data"\nevery = "0.2s"\n')
    file = data / "search_contents.jsonl"
    file.write_text("")
    async with running(folder) as house:
        _written(file, "1", 3)
        await until(lambda: house.store.totals()["posts"] == 1)
        _written(file, "1", 900)
        await until(lambda: house.store.totals()["sightings"] == 2)


def _written(file: Path, number: str, reposts: int) -> None:
    stamp = int(time.time() * 1000)
    row = {"note_id": number, "content": "星禾奶茶里喝出虫子", "create_time": stamp // 1000, "comments_count": "3"}
    with file.open("a", encoding="utf-8") as out:
        out.write(json.dumps({**row, "shared_count": str(reposts), "last_modify_ts": stamp}) + "\n")
