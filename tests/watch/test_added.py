"""Words that people added: what they make of a brand, and what they would have changed."""

from typing import Any

from monitor.model import Actor, Word, WordKind
from monitor.watch.added import changed, extended
from monitor.watch.query import Brand, Matcher, Query
from tests.builders import NOON, a_post

BRAND = Brand(name="星禾", match=Query.parse("星禾"), exclude=Query.parse("抽奖"), context=Query.parse("奶茶"))


def a_word(query: str, kind: WordKind = WordKind.WATCH, **given: Any) -> Word:
    fields: dict[str, Any] = {"brand": "星禾", "kind": kind, "query": query, "actor": Actor("slack:U0LI", "li")}
    return Word(**{**fields, "added_at": NOON, **given})


def matches(text: str, *words: Word) -> list[str]:
    return [match.why for match in Matcher(extended([BRAND], words)).match(a_post(text=text))]


def test_a_watched_word_concerns_the_brand_wherever_it_stands() -> None:
    assert matches("甜甜圈吃坏肚子") == []
    assert matches("甜甜圈吃坏肚子", a_word("甜甜圈 OR 麻薯")) == ["甜甜圈"]


def test_what_concerned_the_brand_before_still_does() -> None:
    assert matches("星禾的奶茶", a_word("甜甜圈")) == ["星禾 + 奶茶"]
    assert matches("星禾招聘", a_word("甜甜圈")) == []


def test_what_is_excepted_is_no_longer_the_brands() -> None:
    assert matches("星禾的奶茶抽奖", a_word("甜甜圈")) == []
    assert matches("星禾的奶茶应援", a_word("应援", WordKind.EXCEPT)) == []
    assert matches("甜甜圈应援", a_word("甜甜圈"), a_word("应援", WordKind.EXCEPT)) == []


def test_words_of_a_brand_that_is_gone_and_words_nobody_can_read_are_left_out() -> None:
    assert matches("星禾的奶茶", a_word("甜甜圈", brand="别家"), a_word("(甜甜圈")) == ["星禾 + 奶茶"]


def test_a_watched_word_is_explained() -> None:
    (explained,) = Matcher(extended([BRAND], [a_word("甜甜圈")])).explain("甜甜圈吃坏肚子")
    assert explained.matched
    assert "also matches 甜甜圈" in explained.why.en


def test_a_word_would_have_changed_what_is_decided_the_other_way() -> None:
    said = [("甜甜圈吃坏肚子", ("别家",)), ("星禾的甜甜圈", ("星禾",)), ("星禾的奶茶", ("星禾",))]
    assert changed(a_word("甜甜圈"), said) == ["甜甜圈吃坏肚子"]
    assert changed(a_word("甜甜圈", WordKind.EXCEPT), said) == ["星禾的甜甜圈"]
