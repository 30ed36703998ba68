"""What people read of a forecast."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from monitor.model import Precision
from monitor.spread import sentence
from monitor.spread.analogs import Alike
from monitor.spread.features import Features, measure
from monitor.spread.usual import Rank
from tests.builders import NOON

REACH = (623.4, 311.0, 1_349.0)


def pace(counts: Sequence[int], *, every: float = 300.0, precision: Precision = Precision.EXACT) -> Features:
    return measure([60 + every * i for i in range(len(counts))], counts, precision=precision)


def test_in_chinese_it_says_how_far_how_sure_and_how_fast() -> None:
    assert (
        sentence.forecast(pace((5, 29, 84)), "reposts", REACH, NOON, "zh")
        == "按现在的速度，预计 24 小时后 620 次转发（八成把握 310–1300）；现在 84，每分钟 +11"
    )


def test_in_english_it_says_by_when_on_the_clock_of_china() -> None:
    late = NOON + timedelta(hours=6, minutes=40)
    assert (
        sentence.forecast(pace((5, 29, 84)), "reposts", REACH, late, "en")
        == "at this pace 620 reposts by 18:40 tomorrow (80 %: 310-1,300); now 84, +11/min"
    )


def test_how_many_earlier_posts_like_it_went_so_far_is_told_last() -> None:
    alike, said = Alike(passed=21, of=60), sentence.forecast(pace((5, 29, 84)), "reposts", REACH, NOON, "zh")
    told = sentence.forecast(pace((5, 29, 84)), "reposts", REACH, NOON, "zh", alike, 12_000)
    assert told == said + "；60 条走势相近的旧帖里，有 21 条超过 1.2 万"
    assert sentence.forecast(pace((5, 29, 84)), "reposts", REACH, NOON, "en", alike, 12_000).endswith(
        "; of 60 earlier posts like it 21 passed 12,000"
    )
    assert sentence.forecast(pace((5, 29, 84)), "reposts", REACH, NOON, "zh", alike) == said


def test_what_bots_seem_to_have_brought_is_said() -> None:
    plain = sentence.forecast(pace((5, 29, 84)), "reposts", REACH, NOON, "zh")
    assert (
        sentence.forecast(pace((5, 29, 84)), "reposts", REACH, NOON, "zh", shoved=55)
        == f"{plain}；其中 55 次转发像是刷的，不计入"
    )
    told = sentence.forecast(pace((5, 29, 84)), "reposts", REACH, NOON, "en", shoved=55)
    assert told.endswith("; 55 of these reposts look like bots’ and do not count")
    told = sentence.forecast(pace((5, 29, 84)), "reposts", REACH, NOON, "zh", shoved=55, awaited=True)
    assert told == f"{plain}；其中 55 次转发刚刚涌来，是不是刷的要再看"


def test_after_one_look_it_says_that_it_is_too_early() -> None:
    assert "还说不准" in sentence.forecast(pace((5,)), "reposts", REACH, NOON, "zh")
    assert "too early to say" in sentence.forecast(pace((5,)), "reposts", REACH, NOON, "en")


def test_ten_thousands_are_written_as_people_write_them() -> None:
    said = sentence.forecast(pace((9_000, 12_000)), "reposts", (14_000.0, 12_400.0, 20_000.0), NOON, "zh")
    assert "1.4 万次转发" in said
    assert "1.2 万–2 万" in said


@pytest.mark.parametrize(
    ("counts", "zh", "en"),
    [
        ((5, 20), "，每分钟 +3", ", +3/min"),
        ((5, 6), "，每小时 +12", ", +12/h"),
        ((6, 6), "，没有再涨", ", no longer growing"),
    ],
)
def test_the_pace_is_told_in_the_unit_that_fits(counts: tuple[int, int], zh: str, en: str) -> None:
    assert sentence.forecast(pace(counts), "reposts", REACH, NOON, "zh").endswith(zh)
    assert sentence.forecast(pace(counts), "reposts", REACH, NOON, "en").endswith(en)


def test_a_rounded_display_is_about_and_a_capped_one_at_least() -> None:
    about = pace((12_000, 12_000), precision=Precision.ROUNDED)
    least = pace((100_000, 100_000), precision=Precision.LOWER_BOUND)
    assert sentence.forecast(about, "reposts", REACH, NOON, "zh").endswith("现在约 1.2 万")
    assert sentence.forecast(least, "reposts", REACH, NOON, "zh").endswith("现在至少 10 万")


def test_rounding_never_tells_less_than_there_is() -> None:
    said = sentence.forecast(pace((1_300, 1_349)), "reposts", (1_350.0, 1_349.0, 1_351.0), NOON, "en")
    assert "(80 %: 1,349-" in said


def test_without_curves_it_says_that_it_only_carries_the_pace_on() -> None:
    seen = pace((100, 150))
    assert (
        sentence.carried_on(seen, "likes", 300.0, 7_200.0, "zh")
        == "现在 150 个赞，每分钟 +10；照此再过 2 小时约 300。没有可参照的传播曲线，这是顺推，不是预测"
    )
    assert sentence.carried_on(seen, "likes", 300.0, 900.0, "en").startswith(
        "now 150 likes, +10/min; about 300 in 15 min if that goes on. Carried on, not forecast"
    )


def test_without_curves_it_says_where_a_post_stands_among_the_last_ones() -> None:
    seen = pace((100, 150))
    zh, en = (sentence.carried_on(seen, "likes", 300.0, 900.0, language, Rank(181, 187)) for language in ("zh", "en"))
    assert zh.endswith("；同平台最近 187 条旧帖，一天后有 181 条还不到这么多")
    assert en.endswith("; after a day 181 of the last 187 posts there had fewer")


def test_without_curves_and_growth_it_forecasts_nothing() -> None:
    assert "不作预测" in sentence.carried_on(pace((100, 100)), "likes", 100.0, 900.0, "zh")
    assert "no longer growing; no forecast" in sentence.carried_on(pace((100, 100)), "likes", 100.0, 900.0, "en")
    assert "growing" not in sentence.carried_on(pace((100,)), "comments", 100.0, 900.0, "en")
