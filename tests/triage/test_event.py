"""Posts that tell of one event in other words, and posts that only sound alike."""

from datetime import timedelta
from itertools import combinations, permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.sandbox import texts
from monitor.triage import event
from monitor.triage.event import Telling
from tests.builders import NOON

BRAND = "星禾"
SHOP = "星禾珍珠奶茶里喝到异物,南京西路店,店员还不承认"


def telling(words: str = SHOP, number: int = 1, **given: Any) -> Telling:
    return Telling(**{"mention_id": number, "at": NOON, "words": words, "story_id": number, **given})


def same(one: Telling, *others: Telling) -> event.Same | None:
    return event.find(one, others, BRAND)


@pytest.mark.parametrize(
    "other",
    [
        "我朋友也是!南京西路店的珍珠奶茶有异物,差点吞下去",
        "刚路过星禾南京西路店,门口围了一堆人,说是珍珠奶茶喝出异物了",
        "南京西路那家星禾,珍珠奶茶吃出异物,店员死不认账",
    ],
)
def test_the_same_harm_product_and_shop_are_one_event_and_the_words_are_said(other: str) -> None:
    found = same(telling(product="珍珠奶茶"), telling(other, 7, product="珍珠奶茶"))
    assert found is not None
    assert found.story_id == 7
    assert found.words[:2] == ("异物", "珍珠奶茶")
    assert any("南京西路" in word for word in found.words)


@pytest.mark.parametrize(
    "other",
    [
        "星禾的珍珠奶茶有异物 恶心",
        "星禾杭州湖滨店的珍珠奶茶喝出异物,气死我了",
        "星禾珍珠奶茶里喝到异物,徐家汇店,客服还不理人",
        "星禾珍珠奶茶里有虫子,人民广场店,喝了拉肚子",
        "星禾南京西路店排队太久了,店员态度差",
        "星禾南京西路店门口有人烫伤了送医院",
        "",
    ],
)
def test_the_same_harm_alone_or_the_same_shop_alone_are_two(other: str) -> None:
    assert same(telling(product="珍珠奶茶"), telling(other, 7, product="珍珠奶茶")) is None


def test_two_products_are_two_events() -> None:
    assert same(telling(product="珍珠奶茶"), telling(SHOP, 7, product="暖杯")) is None


def test_two_cities_are_two_events_though_both_are_told_the_same_tale() -> None:
    one, other = "{}店的珍珠奶茶喝出异物,店长硬说是茶叶渣", "珍珠奶茶里有异物!{}店,店长也说是茶叶渣"
    here = telling(one.format("杭州"), product="珍珠奶茶")
    assert same(here, telling(other.format("杭州"), 7, product="珍珠奶茶")) is not None
    assert same(here, telling(other.format("成都"), 7, product="珍珠奶茶")) is None


def test_a_batch_number_is_a_rare_word() -> None:
    one = "星禾暖杯批号XH20261015炸了,烫伤了手"
    other = telling("我这只也是XH20261015,今早炸了烫到孩子,谁买了别用", 7)
    found = same(telling(one), other)
    assert found is not None
    assert "xh20261015" in found.words


def test_a_shop_that_all_the_brands_posts_name_is_no_rare_word() -> None:
    pair = (telling(), telling("南京西路店又吃出异物,这次是在珍珠奶茶里面", 7))
    assert same(*pair) is not None
    crowd = [telling(f"南京西路店今天{number}号桌的珍珠奶茶也不错", 100 + number) for number in range(250)]
    assert same(*pair, *crowd) is None


def test_the_events_own_posts_do_not_make_its_words_common() -> None:
    crowd = [
        telling(f"南京西路店的珍珠奶茶里有异物,我是第{number}个", 100 + number, story_id=7) for number in range(250)
    ]
    found = same(telling(), *crowd)
    assert found is not None
    assert found.story_id == 7


def test_what_lies_more_than_a_day_apart_is_another_event() -> None:
    assert same(telling(), telling(SHOP, 7, at=NOON - timedelta(hours=25))) is None
    assert same(telling(), telling(SHOP, 7, at=NOON - timedelta(hours=23))) is not None


def test_a_post_that_was_never_bad_has_no_story_to_join() -> None:
    assert same(telling(), telling(SHOP, 7, story_id=None)) is None


def test_the_invented_crises_of_one_brand_stay_apart() -> None:
    rng = np.random.default_rng(7)
    told = [
        [telling(texts.fill(rng, crisis), 100 * kind + n) for n in range(15)]
        for kind, crisis in enumerate(texts.CRISES)
    ]
    for one, other in combinations(told, 2):
        assert not [a for a in one if event.find(a, other, BRAND)]


def test_everyday_complaints_are_not_gathered_into_events() -> None:
    rng = np.random.default_rng(11)
    told = [telling(texts.fill(rng, texts.pick(rng, texts.GRUMBLE)), n) for n in range(200)]
    assert not [one for one in told if event.find(one, told, BRAND)]


def test_it_does_not_matter_in_which_order_the_others_stand() -> None:
    others = [telling(SHOP + "!", 7), telling("南京西路店的珍珠奶茶有异物", 8), telling("徐家汇店珍珠奶茶有异物", 9)]
    assert len({same(telling(), *order) for order in permutations(others)}) == 1


@given(st.text(max_size=80), st.text(max_size=80))
def test_whatever_people_write_it_is_compared(one: str, other: str) -> None:
    assert same(telling(one), telling(other, 2)) is None or (one and other)
