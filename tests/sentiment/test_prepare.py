"""What every engine reads."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.sentiment.prepare import LONGEST, prepare


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", ""),
        ("   \n\t", ""),
        ("https://t.cn/A6abcdEF", ""),
        ("😡😡😡", ""),
        ("@星禾官方 奶茶喝出虫子 https://t.cn/A6abc", "奶茶喝出虫子"),
        ("太气人了//@路人甲:怎么回事", "太气人了 怎么回事"),
        ("啊" * 10_000, "啊啊啊"),
        ("哈哈" * 5_000, "哈哈哈"),
        ("退钱!" * 300, "退钱!退钱!退钱!"),
        ("a\x00b\u202ec", "a b c"),
    ],
)
def test_what_is_left_to_judge(text: str, wanted: str) -> None:
    assert prepare(text) == wanted


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=400))
def test_no_text_is_too_strange_and_none_stays_long(text: str) -> None:
    assert len(prepare(text)) <= LONGEST


def test_forty_thousand_characters_are_cut() -> None:
    assert len(prepare("".join(chr(0x4E00 + i % 20_000) for i in range(40_000)))) == LONGEST
