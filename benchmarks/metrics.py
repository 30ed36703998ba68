"""What a scrape costs: `/metrics` of a running house with ten feeds, four receivers and three brands, while it polls and pages.

Real milliseconds from the request to the last byte, on a connection that stays open, as Prometheus keeps it.
"""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from benchmarks.measure import Figure, percentile
from tests.deploy.standing import standing

SCRAPES = 400
EVERY = 0.02


def run() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="langyan-metrics-") as folder, standing(Path(folder)) as scene:
        scene.burn()
        took: list[float] = []
        with httpx.Client(base_url=f"http://127.0.0.1:{scene.port}", trust_env=False) as client:
            for _ in range(SCRAPES):
                began = time.perf_counter()
                text = client.get("/metrics").text
                took.append((time.perf_counter() - began) * 1000)
                time.sleep(EVERY)
    series = sum(not line.startswith("#") for line in text.splitlines())
    yield Figure(name="metrics: a scrape, p50", value=percentile(took, 0.5), unit="ms")
    yield Figure(name="metrics: a scrape, p99", value=percentile(took, 0.99), unit="ms", wanted="<= 50")
    yield Figure(name="metrics: series", value=series, unit="series", wanted="<= 400")
