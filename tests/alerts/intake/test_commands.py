"""What people type after `/langyan`, in Chinese and English, and what hostile text makes of it."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.intake.commands import AddWord, Ask, Command, Do, Open, Problem, Show, Track, parse, said_in_thread, span
from connectors.counts import count
from monitor.model import Act, Count, Counts, Precision, WordKind

BRANDS = ("星禾", "Star Grain")
LINK = "https://weibo.com/1234567890/K3fnuEfZK"


def reads(text: object, *brands: str) -> Command | Problem:
    return parse(text, brands or BRANDS, count)


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        ("list", Ask(what="list")),
        ("列表", Ask(what="list")),
        ("  STATUS ", Ask(what="status")),
        ("状态", Ask(what="status")),
        ("", Ask(what="help")),
        ("帮助", Ask(what="help")),
        ("show 7", Show(number=7)),
        ("查看 #7", Show(number=7)),
        ("ack 7", Do(act=Act.ACKNOWLEDGE, number=7)),
        ("认领 ＃12", Do(act=Act.ACKNOWLEDGE, number=12)),
        ("误报 7", Do(act=Act.FALSE_ALARM, number=7)),
        ("resolve 7 已经道歉", Do(act=Act.RESOLVE, number=7, reason="已经道歉")),
        ("undo 7", Do(act=Act.UNDO, number=7)),
        ("silence 7 2h", Do(act=Act.SNOOZE, number=7, lasts=timedelta(hours=2))),
        ("静默 7 30 分钟 在开会", Do(act=Act.SNOOZE, number=7, lasts=timedelta(minutes=30), reason="在开会")),
        (
            f"track {LINK} 赞 1200 评 300 转 80 星禾",
            Track(url=LINK, brand="星禾", counts=Counts(likes=Count(1200), comments=Count(300), reposts=Count(80))),
        ),
        (
            f"track <{LINK}|weibo.com/1234567890/K3fnuEfZK> 赞1.2万 star grain",
            Track(url=LINK, brand="Star Grain", counts=Counts(likes=Count(12_000, Precision.ROUNDED))),
        ),
        (f"跟踪 {LINK}", Track(url=LINK)),
        ("track weibo.com/1/K3fnuEfZK 星禾", Track(url="weibo.com/1/K3fnuEfZK", brand="星禾")),
        ('open "门店有人晕倒" 星禾', Open(what="门店有人晕倒", brand="星禾")),
        ("open “customer fainted” Star Grain", Open(what="customer fainted", brand="Star Grain")),
        ("上报 门店有人晕倒 星禾", Open(what="门店有人晕倒", brand="星禾")),
        ("watch 星禾 甜甜圈 7d", AddWord(kind=WordKind.WATCH, brand="星禾", query="甜甜圈", lasts=timedelta(days=7))),
        ("关注 星禾 甜甜圈 2周", AddWord(kind=WordKind.WATCH, brand="星禾", query="甜甜圈", lasts=timedelta(weeks=2))),
        ("except Star Grain 抽奖 福利", AddWord(kind=WordKind.EXCEPT, brand="Star Grain", query="抽奖 OR 福利")),
        (
            "except 星禾 抽奖 AND (福利 OR 转发)",
            AddWord(kind=WordKind.EXCEPT, brand="星禾", query="抽奖 AND (福利 OR 转发)"),
        ),
        ("排除 星禾", AddWord(kind=WordKind.EXCEPT, brand="星禾")),
        ("watch 星禾 &lt;甜甜圈&gt;", AddWord(kind=WordKind.WATCH, brand="星禾", query="<甜甜圈>")),
    ],
)
def test_a_command_is_read(typed: str, command: Command) -> None:
    assert reads(typed) == command


def test_with_one_brand_nobody_has_to_name_it() -> None:
    assert reads(f"track {LINK}", "星禾") == Track(url=LINK, brand="星禾")
    assert reads("open 门店有人晕倒", "星禾") == Open(what="门店有人晕倒", brand="星禾")
    assert reads("watch 甜甜圈 7d", "星禾") == AddWord(
        kind=WordKind.WATCH, brand="星禾", query="甜甜圈", lasts=timedelta(days=7)
    )


def test_a_count_that_was_not_given_stays_unknown() -> None:
    read = reads(f"track {LINK} 赞 0 星禾")
    assert isinstance(read, Track)
    assert read.counts == Counts(likes=Count(0))
    assert read.counts.reposts is None


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("burn everything", "unknown_command"),
        ("ack", "needs_number"),
        ("ack 0", "needs_number"),
        ("show seven", "needs_number"),
        ("silence 7", "needs_expiry"),
        ("silence 7 forever", "needs_expiry"),
        ("silence 7 25h", "too_long"),
        ("silence 7 0h", "too_long"),
        ("track 星禾", "needs_link"),
        (f"track {LINK} 某某牌", "not_understood"),
        ("open", "needs_what"),
        ('open "" 星禾', "needs_what"),
        ('open "晕倒" 某某牌', "not_understood"),
        ("watch 甜甜圈", "needs_brand"),
        ("watch 星禾 (甜甜圈", "odd_query"),
        ("watch 星禾 NOT 甜甜圈", "odd_query"),
        ("watch 星禾 甜甜圈 9999d", "odd_span"),
    ],
)
def test_what_cannot_be_understood_says_what_is_wrong(typed: str, code: str) -> None:
    read = reads(typed)
    assert isinstance(read, Problem)
    assert read.code == code


@pytest.mark.parametrize(
    ("said", "act"),
    [
        ("认领", Act.ACKNOWLEDGE),
        ("ack", Act.ACKNOWLEDGE),
        (" ACK! ", Act.ACKNOWLEDGE),
        ("认领。", Act.ACKNOWLEDGE),
        ("误报", Act.FALSE_ALARM),
        ("开始应对", Act.RESPOND),
        ("已解决", Act.RESOLVE),
        ("撤销", Act.UNDO),
    ],
)
def test_a_word_in_the_thread_counts(said: str, act: Act) -> None:
    assert said_in_thread(said) == Do(act=act, number=0)


@pytest.mark.parametrize("said", ["我来认领", "ack?", "谁认领一下", "静默", "list", "open", "", None, 7])
def test_talk_in_the_thread_is_just_talk(said: object) -> None:
    assert said_in_thread(said) is None


_PIECES = st.sampled_from([
    "list", "ack", "track", "watch", "except", "open", "silence", "星禾", "Star Grain", "7", "#", "2h", "7d", LINK, "赞", "1.2万",
    "AND", "OR", "NOT", "(", ")", '"', "“", "<", ">", "|", "<!channel>", "&lt;", "\u202e", "\x00", "　", "\n", "9" * 400,
])  # fmt: skip


@given(st.one_of(st.text(max_size=300), st.lists(_PIECES, max_size=12).map(" ".join), st.none(), st.integers()))
def test_no_text_makes_it_stumble(text: object) -> None:
    read = reads(text)
    said_in_thread(text)
    if isinstance(read, Do | Show):
        assert 0 < read.number < 10**9
    if isinstance(read, Do) and read.lasts is not None:
        assert timedelta(0) < read.lasts <= timedelta(hours=24)
    if isinstance(read, AddWord | Track | Open):
        assert read.brand in ("", *BRANDS)


@given(st.integers(1, 99999), st.sampled_from(["分钟", "h", "d", "周", "个月", "minutes"]))
def test_a_span_of_time_is_read_with_or_without_a_space(number: int, unit: str) -> None:
    assert span(f"{number}{unit}") == span(f"{number} {unit}") is not None
