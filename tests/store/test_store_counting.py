"""What the metrics count in the store."""

from monitor.model import IncidentState
from monitor.ports import Recorded
from monitor.store import Store
from tests.store.seen import US, a_scored_mention, after, pages, record, saw


def test_what_is_open_is_counted_by_state_level_and_brand_with_its_reposts(store: Store) -> None:
    mention = a_scored_mention(store)
    store.apply([pages(mention)], after(60))
    (incident,) = store.incidents([IncidentState.OPEN])
    counted = store.counted()
    assert counted.states == {(IncidentState.OPEN, incident.severity): 1}
    assert counted.brands == {US: 1}
    assert incident.forecast is not None
    assert counted.reposts == {US: incident.forecast.now}
    assert counted.expected == {US: round(incident.forecast.median)}


def test_what_waits_for_the_scorer_is_counted(store: Store) -> None:
    record(store, saw())
    assert (store.counted().pending, store.counted().tracked) == (1, 1)


def test_a_new_post_says_how_long_after_publication_it_was_found_and_a_backlog_does_not(store: Store) -> None:
    found = record(store, saw())
    assert isinstance(found, Recorded)
    assert len(found.ages) == 1
    assert record(store, saw(at=after(60))).ages == ()
    assert record(store, saw(native_id="77"), background=True).ages == ()
