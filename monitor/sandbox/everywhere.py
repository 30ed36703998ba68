"""The world "everywhere": one brand's trouble on every platform that the sandbox speaks for. A function each.

What happens: a cup leaks. It catches fire on Weibo, goes round in notes, fills the complaint site, and late in the first hour the
app's rating falls, mostly by people who give one star and write nothing.
"""

from typing import TYPE_CHECKING, Any

from monitor.sandbox import communities, texts

if TYPE_CHECKING:
    from monitor.sandbox.world import Hand

SILENT = "appstore_ratings"
"""The platform of a rating without a review: the lookup counts it, and nobody can read it."""

FALLS = 45.0
"""Minutes after the start at which the rating begins to fall."""


def _weibo(hand: "Hand") -> None:
    for templates, kind, number in (
        (texts.HAPPY, "happy", 60),
        (texts.NEUTRAL, "neutral", 40),
        (texts.GRUMBLE, "grumble", 12),
    ):
        line = texts.one_of(templates)
        for _ in range(number):
            after = hand.minutes(-300, 118)
            hand.weibo(kind, line(hand.chance), after, hand.small(after))
    after = hand.minutes(8, 12)
    kicks = ((9 * 60, 180), (26 * 60, 1_100), (55 * 60, 900))
    fire = hand.spread(after, direct=80, branching=0.55, kicks=kicks)
    hand.weibo("crisis", texts.fill(hand.chance, texts.LEAK), after, fire, is_crisis=True, region="浙江")


def _xiaohongshu(hand: "Hand") -> None:
    """Notes of the one account that RSSHub knows; one of them goes round while the world runs."""
    for first in (-2_000, -900, -400, -60, 15, 35, 70):
        title, text = texts.NOTES[int(hand.chance.integers(len(texts.NOTES)))]
        bad = title.startswith("避雷")
        after = hand.minutes(first, first + 10)
        hand.note("grumble" if bad else "happy", texts.fill(hand.chance, title), texts.fill(hand.chance, text), after)
    after = hand.minutes(5, 9)
    liked = hand.spread(after, direct=900, branching=0.6, kicks=((20 * 60, 4_000), (50 * 60, 9_000)))
    title, text = (texts.fill(hand.chance, words) for words in texts.LEAK_NOTE)
    hand.note("crisis", title, text, after, liked, is_crisis=True)
    for _ in range(30):
        title, text = texts.NOTES[int(hand.chance.integers(len(texts.NOTES)))]
        after, said = hand.minutes(-600, 115), (texts.fill(hand.chance, title), texts.fill(hand.chance, text))
        hand.note("grumble" if title.startswith("避雷") else "happy", *said, after, writer=hand.noter())


def _appstore(hand: "Hand") -> None:
    """Three pages of reviews in one storefront, a single one in another; some are edited later."""
    for number in range(120):
        rating, title, text = texts.REVIEWS[int(hand.chance.integers(len(texts.REVIEWS)))]
        after = hand.minutes(-40_000, -10) if number < 90 else hand.minutes(5, 110)
        edit: dict[str, Any] = {}
        if number % 20 == 7:
            edit = {"edited_at": hand.at(hand.minutes(10, 90)), "edited_text": texts.fill(hand.chance, texts.EDITED)}
        hand.review(rating, title, texts.fill(hand.chance, text), after, **edit)
    hand.review(2, "難用", "更新之後一直閃退,客服沒有人理", hand.minutes(20, 30), country="hk")


def _ratings(hand: "Hand") -> None:
    """The usual ratings without a word, and from the fall on several a minute of one star."""
    for number in range(420):
        falls = number >= 160
        after = hand.minutes(FALLS, 115) if falls else hand.minutes(-1_400, 110)
        stars = int(
            hand.chance.choice((1, 2, 5), p=(0.9, 0.05, 0.05))
            if falls
            else hand.chance.choice((1, 4, 5), p=(0.1, 0.2, 0.7))
        )
        hand.add(SILENT, f"rating-{number}", "rating", "", hand.at(after), rating=stars)


def _heimao(hand: "Hand") -> None:
    """The site's newest complaints: nearly all of them are about others."""
    for number in range(260):
        ours = number % 13 == 0
        after = hand.minutes(-240, 118) if not ours else hand.minutes(-90, 110)
        issue, appeal, title, text = texts.COMPLAINTS[int(hand.chance.integers(len(texts.COMPLAINTS)))]
        company = "星禾" if ours else texts.pick(hand.chance, texts.OTHERS)
        facts = {"company": company, "issue": issue, "appeal": appeal, "cost": int(hand.chance.integers(9, 400))}
        said = texts.fill(hand.chance, text).replace("我", f"我{number}", 1)
        at = hand.at(after)
        sn = f"17{int(at.timestamp()) % 10**8:08d}{number:03d}"
        hand.add(
            "heimao",
            sn,
            "complaint" if ours else "foreign",
            said,
            at,
            title=f"{company}{title}",
            facts=facts,
            offsets=hand.spread(after, direct=int(hand.chance.integers(0, 9)), branching=0.2),
            likes=1.0,
            comments=0.2,
        )


def _shops(hand: "Hand") -> None:
    """What buyers say in a shop of JD, and guests of a store on Dianping."""
    for platform, first in (("jd", 19_000_000_000), ("dianping", 880_000_000)):
        for number in range(40):
            rating, text = texts.BOUGHT[int(hand.chance.integers(len(texts.BOUGHT)))]
            after = hand.minutes(-2_000, 115)
            said = texts.fill(hand.chance, text)
            facts = {"rating": rating, "offsets": hand.small(after, most=6), "likes": 1.0}
            hand.add(
                platform, str(first + number), "grumble" if rating <= 2 else "happy", said, hand.at(after), **facts
            )


def _desks(hand: "Hand") -> None:
    """What reaches the brand itself: one mother calls, writes, and writes again; others ask where their order is."""
    mother = {"customer_ref": "VIP-0077", "order_ref": "SO-20261102-77"}
    hand.add("hotline", "T-0001", "complaint", texts.DESK_CALL, hand.at(hand.minutes(3, 5)), facts=mother)
    hand.add("email", "M-0001", "complaint", texts.DESK_MAIL, hand.at(hand.minutes(30, 34)), facts=mother)
    only = {"customer_ref": mother["customer_ref"]}
    hand.add("wechat_service", "W-0001", "complaint", texts.DESK_AGAIN, hand.at(hand.minutes(58, 62)), facts=only)
    for number in range(12):
        after = hand.minutes(-200, 110)
        facts = {"customer_ref": f"VIP-1{number:03d}", "order_ref": f"SO-20261102-1{number:02d}"}
        platform = texts.pick(hand.chance, ("hotline", "email", "app_feedback"))
        said = texts.pick(hand.chance, texts.DESK_QUESTIONS)
        hand.add(platform, f"D-{number:04d}", "question", said, hand.at(after), facts=facts)


_SCENES = (_weibo, _xiaohongshu, _appstore, _ratings, _heimao, _shops, communities.fill, _desks)
"""What is written, in this order; a new one stands at the end."""


def fill(hand: "Hand") -> None:
    """Writes all of it. Each scene has chances of its own, so that one more changes nothing in the others."""
    for scene, chance in zip(_SCENES, hand.chance.spawn(len(_SCENES)), strict=True):
        hand.chance = chance
        scene(hand)
