"""What /metrics holds: enough, not too much, and nothing of what strangers wrote."""

from collections import Counter

from prometheus_client.parser import text_string_to_metric_families

from monitor import metrics
from monitor.model import Severity
from tests.deploy.standing import Standing

SERIES_AT_MOST = 400


def series(text: str) -> set[tuple[str, frozenset[tuple[str, str]]]]:
    families = text_string_to_metric_families(text)
    return {(sample.name, frozenset(sample.labels.items())) for family in families for sample in family.samples}


def test_ten_feeds_four_receivers_and_three_brands_fit_into_four_hundred_series_whatever_happens(
    scene: Standing,
) -> None:
    before = series(scene.metrics())
    scene.burn()
    after = series(scene.metrics())
    feeds, receivers = (
        {dict(labels)[label] for _, labels in after if label in dict(labels)} for label in ("feed", "receiver")
    )
    assert (len(feeds), len(receivers)) == (10, 4)
    assert {dict(labels).get("brand") for _, labels in after} >= {"星禾", "青岚", "白露"}
    names = Counter(name for name, _ in after)
    unsaid = sum(10 - names[name] for name in ("langyan_feed_overlap", "langyan_feed_items_expected"))
    assert len(after) + unsaid <= SERIES_AT_MOST
    # What is made while it runs is named after hosts, methods, and what a feed was found to say.
    assert len(after - before) < 15


def test_brands_beyond_the_twentieth_share_one_label() -> None:
    metrics.expect(
        feeds={}, accounts={}, receivers=(), brands=[f"brand-{number}" for number in range(25)], pages_at=Severity.RED
    )
    try:
        counted = metrics.by_brand({"brand-3": 2, "brand-22": 1, "brand-24": 4})
        assert len(counted) == 21
        assert (counted["brand-3"], counted["other"], counted["brand-0"]) == (2, 5, 0)
    finally:
        metrics.expect(feeds={}, accounts={}, receivers=(), brands=(), pages_at=Severity.RED)


def test_a_feed_that_left_the_configuration_leaves_no_series_that_a_rule_could_wait_for() -> None:
    metrics.expect(feeds={"gone": 60.0}, accounts={}, receivers=(), brands=(), pages_at=Severity.RED)
    metrics.FEED_OVERLAP.labels("gone").set(0)
    assert _of_feed("gone")
    metrics.retire("gone")
    assert not _of_feed("gone")
    metrics.retire("gone")


def _of_feed(feed: str) -> set[str]:
    families = metrics.REGISTRY.collect()
    return {sample.name for family in families for sample in family.samples if sample.labels.get("feed") == feed}
