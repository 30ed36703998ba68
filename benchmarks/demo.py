"""The demo as a newcomer runs it: what was paged, memory of the main process after it, cold start to the first poll."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta

from benchmarks.measure import Figure


def run() -> Iterator[Figure]:
    command = [sys.executable, "-P", "-c", "from monitor.cli import main; main()", "demo", "--headless", "--json"]
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    facts = [json.loads(line) for line in done.stdout.splitlines()]
    whole = next(fact for fact in facts if fact["name"] == "demo")
    yield Figure(name="demo: crises missed", value=whole["missed"], unit="crises", wanted="0")
    yield Figure(
        name="demo: false pages",
        value=whole["false_pages"],
        unit="pages",
        beside="plain count rule, deaf to what is said",
        beside_value=whole["count_rule_false_pages"],
    )
    for crisis in (fact for fact in facts if fact["name"] == "crisis" and fact["paged_at"]):
        published, paged = (datetime.fromisoformat(crisis[key]) for key in ("published_at", "paged_at"))
        yield Figure(name="demo: publication to page", value=_minutes(paged - published), unit="min of the world")
        if crisis["count_rule_paged_at"]:
            later = datetime.fromisoformat(crisis["count_rule_paged_at"]) - paged
            yield Figure(name="demo: page before the plain count rule", value=_minutes(later), unit="min of the world")
        yield Figure(name="demo: reposts when paged", value=crisis["reposts_when_paged"], unit="reposts")
        yield Figure(name="demo: share of reach still to come", value=crisis["still_to_come"], unit="")
    rss = whole["main_process_rss_mib"]
    yield Figure(name="main process after the demo", value=rss, unit="MiB", wanted="<= 150")
    yield Figure(name="SnowNLP in the main process", value=float(whole["snownlp_loaded"]), unit="modules", wanted="0")
    yield Figure(name="cold start to first poll", value=whole["first_poll_s"], unit="s")


def _minutes(gap: timedelta) -> float:
    return round(gap.total_seconds() / 60, 1)
