"""The sandbox's platforms as the real connectors meet them, at moments that stand still."""

import gzip
import json
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import numpy as np
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette

from connectors import load
from monitor.errors import Failure, FeedError
from monitor.model import Availability, Count, Post, PostKey, Precision, Sighting
from monitor.ports import Cursor
from monitor.sandbox.rsshub import RssHub, displayed
from monitor.sandbox.server import WEIBO_TOKEN, app
from monitor.sandbox.stage import Stage, StageClock
from monitor.sandbox.weibo import Weibo
from monitor.sandbox.world import APP_ID, XHS_USER, World, WorldPost, Writer

pytestmark = pytest.mark.anyio

START = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
URL = "http://sandbox"
ANYBODY = Writer(id="2000000001", name="一只橘猫", followers=310)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def stage() -> Stage:
    return Stage("demo", 7, START, 75)


def stand(stage: Stage, moment: datetime) -> datetime:
    """Lets the world stand still at a moment."""
    stage.clock = StageClock(moment, 75)
    return moment


def post(native_id: str, text: str = "@星禾官方 杯子漏水", **facts: Any) -> WorldPost:
    given: dict[str, Any] = {
        "platform": "weibo",
        "native_id": native_id,
        "kind": "grumble",
        "writer": ANYBODY,
        "text": text,
        "published_at": START,
    }
    return WorldPost(**given | facts)


def reposted(*after: float) -> Any:
    return np.array(after, dtype=np.float64)


@dataclass(kw_only=True)
class Reader:
    """A connector that polls the sandbox the way the daemon does."""

    client: httpx.AsyncClient
    connector: Any
    cursor: Cursor = field(default_factory=dict)
    answers: list[httpx.Response] = field(default_factory=list)

    async def poll(self, now: datetime) -> list[Sighting]:
        """Walks to the end of what is there."""
        request: httpx.Request | None = self.connector.first(self.cursor)
        seen: list[Sighting] = []
        while request is not None:
            self.answers.append(await self.client.send(request))
            batch = self.connector.parse(self.answers[-1], self.cursor, now)
            assert not batch.rejected
            # A cursor lives in the database as JSON.
            self.cursor = self.cursor if batch.cursor is None else json.loads(json.dumps(batch.cursor))
            seen += batch.sightings
            request = batch.next
        return seen

    async def look_again(self, keys: list[PostKey], now: datetime) -> Any:
        answer = await self.client.send(self.connector.revisit(keys))
        return self.connector.parse_revisit(answer, keys, now)


Open = Callable[..., Reader]


@pytest.fixture
async def read(stage: Stage) -> AsyncIterator[Open]:
    clients: list[httpx.AsyncClient] = []
    whole = app(stage, 7)

    def open_one(kind: str, served: Starlette | None = None, **options: Any) -> Reader:
        transport = httpx.ASGITransport(served or whole)
        clients.append(httpx.AsyncClient(transport=transport))
        return Reader(client=clients[-1], connector=load(kind)(**options))

    yield open_one
    for client in clients:
        await client.aclose()


def weibo(token: str = WEIBO_TOKEN, **options: Any) -> dict[str, Any]:
    urls = {"base_url": f"{URL}/weibo", "search_base_url": f"{URL}/weibo"}
    return {"token": SecretStr(token), **urls, **options}


def notes(**options: Any) -> dict[str, Any]:
    return {"base_url": f"{URL}/rsshub", "route": f"/xiaohongshu/user/{XHS_USER}/notes", **options}


REVIEWS: dict[str, Any] = {"app_id": APP_ID, "base_url": f"{URL}/apple"}


def ids(posts: Iterable[WorldPost]) -> set[str]:
    return {post.native_id for post in posts}


def seen_ids(sightings: Iterable[Sighting]) -> set[str]:
    return {sighting.key.native_id for sighting in sightings}


def only(sightings: list[Sighting]) -> Post:
    """The one post that was seen."""
    (sighting,) = sightings
    assert sighting.post is not None
    return sighting.post


async def refused(reader: Reader, now: datetime = START) -> FeedError:
    with pytest.raises(FeedError) as caught:
        await reader.poll(now)
    return caught.value


# ── Weibo: walking ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("options", [{"mode": "mentions"}, {"mode": "search", "query": "星禾"}])
async def test_two_walks_with_half_an_hour_between_find_all_that_was_published_and_nothing_else(
    read: Open, options: dict[str, str]
) -> None:
    stage = Stage("busy", 7, START, 1)
    reader = read("weibo", app(stage, 7), **weibo(**options))
    seen = await reader.poll(stand(stage, START + timedelta(minutes=1)))
    seen += await reader.poll(now := stand(stage, START + timedelta(minutes=31)))
    assert len(reader.answers) > 4
    assert seen_ids(seen) == ids(stage.world.published("weibo", now))


async def test_a_search_in_the_demo_finds_the_word_in_texts_and_in_names(stage: Stage, read: Open) -> None:
    now = stand(stage, START + timedelta(minutes=20))
    found = seen_ids(await read("weibo", **weibo(mode="search", query="星禾")).poll(now))
    published = stage.world.published("weibo", now)
    assert found == ids(p for p in published if "星禾" in p.text + p.writer.name)
    assert any("星禾" not in p.text for p in published if p.native_id in found)


async def test_several_words_are_all_wanted(stage: Stage, read: Open) -> None:
    stage.world = World(START, [post("5350000000000001", "星禾的杯子"), post("5350000000000002", "星禾的茶")])
    assert seen_ids(await read("weibo", **weibo(mode="search", query="星禾 杯子")).poll(START)) == {"5350000000000001"}


async def test_a_mention_names_the_account_and_the_bare_brand_is_none(stage: Stage, read: Open) -> None:
    stage.world = World(START, [post("5350000000000001", "@星禾官方 你好"), post("5350000000000002", "星禾好喝")])
    assert seen_ids(await read("weibo", **weibo()).poll(START)) == {"5350000000000001"}


@pytest.mark.parametrize(
    ("asked", "found", "onward"),
    [
        ("since_id=5350000000000002", [4, 3], 0),
        ("max_id=5350000000000002", [2, 1], 0),
        ("since_id=5350000000000001&max_id=5350000000000003", [3, 2], 0),
        ("count=3", [4, 3, 2], 5350000000000001),
        ("count=3&page=2", [1], 0),
    ],
)
async def test_since_is_above_max_is_not_above_and_a_page_names_the_next(
    stage: Stage, read: Open, asked: str, found: list[int], onward: int
) -> None:
    seconds = [timedelta(seconds=number) for number in range(5)]
    stage.world = World(START, [post(f"535000000000000{n}", published_at=START - seconds[4 - n]) for n in range(1, 5)])
    address = f"{URL}/weibo/2/statuses/mentions.json?access_token={WEIBO_TOKEN}&{asked}"
    answer = (await read("weibo", **weibo()).client.get(address)).json()
    assert [int(status["idstr"][-1]) for status in answer["statuses"]] == found
    assert (answer["next_cursor"], answer["total_number"]) == (onward, 4)


# ── Weibo: what a post says ─────────────────────────────────────────────────────────────────────────────────────────


async def test_a_post_arrives_as_it_was_written(stage: Stage, read: Open) -> None:
    text = "@星禾官方 <三>杯&一袋，价格>50 “真的”\n换不换？"
    writer = Writer(id="3411020077", name="豆豆妈妈在路上", followers=1_204, verified=True)
    facts = {"writer": writer, "region": "浙江", "published_at": START - timedelta(minutes=3)}
    stage.world = World(START, [post("5350000000000001", text, **facts)])
    reader = read("weibo", **weibo())
    found = only(await reader.poll(START))
    assert (found.text, found.region, found.posted_at) == (text, "浙江", START - timedelta(minutes=3))
    assert (found.author.id, found.author.name) == ("3411020077", "豆豆妈妈在路上")
    assert (found.author.followers, found.author.verified) == (1_204, True)
    (status,) = reader.answers[0].json()["statuses"]
    assert status["created_at"] == "Mon Nov 02 08:57:00 +0800 2026"
    assert status["text"] == "@星禾官方 &lt;三&gt;杯&amp;一袋，价格&gt;50 “真的”\n换不换？"
    assert status["region_name"] == "发布于 浙江"


async def test_a_long_text_is_broken_off_in_a_list_and_whole_where_it_is_asked_for(stage: Stage, read: Open) -> None:
    text = "@星禾官方 " + "一杯接一杯，" * 40
    stage.world = World(START, [post("5350000000000001", text)])
    reader = read("weibo", **weibo())
    await reader.poll(START)
    (status,) = reader.answers[0].json()["statuses"]
    assert status["isLongText"] is True
    assert status["textLength"] == len(text.encode("gbk"))
    assert status["text"].startswith(text[:140] + "...全文")
    asked = {"access_token": WEIBO_TOKEN, "id": "5350000000000001", "isGetLongText": "1"}
    whole = await reader.client.get(f"{URL}/weibo/2/statuses/show.json", params=asked)
    assert whole.json()["longText"]["content"] == text


async def test_a_repost_brings_its_original_until_that_is_deleted(stage: Stage, read: Open) -> None:
    origin = post("5350000000000001", "杯盖割到手了", gone_at=START + timedelta(hours=1))
    stage.world = World(START, [origin, post("5350000000000002", "@星禾官方 出来", repost_of=origin.native_id)])
    before = {s.key.native_id: s for s in await read("weibo", **weibo()).poll(START)}
    again, original = before["5350000000000002"].post, before["5350000000000001"].post
    assert again is not None
    assert again.repost_of == "5350000000000001"
    assert original is not None
    assert original.text == "杯盖割到手了"
    later = stand(stage, START + timedelta(hours=2))
    after = {s.key.native_id: s for s in await read("weibo", **weibo()).poll(later)}
    assert after["5350000000000001"].availability is Availability.GONE
    assert after["5350000000000001"].post is None


# ── Weibo: counts ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_counts_of_a_hundred_posts_are_those_of_the_world_at_that_moment(stage: Stage, read: Open) -> None:
    reader = read("weibo", **weibo())
    for minutes in (60, 100):
        now = stand(stage, START + timedelta(minutes=minutes))
        hundred = stage.world.published("weibo", START + timedelta(minutes=60))[:100]
        batch = await reader.look_again([PostKey("weibo", p.native_id) for p in hundred], now)
        shown = {s.key.native_id: s.counts for s in batch.sightings}
        for one in hundred:
            true = one.counts(now)
            counts = shown[one.native_id]
            assert (counts.reposts, counts.comments, counts.likes) == (
                Count(true.reposts), Count(true.comments), Count(true.likes)
            )  # fmt: skip
        assert batch.gone == ()


async def test_a_walk_shows_the_same_counts_as_a_look_again(stage: Stage, read: Open) -> None:
    now = stand(stage, START + timedelta(minutes=90))
    reader = read("weibo", **weibo())
    walked = {s.key: s.counts for s in await reader.poll(now)}
    looked = {s.key: s.counts for s in (await reader.look_again(list(walked)[:100], now)).sightings}
    assert looked == {key: walked[key] for key in looked}
    assert len(looked) > 10


async def test_a_deleted_post_comes_back_neither_in_a_walk_nor_in_a_look_again(stage: Stage, read: Open) -> None:
    gone = post("5350000000000001", gone_at=START + timedelta(hours=1))
    stays = post("5350000000000002")
    stage.world = World(START, [gone, stays])
    reader = read("weibo", **weibo())
    assert seen_ids(await reader.poll(START)) == {gone.native_id, stays.native_id}
    later = stand(stage, START + timedelta(hours=1))
    keys = [PostKey("weibo", gone.native_id), PostKey("weibo", stays.native_id)]
    batch = await reader.look_again(keys, later)
    assert batch.gone == (keys[0],)
    assert seen_ids(batch.sightings) == {stays.native_id}
    assert (await reader.look_again(keys[:1], later)).gone == (keys[0],)
    assert seen_ids(await read("weibo", **weibo()).poll(later)) == {stays.native_id}


async def test_a_hundred_and_one_posts_are_too_many_at_once(stage: Stage, read: Open) -> None:
    reader = read("weibo", **weibo())
    keys = [PostKey("weibo", p.native_id) for p in stage.world.posts if p.platform == "weibo"][:101]
    with pytest.raises(FeedError) as caught:
        await reader.look_again(keys, START)
    assert caught.value.failure is Failure.MISCONFIGURED


# ── Weibo: tokens and limits ────────────────────────────────────────────────────────────────────────────────────────


async def test_a_wrong_token_is_refused_as_invalid(read: Open) -> None:
    error = await refused(read("weibo", **weibo("2.00stranger")))
    assert error.failure is Failure.AUTH_EXPIRED
    assert "21332" in error.problem


async def test_a_token_may_come_in_the_header_and_must_come_somewhere(stage: Stage, read: Open) -> None:
    client, path = read("weibo", **weibo()).client, f"{URL}/weibo/2/statuses/mentions.json"
    assert (await client.get(path, headers={"authorization": f"OAuth2 {WEIBO_TOKEN}"})).status_code == 200
    assert (await client.get(path)).json()["error_code"] == 10006


async def test_a_token_expires_at_its_moment(stage: Stage, read: Open) -> None:
    until = START + timedelta(minutes=10)
    reader = read("weibo", Starlette(routes=Weibo(stage, token=WEIBO_TOKEN, expires_at=until).routes), **weibo())
    await reader.poll(START)
    error = await refused(reader, stand(stage, until))
    assert error.failure is Failure.AUTH_EXPIRED
    assert "21327" in error.problem
    answer = await reader.client.send(reader.connector.first({}))
    assert answer.json()["error_uri"] == "/2/statuses/mentions.json"


@pytest.mark.parametrize(("limits", "code"), [({"user_limit": 3}, 10023), ({"ip_limit": 3}, 10022)])
async def test_an_hours_requests_are_counted_shown_and_refused_until_the_hour_is_over(
    stage: Stage, read: Open, limits: Any, code: int
) -> None:
    stage.world = World(START, [post("5350000000000001")])
    reader = read("weibo", Starlette(routes=Weibo(stage, token=WEIBO_TOKEN, **limits).routes), **weibo())
    status = f"{URL}/weibo/2/account/rate_limit_status.json?access_token={WEIBO_TOKEN}"
    left = "remaining_user_hits" if "user_limit" in limits else "remaining_ip_hits"
    for expected in (3, 2, 1, 0):
        stand(stage, START + timedelta(minutes=20))
        said = (await reader.client.get(status)).json()
        assert said[left] == expected
        assert said["reset_time_in_seconds"] == 40 * 60
        assert said["reset_time"] == "2026-11-02 10:00:00"
        if expected:
            await reader.poll(START)
    error = await refused(reader)
    assert error.failure is Failure.RATE_LIMITED
    assert str(code) in error.problem
    await reader.poll(stand(stage, START + timedelta(hours=1)))
    assert (await reader.client.get(status)).json()[left] == 2


@pytest.mark.parametrize("asked", ["count=many", "since_id=-1", "max_id=1e9", "page="])
async def test_a_parameter_that_is_no_number_is_the_askers_fault(read: Open, asked: str) -> None:
    address = f"{URL}/weibo/2/statuses/mentions.json?access_token={WEIBO_TOKEN}&{asked}"
    answer = await read("weibo", **weibo()).client.get(address)
    assert (answer.status_code, answer.json()["error_code"]) == (400, 10017)


# ── RSSHub ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_keyword_route_names_posts_as_the_official_api_does(stage: Stage, read: Open) -> None:
    now = stand(stage, START + timedelta(hours=1))
    seen = await read("rsshub", base_url=f"{URL}/rsshub", route="/weibo/keyword/星禾").poll(now)
    newest = [p for p in stage.world.published("weibo", now) if "星禾" in p.text][:20]
    assert {s.key for s in seen} == {PostKey("weibo", p.native_id) for p in newest}
    texts = {s.key.native_id: s.post.text for s in seen if s.post}
    originals = [p for p in newest if p.repost_of is None]
    assert [texts[p.native_id] for p in originals] == [p.text for p in originals]
    assert all(s.counts.reposts is None and s.counts.likes is None for s in seen)


async def test_the_keyword_route_shows_what_a_repost_passes_on(stage: Stage, read: Open) -> None:
    origin = post("5350000000000001", "杯盖割到手了")
    stage.world = World(START, [origin, post("5350000000000002", "星禾出来", repost_of=origin.native_id)])
    found = only(await read("rsshub", base_url=f"{URL}/rsshub", route="/weibo/keyword/星禾").poll(START))
    assert found.kind == "repost"
    assert "杯盖割到手了" in found.text


async def test_all_notes_of_an_account_are_found_with_the_likes_that_only_atom_shows(stage: Stage, read: Open) -> None:
    now = stand(stage, START + timedelta(minutes=100))
    seen = {s.key.native_id: s for s in await read("rsshub", **notes()).poll(now)}
    published = stage.world.published("xiaohongshu", now)
    assert set(seen) == ids(published)
    for note in published:
        found = seen[note.native_id]
        assert found.post is not None
        assert (found.post.title, found.post.text) == (note.title, note.text)
        assert found.post.posted_at == note.published_at
        assert found.counts.likes == Count(note.counts(now).likes)


@pytest.mark.parametrize(
    ("number", "shown"), [(0, "0"), (9_999, "9999"), (10_000, "1万"), (11_499, "1.1万"), (123_456, "12.3万")]
)
def test_a_large_count_is_displayed_in_ten_thousands(number: int, shown: str) -> None:
    assert displayed(number) == shown


async def test_a_rounded_count_arrives_as_a_rounded_one(stage: Stage, read: Open) -> None:
    facts = {"platform": "xiaohongshu", "title": "避雷", "offsets": reposted(*[1.0] * 12_345), "likes": 1.0}
    writer = Writer(id=XHS_USER, name="喝茶的阿禾", followers=8_200)
    stage.world = World(START, [post("690700000000000000000abc", writer=writer, **facts)])
    (seen,) = await read("rsshub", **notes()).poll(stand(stage, START + timedelta(minutes=1)))
    assert seen.counts.likes == Count(12_000, Precision.ROUNDED)


async def test_a_route_is_kept_for_five_minutes_and_says_so(stage: Stage, read: Open) -> None:
    note = next(p for p in stage.world.posts if p.platform == "xiaohongshu" and p.published_at > START)
    reader = read("rsshub", **notes())
    before = await reader.poll(filled := stand(stage, note.published_at - timedelta(minutes=1)))
    assert reader.answers[-1].headers["cache-control"] == "public, max-age=300"
    assert "rsshub-cache-status" not in reader.answers[-1].headers
    assert await reader.poll(stand(stage, filled + timedelta(seconds=299))) == []
    assert reader.answers[-1].status_code == 304
    assert reader.answers[-1].headers["rsshub-cache-status"] == "HIT"
    assert "last-modified" not in reader.answers[-1].headers
    by_date = {"if-modified-since": reader.answers[0].headers["last-modified"]}
    address = reader.answers[0].request.url
    assert (await reader.client.get(address, headers=by_date)).status_code == 200
    after = await reader.poll(stand(stage, filled + timedelta(seconds=300)))
    assert "rsshub-cache-status" not in reader.answers[-1].headers
    assert seen_ids(after) - seen_ids(before) == {note.native_id}


@pytest.mark.parametrize("route", [f"/xiaohongshu/user/{XHS_USER}/notes", "/weibo/keyword/星禾"])
async def test_an_instance_with_a_key_opens_to_those_who_have_it(stage: Stage, read: Open, route: str) -> None:
    stand(stage, START + timedelta(hours=1))
    locked = Starlette(routes=RssHub(stage, access_key="opens").routes)
    options = {"base_url": f"{URL}/rsshub", "route": route}
    assert await read("rsshub", locked, **options, access_key=SecretStr("opens")).poll(START)
    stranger = read("rsshub", locked, **options)
    assert (await refused(stranger)).failure is Failure.AUTH_EXPIRED
    assert stranger.answers[0].status_code == 403
    assert (await stranger.client.get(f"{URL}/rsshub/healthz")).status_code == 403
    assert (await stranger.client.get(f"{URL}/rsshub/healthz?key=opens")).text == "ok"


async def test_a_route_without_items_is_an_error_page_that_means_nothing_found(stage: Stage, read: Open) -> None:
    reader = read("rsshub", base_url=f"{URL}/rsshub", route="/weibo/keyword/没人说过的词")
    assert await reader.poll(START) == []
    assert reader.answers[0].status_code == 503


async def test_an_unknown_route_is_refused(read: Open) -> None:
    reader = read("rsshub", base_url=f"{URL}/rsshub", route="/weibo/keywords/x")
    assert (await refused(reader)).failure is Failure.MISCONFIGURED
    assert reader.answers[0].status_code == 404


# ── App Store ───────────────────────────────────────────────────────────────────────────────────────────────────────


def review(number: int, **facts: Any) -> WorldPost:
    at = START - timedelta(minutes=number)
    given = {"platform": "appstore", "title": "闪退", "rating": 1 + number % 5, "published_at": at}
    return post(f"cn:{APP_ID}:{13_000_000_000 - number}", "更新后打不开 <白屏>", **given | facts)


async def test_walking_the_reviews_finds_each_of_them_and_later_the_new_ones(stage: Stage, read: Open) -> None:
    reader = read("appstore", **REVIEWS)
    seen = await reader.poll(stand(stage, START))
    assert seen_ids(seen) == ids(stage.world.published("appstore", START))
    later = stand(stage, START + timedelta(hours=2))
    new = await reader.poll(later)
    assert seen_ids([*seen, *new]) == ids(stage.world.published("appstore", later))


@pytest.mark.parametrize("number", [0, 1, 2, 50, 51, 137, 500])
async def test_any_number_of_reviews_is_found(stage: Stage, read: Open, number: int) -> None:
    stage.world = World(START, [review(one) for one in range(number)])
    seen = await read("appstore", **REVIEWS).poll(START)
    assert len(seen) == number
    assert seen_ids(seen) == ids(stage.world.posts)


async def test_a_single_review_is_no_list(stage: Stage, read: Open) -> None:
    for number, kind in ((2, list), (1, dict), (0, type(None))):
        stage.world = World(START, [review(one) for one in range(number)])
        reader = read("appstore", **REVIEWS)
        await reader.poll(START)
        assert type(reader.answers[0].json()["feed"].get("entry")) is kind
        assert reader.answers[0].headers["content-type"] == "text/javascript; charset=utf-8"


async def test_a_review_arrives_as_it_was_written(stage: Stage, read: Open) -> None:
    stage.world = World(START, [review(3, offsets=reposted(1.0, 2.0), likes=1.0)])
    (seen,) = await read("appstore", **REVIEWS).poll(START)
    assert seen.post is not None
    assert (seen.post.title, seen.post.text, seen.post.rating) == ("闪退", "更新后打不开 <白屏>", 4)
    assert seen.post.posted_at == START - timedelta(minutes=3)
    assert seen.counts.likes == Count(2)


async def test_times_are_those_of_california_before_and_after_its_clocks_change(stage: Stage, read: Open) -> None:
    change = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
    times = [change - timedelta(seconds=1), change]
    stage.world = World(START, [review(n, published_at=at) for n, at in enumerate(times)])
    reader = read("appstore", **REVIEWS)
    seen = await reader.poll(START)
    assert {s.post.posted_at for s in seen if s.post} == set(times)
    written = [entry["updated"]["label"] for entry in reader.answers[0].json()["feed"]["entry"]]
    assert written == ["2026-11-01T01:00:00-08:00", "2026-11-01T01:59:59-07:00"]


async def test_there_is_no_eleventh_page_and_no_other_app(stage: Stage, read: Open) -> None:
    client = read("appstore", **REVIEWS).client
    deep = f"{URL}/apple/cn/rss/customerreviews/page=11/id={APP_ID}/sortby=mostrecent/json"
    async with client.stream("GET", deep) as answer:
        packed = b"".join([piece async for piece in answer.aiter_raw()])
    assert answer.status_code == 400
    assert gzip.decompress(packed) == b"CustomerReviews RSS page depth is limited to 10"
    assert (await refused(read("appstore", **{**REVIEWS, "app_id": "1"}))).failure is Failure.MISCONFIGURED
    assert (await refused(read("appstore", **REVIEWS, country="us"))).failure is Failure.MISCONFIGURED


async def test_the_parts_of_the_address_may_stand_in_any_order(stage: Stage, read: Open) -> None:
    client = read("appstore", **REVIEWS).client
    usual = f"{URL}/apple/cn/rss/customerreviews/page=1/id={APP_ID}/sortby=mostrecent/json"
    other = f"{URL}/apple/cn/rss/customerreviews/id={APP_ID}/sortBy=mostRecent/page=1/json"
    assert (await client.get(usual)).content == (await client.get(other)).content
    # What is not served here is not answered with something else.
    assert (await client.get(other.replace("mostRecent", "mostHelpful"))).status_code == 404


# ── the complaint site ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("style", ["rss", "atom", "json"])
async def test_a_complaint_arrives_as_it_was_written(stage: Stage, read: Open, style: str) -> None:
    text = '三杯<b>漏</b>&amp;"烫"，价格>50\n]]>换不换？'
    stage.world = World(START, [post("5350000000000001", text)])
    assert only(await read("rss", url=f"{URL}/feeds/complaints.{style}").poll(START)).text == text


@pytest.mark.parametrize("style", ["rss", "atom", "json"])
async def test_the_complaints_are_the_angry_posts_in_every_format(stage: Stage, read: Open, style: str) -> None:
    now = stand(stage, START + timedelta(minutes=40))
    reader = read("rss", url=f"{URL}/feeds/complaints.{style}", platform="complaints")
    seen = await reader.poll(now)
    angry = [p for p in stage.world.published("weibo", now) if p.kind in ("grumble", "crisis", "backlog")][:50]
    assert [(s.post.text, s.post.posted_at, s.post.author.name) for s in seen if s.post] == [
        (p.text, p.published_at, p.writer.name) for p in angry
    ]
    assert any(p.is_crisis for p in angry)


async def test_a_feed_that_is_held_already_is_not_sent_again_until_it_changes(stage: Stage, read: Open) -> None:
    stage.world = World(START, [post("5350000000000001"), post("5350000000000002", published_at=START + timedelta(1))])
    reader = read("rss", url=f"{URL}/feeds/complaints.atom")
    assert len(await reader.poll(START)) == 1
    assert await reader.poll(stand(stage, START + timedelta(hours=1))) == []
    assert reader.answers[-1].status_code == 304
    assert reader.answers[-1].content == b""
    assert len(await reader.poll(stand(stage, START + timedelta(1)))) == 2


async def test_a_reader_without_an_etag_is_told_by_the_date(stage: Stage, read: Open) -> None:
    stage.world = World(START, [post("5350000000000001"), post("5350000000000002", published_at=START + timedelta(1))])
    client, address = read("rss", url=URL).client, f"{URL}/feeds/complaints.rss"
    modified = (await client.get(address)).headers["last-modified"]
    assert modified == "Mon, 02 Nov 2026 01:00:00 GMT"
    asked = {"if-modified-since": modified}
    assert (await client.get(address, headers=asked)).status_code == 304
    assert (await client.get(address, headers={**asked, "if-none-match": '"another"'})).status_code == 200
    stand(stage, START + timedelta(1))
    assert (await client.get(address, headers=asked)).status_code == 200


# ── the stage ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_truth_is_told_to_those_who_ask(stage: Stage, read: Open) -> None:
    answer = await read("rss", url=URL).client.get(f"{URL}/truth")
    assert answer.json() == json.loads(json.dumps(stage.world.truth()))


@pytest.mark.parametrize(
    "said",
    [{}, [], {"start": "2026-11-02T01:00:00", "rate": 75}, {"start": START.isoformat(), "rate": 0}, {"start": 1}],
)
async def test_a_start_that_cannot_be_is_refused_and_starts_nothing(stage: Stage, read: Open, said: Any) -> None:
    client = read("rss", url=URL).client
    answer = await client.post(f"{URL}/control/start", json=said)
    assert answer.status_code == 400
    assert (await client.get(f"{URL}/control/now")).json() == {"now": START.isoformat()}


async def test_a_start_at_another_moment_moves_the_whole_world(stage: Stage, read: Open) -> None:
    client, day = read("rss", url=URL).client, timedelta(days=1)
    crisis = next(p for p in stage.world.posts if p.is_crisis)
    await client.post(f"{URL}/control/start", json={"start": (START + day).isoformat(), "rate": 0.001})
    (moved,) = [p for p in (await client.get(f"{URL}/truth")).json() if p["is_crisis"]]
    assert datetime.fromisoformat(moved["published_at"]) == crisis.published_at + day
    now = datetime.fromisoformat((await client.get(f"{URL}/control/now")).json()["now"])
    assert START + day <= now < START + day + timedelta(seconds=1)
