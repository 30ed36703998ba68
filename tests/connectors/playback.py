"""Plays recorded answers to a connector the way the daemon would, and compares what it made of them with a golden file.

docs/connectors.md tells what a recording looks like. `LANGYAN_ACCEPT=1 pytest tests/connectors` writes the golden files.
"""

import dataclasses
import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from pydantic import TypeAdapter

from connectors import load
from monitor.errors import FeedError
from monitor.importing import pieces
from monitor.model import Count, PostKey, Precision
from monitor.ports import Batch, Cursor, FollowsFiles

STARTS = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)
"""When the first answer of a recording arrives; each later one a minute on, or `at` its own time."""

BLOCK = 1024 * 1024
OPTIONS = "options.toml"
FORM = {".csv": ".csv", ".json": ".json"}
"""Files that may be called like another but for their ending keep it in the name of their golden file."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Answer:
    """One recorded answer, and what happened before it came."""

    response: bytes
    at: datetime | None
    restarted: bool
    revisit: tuple[PostKey, ...]


def cases(folder: Path) -> list[Path]:
    """The recordings of one connector."""
    return sorted(
        path for path in folder.glob("*") if path.name != OPTIONS and not path.name.endswith(".expected.json")
    )


def connector(target: str, recording: Path) -> Any:
    """The connector with the options of its folder, and those of the recording's own table where there is one."""
    given = tomllib.loads((recording.parent / OPTIONS).read_text(encoding="utf-8"))
    own = given.pop("case", {}).get(recording.stem, {})
    return TypeAdapter(load(target)).validate_python({**given, **own})


def check(target: str, recording: Path) -> None:
    """Plays a recording; what comes out must be what the golden file says."""
    tried = connector(target, recording)
    steps = list(_steps(tried, recording))
    golden = recording.with_suffix(f"{FORM.get(recording.suffix, '')}.expected.json")
    if os.environ.get("LANGYAN_ACCEPT"):
        golden.write_text(json.dumps(steps, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    assert golden.exists(), f"{golden.name} is missing; LANGYAN_ACCEPT=1 writes it, then read it with care"
    assert steps == json.loads(golden.read_text(encoding="utf-8"))


def _steps(tried: Any, recording: Path) -> Iterator[dict[str, Any]]:
    if recording.suffix == ".http":
        return _poll(tried, recording)
    return _follow(tried, recording) if isinstance(tried, FollowsFiles) else _read(tried, recording)


def _follow(tried: FollowsFiles, recording: Path) -> Iterator[dict[str, Any]]:
    """The rows of a file, by its name alone: where it lies is no part of what is right."""
    for piece in pieces(str(recording), {}, []):
        read = [(row, said if isinstance(said := row.said, str) else tried.row(said, f"{recording.name}/{row.part}", STARTS))
                for row in piece.rows]  # fmt: skip
        yield _batch(
            Batch(
                sightings=tuple(said for _, said in read if not isinstance(said, str)),
                rejected=tuple(f"{row.place}: {said}" for row, said in read if isinstance(said, str)),
            )
        )


def _poll(tried: Any, recording: Path) -> Iterator[dict[str, Any]]:
    cursor: Cursor = {}
    onward: httpx.Request | None = None
    now = STARTS - timedelta(minutes=1)
    for answer in _answers(recording.read_text(encoding="utf-8")):
        now = answer.at or now + timedelta(minutes=1)
        if answer.revisit:
            request = tried.revisit(answer.revisit)
        else:
            request = tried.first(cursor) if onward is None or answer.restarted else onward
        response = _response(answer.response, request)
        step: dict[str, Any] = {"request": _request(request)}
        try:
            if answer.revisit:
                batch: Batch = tried.parse_revisit(response, answer.revisit, now)
            else:
                batch = tried.parse(response, cursor, now)
        except FeedError as error:
            onward = None
            yield {**step, **_error(error)}
            continue
        if not answer.revisit:
            onward = batch.next
            # A cursor lives in the database as JSON: what does not survive that is no cursor.
            cursor = cursor if batch.cursor is None else json.loads(json.dumps(batch.cursor))
        yield {**step, **_batch(batch)}


def _read(tried: Any, recording: Path) -> Iterator[dict[str, Any]]:
    cursor: Cursor = {}
    body = recording.read_bytes()
    while True:
        at = int(cursor.get("offset", 0))
        batch = tried.read(body[at : at + BLOCK], cursor, STARTS)
        yield _batch(batch)
        if batch.cursor is None or batch.cursor == cursor:
            return
        cursor = batch.cursor


def _answers(text: str) -> Iterator[Answer]:
    for piece in re.split(r"^### ?", text, flags=re.MULTILINE)[1:]:
        line, _, response = piece.partition("\n")
        at = re.search(r"\bat=(\S+)", line)
        keys = re.search(r"\brevisit=(\S+)", line)
        yield Answer(
            response=response.strip("\n").encode(),
            at=datetime.fromisoformat(at[1]) if at else None,
            restarted="(restarted)" in line,
            revisit=tuple(PostKey(*key.split(":", 1)) for key in keys[1].split(",")) if keys else (),
        )


def _response(recorded: bytes, request: httpx.Request) -> httpx.Response:
    head, _, body = recorded.partition(b"\n\n")
    status, *lines = head.decode().split("\n")
    named = (line.partition(":") for line in lines)
    headers = httpx.Headers([(name.strip(), value.strip()) for name, _, value in named])
    # Recordings are UTF-8 text; what claims gb2312 or gbk really travels as gb18030, as in the world.
    charset = re.search(r"charset=(gb\w+)", headers.get("content-type", ""))
    body = body.decode().encode("gb18030") if charset else body
    return httpx.Response(int(status), headers=headers, content=body, request=request)


def _request(request: httpx.Request) -> dict[str, Any]:
    said: dict[str, Any] = {"ask": f"{request.method} {str(request.url).partition('?')[0]}"}
    if request.url.params:
        said["params"] = dict(request.url.params)
    headers = {name: value for name, value in request.headers.items() if name not in ("host", "content-length")}
    return {**said, "headers": headers} if headers else said


def _error(error: FeedError) -> dict[str, Any]:
    said = {
        "failure": error.failure.value,
        "problem": error.problem,
        "fix": error.fix.en if error.fix else "",
        "retry_after": error.retry_after,
    }
    return {key: value for key, value in said.items() if value not in (None, "")}


def _batch(batch: Batch) -> dict[str, Any]:
    said = {
        "sightings": [_short(sighting) for sighting in batch.sightings],
        "gone": [str(key) for key in batch.gone],
        "next": _request(batch.next) if batch.next else None,
        "cursor": batch.cursor,
        "facts": dict(batch.facts),
        "rejected": list(batch.rejected),
    }
    return {key: value for key, value in json.loads(json.dumps(said)).items() if value not in (None, [], {})} | (
        {"cursor": {}} if batch.cursor == {} else {}
    )


def _short(value: Any) -> Any:
    """A value as short JSON: defaults left out, a count as people would write it."""
    if isinstance(value, Count):
        sign = {Precision.EXACT: "", Precision.ROUNDED: "~", Precision.LOWER_BOUND: "+"}[value.precision]
        return f"{value.value}{sign}" if sign else value.value
    if isinstance(value, PostKey):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            item.name: _short(shown)
            for item in dataclasses.fields(value)
            if (shown := getattr(value, item.name)) != item.default
        }
    return dict(value) if isinstance(value, Mapping) else value
