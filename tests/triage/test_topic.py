"""Topics of hot lists: which headlines say harm, what of a list is news, and how a place is kept."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model import Availability, Counts, Look, Mention, Post, Reason, Severity, Verdict
from monitor.triage import topic
from monitor.triage.redlines import Touch, Touched
from monitor.triage.topic import Place, judge, news, rank_of, says_harm
from tests.builders import NOON, a_mention, a_sentiment

NOTHING = Verdict(severity=None, risk=None, forecast=None)
INJURY = Touched(touches=(Touch("injury", "人身伤害", "injury", ("炸伤",)),))


def headline(words: str, text: str = "", since: timedelta | None = None) -> Post:
    posted = None if since is None else NOON - since
    return Post(
        platform="weibo",
        native_id="hot:1",
        kind="topic",
        title=words,
        text=text,
        status="#12 · 238 万",
        posted_at=posted,
    )


def listed(
    words: str,
    aimed: float = 0.5,
    *,
    background: bool = False,
    since: timedelta | None = None,
    availability: Availability = Availability.VISIBLE,
) -> Mention:
    look = Look(seen_at=NOON, age=0.0, counts=Counts(), availability=availability)
    return a_mention(
        post=headline(words, since=since),
        sentiment=a_sentiment(aimed=aimed),
        background=background,
        first_seen=NOON,
        looks=(look,),
    )


@pytest.mark.parametrize(
    ("words", "aimed"),
    [
        ("星禾奶茶喝出虫子", 0.48), ("星禾回应喝出异物", 0.02), ("星禾被约谈", 0.99), ("星禾道歉", 0.22), ("星禾新品喝出虫子", 0.6),
        ("星禾辱女", 0.45), ("星禾 避雷", 0.99), ("星禾闪退", 0.97), ("星禾员工往奶茶里吐口水", 0.62), ("星禾崩了", 0.42),
    ],
)  # fmt: skip
def test_a_headline_that_tells_of_trouble_says_harm(words: str, aimed: float) -> None:
    assert says_harm(headline(words), aimed)


@pytest.mark.parametrize(
    ("words", "aimed"),
    [
        ("星禾新品", 0.52), ("星禾 国风", 0.97), ("星禾 张三同款", 0.97), ("星禾代言人官宣", 0.01), ("星禾联名", 0.55), ("星禾招聘", 0.56),
        ("星禾 买一送一", 0.95), ("星禾 黑神话", 0.96), ("星禾创始人演讲", 0.55), ("星禾抽检全部合格", 0.02), ("星禾辟谣喝出虫子", 0.01),
        ("星禾排队", 0.38), ("星禾获奖", 0.05), ("星禾没有虫子", 0.3),
    ],
)  # fmt: skip
def test_a_new_cup_and_a_spokesperson_say_none_whatever_the_score(words: str, aimed: float) -> None:
    assert not says_harm(headline(words), aimed)


def test_a_red_line_says_harm_where_no_word_of_the_lists_does() -> None:
    assert says_harm(headline("星禾保温杯炸伤孩子"), 0.09, INJURY)
    assert not says_harm(headline("星禾保温杯"), 0.01, INJURY)


def test_what_a_list_tells_beside_its_headline_is_read_as_a_post_is() -> None:
    told = "有网友发帖说，在门店等了一个小时，店员把她的订单扔了，还让她去别家喝，客服到现在也不回。"
    assert says_harm(headline("星禾 门店", told), 0.9)
    assert not says_harm(headline("星禾 门店", told), 0.1)


def test_harm_is_orange_and_any_other_topic_yellow() -> None:
    harm, kind = judge(listed("星禾奶茶喝出虫子"), NOTHING), judge(listed("星禾新品", 0.52), NOTHING)
    assert (harm.severity, kind.severity) == (Severity.ORANGE, Severity.YELLOW)
    assert harm.reasons[0] == Reason(code="hot_list", facts={"topic": "星禾奶茶喝出虫子", "lists": [["weibo", 12]]})


@pytest.mark.parametrize(
    ("words", "since", "severity"),
    [
        ("星禾奶茶喝出虫子", None, Severity.YELLOW),
        ("星禾新品", None, None),
        ("星禾奶茶喝出虫子", timedelta(minutes=10), Severity.ORANGE),
        ("星禾奶茶喝出虫子", timedelta(hours=3), Severity.YELLOW),
    ],
)
def test_what_stood_there_at_first_wakes_nobody_unless_it_has_just_come_up(
    words: str, since: timedelta | None, severity: Severity | None
) -> None:
    assert judge(listed(words, background=True, since=since), NOTHING).severity is severity


def test_a_post_and_a_topic_that_is_gone_are_judged_as_before() -> None:
    for mention in (a_mention(), listed("星禾奶茶喝出虫子", availability=Availability.GONE)):
        assert judge(mention, NOTHING) is NOTHING


def hot(*lists: list[object]) -> Reason:
    return Reason(code="hot_list", facts={"topic": "星禾异物", "lists": list(lists)})


@pytest.mark.parametrize(
    ("now", "known", "told"),
    [
        (["weibo", 12], [], [["weibo", 12]]),
        (["weibo", 12], [["weibo", 12]], None),
        (["weibo", 40], [["weibo", 12]], None),
        (["weibo", 11], [["weibo", 14]], None),
        (["weibo", 9], [["weibo", 12]], [["weibo", 9]]),
        (["weibo", 3], [["weibo", 5]], [["weibo", 3]]),
        (["weibo", 25], [["weibo", 45]], [["weibo", 25]]),
        (["douyin", 40], [["weibo", 12]], [["weibo", 12], ["douyin", 40]]),
        (["weibo", 20], [["weibo", None]], [["weibo", 20]]),
        (["weibo", None], [["weibo", 20]], None),
    ],
)
def test_another_list_and_a_climb_are_news(now: list[object], known: list[list[object]], told: object) -> None:
    found = news([Reason(code="aimed"), hot(now)], [hot(*known)] if known else [])
    assert (found.facts["lists"] if found else None) == told


def test_a_post_is_no_news_of_a_list() -> None:
    assert news([Reason(code="aimed")], [hot(["weibo", 3])]) is None


@given(st.none() | st.integers(1, 9999), st.sampled_from(["", "2384651", "3326 万"]), st.sampled_from(["", "沸"]))
def test_a_place_is_found_again_in_what_is_kept_of_it(rank: int | None, heat: str, label: str) -> None:
    assert rank_of(str(Place(rank, heat, label))) == rank


@given(st.text(max_size=40), st.floats(0, 1))
def test_no_headline_is_too_odd_to_be_read(words: str, aimed: float) -> None:
    assert says_harm(headline(words), aimed) in (True, False)


def test_every_word_of_trouble_is_read() -> None:
    assert all(says_harm(headline(f"星禾{word}"), 0.0) for word in topic.ANSWERS.split())
