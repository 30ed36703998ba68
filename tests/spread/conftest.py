"""The shipped weights, small nets drawn by chance, and curves invented from a seed."""

from collections.abc import Callable, Sequence
from datetime import datetime
from importlib import resources
from typing import Literal

import numpy as np
import pytest

from monitor.model import Forecast, Look
from monitor.spread import forecast
from monitor.spread.curves import HOUR, Curve
from monitor.spread.forecast import Forecaster, Weights
from monitor.spread.nets import HORIZONS, PARTS, TERMS, Layer, Nets
from monitor.spread.rhythm import DAY
from monitor.spread.usual import EXPECTED, Sizes
from tests.builders import NOON

Ask = Callable[..., Forecast]
Invent = Callable[[int, int], list[Curve]]


@pytest.fixture(scope="session")
def weights() -> Weights:
    return Weights.from_json(resources.files("monitor.spread").joinpath("weights.json").read_bytes())


@pytest.fixture(scope="session")
def nets() -> Nets:
    """Two nets of eight hidden units that nobody taught."""
    chance = np.random.default_rng(3)

    def layer(into: int, out: int) -> Layer:
        return Layer(
            weights=chance.normal(size=(2, into, out)).astype(np.float16).astype(np.float32),
            bias=chance.normal(size=(2, 1, out)).astype(np.float16).astype(np.float32),
        )

    return Nets(
        center=np.linspace(-1, 1, TERMS).round(2),
        spread=np.linspace(0.5, 2, TERMS).round(2),
        layers=(layer(TERMS, 8), layer(8, HORIZONS * 3 * PARTS)),
    )


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
        sizes: Sizes = EXPECTED,
    ) -> Forecast:
        post = forecast.Ask(platform=platform, looks=looks, born=NOON, now=now or looks[-1].seen_at, viral=viral)
        told = forecaster.forecast(post, language, sizes)
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
