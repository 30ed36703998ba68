"""The sandbox's reviews, ratings and complaints as the real connectors meet them, and as people would be told of them."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from connectors import load
from monitor.errors import Failure, FeedError
from monitor.model import Match, Severity, Sighting
from monitor.pipeline.surges import Patrol
from monitor.ports import Cursor
from monitor.sandbox.everywhere import FALLS, SILENT
from monitor.sandbox.server import app
from monitor.sandbox.stage import Stage, StageClock
from monitor.sandbox.world import APP_ID
from monitor.store.hours import COUNT
from tests.pipeline.conftest import BRAND, Rooms

pytestmark = pytest.mark.anyio

START = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
URL = "http://sandbox"
OPTIONS: dict[str, dict[str, Any]] = {
    "appstore": {"app_id": APP_ID, "base_url": f"{URL}/apple"},
    "appstore-ratings": {"app_id": APP_ID, "base_url": f"{URL}/apple"},
    "heimao": {"base_url": f"{URL}/heimao"},
}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def stage() -> Stage:
    return Stage("everywhere", 7, START, 75)


@pytest.fixture
async def client(stage: Stage) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app(stage, 7))) as client:
        yield client


class Reader:
    """A connector that polls the sandbox the way the daemon does, at moments that stand still."""

    def __init__(self, client: httpx.AsyncClient, stage: Stage, kind: str, **options: Any) -> None:
        self.client, self.stage = client, stage
        self.connector = load(kind)(**{**OPTIONS[kind], **options})
        self.cursor: Cursor = {}
        self.asked = 0

    async def poll(self, now: datetime) -> list[Sighting]:
        """Walks to the end of what is there."""
        self.stage.clock = StageClock(now, 75)
        request = self.connector.first(self.cursor)
        seen: list[Sighting] = []
        while request is not None:
            self.asked += 1
            batch = self.connector.parse(await self.client.send(request), self.cursor, now)
            assert not batch.rejected
            self.cursor = self.cursor if batch.cursor is None else json.loads(json.dumps(batch.cursor))
            seen += batch.sightings
            request = batch.next
        return seen


def ids(sightings: list[Sighting]) -> set[str]:
    return {sighting.key.native_id for sighting in sightings}


# ── 黑猫 ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_every_complaint_is_found_over_two_polls_and_a_known_one_ends_the_second(
    client: httpx.AsyncClient, stage: Stage
) -> None:
    reader = Reader(client, stage, "heimao")
    found = ids(await reader.poll(START + timedelta(minutes=20)))
    asked = reader.asked
    found |= ids(await reader.poll(START + timedelta(minutes=50)))
    assert found == {post.native_id for post in stage.world.published("heimao", START + timedelta(minutes=50))}
    assert reader.asked < 2 * asked


async def test_a_complaint_arrives_as_it_was_written_and_its_state_goes_on(
    client: httpx.AsyncClient, stage: Stage
) -> None:
    now = START + timedelta(minutes=100)
    late, replied = Reader(client, stage, "heimao"), Reader(client, stage, "heimao", shows="replied")
    (seen, *_) = [one for one in await late.poll(now) if one.post and "星禾" in one.post.title]
    world = stage.world.find("heimao", seen.key.native_id)
    assert world
    assert seen.post
    assert seen.post.title == world.title
    assert seen.post.text.startswith(world.text)
    assert "投诉对象：星禾官方旗舰店" in seen.post.text
    assert seen.post.posted_at == world.published_at
    assert {one.post.status for one in await replied.poll(now) if one.post} == {"已回复"}


async def test_a_blank_page_in_the_middle_of_a_walk_hides_nothing(client: httpx.AsyncClient, stage: Stage) -> None:
    reader, now = Reader(client, stage, "heimao"), START + timedelta(minutes=30)
    stage.clock = StageClock(now, 75)
    first = reader.connector.parse(await client.send(reader.connector.first({})), {}, now)
    reader.cursor = first.cursor
    await client.post(f"{URL}/control/faults", json={"platform": "heimao", "kind": "blank", "times": 2})
    found = ids(list(first.sightings)) | ids(await reader.poll(now))
    assert found == {post.native_id for post in stage.world.published("heimao", now)}


async def test_after_every_failure_the_walk_goes_on_and_nothing_is_lost(
    client: httpx.AsyncClient, stage: Stage
) -> None:
    now, found = START + timedelta(minutes=30), set()
    reader = Reader(client, stage, "heimao")
    for kind in ("signature", "challenge", "login_page", "rate_limit", "http_500", "truncated"):
        await client.post(f"{URL}/control/faults", json={"platform": "heimao", "kind": kind})
        with pytest.raises(FeedError):
            await reader.poll(now)
    found |= ids(await reader.poll(now))
    assert found == {post.native_id for post in stage.world.published("heimao", now)}


async def test_it_may_come_wrapped_in_a_function(client: httpx.AsyncClient, stage: Stage) -> None:
    reader, now = Reader(client, stage, "heimao"), START + timedelta(minutes=5)
    stage.clock = StageClock(now, 75)
    request = reader.connector.first({})
    wrapped = httpx.Request("GET", request.url.copy_merge_params({"callback": "jQuery1_2"}))
    assert reader.connector.parse(await client.send(wrapped), {}, now).sightings


# ── App Store ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_each_storefront_has_its_own_reviews(client: httpx.AsyncClient, stage: Stage) -> None:
    now = START + timedelta(minutes=60)
    (seen,) = await Reader(client, stage, "appstore", country="hk").poll(now)
    assert seen.post
    assert seen.key.native_id.startswith(f"hk:{APP_ID}:")
    assert seen.post.text == "更新之後一直閃退,客服沒有人理"
    with pytest.raises(FeedError) as caught:
        await Reader(client, stage, "appstore", country="fr").poll(now)
    assert caught.value.failure is Failure.MISCONFIGURED


async def test_a_review_that_was_edited_between_two_polls_keeps_its_day(
    client: httpx.AsyncClient, stage: Stage
) -> None:
    reader = Reader(client, stage, "appstore")
    before = {one.key: one.post for one in await reader.poll(START)}
    edited = [one.post for one in await reader.poll(START + timedelta(minutes=95)) if one.post and one.post.edited_at]
    assert edited
    for post in edited:
        assert post.posted_at is None
        old = before[post.key]
        assert old
        assert old.text != post.text
        assert "先改成这样" in post.text


async def test_the_rating_that_falls_is_told_in_stars_of_those_who_gave_them(
    client: httpx.AsyncClient, stage: Stage
) -> None:
    reader, told = Reader(client, stage, "appstore-ratings"), []
    for minutes in range(0, 111, 10):
        now = START + timedelta(minutes=minutes)
        told += [(minutes, one.post) for one in await reader.poll(now) if one.post]
    low = [minutes for minutes, post in told if post.rating is not None and post.rating <= 2]
    assert len(low) >= 5
    assert min(low) > FALLS
    fallen = [post.rating for post in stage.world.published(SILENT, START + timedelta(minutes=110)) if post.rating]
    assert told[-1][1].rating in (1, 2)
    assert sum(fallen) / len(fallen) < 3


async def test_people_are_told_of_a_rating_that_falls_without_a_word(client: httpx.AsyncClient, stage: Stage) -> None:
    rooms = Rooms(brands=(BRAND,))
    patrol = Patrol(crowds=rooms.store, rules=rooms.rules)
    usual = {"brand": BRAND, "platform": "appstore", "posts": 2, "negative": 0, "rated": 2}
    last = int(START.timestamp()) // 3600
    hours = [{**usual, "hour": hour, "low": int(hour % 5 == 0)} for hour in range(last - 24 * 14, last - 24)]
    rooms.store._db.write("ingest", lambda connection: COUNT.each(connection, hours))
    reader = Reader(client, stage, "appstore-ratings")
    for minutes in range(0, 116, 8):
        now = START + timedelta(minutes=minutes)
        seen = await reader.poll(now)
        matches = {one.key: [Match(BRAND, 1.0, BRAND)] for one in seen}
        rooms.store.record("ratings", seen, matches, now=now)
        rooms.judge(now)
        patrol.step(now)
    (incident,) = rooms.incidents()
    assert incident.severity >= Severity.YELLOW
    assert "ratings" in {reason.code for reason in incident.reasons}
    assert incident.lead
    assert "新增" in incident.lead.post.title
