"""Posts that tell the same thing."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.triage.story import BANDS, bands, choose, signature, similarity

GOLDEN = (7331349381151715719, 3616840667313201024)

COMPLAINT = "昨天在星禾中山路店买的奶茶里喝出一只虫子,找店员说理被赶出来,客服三天没有回复,大家避雷这家店"


def signed(text: str) -> bytes:
    found = signature(text)
    assert found is not None
    return found


@pytest.mark.parametrize(
    "copy",
    [
        COMPLAINT + "!!!",
        "转发微博//@路人甲:" + COMPLAINT,
        COMPLAINT + " https://t.cn/A6abc",
        COMPLAINT.replace("大家避雷这家店", "大家都避雷这家店吧"),
        "昨天在星禾中山路店買的奶茶裡喝出一隻蟲子,找店員說理被趕出來,客服三天沒有回覆,大家避雷這家店",
    ],
)
def test_a_copy_shares_a_band_and_resembles(copy: str) -> None:
    one, other = signed(COMPLAINT), signed(copy)
    assert set(bands(one)) & set(bands(other))
    assert choose(other, [(1, 7, one)]) == 7


@pytest.mark.parametrize(
    "other",
    [
        "星禾的保温杯用了两天就漏水,客服让我自己寄回去,运费还要我出,以后不会再买了",
        "昨天在星禾中山路店买的奶茶特别好喝,店员也很热情,下次还来",
        "青岚奶茶里喝出虫子,店家态度恶劣",
    ],
)
def test_another_complaint_is_another_story(other: str) -> None:
    assert choose(signed(other), [(1, 7, signed(COMPLAINT))]) is None


@pytest.mark.parametrize(
    "text", ["", "差评", "😡😡😡😡😡😡😡😡😡😡", "https://t.cn/A6abcdEFGHIJK", "//@路人甲:", "@星禾官方旗舰店"]
)
def test_too_little_text_resembles_nothing(text: str) -> None:
    assert signature(text) is None


def test_the_most_similar_story_is_chosen() -> None:
    near, far = signed(COMPLAINT + "真的"), signed("完全不同的一段话,讲的是别的事情,和奶茶没有关系")
    assert choose(signed(COMPLAINT), [(1, 1, far), (2, 2, near)]) == 2
    assert choose(signed(COMPLAINT), []) is None


def test_bands_are_the_same_in_every_process() -> None:
    assert len(bands(signed(COMPLAINT))) == BANDS
    assert bands(signed("狼烟四起的时候大家都看得见"))[:2] == GOLDEN


@settings(max_examples=60)
@given(st.text(max_size=200))
def test_no_text_is_too_strange(text: str) -> None:
    found = signature(text)
    if found is not None:
        assert similarity(found, found) == 1.0
        assert all(0 <= band < 2**63 for band in bands(found))
