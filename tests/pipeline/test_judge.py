"""From scored mentions to stories, incidents and what people are told: the real store, the real rules."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from alerts.card import sentence
from monitor.model import Availability, Passage, PostKey, Sentiment, Severity
from monitor.pipeline import again, judge, score
from monitor.sandbox.world import World, build
from monitor.spread import revisit
from monitor.spread.revisit import Purse
from tests.builders import NOON, a_post
from tests.pipeline.conftest import BRAND, Rooms

FIRE = (4, 30, 90, 150, 210, 270, 330, 390, 450, 520)
"""Reposts every five minutes of a post that catches fire."""

BURST = (4, 4, 4, 90, 300, 440)
"""The same of one that nearly all of a sudden has many, as a bot would."""

BUG = "星禾奶茶喝到一半发现里面有虫子,店员说是茶叶渣,客服三天没有人回复我"

BOUGHT = (*range(20, 44, 2), 260, 505, 507, 508, 509, 510, 511, 512)
"""Of one whose reposts are bought to what hurts: it grew slowly for an hour, rose by 463 within ten minutes and stood still."""

BOUGHT_LATE = (*(20 + number // 2 for number in range(24)), 260, 505, *(506 + number // 6 for number in range(60)))
"""The same two hours after publication, and looked at for five hours more."""


def minutes(number: float) -> datetime:
    return NOON + timedelta(minutes=number)


def burn(rooms: Rooms, text: str = BUG, native_id: str = "1", *, counts: Sequence[int] = FIRE, **given: object) -> None:
    """A post is published at noon and catches fire; it is judged at every look."""
    post = a_post(native_id=native_id, text=text, **given)
    for number, reposts in enumerate(counts):
        now = minutes(2 + 5 * number)
        if number:
            rooms.look(post.key, reposts, now)
        else:
            rooms.see(post, reposts, now)
        rooms.judge(now)


def test_a_post_that_catches_fire_is_paged_once_however_it_goes_on(rooms: Rooms) -> None:
    burn(rooms)
    (incident,) = rooms.incidents()
    assert incident.severity >= Severity.ORANGE
    assert incident.paged_at is not None
    assert incident.lead is not None
    assert incident.lead.post.text == BUG
    assert len(rooms.told()) == 1
    for later in range(40, 100, 10):
        rooms.look(PostKey("weibo", "1"), 500 + 10 * later, minutes(later))
        rooms.judge(minutes(later))
    assert len(rooms.told()) == 1
    assert len(rooms.incidents()) == 1


def test_it_is_paged_before_it_has_reached_what_hurts(rooms: Rooms) -> None:
    burn(rooms)
    (incident,) = rooms.incidents()
    assert incident.paged_at is not None
    reposts = dict(zip((minutes(2 + 5 * n) for n in range(len(FIRE))), FIRE, strict=True))
    assert reposts[incident.paged_at] < 500


def test_a_sudden_burst_is_paged_only_once_it_goes_on(rooms: Rooms) -> None:
    burn(rooms, counts=BURST)
    assert not rooms.told()
    for number in range(6, 12):
        rooms.look(PostKey("weibo", "1"), 440 + 8 * (number - 5), minutes(2 + 5 * number))
        rooms.judge(minutes(2 + 5 * number))
    assert len(rooms.told()) == 1


def test_a_post_that_bots_have_brought_over_the_line_is_shown_and_pages_nobody_until_people_come(rooms: Rooms) -> None:
    burn(rooms, counts=BOUGHT)
    (incident,) = rooms.incidents()
    assert incident.severity is Severity.YELLOW
    assert incident.paged_at is None
    assert incident.forecast is not None
    assert "其中 467 次转发像是刷的，不计入" in incident.forecast.sentence
    for number in range(len(BOUGHT), len(BOUGHT) + 24):
        rooms.look(PostKey("weibo", "1"), BOUGHT[-1] + 25 * (number + 1 - len(BOUGHT)), minutes(2 + 5 * number))
        rooms.judge(minutes(2 + 5 * number))
    (incident,) = rooms.incidents()
    assert incident.severity >= Severity.ORANGE
    assert len(rooms.told()) == 1


def test_what_bots_brought_is_not_forgotten_when_a_long_history_is_read_in_part(rooms: Rooms) -> None:
    burn(rooms, counts=BOUGHT_LATE)
    (incident,) = rooms.incidents()
    assert incident.severity is Severity.YELLOW
    assert not rooms.told()


def test_later_facts_change_the_living_message(rooms: Rooms) -> None:
    burn(rooms)
    assert rooms.told("update")


def test_a_small_complaint_wakes_nobody(rooms: Rooms) -> None:
    post = a_post(text=BUG)
    rooms.see(post, 0, minutes(2))
    rooms.judge(minutes(2))
    for number in range(1, 20):
        rooms.look(post.key, 1, minutes(5 * number))
        rooms.judge(minutes(5 * number))
    assert not rooms.told()


def test_praise_may_spread_as_far_as_it_likes(rooms: Rooms) -> None:
    burn(rooms, "星禾的奶茶真好喝,推荐大家都来")
    assert rooms.incidents() == []


def test_the_same_words_of_another_author_are_the_same_incident(rooms: Rooms) -> None:
    burn(rooms)
    copy = a_post(native_id="2", text=f"转:{BUG}", posted_at=minutes(30))
    rooms.see(copy, 40, minutes(31))
    rooms.judge(minutes(31))
    (incident,) = rooms.incidents()
    assert incident.posts == 2
    assert len(rooms.told()) == 1


def test_a_repost_of_a_known_post_is_the_same_incident_whatever_it_says(rooms: Rooms) -> None:
    burn(rooms)
    repost = a_post(native_id="3", text="太可怕了,必须道歉,不然我们都不会再买", repost_of="1", posted_at=minutes(30))
    rooms.see(repost, 900, minutes(31))
    rooms.judge(minutes(31))
    assert [incident.posts for incident in rooms.incidents()] == [2]


def test_near_duplicates_that_come_in_one_batch_are_one_incident(rooms: Rooms) -> None:
    for number in range(4):
        rooms.see(a_post(native_id=str(number), text=f"{BUG}{'!' * number}"), 600, minutes(3))
    rooms.judge(minutes(3))
    assert [incident.posts for incident in rooms.incidents()] == [4]
    assert len(rooms.told()) == 1


def test_other_words_are_another_incident(rooms: Rooms) -> None:
    burn(rooms)
    burn(rooms, "在青海湖边等了两个小时的快递,包装破损,水洒了一地,没有一个人管我们的死活", "7")
    assert len(rooms.incidents()) == 2
    assert len(rooms.told()) == 2


SHOP = (
    "星禾珍珠奶茶里喝到异物,南京西路店,店员还不承认,太恶心了",
    "我朋友也是!星禾南京西路店的珍珠奶茶有异物,差点吞下去,再也不买",
    "今天路过星禾南京西路店,门口围了一堆人,说珍珠奶茶喝出异物了",
)
"""Three people about one thing that happened."""


def test_posts_that_tell_of_one_event_in_other_words_are_one_incident_that_says_why(rooms: Rooms) -> None:
    burn(rooms, SHOP[0])
    for number, text in enumerate(SHOP[1:], 7):
        rooms.see(a_post(native_id=str(number), text=text, posted_at=minutes(40)), 2, minutes(41))
        rooms.judge(minutes(41))
    (incident,) = rooms.incidents()
    assert incident.posts == 3
    assert len(rooms.told()) == 1
    (reason,) = [reason for reason in incident.reasons if reason.code == "same_event"]
    assert reason.facts["incident"] == incident.id
    said = sentence(reason, "zh")
    assert said.startswith("与 #1 是同一件事：都说「异物」")
    assert "「南京西路店」" in said
    assert sentence(reason, "en").startswith("the same event as #1: both say “异物”")


def test_a_post_of_an_open_event_pages_again_only_by_being_worse(rooms: Rooms) -> None:
    burn(rooms, SHOP[0])
    (before,) = rooms.incidents()
    worse = a_post(native_id="7", text=SHOP[1], posted_at=minutes(40))
    rooms.see(worse, 30, minutes(41))
    rooms.judge(minutes(41))
    for number in range(1, 8):
        rooms.look(worse.key, 30 + 900 * number, minutes(41 + 5 * number))
        rooms.judge(minutes(41 + 5 * number))
    (incident,) = rooms.incidents()
    assert incident.severity > before.severity
    assert len(rooms.told()) == 1
    assert {"raised", "same_event"} <= {reason.code for reason in incident.reasons}


def test_an_event_that_grows_out_of_small_posts_pages_once_with_all_of_them(rooms: Rooms) -> None:
    rooms.see(a_post(native_id="7", text=SHOP[1]), 1, minutes(1))
    rooms.judge(minutes(1))
    assert rooms.incidents() == []
    burn(rooms, SHOP[0])
    (incident,) = rooms.incidents()
    assert incident.posts == 2
    assert sentence(next(r for r in incident.reasons if r.code == "same_event"), "zh").startswith("与另一帖是同一件事")


def test_two_crises_of_one_brand_in_one_hour_are_two_incidents(rooms: Rooms) -> None:
    burn(rooms, SHOP[0])
    burn(rooms, "星禾的保温杯炸了!滚水浇了孩子一胳膊,去人民医院缝了六针,客服说是我们使用不当,求曝光", "7")
    assert [incident.posts for incident in rooms.incidents()] == [1, 1]
    assert len(rooms.told()) == 2


def test_assumed_to_be_alone_the_same_event_is_two_stories() -> None:
    rooms = Rooms(alone=True)
    burn(rooms, SHOP[0])
    burn(rooms, SHOP[1], "7")
    assert len(rooms.told()) == 2


def test_one_post_about_two_brands_is_an_incident_for_each(rooms: Rooms) -> None:
    post = a_post(text=BUG)
    rooms.see(post, 600, minutes(4), brands=(BRAND, "青岚"))
    rooms.judge(minutes(4))
    assert sorted(incident.brand for incident in rooms.incidents()) == ["星禾", "青岚"]


def test_in_shadow_everything_is_judged_and_nobody_told() -> None:
    rooms = Rooms(receivers=())
    burn(rooms)
    assert rooms.incidents()
    assert rooms.store.notifications() == []


def test_a_text_that_kills_the_scorer_does_not_stop_the_line(rooms: Rooms) -> None:
    rooms.see(a_post(native_id="9", text="毒"), 5_000, minutes(1))
    burn(rooms)
    assert len(rooms.told()) == 1
    assert rooms.store.totals()["failed"] == 1


def test_a_post_that_is_gone_is_not_judged_any_higher(rooms: Rooms) -> None:
    post = a_post(text=BUG)
    rooms.see(post, 100, minutes(2))
    rooms.look(post.key, 450, minutes(9), Availability.GONE)
    rooms.judge(minutes(9))
    assert not rooms.told()


def test_what_was_viral_when_it_was_found_and_has_cooled_pages_nobody(rooms: Rooms) -> None:
    post = a_post(text=BUG, posted_at=NOON - timedelta(days=2))
    rooms.see(post, 9_000, NOON, background=True)
    rooms.judge(NOON)
    for later in range(10, 200, 30):
        rooms.look(post.key, 9_000, minutes(later))
        rooms.judge(minutes(later))
    assert not rooms.told()


def test_what_still_grows_when_it_is_found_pages_and_says_that_it_was_found_late(rooms: Rooms) -> None:
    post = a_post(text=BUG, posted_at=NOON - timedelta(hours=3))
    rooms.see(post, 900, NOON, background=True)
    rooms.judge(NOON)
    assert not rooms.told()
    for later in range(5, 40, 5):
        rooms.look(post.key, 900 + 40 * later, minutes(later))
        rooms.judge(minutes(later))
    (incident,) = rooms.incidents()
    assert incident.found_late
    assert len(rooms.told()) == 1


START = datetime.fromisoformat("2026-11-02T09:00:00+08:00")


@pytest.mark.parametrize("seed", [7, 11])
def test_a_backlog_of_two_thousand_with_three_viral_gives_one_page_for_the_one_that_still_grows(
    rooms: Rooms, seed: int
) -> None:
    world = build("backlog", seed, START)
    for post in world.published("weibo", START):
        seen = a_post(native_id=post.native_id, text=post.text, posted_at=post.published_at)
        rooms.see(seen, post.counts(START).reposts, START, background=True)
    rooms.judge(START)
    assert not rooms.told()
    for passed in range(1, 121):
        _look_again(rooms, world, START + timedelta(minutes=passed))
    (page,) = [incident for incident in rooms.incidents() if incident.paged_at]
    assert page.found_late
    assert page.lead is not None
    assert page.lead.post.native_id == next(post.native_id for post in world.posts if post.is_crisis)
    assert len(rooms.told()) == 1


def _look_again(rooms: Rooms, world: World, now: datetime) -> None:
    """A minute of the daemon's life: what is due is looked at, by the hundred, and judged."""
    while due := again.chosen(rooms.store, "weibo", Purse(), 100, now)[0]:
        for key in due:
            post = world.find(*key)
            assert post is not None
            rooms.look(key, post.counts(now).reposts, now)
        rooms.judge(now)


def test_a_post_that_is_rather_bad_is_looked_at_again_as_soon_as_a_surely_bad_one(rooms: Rooms) -> None:
    def says(passages: Sequence[Passage]) -> list[Sentiment | None]:
        sure = {"星禾难喝": 0.98, "星禾不太行": 0.7, "星禾一般般": 0.1}
        return [Sentiment(negative=sure[it.text], aimed=sure[it.text], engine="test", version="1") for it in passages]

    for number, text in enumerate(("星禾难喝", "星禾不太行", "星禾一般般")):
        rooms.see(a_post(native_id=str(number), text=text), 40, minutes(10))
    score.score(rooms.store, says, {}, limit=64, now=minutes(10))
    done = judge.judge(rooms.store, rooms.rules, limit=64, now=minutes(10))
    following = {judgement.mention.post.text: judgement.next_look for judgement, _ in done}
    assert following["星禾难喝"] == following["星禾不太行"]
    assert following["星禾一般般"] == minutes(10) + revisit.LATEST


def test_a_comment_of_weibo_is_not_looked_at_again_for_nobody_can_be_asked_for_it(rooms: Rooms) -> None:
    rooms.see(a_post(native_id="1", text=BUG), 4, minutes(2))
    rooms.see(a_post(native_id="2", text=BUG + "也是", kind="comment"), 4, minutes(2))
    rooms.judge(minutes(2))
    chosen, _ = again.chosen(rooms.store, "weibo", Purse(), 100, minutes(90))
    assert [key.native_id for key in chosen] == ["1"]
