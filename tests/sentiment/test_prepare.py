"""What every engine reads."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import ConfigError
from monitor.sentiment.prepare import (
    LONGEST,
    Preparation,
    load_evasions,
    read_evasions,
    shipped_evasions,
    spelled,
    without_emoticons,
)
from monitor.watch.tokens import ADDRESS, CHAIN, NAME, NUMBER, emoticon

prepare = Preparation(shipped_evasions())


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", ""),
        ("   \n\t", ""),
        ("https://t.cn/A6abcdEF", ""),
        ("@星禾官方", ""),
        ("@星禾官方 奶茶喝出虫子 https://t.cn/A6abc", f"{NAME} 奶茶喝出虫子 {ADDRESS}"),
        ("太气人了//@路人甲:怎么回事", f"太气人了{CHAIN}怎么回事"),
        ("等了40分钟，打12315投诉", f"等了{NUMBER}分钟,打12315投诉"),
        ("ＸｉｎｇＨｅ臺灣門市", "xinghe台湾门市"),
        ("啊" * 10_000, "啊啊啊"),
        ("soooooo good", "sooo good"),
        ("a\x00b\u202ec", "abc"),
        ("\ud800坏\udfff", "坏"),
        ("😡👍🏽", "😡👍"),
    ],
)
def test_what_is_left_to_judge(text: str, wanted: str) -> None:
    assert prepare(text) == wanted


def test_a_bracket_emoticon_is_one_character_and_comes_back_as_it_was_written() -> None:
    text = "谢谢你家客服[微笑]三天没人回我[怒][微笑R]"
    prepared = prepare(text)
    assert prepared.count(emoticon("微笑")) == 2
    assert emoticon("怒") in prepared
    assert spelled(prepared, text).startswith("谢谢你家客服[微笑")
    assert "[怒]" in spelled(prepared, text)
    assert without_emoticons(prepared) == "谢谢你家客服三天没人回我"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("这家真是垃土及", "这家真是垃圾"),
        ("辣鸡平台退qian", "垃圾平台退钱"),
        ("退 钱", "退钱"),
        ("垃*圾 平台", "垃圾 平台"),
        ("SB客服", "傻逼客服"),
        ("sbux真好喝", "sbux真好喝"),
        ("我 爱你", "我 爱你"),
    ],
)
def test_disguised_words_are_read_as_they_are_meant(written: str, meant: str) -> None:
    assert prepare(written) == meant


def test_an_operators_own_table_stands_beside_the_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "ours.txt").write_text("# ours\n星河茶 = 星禾  # how they dodge us\n\n", encoding="utf-8")
    own = load_evasions(tmp_path / "ours.txt")
    assert own == {"星河茶": "星禾"}
    assert Preparation({**shipped_evasions(), **own})("星河茶辣鸡") == "星禾垃圾"


@pytest.mark.parametrize("line", ["星河茶", "= 星禾", "星河茶 ="])
def test_a_rule_that_is_none_names_its_line(line: str) -> None:
    with pytest.raises(ConfigError, match=r"ours\.txt:2: not a rule"):
        read_evasions(f"# ours\n{line}\n", "ours.txt")


def test_a_table_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_evasions(tmp_path / "ours.txt")


@settings(max_examples=100)
@given(st.text(max_size=400))
def test_no_text_is_too_strange_and_none_stays_long(text: str) -> None:
    prepared = prepare(text)
    assert len(prepared) <= LONGEST
    prepared.encode("utf-8")


def test_forty_thousand_characters_are_cut() -> None:
    assert len(prepare("".join(chr(0x4E00 + i % 20_000) for i in range(40_000)))) == LONGEST
