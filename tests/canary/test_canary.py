"""A canary comes through where a post would page, and its loss names the place and the fix."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from alerts.policy import Route, pages_everyone
from monitor import fittings, metrics
from monitor.canary.flight import Landing, Stage
from monitor.canary.flock import FIRST, FIXES, HOUR, HOUSE, MINUTE, Flock
from monitor.canary.song import LOUDEST, growth, songs
from monitor.clock import VirtualClock
from monitor.model import Actor, Passage, Sentiment, Severity, Word, WordKind
from monitor.pipeline.judge import Rules
from monitor.ports import OpsNote
from monitor.sentiment import Options
from monitor.sentiment.linear import Linear
from monitor.spread.usual import EXPECTED
from monitor.triage.severity import DEFAULT_LEVELS, Level, Thresholds
from monitor.watch.added import extended
from monitor.watch.query import Brand, Matcher, Query
from monitor.watch.wordfile import query as words
from tests.builders import NOON, a_post

RULES = Rules(
    forecaster=fittings.forecaster(),
    thresholds=Thresholds(),
    pages_at=Severity.ORANGE,
    receivers=("crisis",),
    brands=("星禾",),
)


def brand(match: str = "星禾 OR xinghe", **given: Any) -> Brand:
    more: dict[str, Any] = {name: Query.parse(text) for name, text in given.items()}
    return Brand(name="星禾", match=Query.parse(match), **more)


def reads(aimed: float) -> Callable[[Sequence[Passage]], list[Sentiment | None]]:
    return lambda passages: [Sentiment(negative=aimed, aimed=aimed, engine="t", version="1") for _ in passages]


class Loft:
    """A flock, and what operators hear."""

    def __init__(self, *brands: Brand, rules: Rules = RULES, aimed: float = 0.99, **given: Any) -> None:
        self.brands: Sequence[Brand] = brands or (brand(),)
        self.notes: list[OpsNote] = []
        self.seconds, self.clock = 0.0, VirtualClock(NOON)
        self.flock = Flock(
            **{
                "brands": lambda: self.brands,
                "platform": "weibo",
                "rules": rules,
                "read": reads(aimed),
                "sizes": lambda _: EXPECTED,
                "ill": list,
                "say": self._say,
                "clock": self.clock,
                "elapsed": lambda: self.seconds,
                **given,
            }
        )

    def _say(self, note: OpsNote, now: datetime) -> None:
        if note.key not in {one.key for one in self.notes}:
            self.notes.append(note)

    def fly(self, name: str = "星禾") -> Landing:
        return self.flock.fly(name)


@pytest.mark.parametrize(
    "own",
    [
        brand(),
        brand(context="奶茶 OR 门店", exclude="抽奖 OR 转发有礼 OR 招聘"),
        brand("(星禾 OR xinghe) AND (茶 OR 杯子) NOT 招聘"),
        brand(exclude="客服"),
        Brand(name="星禾", match=words("星禾\n+奶茶\n!招聘\n\n/(?<![a-z])xh\\b/ => 星", "w")),
        Brand(name="星禾", match=words("/(?<![a-z])ai(?![a-z])/ => 智能", "w")),
    ],
)
def test_a_brand_that_can_page_pages(own: Brand) -> None:
    assert Loft(own).fly() == Landing(None)


@pytest.mark.parametrize("name", [HOUSE, "星禾"])
@pytest.mark.parametrize("trial", [None, (), ("quiet",)])
def test_it_comes_through_live_and_on_trial(name: str, trial: tuple[str, ...] | None) -> None:
    route = replace(pages_everyone(("crisis",), Severity.ORANGE), trial=trial)
    assert Loft(rules=replace(RULES, route=route)).fly(name) == Landing(None)


def levels(**given: Level) -> Thresholds:
    return Thresholds(levels={**DEFAULT_LEVELS, **{Severity[name.upper()]: level for name, level in given.items()}})


@pytest.mark.parametrize(
    ("loft", "stage"),
    [
        (Loft(brand(exclude="星禾")), Stage.MATCH),
        (Loft(brand(context="奶茶", exclude="奶茶")), Stage.MATCH),
        (Loft(aimed=0.3), Stage.SCORE),
        (Loft(read=lambda passages: [None for _ in passages]), Stage.SCORE),
        (
            Loft(
                rules=replace(
                    RULES,
                    thresholds=replace(
                        levels(orange=Level(risk=2.0), red=Level(risk=2.0)), viral={"星禾": {"weibo": 10_000_000}}
                    ),
                )
            ),
            Stage.JUDGE,
        ),
        (Loft(rules=replace(RULES, receivers=())), Stage.ROUTE),
        (
            Loft(rules=replace(RULES, route=Route(routes=(Route(brands=frozenset({"青岚"}), receivers=("c",)),)))),
            Stage.ROUTE,
        ),
    ],
)
def test_what_can_no_longer_page_is_named(loft: Loft, stage: Stage) -> None:
    landing = loft.fly()
    assert landing.lost is stage, landing
    (note,) = loft.notes
    assert note.fix == FIXES[stage]
    assert note.where == ("品牌 星禾", "brand 星禾")


def test_a_word_that_people_added_may_silence_a_brand_and_is_noticed() -> None:
    loft = Loft()
    actor = Actor(id="U1", name="li")
    added = Word(brand="星禾", kind=WordKind.EXCEPT, query="星禾", actor=actor, added_at=NOON)
    loft.brands = extended(loft.brands, [added])
    assert loft.fly().lost is Stage.MATCH


def test_a_loss_is_said_once_and_so_is_that_it_is_over() -> None:
    loft = Loft(brand(exclude="星禾"))
    for silent in (True, True, True, False, False, True):
        loft.brands = (brand(exclude="星禾") if silent else brand(),)
        loft.clock.advance(HOUR)
        loft.fly()
    assert [note.key.split(":")[2] for note in loft.notes] == ["match", "clear", "match"]
    assert metrics.CANARY_ARRIVED.labels("星禾")._value.get() == NOON.timestamp() + 5 * HOUR


def test_the_house_says_which_loop_stands_still() -> None:
    loft = Loft(ill=lambda: ["judge"])
    assert loft.fly(HOUSE) == Landing(Stage.LOOPS, "stand still: judge")
    assert loft.notes[0].where.en == "the house"


def test_a_canary_that_falls_takes_nothing_with_it() -> None:
    def broken(_: Sequence[Passage]) -> list[Sentiment | None]:
        raise RuntimeError("the scorer was closed")

    assert Loft(read=broken).fly() == Landing(Stage.CRASH, "RuntimeError")


def test_one_flies_every_minute_and_one_for_each_brand_every_hour() -> None:
    loft = Loft(brand(), Brand(name="青岚", match=Query.parse("青岚")))
    flown: list[str] = []
    loft.flock.fly = lambda name: flown.append(name) or Landing(None)  # type: ignore[method-assign, func-returns-value]
    for second in range(0, int(FIRST + HOUR), 5):
        loft.seconds = float(second)
        while loft.flock.step():
            continue
    assert flown.count(HOUSE) == (FIRST + HOUR) // MINUTE - 1
    assert flown.count("星禾") == flown.count("青岚") == 1


def test_what_it_sings_is_clearly_bad_and_touches_no_red_line() -> None:
    linear = Linear(Options())
    for name in ("星禾", "小米", "Apple"):
        own = Brand(name=name, match=Query.parse(name))
        for text in songs(own, 3)[0][1]:
            assert Matcher([own]).match(a_post(text=text))
            (said,) = linear.score([Passage(text, (name.casefold(),), (), "weibo")])
            assert said.aimed > 0.9, text


def test_it_ends_with_twenty_times_what_hurts_and_never_more_than_what_must_page() -> None:
    assert list(growth(500, NOON))[-1] == (NOON + timedelta(minutes=75), 10_000)
    assert list(growth(10**9, NOON))[-1][1] == LOUDEST
