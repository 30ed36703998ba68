"""Whole feeds with known truth, invented by ../shared/tools/feed_model.py: as curves to learn from, and to page on.

`python -m benchmarks.feed SEED HOURS OUT.jsonl.gz` writes curves for `langyan train spread --feed`. `make bench ARGS=feed` pages
on ten days of another seed with the shipped weights and thresholds, as if every post were bad for the brand.
"""

import gzip
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import util
from pathlib import Path
from statistics import median
from types import ModuleType
from typing import Any

import numpy as np

from benchmarks.measure import Figure
from benchmarks.replay import SHARED
from monitor import fittings
from monitor.memory import settle_down
from monitor.model import Count, Counts, Look, Severity
from monitor.spread.curves import Curve, History
from monitor.spread.doubt import held, weighed
from monitor.spread.features import measure
from monitor.spread.heldout import Rises
from monitor.spread.nets import Weights, standing, terms
from monitor.triage.severity import DEFAULT_LEVELS, DEFAULT_VIRAL

MODEL = SHARED / "tools" / "feed_model.py"
AN_HOUR = 200.0
"""Posts an hour: 4,800 a day."""

TEST_SEED, DAYS = 202, 10
SMALLEST = 10
"""Posts that never get so many reposts are not followed: no rule pages them."""


def model() -> ModuleType:
    """The generator. FileNotFoundError where it is not at hand."""
    if not MODEL.exists():
        raise FileNotFoundError(f"{MODEL} is not here")
    spec = util.spec_from_file_location("feed_model", MODEL)
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def posts(seed: int, hours: float) -> list[dict[str, Any]]:
    """Every post of a feed, with the moments of its reposts."""
    made: list[dict[str, Any]] = model().feed(hours, AN_HOUR, seed)[0]
    return made


@dataclass(frozen=True)
class _Followed:
    """A post as a poller saw it for a day, and the truth. `bots`: reposts that nobody meant."""

    born: float
    ages: Sequence[float]
    counts: Sequence[int]
    moments: Any
    organic: int
    bots: int


def _follow(post: dict[str, Any], chance: np.random.Generator, look: Callable[..., Any]) -> _Followed:
    """Every five minutes for six hours, then every fifteen; found six minutes late on average, some looks lost."""
    age = chance.exponential(360) + chance.uniform(0, 300)
    ages, counts, most = [], [], 0
    while age < 86_400:
        if chance.random() > 0.03:
            shown = look(post, age)
            if shown is None:
                break
            most = max(most, int(shown["reposts"]))
            ages.append(age)
            counts.append(most)
        age += (300 if age < 6 * 3600 else 900) * chance.uniform(0.8, 1.2)
    return _Followed(
        born=float(post["t0"]),
        ages=ages,
        counts=counts,
        moments=np.sort(post["ev"]),
        organic=int(post["organic_7d"]),
        bots=int(post["n_bot"]),
    )


def run() -> Iterator[Figure]:
    yield from _speed()
    if not MODEL.exists():
        print("feed: ../shared/tools is not here, so there is no feed to page on", file=sys.stderr)
        return
    made = posts(TEST_SEED, DAYS * 24)
    chance, look = np.random.default_rng(1), model().poll_counts
    everything = [_follow(post, chance, look) for post in made]
    history = History([Curve(born=it.born, fold=0, offsets=it.moments.tolist()) for it in everything])
    viral, risk = DEFAULT_VIRAL["weibo"], DEFAULT_LEVELS[Severity.ORANGE].risk
    followed = [it for it in everything if it.counts and it.counts[-1] >= SMALLEST]
    weights = fittings.forecaster().weights
    ours = [_paged(it, weights, history, viral, risk) for it in followed]
    wanted = _precision(followed, ours, viral)
    count = next(
        (n for n in range(20, viral, 5) if _precision(followed, _by_count(followed, n), viral) >= wanted), viral
    )
    plain = _by_count(followed, count)
    beside = f"plain count >= {count}"
    yield Figure(
        name="simulated feed: right pages", value=wanted, unit="", beside=beside,
        beside_value=_precision(followed, plain, viral), wanted=">= 0.90",
    )  # fmt: skip
    for name, early, hours, promise in (
        ("viral posts paged in 24 h", False, 24, ">= 0.70"),
        ("viral posts paged in 6 h", False, 6, ""),
        ("paged while half was to come, 24 h", True, 24, ">= 0.55"),
        ("paged while half was to come, 6 h", True, 6, ""),
    ):
        yield Figure(
            name=f"simulated feed: {name}", value=_share(followed, ours, viral, hours, early=early), unit="",
            beside=beside, beside_value=_share(followed, plain, viral, hours, early=early), wanted=promise,
        )  # fmt: skip
    false = [it for it, page in zip(followed, ours, strict=True) if page is not None and it.organic < viral]
    false_plain = [it for it, page in zip(followed, plain, strict=True) if page is not None and it.organic < viral]
    yield Figure(
        name="simulated feed: false pages", value=len(false) / DAYS, unit="a day", beside=beside,
        beside_value=len(false_plain) / DAYS, wanted="<= 0.7",
    )  # fmt: skip
    yield Figure(
        name="simulated feed: bots among false pages", value=sum(it.bots > 0 for it in false), unit=f"of {len(false)}",
        beside=beside, beside_value=sum(it.bots > 0 for it in false_plain), wanted="<= a tenth",
    )  # fmt: skip


def _paged(post: _Followed, weights: Weights, history: History, viral: int, risk: float) -> float | None:
    """The age at which the shipped forecast pages, or the count of what hurts but for what bots seem to have brought."""
    looks = [measure(post.ages[:n], post.counts[:n]) for n in range(1, len(post.ages) + 1)]
    sizes = [history.at(post.born + age) for age in post.ages]
    given = np.array(
        [terms(seen, weights.rhythm, post.born + seen.age, usual) for seen, usual in zip(looks, sizes, strict=True)]
    )
    raw = weights.nets(given).above(viral - np.array(post.counts, dtype=float))
    counts = np.array(post.counts, dtype=float)
    where = standing(np.array(sizes), np.array(post.ages), counts, viral)
    page = weighed(weights.page(raw, where), where[:, 0], viral)
    above = held(page, counts, Rises.of(looks, post.ages, post.counts).doubted(viral), counts >= viral) >= risk
    return float(post.ages[int(np.argmax(above))]) if above.any() else None


def _by_count(followed: Sequence[_Followed], count: int) -> list[float | None]:
    return [next((age for age, n in zip(it.ages, it.counts, strict=True) if n >= count), None) for it in followed]


def _precision(followed: Sequence[_Followed], pages: Sequence[float | None], viral: int) -> float:
    paged = [it.organic >= viral for it, page in zip(followed, pages, strict=True) if page is not None]
    return round(sum(paged) / max(1, len(paged)), 3)


def _share(
    followed: Sequence[_Followed], pages: Sequence[float | None], viral: int, hours: float, *, early: bool
) -> float:
    found = 0
    for it, page in zip(followed, pages, strict=True):
        if it.organic >= viral and page is not None and page <= hours * 3600:
            found += not early or 2 * int(np.searchsorted(it.moments, page, side="right")) <= len(it.moments)
    return round(found / max(1, sum(it.organic >= viral for it in followed)), 3)


def _speed() -> Iterator[Figure]:
    from time import process_time

    from monitor.spread.forecast import Ask

    forecaster, chance = fittings.forecaster(), np.random.default_rng(1)
    born = datetime(2026, 11, 2, 3, tzinfo=UTC)
    asks = []
    for _ in range(1000):
        counts = np.cumsum(chance.poisson(chance.exponential(3), 39)).tolist()
        looks = tuple(
            Look(seen_at=born + timedelta(minutes=1 + 5 * n), age=60.0 + 300 * n, counts=Counts(reposts=Count(count)))
            for n, count in enumerate(counts)
        )
        asks.append(Ask(platform="weibo", looks=looks, born=born, now=looks[-1].seen_at, viral=500))
    forecaster.forecasts(asks[:10], "zh")
    settle_down()
    batches = []
    for _ in range(5):
        before = process_time()
        forecaster.forecasts(asks, "zh")
        batches.append(process_time() - before)
    before = process_time()
    for ask in asks[:200]:
        forecaster.forecast(ask, "zh")
    alone = (process_time() - before) / 200
    yield Figure(
        name="1,000 forecasts at once", value=round(1000 * median(batches), 1), unit="ms of CPU", wanted="<= 100"
    )
    yield Figure(name="one forecast alone", value=round(1000 * alone, 2), unit="ms of CPU", wanted="<= 2")


def write(seed: int, hours: float, out: Path) -> None:
    """The curves of a feed, to learn from."""
    with gzip.open(out, "wt", encoding="utf-8") as file:
        for post in posts(seed, hours):
            offsets = [round(float(at), 1) for at in post["ev"]]
            file.write(json.dumps({"created_at": post["t0"], "fold": -1, "offsets": offsets}) + "\n")


if __name__ == "__main__":
    write(int(sys.argv[1]), float(sys.argv[2]), Path(sys.argv[3]))
