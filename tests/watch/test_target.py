"""Is it about the brand? What is found in a text, and what is not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.watch.cues import LEXICON
from monitor.watch.target import About, Bearing, look
from monitor.watch.text import fold
from monitor.watch.tokens import emoticon

US = About(("星禾",), ("云朵",))


def facts(text: str, about: About = US) -> set[str]:
    return set(look(fold(text), about).facts)


def words(text: str) -> list[str]:
    folded = fold(text)
    return [folded[cue.start : cue.end] for cue in look(folded, US).cues]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("星禾的奶茶喝出蟑螂", "harm"),
        ("星禾因抽检不合格被罚款", "official"),
        ("星禾客服没人理", "grievance"),
        ("星禾垃圾", "blunt"),
        ("千万别买星禾", "warning"),
        ("星禾退款到现在还没到", "waited"),
        ("等了两个小时", "waited"),
        ("谢谢你们,没人理我", "sneer with a problem"),
        ("谢谢你们,很好喝", "sneer alone"),
        ("好喝到跺脚", "hyperbole alone"),
        ("失恋了,坐在星禾发呆", "misery alone"),
        ("星禾几点关门,请问", "question alone"),
        ("转发抽奖,星禾送福利", "advert alone"),
        ("哥哥代言星禾了", "fans alone"),
        ("听说星禾用过期奶", "rumour with a problem"),
        ("网传星禾有异物系谣言,官方辟谣", "refuted with a problem"),
        ("漏发了,客服马上处理,全额退", "resolved with a problem"),
    ],
)
def test_what_stands_in_a_text_is_found(text: str, found: str) -> None:
    assert found in facts(text)


@pytest.mark.parametrize("text", ["没有异物", "从来没有踩坑", "不存在乱收费", "未出现过敏", "没踩雷", "零差评"])
def test_a_negated_problem_is_none(text: str) -> None:
    assert not facts(text) & {"harm", "official", "grievance", "blunt", "warning"}


@pytest.mark.parametrize("text", ["没人理", "不退款", "不好吃", "没有效果", "不推荐"])
def test_a_complaint_that_begins_with_a_no_is_one(text: str) -> None:
    assert facts(text) & {"grievance", "blunt"}


def test_what_follows_a_but_counts() -> None:
    assert "turned bad" in facts("味道不错,但是吃出头发丝")
    assert "turned good" in facts("排队很久,但是真的好喝")
    text = fold("味道不错,但是吃出头发丝")
    assert text[look(text, US).after :] == "吃出头发丝"


def test_a_problem_of_somebody_else_is_not_ours() -> None:
    assert "foreign" in facts("云朵的奶茶喝出蟑螂")
    assert "harm" not in facts("云朵的奶茶喝出蟑螂")
    assert "harm" in facts("云朵不错,星禾喝出蟑螂")
    assert "foreign" in facts("隔壁那家喝出蟑螂")


@pytest.mark.parametrize(
    ("text", "better"),
    [
        ("云朵比星禾好喝多了", 1),
        ("星禾不如云朵", 1),
        ("从星禾换到云朵了", 1),
        ("还是星禾好喝", -1),
        ("别家不如星禾", -1),
        ("换了星禾以后世界清净了", -1),
        ("星禾和云朵都喝过", 0),
    ],
)
def test_a_comparison_has_a_loser(text: str, better: int) -> None:
    assert look(fold(text), US).facts.get("compared", 0) == better


def test_a_problem_far_from_the_brand_is_marked() -> None:
    assert "far" in facts("今天在星禾写作业。写完就走了。晚上回家被人追尾了。")
    assert "far" not in facts("星禾的杯子炸了。烫伤了手。")


def test_faces_say_what_they_say() -> None:
    assert "scorn" in facts(f"还行{emoticon('怒')}")
    assert "scorn" in facts("还行😡")
    assert "joy" in facts("😍")
    assert "smile with a problem" in facts("没人理我🙂")


def test_what_a_complaint_is_about_comes_most_said_first() -> None:
    said = look("不发货,物流不动,客服没人理", US)
    assert said.categories == ("logistics", "service")


def test_a_text_with_nothing_in_it_has_no_facts() -> None:
    assert look("今天路过新街口", US) == Bearing(facts={})


def test_every_word_of_the_lexicon_is_written_as_texts_are_compared() -> None:
    wrong = [word for section in LEXICON.values() for word in section.split() if fold(word) != word]
    assert wrong == []


@settings(max_examples=200, deadline=None)
@given(
    st.text(
        st.one_of(st.sampled_from("星禾云朵比不如没有差评退款但是,。!等了三天"), st.characters(codec="utf-8")),
        max_size=120,
    )
)
def test_no_text_is_too_strange(text: str) -> None:
    folded = fold(text)
    found = look(folded, US)
    assert 0 <= found.after <= len(folded)
    assert all(0 <= cue.start < cue.end <= len(folded) for cue in found.cues)
