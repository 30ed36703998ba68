"""The Weibo API's walks: nothing is lost between two pages, an error is an error on any status, a post is its own."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr, TypeAdapter, ValidationError

from connectors.weibo import FIRST_WALK, MENTIONS_PAGE, OVERLAP, OVERLAP_EVERY, OVERLAP_PAGES, SEARCH_PAGE, Weibo
from connectors.weibo_again import MANY
from connectors.weibo_ids import bid_to_mid, mid_to_bid
from monitor.errors import Failure, FeedError
from monitor.model import Availability, Count, Counts, PostKey, Precision
from monitor.ports import Batch, Connector, Cursor, Revisiting, Standing

NOW = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)
TOKEN = "2.00AbCdInvented"
MENTIONS = Weibo(token=SecretStr(TOKEN))
SEARCH = Weibo(token=SecretStr(TOKEN), mode="search", query="星禾")
COMMENTS = Weibo(token=SecretStr(TOKEN), mode="comments", again="show_batch")
AS_CONNECTOR: Connector = MENTIONS
AS_STANDING: Standing = MENTIONS
AS_REVISITING: Revisiting = MENTIONS


def answer(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> httpx.Response:
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    return httpx.Response(status, content=content, headers=headers, request=MENTIONS.first({}))


def status(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "idstr": str(number),
        "text": f"第{number}条",
        "created_at": "Mon Nov 02 11:00:00 +0800 2026",
        "user": {"id": 1700000009, "screen_name": "测试用户甲"},
        **more,
    }


def failure_of(response: httpx.Response, connector: Weibo = MENTIONS) -> FeedError:
    with pytest.raises(FeedError) as caught:
        connector.parse(response, {}, NOW)
    return caught.value


class Site:
    """Posts by number, newest first, served as the mentions endpoint does."""

    def __init__(self, numbers: range) -> None:
        self.numbers = list(numbers)

    def ask(self, request: httpx.Request) -> httpx.Response:
        since, below = (
            int(request.url.params.get(name, fallback)) for name, fallback in (("since_id", 0), ("max_id", 10**19))
        )
        found = sorted((n for n in self.numbers if since < n <= below), reverse=True)
        page = found[: int(request.url.params["count"])]
        more = page[-1] - 1 if len(found) > len(page) else 0
        return answer({"statuses": [status(n) for n in page], "next_cursor": more, "total_number": len(self.numbers)})

    def walk(self, cursor: Cursor, kill_after: int = 1000) -> tuple[list[str], Cursor]:
        """What one poll sees, and the cursor it leaves; killed after so many pages."""
        seen: list[str] = []
        request = MENTIONS.first(cursor)
        for _ in range(kill_after):
            batch = MENTIONS.parse(self.ask(request), cursor, NOW)
            seen += [sighting.key.native_id for sighting in batch.sightings]
            cursor = cursor if batch.cursor is None else orjson.loads(orjson.dumps(batch.cursor))
            if batch.next is None:
                break
            request = batch.next
        return seen, cursor


@pytest.mark.parametrize("kill_after", [1, 2, 3])
def test_a_kill_between_two_pages_loses_nothing(kill_after: int) -> None:
    site = Site(range(1000, 1500))
    _, cursor = site.walk({"mark": "999"}, kill_after)
    site.numbers += range(1500, 1620)  # written while nobody watched
    begun, _ = Site(range(1000, 1500)).walk({"mark": "999"}, kill_after)
    resumed, cursor = site.walk(cursor)
    newest, cursor = site.walk(cursor)
    assert set(begun + resumed + newest) == {str(n) for n in range(1000, 1620)}
    assert cursor == {"mark": "1619"}


def test_the_mark_moves_only_with_the_walks_last_page() -> None:
    site = Site(range(1000, 1450))
    _, cursor = site.walk({"mark": "999"}, kill_after=2)
    assert cursor["mark"] == "999"
    assert site.walk(cursor)[1] == {"mark": "1449"}


def test_the_first_walk_ever_sees_a_backlog_of_two_thousand_and_no_more() -> None:
    site = Site(range(1, 2501))
    seen, cursor = site.walk({})
    assert len(seen) == FIRST_WALK * MENTIONS_PAGE == 2000
    assert cursor == {"mark": "2500"}


def test_a_later_walk_goes_down_to_the_mark_however_far_it_is() -> None:
    site = Site(range(1, 5001))
    assert len(site.walk({"mark": "1"})[0]) == 4999


def test_a_site_that_ignores_max_id_is_noticed() -> None:
    page = {"statuses": [status(n) for n in (300, 299)], "next_cursor": 1}
    batch = MENTIONS.parse(answer(page), {"mark": "9"}, NOW)
    assert batch.cursor is not None
    with pytest.raises(FeedError) as caught:
        MENTIONS.parse(answer(page), batch.cursor, NOW)
    assert caught.value.failure is Failure.SCHEMA_DRIFT


def test_nothing_new_leaves_the_mark_where_it_was() -> None:
    assert MENTIONS.parse(answer({"statuses": []}), {"mark": "77"}, NOW) == Batch(cursor={"mark": "77"})


def test_a_search_walks_pages_down_from_its_newest_and_overlaps_the_last_one() -> None:
    mark = int((NOW - timedelta(hours=1)).timestamp())
    asked = SEARCH.first({"mark": mark})
    assert asked.url.host == "c.api.weibo.com"
    assert asked.url.params["starttime"] == str(mark - OVERLAP)
    full = {"statuses": [status(n) for n in range(SEARCH_PAGE)[::-1] if n], "total_number": 60}
    first = SEARCH.parse(answer(full), {"mark": mark}, NOW)
    assert first.next is not None
    assert first.cursor is not None
    assert first.next.url.params["page"] == "2"
    assert first.cursor["mark"] == mark
    resumed = SEARCH.first(first.cursor)  # as after a kill
    assert resumed.url == first.next.url
    last = SEARCH.parse(answer({"statuses": [status(7)], "total_number": 60}), first.cursor, NOW)
    assert last.next is None
    assert last.cursor == {
        "mark": int(datetime(2026, 11, 2, 3, 0, tzinfo=UTC).timestamp()),
        "overlap": int(NOW.timestamp()),
    }


def pages_of_a_search(cursor: Cursor, now: datetime, *, a_minute: int) -> tuple[int, Cursor]:
    """Walks a search that has brought so many posts a minute for an hour: pages read, and where the cursor stands then."""
    gap = 60 / a_minute
    times = [now - timedelta(seconds=number * gap) for number in range(60 * a_minute)]
    for pages in range(1, 200):
        shown = times[(pages - 1) * SEARCH_PAGE : pages * SEARCH_PAGE]
        listed = [
            status(10_000 - (pages * 100 + n), created_at=f"{at:%a %b %d %H:%M:%S} +0000 {at:%Y}")
            for n, at in enumerate(shown)
        ]
        batch = SEARCH.parse(answer({"statuses": listed, "total_number": len(times)}), cursor, now)
        assert batch.cursor is not None
        cursor = batch.cursor
        if batch.next is None:
            return pages, cursor
    raise AssertionError("it walks without end")


def test_a_search_polled_every_second_reads_the_overlap_once_a_minute() -> None:
    _, cursor = pages_of_a_search({}, NOW, a_minute=50)
    soon, cursor = pages_of_a_search(cursor, NOW + timedelta(seconds=1), a_minute=50)
    assert soon == 1
    later, cursor = pages_of_a_search(cursor, NOW + timedelta(seconds=OVERLAP_EVERY), a_minute=50)
    assert later == 12  # eleven minutes of fifty posts, and the page that shows that it is past them
    again, _ = pages_of_a_search(cursor, NOW + timedelta(seconds=OVERLAP_EVERY + 1), a_minute=50)
    assert again == 1


def test_a_clock_that_went_back_has_the_overlap_read() -> None:
    _, cursor = pages_of_a_search({}, NOW, a_minute=50)
    pages, _ = pages_of_a_search(cursor, NOW - timedelta(seconds=30), a_minute=50)
    assert pages > 1


def test_the_overlap_of_a_flood_does_not_keep_the_newest_waiting() -> None:
    mark = int((NOW - timedelta(minutes=1)).timestamp())
    pages, cursor = pages_of_a_search({"mark": mark}, NOW, a_minute=500)
    assert pages == OVERLAP_PAGES
    assert cursor["mark"] == int(NOW.timestamp())
    pages, _ = pages_of_a_search({"mark": mark - 240}, NOW, a_minute=500)
    assert pages == 51, "what was never seen is read however far down it stands"


def test_a_clock_ahead_at_weibo_never_moves_the_mark_past_now() -> None:
    ahead = status(5, created_at="Tue Nov 03 11:00:00 +0800 2026")
    batch = SEARCH.parse(answer({"statuses": [ahead], "total_number": 1}), {}, NOW)
    assert batch.cursor is not None
    assert batch.cursor["mark"] == int(NOW.timestamp())


@pytest.mark.parametrize("http", [200, 400, 403])
@pytest.mark.parametrize("spelt", [int, str])
@pytest.mark.parametrize(
    ("code", "failure"),
    [
        (21327, Failure.AUTH_EXPIRED),
        (21315, Failure.AUTH_EXPIRED),
        (21332, Failure.AUTH_EXPIRED),
        (10022, Failure.RATE_LIMITED),
        (10023, Failure.RATE_LIMITED),
        (10024, Failure.RATE_LIMITED),
        (10014, Failure.MISCONFIGURED),
        (10020, Failure.MISCONFIGURED),
        (21321, Failure.MISCONFIGURED),
        (10001, Failure.TRANSIENT),
    ],
)
def test_an_error_code_means_the_same_on_any_status_and_in_either_spelling(
    http: int, spelt: type, code: int, failure: Failure
) -> None:
    assert failure_of(answer({"error": "said", "error_code": spelt(code)}, http)).failure is failure


def test_an_expired_token_says_what_to_do() -> None:
    error = failure_of(
        answer(
            {"error": "expired_token", "error_code": 21327, "error_description": "token过期", "error_uri": "/2/x"}, 400
        )
    )
    assert "put the new token" in str(error)


def test_the_token_is_in_no_error_and_in_no_account() -> None:
    error = failure_of(answer({"error": f"bad {TOKEN}", "error_code": 21332}, 403))
    assert TOKEN not in f"{error} {MENTIONS.account} {MENTIONS!r}"
    assert MENTIONS.account.startswith("weibo:")
    assert MENTIONS.account == SEARCH.account


def test_a_quota_error_waits_as_long_as_it_says() -> None:
    assert failure_of(answer({"error_code": 10023}, 403, {"retry-after": "1787"})).retry_after == 1787


@pytest.mark.parametrize(
    ("body", "failure"),
    [
        (b"<html><title>\xe5\xbe\xae\xe5\x8d\x9a\xe7\x99\xbb\xe5\xbd\x95</title>", Failure.AUTH_EXPIRED),
        ("<html><title>安全验证</title>".encode(), Failure.CHALLENGE),
        (b'{"statuses":[{"id":534', Failure.TRANSIENT),
        (b'{"ok":1}', Failure.SCHEMA_DRIFT),
        (b'{"statuses":{}}', Failure.SCHEMA_DRIFT),
        (b'{"statuses":[{"text":"no id"}]}', Failure.SCHEMA_DRIFT),
        (b"[]", Failure.SCHEMA_DRIFT),
    ],
)
def test_not_logged_in_is_never_no_results(body: bytes, failure: Failure) -> None:
    assert failure_of(answer(body)).failure is failure


def test_a_redirect_to_the_login_is_an_expired_credential() -> None:
    moved = answer(b"", 302, {"location": "https://passport.weibo.com/visitor/visitor?entry=miniblog"})
    assert failure_of(moved).failure is Failure.AUTH_EXPIRED


def test_one_broken_status_costs_only_itself() -> None:
    batch = MENTIONS.parse(answer({"statuses": [status(8), "junk", {"text": "x"}, status(7)]}), {}, NOW)
    assert [sighting.key.native_id for sighting in batch.sightings] == ["8", "7"]
    assert batch.rejected == ("status 1 has no id", "status 2 has no id")


def test_a_repost_brings_its_original() -> None:
    repost = status(9, retweeted_status=status(4, reposts_count=300), reposts_count=1)
    seen, original = MENTIONS.parse(answer({"statuses": [repost]}), {}, NOW).sightings
    assert seen.post is not None
    assert (seen.post.kind, seen.post.repost_of) == ("repost", "4")
    assert original.key == PostKey("weibo", "4")
    assert original.counts.reposts == Count(300)
    assert original.post is not None
    assert original.post.kind == "post"


@pytest.mark.parametrize(
    ("original", "availability"),
    [
        ({"id": 4, "deleted": "1", "text": "抱歉"}, Availability.GONE),
        ({"id": 4, "text": "此微博已被原作者删除。"}, Availability.GONE),
        ({"id": 4, "user": None, "text": "抱歉，作者已设置仅展示半年内微博"}, Availability.RESTRICTED),
    ],
)
def test_a_hidden_original_is_no_post(original: dict[str, Any], availability: Availability) -> None:
    _, hidden = MENTIONS.parse(answer({"statuses": [status(9, retweeted_status=original)]}), {}, NOW).sightings
    assert hidden.post is None
    assert hidden.availability is availability


def test_a_repost_marks_by_its_own_number_not_by_its_originals() -> None:
    batch = MENTIONS.parse(answer({"statuses": [status(9, retweeted_status=status(4))]}), {"mark": "6"}, NOW)
    assert batch.cursor == {"mark": "9"}


def test_what_a_status_says_of_its_author_place_and_reach() -> None:
    told = status(
        5340000000000001,
        text='杯子漏水<span class="url-icon"><img alt="[怒]"></span>',
        isLongText=True,
        longText={"content": "杯子漏水，全文在此"},
        region_name="发布于 上海",
        reposts_count="1.2万",
        comments_count=1000000,
        attitudes_count=3,
        number_display_strategy={"display_text_min_number": 1000000, "display_text": "100万+"},
        user={"idstr": "17", "screen_name": "甲", "followers_count": "1.3万", "verified": False, "verified_type": 3},
    )
    (seen,) = MENTIONS.parse(answer({"statuses": [told]}), {}, NOW).sightings
    assert seen.counts == Counts(
        reposts=Count(12000, Precision.ROUNDED), comments=Count(1000000, Precision.LOWER_BOUND), likes=Count(3)
    )
    post = seen.post
    assert post is not None
    assert post.text == "杯子漏水，全文在此"
    assert post.url == "https://m.weibo.cn/status/5340000000000001"
    assert post.posted_at == datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
    assert (post.region, post.author.followers, post.author.verified) == ("上海", 13000, True)


def keys(*numbers: int) -> list[PostKey]:
    return [PostKey("weibo", str(number)) for number in numbers]


def test_a_revisit_asks_for_many_at_once_and_what_does_not_come_back_is_gone() -> None:
    asked = MENTIONS.revisit(keys(3, 4, 5))
    assert asked.url.path == "/2/statuses/count.json"
    assert asked.url.params["ids"] == "3,4,5"
    assert MENTIONS.batch_size == 100
    body = [{"id": "3", "comments": 3, "reposts": 1, "attitudes": 8}, {"id": 5, "reposts": 2}]
    batch = MENTIONS.parse_revisit(answer(body), keys(3, 4, 5), NOW)
    assert [sighting.key.native_id for sighting in batch.sightings] == ["3", "5"]
    assert batch.sightings[0].counts == Counts(reposts=Count(1), comments=Count(3), likes=Count(8))
    assert batch.gone == tuple(keys(4))


def test_an_answer_without_any_of_many_posts_is_doubted() -> None:
    many = keys(*range(1, MANY + 1))
    nothing: tuple[object, ...] = ([], {"error_code": 20101})
    for body in nothing:
        with pytest.raises(FeedError) as caught:
            MENTIONS.parse_revisit(answer(body), many, NOW)
        assert caught.value.failure is Failure.TRANSIENT
    assert MENTIONS.parse_revisit(answer([]), many[:1], NOW).gone == tuple(many[:1])
    assert MENTIONS.parse_revisit(answer({"error_code": 20101}, 400), many[:1], NOW).gone == tuple(many[:1])


def test_a_count_that_cannot_be_read_makes_nothing_gone() -> None:
    batch = MENTIONS.parse_revisit(answer([{"id": "3", "reposts": 1}, {"id": {}, "reposts": 9}]), keys(3, 4), NOW)
    assert batch.gone == ()
    assert batch.rejected == ("a count without an id",)


@pytest.mark.parametrize(
    ("bid", "mid"),
    [
        ("z0JH2lOMb", "3501756485200075"),
        ("K3fnuEfZK", "4607741009594608"),
        ("Mb15BDYR0", "4826257999528718"),
        ("PlhIihgnE", "5150729824114546"),
    ],
)
def test_a_post_has_two_names(bid: str, mid: str) -> None:
    assert bid_to_mid(bid) == mid
    assert mid_to_bid(mid) == bid


@given(st.integers(10**8, 10**18).map(str))
@settings(max_examples=50)
def test_every_number_survives_its_address(mid: str) -> None:
    assert bid_to_mid(mid_to_bid(mid)) == mid


@given(st.text(max_size=14))
@settings(max_examples=100)
def test_what_is_no_address_is_refused(text: str) -> None:
    for read in (bid_to_mid, mid_to_bid):
        try:
            assert read(text).isascii()
        except ValueError:
            continue


def test_when_the_token_ends_is_a_fact_of_every_answer() -> None:
    ends = datetime(2027, 1, 31, 4, 0, tzinfo=UTC)
    feed = Weibo(token=SecretStr(TOKEN), token_expires_at=ends)
    page = feed.parse(answer({"statuses": [status(5)]}), {}, NOW)
    again = feed.parse_revisit(answer([{"id": "5", "reposts": 1}]), keys(5), NOW)
    for batch in (page, again):
        assert batch.facts == {"token_expires_at": ends.timestamp()}


@pytest.mark.parametrize(
    "options",
    [
        {"mode": "search"},
        {"mode": "search", "query": 'a"b'},
        {"mode": "stream"},
        {"token_expires_at": "2027-01-31T12:00:00"},
    ],
)
def test_options_that_cannot_work_stop_the_start(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Weibo).validate_python({"token": SecretStr("x"), **options})


def comment(number: int, **more: Any) -> dict[str, Any]:
    return {"id": number, "text": f"第{number}条评论", "user": {"id": 17}, "status": {"id": 55}, **more}


def test_comments_walk_as_mentions_do_and_mark_by_their_own_numbers() -> None:
    full = {"comments": [comment(n, status=status(9000)) for n in range(1050, 1000, -1)], "next_cursor": 1000}
    first = COMMENTS.parse(answer(full), {"mark": "900"}, NOW)
    assert first.next is not None
    assert first.next.url.path == "/2/comments/to_me.json"
    assert dict(first.next.url.params) | {"access_token": ""} == {
        "access_token": "", "count": "50", "since_id": "900", "max_id": "1000",
    }  # fmt: skip
    last = COMMENTS.parse(answer({"comments": [comment(905)]}), first.cursor or {}, NOW)
    assert (last.next, last.cursor) == (None, {"mark": "1050"})
    assert {one.key.native_id for one in first.sightings} >= {"1050", "9000"}


def test_a_comment_says_where_it_stands_whence_it_comes_and_who_liked_it() -> None:
    said = comment(7, source="来自上海", like_counts=12, created_at="Mon Nov 02 11:00:00 +0800 2026")
    (seen,) = COMMENTS.parse(answer({"comments": [said]}), {}, NOW).sightings
    assert seen.post is not None
    assert (seen.post.kind, seen.post.parent, seen.post.region) == ("comment", "55", "上海")
    assert seen.counts == Counts(likes=Count(12))
    app = comment(8, source='<a href="http://app.weibo.com">iPhone</a>')
    (other,) = COMMENTS.parse(answer({"comments": [app]}), {}, NOW).sightings
    assert other.post is not None
    assert other.post.region is None


def test_whole_posts_are_asked_for_fifty_at_once_and_a_notice_is_a_deletion() -> None:
    assert COMMENTS.batch_size == 50
    asked = COMMENTS.revisit(keys(3, 4, 5))
    assert (asked.url.host, asked.url.path) == ("c.api.weibo.com", "/2/statuses/show_batch/biz.json")
    said = {"statuses": [status(3, reposts_count=9), {"id": 4, "text": "此微博已被原作者删除。"}, status(77)]}
    batch = COMMENTS.parse_revisit(answer(said), keys(3, 4, 5), NOW)
    assert [str(one.key) for one in batch.sightings] == ["weibo:3"]
    assert batch.gone == tuple(keys(4, 5))


def test_ten_posts_that_weibo_itself_calls_deleted_are_believed() -> None:
    said = {"statuses": [{"id": n, "text": "此微博已被原作者删除。"} for n in range(1, MANY + 1)]}
    assert len(COMMENTS.parse_revisit(answer(said), keys(*range(1, MANY + 1)), NOW).gone) == MANY


def test_what_weibo_says_of_the_token_counts_more_than_what_was_written_down() -> None:
    feed = Weibo(token=SecretStr(TOKEN), token_expires_at=NOW + timedelta(days=9))
    quota, token = feed.standing()
    assert (quota.method, token.method) == ("GET", "POST")
    left = feed.parse_standing(answer({"remaining_user_hits": "97"}), NOW)
    assert left == {"quota_remaining": 97, "token_expires_at": (NOW + timedelta(days=9)).timestamp()}
    assert feed.parse_standing(answer({"expire_in": 3600}), NOW)["token_expires_at"] == NOW.timestamp() + 3600
    assert feed.parse_standing(answer({"expire_in": "-5"}), NOW)["token_expires_at"] == NOW.timestamp() - 5


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
FIELDS = (
    "id", "idstr", "mid", "text", "user", "retweeted_status", "created_at", "reposts_count", "visible", "deleted", "longText",
    "region_name", "number_display_strategy", "reposts", "attitudes", "status", "source", "isLongText", "like_count",
)  # fmt: skip
HOSTILE = st.dictionaries(st.sampled_from(FIELDS), JUNK, max_size=8)


def hostile_bodies() -> Iterator[st.SearchStrategy[object]]:
    yield st.fixed_dictionaries(
        {"statuses": st.lists(HOSTILE | JUNK, max_size=3), "next_cursor": JUNK, "total_number": JUNK}
    )
    yield st.fixed_dictionaries({"comments": st.lists(HOSTILE | JUNK, max_size=3), "next_cursor": JUNK})
    yield st.dictionaries(st.sampled_from(["error", "error_code", "statuses"]), JUNK)
    yield st.dictionaries(st.sampled_from(["expire_in", "remaining_user_hits", "error_code"]), JUNK)
    yield st.lists(HOSTILE | JUNK, max_size=3)
    yield JUNK


@given(
    st.one_of(*hostile_bodies()),
    st.sampled_from([200, 400, 403, 503]),
    st.dictionaries(st.sampled_from(["mark", "walk", "cut", "over"]), JUNK),
)
def test_no_answer_raises_anything_but_a_feed_error(body: object, code: int, cursor: dict[str, Any]) -> None:
    content = orjson.dumps(body, option=orjson.OPT_PASSTHROUGH_DATACLASS, default=str) if small(body) else b"{}"
    said = answer(content, code)
    whole = httpx.Response(code, content=content, request=SEARCH.first({"cut": ["5"]}))
    for connector in (MENTIONS, SEARCH, COMMENTS):
        reads: list[Callable[[], object]] = [
            partial(connector.parse, said, cursor, NOW),
            partial(connector.parse, whole, cursor, NOW),
            partial(connector.parse_revisit, said, keys(1, 2), NOW),
            partial(connector.parse_standing, said, NOW),
        ]
        for read in reads:
            with suppress(FeedError):
                read()


def small(body: object) -> bool:
    """Whether orjson can write it: it knows 64 bits and whole characters only."""
    try:
        orjson.dumps(body)
    except TypeError:
        return False
    return True
