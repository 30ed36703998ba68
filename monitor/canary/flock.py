"""When canaries fly, and what is said of one that is lost: once for each cause, with the fix, and when it comes through again."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

import structlog

from monitor import metrics
from monitor.canary.flight import Flight, Landing, Sky, Stage, alone, heard
from monitor.canary.song import songs
from monitor.model import NOTHING_TO_DO, Words
from monitor.pipeline.judge import Rules
from monitor.pipeline.score import Ask
from monitor.ports import Clock, OpsNote
from monitor.scoring import about
from monitor.spread.usual import Sizes
from monitor.triage.severity import Thresholds
from monitor.watch.query import Brand, Matcher, Query

log = structlog.get_logger()

MINUTE, HOUR = 60.0, 3600.0
"""Real seconds between two flights of the house's canary, and between two of a brand's."""

FIRST = 120.0
"""Real seconds after the start at which brands' canaries fly first: the scorer is warm by then."""

HOUSE = "house"
"""What metrics and operators call the canary of every minute."""

_NAME = "狼烟金丝雀"
"""No text of people's holds it, and no store of ours ever sees it."""

FIXES = {
    Stage.FEED: Words("请向我们报告：自己写的记录读不出来", "Report it: a record of our own cannot be read"),
    Stage.MATCH: Words(
        "检查这个品牌的 match、context 和 except，以及大家加的词（langyan words）",
        "Look at the brand's match, context and except, and at the words people added (langyan words)",
    ),
    Stage.SCORE: Words(
        "检查 [score] 和教给它的标注；langyan score --explain 显示是什么在起作用",
        "Look at [score] and at what was taught; langyan score --explain shows what weighs",
    ),
    Stage.JUDGE: Words(
        "检查 [severity]、viral 和 page_at：这么大、这么差的帖子应该呼叫",
        "Look at [severity], viral and page_at: what is this loud and this bad should page",
    ),
    Stage.ROUTE: Words(
        "检查 [alerts.route] 和 [alerts.receivers]：这个品牌的呼叫没有人收到",
        "Look at [alerts.route] and [alerts.receivers]: the brand's pages reach nobody",
    ),
    Stage.CARD: Words("请向我们报告：消息生成不出来", "Report it: the message cannot be rendered"),
    Stage.LOOPS: Words("看日志；停住的环节由 systemd 重启", "Look at the log; systemd restarts what stands still"),
    Stage.CRASH: Words("请向我们报告：日志里有出错的堆栈", "Report it: the log has the traceback"),
}
STAGES = {
    Stage.FEED: "读取",
    Stage.MATCH: "匹配品牌",
    Stage.SCORE: "打分",
    Stage.JUDGE: "研判",
    Stage.ROUTE: "分派",
    Stage.CARD: "生成消息",
    Stage.LOOPS: "各环节",
    Stage.CRASH: "程序出错",
}
"""The stages as operators who read Chinese are told of them."""


class Say(Protocol):
    """Tells operators, once for each key."""

    def __call__(self, note: OpsNote, now: datetime) -> None: ...


@dataclass(kw_only=True)
class Flock:
    """All canaries of a house. `brands`: as people's words have changed them; `sizes`: how far posts usually go here; `ill`: the
    loops that stand still; `elapsed`: real seconds."""

    brands: Callable[[], Sequence[Brand]]
    platform: str
    rules: Rules
    read: Ask
    sizes: Callable[[datetime], Sizes]
    ill: Callable[[], Sequence[str]]
    say: Say
    clock: Clock
    elapsed: Callable[[], float]
    _due: dict[str, float] = field(default_factory=dict)
    _lost: dict[str, Stage] = field(default_factory=dict)
    _flights: int = 0

    def __post_init__(self) -> None:
        """A canary that never arrives is seen to be missing too."""
        for name in (HOUSE, *(brand.name for brand in self.brands())):
            metrics.CANARY_ARRIVED.labels(_label(name))
        for stage in Stage:
            metrics.CANARY_LOST.labels(stage.value)

    def step(self) -> bool:
        """Flies the canary that is due, one at a time. Whether there may be another."""
        names = [HOUSE, *(brand.name for brand in self.brands())]
        now = self.elapsed()
        for place, name in enumerate(names):
            due = self._due.setdefault(name, now + (MINUTE if name == HOUSE else FIRST + place))
            if now >= due:
                self._due[name] = now + (MINUTE if name == HOUSE else HOUR)
                self.fly(name)
                return True
        return False

    def fly(self, name: str) -> Landing:
        """One flight, and what is to be said of it."""
        self._flights += 1
        try:
            landing = self._house() if name == HOUSE else self._brand(name)
        except Exception as error:
            log.exception("a canary fell", brand=name)
            landing = Landing(Stage.CRASH, type(error).__name__)
        self._report(name, landing, self.clock.now())
        return landing

    def _house(self) -> Landing:
        """The machinery without anybody's words or thresholds; then whether every loop of the house itself moves."""
        brand = Brand(name=_NAME, match=Query.parse(_NAME))
        rules = alone(self.rules, _NAME)
        landing = self._flight(brand, [brand], "weibo", rules=rules, thresholds=Thresholds())
        ill = list(self.ill()) if landing.lost is None else []
        return Landing(Stage.LOOPS, f"stand still: {', '.join(ill)}") if ill else landing

    def _brand(self, name: str) -> Landing:
        brands = self.brands()
        brand = next(one for one in brands if one.name == name)
        return self._flight(brand, brands, self.platform, rules=self.rules, thresholds=self.rules.thresholds)

    def _flight(
        self, brand: Brand, brands: Sequence[Brand], platform: str, *, rules: Rules, thresholds: Thresholds
    ) -> Landing:
        now = self.clock.now()
        sky = Sky(
            rules=replace(rules, thresholds=thresholds),
            matcher=Matcher(brands),
            read=self.read,
            about=about(brands),
            sizes=self.sizes(now),
        )
        return Flight(brand=brand.name, platform=platform, texts=songs(brand, self._flights), sky=sky).fly(now)

    def _report(self, name: str, landing: Landing, now: datetime) -> None:
        before = self._lost.get(name)
        if landing.lost is None:
            metrics.CANARY_ARRIVED.labels(_label(name)).set(now.timestamp())
            if before is not None:
                del self._lost[name]
                log.info("canary comes through again", brand=name)
                what = Words(
                    f"自检帖又能走通了；之前断在「{STAGES[before]}」",
                    f"its canary comes through again; it was lost at {before}",
                )
                key = f"canary:{name}:clear:{now:%Y%m%d%H}"
                self.say(OpsNote(key=key, what=what, where=_where(name), fix=NOTHING_TO_DO), now)
            return
        metrics.CANARY_LOST.labels(landing.lost.value).inc()
        if landing.lost is before:
            return
        self._lost[name] = landing.lost
        log.error("canary lost", brand=name, stage=landing.lost.value, why=landing.why)
        what = Words(
            f"自检帖断在「{STAGES[landing.lost]}」：{landing.why}。这样的帖子现在不会呼叫任何人",
            f"its canary was lost at {landing.lost}: {landing.why}. A post like it would page nobody",
        )
        key = f"canary:{name}:{landing.lost}:{now:%Y%m%d%H}"
        self.say(OpsNote(key=key, what=what, where=_where(name), fix=FIXES[landing.lost]), now)


def _label(name: str) -> str:
    return HOUSE if name == HOUSE else metrics.brand(name)


def unheard(brands: Sequence[Brand]) -> Iterator[tuple[str, str, Words]]:
    """The alternatives of brands' words by which no complaint is found, each with its brand and what to look at."""
    matcher = Matcher(brands)
    for brand in brands:
        for words, texts in songs(brand, 1):
            if heard(brand.name, texts, "weibo", matcher) is None:
                yield brand.name, words, FIXES[Stage.MATCH]


def _where(name: str) -> Words:
    return Words("狼烟自身", "the house") if name == HOUSE else Words(f"品牌 {name}", f"brand {name}")
