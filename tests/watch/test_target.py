"""Is it about the brand? What is found in a text, and what is not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.watch.cues import LEXICON
from monitor.watch.target import NOBODY, About, Bearing, before, beside, look, marked, ours
from monitor.watch.text import fold
from monitor.watch.tokens import BRAND, RIVAL, emoticon

US = About(("星禾",), ("云朵",))


def seen(text: str) -> Bearing:
    return look(marked(fold(text), US)[0])


def facts(text: str) -> set[str]:
    return set(seen(text).facts)


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
    assert text[look(text).after :] == "吃出头发丝"


def test_a_problem_of_somebody_else_is_not_ours() -> None:
    assert "foreign" in facts("云朵的奶茶喝出蟑螂")
    assert "harm" not in facts("云朵的奶茶喝出蟑螂")
    assert "harm" in facts("云朵不错,星禾喝出蟑螂")
    assert "foreign" in facts("隔壁那家喝出蟑螂")


def test_what_drove_somebody_to_the_brand_is_not_the_brand_s() -> None:
    assert "foreign" in facts("清露喝出蟑螂,还是去喝星禾吧")
    assert "harm" not in facts("清露喝出蟑螂,还是去喝星禾吧")
    assert "harm" in facts("星禾喝出蟑螂,还是去喝清露吧")
    assert "harm" in facts("还是星禾厉害,喝出蟑螂都不道歉")


@pytest.mark.parametrize(
    ("text", "better"),
    [
        ("云朵比星禾好喝多了", 1),
        ("星禾不如云朵", 1),
        ("从星禾换到云朵了", 1),
        ("还是星禾好喝", -1),
        ("别家不如星禾", -1),
        ("换了星禾以后世界清净了", -1),
        ("云朵太恶心了,还是去喝星禾吧", -1),
        ("云朵又涨价,以后只买星禾", -1),
        ("看完云朵的后厨,转头买了杯星禾", -1),
        ("早知道就喝星禾了", -1),
        ("云朵喝出头发,大家都改喝星禾了", -1),
        ("云朵店员打人,星禾店员帮我撑伞,差距", -1),
        ("云朵又翻车了,星禾后厨全透明,高下立判 #茶饮#", -1),
        ("隔壁道歉赔钱,星禾装死拉黑,差距", 1),
        ("星禾和云朵都喝过", 0),
    ],
)
def test_a_comparison_has_a_loser(text: str, better: int) -> None:
    assert seen(text).facts.get("compared", 0) == better


def test_what_is_told_before_the_brand_wins_a_comparison_is_somebody_elses() -> None:
    assert not seen("云朵店员打人骂人,星禾店员帮我撑伞,差距").cues
    assert not seen("同样是奶茶,云朵被查星禾后厨全透明,差距 #云朵后厨#").cues
    assert seen("星禾店员打人骂人,云朵店员帮我撑伞,差距").cues


def test_a_problem_far_from_the_brand_is_marked() -> None:
    assert "far" in facts("今天在星禾写作业。写完就走了。晚上回家被人追尾了。")
    assert "far" not in facts("星禾的杯子炸了。烫伤了手。")


def test_faces_say_what_they_say() -> None:
    assert "scorn" in facts(f"还行{emoticon('怒')}")
    assert "scorn" in facts("还行😡")
    assert "joy" in facts("😍")
    assert "smile with a problem" in facts("没人理我🙂")


def test_what_a_complaint_is_about_comes_most_said_first() -> None:
    said = seen("不发货,物流不动,客服没人理")
    assert said.categories == ("logistics", "service")


def test_a_text_with_nothing_in_it_has_no_facts() -> None:
    assert seen("今天路过新街口") == Bearing(facts={})


def test_every_word_of_the_lexicon_is_written_as_texts_are_compared() -> None:
    wrong = [word for section in LEXICON.values() for word in section.split() if fold(word) != word]
    assert wrong == []


@settings(max_examples=200)
@given(
    st.text(
        st.one_of(st.sampled_from("星禾云朵比不如没有差评退款但是,。!等了三天"), st.characters(codec="utf-8")),
        max_size=120,
    )
)
def test_no_text_is_too_strange(text: str) -> None:
    folded = fold(text)
    read, names = marked(folded, US)
    found = look(read)
    assert 0 <= found.after <= len(read)
    assert all(0 <= cue.start < cue.end <= len(read) for cue in found.cues)
    assert before(read, names, len(read)) == len(folded)


def test_names_become_marks_and_places_find_back() -> None:
    about = About(("星禾", "xinghe"), ("云朵", "mi"))
    read, names = marked("xinghe不如云朵,星禾差评", about)
    assert read == f"{BRAND}不如{RIVAL},{BRAND}差评"
    assert names == ["xinghe", "云朵", "星禾"]
    place = read.index("差评")
    assert "xinghe不如云朵,星禾差评"[before(read, names, place) :] == "差评"
    assert marked("星禾差评", NOBODY) == ("星禾差评", [])


def test_a_latin_name_is_no_part_of_a_word() -> None:
    assert marked("mini很好,mi不好", About((), ("mi",)))[0] == f"mini很好,{RIVAL}不好"


def test_the_clauses_that_name_the_brand_are_told_from_the_rest() -> None:
    assert beside(f"今天下雨,{BRAND}关门了,白跑一趟") == f"{BRAND}关门了,"
    assert beside("今天下雨,白跑一趟") == ""


def test_what_is_said_of_a_rival_is_left_out() -> None:
    assert ours(f"{RIVAL}太过分了,过期奶还在卖!早知道就去{BRAND}") == f"早知道就去{BRAND}"
    assert ours(f"{RIVAL}比{BRAND}好喝") == f"{RIVAL}比{BRAND}好喝"
    assert ours("太过分了") == "太过分了"
