"""What the demo says at its end, against a truth that is known."""

from datetime import datetime, timedelta
from typing import Any

from monitor.reckoning import COUNT_RULE, Told, reckon
from tests.builders import NOON


def a_truth(key: str = "weibo:1", *, reposts: int = 1_000, **given: Any) -> dict[str, Any]:
    """A post that gets one repost every six seconds."""
    truth = {
        "key": key,
        "kind": "crisis",
        "is_crisis": True,
        "copy_of": None,
        "text": "星禾的杯子炸了",
        "published_at": NOON.isoformat(),
        "final": reposts,
        "offsets": [6.0 * (number + 1) for number in range(reposts)],
    }
    return {**truth, **given}


def told(key: str = "weibo:1", at: datetime = NOON + timedelta(minutes=10)) -> Told:
    return Told(incident=1, key=key, at=at)


def test_a_page_in_time_is_told_with_what_was_still_to_come() -> None:
    result = reckon([told()], [a_truth()], NOON)
    (fact,) = result.facts
    assert (fact["reposts_when_paged"], fact["still_to_come"], result.missed) == (100, 0.9, [])
    assert "paged              12:10:00, 10 min after, at 100 reposts" in "\n".join(result.lines)


def test_the_count_rule_pages_when_the_count_is_there() -> None:
    (fact,) = reckon([told()], [a_truth()], NOON).facts
    assert fact["count_rule_paged_at"] == (NOON + timedelta(seconds=6 * COUNT_RULE)).isoformat()
    (fact,) = reckon([told()], [a_truth(reposts=COUNT_RULE - 1)], NOON).facts
    assert fact["count_rule_paged_at"] is None


def test_a_crisis_that_nobody_was_told_of_is_missed() -> None:
    result = reckon([], [a_truth()], NOON)
    assert result.missed == ["weibo:1"]
    assert "NEVER" in "\n".join(result.lines)


def test_a_page_for_a_copy_is_a_page_for_the_crisis() -> None:
    copy = a_truth("weibo:2", is_crisis=False, kind="copy", copy_of="weibo:1", reposts=5)
    result = reckon([told("weibo:2")], [a_truth(), copy], NOON)
    assert (result.missed, result.wrong) == ([], 0)


def test_a_page_for_something_harmless_is_called_wrong() -> None:
    lottery = a_truth("weibo:3", is_crisis=False, kind="lottery")
    result = reckon([told(), told("weibo:3")], [a_truth(), lottery], NOON)
    assert (result.wrong, result.rule_wrong) == (1, 1)
    assert "weibo:3 (lottery): WRONG" in "\n".join(result.lines)


def test_what_was_large_before_the_world_began_is_no_alarm_of_the_rule() -> None:
    old = a_truth("weibo:4", is_crisis=False, kind="old-storm", published_at=(NOON - timedelta(days=2)).isoformat())
    assert reckon([], [old], NOON).rule_wrong == 0
