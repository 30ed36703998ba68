"""One complaint wherever it comes in (全渠道): hotline, mail and Weibo are one story where they name the same order or customer."""

from datetime import timedelta
from typing import Any

from alerts import card
from monitor import listing
from monitor.model import Availability, Counts, Incident, Match, Post, Severity, Sighting
from monitor.pipeline.judge import Rules
from monitor.store.complaints import SHARED_AT_MOST
from monitor.triage import complaint
from monitor.triage.redlines import Touch, Touched
from tests.builders import NOON, a_mention, a_post
from tests.pipeline.conftest import BRAND, Rooms


def said(rooms: Rooms, platform: str, number: str, text: str, minute: int, **told: Any) -> None:
    """Somebody says it, and it is judged."""
    now = NOON + timedelta(minutes=minute)
    post = Post(platform=platform, native_id=number, text=text, posted_at=now, **told)
    sighting = Sighting(key=post.key, seen_at=now, counts=Counts(), availability=Availability.VISIBLE, post=post)
    rooms.store.record("desk", [sighting], {post.key: [Match(BRAND, 1.0, BRAND)]}, now=now)
    rooms.judge(now)


def stories(rooms: Rooms) -> dict[str, int | None]:
    found = rooms.store._db.read(
        lambda c: c.exec_driver_sql(
            "SELECT p.platform || ':' || p.native_id AS post, m.story_id FROM mention m JOIN post p ON p.id = m.post_id"
        ).all()
    )
    return {row.post: row.story_id for row in found}


def the_incident(rooms: Rooms) -> Incident:
    (incident,) = rooms.incidents()
    whole = rooms.store.incident(incident.id)
    assert whole is not None
    return whole


def catches_fire(rooms: Rooms, post: Post) -> None:
    """A post on Weibo that grows until it pages."""
    for minute, reposts in enumerate((2, 40, 200, 700)):
        now = NOON + timedelta(minutes=30 + 3 * minute)
        rooms.see(post, reposts, now)
        rooms.judge(now)


def test_a_call_a_mail_and_a_post_about_one_order_are_one_story_with_one_incident(rooms: Rooms) -> None:
    said(rooms, "hotline", "c-1", "客人来电说杯子漏水烫手", 0, order_ref="so-77")
    said(rooms, "email", "m-1", "你们什么时候回复我", 9, order_ref="so-77", customer_ref="vip-1")
    said(rooms, "email", "m-2", "完全是另一件事，发票开错了", 12, order_ref="so-78")
    catches_fire(rooms, a_post(native_id="5340", text="等了四天没人管", order_ref="so-77", posted_at=NOON))
    known = stories(rooms)
    assert known["hotline:c-1"] == known["email:m-1"] == known["weibo:5340"]
    assert known["email:m-2"] != known["weibo:5340"]
    incident = the_incident(rooms)
    assert incident.posts == 3
    assert dict(incident.platforms) == {"weibo": 1, "hotline": 1, "email": 1}


def test_a_customer_who_names_no_order_is_known_by_who_it_is(rooms: Rooms) -> None:
    said(rooms, "hotline", "c-1", "杯子漏水", 0, customer_ref="vip-1")
    said(rooms, "wechat_service", "w-1", "还没有人联系我", 5, customer_ref="vip-1")
    said(rooms, "hotline", "c-2", "杯子漏水烫到了孩子", 6, customer_ref="vip-2")
    known = stories(rooms)
    assert known["hotline:c-1"] == known["wechat_service:w-1"]
    assert known["hotline:c-2"] != known["hotline:c-1"]


def test_a_friendly_call_is_known_when_its_order_turns_into_a_crisis(rooms: Rooms) -> None:
    said(rooms, "hotline", "c-1", "好喝，就是想问问订单到哪了", 0, order_ref="so-77")
    catches_fire(rooms, a_post(native_id="5340", text="等了四天没人管", order_ref="so-77", posted_at=NOON))
    assert the_incident(rooms).posts == 2


def test_whoever_joins_an_incident_says_so_on_its_card(rooms: Rooms) -> None:
    catches_fire(rooms, a_post(native_id="5340", text="等了四天没人管", order_ref="so-77", posted_at=NOON))
    assert "same_complaint" not in {reason.code for reason in the_incident(rooms).reasons}
    said(rooms, "hotline", "c-1", "再不处理就投诉你们", 60, order_ref="so-77")
    incident = the_incident(rooms)
    assert incident.posts == 2
    (reason,) = [reason for reason in incident.reasons if reason.code == "same_complaint"]
    assert card.sentence(reason, "zh") == "同一位客人或同一订单的投诉，不止从一处来"


def test_another_complaint_of_the_same_customer_a_month_later_is_another_story(rooms: Rooms) -> None:
    said(rooms, "hotline", "c-1", "杯子漏水", 0, customer_ref="vip-1")
    later = int((complaint.WITHIN + timedelta(hours=1)).total_seconds() // 60)
    said(rooms, "hotline", "c-2", "这次是少发了货", later, customer_ref="vip-1")
    known = stories(rooms)
    assert known["hotline:c-1"] != known["hotline:c-2"]


def test_a_number_that_everybody_names_makes_no_story(rooms: Rooms) -> None:
    texts = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥天地"
    for number in range(SHARED_AT_MOST + 2):
        said(rooms, "hotline", f"c-{number}", texts[number] * 9 + "坏了", number, customer_ref="front-desk")
    known = stories(rooms)
    assert known["hotline:c-1"] == known["hotline:c-0"]
    assert known[f"hotline:c-{SHARED_AT_MOST + 1}"] != known["hotline:c-0"]


def test_complaints_of_two_brands_do_not_meet(rooms: Rooms) -> None:
    said(rooms, "hotline", "c-1", "杯子漏水", 0, order_ref="so-77")
    now = NOON + timedelta(minutes=5)
    post = Post(platform="hotline", native_id="c-2", text="杯子裂了", posted_at=now, order_ref="so-77")
    rooms.store.record(
        "desk", [Sighting(key=post.key, seen_at=now, post=post)], {post.key: [Match("月禾", 1.0, "月禾")]}, now=now
    )
    rooms.judge(now)
    known = stories(rooms)
    assert known["hotline:c-1"] != known["hotline:c-2"]


def test_a_call_never_pages_by_reach(rooms: Rooms) -> None:
    for minute in range(4):
        said(rooms, "hotline", f"c-{minute}", f"第{minute}个杯子漏水了", minute)
    assert rooms.told() == []


def test_a_call_about_a_red_line_pages() -> None:
    touched = Touched(touches=(Touch(harm="fire", zh="起火", en="fire", words=("着火",)),))
    rooms = Rooms(redlines={BRAND: lambda text: touched if "着火" in text else Touched()})
    assert isinstance(rooms.rules, Rules)
    said(rooms, "hotline", "c-1", "你们的充电器着火了，孩子在家", 0)
    assert the_incident(rooms).severity == Severity.ORANGE
    assert rooms.told() != []


def test_a_complaint_is_shown_in_the_order_in_which_it_was_told(rooms: Rooms) -> None:
    catches_fire(rooms, a_post(native_id="5340", text="等了四天没人管", order_ref="so-77", posted_at=NOON))
    said(rooms, "hotline", "c-1", "再不处理就投诉你们", 60, order_ref="so-77", customer_ref="vip-1")
    said(rooms, "email", "m-1", "我要退款", 90, customer_ref="vip-1")
    shown = listing.whole(rooms.store, the_incident(rooms).id, "zh")
    assert shown is not None
    assert [[contact["id"] for contact in told] for told in shown["complaints"]] == [
        ["weibo:5340", "hotline:c-1", "email:m-1"]
    ]
    page = "\n".join(line.en for line in listing.as_page(shown))
    assert "one complaint, heard 3 times:" in page
    assert page.index("等了四天") < page.index("再不处理") < page.index("我要退款")
    assert "so-77" not in page


def test_threads_are_of_two_posts_at_least_and_the_longest_comes_first() -> None:
    def told(id_: int, **refs: str) -> Any:
        return a_mention(id=id_, post=a_post(native_id=str(id_), **refs))

    posts = [told(1, order_ref="a"), told(2), told(3, customer_ref="x"), told(4, customer_ref="x", order_ref="b"),
             told(5, order_ref="b"), told(6, order_ref="c"), told(7, order_ref="c")]  # fmt: skip
    assert [[one.id for one in thread] for thread in complaint.threads(posts)] == [[3, 4, 5], [6, 7]]
    assert complaint.threads([]) == []
