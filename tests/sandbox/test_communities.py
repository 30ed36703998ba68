"""The sandbox's communities and hot lists as the real connectors meet them."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from connectors import load
from monitor.errors import Failure, FeedError
from monitor.model import Count, PostKey, Sighting
from monitor.sandbox.boards import PATHS
from monitor.sandbox.communities import FILM, QUESTION
from monitor.sandbox.hotlists import LOUD, topics
from monitor.sandbox.server import app
from monitor.sandbox.stage import Stage, StageClock
from monitor.triage.topic import rank_of

pytestmark = pytest.mark.anyio

START = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
LATER = START + timedelta(minutes=100)
URL = "http://sandbox"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def stage() -> Stage:
    whole = Stage("everywhere", 7, START, 75)
    whole.clock = StageClock(LATER, 75)
    return whole


@pytest.fixture
async def client(stage: Stage) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app(stage, 7))) as opened:
        yield opened


async def poll(client: httpx.AsyncClient, connector: Any, now: datetime = LATER) -> list[Sighting]:
    """A walk to its end."""
    cursor: Any = {}
    request = connector.first(cursor)
    seen: list[Sighting] = []
    while request is not None:
        batch = connector.parse(await client.send(request), cursor, now)
        assert not batch.rejected
        cursor = cursor if batch.cursor is None else json.loads(json.dumps(batch.cursor))
        seen += batch.sightings
        request = batch.next
    return seen


def route(path: str) -> Any:
    return load("rsshub")(base_url=f"{URL}/rsshub", route=path)


def search(**options: Any) -> Any:
    given = {"query": "星禾", "buvid3": SecretStr("SANDBOX"), "base_url": f"{URL}/bilibili"}
    return load("bilibili")(**given | options)


def seen_ids(sightings: list[Sighting]) -> set[str]:
    return {seen.key.native_id for seen in sightings}


# ── through RSSHub ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("path", "platform"),
    [
        (f"/zhihu/question/{QUESTION}/created", "zhihu"),
        ("/baidu/tieba/search/星禾/sm=1", "tieba"),
        ("/bilibili/vsearch/星禾", "bilibili"),
        ("/douyin/hashtag/1592824105719812", "douyin"),
    ],
)
async def test_a_routes_posts_are_those_of_the_world_in_their_own_words(
    stage: Stage, client: httpx.AsyncClient, path: str, platform: str
) -> None:
    seen = await poll(client, route(path))
    assert seen
    for sighting in seen:
        true = stage.world.find(platform, sighting.key.native_id)
        assert true is not None
        assert sighting.post is not None
        assert (sighting.post.text, sighting.post.author.name) == (true.text, true.writer.name)
        if platform != "tieba":
            assert sighting.post.posted_at == true.published_at


async def test_a_thread_of_today_is_as_old_as_its_first_sight(stage: Stage, client: httpx.AsyncClient) -> None:
    for seen in await poll(client, route("/baidu/tieba/search/星禾/sm=1")):
        true = stage.world.find("tieba", seen.key.native_id)
        assert true is not None
        assert seen.post is not None
        today = LATER - true.published_at < timedelta(hours=9)
        assert (seen.post.posted_at is None) >= today


async def test_a_question_that_is_not_there_is_refused(client: httpx.AsyncClient) -> None:
    with pytest.raises(FeedError) as caught:
        await poll(client, route("/zhihu/question/1"))
    assert caught.value.failure is Failure.MISCONFIGURED


# ── Bilibili ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_search_and_rsshub_see_the_same_videos_and_counts(client: httpx.AsyncClient) -> None:
    direct = {seen.key: seen.counts for seen in await poll(client, search())}
    through = {seen.key: seen.counts for seen in await poll(client, route("/bilibili/vsearch/星禾"))}
    assert len(direct) >= 40
    assert through.keys() <= direct.keys()
    assert all(
        (counts.views, counts.collects) == (direct[key].views, direct[key].collects) for key, counts in through.items()
    )


async def test_a_search_without_the_cookie_is_intercepted(client: httpx.AsyncClient) -> None:
    with pytest.raises(FeedError) as caught:
        await poll(client, search(buvid3=SecretStr("")))
    assert caught.value.failure is Failure.RATE_LIMITED


async def test_a_look_again_shows_how_a_video_is_watched_by_now(stage: Stage, client: httpx.AsyncClient) -> None:
    key = PostKey("bilibili", f"av{FILM}")
    watched = []
    for minutes in (30, 60, 100):
        now = START + timedelta(minutes=minutes)
        stage.clock = StageClock(now, 75)
        (seen,) = search().parse_revisit(await client.send(search().revisit([key])), [key], now).sightings
        watched.append(seen.counts.views)
    assert all(isinstance(count, Count) for count in watched)
    assert watched == sorted(watched)
    assert watched[0] != watched[-1]


async def test_comments_are_read_to_the_end_and_looked_at_again(client: httpx.AsyncClient) -> None:
    seen = await poll(client, search(mode="comments", query="", video=f"av{FILM}"))
    assert len(seen_ids(seen)) == 40  # a new feed reads two pages
    batch = search().parse_revisit(await client.send(search().revisit([seen[0].key])), [seen[0].key], LATER)
    assert batch.sightings[0].counts == seen[0].counts


async def test_a_video_and_a_comment_that_never_were_are_gone(client: httpx.AsyncClient) -> None:
    for key in (PostKey("bilibili", "av1"), PostKey("bilibili", f"av{FILM}:1")):
        assert search().parse_revisit(await client.send(search().revisit([key])), [key], LATER).gone == (key,)


# ── hot lists ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("board", PATHS)
async def test_every_list_shows_the_crisis_once_it_is_loud_and_its_place(
    stage: Stage, client: httpx.AsyncClient, board: str
) -> None:
    connector = load("hotlist")(list=board, base_url=f"{URL}/hotlists/{board}")
    stage.clock = StageClock(START, 75)
    assert not any("星禾" in seen.post.title for seen in await poll(client, connector, START) if seen.post)
    stage.clock = StageClock(LATER, 75)
    shown = [seen.post for seen in await poll(client, connector) if seen.post]
    expected = [topic.words for topic in topics(stage.world, LATER)]
    assert [post.title.removeprefix("如何看待").removesuffix("？") for post in shown] == expected
    assert [rank_of(post.status) for post in shown] == list(range(1, len(shown) + 1))
    assert "星禾暖杯漏底烫伤孩子" in expected
    assert "星禾新品" in expected


async def test_a_list_through_rsshub_has_the_same_topics_in_the_same_places(client: httpx.AsyncClient) -> None:
    direct = [seen.post for seen in await poll(client, load("hotlist")(list="weibo", base_url=f"{URL}/hotlists/weibo"))]
    through = [seen.post for seen in await poll(client, route("/weibo/search/hot"))]
    assert len(through) == 20  # RSSHub's first page
    assert [(p.title, rank_of(p.status)) for p in through if p] == [
        (p.title, rank_of(p.status)) for p in direct[:20] if p
    ]


def test_a_crisis_is_a_topic_from_its_three_hundredth_repost_on(stage: Stage) -> None:
    (crisis,) = [post for post in stage.world.posts if post.is_crisis and post.platform == "weibo"]
    loud = crisis.published_at + timedelta(seconds=float(crisis.offsets[LOUD - 1]))
    for after, there in ((-1, False), (1, True)):
        found = topics(stage.world, loud + timedelta(seconds=after))
        assert any(topic.words.startswith("星禾暖杯") for topic in found) is (there and found[-1].heat < 1_500 * LOUD)
