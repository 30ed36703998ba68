"""What docs/sources/coverage.md shows is what the house says, and its word file is read."""

import re
from pathlib import Path

from connectors.weibo import Weibo
from monitor import coverage, metrics
from monitor.canary.flight import Stage
from monitor.config_tables import AccountTable
from monitor.watch import wordfile
from tests.check.test_coverage import TOKEN, Feed

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "sources" / "coverage.md").read_text(encoding="utf-8")


def test_the_table_is_the_one_that_is_printed() -> None:
    account = AccountTable(limit=100, discover=0.4, revisit=0.48)
    said = dict(coverage.lines(coverage.of([Feed(Weibo(token=TOKEN), account="w")], {"w": account}), "zh"))
    for platform in ("微博", "小红书、抖音、快手、公众号"):
        assert f"{platform}: {said[platform]}" in PAGE


def test_the_word_file_is_read() -> None:
    (words,) = re.findall(r"```\n(\[GLOBAL_FILTER\].*?)```", PAGE, re.DOTALL)
    assert wordfile.is_word_file(words)
    assert {term.said for term in wordfile.query(words, "page").asked()} == {"星禾茶饮", "星禾"}


def test_every_metric_and_stage_is_one_that_exists() -> None:
    known = {metric.name for metric in metrics.REGISTRY.collect()}
    for name in re.findall(r"langyan_[a-z_]+", PAGE):
        assert name.removesuffix("_total") in known, name
    assert ", ".join(Stage) in PAGE


def test_the_letter_speaks_of_the_same_limits_as_the_door() -> None:
    from monitor.doors import RECORDS_AT_MOST

    letter = (DOCS / "access.md").read_text(encoding="utf-8")
    assert letter.count(f"{RECORDS_AT_MOST:,}") == 2
    assert letter.count("10 MB") == 2
