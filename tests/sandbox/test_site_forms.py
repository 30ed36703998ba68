"""What the sandbox's vendor hands on, as the formats read it; and a note is one post whichever way it came."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson
import pytest

from connectors import dianping_review, heimao_complaint, jd_comment, load, xhs_note
from monitor.model import Availability, Precision, Sighting
from monitor.sandbox.server import app
from monitor.sandbox.site_forms import bucketed
from monitor.sandbox.stage import Stage, StageClock
from monitor.sandbox.world import XHS_USER

pytestmark = pytest.mark.anyio

START = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
NOW = START + timedelta(minutes=80)
URL = "http://sandbox"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def stage() -> Stage:
    stage = Stage("everywhere", 7, START, 75)
    stage.clock = StageClock(NOW, 75)
    return stage


@pytest.fixture
async def client(stage: Stage) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app(stage, 7)), base_url=URL) as client:
        yield client


async def handed_on(client: httpx.AsyncClient, path: str) -> list[Any]:
    answer = await client.get(path)
    assert answer.status_code == 200
    return [orjson.loads(line) for line in answer.content.splitlines()]


def read(found: Sighting | str) -> Sighting:
    assert isinstance(found, Sighting), found
    return found


@pytest.mark.parametrize("shape", ["note", "search", "flat"])
async def test_every_note_is_read_in_every_shape(client: httpx.AsyncClient, stage: Stage, shape: str) -> None:
    lines = await handed_on(client, f"/forms/xhs?shape={shape}")
    seen = {read(xhs_note.note(line, NOW)).key.native_id: read(xhs_note.note(line, NOW)) for line in lines}
    world = {post.native_id: post for post in stage.world.published("xiaohongshu", NOW)}
    assert seen.keys() == world.keys()
    for native_id, post in world.items():
        found, truth = seen[native_id], post.counts(NOW).likes
        assert found.post
        assert found.post.title == post.title
        assert found.post.posted_at == post.published_at
        assert found.counts.likes
        shown = found.counts.likes
        assert shown.value <= truth if shown.precision is Precision.LOWER_BOUND else abs(shown.value - truth) <= 500


async def test_a_note_is_one_post_whether_a_vendor_or_rsshub_shows_it(client: httpx.AsyncClient) -> None:
    hub = load("rsshub")(base_url=f"{URL}/rsshub", route=f"/xiaohongshu/user/{XHS_USER}/notes")
    batch = hub.parse(await client.send(hub.first({})), {}, NOW)
    pushed = {read(xhs_note.note(line, NOW)).key for line in await handed_on(client, "/forms/xhs")}
    assert batch.sightings
    assert {seen.key for seen in batch.sightings} < pushed


@pytest.mark.parametrize(
    ("shape", "said"), [("logged_out", "auth_expired"), ("flagged", "blocked"), ("throttled", "without a note")]
)
async def test_what_the_vendor_was_refused_with_is_no_note(client: httpx.AsyncClient, shape: str, said: str) -> None:
    (line,) = await handed_on(client, f"/forms/xhs?shape={shape}&limit=1")
    found = xhs_note.note(line, NOW)
    assert isinstance(found, str)
    assert said in found


async def test_a_note_that_is_gone_is_told_as_gone(client: httpx.AsyncClient) -> None:
    (line,) = await handed_on(client, "/forms/xhs?shape=gone&limit=1")
    assert read(xhs_note.note(line, NOW)).availability is Availability.GONE


@pytest.mark.parametrize(
    ("form", "format_"),
    [("jd", jd_comment.comment), ("dianping", dianping_review.review), ("heimao", heimao_complaint.complaint)],
)
async def test_reviews_and_complaints_are_read_as_they_were_written(
    client: httpx.AsyncClient, stage: Stage, form: str, format_: Any
) -> None:
    seen = [read(format_(line, NOW)) for line in await handed_on(client, f"/forms/{form}")]
    assert len(seen) > 20
    for found in seen:
        post = stage.world.find(form, found.key.native_id)
        assert post
        assert found.post
        assert found.post.text.startswith(post.text)
        assert (found.post.rating, found.post.posted_at) == (post.rating, post.published_at)


async def test_what_the_vendor_does_not_have_is_not_found(client: httpx.AsyncClient) -> None:
    assert (await client.get("/forms/tmall")).status_code == 404
    assert (await client.get("/forms/xhs?shape=odd")).status_code == 404


def test_a_bucket_is_never_more_than_there_is() -> None:
    assert [bucketed(number) for number in (0, 9, 10, 99, 100, 2_500, 9_999, 10_000, 29_999)] == [
        "0", "9", "10+", "10+", "100+", "2千+", "9千+", "1万+", "2万+",
    ]  # fmt: skip
