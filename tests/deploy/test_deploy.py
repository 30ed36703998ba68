"""What operators paste tells the truth."""

import re
from pathlib import Path

from monitor.metrics import REGISTRY

DEPLOY = Path(__file__).parents[2] / "deploy"


def exported() -> set[str]:
    names = set()
    for family in REGISTRY.collect():
        names.add(family.name)
        suffixes = {
            "counter": ["_total"],
            "histogram": ["_bucket", "_sum", "_count"],
            "summary": ["_sum", "_count"],
        }.get(family.type, [])
        names.update(family.name + suffix for suffix in suffixes)
    return names


def test_prometheus_scrapes_where_langyan_listens_by_default() -> None:
    scrape = (DEPLOY / "prometheus" / "scrape.yml").read_text(encoding="utf-8")
    example = (DEPLOY.parent / "config.example.toml").read_text(encoding="utf-8")
    (port,) = re.findall(r'^listen = "127\.0\.0\.1:(\d+)"', example, re.MULTILINE)
    assert f"127.0.0.1:{port}" in scrape
