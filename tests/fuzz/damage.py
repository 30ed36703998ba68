"""Honest input of every kind, and ways to spoil it that cost next to nothing."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import anyio
import httpx
import orjson
from hypothesis import strategies as st

from benchmarks.campaign.ground import START
from benchmarks.campaign.lanes import LANES
from monitor.model import PostKey
from monitor.ports import Cursor, Revisiting
from monitor.sandbox.server import app
from monitor.sandbox.stage import Stage
from monitor.sandbox.world import World

HERE = Path(__file__).parents[1]
WRITTEN = ("connectors/formats/*.jsonl", "recordings/jsonl/*.jsonl", "recordings/mediacrawler/*.jsonl")

SCALAR = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.sampled_from(
        [
            "",
            "0",
            "-1",
            "1.2万",
            "10万+",
            "１２",
            "2026-13-45",
            "3分钟前",
            "昨天 25:61",
            "\x00",
            "<a",
            "&#x110000;",
            "9" * 400,
        ]
    ),
    st.text(max_size=12),
)
JSON = st.recursive(
    SCALAR,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=5,
)
STATUSES = st.sampled_from([200] * 8 + [204, 301, 302, 304, 400, 401, 403, 404, 412, 418, 429, 432, 461, 500, 503, 599])


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question of a connector, and the sandbox's honest answer. `keys`: the posts it is about; none: it asks for new ones."""

    name: str
    connector: Any
    request: httpx.Request
    body: bytes
    keys: tuple[PostKey, ...]


@cache
def answers() -> tuple[Asked, ...]:
    """One of each lane of the campaign, of a world with few posts in it."""
    return anyio.run(_answers)


async def _answers() -> tuple[Asked, ...]:
    stage = Stage("everywhere", 7, START, 1.0)
    posts = {platform: [post for post in stage.world.posts if post.platform == platform] for platform in _PLATFORMS}
    stage.world = World(START, [post for each in posts.values() for post in each[-3:]])
    found = []
    transport = httpx.ASGITransport(app(stage, 7))
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as client:
        for lane in LANES:
            connector = lane.feed("http://sandbox", 5.0).connector
            request = connector.first({})
            answer = await client.send(request)
            keys: tuple[PostKey, ...] = ()
            if lane.again and isinstance(connector, Revisiting):
                seen = connector.parse(answer, {}, START).sightings
                keys = tuple(one.key for one in seen)[: connector.batch_size]
                request = connector.revisit(keys)
                answer = await client.send(request)
            found.append(Asked(name=lane.name, connector=connector, request=request, body=answer.content, keys=keys))
    return tuple(found)


_PLATFORMS = ("weibo", "xiaohongshu", "appstore", "heimao", "bilibili", "appstore_ratings")


@cache
def objects() -> tuple[dict[str, Any], ...]:
    """An object of each form that is recorded, as it is pushed or stands in a file."""
    paths = [path for pattern in WRITTEN for path in sorted(HERE.glob(pattern))]
    lines = [line for path in paths for line in path.read_bytes().splitlines()[:4]]
    read = [_read(line) for line in lines]
    return tuple(said for said in read if isinstance(said, dict))


def _read(line: bytes) -> Any:
    """A recording holds damaged lines too."""
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return None


def paths(said: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a document."""
    yield at
    for key, inner in said.items() if isinstance(said, dict) else enumerate(said) if isinstance(said, list) else ():
        yield from paths(inner, (*at, key))


def twisted(said: Any, where: int, value: object) -> Any:
    """The same document with another value at one of its places. What is given stays as it is."""
    places = list(paths(said))
    return _with(said, places[where % len(places)], value)


def _with(said: Any, at: tuple[Any, ...], value: object) -> Any:
    if not at:
        return value
    inner = _with(said[at[0]], at[1:], value)
    if isinstance(said, dict):
        return {**said, at[0]: inner}
    return [inner if place == at[0] else one for place, one in enumerate(said)]


def spoilt(body: bytes, where: int, noise: bytes, *, cut: bool) -> bytes:
    """The same bytes with others in their midst, or broken off there."""
    at = where % (len(body) + 1)
    return body[:at] + noise + (b"" if cut else body[at + len(noise) :])


def plainly(value: object) -> bytes:
    """JSON, also of what JSON has no word for."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return repr(value).encode("utf-8", "replace")


CURSOR_NAMES = (
    "mark",
    "walk",
    "known",
    "since",
    "page",
    "top",
    "cut",
    "long",
    "etag",
    "modified",
    "zone",
    "full_at",
    "rated",
    "average",
    "usual",
)
CURSORS: st.SearchStrategy[Cursor] = st.dictionaries(st.sampled_from(CURSOR_NAMES), JSON, max_size=3).map(
    # As the store hands it back: without an infinity, for which JSON has no word, and whole numbers of 64 bits.
    lambda cursor: orjson.loads(json.dumps(json.loads(json.dumps(cursor), parse_constant=lambda _: None)))
)
