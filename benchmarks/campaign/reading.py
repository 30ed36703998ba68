"""One battle of the ways in that read files: what another program writes is cut, spoilt, doubled, in disorder, moved away."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import orjson

from benchmarks.campaign.ground import START, Ground
from benchmarks.campaign.lanes import Lane, posts_by_key
from benchmarks.campaign.polling import PATIENCE, Run
from monitor.sandbox.crawler import row
from monitor.sandbox.vendor import record

JSONL = Lane(name="jsonl", type="jsonl", platform="", options=lambda path: {"path": path})
CRAWLER = Lane(name="mediacrawler", type="mediacrawler", platform="", options=lambda path: {"path": path})
FILES = (JSONL, CRAWLER)

Lines = list[bytes]


def _moved(path: Path, lines: Lines) -> None:
    """The old file under another name, a new one under its own."""
    path.rename(path.with_name("old.txt"))
    _append(path, lines)


def _append(path: Path, lines: Lines) -> None:
    with path.open("ab") as file:
        file.write(b"".join(line + b"\n" for line in lines))


def _half(path: Path, lines: Lines) -> None:
    """The last line is not written to its end."""
    with path.open("ab") as file:
        file.write(b"\n".join(lines)[:-20])


def _gone(path: Path, _: Lines) -> None:
    path.unlink()


WRITES: Mapping[str, Callable[[Path, Lines], None]] = {
    "half_line": _half,
    "damaged": lambda path, lines: _append(path, [lines[0][: len(lines[0]) // 2], b"\xff\xfe\x00{", *lines]),
    "repeated": lambda path, lines: _append(path, [line for line in lines for _ in range(2)]),
    "out_of_order": lambda path, lines: _append(path, lines[::-1]),
    "rotated": _moved,
    "file_gone": _gone,
}
"""What the other program does in the middle, by name."""


async def read(ground: Ground, lane: Lane, folder: Path, kind: str | None) -> Run:
    """A file that grows three times; the second time something goes wrong, and the third time everything is there."""
    path = folder / f"{lane.name}-{kind}" / "weibo" / "search_contents_2026-11-02.jsonl"
    path.parent.mkdir(parents=True)
    books = ground.begin(START + timedelta(minutes=30))
    watch, feed = ground.watch(books), lane.feed(str(path), PATIENCE)
    _append(path, _lines(ground, lane))
    await watch.poll(feed)
    ground.clock.advance(600)
    (WRITES[kind] if kind else _append)(path, _lines(ground, lane))
    await watch.poll(feed)
    told = tuple(books.failures)
    if kind == "half_line":
        with path.open("ab") as file:
            file.write(_lines(ground, lane)[-1][-20:] + b"\n")
    ground.clock.advance(7 * 3600)
    _append(path, _lines(ground, lane))
    await watch.poll(feed)
    well = len(books.failures) == len(told)
    return Run(tally=posts_by_key(books.posts()), told=told, well=well, ends=ground.clock.now())


def _lines(ground: Ground, lane: Lane) -> Lines:
    """What the other program has seen by now, oldest first."""
    now = ground.stage.now()
    posts: Sequence[object] = [
        row(post, now) if lane is CRAWLER else record(post, now)
        for post in reversed(ground.stage.world.published("weibo", now))
    ]
    return [orjson.dumps(post) for post in posts]
