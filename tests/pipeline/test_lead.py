"""How early a page was, and how late a post was found: what the histograms are told."""

from datetime import timedelta

from monitor import metrics
from monitor.model import PostKey
from tests.builders import a_post
from tests.pipeline.conftest import Rooms
from tests.pipeline.test_judge import BUG, burn, minutes


def value(name: str) -> float:
    return metrics.REGISTRY.get_sample_value(name) or 0.0


def test_a_page_is_as_early_as_the_time_until_its_post_has_what_hurts(rooms: Rooms) -> None:
    count, total = value("langyan_page_lead_seconds_count"), value("langyan_page_lead_seconds_sum")
    burn(rooms)
    (incident,) = rooms.incidents()
    assert incident.paged_at is not None
    lead = minutes(2 + 5 * 9) - incident.paged_at  # the look at which it has 520 of 500
    assert lead > timedelta(minutes=5)
    assert value("langyan_page_lead_seconds_count") == count + 1
    assert value("langyan_page_lead_seconds_sum") == total + lead.total_seconds()
    rooms.look(PostKey("weibo", "1"), 900, minutes(60))
    rooms.judge(minutes(60))
    assert value("langyan_page_lead_seconds_count") == count + 1


def test_a_page_that_comes_when_it_hurts_already_is_no_lead_at_all(rooms: Rooms) -> None:
    count, total = value("langyan_page_lead_seconds_count"), value("langyan_page_lead_seconds_sum")
    rooms.see(a_post(text=BUG), 900, minutes(2))
    rooms.judge(minutes(2))
    assert value("langyan_page_lead_seconds_count") == count + 1
    assert value("langyan_page_lead_seconds_sum") == total


def test_what_was_never_paged_has_no_lead(rooms: Rooms) -> None:
    count = value("langyan_page_lead_seconds_count")
    burn(rooms, "星禾的奶茶真好喝,推荐大家都来")
    assert value("langyan_page_lead_seconds_count") == count
