"""Ridge regression at each age, with residuals from posts the fit had not seen."""

import numpy as np
import pytest

from monitor.spread.fit import ENOUGH, Rows, fit
from monitor.spread.model import LEVELS


def rows(number: int, *, age: float = 30.0, noise: float = 0.2, useless: int = 0) -> Rows:
    """y = 5 + 2x and noise, beside terms that say nothing."""
    chance = np.random.default_rng(4)
    x = chance.normal(size=number)
    given = np.column_stack([np.ones(number), x, chance.normal(size=(number, useless))])
    wanted = 5 + 2 * x + chance.normal(size=number) * noise
    return Rows(age=np.full(number, age), given=given, wanted=wanted, fold=np.arange(number) % 3)


def test_it_finds_the_line_and_how_far_posts_are_off_it() -> None:
    table = fit(rows(3_000), (30,), (0, 1, 2), (0.5,))
    assert table.coefficients[0] == pytest.approx((5, 2), abs=0.02)
    below, above = table.residuals[0]
    for part in (below, above):
        assert part == tuple(sorted(part))
        assert part[-1] - part[0] == pytest.approx(2 * 1.96 * 0.2, rel=0.15)
    assert table.bounds[0][0] == pytest.approx(5, abs=0.1)


def test_residuals_come_from_posts_the_fit_had_not_seen() -> None:
    few = rows(300, noise=1.0, useless=60)
    table = fit(few, (30,), (0, 1, 2), ())
    seen = few.wanted - few.given @ np.asarray(table.coefficients[0])
    (unseen,) = table.residuals[0]
    assert unseen[-1] - unseen[0] > 1.15 * float(np.ptp(np.quantile(seen, (LEVELS[0], LEVELS[-1]))))


def test_a_fold_that_is_left_out_teaches_nothing() -> None:
    told = rows(900)
    spoilt = Rows(age=told.age, given=told.given, wanted=np.where(told.fold == 2, 99, told.wanted), fold=told.fold)
    assert fit(spoilt, (30,), (0, 1), ()).coefficients[0] == pytest.approx((5, 2), abs=0.05)


def test_an_age_that_hardly_any_look_is_near_is_left_out() -> None:
    assert fit(rows(ENOUGH), (5, 30, 60), (0, 1, 2), ()).knots == (30.0,)


def test_with_too_few_looks_at_every_age_it_says_so() -> None:
    with pytest.raises(ValueError, match="Give more curves"):
        fit(rows(ENOUGH - 1), (30,), (0, 1, 2), ())
