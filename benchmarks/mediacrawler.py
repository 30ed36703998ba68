"""`langyan ingest` of a MediaCrawler jsonl: lines a second, memory, and what a second run adds.

`LANGYAN_BENCH_LINES=1000000` runs it at its full size; without it, a twentieth. Nine lines of ten concern the brand; each post comes
back in four later runs of the crawler with newer counts.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from time import monotonic
from typing import Any

from benchmarks.measure import Figure

LINES = 50_000
RUNS = 5
TOML = """state = "state"
[[brand]]
name = "星禾"
match = '星禾 OR xinghe'
except = '抽奖 OR 招聘'
"""


def lines(count: int) -> Iterator[bytes]:
    """Notes as the crawler writes them, run after run; all of them from the year before, so nobody is paged."""
    notes = count // RUNS
    for number in range(count):
        run, note = divmod(number, notes)
        name = sha256(str(note).encode()).hexdigest()
        brand = "星禾" if note % 10 else "隔壁家"
        told: dict[str, Any] = {
            "note_id": name[:24],
            "type": "normal",
            "title": f"避雷！{brand}的第{note}杯",
            "desc": f"第{note}条：在{brand}门店买的暖杯用了两周就漏水，客服让我等了四十分钟还是不回，真的很失望，下次不会再来了。#奶茶[话题]# "
            * 2,
            "video_url": "",
            "time": 1_767_200_000_000 + note * 1000,
            "last_update_time": 1_767_200_000_000 + note * 1000,
            "creator_hash": name[24:40],
            "nickname": f"{name[0]}***{name[1]}",
            "liked_count": str(note % 900 + run) if note % 7 else f"{1 + run / 10:.1f}万",
            "collected_count": str(note % 90 + run),
            "comment_count": str(note % 50),
            "share_count": str(note % 20),
            "image_list": ",".join(f"http://sns-webpic-qc.xhscdn.com/{name[at : at + 16]}" for at in (0, 16, 32)),
            "tag_list": "奶茶,避雷",
            "last_modify_ts": 1_767_300_000_000 + run * 3_600_000 + note,
            "note_url": f"https://www.xiaohongshu.com/explore/{name[:24]}?xsec_token=AB{name[:40]}=&xsec_source=pc_search",
            "source_keyword": brand,
            "xsec_token": f"AB{name[:40]}=",
        }
        yield json.dumps(told, ensure_ascii=False).encode() + b"\n"


def run() -> Iterator[Figure]:
    count = int(os.environ.get("LANGYAN_BENCH_LINES", LINES))
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        (here / "langyan.toml").write_text(TOML, encoding="utf-8")
        path = here / "data" / "xhs" / "jsonl" / "search_contents_2026-01-02.jsonl"
        path.parent.mkdir(parents=True)
        small = path.with_name("small_contents.jsonl")
        for whither, size in ((path, count), (small, max(RUNS, count // 10))):
            with whither.open("wb") as file:
                file.writelines(lines(size))
        parsing = _parsing(path)
        little = _ingested(here, small)
        first = _ingested(here, path)
        again = _ingested(here, path)
    assert first["rows"] == again["rows"] == count, (first, again)
    yield Figure(
        name=f"langyan ingest, {count:,} lines",
        value=round(count / first["seconds"]),
        unit="lines/s",
        beside="reading and parsing the lines alone",
        beside_value=round(count / parsing),
        wanted=">= 5000",
    )
    further = (count - little["rows"]) / (first["cpu"] - little["cpu"])
    yield Figure(name="the same, by the processor's time", value=round(count / first["cpu"]), unit="lines/s/core")
    yield Figure(name="the same, without the start of the command", value=round(further), unit="lines/s/core")
    yield Figure(name="the same, a second run", value=round(count / again["seconds"]), unit="lines/s")
    yield Figure(name="what the second run adds", value=again["posts"] + again["looks"], unit="rows", wanted="0")
    yield Figure(
        name="memory at its highest",
        value=round(first["mib"], 1),
        unit="MiB",
        beside="with a tenth of the lines",
        beside_value=round(little["mib"], 1),
    )


def _parsing(path: Path) -> float:
    from connectors.mediacrawler import MediaCrawler
    from monitor.clock import RealClock
    from monitor.importing import rows

    crawled, now = MediaCrawler(path=str(path)), RealClock().now()
    before = monotonic()
    for row in rows(path):
        assert not isinstance(row.said, str)
        crawled.row(row.said, str(path), now)
    return monotonic() - before


MEASURED = """
import resource, sys
from monitor.cli import main
try:
    main(sys.argv[1:])
finally:
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(used.ru_maxrss, used.ru_utime + used.ru_stime, file=sys.stderr)
"""


def _ingested(here: Path, path: Path) -> dict[str, Any]:
    """What the command said, how long it took from its start to its end, and its memory."""
    before = monotonic()
    command = [sys.executable, "-c", MEASURED, "ingest", str(path), "-c", str(here / "langyan.toml"), "--json"]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    seconds = monotonic() - before
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    kib, cpu = done.stderr.splitlines()[-1].split()
    return {**said, "seconds": seconds, "mib": int(kib) / 1024, "cpu": float(cpu)}
