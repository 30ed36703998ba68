"""A canary in a house that stands: it flies by the house's own configuration and leaves nothing in its store."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from monitor import app, fittings
from monitor.canary.flight import Landing, Stage
from monitor.canary.flock import HOUSE, Flock
from monitor.clock import RealClock, ScaledClock
from monitor.config import Config, load
from monitor.loops import Life
from monitor.model import IncidentState, Passage, Sentiment
from monitor.scoring import Scoring
from monitor.store import Store
from tests.builders import NOON

TOML = """
state = "state"
[[brand]]
name = "星禾"
match = '星禾'
except = '抽奖'
[[feed]]
name = "hub"
type = "rss"
url = "https://a.example/feed"
[alerts]
{alerts}
[alerts.receivers.crisis]
type = "webhook"
url = {{ file = "url" }}
secret = {{ file = "url" }}
"""


class Reads:
    """A scorer that finds everything bad."""

    def score(self, passages: Sequence[Passage]) -> list[Sentiment | None]:
        return [Sentiment(negative=0.99, aimed=0.99, engine="t", version="1") for _ in passages]


def house(tmp_path: Path, alerts: str = "", *, rate: float = 1.0) -> tuple[list[Any], Store, Life]:
    (tmp_path / "url").write_text("https://a.example/hook\n")
    (tmp_path / "langyan.toml").write_text(TOML.format(alerts=alerts), encoding="utf-8")
    config: Config = load(tmp_path / "langyan.toml")
    store, clock, life = Store.memory(), RealClock() if rate == 1 else ScaledClock(NOON, rate), Life()
    desk: Any = Reads()
    scoring = Scoring(config.engine, config.scoring, config.brands, store, clock, desk)
    return app._canaries(config, store, clock, fittings.rules(config), scoring, life), store, life


@pytest.mark.parametrize("alerts", ["", 'mode = "trial"', 'page_at = "red"'])
def test_it_comes_through_and_leaves_nothing(tmp_path: Path, alerts: str) -> None:
    (work,), store, _ = house(tmp_path, alerts)
    before = store.totals()
    flock: Flock = work.step.__self__
    assert [flock.fly(HOUSE), flock.fly("星禾")] == [Landing(None), Landing(None)]
    assert store.totals() == before
    assert not store.incidents(list(IncidentState))
    assert not store.notifications()
    assert not store.feeds()


def test_the_house_names_a_loop_of_its_own_that_stands_still(tmp_path: Path) -> None:
    (work,), _, life = house(tmp_path)
    life.expected["judge"] = time.monotonic() - 1
    assert work.step.__self__.fly(HOUSE) == Landing(Stage.LOOPS, "stand still: judge")


def test_a_clock_that_runs_fast_has_none(tmp_path: Path) -> None:
    works, _, _ = house(tmp_path, rate=75)
    assert works == []
