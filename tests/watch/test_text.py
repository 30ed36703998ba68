"""Text as it is compared."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.watch.text import content_hash, fold


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("ＸｉｎｇＨｅ", "xinghe"),
        ("臺灣麵館", "台湾面馆"),
        ("a\u202eb\u2066c\x00d", "abcd"),
        ("STRASSE ß", "strasse ss"),
        ("①", "1"),
    ],
)
def test_folding(text: str, folded: str) -> None:
    assert fold(text) == folded


@settings(max_examples=80)
@given(st.text(max_size=80))
def test_folding_plain_chinese_twice_changes_nothing(text: str) -> None:
    once = fold("".join(c for c in text if "\u4e00" <= c <= "\u9fff" or c.isascii()))
    assert fold(once) == once


def test_copies_hash_the_same() -> None:
    assert content_hash("星禾 太差了\n") == content_hash("星禾\u200b　太差了")
    assert content_hash("星禾太好了") != content_hash("星禾太差了")
    assert len(content_hash("\ud800")) == 32
