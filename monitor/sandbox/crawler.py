"""What a MediaCrawler would have written of the sandbox's world: `POST /crawler/run` with `{"folder": "/tmp/data"}` is one more run of it."""

import csv
import hashlib
import sqlite3
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Literal

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from monitor.sandbox.stage import Stage
from monitor.sandbox.world import World, WorldPost

Form = Literal["jsonl", "json", "csv", "db"]
FORMS: tuple[Form, ...] = ("jsonl", "json", "csv", "db")

_SHANGHAI = timezone(timedelta(hours=8))
_FOLDERS = {"xiaohongshu": ("xhs", "xhs_note"), "weibo": ("weibo", "weibo_note")}


def routes(stage: Stage) -> list[BaseRoute]:
    """One run after the other; `form` is one of FORMS, `old` the columns from before July 2026."""

    async def run(request: Request) -> Response:
        try:
            said = orjson.loads(await request.body())
            folder, form, old = Path(said["folder"]), said.get("form", "jsonl"), said.get("old") is True
        except (ValueError, KeyError, TypeError) as error:
            return JSONResponse({"error": f"folder is a path ({error})"}, 400)
        if form not in FORMS:
            return JSONResponse({"error": f"form is one of {', '.join(FORMS)}"}, 400)
        return JSONResponse({"rows": crawl(stage.world, stage.now(), folder, form, old=old)})

    return [Route("/crawler/run", run, methods=["POST"])]


def crawl(world: World, now: datetime, folder: Path, form: Form = "jsonl", *, old: bool = False) -> int:
    """Writes what every post shows now, as one run does. Returns how many rows those are."""
    count = 0
    for platform, (name, table) in _FOLDERS.items():
        rows = [row(post, now, old=old) for post in reversed(world.published(platform, now))]
        count += len(rows)
        day = now.astimezone(_SHANGHAI).strftime("%Y-%m-%d")
        path = folder / name / form / f"search_contents_{day}.{form}" if form != "db" else folder / "sqlite_tables.db"
        path.parent.mkdir(parents=True, exist_ok=True)
        if rows:
            _write(path, table, rows, form)
    return count


def row(post: WorldPost, now: datetime, *, old: bool = False) -> dict[str, Any]:
    """One post as the crawler has it. Counts are text, moments milliseconds or seconds, as the platform's own are."""
    counts, stamp = post.counts(now), int(post.published_at.timestamp())
    name = post.writer.name
    whose = (
        {"user_id": post.writer.id, "nickname": name, "avatar": "", "ip_location": post.region or ""}
        if old
        else {
            "creator_hash": hashlib.sha256(post.writer.id.encode()).hexdigest()[:16],
            "nickname": f"{name[0]}***{name[-1]}",
        }
    )
    changed = {"last_modify_ts": int(now.timestamp() * 1000), "source_keyword": "星禾", **whose}
    if post.platform == "weibo":
        return {
            "note_id": post.native_id,
            "content": post.text,
            "create_time": stamp,
            "create_date_time": post.published_at.astimezone(_SHANGHAI).isoformat(" "),
            "liked_count": str(counts.likes),
            "comments_count": str(counts.comments),
            "shared_count": str(counts.reposts),
            "note_url": f"https://m.weibo.cn/detail/{post.native_id}",
            **changed,
        }
    liked = f"{counts.likes / 10_000:.1f}万" if counts.likes >= 10_000 else str(counts.likes)
    return {
        "note_id": post.native_id,
        "type": "normal",
        "title": post.title,
        "desc": post.text,
        "time": stamp * 1000,
        "last_update_time": stamp * 1000,
        "liked_count": liked,
        "collected_count": "None",
        "comment_count": str(counts.comments),
        "share_count": "",
        "note_url": f"https://www.xiaohongshu.com/explore/{post.native_id}?xsec_token=AB&xsec_source=pc_search",
        **changed,
    }


def _write(path: Path, table: str, rows: list[dict[str, Any]], form: Form) -> None:
    if form == "jsonl":
        with path.open("ab") as file:
            file.writelines(orjson.dumps(one) + b"\n" for one in rows)
    elif form == "json":
        before = orjson.loads(path.read_bytes()) if path.exists() else []
        path.write_bytes(orjson.dumps([*before, *rows]))
    elif form == "csv":
        fresh = not path.exists()
        with path.open("a", encoding="utf-8-sig" if fresh else "utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            if fresh:
                writer.writeheader()
            writer.writerows(rows)
    else:
        _upsert(path, table, rows)


def _upsert(path: Path, table: str, rows: list[dict[str, Any]]) -> None:
    """The crawler's database keeps one row of a post, as it was last seen."""
    names = list(rows[0])
    kinds = ", ".join(f"{name} {'BIGINT' if name.endswith('_ts') else 'TEXT'}" for name in names)
    places, updates = ", ".join("?" * len(names)), ", ".join(f"{name} = excluded.{name}" for name in names)
    database = sqlite3.connect(path)
    with database:
        database.execute(f"CREATE TABLE IF NOT EXISTS {table} (id INTEGER PRIMARY KEY, {kinds}, UNIQUE (note_id))")
        database.executemany(
            f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places}) ON CONFLICT (note_id) DO UPDATE SET {updates}",  # noqa: S608 - names of this file
            [tuple(one.values()) for one in rows],
        )
    database.close()
