"""A note's name: one whatever its address looks like, and with the second of its creation in it."""

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import xhs_ids
from connectors.links import post_of
from monitor.model import PostKey

NOTE, USER = "68d9f0000000000012000abc", "5e0000000000000001000aaa"
IDS = st.integers(0, 16**24 - 1).map(lambda number: f"{number:024x}")


@pytest.mark.parametrize(
    ("link", "writer"),
    [
        (f"https://www.xiaohongshu.com/explore/{NOTE}", None),
        (f"http://xiaohongshu.com/explore/{NOTE}/?xsec_token=AB=&xsec_source=pc_search", None),
        (f"https://www.xiaohongshu.com/discovery/item/{NOTE}#x", None),
        (f"https://www.xiaohongshu.com/user/profile/{USER}/{NOTE}", USER),
        (f"https://m.xiaohongshu.com/explore/{NOTE}", None),
        (f"https://www.rednote.com/explore/{NOTE}?xsec_token=AB", None),
    ],
)
def test_a_note_is_known_by_every_address_of_it(link: str, writer: str | None) -> None:
    assert xhs_ids.of_link(link) == (NOTE, writer)


@pytest.mark.parametrize(
    "link",
    [
        "",
        f"https://www.xiaohongshu.com/user/profile/{USER}",
        f"https://evil.example/explore/{NOTE}",
        f"https://www.xiaohongshu.com.evil.example/explore/{NOTE}",
        f"https://www.xiaohongshu.com/explore/{NOTE}0",
        f"https://www.xiaohongshu.com/explore/{NOTE.upper()}",
    ],
)
def test_what_is_no_address_of_a_note_is_none(link: str) -> None:
    assert xhs_ids.of_link(link) is None


@given(IDS, st.text(max_size=60))
def test_an_address_leads_back_to_its_note_with_any_token(note_id: str, token: str) -> None:
    address = xhs_ids.link(note_id, quote(token, safe=""))
    assert xhs_ids.of_link(address) == (note_id, None)
    assert post_of(address) == PostKey("xiaohongshu", note_id)


@given(st.datetimes(datetime(2013, 1, 1), datetime(2099, 12, 30), timezones=st.just(UTC)), st.integers(0, 16**16 - 1))
def test_a_name_tells_the_second_of_its_creation(born: datetime, rest: int) -> None:
    found = xhs_ids.born(f"{int(born.timestamp()):08x}{rest:016x}")
    assert found is not None
    assert timedelta() <= born - found < timedelta(seconds=1)


@given(IDS)
def test_a_name_that_claims_to_be_older_than_the_site_tells_no_time(note_id: str) -> None:
    found = xhs_ids.born(note_id)
    assert found is None or found.year >= 2013


@given(st.text())
def test_only_twenty_four_digits_are_a_name(text: str) -> None:
    assert not xhs_ids.is_id(text) or (len(text) == 24 and set(text) <= set("0123456789abcdef"))
    xhs_ids.of_link(text)
