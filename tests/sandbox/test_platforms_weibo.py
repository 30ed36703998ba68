"""The sandbox's official Weibo beyond mentions and search: comments, whole posts, OAuth, and how the account stands."""

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from pydantic import SecretStr

from connectors.weibo import Weibo as Connector
from connectors.weibo_web import WeiboWeb
from monitor.errors import Failure, FeedError
from monitor.model import PostKey
from monitor.sandbox.server import WEIBO_TOKEN, app
from monitor.sandbox.stage import Stage, StageClock
from monitor.sandbox.weibo_oauth import APP_KEY, APP_SECRET, CODE, LASTS
from monitor.sandbox.weibo_web import COOKIE
from monitor.sandbox.world import World
from tests.sandbox.test_platforms import ANYBODY, START, URL, Reader, post, reposted, stand, weibo

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def stage() -> Stage:
    stage = Stage("demo", 7, START, 75)
    stage.clock = StageClock(START, 75)
    return stage


@pytest.fixture
async def client(stage: Stage) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app(stage, 7))) as client:
        yield client


async def test_comments_under_our_own_posts_come_once_each_and_as_they_are_written(
    stage: Stage, client: httpx.AsyncClient
) -> None:
    reader = Reader(client=client, connector=Connector(**weibo(mode="comments")))
    seen: list[PostKey] = []
    for minutes in (40, 60, 110):
        found = await reader.poll(stand(stage, START + timedelta(minutes=minutes)))
        seen += [one.key for one in found if one.post and one.post.kind == "comment"]
    own = [one for one in stage.world.published("weibo", stage.now()) if one.writer.name == "星禾官方"]
    assert len(seen) == len(set(seen)) > 100
    assert len(seen) <= sum(one.counts(stage.now()).comments for one in own)


async def test_comments_that_mention_us_stand_under_anybodys_post(stage: Stage, client: httpx.AsyncClient) -> None:
    stage.world = World(START, [post("5", "今天喝了什么", offsets=reposted(*range(10)))])
    reader = Reader(client=client, connector=Connector(**weibo(mode="comment-mentions")))
    found = await reader.poll(stand(stage, START + timedelta(minutes=1)))
    comments = [one.post for one in found if one.post and one.post.kind == "comment"]
    assert [one.parent for one in comments] == ["5", "5"]
    assert all("@星禾官方" in one.text for one in comments)


async def test_a_search_reads_long_texts_to_their_end(stage: Stage, client: httpx.AsyncClient) -> None:
    text = "星禾" + "等了两周没有回音，" * 30 + "杯子炸了"
    stage.world = World(START, [post("7", text)])
    reader = Reader(client=client, connector=Connector(**weibo(mode="search", query="星禾")))
    cut, whole = await reader.poll(stand(stage, START + timedelta(minutes=1)))
    assert cut.post is not None
    assert whole.post is not None
    assert text.startswith(cut.post.text)
    assert whole.post.text == text


async def test_whole_posts_tell_what_is_deleted_and_what_never_was(stage: Stage, client: httpx.AsyncClient) -> None:
    gone = post("8", gone_at=START + timedelta(minutes=5), writer=ANYBODY)
    stage.world = World(START, [post("7", offsets=reposted(1, 2, 3)), gone])
    reader = Reader(client=client, connector=Connector(**weibo(again="show_batch")))
    assert reader.connector.batch_size == 50
    keys = [PostKey("weibo", one) for one in ("7", "8", "9")]
    batch = await reader.look_again(keys, stand(stage, START + timedelta(minutes=9)))
    assert [one.counts.reposts.value for one in batch.sightings] == [3]
    assert set(batch.gone) == set(keys[1:])


async def test_the_account_says_what_is_left_and_when_its_token_ends(stage: Stage, client: httpx.AsyncClient) -> None:
    connector = Connector(**weibo())
    facts: dict[str, float] = {}
    for request in connector.standing():
        facts |= connector.parse_standing(await client.send(request), stage.now())
    assert facts == {"quota_remaining": 100_000, "token_expires_at": (START + LASTS).timestamp()}


async def test_a_token_that_ended_says_so_where_it_is_asked(stage: Stage, client: httpx.AsyncClient) -> None:
    connector = Connector(**weibo("2.00other"))
    for request in connector.standing():
        with pytest.raises(FeedError) as caught:
            connector.parse_standing(await client.send(request), stage.now())
        assert caught.value.failure is Failure.AUTH_EXPIRED


async def test_oauth_gives_the_token_for_the_code_and_refuses_others(client: httpx.AsyncClient) -> None:
    back = "https://brand.example/back?x=1"
    asked = {"client_id": APP_KEY, "redirect_uri": back, "response_type": "code", "state": "s1"}
    moved = await client.get(f"{URL}/weibo/oauth2/authorize", params=asked)
    assert dict(httpx.URL(moved.headers["location"]).params) == {"x": "1", "code": CODE, "state": "s1"}
    form = {"client_id": APP_KEY, "client_secret": APP_SECRET, "grant_type": "authorization_code", "redirect_uri": back}
    given = await client.post(f"{URL}/weibo/oauth2/access_token", data={**form, "code": CODE})
    assert given.json()["access_token"] == WEIBO_TOKEN
    refused = await client.post(f"{URL}/weibo/oauth2/access_token", data={**form, "code": "old"})
    assert (refused.status_code, refused.json()["error_code"]) == (400, 21325)
    for wrong in ({"client_secret": "x"}, {"grant_type": "password"}):
        answer = await client.post(f"{URL}/weibo/oauth2/access_token", data={**form, "code": CODE, **wrong})
        assert answer.status_code == 400
    stranger = await client.get(f"{URL}/weibo/oauth2/authorize", params={**asked, "client_id": "9"})
    assert stranger.json()["error"] == "invalid_client"


def web(cookie: str = COOKIE) -> WeiboWeb:
    return WeiboWeb(query="星禾", cookie=SecretStr(cookie), permission="法务, 2026-11-01", base_url=f"{URL}/mweibo")


async def test_the_mobile_site_shows_in_cards_what_the_search_of_the_platform_finds(
    stage: Stage, client: httpx.AsyncClient
) -> None:
    reader = Reader(client=client, connector=web())
    seen: list[str] = []
    for minutes in (10, 20, 25, 30):
        seen += [one.key.native_id for one in await reader.poll(stand(stage, START + timedelta(minutes=minutes)))]
    there = [one for one in stage.world.published("weibo", stage.now()) if "星禾" in one.text]
    late = {one.native_id for one in there if one.published_at > START + timedelta(minutes=10)}
    assert late <= set(seen)


async def test_the_mobile_site_tells_a_dead_cookie_from_none(client: httpx.AsyncClient) -> None:
    for cookie, failure in (("SUB=old", Failure.AUTH_EXPIRED), ("_T_WM=1; SUB=", Failure.AUTH_EXPIRED)):
        with pytest.raises(FeedError) as caught:
            await Reader(client=client, connector=web(cookie)).poll(START)
        assert caught.value.failure is failure


async def test_a_long_text_of_the_mobile_site_is_read_whole(stage: Stage, client: httpx.AsyncClient) -> None:
    text = "星禾" + "等了两周没有回音，" * 30 + "杯子炸了"
    stage.world = World(START, [post("7", text)])
    cut, whole = await Reader(client=client, connector=web()).poll(stand(stage, START + timedelta(minutes=1)))
    assert cut.post is not None
    assert whole.post is not None
    assert cut.post.text != whole.post.text == text
