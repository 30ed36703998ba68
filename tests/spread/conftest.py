"""The shipped weights, and curves invented from a seed."""

from collections.abc import Callable, Sequence
from datetime import datetime
from importlib import resources
from typing import Literal

import numpy as np
import pytest

from monitor.model import Forecast, Look
from monitor.spread.curves import DAY, HOUR, Curve
from monitor.spread.forecast import Forecaster, Weights
from tests.builders import NOON

Ask = Callable[..., Forecast]
Invent = Callable[[int, int], list[Curve]]


@pytest.fixture(scope="session")
def weights() -> Weights:
    return Weights.from_json(resources.files("monitor.spread").joinpath("weights.json").read_bytes())


@pytest.fixture(scope="session")
def ask(weights: Weights) -> Ask:
    """A forecast at the last look, or at `now`; where one is expected."""
    forecaster = Forecaster(weights)

    def at(
        looks: Sequence[Look],
        *,
        platform: str = "weibo",
        now: datetime | None = None,
        viral: int | None = 500,
        language: Literal["zh", "en"] = "en",
    ) -> Forecast:
        told = forecaster.forecast(platform, looks, NOON, now or looks[-1].seen_at, viral, language)
        assert told is not None
        return told

    return at


@pytest.fixture(scope="session")
def invent() -> Invent:
    """Posts of 60 to 1,500 reposts whose pace halves after a time of their own: `invent(number, seed)`."""

    def curves(number: int, seed: int) -> list[Curve]:
        chance = np.random.default_rng(seed)
        made = []
        for i in range(number):
            size = int(60 / (1 - chance.random() * 0.96))
            typical = 20 * 60 * np.exp(chance.normal(0, 0.7))
            offsets = np.sort(typical * (chance.random(size) ** -0.9 - 1))
            born = 1_750_000_000 + i * 3 * HOUR + chance.uniform(0, DAY)
            made.append(Curve(born=float(born), fold=i % 3, offsets=offsets.tolist()))
        return made

    return curves
