"""What a crowd talks of."""

from monitor.triage.crowd import Talk

TALK = Talk(brand="星禾")


def test_two_crowds_are_apart_where_what_each_says_is_not_what_the_other_says() -> None:
    war = [f"{name}星禾代言立牌被推倒" for name in "甲乙丙丁"]
    payments = [f"{name}星禾小程序重复扣款" for name in "甲乙丙丁"]
    assert TALK.apart(war, payments)
    assert not TALK.apart(payments[:2], payments[2:])
    assert not TALK.apart(war, ["星禾排队", "星禾太甜"]), "nothing in common: nobody can tell"


def test_a_post_is_part_of_a_talk_where_it_says_what_a_good_part_says() -> None:
    war = [f"{name}星禾代言立牌被推倒" for name in "甲乙丙丁"]
    assert TALK.about(war)("星禾是谁推倒的")
    assert not TALK.about(war)("星禾小程序重复扣款")
    assert TALK.about(["星禾排队", "星禾太甜"])("星禾小程序重复扣款")


# ── what a crowd talks of ───────────────────────────────────────────────────────────────────────────────────────────

STRANGE = "麓溪昀琮璟澍筠翊珩瑄玥琬颢晗铎镕锴钰垚堃"
"""Characters that make a post unlike any other."""


def test_what_people_tell_in_many_words_is_not_cut_down_to_the_words_most_of_them_use() -> None:
    most = [f"星禾门闸卡住了{letter}" for letter in STRANGE[:6]]
    others = [
        f"星禾{words}" for words in ("座椅摇晃", "地毯湿透", "灯光刺眼", "窗框松脱", "把手断裂") for _ in range(2)
    ]
    assert all(TALK.loudest([*most, *others]))


def test_where_the_others_tell_one_thing_too_there_are_two_things() -> None:
    most = [f"星禾门闸卡住了{letter}" for letter in STRANGE[:12]]
    others = [f"星禾琴键掉漆{letter}" for letter in STRANGE[12:]]
    assert TALK.loudest([*most, *others]) == [True] * 12 + [False] * 8


def test_those_who_say_another_thing_among_themselves_are_not_told_with_a_crowd() -> None:
    most = [f"星禾门闸卡住了{letter}" for letter in STRANGE[:12]]
    few = [f"星禾琴键掉漆{letter}" for letter in STRANGE[12:15]]
    assert TALK.akin([*most, *few]) == [True] * 12 + [False] * 3
    assert all(TALK.akin(["星禾排队", "星禾太甜"]))


def test_whoever_says_what_nobody_else_does_is_not_told_with_a_crowd() -> None:
    most = [f"星禾门闸卡住了{letter}" for letter in STRANGE[:12]]
    beside = "星禾卡住了座椅摇晃"
    assert TALK.akin([*most, beside, "星禾地毯湿透", "星禾"]) == [True] * 13 + [False] * 2


# ── what is said anyway ─────────────────────────────────────────────────────────────────────────────────────────────

ANYWAY = [f"星禾前台慢{letter}" for letter in STRANGE] + ["星禾座椅摇晃"] * 20
"""What a brand hears in any hour: 前台 in half of its posts."""


def test_what_a_brand_hears_anyway_makes_no_post_part_of_a_talk() -> None:
    most = [f"星禾前台门闸卡住了{letter}" for letter in STRANGE[:12]]
    known = Talk.of("星禾", ANYWAY)
    assert TALK.about(most)("星禾前台不理人")
    assert not known.about(most)("星禾前台不理人")
    assert not known.begins("星禾前台不理人", most)
    assert known.about(most)("星禾门闸坏")


def test_a_crowd_does_not_begin_with_what_is_said_anyway() -> None:
    gates = [f"星禾门闸卡住了{letter}" for letter in STRANGE[:6]]
    keys = [f"星禾前台琴键掉漆{letter}" for letter in STRANGE[6:9]]
    desk = [f"星禾前台{letter}" for letter in STRANGE[9:13]]
    assert TALK.core([*gates, *keys, *desk]) == [False] * 6 + [True] * 7
    assert Talk.of("星禾", ANYWAY).core([*gates, *keys, *desk]) == [True] * 6 + [False] * 7


def test_what_is_said_far_more_often_than_usual_counts() -> None:
    seldom = Talk.of("星禾", [*["星禾门闸卡"] * 2, *["星禾座椅摇晃"] * 38])
    assert seldom.about([f"星禾门闸卡住了{letter}" for letter in STRANGE[:12]])("星禾门闸坏")
