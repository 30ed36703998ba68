"""Every platform of the table has a unit of the model, a name for people, and posts that are judged and told in its own words."""

from datetime import datetime, timedelta

import pytest

from alerts.card import card
from alerts.words import Language, platform
from monitor.model import COUNTERS, Count, Counts, Incident, Severity
from monitor.platforms import UNITS
from monitor.triage.severity import DEFAULT_VIRAL
from monitor.watch.target import About
from tests.builders import NOON, a_post
from tests.pipeline.conftest import BRAND, Rooms
from tests.triage.test_redlines_exam import shipped

LINES = shipped()

BURNT = "星禾的保温杯炸了,滚水浇了孩子一胳膊,去医院缝了六针"
BAD = "星禾的杯子漏水,客服三天没有人回复我"


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def rises(rooms: Rooms, where: str, unit: str, *values: int, text: str = BAD) -> None:
    """A bad post of a platform is seen with these counts, ten minutes apart."""
    post = a_post(platform=where, native_id="p1", text=text)
    for number, value in enumerate(values):
        rooms.spot(post, Counts(**{unit: Count(value)}), at(2 + 10 * number))
        rooms.judge(at(2 + 10 * number))


def said(incident: Incident, language: Language) -> str:
    shown = card(incident, language, at(60))
    return "\n".join((shown.push, shown.headline, shown.byline, shown.now, shown.ahead, shown.outlook, *shown.reasons))


@pytest.mark.parametrize("name", UNITS)
def test_a_platform_has_a_name_in_both_languages_and_a_unit_that_the_model_counts(name: str) -> None:
    assert platform(name, "zh") != name
    assert platform(name, "en")
    assert UNITS[name] is None or UNITS[name] in COUNTERS


def test_what_hurts_by_default_is_said_only_where_reach_is_counted() -> None:
    assert all(UNITS[name] for name in DEFAULT_VIRAL)


@pytest.mark.parametrize(
    ("where", "unit", "zh", "en"),
    [
        ("xiaohongshu", "likes", ("小红书", "个赞"), ("Xiaohongshu", "likes")),
        ("douyin", "likes", ("抖音", "个赞"), ("Douyin", "likes")),
        ("tieba", "comments", ("百度贴吧", "条评论"), ("Tieba", "comments")),
        ("bilibili", "views", ("哔哩哔哩", "次阅读"), ("Bilibili", "views")),
        ("wechat", "views", ("公众号", "次阅读"), ("WeChat", "views")),
    ],
)
def test_a_post_that_has_what_hurts_pages_in_its_own_unit_without_a_made_up_chance(
    where: str, unit: str, zh: tuple[str, str], en: tuple[str, str]
) -> None:
    rooms = Rooms()
    rises(rooms, where, unit, 40, 900, 6_000)
    (incident,) = rooms.incidents()
    assert incident.severity is Severity.ORANGE
    assert incident.forecast is not None
    assert incident.forecast.p_viral is None
    for words, language in ((zh, "zh"), (en, "en")):
        told = said(incident, language)  # type: ignore[arg-type]
        assert all(word in told for word in words)
        assert "可能闹大" not in told
        assert "enough to hurt" not in told


def test_a_note_that_grows_towards_what_hurts_is_shown_before_it_pages() -> None:
    rooms = Rooms()
    rises(rooms, "xiaohongshu", "likes", 100, 600, 1_300)
    (incident,) = rooms.incidents()
    assert incident.severity is Severity.YELLOW
    assert [reason.code for reason in incident.reasons][:1] == ["growth"]
    assert "还在涨" in said(incident, "zh")
    assert "still growing" in said(incident, "en")


@pytest.mark.parametrize("where", ["heimao", "jd", "dianping", "appstore"])
def test_one_loud_review_or_complaint_wakes_nobody(where: str) -> None:
    rooms = Rooms()
    rises(rooms, where, "likes", 3, 40, 90)
    assert not rooms.told()


@pytest.mark.parametrize("where", ["hotline", "wechat_service", "app_feedback", "email"])
def test_what_is_said_to_the_brand_alone_has_no_reach(where: str) -> None:
    rooms = Rooms()
    rises(rooms, where, "likes", 3, 4_000, 90_000)
    assert not rooms.incidents()


@pytest.mark.parametrize("where", ["heimao", "jd", "hotline"])
def test_a_red_line_pages_wherever_it_is_said_and_the_card_says_what_it_is(where: str) -> None:
    rooms = Rooms(redlines={BRAND: lambda text: LINES.read(text, About((BRAND,)))})
    rooms.spot(a_post(platform=where, native_id="p1", text=BURNT), Counts(), at(2))
    rooms.judge(at(2))
    (incident,) = rooms.incidents()
    assert incident.severity is Severity.ORANGE
    assert rooms.told()
    for language in ("zh", "en"):
        told = said(incident, language)
        assert platform(where, language) in told
        assert "?" not in told
