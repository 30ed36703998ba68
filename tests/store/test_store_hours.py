"""What each hour brought, and stories made of many posts."""

from monitor.model import Act, PostKey, Reason, Severity
from monitor.ports import Judgement
from monitor.spread.surge import Stars, hour_of
from monitor.store import Store
from tests.builders import NOON, a_sentiment
from tests.store.seen import CRISIS, ROOT, US, a_scored_mention, after, record, saw, score_all, verdict

HOUR = hour_of(NOON)


def test_bad_posts_are_counted_in_the_hour_they_were_first_seen_in(store: Store) -> None:
    record(store, saw("1", after(60)), saw("2", after(120)), saw("3", after(hours=1)))
    score_all(store, now=after(hours=3))
    assert dict(store.hours(US, HOUR, HOUR + 9)) == {HOUR: 2, HOUR + 1: 1}
    assert dict(store.hours(US, HOUR + 1, HOUR + 9)) == {HOUR + 1: 1}
    assert dict(store.hours("青岚", HOUR, HOUR + 9)) == {}


def test_good_posts_and_backlogs_make_no_hour_bad(store: Store) -> None:
    record(store, saw("1"))
    score_all(store, a_sentiment(0.1))
    record(store, saw("2"), background=True)
    score_all(store)
    assert dict(store.hours(US, HOUR, HOUR + 1)) == {HOUR: 0}
    assert [mention.post.native_id for mention in store.lately(US, NOON)] == []


def test_a_text_that_changed_and_is_scored_again_is_no_second_post(store: Store) -> None:
    record(store, saw("1"))
    score_all(store)
    record(store, saw("1", after(60), text="改过的话,还是很差"))
    assert score_all(store) == 1
    assert dict(store.hours(US, HOUR, HOUR + 1)) == {HOUR: 1}


def test_a_watched_hour_without_posts_is_quiet_and_one_nobody_watched_is_unknown(store: Store) -> None:
    store.watched([US], NOON)
    store.watched([US], after(60))
    store.watched([US], after(hours=2))
    assert dict(store.hours(US, HOUR, HOUR + 9)) == {HOUR: 0, HOUR + 2: 0}


def test_what_a_measured_hour_reached_is_kept_beside_how_many_posts_it_had(store: Store) -> None:
    record(store, saw("1"), saw("2", after(60)))
    score_all(store)
    store.watched([US], NOON)
    store.measured(US, HOUR, {"weibo": 31})
    assert dict(store.reach(US, "weibo", HOUR, HOUR + 1)) == {HOUR: (2, 31)}
    assert dict(store.reach(US, "xiaohongshu", HOUR, HOUR + 1)) == {HOUR: (0, 0)}
    assert dict(store.hours(US, HOUR, HOUR + 1)) == {HOUR: 2}


def test_an_hour_that_nobody_measured_says_nothing_of_reach(store: Store) -> None:
    store.watched([US], NOON)
    assert dict(store.reach(US, "weibo", HOUR, HOUR + 1)) == {}


def test_reviews_are_counted_by_their_stars(store: Store) -> None:
    record(store, saw("1", rating=1), saw("2", rating=2), saw("3", rating=5), saw("4"))
    score_all(store, a_sentiment(0.1))
    assert dict(store.stars(US, HOUR, HOUR + 1)) == {"weibo": Stars(rated=3, low=2)}
    assert {mention.post.native_id for mention in store.lately(US, NOON)} == {"1", "2"}


def test_what_is_gathered_is_one_story_with_one_incident_and_later_posts_join_it(store: Store) -> None:
    mentions = [a_scored_mention(store, str(number), text=f"奶茶里喝出虫子 {number}") for number in range(4)]
    told = Judgement(
        mention=mentions[0],
        verdict=verdict(),
        origin=PostKey("surge", "1"),
        change="open",
        act=Act.PAGE,
        pages=True,
        tells=((CRISIS, ROOT),),
    )
    incident = store.gather(told, [mention.id for mention in mentions[:3]], NOON)
    assert {mention.post.native_id for mention in store.incident_posts(incident)} == {"0", "1", "2"}
    (story,) = store.surge_stories(US, NOON)
    assert story is not None
    note = Reason(code="surge", facts={"posts": 4})
    more = Judgement(mention=mentions[0], verdict=verdict(Severity.BLUE), story_id=story, notes=(note,))
    assert store.gather(more, [mentions[3].id], after(60)) == incident
    shown = store.incident(incident)
    assert shown is not None
    assert (shown.posts, shown.severity) == (4, Severity.ORANGE)
    assert [reason.code for reason in shown.reasons] == ["risk", "surge"]
    assert len(shown.others) == 3
    assert shown.platforms == (("weibo", 4),)
    assert shown.lead is not None
    assert shown.lead.id not in {other.id for other in shown.others}
    assert len(store.notifications(incident)) == 1


def test_a_note_takes_the_place_of_the_one_before(store: Store) -> None:
    mention = a_scored_mention(store)
    told = Judgement(mention=mention, verdict=verdict(), origin=PostKey("surge", "1"), change="open")
    incident = store.gather(told, [mention.id], NOON)
    for posts in (5, 9):
        note = Reason(code="surge", facts={"posts": posts})
        again = Judgement(mention=mention, verdict=verdict(), story_id=store.surge_stories(US, NOON)[0], notes=(note,))
        store.gather(again, [], NOON)
    shown = store.incident(incident)
    assert shown is not None
    assert [reason.facts["posts"] for reason in shown.reasons if reason.code == "surge"] == [9]


def test_an_old_surge_is_over(store: Store) -> None:
    mention = a_scored_mention(store)
    store.gather(Judgement(mention=mention, verdict=verdict(), origin=PostKey("surge", "1")), [mention.id], NOON)
    assert len(store.surge_stories(US, NOON)) == 1
    assert store.surge_stories(US, after(1)) == []
    assert store.surge_stories("青岚", NOON) == []
