"""RSSHub: which spelling of the key it takes, what its one error page means, and whose posts it serves."""

import hashlib
from datetime import UTC, datetime
from urllib.parse import quote

import httpx
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from connectors.rsshub import RssHub
from monitor.errors import Failure, FeedError
from monitor.model import Count, Post
from monitor.ports import Batch, Connector, Cursor

NOW = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)
BASE = "http://127.0.0.1:1200"
USER = "5e0000000000000000000001"
NOTES = RssHub(base_url=BASE, route=f"/xiaohongshu/user/{USER}/notes")
KEYWORD = RssHub(base_url=BASE, route="/weibo/keyword/星禾")
AS_CONNECTOR: Connector = NOTES


def locked(key: str, route: str = "/weibo/keyword/星禾") -> RssHub:
    return RssHub(base_url=BASE, route=route, access_key=SecretStr(key))


def entry(link: str, more: str = "") -> str:
    return f'<entry><title>杯子</title><link href="{link}"/><id>杯子</id>{more}</entry>'


def feed(*entries: str) -> bytes:
    name = 'xmlns="http://www.w3.org/2005/Atom" xmlns:rsshub="http://rsshub.app/xml/schemas"'
    return f"<?xml version='1.0'?><feed {name}><title>t</title>{''.join(entries)}</feed>".encode()


def error_page(message: str) -> bytes:
    return f"<html><title>Welcome to RSSHub!</title><div>Error Message:<br/><code>{message}</code></div>".encode()


def answer(body: bytes, status: int = 200, connector: RssHub = KEYWORD) -> httpx.Response:
    return httpx.Response(status, content=body, request=connector.first({}))


def failure_of(body: bytes, status: int = 503) -> FeedError:
    with pytest.raises(FeedError) as caught:
        KEYWORD.parse(answer(body, status), {}, NOW)
    return caught.value


def only(connector: RssHub, *entries: str) -> Post:
    (seen,) = connector.parse(answer(feed(*entries), connector=connector), {}, NOW).sightings
    assert seen.post is not None
    return seen.post


# ── access ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class Server:
    """An RSSHub with ACCESS_KEY; what stands before it decides how it sees a Chinese path."""

    def __init__(self, key: str, *, decodes: bool) -> None:
        self.key, self.decodes = key, decodes
        self.asked = 0
        self.body, self.status = feed(), 200

    def ask(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        path = request.url.path if self.decodes else request.url.raw_path.decode().partition("?")[0]
        right = hashlib.md5((path + self.key).encode(), usedforsecurity=False).hexdigest()
        if request.url.params.get("code") == right:
            return httpx.Response(self.status, content=self.body, request=request)
        page = error_page("RejectError: Authentication failed. Access denied.")
        return httpx.Response(403, content=page, request=request)

    def poll(self, connector: RssHub, cursor: Cursor) -> tuple[Failure | None, Cursor]:
        """One poll as the daemon walks it: the failure it ends in, and the cursor it leaves."""
        request: httpx.Request | None = connector.first(cursor)
        while request is not None:
            try:
                batch: Batch = connector.parse(self.ask(request), cursor, NOW)
            except FeedError as error:
                return error.failure, cursor
            assert batch.next is None or batch.next.url != request.url
            cursor = cursor if batch.cursor is None else orjson.loads(orjson.dumps(batch.cursor))
            request = batch.next
        return None, cursor


@pytest.mark.parametrize("decodes", [True, False])
@pytest.mark.parametrize("route", ["/weibo/keyword/星禾", "/weibo/keyword/" + quote("星禾"), "/telegram/channel/tea"])
def test_a_key_opens_whichever_spelling_the_server_hashes(route: str, decodes: bool) -> None:
    assert Server("k", decodes=decodes).poll(locked("k", route), {})[0] is None


def test_the_spelling_that_was_admitted_is_asked_first_from_then_on() -> None:
    server = Server("k", decodes=True)
    _, cursor = server.poll(locked("k"), {})
    assert (server.asked, cursor["code"]) == (2, "decoded")
    server.poll(locked("k"), cursor)
    assert server.asked == 3


@pytest.mark.parametrize("decodes", [True, False])
@pytest.mark.parametrize("begun", [{}, {"code": "decoded"}, {"code": "encoded"}])
def test_after_a_wrong_key_is_mended_the_door_opens_again(decodes: bool, begun: Cursor) -> None:
    server = Server("right", decodes=decodes)
    cursor = begun
    for _ in range(3):
        failure, cursor = server.poll(locked("wrong"), cursor)
        assert failure is Failure.AUTH_EXPIRED
    assert cursor == begun
    assert server.asked == 6  # the other spelling once per poll, and no more
    assert server.poll(locked("right"), cursor)[0] is None


def test_a_server_that_changes_its_mind_is_followed() -> None:
    cursor: Cursor = {}
    for decodes in (True, False, True):
        failure, cursor = Server("k", decodes=decodes).poll(locked("k"), cursor)
        assert failure is None


@pytest.mark.parametrize(("body", "status"), [(b"", 304), (error_page("Error: this route is empty"), 503)])
def test_an_empty_route_and_a_304_are_an_admission_too(body: bytes, status: int) -> None:
    server = Server("k", decodes=True)
    server.body, server.status = body, status
    failure, cursor = server.poll(locked("k"), {"etag": "x", "full_at": NOW.isoformat()})
    assert failure is None
    assert cursor == {"etag": "x", "full_at": NOW.isoformat(), "code": "decoded"}


def test_the_key_itself_is_never_sent_and_never_said() -> None:
    connector = locked("ILoveRSSHub", "/qdaily/column/59")
    request = connector.first({})
    assert request.url.params["code"] == "0f820530128805ffc10351f22b5fd121"
    refused = httpx.Response(403, content=error_page("RejectError: Authentication failed"), request=request)
    with pytest.raises(FeedError) as caught:
        connector.parse(refused, {}, NOW)
    assert "ILoveRSSHub" not in f"{request.url} {caught.value} {connector!r}"


def test_the_routes_own_parameters_are_kept() -> None:
    asked = RssHub(base_url=BASE, route="/weibo/keyword/茶?limit=5&filter=a%2Bb").first({}).url.params
    assert dict(asked) == {"limit": "5", "filter": "a+b", "format": "atom"}


# ── its error page ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_empty_route_is_no_failure() -> None:
    batch = KEYWORD.parse(answer(error_page("Error: this route is empty, please check"), 503), {"etag": "x"}, NOW)
    assert batch == Batch(facts={"empty": 1.0})


def test_a_message_that_nobody_knows_keeps_its_words_and_is_waited_out() -> None:
    error = failure_of(error_page("TypeError: fetch failed"))
    assert error.failure is Failure.TRANSIENT
    assert error.problem.endswith("TypeError: fetch failed")


@pytest.mark.parametrize("status", [200, 503])
@pytest.mark.parametrize("body", [{"error": {"message": "Error: 已失效"}}, {"error": "Error: 已失效"}])
def test_an_error_in_json_is_said_in_its_own_words(status: int, body: object) -> None:
    error = failure_of(orjson.dumps(body), status)
    assert error.failure is Failure.AUTH_EXPIRED
    assert error.problem == "RSSHub says of /weibo/keyword/星禾: Error: 已失效"


def test_what_a_message_quotes_of_an_address_is_not_repeated() -> None:
    said = failure_of(error_page("FetchError: [GET] &quot;https://m.weibo.cn/x?cookie=s3cret&quot;: 432")).problem
    assert "s3cret" not in said


@pytest.mark.parametrize(
    ("body", "status", "failure"),
    [
        (b"<!DOCTYPE html><title>Sign in</title><p>to reach RSSHub</p>", 200, Failure.BLOCKED),
        ("<html><title>安全验证</title>".encode(), 200, Failure.CHALLENGE),
        (b"<html><title>Sign in</title>", 401, Failure.AUTH_EXPIRED),
        (b"<html><title>nginx</title>", 403, Failure.BLOCKED),
        (b"<html><title>502</title>", 502, Failure.TRANSIENT),
        (b"", 200, Failure.BLOCKED),
        (b"{}", 200, Failure.SCHEMA_DRIFT),
    ],
)
def test_somebody_elses_page_is_never_no_results(body: bytes, status: int, failure: Failure) -> None:
    assert failure_of(body, status).failure is failure


# ── posts ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_weibo_post_is_filed_under_its_number() -> None:
    post = only(KEYWORD, entry("https://weibo.com/1700000009/PlhIihgnE", "<author><name>甲</name></author>"))
    assert (post.platform, post.native_id, post.author.id) == ("weibo", "5150729824114546", "1700000009")


def test_a_note_is_filed_under_its_id_and_its_likes_are_counted() -> None:
    likes = "<rsshub:upvotes>1.2万</rsshub:upvotes>"
    body = feed(entry("https://www.xiaohongshu.com/explore/68d9f0000000000012000abc?xsec_token=AB", likes))
    (seen,) = NOTES.parse(answer(body, connector=NOTES), {}, NOW).sightings
    assert str(seen.key) == "xiaohongshu:68d9f0000000000012000abc"
    assert seen.counts.likes is not None
    assert seen.counts.likes.value == Count(12000).value


def test_a_notes_id_holds_the_second_of_its_birth() -> None:
    link = "https://www.xiaohongshu.com/explore/690000000000000012000abd"
    assert only(NOTES, entry(link)).posted_at == datetime.fromtimestamp(0x69000000, UTC)
    told = entry(link, "<published>2026-11-02T01:00:00Z</published>")
    assert only(NOTES, told).posted_at == datetime(2026, 11, 2, 1, 0, tzinfo=UTC)


def test_an_id_from_before_the_site_began_holds_no_time() -> None:
    assert only(NOTES, entry("https://www.xiaohongshu.com/explore/000000010000000012000abd")).posted_at is None


@pytest.mark.parametrize(
    ("route", "path", "author"),
    [
        (f"/xiaohongshu/user/{USER}/notes", "explore/690000000000000012000abd", USER),
        (f"/xiaohongshu/user/{USER}/notes/fulltext?limit=5", "explore/690000000000000012000abd", USER),
        (f"/xiaohongshu/user/{USER}/notes", f"user/profile/{'6' * 24}/690000000000000012000abd", "6" * 24),
        (f"/xiaohongshu/user/{USER}/collect", "explore/690000000000000012000abd", None),
        (f"/xiaohongshu/board/{USER}", "explore/690000000000000012000abd", None),
    ],
)
def test_a_users_route_says_who_wrote_its_notes(route: str, path: str, author: str | None) -> None:
    post = only(RssHub(base_url=BASE, route=route), entry(f"https://www.xiaohongshu.com/{path}"))
    assert post.author.id == author


@pytest.mark.parametrize("link", ["https://weibo.com/u/1", "https://weibo.com.evil.example/1700000009/PlhIihgnE", ""])
def test_what_is_no_post_of_the_site_costs_only_itself(link: str) -> None:
    body = feed(entry(link), entry("https://m.weibo.cn/status/5150729824114546"))
    batch = KEYWORD.parse(answer(body), {}, NOW)
    assert len(batch.sightings) == len(batch.rejected) == 1


def test_a_route_of_no_known_site_is_filed_as_the_web() -> None:
    post = only(RssHub(base_url=BASE, route="/36kr/search/x"), entry("https://36.example/p/1"))
    assert (post.platform, post.native_id) == ("web", "36.example:杯子")


@given(
    st.lists(st.sampled_from(["Error Message:", "RSSHub", "<", '{"error":', "<?xml ?>", "漏", "\x00", "}", "432", '"']))
    .map("".join)
    .map(str.encode)
    | st.binary(max_size=40),
    st.sampled_from([200, 304, 403, 404, 503]),
    st.dictionaries(st.sampled_from(["code", "etag"]), st.none() | st.integers(0, 9) | st.text(max_size=5)),
)
@settings(max_examples=150)
def test_no_answer_raises_anything_but_a_feed_error(body: bytes, status: int, cursor: Cursor) -> None:
    for connector in (NOTES, locked("k")):
        try:
            connector.parse(answer(body, status, connector), cursor, NOW)
        except FeedError:
            continue


ROUTES = ("/weibo/keyword/茶", f"/xiaohongshu/user/{USER}/notes", "/zhihu/question/1", "/baidu/tieba/search/茶",
          "/bilibili/vsearch/茶", "/douyin/hashtag/1", "/36kr/search/茶")  # fmt: skip
LINKS = st.sampled_from(
    [
        "https://weibo.com/1700000009/zzzzzzzzzzzz", "https://www.zhihu.com/question/1/answer/2", "http://[", "https://xn--/", "//",
        "https://tieba.baidu.com/p/8012345678?pid=9", "https://www.bilibili.com/video/BV1zzzzzzzzz", "https://www.douyin.com/video/7",
        "https://www.xiaohongshu.com/explore/ffffffff0000000000000001", "https://www.bilibili.com/video/av99999999999999",
    ]
)  # fmt: skip
SAYS = st.text(max_size=12) | st.sampled_from(
    [
        "Play: 1万    Favorite: --<br>Danmaku: 1    Comment: 2",
        "甲的回答：",
        "<p>作者：</p>",
        "甲 : ",
        "甲回复了帖子《》",
    ]
)


@given(st.sampled_from(ROUTES), st.lists(st.tuples(LINKS, SAYS, SAYS), max_size=3))
@settings(max_examples=200)
def test_no_item_of_any_site_raises_anything_but_a_feed_error(route: str, said: list[tuple[str, str, str]]) -> None:
    connector = RssHub(base_url=BASE, route=route)
    items = [{"url": link, "title": title, "content_html": body, "id": link} for link, title, body in said]
    body = orjson.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items})
    try:
        batch = connector.parse(answer(body, connector=connector), {}, NOW)
    except FeedError:
        return
    assert all(seen.post is not None and seen.key.platform == connector.platform for seen in batch.sightings)
