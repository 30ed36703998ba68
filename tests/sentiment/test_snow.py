"""SnowNLP behind its guards, in its own process as everywhere."""

from collections.abc import Iterator

import pytest

from monitor.model import Passage, Sentiment
from monitor.sentiment.desk import Desk


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    desk = Desk("snownlp")
    yield desk
    desk.close()


def told(desk: Desk, *texts: str) -> list[Sentiment | None]:
    return desk.score([Passage(text) for text in texts])


def test_a_complaint_is_worse_than_praise_and_says_why(desk: Desk) -> None:
    bad, _, good = told(
        desk,
        "质量太差了,客服态度恶劣,再也不买了,要求退款",
        "味道很好,店员热情,推荐大家来",
        "非常满意,包装精美,物流很快,下次还会购买",
    )
    assert bad is not None
    assert good is not None
    assert bad.aimed > 0.8 > 0.3 > good.aimed
    assert bad.negative > 0.9 > 0.1 > good.negative
    assert bad.evidence
    assert all(word in "质量太差了,客服态度恶劣,再也不买了,要求退款" for word in bad.evidence)


@pytest.mark.parametrize("text", ["", " ", "https://t.cn/A6abcdEF", "😡", "@星禾官方"])
def test_a_text_without_words_says_nothing_bad(desk: Desk, text: str) -> None:
    (score,) = told(desk, text)
    assert score is not None
    assert score.negative == 0.0


@pytest.mark.parametrize("text", ["啊" * 10_000, "差评" * 20_000, "\x00\u202e<!channel>" * 50, "1" * 10_000])
def test_hostile_texts_are_scored_in_time(desk: Desk, text: str) -> None:
    (score,) = told(desk, text)
    assert score is not None
    assert 0.0 <= score.negative <= 1.0


def test_scores_agree_with_stock_snownlp_on_plain_text(desk: Desk) -> None:
    # SnowNLP('...').sentiments of 0.12.3, taken once
    (score,) = told(desk, "我今天不高兴")
    assert score is not None
    assert 1 - score.negative == pytest.approx(0.369, abs=0.002)
