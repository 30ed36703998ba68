"""Published feeds: validators byte for byte, a web page is never "no results", XML that attacks is refused."""

from datetime import UTC, datetime, timedelta

import httpx
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.rss import Rss
from connectors.window import REMEMBERED, TRUST
from monitor.errors import Failure, FeedError
from monitor.model import Count, Counts, Post, PostKey, Precision
from monitor.ports import Batch, Connector, Cursor

NOW = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)
FEED = Rss(url="https://example.org/complaints.xml")
AS_CONNECTOR: Connector = FEED


def answer(
    body: str | bytes = b"", status: int = 200, headers: dict[str, str] | list[tuple[bytes, bytes]] | None = None
) -> httpx.Response:
    content = body.encode() if isinstance(body, str) else body
    return httpx.Response(status, content=content, headers=headers, request=FEED.first({}))


def rss(*items: str, channel: str = "") -> str:
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{channel}{"".join(items)}</channel></rss>'


def item(number: int, text: str = "漏水") -> str:
    return f"<item><guid>c-{number}</guid><title>第{number}条</title><description>{text}</description></item>"


def atom(content: str) -> str:
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>1</id><title>杯子</title>{content}</entry></feed>'


def parsed(body: str | bytes, cursor: Cursor | None = None) -> Batch:
    return FEED.parse(answer(body), cursor or {}, NOW)


def only(batch: Batch) -> Post:
    (seen,) = batch.sightings
    assert seen.post is not None
    return seen.post


def failure_of(response: httpx.Response) -> FeedError:
    with pytest.raises(FeedError) as caught:
        FEED.parse(response, {}, NOW)
    return caught.value


# ── asking politely ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("etag", [b'"abc"', b'W/"a-1"', b'"\xe6\xbc\x8f"', b"unquoted", b'"a\\"b"'])
def test_validators_come_back_byte_for_byte(etag: bytes) -> None:
    modified = b"Mon, 02 Nov 2026 03:55:00 +0000"
    batch = FEED.parse(answer(rss(item(1)), headers=[(b"ETag", etag), (b"Last-Modified", modified)]), {}, NOW)
    assert batch.cursor is not None
    sent = dict(FEED.first(orjson.loads(orjson.dumps(batch.cursor))).headers.raw)
    assert sent[b"if-none-match"] == etag
    assert sent[b"if-modified-since"] == modified


def test_the_first_question_is_unconditional() -> None:
    sent = FEED.first({}).headers
    assert "if-none-match" not in sent
    assert "if-modified-since" not in sent


def test_a_validator_that_is_no_longer_given_is_no_longer_sent() -> None:
    cursor = parsed(rss(item(1)), {"etag": '"old"', "modified": "Mon, 02 Nov 2026 03:55:00 GMT"}).cursor
    assert cursor is not None
    assert "if-none-match" not in FEED.first(cursor).headers


def test_not_modified_is_a_success_without_posts_that_keeps_the_validators() -> None:
    cursor = {"etag": '"a"', "full_at": (NOW - timedelta(hours=1)).isoformat(), "known": ["x"]}
    assert FEED.parse(answer(status=304), cursor, NOW) == Batch(facts={"unchanged": 1.0})


def test_after_a_day_of_not_modified_the_whole_feed_is_asked_for_once() -> None:
    cursor = {"etag": '"a"', "modified": "x", "full_at": (NOW - TRUST).isoformat(), "known": ["x"]}
    batch = FEED.parse(answer(status=304), cursor, NOW)
    assert batch.cursor is not None
    assert "if-none-match" not in FEED.first(batch.cursor).headers
    assert "if-modified-since" not in FEED.first(batch.cursor).headers
    assert batch.cursor["known"] == ["x"]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_failure_leaves_cursor_and_validators_alone(status: int) -> None:
    error = failure_of(answer(status=status, headers={"retry-after": "90", "etag": '"trap"'}))
    assert error.failure in (Failure.RATE_LIMITED, Failure.TRANSIENT)
    assert error.retry_after == 90


@pytest.mark.parametrize(
    ("channel", "headers", "seconds"),
    [
        ("<ttl>60</ttl>", {}, 3600.0),
        ("", {"cache-control": "public, max-age=300"}, 300.0),
        ("<ttl>1</ttl>", {"cache-control": "max-age=300"}, 300.0),
        ("<ttl>999999999</ttl>", {}, TRUST.total_seconds()),
        ("<ttl>soon</ttl>", {"cache-control": "no-cache"}, None),
    ],
)
def test_the_publishers_own_pace_is_a_fact(channel: str, headers: dict[str, str], seconds: float | None) -> None:
    batch = FEED.parse(answer(rss(item(1), channel=channel), headers=headers), {}, NOW)
    assert batch.facts.get("poll_after") == seconds


# ── a feed is a window ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_window_with_nothing_left_of_the_last_one_was_polled_too_late() -> None:
    first = parsed(rss(item(1), item(2)))
    assert "overrun" not in first.facts
    assert "overrun" not in parsed(rss(item(2), item(3)), first.cursor).facts
    assert parsed(rss(item(3), item(4)), first.cursor).facts["overrun"] == 1.0


def test_an_empty_window_is_no_failure_and_forgets_nothing() -> None:
    first = parsed(rss(item(1)))
    empty = parsed(rss(), first.cursor)
    assert empty.sightings == ()
    assert empty.cursor is not None
    assert first.cursor is not None
    assert empty.cursor["known"] == first.cursor["known"]


def test_the_cursor_does_not_grow_with_the_feed() -> None:
    cursor = parsed(rss(*(item(number) for number in range(REMEMBERED + 500)))).cursor
    assert cursor is not None
    assert len(cursor["known"]) == REMEMBERED


def test_an_item_twice_in_one_window_is_one_post() -> None:
    assert only(parsed(rss(item(1, "漏水"), item(1, "漏水，改了")))).text == "漏水，改了"


def test_an_edited_item_keeps_its_name() -> None:
    assert only(parsed(rss(item(1, "漏水")))).key == only(parsed(rss(item(1, "没漏")))).key


# ── what an item says ───────────────────────────────────────────────────────────────────────────────────────────────


def test_atoms_xhtml_keeps_its_paragraphs() -> None:
    body = "<p>第一段</p><p>第二段 <b>很</b> &lt;漏&gt;<img alt='[怒]'/></p>结尾"
    xhtml = f'<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">{body}</div></content>'
    assert only(parsed(atom(xhtml))).text == "第一段\n\n第二段 很 <漏>[怒]\n结尾"


def test_xhtml_with_a_prefix_is_read_alike() -> None:
    xhtml = '<content type="xhtml"><h:div xmlns:h="http://www.w3.org/1999/xhtml">一<h:br/>二</h:div></content>'
    assert only(parsed(atom(xhtml))).text == "一\n二"


def test_markup_in_an_rss_description_that_nobody_escaped_is_read() -> None:
    assert only(parsed(rss(item(1, "<p>一</p><p>二</p>")))).text == "一\n\n二"


def test_counts_and_comments_of_an_item_are_counts() -> None:
    said = (
        '<item xmlns:slash="http://purl.org/rss/1.0/modules/slash/"><guid>1</guid><slash:comments>1.2万'
        "</slash:comments><stats><reposts_count>8</reposts_count><attitudes_count>3</attitudes_count></stats></item>"
    )
    (seen,) = parsed(rss(said)).sightings
    assert seen.counts == Counts(reposts=Count(8), comments=Count(12000, Precision.ROUNDED), likes=Count(3))


def test_two_feeds_with_the_same_guids_do_not_mix() -> None:
    other = Rss(url="https://elsewhere.example/feed")
    (seen,) = other.parse(answer(rss(item(1))), {}, NOW).sightings
    assert seen.key == PostKey("web", "elsewhere.example:c-1")
    assert only(parsed(rss(item(1)))).key == PostKey("web", "example.org:c-1")


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "mailto:a@b.cn"])
def test_a_link_that_leads_to_no_page_is_left_out(link: str) -> None:
    assert only(parsed(rss(f"<item><guid>1</guid><link>{link}</link></item>"))).url == ""


@pytest.mark.parametrize(
    ("said", "url"),
    [
        ("/t/7", "https://example.org/t/7"),
        ("t/7?p=2", "https://example.org/t/7?p=2"),
        ("//m.example.org/t/7", "https://m.example.org/t/7"),
    ],
)
def test_a_relative_link_counts_from_where_the_feed_is(said: str, url: str) -> None:
    assert only(parsed(rss(f"<item><guid>1</guid><link>{said}</link></item>"))).url == url
    version = "https://jsonfeed.org/version/1.1"
    assert only(parsed(orjson.dumps({"version": version, "items": [{"id": "1", "url": said}]}))).url == url


def test_an_atom_link_counts_from_the_base_that_stands_above_it() -> None:
    feed = (
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://bbs.example.net/forum/"><entry xml:base="tea/">'
        '<id>1</id><link href="7"/></entry></feed>'
    )
    assert only(parsed(feed)).url == "https://bbs.example.net/forum/tea/7"


@pytest.mark.parametrize(
    ("guid", "url"),
    [
        ("<guid>https://example.org/t/7</guid>", "https://example.org/t/7"),
        ('<guid isPermaLink="true">https://example.org/t/7</guid>', "https://example.org/t/7"),
        ('<guid isPermaLink="false">https://example.org/t/7</guid>', ""),
        ("<guid>c-7</guid>", ""),
    ],
)
def test_a_guid_is_an_address_unless_it_says_otherwise(guid: str, url: str) -> None:
    assert only(parsed(rss(f"<item>{guid}<title>杯子</title></item>"))).url == url


def test_an_item_without_a_name_is_the_same_one_however_its_age_is_told() -> None:
    first, later = (
        only(parsed(rss(f"<item><title>杯子</title><description>漏水</description><pubDate>{ago}</pubDate></item>")))
        for ago in ("3分钟前", "昨天 08:15")
    )
    assert first.key == later.key


# ── clocks and charsets ─────────────────────────────────────────────────────────────────────────────────────────────


def dated(number: int, published: datetime) -> str:
    when = published.strftime("%a, %d %b %Y %H:%M:%S GMT")
    return f"<item><guid>c-{number}</guid><title>第{number}条</title><pubDate>{when}</pubDate></item>"


def hours(number: float) -> datetime:
    return NOW + timedelta(hours=number)


def times(batch: Batch) -> list[datetime | None]:
    return [seen.post.posted_at for seen in batch.sightings if seen.post]


def test_beijings_time_under_the_name_of_gmt_is_read_as_beijings() -> None:
    first = parsed(rss(dated(1, hours(7.5)), dated(2, hours(-3))))
    assert times(first) == [hours(-0.5), hours(-11)]
    # An hour without a new item teaches nothing else.
    assert times(parsed(rss(dated(1, hours(7.5)), dated(2, hours(-3))), first.cursor)) == [hours(-0.5), hours(-11)]


def test_a_feed_whose_clock_was_mended_is_believed_again() -> None:
    first = parsed(rss(dated(1, hours(7.5))))
    assert times(parsed(rss(dated(2, hours(-0.1)), dated(1, hours(-0.5))), first.cursor)) == [hours(-0.1), hours(-0.5)]


def test_one_item_from_the_future_does_not_move_the_ones_that_came_just_now() -> None:
    first = parsed(rss(dated(1, hours(-0.5))))
    later = parsed(rss(dated(3, hours(2)), dated(2, hours(-0.1)), dated(1, hours(-0.5))), first.cursor)
    assert times(later) == [hours(2), hours(-0.1), hours(-0.5)]


def test_a_time_that_names_another_zone_stays_as_it_is() -> None:
    said = "<item><guid>1</guid><pubDate>Mon, 02 Nov 2026 19:00:00 +0800</pubDate></item>"
    assert times(parsed(rss(dated(2, hours(7)), said))) == [hours(-1), hours(7)]


CHINESE = rss(item(1, "星禾的杯子漏水，客服不理"))


@pytest.mark.parametrize("prolog", ["", ' encoding="utf-8"', ' encoding="gb2312"', ' encoding="GBK"'])
@pytest.mark.parametrize("header", ["", "; charset=utf-8", "; charset=gbk"])
@pytest.mark.parametrize("charset", ["utf-8", "gb18030", "utf-16"])
def test_chinese_is_read_whatever_its_label_says(prolog: str, header: str, charset: str) -> None:
    body = CHINESE.replace('"1.0"', f'"1.0"{prolog}').encode(charset)
    batch = FEED.parse(answer(body, headers={"content-type": f"text/xml{header}"}), {}, NOW)
    assert only(batch).text == "星禾的杯子漏水，客服不理"


def test_a_broken_character_among_chinese_costs_itself_alone() -> None:
    body = CHINESE.encode().replace("漏".encode(), b"\xe6\xbc")
    assert only(parsed(body)).text == "星禾的杯子\ufffd水，客服不理"


@pytest.mark.parametrize("text", ["&lt;!channel&gt; 快看", "\u202e倒着写的\u202c", "*粗* _斜_ `码`", "漏" * 40_000])
def test_hostile_text_is_kept_as_text(text: str) -> None:
    assert only(parsed(rss(item(1, text)))).text == text.replace("&lt;", "<").replace("&gt;", ">")


def test_a_script_in_an_item_is_no_text() -> None:
    hidden = "&lt;script&gt;alert(1)&lt;/script&gt;正文"
    assert only(parsed(rss(item(1, hidden)))).text == "正文"


@pytest.mark.parametrize("guid", ["x" * 5000, "a b", "漏\n水"])
def test_an_unwieldy_guid_becomes_a_short_name(guid: str) -> None:
    key = only(parsed(rss(f"<item><guid>{guid}</guid><title>t</title></item>"))).key
    assert len(key.native_id) < 60


def test_entities_of_html_are_read_though_xml_does_not_know_them() -> None:
    assert only(parsed(rss(item(1, "不退&mdash;不换&hellip;")))).text == "不退—不换…"


def test_characters_that_xml_forbids_cost_nothing() -> None:
    assert only(parsed(rss(item(1, "漏\x08水\x0b")))).text == "漏水"


def test_one_broken_item_costs_only_itself() -> None:
    batch = parsed(rss(item(1), "<item/>"))
    assert len(batch.sightings) == 1
    assert len(batch.rejected) == 1


# ── what is no feed ─────────────────────────────────────────────────────────────────────────────────────────────────

BOMB = '<!DOCTYPE b [<!ENTITY a "漏漏漏漏"><!ENTITY b "&a;&a;&a;&a;">]>' + rss(item(1, "&b;")).partition("?>")[2]
OUTSIDE = '<!DOCTYPE r [<!ENTITY f SYSTEM "file:///etc/passwd">]>' + rss(item(1, "&f;")).partition("?>")[2]
DTD = '<!DOCTYPE rss SYSTEM "https://evil.example/rss.dtd">' + rss(item(1)).partition("?>")[2]


@pytest.mark.parametrize("body", [BOMB, OUTSIDE, DTD], ids=["bomb", "outside", "dtd"])
def test_xml_that_declares_entities_or_a_dtd_is_refused(body: str) -> None:
    error = failure_of(answer(body))
    assert error.failure is Failure.SCHEMA_DRIFT
    assert "declares entities" in error.problem


@pytest.mark.parametrize("kind", ["application/rss+xml", "application/json", "text/html"])
@pytest.mark.parametrize(
    ("body", "failure"),
    [
        ("<!DOCTYPE html><html><title>登录</title><form action='/login'></form>", Failure.BLOCKED),
        ("<html><head><title>Just a moment...</title>", Failure.CHALLENGE),
        ("  \n<HTML><title>安全验证</title>", Failure.CHALLENGE),
        ("", Failure.BLOCKED),
    ],
)
def test_a_web_page_in_place_of_a_feed_is_never_no_results(kind: str, body: str, failure: Failure) -> None:
    assert failure_of(answer(body, headers={"content-type": kind})).failure is failure


@pytest.mark.parametrize(
    ("status", "headers", "failure"),
    [
        (302, {"location": "https://example.org/login?next=/complaints.xml"}, Failure.AUTH_EXPIRED),
        (301, {"location": "https://elsewhere.example/feed"}, Failure.MISCONFIGURED),
        (401, {}, Failure.AUTH_EXPIRED),
        (403, {}, Failure.BLOCKED),
        (404, {}, Failure.MISCONFIGURED),
        (410, {}, Failure.MISCONFIGURED),
    ],
)
def test_a_refusal_is_a_failure_with_its_class(status: int, headers: dict[str, str], failure: Failure) -> None:
    assert failure_of(answer(b"<html>", status, headers)).failure is failure


@pytest.mark.parametrize(
    ("body", "failure"),
    [
        (rss(item(1))[:-20], Failure.TRANSIENT),
        ("<rss><channel><item></rss>", Failure.SCHEMA_DRIFT),
        (rss("<item/>", "<item/>"), Failure.SCHEMA_DRIFT),
        ('{"version":"https://jsonfeed.org/version/1.1"}', Failure.SCHEMA_DRIFT),
        ('{"version":"https://jsonfeed.org/version/1.1","items":[{"id":', Failure.TRANSIENT),
        ('{"items":[]}', Failure.SCHEMA_DRIFT),
        ("maintenance", Failure.SCHEMA_DRIFT),
    ],
)
def test_half_a_feed_is_waited_for_and_another_format_is_reported(body: str, failure: Failure) -> None:
    assert failure_of(answer(body)).failure is failure


def test_xml_however_deep_is_read_or_refused() -> None:
    depth = 20_000
    deep = item(1, "<b>" * depth + "漏" + "</b>" * depth)
    assert only(parsed(rss(deep))).key == PostKey("web", "example.org:c-1")


def test_items_within_items_are_read_once() -> None:
    nested = "".join(f"<item><guid>{n}</guid><description>" for n in range(9)) + "</description></item>" * 9
    assert len(parsed(rss(nested)).sightings) == 1


XMLISH = st.lists(
    st.sampled_from(
        [
            "<rss>", "</rss>", "<channel>", "<item>", "</item>", "<title>", "</title>", "<guid>", "</guid>", "<feed>",
            "<entry>", "<link href='x'/>", "<![CDATA[", "]]>", "&amp;", "&nbsp;", "&#x110000;", "&#0;", "<!--", "-->",
            "<?x ?>", "<!DOCTYPE r>", "漏", "\x00", "\ud83d", "xmlns:a='b'", "<a:b/>", "<ttl>9</ttl>", " ", "<pubDate>昨天</pubDate>",
        ]
    ),
    max_size=25,
)  # fmt: skip


@given(XMLISH, st.booleans(), st.sampled_from(["utf-8", "utf-16", "gb18030"]))
@settings(max_examples=200)
def test_no_xml_raises_anything_but_a_feed_error(pieces: list[str], framed: bool, charset: str) -> None:
    text = "".join(pieces)
    body = rss(f"<item><guid>1</guid>{text}</item>") if framed else "<rss>" + text
    survives(body.encode(charset, "replace"), {})


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
FIELDS = ("id", "url", "title", "content_html", "authors", "author", "date_published", "date_modified")
ITEM = st.dictionaries(st.sampled_from(FIELDS), JUNK, max_size=5)


@given(st.lists(ITEM | JUNK, max_size=3) | JUNK, st.dictionaries(st.sampled_from(["etag", "known", "full_at"]), JUNK))
@settings(max_examples=150)
def test_no_json_raises_anything_but_a_feed_error(items: object, cursor: dict[str, object]) -> None:
    survives(orjson.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items}), cursor)


def survives(body: bytes, cursor: Cursor) -> None:
    FEED.first(cursor)
    try:
        FEED.parse(answer(status=304), cursor, NOW)
        batch = FEED.parse(answer(body), cursor, NOW)
    except FeedError:
        return
    assert orjson.loads(orjson.dumps(batch.cursor)) == batch.cursor
