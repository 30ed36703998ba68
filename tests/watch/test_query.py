"""The query language: what it reads, what it finds, how it says what is wrong."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import ConfigError
from monitor.model import Author
from monitor.watch.query import WEAK, Brand, Matcher, Query
from tests.builders import a_post


def brand(match: str, **given: object) -> Brand:
    queries = {k: Query.parse(v) if isinstance(v, str) and k in ("exclude", "context") else v for k, v in given.items()}
    return Brand(name="星禾", match=Query.parse(match), **queries)  # type: ignore[arg-type]


def matches(query: str, text: str) -> bool:
    return bool(Matcher([brand(query)]).match(a_post(text=text)))


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("星禾", "今天喝了星禾"),
        ("星禾 OR xinghe", "XINGHE好喝"),
        ("xinghe", "ＸＩＮＧＨＥ 的杯子"),
        ("星禾", "星\u200b禾奶茶"),
        ("台湾", "臺灣門市"),
        ("臺灣", "台湾门店"),
        ("星禾 AND (奶茶 OR 杯子)", "星禾的杯子"),
        ("星禾 AND （奶茶 OR 杯子）", "星禾的奶茶"),
        ("星禾 NOT 招聘", "星禾难喝"),
        ("星禾 AND NOT (招聘 OR 抽奖)", "星禾难喝"),
        ('"star grain" OR 星禾', "I love Star  Grain!".replace("  ", " ")),
        ("“星 禾”", "星 禾"),
        ("「and」 OR 星禾", "this and that"),
        ("NOT NOT 星禾", "星禾"),
        ("ai", "用ai做的"),
        ("😡 OR 差评", "气死😡"),
        ("a OR b AND c", "a"),
        ("星 OR 星禾", "星禾"),
    ],
)
def test_a_query_finds(query: str, text: str) -> None:
    assert matches(query, text)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("ai", "a training day"),
        ("iPhone", "iPhones are here"),
        ("a1", "a12"),
        ("星禾 AND 奶茶", "星禾的杯子"),
        ("星禾 NOT 招聘", "星禾招聘店员"),
        ("星禾", ""),
        ("星禾", "星和禾"),
        ("(a OR b) AND c", "a"),
    ],
)
def test_a_query_does_not_find(query: str, text: str) -> None:
    assert not matches(query, text)


@pytest.mark.parametrize(
    ("query", "column", "says"),
    [
        ("", 1, "empty"),
        ("星禾 and 奶茶", 4, "Write AND"),
        ("星禾 奶茶", 4, "beside another term"),
        ("星禾 OR", 6, "missing at the end"),
        ("OR 星禾", 1, "a term is missing before OR"),
        ("星禾 AND (奶茶", 8, "never closed"),
        ("星禾) OR 奶茶", 3, "never opened"),
        ('星禾 OR "奶茶', 7, "quote is never closed"),
        ("NOT 招聘", 1, "matches every post"),
        ("星禾 OR NOT 招聘", 1, "matches every post"),
        ('星禾 OR ""', 7, "empty"),
    ],
)
def test_an_error_points_at_the_column(query: str, column: int, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as caught:
        Query.parse(query, "brand[0].match")
    assert caught.value.place == f"brand[0].match, column {column}"


def test_the_caret_stands_under_the_wide_column() -> None:
    with pytest.raises(ConfigError) as caught:
        Query.parse("星禾 奶茶", "q")
    assert "\n  星禾 奶茶\n       ^\n" in str(caught.value)


def test_except_vetoes_and_context_is_asked_for() -> None:
    fruit = brand("星禾", exclude="抽奖", context="奶茶 OR 门店")
    matcher = Matcher([fruit])
    assert matcher.match(a_post(text="星禾奶茶难喝"))[0].why == "星禾 + 奶茶"
    assert not matcher.match(a_post(text="星禾奶茶抽奖"))
    assert not matcher.match(a_post(text="星禾这个名字好听"))


def test_own_authors_concern_nobody() -> None:
    matcher = Matcher([brand("星禾", own=frozenset({"weibo:1700000001"}))])
    assert not matcher.match(a_post(text="星禾新品", author=Author(id="1700000001")))
    assert matcher.match(a_post(text="星禾新品", author=Author(id="1700000002")))


def test_one_post_may_concern_two_brands_and_names_the_product() -> None:
    cups = Brand(name="星禾", match=Query.parse("星禾"), products={"暖杯": Query.parse("暖杯 OR 保温杯")})
    rival = Brand(name="青岚", match=Query.parse("青岚"))
    found = Matcher([cups, rival]).match(a_post(text="星禾保温杯不如青岚"))
    assert [(m.brand, m.product) for m in found] == [("星禾", "暖杯"), ("青岚", None)]


def test_a_short_word_alone_is_a_weak_match() -> None:
    assert Matcher([brand("禾")]).match(a_post(text="禾"))[0].confidence == WEAK
    assert Matcher([brand("xh")]).match(a_post(text="xh"))[0].confidence == WEAK
    assert Matcher([brand("xh", context="奶茶")]).match(a_post(text="xh奶茶"))[0].confidence == 1.0


def test_the_title_counts_too() -> None:
    assert Matcher([brand("星禾")]).match(a_post(title="避雷星禾", text="太差了"))


def test_an_explanation_says_what_was_missing() -> None:
    matcher = Matcher([brand("星禾 AND 奶茶", exclude="抽奖")])
    assert matcher.explain("星禾的杯子")[0].why.en == "星禾: does not match, only 星禾 is there"
    assert "excepted by 抽奖" in matcher.explain("星禾奶茶抽奖")[0].why.en
    assert matcher.explain("星禾奶茶")[0].matched


def test_a_word_file_is_a_query_a_line() -> None:
    query = Query.any_of(["# 别名", "", "星禾", "xinghe NOT hotel"])
    assert query.holds({"xinghe"})
    assert not query.holds({"xinghe", "hotel"})
    with pytest.raises(ConfigError, match=r"words\.txt:2"):
        Query.any_of(["星禾", "(星禾"], place="words.txt")


def test_five_thousand_terms_are_found_like_one() -> None:
    many = Query.any_of([f"词{number:04d}号" for number in range(5_000)])
    matcher = Matcher([Brand(name="a", match=many), brand("星禾")])
    assert [m.brand for m in matcher.match(a_post(text="这里有词4321号和星禾"))] == ["a", "星禾"]


@settings(max_examples=80)
@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    assert _read_or_refused_at(text)


def _read_or_refused_at(text: str) -> bool:
    try:
        return bool(Query.parse(text, "q").terms)
    except ConfigError as error:
        return error.place.startswith("q, column ")


@settings(max_examples=60)
@given(st.text(max_size=300))
def test_no_post_is_too_strange(text: str) -> None:
    Matcher([brand("星禾 NOT 抽奖")]).match(a_post(text=text * 50))


def test_a_post_of_a_feed_that_speaks_of_one_brand_alone_need_not_name_it() -> None:
    matcher = Matcher(
        [brand("星禾", exclude="招聘", own=frozenset({"appstore:7"})), Brand(name="青岚", match=Query.parse("青岚"))]
    )
    about = matcher.assuming("星禾")
    assert [m.brand for m in about.match(a_post(text="又闪退,付了钱不出单"))] == ["星禾"]
    assert [m.brand for m in about.match(a_post(text="不如青岚"))] == ["星禾", "青岚"]
    assert about.match(a_post(text="招聘店员")) == []
    assert about.match(a_post(platform="appstore", author=Author(id="7"), text="谢谢评价")) == []
    assert matcher.match(a_post(text="又闪退,付了钱不出单")) == []
