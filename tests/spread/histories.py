"""Whatever a platform may show of a post, for tests that hold for all of it."""

from datetime import timedelta

from hypothesis import strategies as st

from monitor.model import Count, Counts, Look, Precision
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
