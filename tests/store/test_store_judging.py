"""What scoring and judging read and write: sentiments, stories, incidents, labels."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.errors import StoreError
from monitor.model import Count, IncidentState, Mention, NotificationKind, Opinion, PostKey, Severity
from monitor.ports import Candidate, Judgement
from monitor.store import Store, schema
from tests.builders import NOON, a_forecast, a_post, a_sentiment
from tests.store.seen import (
    CRISIS,
    RIVAL,
    ROOT,
    SENT,
    SETTLE,
    UPDATE,
    US,
    Breaks,
    a_scored_mention,
    after,
    counted,
    operators_hear,
    page,
    pages,
    record,
    refreshes,
    rows,
    saw,
    score_all,
    verdict,
)

# ── scoring ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_text_waits_with_its_title_and_is_scored_once(store: Store) -> None:
    record(store, saw(title="一杯奶茶"))
    [waiting] = store.unscored(10)
    assert (waiting.brand, waiting.text) == (US, "一杯奶茶\n奶茶里喝出虫子")
    score_all(store)
    assert store.unscored(10) == []


def test_the_loudest_text_is_scored_first_and_some_of_each_turn_goes_to_the_oldest(store: Store) -> None:
    record(store, *(saw(str(number), reposts=number) for number in range(30)))
    texts = {waiting.mention_id for waiting in store.unscored(10)}
    everything = {waiting.mention_id for waiting in store.unscored(30)}
    assert len(texts) == 10
    assert min(everything) in texts
    assert max(everything) in texts
    assert next(waiting.mention_id for waiting in store.unscored(10)) == max(everything)


def test_a_text_nobody_survives_is_set_aside_and_the_line_goes_on(store: Store) -> None:
    record(store, saw("1"), saw("2"))
    first, second = store.unscored(2)
    store.save_sentiments([(first.mention_id, None), (second.mention_id, a_sentiment())], NOON)
    assert store.unscored(10) == []
    assert [mention.id for mention in store.news(10)] == [second.mention_id]
    assert (store.totals()["failed"], store.totals()["pending"]) == (1, 0)


def test_a_text_set_aside_is_not_looked_at_again_until_it_says_something_else(store: Store) -> None:
    record(store, saw())
    [poison] = store.unscored(1)
    store.save_sentiments([(poison.mention_id, None)], NOON)
    assert store.next_look("weibo") is None
    record(store, saw(at=after(60), text="换了个说法"))
    assert [waiting.text for waiting in store.unscored(10)] == ["换了个说法"]


def test_a_sentiment_comes_back_as_it_was_given(store: Store) -> None:
    record(store, saw())
    said = a_sentiment(0.7, negative=0.9, anger=0.4, evidence=("虫子", "打了"))
    score_all(store, said)
    assert store.news(1)[0].sentiment == said


def test_an_answer_about_a_text_that_changed_meanwhile_is_thrown_away(store: Store) -> None:
    record(store, saw())
    [waiting] = store.unscored(1)
    record(store, saw(at=after(60), text="更新:星禾把我打了"))
    store.save_sentiments([(waiting.mention_id, a_sentiment(0.1))], NOON)
    assert store.news(10) == []
    assert [again.text for again in store.unscored(1)] == ["更新:星禾把我打了"]


# ── news ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_was_judged_is_no_news_until_something_comes_in(store: Store) -> None:
    mention = a_scored_mention(store)
    store.apply([refreshes(mention, change="none", tells=())], NOON)
    assert store.news(10) == []
    record(store, counted(at=after(60), reposts=Count(9)))
    assert [again.id for again in store.news(10)] == [mention.id]


def test_what_came_in_while_it_was_judged_stays_news(store: Store) -> None:
    mention = a_scored_mention(store)
    record(store, counted(at=after(60), reposts=Count(9)))
    store.apply([refreshes(mention, change="none", tells=())], NOON)
    [again] = store.news(10)
    assert (again.news, len(again.looks)) == (1, 2)


def test_the_loudest_news_comes_first(store: Store) -> None:
    record(store, saw("quiet", reposts=1), saw("loud", reposts=900), saw("some", reposts=30))
    score_all(store)
    assert [mention.post.native_id for mention in store.news(2)] == ["loud", "some"]


# ── what posts came to ──────────────────────────────────────────────────────────────────────────────────────────────

FAR = NOON + timedelta(days=400)


def test_a_finished_post_is_told_by_what_it_had_at_the_age_of_a_day(store: Store) -> None:
    record(store, saw(reposts=3))
    record(store, counted(at=after(hours=20), reposts=Count(70)))
    record(store, counted(at=after(hours=24), reposts=Count(80)))
    record(store, counted(at=after(hours=25), reposts=Count(900)))
    assert store.finished("weibo", "reposts", NOON - timedelta(days=1), FAR, 10) == [80]


def test_of_a_count_that_fell_the_highest_is_told(store: Store) -> None:
    record(store, saw(reposts=50))
    record(store, counted(at=after(hours=5), reposts=Count(40)))
    assert store.finished("weibo", "reposts", NOON - timedelta(days=1), FAR, 10) == [50]


def test_finished_posts_are_told_oldest_first_and_only_the_newest_of_them(store: Store) -> None:
    for number in (3, 1, 2, 0):
        record(store, saw(str(number), at=after(hours=number), reposts=number, posted_at=after(hours=number)))
    assert store.finished("weibo", "reposts", NOON - timedelta(days=1), FAR, 10) == [0, 1, 2, 3]
    assert store.finished("weibo", "reposts", NOON - timedelta(days=1), FAR, 2) == [2, 3]


def test_only_posts_published_after_one_moment_and_by_another_are_told(store: Store) -> None:
    for number in range(4):
        record(store, saw(str(number), at=after(hours=number), reposts=number, posted_at=after(hours=number)))
    assert store.finished("weibo", "reposts", after(hours=0), after(hours=2), 10) == [1, 2]
    assert store.finished("weibo", "reposts", after(hours=3), FAR, 10) == []


def test_a_post_of_which_nothing_was_known_by_then_is_left_out(store: Store) -> None:
    record(store, saw("hidden", reposts=None), saw("late", at=after(hours=30), reposts=500), saw("known", reposts=7))
    assert store.finished("weibo", "reposts", NOON - timedelta(days=1), FAR, 10) == [7]


def test_finished_posts_of_another_platform_are_another_matter(store: Store) -> None:
    record(store, saw(reposts=7))
    assert store.finished("xiaohongshu", "likes", NOON - timedelta(days=1), FAR, 10) == []


# ── stories ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_new_story_begins_where_its_post_was_said_first(store: Store) -> None:
    mention = a_scored_mention(store, repost_of="5000")
    origin = PostKey("weibo", "5000")
    store.apply([pages(mention, origin=origin)], NOON)
    story = store.story_of(US, origin)
    assert story is not None
    assert store.story_of(US, mention.post.key) == story
    assert store.story_of(RIVAL, origin) is None
    assert store.story_of(US, PostKey("weibo", "unknown")) is None


def test_two_reposts_of_one_post_that_was_never_seen_are_one_story(store: Store) -> None:
    one, two = a_scored_mention(store, "1", repost_of="5000"), a_scored_mention(store, "2", repost_of="5000")
    origin = PostKey("weibo", "5000")
    incidents = store.apply([pages(one, origin=origin), pages(two, origin=origin)], NOON)
    assert len(set(incidents)) == 1
    assert {mention.post.native_id for mention in store.incident_posts(incidents[0])} == {"1", "2"}
    incident = store.incident(incidents[0])
    assert incident is not None
    assert incident.posts == 2


def test_posts_that_share_a_band_are_candidates_of_each_other(store: Store) -> None:
    mention = a_scored_mention(store, "1")
    store.apply([pages(mention, bands=(11, 12, 12), signature=b"what it says")], NOON)
    story = store.story_of(US, mention.post.key)
    assert story is not None
    found = [Candidate(post_id=mention.post_id, story_id=story, signature=b"what it says")]
    assert store.candidates(US, [12, 99], after(-60)) == found
    assert store.candidates(US, [11, 12], after(-60)) == found
    assert store.candidates(US, [99], after(-60)) == []
    assert store.candidates(US, [], after(-60)) == []
    assert store.candidates(RIVAL, [12], after(-60)) == []
    assert store.candidates(US, [12], after(60)) == []


def test_a_text_too_short_to_resemble_another_still_has_a_story(store: Store) -> None:
    mention = a_scored_mention(store)
    store.apply([pages(mention, signature=b"", bands=())], NOON)
    assert store.story_of(US, mention.post.key) is not None


def test_a_near_duplicate_joins_the_story_and_its_incident(store: Store) -> None:
    incident = page(store, "1")
    story = store.incident_posts(incident)[0].story_id
    copy = a_scored_mention(store, "2")
    joins = Judgement(mention=copy, verdict=verdict(None), story_id=story, signature=b"same", bands=(1,))
    assert store.apply([joins], NOON) == [incident]
    assert [mention.post.native_id for mention in store.incident_posts(incident)] == ["1", "2"]
    assert store.story_of(US, copy.post.key) == story


def test_two_mentions_of_one_new_story_judged_at_the_same_time_are_one_story_and_one_incident(store: Store) -> None:
    origin = PostKey("weibo", "5000")
    mentions = [a_scored_mention(store, str(number), repost_of="5000") for number in range(8)]

    def judge(mention: Mention) -> int:
        return store.apply([pages(mention, origin=origin)], NOON)[0]

    with ThreadPoolExecutor(4) as pool:
        incidents = set(pool.map(judge, mentions))
    assert len(incidents) == 1
    assert len(rows(store, schema.story)) == 1
    assert [row["key"] for row in store.notifications()] == [f"incident-{incidents.pop()}:{CRISIS}:root"]


# ── incidents ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_incident_comes_back_with_all_that_was_decided(store: Store) -> None:
    mention = a_scored_mention(store)
    decided = verdict(Severity.RED, risk=0.93, forecast=a_forecast(p_viral=None), found_late=True)
    [number] = store.apply([pages(mention, verdict=decided)], after(60))
    incident = store.incident(number)
    assert incident is not None
    assert (incident.brand, incident.severity, incident.state) == (US, Severity.RED, IncidentState.OPEN)
    assert (incident.opened_at, incident.changed_at, incident.paged_at) == (after(60), after(60), after(60))
    assert (incident.risk, incident.forecast, incident.found_late) == (0.93, decided.forecast, True)
    assert incident.reasons == decided.reasons
    assert incident.lead is not None
    assert incident.lead.post.native_id == mention.post.native_id
    assert incident.lead.incident_id == number
    assert store.incident_of(incident.story_id) == incident


def test_what_is_not_bad_enough_opens_nothing(store: Store) -> None:
    mention = a_scored_mention(store)
    assert store.apply([Judgement(mention=mention, verdict=verdict(None), signature=b"s")], NOON) == [0]
    assert store.incidents() == []
    story = store.story_of(US, mention.post.key)
    assert story is not None
    assert store.incident_of(story) is None


def test_an_incident_may_be_opened_without_waking_anybody(store: Store) -> None:
    number = page(store, pages=False, tells=(), verdict=verdict(Severity.BLUE))
    incident = store.incident(number)
    assert incident is not None
    assert incident.paged_at is None
    assert store.notifications() == []


def test_raising_shows_the_worse_post_and_pages_once(store: Store) -> None:
    number = page(store, "1", pages=False, tells=(), verdict=verdict(Severity.BLUE))
    story = store.incident_posts(number)[0].story_id
    worse = a_scored_mention(store, "2")
    raises = pages(worse, change="raise", story_id=story, verdict=verdict(Severity.ORANGE, risk=0.9))
    assert store.apply([raises], after(60)) == [number]
    incident = store.incident(number)
    assert incident is not None
    assert (incident.severity, incident.risk, incident.paged_at) == (Severity.ORANGE, 0.9, after(60))
    assert (incident.opened_at, incident.changed_at, incident.posts) == (NOON, after(60), 2)
    assert incident.lead is not None
    assert incident.lead.post.native_id == "2"
    store.apply([replace(raises, verdict=verdict(Severity.RED))], after(120))
    again = store.incident(number)
    assert again is not None
    assert again.paged_at == after(60)
    assert [row["kind"] for row in store.notifications()].count("root") == 1


def test_a_machine_never_lowers_an_incident(store: Store) -> None:
    number = page(store, verdict=verdict(Severity.RED, risk=0.95))
    [mention] = store.incident_posts(number)
    store.apply([pages(mention, signature=None, change="raise", verdict=verdict(Severity.YELLOW, risk=0.3))], after(60))
    incident = store.incident(number)
    assert incident is not None
    assert (incident.severity, incident.risk, incident.changed_at) == (Severity.RED, 0.95, NOON)


def test_refreshing_brings_the_forecast_up_to_date_and_leaves_the_colour(store: Store) -> None:
    number = page(store)
    [mention] = store.incident_posts(number)
    later = verdict(Severity.YELLOW, risk=0.5, forecast=a_forecast(median=1_200.0, unproven=True, shoved=40))
    assert store.apply([refreshes(mention, verdict=later)], after(60)) == [number]
    incident = store.incident(number)
    assert incident is not None
    assert (incident.risk, incident.forecast, incident.severity) == (0.5, later.forecast, Severity.ORANGE)


def test_judging_without_a_change_says_how_bad_the_mention_is_and_touches_nothing_else(store: Store) -> None:
    number = page(store)
    before = store.incident(number)
    [mention] = store.incident_posts(number)
    record(store, counted(at=after(30), reposts=Count(3)))
    assert store.apply([refreshes(mention, change="none", tells=(), verdict=verdict(Severity.BLUE))], after(60)) == [
        number
    ]
    after_it = store.incident(number)
    assert after_it is not None
    assert before is not None
    assert (after_it.risk, after_it.severity, after_it.changed_at) == (before.risk, before.severity, before.changed_at)
    assert store.incident_posts(number)[0].severity is Severity.BLUE


def test_a_story_has_at_most_one_incident_that_is_not_resolved(store: Store) -> None:
    number = page(store, "1")
    story = store.incident_posts(number)[0].story_id
    other = a_scored_mention(store, "2")
    assert store.apply([pages(other, story_id=story, change="open")], after(60)) == [number]
    assert len(store.incidents(list(IncidentState))) == 1


def test_an_incident_and_its_messages_are_there_together_or_not_at_all(store: Store) -> None:
    mention = a_scored_mention(store)
    broken = pages(mention, tells=Breaks([(CRISIS, ROOT)]))
    with pytest.raises(RuntimeError, match="in the midst"):
        store.apply([broken], NOON)
    assert store.incidents() == []
    assert store.notifications() == []
    assert store.story_of(US, mention.post.key) is None
    assert [again.id for again in store.news(10)] == [mention.id]


def test_judgements_come_back_in_the_order_they_were_given(store: Store) -> None:
    first, quiet, second = (a_scored_mention(store, native_id) for native_id in ("1", "2", "3"))
    nothing = Judgement(mention=quiet, verdict=verdict(None))
    numbers = store.apply([pages(first, bands=(1,)), nothing, pages(second, bands=(2,))], NOON)
    assert numbers[1] == 0
    assert 0 < numbers[0] < numbers[2]
    assert store.apply([], NOON) == []


def test_a_post_that_is_followed_no_more_is_not_due_again(store: Store) -> None:
    mention = a_scored_mention(store)
    store.apply([pages(mention, next_look=after(300))], NOON)
    assert store.next_look("weibo") == after(300)
    store.apply([refreshes(mention, next_look=None)], NOON)
    assert store.next_look("weibo") is None


# ── labels ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_label_is_kept_with_the_text_engine_and_incident_it_was_about(store: Store) -> None:
    number = page(store)
    [mention] = store.incident_posts(number)
    store.label(mention.id, "false_alarm", "U0PR", after(600))
    record(store, saw(at=after(700), text="更新:星禾把我打了"))
    [label] = rows(store, schema.label)
    [now] = rows(store, schema.mention)
    assert (label["mention_id"], label["incident_id"]) == (mention.id, number)
    assert (label["verdict"], label["actor"], label["engine"], label["version"]) == ("false_alarm", "U0PR", "test", "1")
    assert label["text_hash"] not in ("", now["text_hash"])


def test_people_may_differ_and_change_their_minds(store: Store) -> None:
    mention = a_scored_mention(store)
    for actor, word in (("U1", "bad"), ("U2", "harmless"), ("U1", "harmless")):
        store.label(mention.id, word, actor, NOON)
    assert [(row["actor"], row["verdict"]) for row in rows(store, schema.label)] == [
        ("U1", "bad"),
        ("U2", "harmless"),
        ("U1", "harmless"),
    ]


def test_a_label_on_nothing_is_refused(store: Store) -> None:
    with pytest.raises(StoreError, match="no mention 7"):
        store.label(7, "bad", "U1", NOON)


def test_the_last_label_of_a_text_that_still_stands_can_be_learned_from(store: Store) -> None:
    mention = a_scored_mention(store)
    store.label(mention.id, "not_bad", "U1", NOON)
    store.label(mention.id, "confirmed", "U2", after(60))
    [label] = store.labelled()
    assert (label.text, label.brand, label.platform, label.said) == ("奶茶里喝出虫子", US, "weibo", "confirmed")
    assert (label.engine, label.version, label.aimed) == ("test", "1", a_sentiment().aimed)


def test_a_text_that_was_edited_has_lost_its_label(store: Store) -> None:
    mention = a_scored_mention(store)
    store.label(mention.id, "confirmed", "U1", NOON)
    record(store, saw(at=after(700), text="更新:已经解决了,谢谢"))
    assert store.labelled() == []


# ── second opinions ─────────────────────────────────────────────────────────────────────────────────────────────────


def near(store: Store, native_id: str, severity: Severity | None) -> Mention:
    mention = a_scored_mention(store, native_id)
    judged = Judgement(mention=mention, verdict=verdict(severity), signature=b"s", origin=mention.post.key)
    store.apply([judged], NOON)
    return mention


def test_only_what_is_near_a_page_is_worth_a_second_opinion(store: Store) -> None:
    near(store, "1", None)
    near(store, "2", Severity.BLUE)
    yellow = near(store, "3", Severity.YELLOW)
    assert [waiting.mention_id for waiting in store.doubtful(10)] == [yellow.id]


def test_an_opinion_is_asked_for_once_and_again_when_the_text_changes(store: Store) -> None:
    mention = near(store, "1", Severity.ORANGE)
    store.save_opinions([(mention.id, Opinion(0.12, "snownlp"))], NOON)
    assert store.doubtful(10) == []
    record(store, saw("1", at=after(60), text="更新:奶茶里喝出两只虫子"))
    score_all(store)
    assert [waiting.text for waiting in store.doubtful(10)] == ["更新:奶茶里喝出两只虫子"]


def test_an_engine_without_an_opinion_is_not_asked_again(store: Store) -> None:
    mention = near(store, "1", Severity.ORANGE)
    store.save_opinions([(mention.id, Opinion(0.5, ""))], NOON)
    assert store.doubtful(10) == []


def test_a_message_that_shows_the_post_is_renewed_by_the_opinion(store: Store) -> None:
    number = page(store)
    sent = store.claim(CRISIS, NOON, 15.0)
    assert sent is not None
    store.settle(sent, SENT, NOON, None)
    [mention] = store.incident_posts(number)
    store.save_opinions([(mention.id, Opinion(0.12, "snownlp"))], after(5))
    again = store.claim(CRISIS, after(60), 15.0)
    assert again is not None
    assert again.kind is UPDATE
    incident = store.incident(number)
    assert incident is not None
    assert incident.lead is not None
    assert incident.lead.sentiment is not None
    assert incident.lead.sentiment.second == Opinion(0.12, "snownlp")
    assert incident.lead.sentiment.disputed


# ── who is woken ────────────────────────────────────────────────────────────────────────────────────────────────────


def heard(store: Store) -> list[str]:
    topics: list[str] = []
    store.on_commit(topics.append)
    return topics


def test_a_new_post_wakes_the_scorer_and_a_new_count_the_judge(store: Store) -> None:
    topics = heard(store)
    record(store, saw())
    assert topics == ["mentions"]
    topics.clear()
    score_all(store)
    assert topics == ["news"]
    topics.clear()
    record(store, counted(at=after(60), reposts=Count(9)))
    assert topics == ["news"]


def test_what_is_to_be_told_wakes_who_tells(store: Store) -> None:
    mention = a_scored_mention(store)
    topics = heard(store)
    store.apply([pages(mention)], NOON)
    assert topics == ["outbox"]


def test_word_to_the_operators_and_a_page_that_arrived_wake_who_tells(store: Store) -> None:
    topics = heard(store)
    operators_hear(store)
    assert topics == ["outbox"]
    told = store.claim(CRISIS, NOON, SETTLE)
    assert told is not None
    store.settle(told, SENT, NOON, None)
    assert topics == ["outbox", "outbox"]


def test_what_changes_nobodys_work_wakes_nobody(store: Store) -> None:
    mention = a_scored_mention(store)
    topics = heard(store)
    record(store, now=after(60), cursor={"mark": 1})
    record(store, counted("9999", at=after(60), reposts=Count(1)))
    store.save_sentiments([], NOON)
    store.apply([Judgement(mention=mention, verdict=verdict(None))], NOON)
    store.save_budget("weibo", {"left": 1})
    assert topics == []


@pytest.mark.parametrize(
    ("topic", "sees"),
    [
        ("mentions", lambda store: len(store.unscored(10)) == 1),
        ("outbox", lambda store: store.claim(CRISIS, NOON, 15.0) is not None),
    ],
)
def test_whoever_is_woken_finds_the_work_committed(store: Store, topic: str, sees: Callable[[Store], bool]) -> None:
    found: list[bool] = []
    store.on_commit(lambda heard: found.append(sees(store)) if heard == topic else None)
    record(store, saw())
    score_all(store)
    store.apply([pages(store.news(1)[0])], NOON)
    assert found == [True]


def test_what_was_rolled_back_wakes_nobody(store: Store) -> None:
    mention = a_scored_mention(store)
    topics = heard(store)
    with pytest.raises(RuntimeError, match="in the midst"):
        store.apply([pages(mention, tells=Breaks([(CRISIS, ROOT)]))], NOON)
    assert topics == []


def test_an_update_is_told_to_who_has_the_page_and_a_page_to_who_has_not(store: Store) -> None:
    number = page(store)
    [mention] = store.incident_posts(number)
    store.apply([refreshes(mention, tells=((CRISIS, UPDATE), ("late", UPDATE)))], after(60))
    told = {(row["receiver"], row["kind"]) for row in store.notifications(number)}
    assert told == {(CRISIS, "root"), (CRISIS, "update"), ("late", "root")}


def test_a_resolved_incident_is_not_reopened_by_a_refresh(store: Store) -> None:
    number = page(store)
    [mention] = store.incident_posts(number)
    resolve(store, number)
    store.apply([refreshes(mention)], after(60))
    incident = store.incident(number)
    assert incident is not None
    assert incident.state is IncidentState.RESOLVED
    assert [row["kind"] for row in store.notifications(number)] == [NotificationKind.ROOT]


def test_a_story_that_flares_up_after_it_was_resolved_is_a_new_incident(store: Store) -> None:
    number = page(store)
    [mention] = store.incident_posts(number)
    resolve(store, number)
    [second] = store.apply([pages(mention, signature=None)], after(days=1))
    assert second != number
    assert mention.story_id is not None
    newest = store.incident_of(mention.story_id)
    assert newest is not None
    assert newest.id == second
    assert [row["incident_id"] for row in store.notifications()] == [number, second]


def resolve(store: Store, number: int) -> None:
    """As people will; there is no port for it yet."""
    changed = schema.incident.update().where(schema.incident.c.id == number).values(state="resolved")
    store._db.write("deliver", lambda connection: connection.execute(changed))


def test_a_post_of_nobody_needs_no_author(store: Store) -> None:
    record(store, replace(saw(), post=a_post()))
    score_all(store)
    assert store.news(1)[0].post.author.id is None
