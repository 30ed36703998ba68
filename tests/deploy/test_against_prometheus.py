"""Every panel and every rule asked of a real Prometheus that scrapes a real daemon: each has an answer."""

import math
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.deploy.standing import Standing
from tests.deploy.test_dashboards import NAMES, queries
from tests.deploy.test_rules import NAMES as RULES

PROMETHEUS = Path(__file__).parents[2] / "deploy" / "prometheus"
CONFIG = """
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: ["{rules}"]
scrape_configs:
  - job_name: langyan
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""
PATIENCE = 45.0


@contextmanager
def prometheus(scene: Standing) -> Iterator[httpx.Client]:
    """Scrapes the scene every second and evaluates the shipped rules; its API."""
    binary = shutil.which("prometheus")
    if binary is None:
        pytest.skip("prometheus is not installed")
    config = scene.folder / "prometheus.yml"
    config.write_text(CONFIG.format(rules=PROMETHEUS / "rules.yml", port=scene.port))
    log = scene.folder / "prometheus.log"
    options = [f"--config.file={config}", f"--storage.tsdb.path={scene.folder / 'tsdb'}"]
    with log.open("w") as said:
        process = subprocess.Popen([binary, *options, "--web.listen-address=127.0.0.1:0"], stdout=said, stderr=said)
    try:
        with httpx.Client(base_url=_address(process, log), trust_env=False) as client:
            yield client
    finally:
        process.kill()
        process.wait()


def _address(process: "subprocess.Popen[bytes]", log: Path) -> str:
    """Where it listens, as its log says."""
    end = time.monotonic() + PATIENCE
    while True:
        found = re.search(r'msg="Listening on".* address=(127\.0\.0\.1:\d+)', log.read_text())
        if found and "Server is ready" in log.read_text():
            return f"http://{found[1]}"
        assert process.poll() is None, log.read_text()[-2000:]
        assert time.monotonic() < end, log.read_text()[-2000:]
        time.sleep(0.05)


def answer(client: httpx.Client, query: str) -> list[float]:
    """The numbers it answers with; one that is none does not count."""
    said: dict[str, Any] = client.get("/api/v1/query", params={"query": query}).json()
    assert said["status"] == "success", (query, said)
    result = said["data"]["result"]
    values = [result[1]] if said["data"]["resultType"] == "scalar" else [sample["value"][1] for sample in result]
    return [float(value) for value in values if not math.isnan(float(value))]


def filled(query: str) -> str:
    """As Grafana asks it with all brands, feeds and receivers chosen."""
    return re.sub(r"\$(brand|feed|receiver)", ".*", query)


def selectors(rule: str) -> list[str]:
    """What a rule looks at; each is there whether or not it fires."""
    return re.findall(r"langyan_\w+(?:{[^}]*})?", rule)


def unanswered(client: httpx.Client, asked: set[str]) -> set[str]:
    return {query for query in asked if not answer(client, query)}


def test_every_panel_and_every_rule_has_an_answer(scene: Standing) -> None:
    with prometheus(scene) as client:
        end = time.monotonic() + PATIENCE
        while not answer(client, "langyan_build_info"):
            assert time.monotonic() < end
            time.sleep(0.1)
        scene.burn()
        rules = client.get("/api/v1/rules").json()["data"]["groups"][0]["rules"]
        assert [rule["name"] for rule in rules] == RULES
        left = {filled(query) for name in NAMES for query in queries(name)}
        left |= {selector for rule in rules for selector in selectors(rule["query"])}
        while left := unanswered(client, left):
            assert time.monotonic() < end + PATIENCE, "\n".join(sorted(left))
            time.sleep(0.5)
        rules = client.get("/api/v1/rules").json()["data"]["groups"][0]["rules"]
        assert [(rule["name"], rule["lastError"]) for rule in rules if rule["health"] != "ok"] == []
        firing = {rule["name"] for rule in rules if rule["state"] != "inactive"}
        # The scene has a feed whose token has expired, a host that is dead, and a receiver that refuses what it is sent.
        assert firing >= {"LangyanWatchdog", "LangyanFeedNeedsYou", "LangyanFeedStale", "LangyanReceiverRefuses"}
        assert "LangyanDown" not in firing
