"""What the world "everywhere" says on Zhihu, Tieba, Bilibili and Douyin: the same leaking cup, and people who talk of other things."""

from typing import TYPE_CHECKING

from monitor.sandbox import texts

if TYPE_CHECKING:
    from monitor.sandbox.world import Hand

QUESTION = "59895982"
"""The question on Zhihu that everybody answers."""

FILM = 113_000_000_001
"""The number of the video on Bilibili that takes the cup apart."""

FILM_TITLE = "星禾暖杯漏底实测，三只漏了两只"
THREAD_TITLE = "星禾的暖杯是不是都漏"
_ANSWERS = (
    "我家也漏，底部的胶圈是松的，装热水十分钟就渗。{city}{place}店不给换，客服让我自己去找厂家",
    "没漏过，用了半年，就是掉漆。星禾的{drink}倒是一直喝",
    "在{city}买的，第二天就漏，烫了手，打了三次电话没人回",
    "路过说一句，{drink}比以前甜了",
)


def fill(hand: "Hand") -> None:
    """Writes all of it."""
    _zhihu(hand)
    _tieba(hand)
    _bilibili(hand)
    _douyin(hand)


def _zhihu(hand: "Hand") -> None:
    for number in range(24):
        after = hand.minutes(-600, 110)
        text = texts.fill(hand.chance, texts.pick(hand.chance, _ANSWERS))
        liked = hand.spread(after, direct=int(hand.chance.integers(0, 60)), branching=0.3)
        hand.add("zhihu", f"answer:{3_012_340_000 + number}", "answer", text, hand.at(after), offsets=liked, likes=1.0)


def _tieba(hand: "Hand") -> None:
    for number in range(20):
        after, ours = hand.minutes(-2_000, 110), number % 4 == 0
        title = (
            THREAD_TITLE
            if ours
            else f"{texts.pick(hand.chance, texts.CITIES)}今天有人去{texts.pick(hand.chance, texts.PLACES)}吗"
        )
        text = texts.fill(hand.chance, texts.pick(hand.chance, _ANSWERS)) if ours else "如题"
        hand.add("tieba", f"{8_012_345_000 + number}", "thread", text, hand.at(after), title=title)


def _bilibili(hand: "Hand") -> None:
    """Videos, of which one is watched by more and more; and what is said below it."""
    for number in range(45):
        after = hand.minutes(-4_000, 110)
        line = texts.fill(hand.chance, texts.pick(hand.chance, texts.NEUTRAL))
        watched = hand.spread(after, direct=int(hand.chance.integers(0, 30)), branching=0.2)
        hand.add(
            "bilibili",
            f"av{112_000_000_000 + number * 977}",
            "video",
            line,
            hand.at(after),
            title=line[:24],
            offsets=watched,
        )
    after = hand.minutes(10, 14)
    fire = hand.spread(after, direct=300, branching=0.5, kicks=((15 * 60, 700), (40 * 60, 900)))
    text = "网友反馈星禾暖杯装热水漏底烫伤孩子，我买了三只测给大家看，漏了两只，客服至今没有回复。"
    hand.add("bilibili", f"av{FILM}", "crisis", text, hand.at(after), title=FILM_TITLE, offsets=fire, is_crisis=True)
    for number in range(50):
        then = after + hand.minutes(1, 90)
        said = texts.fill(hand.chance, texts.pick(hand.chance, _ANSWERS))
        liked = hand.spread(then, direct=int(hand.chance.integers(0, 20)), branching=0.2)
        native_id = f"av{FILM}:{230_012_340_000 + number}"
        hand.add("bilibili", native_id, "comment", said, hand.at(then), offsets=liked, likes=1.0)


def _douyin(hand: "Hand") -> None:
    for number in range(15):
        after = hand.minutes(-900, 110)
        text = texts.fill(hand.chance, texts.pick(hand.chance, texts.HAPPY if number % 5 else _ANSWERS)) + " #星禾"
        hand.add("douyin", f"{7_430_000_000_000_000_000 + number}", "video", text, hand.at(after))
