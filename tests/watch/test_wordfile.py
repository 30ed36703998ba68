"""TrendRadar's word file, read as it stands; a list of queries, read as before."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import ConfigError
from monitor.watch import wordfile
from monitor.watch.patterns import Pattern, UnreadableError
from monitor.watch.query import Brand, Matcher
from monitor.watch.text import fold
from tests.builders import a_post

KEPT = """\
# 我们关心的词
[GLOBAL_FILTER]
震惊
/抽.{0,3}奖/

[WORD_GROUPS]

[星禾茶饮]
星禾
xinghe
+奶茶
!招聘
@15

/(?<![a-zA-Z])ai(?![a-zA-Z])/ => 人工智能
Space X
!游戏
"""


def found(words: str, text: str) -> str | None:
    """What a post is told to hold; None where it concerns nobody."""
    matched = Matcher([Brand(name="牌", match=wordfile.query(words, "words.txt"))]).match(a_post(text=text))
    return matched[0].why if matched else None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("星禾的奶茶难喝", "星禾茶饮"),
        ("XINGHE 奶茶", "星禾茶饮"),
        ("用ai写的", "人工智能"),
        ("AI", "人工智能"),
        ("坐space x上天", "space x"),
        ("星禾的招聘,说到AI", "人工智能"),
    ],
)
def test_a_word_file_finds_by_group_and_says_the_name(text: str, why: str) -> None:
    assert found(KEPT, text) == why


@pytest.mark.parametrize(
    "text",
    ["星禾的杯子", "星禾奶茶招聘", "a training day", "ai游戏", "星禾奶茶,震惊全国", "星禾奶茶抽大奖", "招聘", "奶茶"],
)
def test_a_word_file_leaves_alone(text: str) -> None:
    assert found(KEPT, text) is None


def test_a_veto_holds_for_its_own_group_and_one_alone_for_the_whole_file() -> None:
    assert found("星禾\n!招聘\n\n奶茶", "奶茶店招聘") == "奶茶"
    assert found("星禾\n\n奶茶\n\n!招聘", "奶茶店招聘") is None


def test_a_list_of_queries_goes_on_working() -> None:
    lines = "# 名字\n星禾 AND (奶茶 OR 杯子)\n\n“star grain”\n"
    assert not wordfile.is_word_file(lines)
    assert found(lines, "星禾的杯子") == "星禾 + 杯子"
    assert found(lines, "Star Grain!") == "star grain"
    assert found(lines, "星禾") is None


@pytest.mark.parametrize(
    ("words", "is_one"),
    [
        ("星禾\nxinghe", False),
        ("星禾\n\nxinghe", True),
        ("星禾\n+奶茶", True),
        ("@星禾官方\n星禾", False),
        ("星禾 NOT 招聘\n\nxinghe", False),
        ("京东 => 东", True),
        ("/星.禾/", True),
        ("[GLOBAL_FILTER]\n广告\n\n[WORD_GROUPS]\n星禾", True),
    ],
)
def test_which_kind_of_file_it_is(words: str, is_one: bool) -> None:
    assert wordfile.is_word_file(words) is is_one


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("星禾\n+", "nothing"),
        ("星禾\n\n/(/ => x", r"line 3: /\(/: .*RE2"),
        ("星禾\n+奶茶 AND 杯子", "line 2: 奶茶 AND 杯子 is a query.*a line for each word"),
        ("星禾\n!广告\n@abc", "line 3: @abc is no number.*Write abc"),
        ("星禾\n => 名", "line 2: there is no word"),
        ("/华为(?=手机)x/", r"line 1: .*looks around in its middle.*!word"),
        ("/(a+)+\\1/", "line 1: "),
        ("/.*/", "line 1: .*true of every text"),
        ("[GLOBAL_FILTER]\n广告", "holds no words"),
    ],
)
def test_what_is_wrong_names_the_line_and_the_fix(words: str, said: str) -> None:
    if said == "nothing":  # a lone + is a word of a list
        assert found(words, "a + b") == "+"
        return
    with pytest.raises(ConfigError, match=re.compile(said, re.DOTALL)):
        wordfile.query(words, "words.txt")


def test_a_pattern_that_never_ends_elsewhere_ends_here() -> None:
    """(a+)+$ takes a backtracking engine 2^n steps; here the text alone counts."""
    assert not Pattern.of("(a+)+$").finds("a" * 50_000 + "!")


@pytest.mark.parametrize(
    "source", [r"(?<![a-z])ai(?![a-z])", r"(?<!\w)ai(?!\d)", r"奶茶|(?<!x)ai", r"(?:星|興)禾(?![a-z])"]
)
@given(text=st.text(alphabet="aixA 9星禾奶茶ａ-", max_size=12))
@settings(max_examples=60)
def test_edges_mean_what_they_mean_elsewhere(source: str, text: str) -> None:
    folded = fold(text)
    ours = re.compile(source.replace("興", "兴"), re.ASCII | re.IGNORECASE)
    assert Pattern.of(source).finds(folded) is bool(ours.search(folded))


@given(words=st.text(alphabet="星禾ai+!@[]/()*\\=> \n#GLOBAL_FILTER\0\ufeff1", max_size=60))
def test_no_file_does_worse_than_a_config_error(words: str) -> None:
    try:
        query = wordfile.query(words, "words.txt")
    except ConfigError:
        return
    assert not query.holds(frozenset())


@given(source=st.text(max_size=30))
def test_no_pattern_does_worse_than_be_unreadable(source: str) -> None:
    try:
        Pattern.of(source).finds("星禾奶茶")
    except UnreadableError:
        return
