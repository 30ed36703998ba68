"""A red line from the feed to the page, and how an incident's level rises and falls: the real store, the real rules."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from monitor.model import Author, Availability, Count, Counts, Forecast, Incident, IncidentState, PostKey, Severity
from monitor.spread.forecast import Ask
from monitor.triage.redlines import Touched
from monitor.watch.target import About
from tests.builders import NOON, a_forecast, a_post
from tests.pipeline.conftest import BRAND, Rooms
from tests.triage.test_redlines_exam import shipped

LINES = shipped()
BURNT = "星禾的保温杯炸了,滚水浇了孩子一胳膊,去医院缝了六针"
KEY = PostKey("weibo", "5340")


def read(text: str) -> Touched:
    return LINES.read(text, About((BRAND,)))


@pytest.fixture
def guarded() -> Rooms:
    return Rooms(redlines={BRAND: read})


def minutes(number: float) -> datetime:
    return NOON + timedelta(minutes=number)


class Foretold:
    """A forecaster that says what it is told to say."""

    def __init__(self, chance: float) -> None:
        self.chance = chance

    def forecasts(self, asks: Sequence[Ask], *_: object) -> list[Forecast]:
        return [a_forecast(p_viral=self.chance, now=60) for _ask in asks]


class Watched:
    """A post at the level that its chance of spreading makes, looked at again and again."""

    def __init__(self, chance: float) -> None:
        self.foretold = Foretold(chance)
        self.rooms = Rooms(forecaster=self.foretold)
        self.rooms.see(a_post(), 60, minutes(2))
        self.rooms.judge(minutes(2))

    def after(self, minute: float, chance: float, availability: Availability = Availability.VISIBLE) -> Severity:
        """The level its incident is shown at after one more look."""
        self.foretold.chance = chance
        self.rooms.look(KEY, 60, minutes(minute), availability)
        self.rooms.judge(minutes(minute))
        return self.incident.severity

    @property
    def incident(self) -> Incident:
        (incident,) = self.rooms.incidents()
        return incident


def test_a_red_line_pages_at_three_reposts_and_says_which(guarded: Rooms) -> None:
    guarded.see(a_post(text=BURNT), 3, minutes(2))
    guarded.judge(minutes(2))
    (incident,) = guarded.incidents()
    assert incident.severity is Severity.ORANGE
    assert guarded.told() == ["incident-1:crisis:root"]
    line = incident.reasons[0]
    assert line.code == "red_line"
    assert "injury" in line.facts["harms"]
    assert line.facts["now"] == 3


SICK = "星禾的杨枝甘露别喝了,我和室友喝完上吐下泻,在医院挂水"
SICK_TOO = "昨天和我妈喝的星禾,夜里上吐下泻,今天在医院,有没有人一样的"
SICK_ELSEWHERE = "成都的星禾也不行,喝完上吐下泻,人在医院"


@pytest.mark.parametrize(
    ("later", "incidents"),
    [
        (SICK_TOO, 1),
        (BURNT, 2),
    ],
)
def test_who_was_harmed_alike_is_a_row_of_the_first_ones_incident(guarded: Rooms, later: str, incidents: int) -> None:
    for number, text in enumerate((SICK, later)):
        guarded.see(a_post(native_id=str(number), text=text), 2, minutes(2 + 30 * number))
        guarded.judge(minutes(2 + 30 * number))
    assert len(guarded.told()) == incidents
    assert sum(incident.posts for incident in guarded.incidents()) == 2
    if incidents == 1:
        (incident,) = guarded.incidents()
        assert {"red_line", "same_event"} <= {reason.code for reason in incident.reasons}


def test_the_same_harm_in_two_cities_is_two_incidents(guarded: Rooms) -> None:
    for number, text in enumerate(("杭州的" + SICK, SICK_ELSEWHERE)):
        guarded.see(a_post(native_id=str(number), text=text), 2, minutes(2 + 30 * number))
        guarded.judge(minutes(2 + 30 * number))
    assert len(guarded.told()) == 2


def test_the_same_post_pages_nobody_without_its_lines(rooms: Rooms) -> None:
    rooms.see(a_post(text=BURNT), 3, minutes(2))
    rooms.judge(minutes(2))
    assert rooms.told() == []


def test_a_red_line_needs_no_counter(guarded: Rooms) -> None:
    guarded.spot(a_post(text="@星禾 您好，我是晚报的记者，想采访负责人，方便私信吗"), Counts(), minutes(2))
    guarded.judge(minutes(2))
    (incident,) = guarded.incidents()
    assert incident.reasons[0].facts["now"] is None


def test_a_red_line_of_a_happy_text_pages_nobody(guarded: Rooms) -> None:
    guarded.see(a_post(text="星禾好喝,喝完骨折价再来一杯,抢救无效,自燃了"), 3, minutes(2))
    guarded.judge(minutes(2))
    assert guarded.told() == []


def test_a_red_line_in_a_backlog_is_old_news_until_it_grows(guarded: Rooms) -> None:
    guarded.see(a_post(text=BURNT), 3, minutes(2), background=True)
    guarded.judge(minutes(2))
    assert guarded.told() == []
    guarded.look(KEY, 5, minutes(12))
    guarded.judge(minutes(12))
    assert len(guarded.told()) == 1


def test_a_red_line_found_after_two_hours_is_news_and_after_two_days_is_not(guarded: Rooms) -> None:
    guarded.see(a_post(text=BURNT, native_id="1", posted_at=NOON - timedelta(hours=2)), 3, minutes(2))
    guarded.see(a_post(text="星禾的灯自燃了", native_id="2", posted_at=NOON - timedelta(days=2)), 3, minutes(2))
    guarded.judge(minutes(2))
    (incident,) = guarded.incidents()
    assert incident.lead is not None
    assert incident.lead.post.native_id == "1"


def test_a_red_line_stays_orange_until_people_resolve_it(guarded: Rooms) -> None:
    guarded.see(a_post(text=BURNT), 3, minutes(2))
    for hour in range(1, 12):
        guarded.look(KEY, 3, minutes(60 * hour))
        guarded.judge(minutes(60 * hour))
    assert [incident.severity for incident in guarded.incidents()] == [Severity.ORANGE]


def test_a_page_that_calms_falls_step_by_step_and_tells_nobody_anew() -> None:
    watched = Watched(0.9)
    assert len(watched.rooms.told()) == 1
    fell = [watched.after(30 * number, 0.01) for number in range(1, 16)]
    assert fell[:4] == [Severity.ORANGE] * 4
    assert fell[4:8] == [Severity.YELLOW] * 4
    assert fell[8:] == [Severity.BLUE] * 7
    assert watched.incident.state is IncidentState.OPEN
    assert len(watched.rooms.told()) == 1
    assert watched.rooms.told("update")


def test_a_fall_is_said_in_words_of_its_own() -> None:
    watched = Watched(0.9)
    for number in range(1, 6):
        watched.after(30 * number, 0.01)
    assert watched.incident.reasons[0].code == "lowered"
    assert watched.incident.reasons[0].facts == {"from": "orange", "to": "yellow", "calm_min": 120}


def test_one_look_at_the_level_begins_the_two_hours_anew() -> None:
    watched = Watched(0.9)
    for minute, chance in ((30, 0.01), (60, 0.01), (90, 0.9), (120, 0.01), (150, 0.01), (200, 0.01)):
        assert watched.after(minute, chance) is Severity.ORANGE


def test_what_rises_again_after_a_fall_is_raised_but_not_paged() -> None:
    watched = Watched(0.9)
    for number in range(1, 6):
        watched.after(30 * number, 0.01)
    assert watched.after(170, 0.9) is Severity.ORANGE
    assert watched.incident.calm_since is None
    assert [reason.code for reason in watched.incident.reasons][-1] == "raised"
    assert len(watched.rooms.told()) == 1


def test_a_post_that_is_gone_keeps_its_level() -> None:
    watched = Watched(0.9)
    for number in range(1, 12):
        assert watched.after(30 * number, 0.01, Availability.GONE) is Severity.ORANGE


def test_what_an_authority_says_against_the_brand_is_orange(rooms: Rooms) -> None:
    said = a_post(text="星禾三批次奶茶抽检结果公布", author=Author(id="9", name="杭州市场监管", verified=True))
    rooms.see(said, 2, minutes(2))
    rooms.judge(minutes(2))
    (incident,) = rooms.incidents()
    assert incident.reasons[0].code == "official"


def test_the_same_words_of_somebody_unverified_are_only_words(rooms: Rooms) -> None:
    said = a_post(text="星禾三批次奶茶抽检结果公布", author=Author(id="9", name="杭州市场监管"))
    rooms.see(said, 2, minutes(2))
    rooms.judge(minutes(2))
    assert rooms.told() == []


def test_five_thousand_views_are_evidence(rooms: Rooms) -> None:
    rooms.spot(a_post(), Counts(reposts=Count(2), views=Count(5_000)), minutes(2))
    rooms.judge(minutes(2))
    (incident,) = rooms.incidents()
    assert "views" in [reason.code for reason in incident.reasons]
