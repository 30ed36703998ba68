"""Red lines: what touches one, what only sounds like it, and what a brand may say for itself."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import ConfigError
from monitor.triage.redlines import CLEARLY_LOW, MORE_LIKELY, RedLines, shared
from monitor.watch.target import About
from tests.triage.test_redlines_exam import shipped

TABLE: dict[str, Any] = {
    "groups": {"child": "孩子 女儿"},
    "spared": {"words": "演练", "doubtful": "多亏", "elsewhere": "别的牌子"},
    "fire": {"zh": "起火", "en": "fire", "words": "着火 自燃", "together": ["充电 + 冒烟"], "not": "辣到着火"},
    "minors": {"zh": "未成年人", "en": "minors", "words": "童工", "together": ["{child} + {fire}"]},
}
SHIPPED = shipped()
BRAND = About(("星禾",))


def harms(text: str, lines: RedLines | None = None, about: About = BRAND) -> set[str]:
    return {touch.harm for touch in (lines or RedLines(TABLE)).read(text, about).touches}


@pytest.mark.parametrize(
    "text",
    [
        "接孩子路上,孩子说星禾几口就没了,大杯变中杯",
        "跟同事抢星禾的券,一开抢就没了",
        "我妈充的星禾卡,过个年余额就没了",
    ],
)
def test_what_is_drunk_up_or_sold_out_is_nobodys_death(text: str) -> None:
    assert "death" not in harms(text, SHIPPED)


@pytest.mark.parametrize("text", ["星禾这杯热量爆炸", "喝完星禾三杯,家里的秤都要炸了", "连喝一周星禾,体重秤爆炸预警"])
def test_what_a_drink_does_to_the_scales_is_no_fire(text: str) -> None:
    assert harms(text, SHIPPED) == set()
    assert "fire" in harms("星禾的杯子爆炸了", SHIPPED)


def test_who_is_gone_is_gone() -> None:
    assert "death" in harms("在星禾店里摔了一跤,我爸送到医院人就没了", SHIPPED)


def test_a_word_is_enough_and_two_touch_it_together() -> None:
    assert harms("星禾的杯子自燃了") == {"fire"}
    assert harms("星禾的杯子充电时冒烟") == {"fire"}
    assert harms("星禾的杯子冒烟") == set()
    assert harms("孩子房间里，星禾的灯着火了") == {"fire", "minors"}


def test_texts_share_a_line_by_several_words_that_are_all_one_of_them_says_of_it() -> None:
    lines = RedLines({"sick": {"zh": "病", "en": "sick", "together": ["喝 + 呕吐"], "words": "送医 起诉"}})

    def both(one: str, other: str) -> tuple[str, ...]:
        return shared(lines.read(one, BRAND), lines.read(other, BRAND))

    assert both("喝了星禾呕吐", "喝完星禾就呕吐,送医了") == ("喝", "呕吐")
    assert both("喝完星禾就呕吐,送医了", "喝了星禾呕吐") == ("喝", "呕吐")
    assert both("我要起诉星禾", "星禾被起诉") == ()
    assert both("喝了星禾呕吐", "星禾把人送医了") == ()
    assert both("喝了星禾呕吐", "星禾好喝") == ()


def test_words_far_apart_touch_nothing_together() -> None:
    assert harms(f"星禾充电{'很快很稳' * 10}冒烟") == set()


@pytest.mark.parametrize("text", ["星禾没有着火", "星禾辣到着火", "星禾消防演练，着火了快跑", "星禾好喝"])
def test_negation_a_longer_word_and_a_drill_take_it_back(text: str) -> None:
    assert harms(text) == set()


def test_what_comes_after_a_but_counts_whatever_was_said_before() -> None:
    assert harms("星禾上周刚做过演练，但是今天真的着火了") == {"fire"}


def test_traditional_and_wide_characters_are_the_same_words() -> None:
    assert harms("星禾僱用童工，機器著火，充電冒煙", RedLines(TABLE)) >= {"fire", "minors"}


def test_a_harm_far_from_the_brand_is_not_the_brand_s() -> None:
    assert harms(f"星禾上新。{'今天天气很好。' * 40}某地一辆车自燃") == set()
    assert harms(f"{'今天天气很好。' * 40}某地一辆车自燃") == {"fire"}


def test_a_brand_whose_name_is_a_drill_is_not_spared_by_it() -> None:
    assert harms("演练密室着火了", about=About(("演练密室",))) == {"fire"}


def test_thanks_ask_for_more_certainty() -> None:
    read = RedLines(TABLE).read
    assert read("星禾的杯子着火了", BRAND).needed == CLEARLY_LOW
    assert read("楼下着火，多亏星禾的面罩", BRAND).needed == MORE_LIKELY


def test_the_name_after_an_at_is_no_word_of_the_text() -> None:
    assert harms("星禾充电 @冒烟的猫") == set()
    assert harms("@星禾官方着火了") == {"fire"}
    assert harms("@冒烟 星禾充电时冒烟") == {"fire"}
    assert harms("公司楼下的奶茶 @星禾官方 关门了", SHIPPED) == set()


@pytest.mark.parametrize("mark", ["[doge]", "[笑cry]", "狗头保命", "哈哈哈", "笑死", "🐶"])
def test_the_marks_of_a_joke_make_a_harm_doubtful(mark: str) -> None:
    touched = SHIPPED.read(f"星禾的招牌砸下来,发生命案 {mark}", BRAND)
    assert touched.touches
    assert touched.doubtful
    assert not SHIPPED.read("星禾的招牌砸下来,发生命案", BRAND).doubtful


def test_a_single_character_says_something_only_within_its_clause() -> None:
    assert harms("接孩子路上,打星禾客服电话没人接", SHIPPED) == set()
    assert harms("星禾店员打孩子", SHIPPED) == {"minors"}


def test_whoever_is_glad_to_have_chosen_the_brand_tells_of_another() -> None:
    assert harms("那家的灯着火了,还好我家只买星禾") == set()
    assert harms("星禾的灯着火了,还好星禾赔了") == {"fire"}
    assert harms("灯着火了,还好没买星禾") == {"fire"}
    assert harms("还好我只买星禾,结果星禾的灯着火了") == {"fire"}


@pytest.mark.parametrize("text", ["求记者加班写写星禾", "星禾旧机回收,各门店都收", "面试完喝一杯星禾生椰"])
def test_words_that_only_happen_to_stand_together_touch_nothing(text: str) -> None:
    assert harms(text, SHIPPED) == set()


def test_what_is_told_of_somebody_else_counts_from_where_the_brand_is_named_again() -> None:
    assert harms("别的牌子充电着火，星禾不会") == set()
    assert harms("别的牌子没事，星禾充电就着火") == {"fire"}
    assert harms("别的牌子没事，你家充电就着火") == {"fire"}
    assert harms("别的牌子没事。充电时着火，星禾") == {"fire"}


def test_a_number_sign_stands_for_any_number() -> None:
    lines = RedLines(
        {**TABLE, "injury": {"zh": "受伤", "en": "injury", "words": "缝了#针", "together": ["被砸 + #岁"]}}
    )
    assert harms("在星禾缝了十七针", lines) == harms("在星禾缝了5针", lines) == {"injury"}
    assert harms("在星禾缝了针", lines) == set()
    assert harms("星禾，老人被砸，七十岁", lines) == {"injury"}


def test_grown_ups_are_no_minors() -> None:
    assert "minors" not in harms("星禾的骑手三十五岁，摔断了腿", SHIPPED)
    assert "minors" in harms("星禾门口，十五岁的孩子摔断了腿", SHIPPED)


def test_a_line_may_be_turned_off_and_still_serve_another() -> None:
    lines = RedLines(TABLE, off=["fire"])
    assert harms("孩子房间里，星禾的灯着火了", lines) == {"minors"}


def test_turning_off_what_is_not_there_is_refused() -> None:
    with pytest.raises(ConfigError, match="no such red line"):
        RedLines(TABLE, off=["fier"])


@pytest.mark.parametrize(
    ("text", "harm"),
    [
        ("孩子喝完星禾上吐下泻进了医院", "food_poisoning"),
        ("星禾的保温杯炸了!滚水浇了孩子一胳膊,去医院缝了六针", "injury"),
        ("您好，我是晚报的记者，想采访星禾的负责人，方便私信吗", "journalist"),
        ("星禾被市场监管局立案调查", "regulator"),
        ("星禾把我们的手机号和地址泄露了，骗子叫得出我名字", "data_leak"),
    ],
)
def test_the_shipped_lines(text: str, harm: str) -> None:
    assert harm in harms(text, SHIPPED)


@pytest.mark.parametrize(
    "text",
    [
        "星禾排队太久了，等了四十分钟，还做错了，无语",
        "星禾的杯子漏水，洒了一包，客服让我自己擦擦，差评",
        "星禾小程序又卡了，付了钱不出单，气得不行，烦死了",
        "星禾火爆开业，前一百桌送毛肚",
        "喝了一口星禾，直接去世，太好喝了",
        "周末也太短了，星禾限定还没喝够，我要起诉周一",
        "喝完肚子疼了一夜，星禾退钱",
        "地上全是水滑了一跤，星禾没人管",
    ],
)
def test_an_ordinary_complaint_touches_none(text: str) -> None:
    assert harms(text, SHIPPED) == set()


@given(st.text(max_size=300))
def test_no_text_raises(text: str) -> None:
    assert SHIPPED.read(text, BRAND).touches is not None


@given(st.text(max_size=40), st.sampled_from(["骨折", "着火", "童工"]))
def test_the_words_shown_stand_in_the_folded_text(text: str, word: str) -> None:
    touched = SHIPPED.read(f"{text}{word}")
    assert all(said for touch in touched.touches for said in touch.words)
