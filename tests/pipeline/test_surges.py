"""Many small posts that together are a crisis: the real store, the real rules, an hour looked at as the judge does."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts import card
from monitor.model import Author, Count, Counts, IncidentState, Post, Severity
from monitor.pipeline.surges import Patrol
from monitor.store import Store
from monitor.store.hours import COUNT
from tests.builders import NOON, a_post
from tests.pipeline.conftest import BRAND, Rooms

NAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎"
WOES = (
    "漏水",
    "等了一小时",
    "少送一杯",
    "退款没到",
    "吸管断了",
    "太甜喝不下",
    "找错了钱",
    "小程序打不开",
    "杯盖裂了",
    "店员吼人",
)


class House(Rooms):
    """Rooms with a patrol."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**{"brands": (BRAND,), **given})
        self.patrol = Patrol(crowds=self.store, rules=self.rules)

    def past(self, days: int, bad_an_hour: int = 0, *, until: datetime = NOON, night: int | None = None) -> None:
        """So many days were watched, with so many bad posts an hour (`night`: from one to seven)."""
        last = int(until.timestamp() // 3600)
        rows = []
        for hour in range(last - 24 * days, last):
            count = bad_an_hour if night is None or not 1 <= (hour + 8) % 24 < 7 else night
            numbers = {"posts": count, "negative": count, "rated": 0, "low": 0}
            rows.append({"brand": BRAND, "hour": hour, "platform": "weibo", **numbers})
        self.store._db.write("ingest", lambda connection: COUNT.each(connection, rows))

    def reached(self, days: int, reposts: int) -> None:
        """In each hour of so many days what was bad had so many reposts together when it ended."""
        last = int(NOON.timestamp() // 3600)
        for hour in range(last - 24 * days, last):
            self.store.measured(BRAND, hour, {"weibo": reposts})

    def goes_by(self, posts: Sequence[Post], *, start: datetime = NOON, every: float = 4.0, reposts: int = 1) -> None:
        """One post after another comes in, each judged with the hour it came in."""
        for number, post in enumerate(posts):
            now = start + timedelta(minutes=every * number)
            self.see(post, reposts, now)
            self.judge(now)
            self.patrol.step(now)


def _name(number: int) -> str:
    return NAMES[number % len(NAMES)]


def small(count: int, *, start: datetime = NOON, every: float = 4.0, first: int = 0) -> list[Post]:
    """Bad posts that have nothing in common but the brand."""
    return [
        a_post(
            native_id=f"s{number}",
            text=f"星禾{_name(number) * 3}店{WOES[number % 10]},{_name(-number) * 4}气死{number}",
            posted_at=start + timedelta(minutes=every * (number - first)),
            author=Author(id=str(number), name=f"用户{number}"),
        )
        for number in range(first, first + count)
    ]


@pytest.fixture
def house() -> House:
    return House()


def test_many_small_posts_within_the_hour_are_one_incident_and_one_page(house: House) -> None:
    house.past(28)
    house.goes_by(small(14))
    (incident,) = house.incidents()
    assert incident.severity is Severity.ORANGE
    assert incident.posts == 14
    assert len(house.told()) == 1
    assert {reason.code for reason in incident.reasons} == {"surge"}


def test_three_bad_posts_of_a_brand_watched_for_two_days_wake_nobody(house: House) -> None:
    house.past(2)
    house.goes_by(small(3))
    assert house.incidents() == []


def test_what_is_usual_for_a_loud_brand_wakes_nobody(house: House) -> None:
    house.past(28, 12)
    house.goes_by(small(14))
    assert house.incidents() == []


def test_what_is_usual_by_day_is_a_surge_by_night(house: House) -> None:
    three = NOON + timedelta(hours=15)
    house.past(28, 10, night=0, until=three)
    house.goes_by(small(12, start=three), start=three)
    assert [incident.severity for incident in house.incidents()] == [Severity.ORANGE]


def test_good_posts_are_no_surge_however_many(house: House) -> None:
    house.past(28)
    house.goes_by([a_post(native_id=str(n), text=f"星禾{_name(n) * 3}好喝") for n in range(30)])
    assert house.incidents() == []


def test_a_backlog_is_no_surge(house: House) -> None:
    house.past(28)
    for post in small(40, every=0.1):
        house.see(post, 1, NOON, background=True)
    house.judge(NOON)
    house.patrol.step(NOON)
    assert house.incidents() == []


def test_a_surge_that_goes_on_gets_rows_and_no_second_page(house: House) -> None:
    house.past(28)
    house.goes_by(small(45))
    (incident,) = house.incidents()
    assert incident.posts == 45
    assert len(house.told()) == 1
    assert house.told("update")
    assert next(reason.facts["posts"] for reason in incident.reasons if reason.code == "surge") >= 14


def test_a_surge_that_talks_of_something_else_is_an_incident_of_its_own(house: House) -> None:
    def talk(count: int, sentence: str, start: datetime, name: str) -> list[Post]:
        posts = small(count, start=start, every=2)
        return [
            replace(post, native_id=f"{name}{n}", text=f"星禾{_name(n) * 3}{sentence}{_name(-n) * 4}气死{n}")
            for n, post in enumerate(posts)
        ]

    house.past(28)
    later = NOON + timedelta(hours=4)
    house.goes_by(talk(20, "代言粉丝撒泼立牌推倒", NOON, "f"), every=2)
    house.goes_by(talk(20, "小程序重复扣款退款不到账", later, "p"), start=later, every=2)
    assert [incident.posts for incident in house.incidents()] == [20, 20]
    assert len(house.told()) == 2


def test_two_crises_that_begin_in_one_hour_are_two_incidents(house: House) -> None:
    def talk(sentence: str, name: str) -> list[Post]:
        return [
            replace(post, native_id=f"{name}{n}", text=f"星禾{_name(n) * 3}{sentence}{_name(-n) * 4}气死{n}")
            for n, post in enumerate(small(20, every=2))
        ]

    house.past(28)
    war, payments = talk("代言粉丝撒泼立牌推倒", "f"), talk("小程序重复扣款退款不到账", "p")
    house.goes_by([post for both in zip(war, payments, strict=True) for post in both], every=1)
    assert [incident.posts for incident in house.incidents()] == [20, 20]
    assert len(house.told()) == 2


def test_a_surge_shows_a_post_of_what_most_talk_of_however_loud_another_is(house: House) -> None:
    house.past(28)
    war = [replace(post, text=f"星禾{_name(n) * 3}代言立牌推倒{_name(-n) * 4}") for n, post in enumerate(small(16))]
    loud = a_post(native_id="loud", text="星禾吸管断了", posted_at=NOON)
    house.see(loud, 60, NOON)
    house.judge(NOON)
    house.goes_by(war, every=2)
    (shown,) = [incident.lead for incident in house.incidents() if incident.paged_at is not None]
    assert shown is not None
    assert "立牌" in shown.post.text


def test_a_straggler_keeps_no_surge_alive(house: House) -> None:
    house.past(28)
    (first, second) = (small(15, every=2), small(15, start=NOON + timedelta(hours=40), every=2, first=20))
    straggler = replace(first[0], native_id="late", posted_at=NOON + timedelta(hours=23))
    house.goes_by(first, every=2)
    house.goes_by([straggler], start=NOON + timedelta(hours=23))
    house.goes_by(second, start=NOON + timedelta(hours=40), every=2)
    assert len(house.told()) == 2


def test_while_a_surge_goes_on_it_leaves_alone_what_talks_of_something_else(house: House) -> None:
    house.past(28)
    war = [
        replace(post, text=f"星禾{_name(n) * 3}代言粉丝撒泼立牌推倒{_name(-n) * 4}气死{n}")
        for n, post in enumerate(small(24, every=2))
    ]
    other = [
        replace(post, native_id=f"p{n}", text=f"星禾{_name(n) * 3}小程序重复扣款{_name(-n) * 4}气死{n}")
        for n, post in enumerate(small(3, start=NOON + timedelta(minutes=40)))
    ]
    house.goes_by([*war[:20], *other, *war[20:]], every=2)
    (incident,) = house.incidents()
    assert incident.posts == 24


def test_what_the_brand_hears_in_any_hour_is_no_row_of_a_surge(house: House) -> None:
    """Each complains of 前台: before, and in the hour of the surge. Told with it, one crisis would hide in another."""
    house.past(28, 1)
    desk = [
        replace(post, text=f"星禾前台{_name(n) * 3}{WOES[n % 10]}")
        for n, post in enumerate(small(24, every=30, first=100))
    ]
    house.goes_by(desk[:20], start=NOON - timedelta(hours=12), every=30)
    gates = [
        replace(post, text=f"星禾前台{_name(-n) * 3}门闸卡住气死{n}")
        for n, post in enumerate(small(24, every=2, first=200))
    ]
    house.goes_by([*gates[:6], *desk[20:], *gates[6:]], every=2)
    (incident,) = house.incidents()
    assert incident.paged_at is not None
    rows = {mention.post.native_id for mention in house.store.incident_posts(incident.id)}
    assert rows == {post.native_id for post in gates}


def test_what_is_left_of_a_surge_in_many_words_is_no_other_surge(house: House) -> None:
    """One event told in words that differ: each way of telling it is too small to be another."""
    house.past(28)
    ways = ("座椅摇晃", "地毯湿透", "灯光刺眼", "窗框松脱", "把手断裂")
    gates = [f"星禾{_name(n) * 3}门闸卡住气死{n}" for n in range(14)]
    others = [f"星禾{_name(-n) * 3}{ways[n % 5]}气死{n}" for n in range(15)]
    told = [words for pair in zip(gates, others, strict=False) for words in pair]
    house.goes_by([replace(post, text=words) for post, words in zip(small(28, every=2), told, strict=True)], every=2)
    assert len([incident for incident in house.incidents() if incident.paged_at is not None]) == 1


def test_a_crisis_told_in_many_words_is_one_while_the_last_surge_is_over(house: House) -> None:
    """Hours after it, whatever surges and says nothing of it is news, however little its posts have in common."""
    house.past(28, 2)
    war = [replace(post, text=f"星禾{_name(n) * 3}代言立牌推倒气死{n}") for n, post in enumerate(small(20, every=2))]
    house.goes_by(war, every=2)
    ways = ("座椅摇晃", "地毯湿透", "灯光刺眼", "窗框松脱", "把手断裂", "门闸卡住")
    later = NOON + timedelta(hours=15)
    other = [
        replace(post, text=f"星禾{_name(-n) * 3}{ways[n % 6]}气死{n}")
        for n, post in enumerate(small(30, start=later, every=2, first=100))
    ]
    house.goes_by(other, start=later, every=2)
    assert len([incident for incident in house.incidents() if incident.paged_at is not None]) == 2


def test_a_surge_that_people_closed_does_not_come_back_with_its_next_post(house: House) -> None:
    house.past(28)
    house.goes_by(small(14))
    resolve(house.store)
    house.goes_by(small(6, start=NOON + timedelta(minutes=56), first=14), start=NOON + timedelta(minutes=56))
    assert [incident.state for incident in house.incidents()] == [IncidentState.RESOLVED]
    assert len(house.told()) == 1


def test_copies_of_one_paged_post_are_its_echo_and_no_second_page(house: House) -> None:
    house.past(28)
    text = "星禾奶茶喝到一半发现里面有虫子,店员说是茶叶渣,客服三天没有人回复我"
    house.see(a_post(native_id="1", text=text), 900, NOON)
    house.judge(NOON)
    assert len(house.told()) == 1
    copies = [a_post(native_id=f"c{n}", text=f"{text}{'!' * n}", posted_at=NOON) for n in range(20)]
    house.goes_by(copies, start=NOON + timedelta(minutes=1), every=2)
    (incident,) = house.incidents()
    assert incident.posts == 21
    assert len(house.told()) == 1
    assert "surge_echo" in {reason.code for reason in incident.reasons}


def test_copies_of_a_post_nobody_was_paged_for_page_as_that_story(house: House) -> None:
    house.past(28)
    text = "星禾奶茶喝到一半发现里面有虫子,店员说是茶叶渣,客服三天没有人回复我"
    house.goes_by([a_post(native_id=f"c{n}", text=f"{text}{'!' * n}", posted_at=NOON) for n in range(14)], every=2)
    (incident,) = house.incidents()
    assert incident.posts == 14
    assert len(house.told()) == 1


def test_an_incident_of_copies_shows_one_of_them_however_loud_another_post_is(house: House) -> None:
    house.past(28)
    text = "星禾奶茶喝到一半发现里面有虫子,店员说是茶叶渣,客服三天没有人回复我"
    house.goes_by([a_post(native_id=f"c{n}", text=f"{text}{'!' * n}", posted_at=NOON) for n in range(4)], every=2)
    loud = a_post(native_id="loud", text="刚在星禾奶茶里发现虫子,店员不认账", posted_at=NOON)
    house.see(loud, 90, NOON + timedelta(minutes=8))
    house.judge(NOON + timedelta(minutes=8))
    copies = [a_post(native_id=f"d{n}", text=f"{text}{'?' * n}", posted_at=NOON) for n in range(12)]
    house.goes_by(copies, start=NOON + timedelta(minutes=9), every=2)
    for incident in house.incidents():
        shown = incident.lead
        assert shown is not None
        assert shown.id in {mention.id for mention in house.store.incident_posts(incident.id)}


def test_a_surge_beside_a_crisis_of_one_post_is_an_incident_of_its_own(house: House) -> None:
    house.past(28)
    house.see(a_post(native_id="1", text="星禾奶茶喝到一半发现里面有虫子,客服三天没有人回复我"), 900, NOON)
    house.judge(NOON)
    house.goes_by(small(14))
    assert sorted(incident.posts for incident in house.incidents()) == [1, 14]
    assert len(house.told()) == 2


def test_a_surge_that_begins_with_a_post_somebody_has_on_the_board_is_told_as_its_incident(house: House) -> None:
    """Told as another, one crisis would page twice: by the surge, and when its first post has grown."""
    house.past(28)
    first, *crowd = (replace(post, text=f"{post.text},新杯小了") for post in small(14))
    house.see(first, 60, NOON)
    house.judge(NOON)
    (shown,) = house.incidents()
    assert shown.paged_at is None
    house.goes_by(crowd)
    (incident,) = [one for one in house.incidents() if one.paged_at is not None]
    assert incident.id == shown.id
    assert incident.posts == 14
    assert "surge" in {reason.code for reason in incident.reasons}
    later = NOON + timedelta(minutes=70)
    house.look(first.key, 4_000, later)
    house.judge(later)
    house.patrol.step(later)
    assert len(house.told()) == 1


def test_what_they_reach_together_counts_too(house: House) -> None:
    house.past(28, 1)
    house.goes_by(small(12, start=NOON - timedelta(hours=5)), reposts=60)
    (incident,) = house.incidents()
    (reach,) = [reason for reason in incident.reasons if reason.code == "surge_reach"]
    assert reach.facts["now"] >= 500
    assert incident.paged_at is not None


def test_what_notes_reach_together_is_counted_in_likes(house: House) -> None:
    house.past(28, 1)
    for number, post in enumerate(small(12, start=NOON - timedelta(hours=5))):
        now = NOON + timedelta(minutes=4 * number)
        house.spot(replace(post, platform="xiaohongshu"), Counts(likes=Count(300)), now)
        house.judge(now)
        house.patrol.step(now)
    (incident,) = house.incidents()
    (reach,) = [reason for reason in incident.reasons if reason.code == "surge_reach"]
    assert reach.facts["now"] >= 2_000
    assert reach.facts["unit"] == "likes"
    assert incident.paged_at is not None


def test_as_many_as_ever_that_reach_far_more_are_shown(house: House) -> None:
    house.past(28, 6)
    house.reached(28, 9)
    house.goes_by(small(7), reposts=10)
    (surge,) = [incident for incident in house.incidents() if len(incident.reasons) == 2]
    assert [reason.code for reason in surge.reasons] == ["surge", "surge_rise"]
    assert surge.reasons[1].facts["now"] >= 50
    assert surge.severity is Severity.YELLOW
    assert surge.paged_at is None


def test_as_many_as_ever_page_once_they_have_together_what_hurts(house: House) -> None:
    house.past(28, 6)
    house.reached(28, 9)
    posts = small(7)
    house.goes_by(posts, reposts=10)
    assert house.told() == []
    later = NOON + timedelta(minutes=30)
    for post in posts:
        house.look(post.key, 80, later)
    house.judge(later)
    house.patrol.step(later)
    (paged,) = [incident for incident in house.incidents() if incident.paged_at is not None]
    assert "surge_reach" in {reason.code for reason in paged.reasons}


def test_as_many_as_ever_that_reach_what_they_always_reach_wake_nobody(house: House) -> None:
    house.past(28, 6)
    house.reached(28, 60)
    house.goes_by(small(7), reposts=10)
    assert house.told() == []


def test_an_hour_is_measured_when_it_ends_by_what_was_seen_until_then(house: House) -> None:
    hour, first = int(NOON.timestamp() // 3600), small(3, every=10.0)
    house.goes_by(first, every=10.0, reposts=7)
    late = NOON + timedelta(minutes=64)
    house.look(first[0].key, 300, late)
    house.judge(late)
    house.patrol.step(late)
    assert dict(house.store.reach(BRAND, "weibo", hour, hour + 2)) == {hour: (3, 21)}


def test_an_hour_that_nobody_watched_to_its_end_is_not_measured(house: House) -> None:
    hour = int(NOON.timestamp() // 3600)
    house.goes_by(small(3))
    house.patrol.step(NOON + timedelta(hours=5))
    assert dict(house.store.reach(BRAND, "weibo", hour, hour + 6)) == {}


def test_a_restart_forgets_nothing(tmp_path: Path) -> None:
    house = House()
    house.store.close()
    house.store = Store.open(tmp_path / "s.db", hash_key=b"k")
    house.patrol = Patrol(crowds=house.store, rules=house.rules)
    house.past(28)
    house.goes_by(small(14))
    house.store.close()
    house.store = Store.open(tmp_path / "s.db", hash_key=b"k")
    house.patrol = Patrol(crowds=house.store, rules=house.rules)
    later = NOON + timedelta(minutes=56)
    house.goes_by(small(10, start=later, first=14), start=later)
    (incident,) = house.incidents()
    assert incident.posts == 24
    assert len(house.told()) == 1
    house.store.close()


def test_two_judges_on_one_store_page_once(house: House) -> None:
    house.past(28)
    other = Patrol(crowds=house.store, rules=house.rules)
    for number, post in enumerate(small(14)):
        now = NOON + timedelta(minutes=4 * number)
        house.see(post, 1, now)
        house.judge(now)
        house.patrol.step(now)
        other.step(now)
    assert len(house.incidents()) == 1
    assert len(house.told()) == 1


def test_it_looks_once_a_minute_and_again_when_the_clock_jumps_back(house: House) -> None:
    house.patrol.step(NOON)
    house.patrol.step(NOON + timedelta(seconds=30))
    assert house.patrol.looked == NOON
    house.patrol.step(NOON - timedelta(hours=1))
    assert house.patrol.looked == NOON - timedelta(hours=1)


def test_an_hour_nobody_watched_is_unknown_and_not_quiet(house: House) -> None:
    house.patrol.step(NOON)
    house.patrol.step(NOON + timedelta(hours=5))
    hour = int(NOON.timestamp() // 3600)
    assert dict(house.store.hours(BRAND, hour - 10, hour + 10)) == {hour: 0, hour + 5: 0}


def test_the_card_says_what_is_unusual_and_lists_the_posts(house: House) -> None:
    house.past(28)
    house.goes_by(small(14))
    (found,) = house.incidents()
    incident = house.store.incident(found.id)
    assert incident is not None
    said = card.card(incident, "zh", NOON + timedelta(hours=1))
    assert any(reason.startswith("过去 1 小时 ") and "平时这个时候 0–" in reason for reason in said.reasons), (
        said.reasons
    )
    assert "条负面" in said.headline
    assert said.rows_label == "还有这些帖子"
    assert len(said.rows) == 3
    assert all("星禾" in row for row, _ in said.rows)
    english = card.card(incident, "en", NOON + timedelta(hours=1))
    assert any("bad posts in the last hour; 0–" in reason for reason in english.reasons)
    assert english.rows_label == "More of it"


def test_a_post_that_has_an_incident_of_its_own_keeps_it() -> None:
    house = House(pages_at=Severity.RED)
    house.past(28)
    loud = a_post(native_id="1", text="星禾奶茶喝到一半发现里面有虫子,客服三天没有人回复我")
    house.see(loud, 600, NOON)
    house.judge(NOON)
    (shown,) = house.incidents()
    assert shown.paged_at is None
    house.goes_by(small(13), every=3)
    assert [mention.post.key for mention in house.store.incident_posts(shown.id)] == [loud.key]
    assert sorted(incident.posts for incident in house.incidents()) == [1, 13]


# ── reviews ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def reviews(house: House, stars: Sequence[int], start: datetime, *, every: float) -> None:
    """Reviews come in; what they say is not bad by itself."""
    for number, rating in enumerate(stars):
        now = start + timedelta(minutes=every * number)
        post = a_post(
            platform="appstore", native_id=f"{start:%d}-{number}", kind="review", text=f"还可以吧好喝{number}",
            rating=rating, posted_at=now,
        )  # fmt: skip
        house.see(post, 0, now)
        house.judge(now)
        house.patrol.step(now)


def test_a_drop_of_the_ratings_is_an_incident_with_the_bad_reviews(house: House) -> None:
    reviews(house, [5, 4, 5, 3, 5, 1, 5, 4, 5, 5] * 8, NOON - timedelta(days=20), every=300)
    assert house.incidents() == []
    reviews(house, [1, 1, 5, 2, 1, 1, 2, 1, 1, 2, 1, 1], NOON, every=60)
    (incident,) = house.incidents()
    (reason,) = incident.reasons
    assert reason.code == "ratings"
    assert incident.paged_at is not None
    assert incident.lead is not None
    assert incident.lead.post.rating is not None
    assert incident.lead.post.rating <= 2
    assert "一两星" in card.sentence(reason, "zh")
    assert "one or two stars" in card.sentence(reason, "en")


def test_a_shop_that_always_had_bad_ratings_pages_for_no_more_of_them(house: House) -> None:
    reviews(house, [1, 2, 1, 5] * 20, NOON - timedelta(days=20), every=300)
    reviews(house, [1, 1, 2, 5, 1, 1, 2, 1], NOON, every=60)
    assert house.incidents() == []


def resolve(store: Store) -> None:
    from sqlalchemy import text

    store._db.write("ingest", lambda connection: connection.execute(text("UPDATE incident SET state = 'resolved'")))
