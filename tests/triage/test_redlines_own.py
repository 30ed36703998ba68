"""A brand's own red lines: words added, taken out, put in place of others; what is unknown is said with its place."""

import tomllib
from typing import Any

import pytest

from monitor.errors import ConfigError
from monitor.triage.redlines import RedLines
from monitor.triage.redlines_own import extended
from tests.triage.test_redlines import TABLE, harms


def test_a_brand_s_own_file_adds_words_and_harms() -> None:
    own = {"fire": {"words": "糊了"}, "strike": {"zh": "罢工", "en": "strike", "words": "罢工 停工"}}
    lines = RedLines(extended(TABLE, own, "own.toml"))
    assert harms("星禾门店罢工", lines) == {"strike"}
    assert harms("星禾的插座糊了", lines) == {"fire"}
    assert harms("星禾的插座自燃", lines) == {"fire"}
    assert TABLE["fire"]["words"] == "着火 自燃"


@pytest.mark.parametrize(
    ("own", "says"),
    [
        ({"fire": {"wrods": "糊了"}}, "own.toml [fire].wrods: unknown key"),
        ({"strike": {"words": "罢工"}}, "own.toml [strike]: a red line of your own needs zh and en"),
        ({"fire": "糊了"}, "own.toml.fire: is no table"),
        ({"fire": {"together": ["{chld} + 着火"]}}, "own.toml [fire].together[1]: no group {chld}"),
        ({"fire": {"together": ["着火 + "]}}, "own.toml [fire].together[1]: is no line of words"),
        ({"fire": {"words": ["着火"]}}, "own.toml [fire].words: is no text"),
        ({"groups": {"child": 3}}, "own.toml [groups].child: is no text"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(own: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        RedLines(extended(TABLE, own, "own.toml"), place="own.toml")
    assert says in str(caught.value)


def test_a_word_may_be_taken_out() -> None:
    own = {"remove": {"fire": {"words": "自燃", "together": ["充电 + 冒烟"]}}}
    lines = RedLines(extended(TABLE, own, "own.toml"))
    assert harms("星禾的杯子自燃了，充电时冒烟", lines) == set()
    assert harms("星禾的杯子着火了", lines) == {"fire"}
    assert harms("星禾的杯子自燃了") == {"fire"}


def test_others_may_come_in_place_of_them_and_more_be_added() -> None:
    own = tomllib.loads("""
        [replace.groups]
        child = "小朋友"
        [replace.fire]
        words = "糊了"
        [fire]
        words = "爆了"
    """)
    lines = RedLines(extended(TABLE, own, "own.toml"))
    assert harms("星禾的插座糊了", lines) == harms("星禾的插座爆了", lines) == {"fire"}
    assert harms("星禾的插座着火了", lines) == set()
    assert harms("小朋友看见星禾的插座糊了", lines) == {"fire", "minors"}
    assert harms("孩子看见星禾的插座糊了", lines) == {"fire"}


def test_what_only_sounds_like_a_harm_may_count_for_a_brand() -> None:
    own = {"remove": {"fire": {"not": "辣到着火"}}}
    assert harms("星禾辣到着火", RedLines(extended(TABLE, own, "own.toml"))) == {"fire"}


@pytest.mark.parametrize(
    ("own", "says"),
    [
        (
            {"remove": {"fire": {"words": "自然"}}},
            "own.toml [remove.fire].words: 自然 is not there. Did you mean 自燃?",
        ),
        ({"remove": {"fire": {"together": ["充电 + 糊"]}}}, "own.toml [remove.fire].together: 充电 + 糊 is not there"),
        ({"remove": {"fier": {"words": "自燃"}}}, "own.toml [remove.fier]: no such table. One of groups, spared, fire"),
        ({"remove": {"minors": {"not": "自燃"}}}, "own.toml [remove.minors].not: holds nothing"),
        ({"replace": {"groups": {"chld": "孩子"}}}, "own.toml [replace.groups].chld: holds nothing. One of child"),
        ({"replace": {"fire": {"words": ["糊了"]}}}, "own.toml [replace.fire].words: is written otherwise there"),
        ({"remove": {"fire": "自燃"}}, "own.toml [remove.fire]: is no table"),
        ({"remove": "自燃"}, "own.toml [remove]: is no table"),
    ],
)
def test_what_is_not_there_cannot_be_taken_out_or_replaced(own: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        extended(TABLE, own, "own.toml")
    assert says in str(caught.value)
