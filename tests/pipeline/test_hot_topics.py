"""The brand on a hot list: the real store, the real rules, topics as the lists show them."""

from datetime import datetime, timedelta

import pytest

from alerts import card
from monitor.model import Counts, Incident, Post, Severity
from monitor.spread.revisit import AHEAD
from tests.builders import NOON, a_post
from tests.pipeline.conftest import Rooms

MINUTE = timedelta(minutes=1)


class House(Rooms):
    """Rooms that read hot lists."""

    def shows(self, words: str, now: datetime, *, rank: int | None = 12, platform: str = "weibo") -> None:
        """A list shows a topic."""
        status = f"#{rank} · 2384651 · 沸" if rank else None
        native_id = f"hot:2026-11-02:{words}"
        self.spot(Post(platform=platform, native_id=native_id, kind="topic", title=words, status=status), Counts(), now)
        self.judge(now)

    def whole(self) -> Incident:
        """The newest incident with all that is known of it."""
        found = self.store.incident(self.incidents()[0].id)
        assert found is not None
        return found

    def why(self) -> list[str]:
        """Its reasons, in words."""
        return [card.sentence(reason, "zh") for reason in self.whole().reasons]


@pytest.fixture
def house() -> House:
    return House()


def test_the_brand_on_a_hot_list_pages_where_the_topic_says_harm(house: House) -> None:
    house.shows("星禾奶茶喝出虫子", NOON)
    (incident,) = house.incidents()
    assert incident.severity is Severity.ORANGE
    assert house.why()[0] == "上榜：微博热搜第 12 位「星禾奶茶喝出虫子」"
    assert len(house.told()) == 1


def test_a_kind_topic_is_shown_and_wakes_nobody(house: House) -> None:
    house.shows("星禾新品好喝", NOON)
    assert [incident.severity for incident in house.incidents()] == [Severity.YELLOW]
    assert house.told() == []


def test_what_stood_on_the_list_when_it_was_first_read_is_shown_and_wakes_nobody(house: House) -> None:
    house.see(a_post(kind="topic", native_id="t1", text="星禾奶茶虫子", posted_at=None), 0, NOON, background=True)
    house.see(a_post(kind="topic", native_id="t2", text="星禾新品", posted_at=None), 0, NOON, background=True)
    house.judge(NOON)
    assert [incident.severity for incident in house.incidents()] == [Severity.YELLOW]
    assert house.told() == []


def test_the_same_topic_sighted_again_is_one_post_and_one_page(house: House) -> None:
    for minutes in range(0, 60, 5):
        house.shows("星禾奶茶喝出虫子", NOON + minutes * MINUTE)
    assert [incident.posts for incident in house.incidents()] == [1]
    assert (len(house.told()), len(house.told("update"))) == (1, 0)


def test_a_topic_that_climbs_is_told_on_the_message_it_has(house: House) -> None:
    house.shows("星禾奶茶喝出虫子", NOON, rank=31)
    house.shows("星禾奶茶喝出虫子", NOON + 5 * MINUTE, rank=29)
    assert house.why()[0] == "上榜：微博热搜第 31 位「星禾奶茶喝出虫子」"
    house.shows("星禾奶茶喝出虫子", NOON + 10 * MINUTE, rank=2)
    assert "上榜：微博热搜第 2 位「星禾奶茶喝出虫子」" in house.why()
    assert (len(house.told()), len(house.told("update"))) == (1, 1)


def test_a_topic_joins_the_open_incident_of_its_event_and_says_so_there(house: House) -> None:
    house.see(a_post(text="星禾万象城店的奶茶喝出虫子，店员说是茶叶渣，客服三天没人回"), 900, NOON)
    house.judge(NOON)
    house.shows("星禾 虫子", NOON + 20 * MINUTE)
    assert [incident.posts for incident in house.incidents()] == [2]
    assert "上榜：微博热搜第 12 位「星禾 虫子」" in house.why()
    house.shows("星禾奶茶虫子", NOON + 25 * MINUTE, platform="douyin", rank=40)
    assert [incident.posts for incident in house.incidents()] == [3]
    assert "上榜：微博热搜第 12 位、抖音热榜第 40 位「星禾奶茶虫子」" in house.why()
    assert len(house.told()) == 1


def test_a_post_about_what_is_on_the_list_joins_the_topics_incident(house: House) -> None:
    house.shows("星禾奶茶喝出虫子", NOON)
    house.see(a_post(text="星禾万象城店的奶茶喝到底是虫子，店员说是茶叶渣，客服三天没人回"), 900, NOON + 20 * MINUTE)
    house.judge(NOON + 20 * MINUTE)
    assert [incident.posts for incident in house.incidents()] == [2]


def test_a_topic_about_another_harm_is_an_incident_of_its_own(house: House) -> None:
    house.see(a_post(text="星禾万象城店的奶茶喝出虫子，店员说是茶叶渣，客服三天没人回"), 900, NOON)
    house.judge(NOON)
    house.shows("星禾被约谈", NOON + 20 * MINUTE)
    assert len(house.incidents()) == 2


def test_a_quiet_incident_is_raised_by_the_list(house: House) -> None:
    house.see(a_post(text="星禾奶茶喝出虫子，店员说是茶叶渣，怎么办"), 3, NOON)
    house.judge(NOON)
    assert house.told() == []
    house.shows("星禾 虫子", NOON + 20 * MINUTE)
    assert house.whole().severity is Severity.ORANGE
    assert len(house.told()) == 1


def test_a_topic_is_never_asked_for_by_its_id(house: House) -> None:
    house.shows("星禾奶茶喝出虫子", NOON)
    assert house.store.tracked("weibo", NOON + timedelta(hours=2), 100, AHEAD) == []


def test_a_card_of_a_topic_tells_the_list_and_no_reach(house: House) -> None:
    house.shows("星禾奶茶喝出虫子", NOON)
    told = card.card(house.whole(), "zh", NOON)
    assert told.headline == "🟠 橙 · 星禾 · 上榜：微博热搜第 12 位"
    assert "上榜：微博热搜第 12 位" in told.push
    assert (told.now, told.ahead) == ("", "")
    english = card.card(house.whole(), "en", NOON)
    assert "on a hot list: Weibo’s hot searches, place 12" in english.headline
