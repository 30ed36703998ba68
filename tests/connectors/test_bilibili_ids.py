"""A video's two names, against addresses that are known, and back for every number there can be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.bilibili_ids import aid_of, bvid_of

KNOWN = [
    (170001, "BV17x411w7KC"),
    (455017605, "BV1Q541167Qg"),
    (882584971, "BV1mK4y1C7Bz"),
    (111298867365120, "BV1L9Uoa9EUx"),
]


@pytest.mark.parametrize(("aid", "bvid"), KNOWN)
def test_a_video_has_both_its_names(aid: int, bvid: str) -> None:
    assert (aid_of(bvid), bvid_of(aid), aid_of(f"av{aid}"), aid_of(str(aid))) == (aid, bvid, aid, aid)


@given(st.integers(1, 2**51 - 1))
def test_every_number_comes_back_from_its_address(aid: int) -> None:
    assert aid_of(bvid_of(aid)) == aid


@pytest.mark.parametrize(
    "name", ["", "BV", "av0", "0", "BV1000000000", "BV17x411w7K", "BV17x411w7KCx", str(2**60), "１７"]
)
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not a video"):
        aid_of(name)


@pytest.mark.parametrize("aid", [0, -1, 2**51])
def test_there_is_no_such_video(aid: int) -> None:
    with pytest.raises(ValueError, match="not a video"):
        bvid_of(aid)


@given(st.text(alphabet="BVbv1FcwAP0OIl-", max_size=13))
def test_no_text_raises_anything_else(name: str) -> None:
    try:
        assert aid_of(bvid_of(aid_of(name))) == aid_of(name)
    except ValueError:
        return
