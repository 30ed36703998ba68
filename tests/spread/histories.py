"""Whatever a platform may show of a post, for tests that hold for all of it."""

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
from hypothesis import strategies as st

from monitor.model import Count, Counts, Look, Precision
from monitor.spread.curves import HOUR, Curve
from monitor.spread.heldout import Judged, Watched
from monitor.spread.nets import WEEK
from monitor.spread.usual import EXPECTED
from tests.builders import NOON

DAY = 86_400.0


def look(age: float, counts: Counts) -> Look:
    return Look(seen_at=NOON + timedelta(seconds=age), age=age, counts=counts)


counters = st.one_of(
    st.none(),
    st.builds(Count, st.integers(-5, 10**14), st.sampled_from(Precision)),
    st.builds(Count, st.integers(0, 1_000), st.just(Precision.EXACT)),
)
histories = st.lists(
    st.builds(
        lambda age, reposts: look(age, Counts(reposts=reposts)),
        st.one_of(st.floats(0, DAY), st.floats(0, 60 * DAY)),
        counters,
    ),
    min_size=1,
    max_size=8,
).map(lambda seen: sorted(seen, key=lambda one: one.seen_at))


def judged_post(*, final: int, chances: Sequence[float], viral: bool, hours: Sequence[float] = (1, 4, 20)) -> Judged:
    """Three looks; `final` reposts, evenly over the first ten hours."""
    curve = Curve(born=0.0, fold=0, offsets=[10 * HOUR * i / final for i in range(final)])
    ages = np.array(hours) * HOUR
    watched = Watched(
        number=0,
        ages=ages,
        raw=np.array(chances),
        doubted=np.zeros(len(ages), dtype=bool),
        where=np.array([[*EXPECTED, 0.0, 0.0]] * len(ages)),
        counts=[curve.by(age) for age in ages],
        curve=curve,
        final=curve.by(WEEK),
        hurts=500,
        viral=viral,
        told={},
    )
    return Judged(post=watched, chance=watched.raw, page=watched.raw)
